"""What cells read, write, change and delete, and from which cell they take it: a table that anybody can
extend.

The cases are in ``cases/*.txt``. ``### title`` starts a case; its cells are plain code, each ended by a
line that says what the cell does::

    ### an alias is changed with its other name
    x = [1]
    y = x
    #> writes x y
    y.append(2)
    #> mutates x y
    print(x)
    #> reads x@2

After ``#>`` stand clauses with commas between: ``reads``, ``writes``, ``mutates``, ``deletes`` and their
names, ``opaque`` where the cell does things that are not written in it, ``nothing``. ``x?`` may or may not
happen. ``x@2`` is read as the second cell left it, when the cells run in order; ``x@-`` is read though
nothing provides it. ``writes *`` allows any names. ``df['a']`` and ``o.x`` are parts. What a cell takes
from itself is not said, nor that it reads what it mutates. ``[3.12]`` in a title: needs that Python or a
later one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Reader, parse
from nbdebt.flow.simulate import simulate
from nbdebt.flow.steps import compile_cell
from nbdebt.model.history import Name

REGISTRY = Registry()
VERBS = {"read": "reads", "write": "writes", "mutate": "mutates", "delete": "deletes"}


class Case(NamedTuple):
    """Cells, and for each what is said of it."""

    title: str
    cells: list[str]
    said: list[str]


def cases(text: str) -> Iterator[Case]:
    """The cases of one file."""
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        cells: list[str] = []
        said: list[str] = []
        lines: list[str] = []
        for line in body.splitlines():
            if line.startswith("#>"):
                cells.append("\n".join(lines).strip("\n"))
                said.append(line[2:].strip())
                lines = []
            else:
                lines.append(line)
        yield Case(title, cells, said)


CASES = [
    pytest.param(case, id=f"{path.stem}: {case.title}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.txt"))
    for case in cases(path.read_text(encoding="utf-8"))
]


def done(flow: CellFlow) -> dict[str, dict[str, bool]]:
    """What a cell does to which names, by verb, and whether for certain; without what it takes from
    itself."""
    own: set[str] = set()
    found: dict[str, dict[str, bool]] = {verb: {} for verb in VERBS.values()}
    for access in flow.accesses:
        name = access.resource
        if not isinstance(name, Name):
            continue
        mine = name.name in own or str(name) in own
        verb = VERBS[access.mode]
        if access.mode == "write" and access.certain:
            own.add(str(name))
        if mine and (verb in ("reads", "mutates") or name.part):
            continue
        found[verb][str(name)] = found[verb].get(str(name), False) or access.certain
    for name_text in found["mutates"]:
        found["reads"].pop(name_text, None)
    return found


def written(case: Case) -> list[str]:
    """What the reader says of each cell, as the cases write it; with ``@`` for all that is read."""
    parsed = [parse(number, source) for number, source in enumerate(case.cells, 1)]
    reader = Reader(REGISTRY)
    reader.foresee(parsed)
    flows = {p.cell: reader.read(p) for p in parsed}
    assert not any(flow.error for flow in flows.values()), [flow.error for flow in flows.values()]
    steps = {p.cell: compile_cell(p.source, flows[p.cell]) for p in parsed}
    trace = simulate("test", [(p.cell, p.cell) for p in parsed], steps)
    texts: list[str] = []
    for cell, flow in flows.items():
        origin = {
            take.base + take.part: str(take.version.cell) if take.version is not None else "-"
            for take in reversed(trace.runs[cell].takes)
        }
        clauses: list[str] = []
        for verb, names in done(flow).items():
            if names:
                words = (
                    name + ("" if sure else "?") + (f"@{origin.get(name, '-')}" if verb == "reads" else "")
                    for name, sure in names.items()
                )
                clauses.append(f"{verb} {' '.join(sorted(words))}")
        if flow.opaque:
            clauses.append("opaque")
        texts.append(", ".join(clauses) or "nothing")
    return texts


def wanted(said: str, found: str) -> str:
    """What is said of a cell, in the same order and with the origins filled in where it leaves them open."""
    origins = dict(re.findall(r"(\S+?)\??@(\S+?)(?=[ ,]|$)", found))
    clauses: dict[str, str] = {}
    for clause in re.split(r", (?=[a-z])", said):
        verb, _, rest = clause.partition(" ")
        words = re.findall(r"[^\s\[]+(?:\[[^\]]*\])?\S*", rest)
        if verb == "reads":
            words = [w if "@" in w else f"{w}@{origins.get(w.rstrip('?'), '-')}" for w in words]
        if words == ["*"]:
            words = [re.search(rf"{verb} ([^,]*)", found)[1]] if verb in found else []  # type: ignore[index]
            if not words:
                continue
        clauses[verb] = f"{verb} {' '.join(sorted(words))}".strip()
    return ", ".join(clauses[v] for v in ("nothing", *VERBS.values(), "opaque") if v in clauses)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    if (version := re.match(r"\[3\.(\d+)\]", case.title)) and sys.version_info < (3, int(version[1])):
        pytest.skip(f"needs Python 3.{version[1]}")
    assert case.cells, "a case without cells"
    found = written(case)
    assert found == [wanted(said, text) for said, text in zip(case.said, found, strict=True)]


def test_titles_are_unique() -> None:
    ids = [str(case.id) for case in CASES]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 200
