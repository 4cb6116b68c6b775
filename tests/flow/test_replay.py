"""What Restart & Run All would give: a table of saved notebooks that anybody can extend.

The cases are in ``replay/*.txt``. ``==== title`` starts a case, a notebook as rules' pages write it:
``# %% [2]`` gives a cell's count, ``# Out: text``, ``# Result: text`` and ``# Raises: Error: text`` at a
cell's end its saved outputs. The line that ends it says what is expected::

    ---- false | same differs | names: y | missing: text | left over: z

The verdict, then the state of each code cell that is not empty; ``a|b`` allows both, ``*`` anything.
``names`` are among those that come out differently, ``missing`` is part of the evidence that an unknown asks
for, ``left over`` are names that only cells which are gone made. Expected is what Python does in an empty
directory: *false* where that is sure, *unknown* where the file cannot tell.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nbdebt.analyse import read_flows
from nbdebt.flow.history import infer_history
from nbdebt.flow.reasons import Replay
from nbdebt.flow.replay import replay
from nbdebt.model.notebook import Notebook
from nbdebt.rules.pages import Example

VERDICTS = {"true": True, "false": False, "unknown": None}


class Case(NamedTuple):
    """A notebook and what is expected of it."""

    title: str
    source: str
    verdict: str
    states: list[str]
    expected: dict[str, str]


def cases() -> Iterator[Case]:
    """The cases of all files."""
    for file in sorted((Path(__file__).parent / "replay").glob("*.txt")):
        for block in re.split(r"^==== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            title, _, body = block.partition("\n")
            source, _, last = body.partition("\n---- ")
            verdict, states, *rest = (part.strip() for part in last.strip().split(" | "))
            expected = dict(part.split(": ", 1) for part in rest)
            assert not expected.keys() - {"names", "missing", "left over"}, title
            yield Case(title, source + "\n", verdict, [s for s in states.split() if s != "-"], expected)


CASES = list(cases())


def replayed(notebook: Notebook) -> Replay:
    flows, parsed = read_flows(notebook)
    trees = {index: p.tree for index, p in parsed.items() if p.tree is not None}
    return replay(notebook, flows, infer_history(notebook), trees)


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_a_saved_notebook_is_replayed(case: Case) -> None:
    notebook = Example(case.source, {}).notebook()
    verdict = replayed(notebook).verdict(notebook)
    shown = {cell: (v.state, *v.because) for cell, v in verdict.cells.items()}
    assert verdict.reproduces in [VERDICTS[v] for v in case.verdict.split("|")], (shown, verdict)
    assert len(verdict.cells) == len(case.states), shown
    for (cell, told), states in zip(verdict.cells.items(), case.states, strict=True):
        assert states == "*" or told.state in states.split("|"), (cell, shown)
    assert set(case.expected.get("names", "").split()) <= set(verdict.names), verdict.names
    assert case.expected.get("missing", "") in "; ".join(verdict.missing), verdict.missing
    assert set(case.expected.get("left over", "").split()) <= set(verdict.left_over), verdict.left_over


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_an_unknown_names_the_evidence_that_is_missing(case: Case) -> None:
    told = replayed(Example(case.source, {}).notebook())
    assert bool(told.missing) == (told.reproduces is None)


def test_titles_are_told_apart() -> None:
    assert len({case.title for case in CASES}) == len(CASES) >= 80
