"""What holds for whatever cells hold: no crash, spans in the source, the same answer twice."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.magics import mask
from nbdebt.flow.reader import Reader, parse
from nbdebt.model.history import Name, Span

REGISTRY = Registry()
TABLES = [
    path.read_text(encoding="utf-8")
    for folder in ("cases", "effects_of_calls")
    for path in sorted((Path(__file__).parent / folder).glob("*.txt"))
]


def _cells(text: str) -> list[str]:
    body = re.sub(r"^### .*\n", "", text.partition("### ")[1] + text.partition("### ")[2], flags=re.MULTILINE)
    return [
        cell.strip("\n") for cell in re.split(r"^(?:#>.*|---)\n?", body, flags=re.MULTILINE) if cell.strip()
    ]


def _plain(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


# Real cells of the tables, out of their order and inside each other's blocks: names meet other objects.
ALL = [cell for text in TABLES for cell in _cells(text)]
PLAIN = [cell for cell in ALL if _plain(cell) and "await" not in cell and "async" not in cell]


def _indented(source: str) -> str:
    return "\n".join("    " + line for line in source.split("\n"))


WRAPPERS: list[Callable[[str], str]] = [
    lambda s: s,
    lambda s: f"if maybe:\n{_indented(s)}\nelse:\n    x = 1",
    lambda s: f"for x in xs:\n{_indented(s)}",
    lambda s: f"for c in ['a', 'b']:\n{_indented(s)}",
    lambda s: f"while maybe:\n{_indented(s)}",
    lambda s: f"try:\n{_indented(s)}\nexcept E as e:\n    raise",
    lambda s: f"with open('é') as f:\n{_indented(s)}",
    lambda s: f"def f(df, *xs, **cfg):\n{_indented(s)}\n    return xs\nf(1, *f(2), df=f)",
    lambda s: f"class A:\n{_indented(s)}\na = A()",
    lambda s: f"'é'; {s}" if "\n" not in s else s,
    lambda s: _indented(s),
]


def whole(source: str) -> bool:
    """Whether a wrapped cell is Python still (``global`` after a use, ``import *`` in a function are not)."""
    try:
        compile(source.replace("    'é'", "'é'"), "cell", "exec", ast.PyCF_ONLY_AST)
    except SyntaxError:
        return source.startswith("    ")
    return True


cell = st.builds(lambda w, s: w(s), st.sampled_from(WRAPPERS), st.sampled_from(PLAIN)).filter(whole)
documents = st.lists(st.one_of(cell, st.sampled_from(ALL)), min_size=1, max_size=5)


def flows_of(sources: list[str]) -> list[CellFlow]:
    """Read a document."""
    parsed = [parse(number, source) for number, source in enumerate(sources)]
    reader = Reader(REGISTRY)
    reader.foresee(parsed)
    return [reader.read(p) for p in parsed]


def inside(span: Span, source: str) -> bool:
    """Whether a span is of this source."""
    lines = source.split("\n")
    return (
        1 <= span.line <= span.end_line <= len(lines)
        and 1 <= span.column <= len(lines[span.line - 1]) + 1
        and 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
        and (span.line, span.column) <= (span.end_line, span.end_column)
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_spans_are_inside_and_reading_twice_gives_the_same(sources: list[str]) -> None:
    first = flows_of(sources)
    for source, flow in zip(sources, first, strict=True):
        spans = (
            [a.span for a in flow.accesses] + [c.span for c in flow.calls] + [s.span for s in flow.statements]
        )
        spans += [argument.span for call in flow.calls for argument in call.arguments.values()]
        for span in spans:
            assert inside(span, source), span
        covered = [number for s in flow.statements for number in range(s.first, s.last)]
        assert covered == list(range(len(flow.accesses)))
    assert flows_of(sources) == first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_names_stand_where_the_spans_say(sources: list[str]) -> None:
    for source, flow in zip(sources, flows_of(sources), strict=True):
        if flow.magics or "!" in source:
            continue
        for access in flow.accesses:
            if isinstance(access.resource, Name) and access.mode == "read" and not access.via:
                assert access.resource.name in excerpt(source, access.span) or "'" in excerpt(
                    source, access.span
                )


def excerpt(source: str, span: Span) -> str:
    """The text under a span."""
    lines = source.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(PLAIN), min_size=2, max_size=4, unique=True), st.randoms(use_true_random=False)
)
def test_the_order_of_foresight_makes_no_difference_to_cells_that_define_first(
    sources: list[str], random: Any
) -> None:
    def read(order: list[int]) -> list[CellFlow]:
        parsed = [parse(number, f"{source}\n") for number, source in enumerate(sources)]
        # Every name that another cell might define is defined above its use, in the first cell.
        names = sorted({n.id for p in parsed if p.tree for n in ast.walk(p.tree) if isinstance(n, ast.Name)})
        parsed.insert(0, parse(-1, "\n".join(f"{name} = object()" for name in names)))
        reader = Reader(REGISTRY)
        reader.foresee([parsed[0], *(parsed[i + 1] for i in order)])
        return [reader.read(p) for p in parsed]

    order = list(range(len(sources)))
    first = read(order)
    random.shuffle(order)
    assert read(order) == first


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abx=%!?'\"#\n\\ ()[]:é", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    masked = mask(text)
    assert masked.text.count("\n") == text.count("\n")
    (flow,) = flows_of([text])
    if not flow.error:
        assert all(inside(a.span, text) for a in flow.accesses)


# Examples of this kind take too long to be made smaller.
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.data())
def test_any_python_is_read(data: st.DataObject) -> None:
    hypothesmith = pytest.importorskip("hypothesmith")
    source = data.draw(hypothesmith.from_node())
    (flow,) = flows_of([source])
    if not flow.error:
        assert all(inside(a.span, source) for a in flow.accesses)
