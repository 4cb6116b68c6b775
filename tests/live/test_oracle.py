"""The live verdict against the session oracle, and the oracle's truth on sessions that anyone can judge."""

import random
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

for needed in ("numpy", "pandas", "sklearn", "matplotlib", "IPython"):
    pytest.importorskip(needed)

from benchmarks.oracle.document import (  # noqa: E402
    Cell,
    Delete,
    Document,
    Edit,
    Insert,
    Move,
    Op,
    Run,
    RunAll,
)
from tests.live.oracle.cases import Oracle, make  # noqa: E402
from tests.live.oracle.notebooks import notebooks  # noqa: E402
from tests.live.oracle.play import Said  # noqa: E402
from tests.live.oracle.score import Judged, Result, score, tell  # noqa: E402
from tests.live.oracle.sessions import KINDS, LivePlan, planned  # noqa: E402

SAMPLE = 30
RECALL, PRECISION = 0.85, 0.85
"""Floors on the sample; they rise with the verdict."""


class Case(NamedTuple):
    """Cells named a, b, c ... in document order; what is done; is it the same, and which cells are bad."""

    cells: list[str]
    ops: list[Op]
    same: bool
    bad: str = ""
    values_same: bool | None = None


ALL = RunAll()


def runs(letters: str) -> list[Op]:
    return [Run(letter) for letter in letters]


CASES = {
    "straight": Case(["n = 0", "n += 1\nn"], [ALL], True),
    "counter run twice": Case(["n = 0", "n += 1"], runs("abb"), False, "b"),
    "a reader of a name run twice": Case(["n = 0", "n += 1", "n"], runs("abcb"), False, "b"),
    "an aliased list grown twice": Case(["x = []\ny = x", "y.append(1)"], runs("abb"), False, "b"),
    "idempotent cell run twice": Case(["n = 2", "m = n + 1\nm"], runs("abb"), True),
    "edited and run, reader not": Case(
        ["n = 1", "m = n", "print(m)"], [ALL, Edit("a", "n = 2"), Run("a")], False, "bc"
    ),
    "edited back and run": Case(
        ["n = 1", "m = n"], [ALL, Edit("a", "n = 2"), Run("a"), Edit("a", "n = 1"), Run("a")], True
    ),
    "comment added": Case(["n = 1", "m = n"], [ALL, Edit("a", "# one\nn = 1")], True),
    "edited, not run": Case(["n = 1", "m = n"], [ALL, Edit("a", "n = 2")], False, "ab"),
    "only an output is stale": Case(["n = 1", "n"], [ALL, Edit("a", "n = 2"), Run("a")], False, "b", True),
    "deleted maker": Case(["n = 1", "m = n"], [ALL, Delete("a")], False, "b"),
    "deleted, and left over": Case(["n = 1", "m = 2"], [ALL, Delete("a")], True),
    "moved": Case(["n = 1", "m = n"], [ALL, Move("b", 0)], False, "b"),
    "key added": Case(["d = {'a': 1}", "d['a']"], [ALL, Insert(2, "z", "d['b'] = 2"), Run("z")], True),
    "never run": Case(["n = 1", "n = 2"], runs("a"), True),
    "half-way": Case(["x = []", "x.append(1)\nmm"], [ALL, Edit("b", "x.append(1)"), Run("b")], False, "b"),
    "an error that comes again": Case(["n = 1", "1 / n\nnope", "m = n"], runs("abc"), False, "bc", True),
    "a file stays": Case(["open('f', 'w').write('x')", "import os\nok = os.path.exists('f')"], [ALL], True),
    "a file appended to": Case(
        ["with open('f', 'a') as f:\n    f.write('x')", "k = len(open('f').read())"], [ALL], False, "b"
    ),
    "unseeded": Case(["import random", "x = random.random()"], [ALL], False, "b"),
    "a magic binds": Case(["n = 1", "%time m = n"], [ALL, Edit("a", "n = 2"), Run("a")], False, "b"),
    "a script binds": Case(
        ["open('s.py', 'w').write('k = 1')", "%run s.py"],
        [ALL, Edit("a", "open('s.py', 'w').write('k = 2')"), Run("a")],
        False,
        "b",
    ),
    "awaited": Case(["async def f():\n    return 1", "n = await f()\nn"], [ALL, Run("b")], True),
}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    with Oracle(tmp_path_factory.mktemp("oracle")) as made:
        yield made


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_truth_of_plain_sessions(oracle: Oracle, case: Case) -> None:
    _, truth = oracle.truth(document(case.cells), case.ops)
    bad = "".join(sorted(cell for cell, reasons in truth.cells.items() if reasons))
    assert (truth.same, bad) == (case.same, case.bad), truth
    if case.values_same is not None:
        assert truth.values_same == case.values_same


