"""From counts to runs, and where the runs that no cell shows any more are put."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbdebt.analyse import read_flows
from nbdebt.flow.history import failed, infer_history
from nbdebt.flow.replay import replay
from nbdebt.model.notebook import Cell, Notebook, Output


def notebook(*cells: tuple[int | None, str]) -> Notebook:
    return Notebook(
        "n.ipynb",
        tuple(Cell(number, f"c{number}", "code", text, count) for number, (count, text) in enumerate(cells)),
    )


@pytest.mark.parametrize(
    ("counts", "order", "gaps", "ambiguous"),
    [
        ([], [], (), ()),
        ([None, None], [], (), ()),
        ([1, 2, 3], [0, 1, 2], (), ()),
        ([3, 1, 2], [1, 2, 0], (), ()),
        ([1, None, 2], [0, 2], (), ()),
        ([2, 5], [0, 1], (1, 3, 4), ()),
        ([4, 2], [1, 0], (1, 3), ()),
        ([1, 1, 2], [0, 1, 2], (), (1,)),
        ([2, 2, 4, 4], [0, 1, 2, 3], (1, 3), (2, 4)),
        ([30_001, 30_000], [1, 0], (), ()),
        ([0, 1], [0, 1], (), ()),
    ],
)
def test_counts_tell_the_order_of_runs(
    counts: list[int | None], order: list[int], gaps: tuple[int, ...], ambiguous: tuple[int, ...]
) -> None:
    history = infer_history(notebook(*((count, f"x{n} = 1") for n, count in enumerate(counts))))
    assert [run.cell for run in history.runs] == order
    assert (history.gaps, history.ambiguous) == (gaps, ambiguous)
    assert history.executed is bool(order)
    assert all(run.basis == "inferred" for run in history.runs)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(0, 60), max_size=30))
def test_every_count_is_a_run_or_a_gap(counts: list[int | None]) -> None:
    history = infer_history(notebook(*((count, "x = 1") for count in counts)))
    known = [count for count in counts if count is not None]
    assert sorted(run.sequence for run in history.runs) == sorted(known)
    assert set(history.gaps) == set(range(1, max(known, default=0))) - set(known)
    assert set(history.ambiguous) == {count for count in known if known.count(count) > 1}


@pytest.mark.parametrize(
    ("outputs", "tags", "expected"),
    [
        ((), (), False),
        ((Output("stream", "x"),), (), False),
        ((Output("error", "", "ValueError", "x"),), (), True),
        ((Output("stream", "x"), Output("error", "", "ValueError", "x")), (), True),
        ((Output("error", "", "ValueError", "x"),), ("raises-exception",), False),
    ],
)
def test_which_cells_failed(outputs: tuple[Output, ...], tags: tuple[str, ...], expected: bool) -> None:
    cell = Cell(0, "c", "code", "f()", 1, tags, outputs)
    assert failed(cell) is expected
    (run,) = infer_history(Notebook("n.ipynb", (cell,))).runs
    assert run.outcome == ("error" if expected else "ok")


def test_text_is_not_run() -> None:
    document = Notebook("n.ipynb", (Cell(0, "a", "markdown", "# Title", 1), Cell(1, "b", "code", "x", 2)))
    assert [run.cell for run in infer_history(document).runs] == [1]


# Properties of the verdict that hold for any notebook

STATEMENTS = [
    "a = 1",
    "b = a",
    "a += 1",
    "c = [a]",
    "c.append(b)",
    "del a",
    "print(b)",
    "import math",
    "def f(): return a",
    "b = f()",
    "for i in range(3): a = i",
    "a = b if b else 0",
    "try:\n    a\nexcept NameError:\n    a = 0",
    "",
]
cells = st.lists(st.tuples(st.none() | st.integers(1, 25), st.sampled_from(STATEMENTS)), max_size=12)


def verdict(document: Notebook) -> Any:
    flows, parsed = read_flows(document)
    trees = {index: p.tree for index, p in parsed.items() if p.tree is not None}
    return replay(document, flows, infer_history(document), trees).verdict(document)


@settings(max_examples=150, deadline=None)
@given(cells)
def test_a_verdict_is_one_of_three_with_its_reasons(listed: list[tuple[int | None, str]]) -> None:
    document = notebook(*listed)
    told = verdict(document)
    assert told == verdict(document), "asked twice, the same"
    assert set(told.cells) == {c.id for c in document.cells if c.source}
    for cell in document.cells:
        if cell.source:
            assert (told.cells[cell.id].state == "never-run") == (cell.execution_count is None)
    states = {cell.state for cell in told.cells.values()}
    if told.reproduces is True:
        assert states <= {"same", "never-run"} and not told.names and not told.missing
    elif told.reproduces is None:
        assert told.missing
        assert not states & {"fails", "differs"}
    else:
        assert states & {"fails", "differs"} or told.names
    for cell in told.cells.values():
        if cell.state not in ("same", "never-run"):
            assert cell.because


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([s for s in STATEMENTS if s]), min_size=1, max_size=10))
def test_what_ran_once_from_top_to_bottom_never_differs(sources: list[str]) -> None:
    """It is its own replay; only a name that nothing gives is a failure."""
    told = verdict(notebook(*((number, text) for number, text in enumerate(sources, 1))))
    assert {cell.state for cell in told.cells.values()} <= {"same", "fails", "unknown"}
    assert not told.names
