"""What calls of libraries do outside of the namespace: a table that anybody can extend.

The cases are in ``effects_of_calls/*.txt``. ``### title`` starts a case; cells are parted by ``---``; the
``#>`` lines under them are what they touch, in order: the mode (``?`` where it may not happen), the kind
of resource, the resource, and in brackets what is known beside (all of it but source texts and places).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nbdebt.flow.effects import Registry
from nbdebt.flow.reader import Reader, parse
from nbdebt.model.history import Access, Name, RandomStream, Resource

REGISTRY = Registry()
LEFT_OUT = ("expression=", "made=", "argument=", "stream=", "sql=")


class Case(NamedTuple):
    """Cells and what they touch."""

    title: str
    cells: list[str]
    touched: list[str]


def cases(text: str) -> Iterator[Case]:
    """The cases of one file."""
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        lines = body.splitlines()
        touched = [line[2:].strip() for line in lines if line.startswith("#>")]
        code = "\n".join(line for line in lines if not line.startswith("#>"))
        yield Case(title, re.split(r"^---\n", code, flags=re.MULTILINE), touched)


CASES = [
    pytest.param(case, id=case.title)
    for path in sorted((Path(__file__).parent / "effects_of_calls").glob("*.txt"))
    for case in cases(path.read_text(encoding="utf-8"))
]


def named(resource: Resource) -> str:
    """Kind and name of a resource."""
    name = resource.stream if isinstance(resource, RandomStream) else str(resource)
    return f"{resource.__class__.__name__.replace('RandomStream', 'Random').lower()} {name}"


def written(access: Access) -> str:
    """An access as the cases write it."""
    detail = [item for item in access.detail if not item.startswith(LEFT_OUT)]
    more = f" [{', '.join(detail)}]" if detail else ""
    return f"{access.mode}{'' if access.certain else '?'} {named(access.resource)}{more}"


def touched(cells: list[str]) -> list[str]:
    """What the cells touch beside names."""
    parsed = [parse(number, source) for number, source in enumerate(cells)]
    reader = Reader(REGISTRY)
    reader.foresee(parsed)
    flows = [reader.read(p) for p in parsed]
    assert not any(flow.error for flow in flows), [flow.error for flow in flows]
    return [written(a) for flow in flows for a in flow.accesses if not isinstance(a.resource, Name)]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    assert touched(case.cells) == case.touched


def test_there_are_enough_cases() -> None:
    ids = [str(case.id) for case in CASES]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 80
