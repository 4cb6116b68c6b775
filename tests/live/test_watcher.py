"""What the watcher takes for settled: a whole report says nothing else then."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

for needed in ("numpy", "IPython"):
    pytest.importorskip(needed)

from IPython.core.history import HistoryManager  # noqa: E402
from IPython.core.interactiveshell import InteractiveShell  # noqa: E402
from IPython.utils.capture import capture_output  # noqa: E402

import nbdebt  # noqa: E402
from nbdebt.live.session import Session  # noqa: E402
from nbdebt.model.finding import Report  # noqa: E402
from nbdebt.report.fingerprints import identities  # noqa: E402

SOURCES = (
    "a = 1",
    "a = 2",
    "b = a + 1",
    "b += 1",
    "c = [a]",
    "c.append(b)",
    "d = c",
    "d.append(0)",
    "print(a)",
    "print(b, c)",
    "noise = np.random.rand(2)",
    "mean = noise.mean()",
    "if a > 1:\n    e = a",
    "e = 3",
    "print(e)",
    "del a",
    "def f(x):\n    return x + a",
    "b = f(1)",
    "b = f(2)\nprint(b)",
    "z = 1",
    "y = z + 1\nprint(y)",
    "z = 1\n",
    "",
)
SOURCE = st.sampled_from(SOURCES)
PLACE = st.integers(0, 9)
OPS = st.one_of(
    st.tuples(st.just("run"), PLACE, SOURCE),
    st.tuples(st.just("run"), PLACE, SOURCE),
    st.tuples(st.just("add"), PLACE, SOURCE),
    st.tuples(st.just("add"), PLACE, SOURCE),
    st.tuples(st.just("edit"), PLACE, SOURCE),
    st.tuples(st.just("rerun"), PLACE, SOURCE),
    st.tuples(st.just("insert"), PLACE, SOURCE),
    st.tuples(st.just("write"), PLACE, SOURCE),
    st.tuples(st.just("delete"), PLACE, SOURCE),
    st.tuples(st.just("move"), PLACE, SOURCE),
)


def told(report: Report, ran: Collection[str]) -> object:
    """What a report says of cells that ran: findings, and which don't come out as they should."""
    verdict = report.notebooks[0].verdict
    assert verdict is not None
    odd = {c: v.state for c, v in verdict.cells.items() if v.state not in ("same", "never-run")}
    return set(identities(f for f in report.findings if f.cell is None or f.cell.id in ran)), odd


class Worker:
    """Somebody who works in a notebook; whenever nothing new is said, a whole report is asked."""

    def __init__(self, shell: InteractiveShell, first: list[str]) -> None:
        self.shell, self.session = shell, nbdebt.load(shell)
        self.cells = [("head", "import numpy as np")]
        self.number = 0
        for source in first:
            self.add(source)
        self.said: object = None
        self.settled = 0
        self.wrong: list[tuple[object, object]] = []
        self.session.subscribe(lambda said: self.hear(said.report))
        self.session.on_settled(lambda record: self.nothing_new())

    def hear(self, report: Report) -> None:
        """A report was made."""
        self.said = told(report, self.session.last)

    def nothing_new(self) -> None:
        """A run was taken for settled."""
        self.settled += 1
        now = told(self.session.report(), self.session.last)
        if now != self.said:
            self.wrong.append((self.said, now))

    def add(self, source: str, place: int | None = None) -> None:
        """Write a cell."""
        self.number += 1
        self.cells.insert(len(self.cells) if place is None else place, (f"c{self.number}", source))

    def run(self, place: int) -> None:
        """Run a cell."""
        self.session.set_document(self.cells)
        cell_id, source = self.cells[place]
        with capture_output():
            self.shell.run_cell(source, cell_id=cell_id)

    def do(self, what: str, place: int, source: str) -> None:
        """Do something."""
        place = place % len(self.cells)
        if what == "add":
            self.add(source)
            self.run(len(self.cells) - 1)
        elif what == "insert":
            self.add(source, place)
        elif what == "write":
            self.add(source)
        elif what in ("edit", "rerun"):
            self.cells[place] = (self.cells[place][0], source if place else self.cells[0][1])
        elif what == "delete" and place:
            del self.cells[place]
        elif what == "move" and place:
            self.cells.append(self.cells.pop(place))
        if what in ("run", "rerun"):
            self.run(place)


def worked(first: list[str], ops: list[tuple[str, int, str]]) -> tuple[Worker, Session]:
    """A session in which that was done."""
    HistoryManager.enabled = False
    shell: Any = InteractiveShell()
    shell.colors = "nocolor"
    worker = Worker(shell, first)
    try:
        for place in range(len(worker.cells)):
            worker.run(place)
        for op in ops:
            worker.do(*op)
    finally:
        worker.session.close()
    return worker, worker.session


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SOURCE, min_size=2, max_size=7), st.lists(OPS, min_size=4, max_size=14))
def test_what_is_settled_changes_no_report(first: list[str], ops: list[tuple[str, int, str]]) -> None:
    worker, session = worked(first, ops)
    assert worker.wrong == []
    assert session.failures == []
    assert session.problems == []


DRAWS = ["noise = np.random.rand(2)", "mean = noise.mean()"]
# Cells by their places: 0 is the import, 1 and 2 the draw, which is what a restart gives otherwise.
CASES: dict[str, tuple[list[str], list[tuple[str, int, str]]]] = {
    "a cell above a reader runs for the first time": (
        [*DRAWS, "a = 1", "b = a + 1"],
        [("insert", 4, "a = 2"), ("run", 1, ""), ("run", 4, "")],
    ),
    "one that only the debt reads": (
        [*DRAWS, "a = 1", "c = mean + a"],
        [("write", 0, "a = 2"), ("run", 1, ""), ("run", 5, "")],
    ),
    "a name that the debt reads is made anew below": (
        [*DRAWS, "a = 1", "b = a + 1", "a = 2", "print(b)"],
        [("rerun", 4, "b = a + 2"), ("run", 5, ""), ("run", 3, ""), ("run", 5, "")],
    ),
    "a new cell reads what a deleted one made": (
        [*DRAWS, "a = 1", "b = 2"],
        [("delete", 3, ""), ("run", 1, ""), ("add", 0, "c = [a]")],
    ),
    "an edited cell takes its old source back": (
        [*DRAWS, "a = 1", "b = a + 1"],
        [("edit", 3, "a = 2"), ("run", 1, ""), ("edit", 3, "a = 1"), ("run", 3, "")],
    ),
    "a value is changed through its other name": (
        [*DRAWS, "a = 1", "c = [a]", "d = c", "print(c)"],
        [("write", 0, "d.append(0)"), ("run", 1, ""), ("run", 7, ""), ("run", 6, "")],
    ),
    "below an empty cell that is new, one above runs again": (
        [*DRAWS, "b = 0", "b += 1"],
        [("run", 1, ""), ("write", 0, ""), ("run", 4, "")],
    ),
    "the same without debts": (["b = 0", "b += 1", "a = 1"], [("write", 0, ""), ("run", 2, "")]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_new_is_said(case: str) -> None:
    worker, session = worked(*CASES[case])
    assert worker.wrong == []
    assert session.failures == []


def test_a_notebook_with_debts_is_settled_too() -> None:
    """An unseeded draw at the top, and cells that have nothing to do with it."""
    worker, _ = worked([*DRAWS, *(f"x{n} = {n}" for n in range(6))], [("run", 5, ""), ("add", 0, "k = 1")])
    assert worker.settled >= 7