def document(sources: list[str]) -> Document:
    return Document("case", [Cell(chr(ord("a") + place), source) for place, source in enumerate(sources)])


def test_parts_have_nothing_in_common() -> None:
    tune, held_out = ({n.document.name for n in notebooks(split)} for split in ("tune", "held-out"))
    assert not tune & held_out
    assert len(tune) > 60
    assert len(held_out) > 25


@pytest.mark.parametrize("kind", KINDS)
def test_plans_follow_their_seed(kind: str) -> None:
    for seed, notebook in enumerate(notebooks("tune")[::9]):
        first, second = (planned(notebook.document, kind, random.Random(seed)).ops for _ in range(2))
        assert first == second
        assert any(isinstance(op, Run | RunAll) for op in first)


def loads() -> bool:
    """Is there a session to score yet?"""
    try:
        from nbdebt import load  # noqa: F401
    except ImportError:
        return False
    return True


needs_session = pytest.mark.skipif(not loads(), reason="nbdebt.load isn't there")


@needs_session
def test_sample_of_sessions(oracle: Oracle) -> None:
    judged = []
    for number in range(SAMPLE):
        case = make(number, "tune", 7, oracle)
        judged.append(Judged(case, oracle.said(case.document, case.ops, "nbdebt", case.entropy)))
    failed = [line for one in judged if one.said.failure for line in tell(one)]
    assert not failed, "\n".join(failed)
    result: Result = score(judged)
    whole = result.sessions["same"]
    assert (whole.recall or 0) >= RECALL, result
    assert (whole.precision or 0) >= PRECISION, result


SMALL = [
    "n = 2",
    "xs = [n]\nys = xs",
    "ys.append(n * 10)",
    "def f(v):\n    return v + n",
    "y = f(len(xs))\ny",
    "cfg = {'k': y}",
    "cfg['j'] = xs[-1]\nprint(cfg)",
]
PLACES = st.integers(0, 20)


class Sessions(RuleBasedStateMachine):
    """Anything may be done to a small notebook; asking never fails, and a restart always reproduces."""

    oracle: ClassVar[Oracle]

    def __init__(self) -> None:
        super().__init__()
        self.plan = LivePlan(document(SMALL), random.Random(0))
        self.start = self.plan.document
        self.begin(document(SMALL), [RunAll()])

    def begin(self, start: Document, ops: list[Op]) -> None:
        self.start = start
        self.plan = LivePlan(start, self.plan.rng)
        for op in ops:
            self.plan.do(op)

    def at(self, place: int) -> str:
        return self.plan.ids[place % len(self.plan.ids)]

    def ask(self) -> Said:
        return self.oracle.said(self.start, self.plan.ops, "nbdebt")

    @rule(place=PLACES)
    def run(self, place: int) -> None:
        self.plan.run(self.at(place))

    @rule(place=PLACES)
    def run_below(self, place: int) -> None:
        self.plan.run(self.at(place), *self.plan.below(self.at(place)))

    @rule(place=PLACES, seed=st.integers(0, 9), then_run=st.booleans())
    def edit(self, place: int, seed: int, then_run: bool) -> None:
        self.plan.rng = random.Random(seed)
        if (cell := self.plan.edit(self.at(place))) and then_run:
            self.plan.run(cell)

    @rule(place=PLACES, below=PLACES)
    def copy_cell(self, place: int, below: int) -> None:
        new = f"z{len(self.plan.ops)}"
        self.plan.do(Insert(below % len(self.plan.ids) + 1, new, self.plan.document[self.at(place)].source))
        self.plan.run(new)

    @precondition(lambda self: len(self.plan.ids) > 3)
    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        self.plan.do(Delete(self.at(place)))

    @rule(place=PLACES, to=PLACES)
    def move(self, place: int, to: int) -> None:
        self.plan.do(Move(self.at(place), to % len(self.plan.ids)))

    @rule()
    def restart_and_run_all(self) -> None:
        fresh = [Cell(cell.id, cell.source) for cell in self.plan.document.cells]
        self.begin(Document("small", fresh), [RunAll()])
        said = self.ask()
        assert not said.failure, said
        assert said.raised or said.reproduces is True, said

    def teardown(self) -> None:
        # Asked once a session, since every asking plays all of it. The runner asks twice, and calls it a
        # failure if the answers differ.
        said = self.ask()
        assert not said.failure, (said.failure, self.plan.ops)


@needs_session
def test_anything_may_be_done(oracle: Oracle) -> None:
    Sessions.oracle = oracle
    machine = Sessions.TestCase
    machine.settings = settings(
        max_examples=15,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    machine("runTest").runTest()
