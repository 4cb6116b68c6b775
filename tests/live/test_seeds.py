"""Draws are reported if and only if two fresh runs differ: scripts of every kind, run twice and watched once.

``seeds/*.txt``, one file a kind. ``#### differs: title`` or ``#### same: title`` starts a script and ``# %%``
a cell. What nbdebt says is held against that: a finding of an undetermined draw, and a verdict that isn't
yes. ``| said: why`` behind the title marks a script of which it says more than that, ``| unsaid: why`` one of
which the findings say less, ``| missed: why`` one of which the verdict is wrong. ``docs/accuracy.md`` counts
them.
"""

import re
import sys
from pathlib import Path

import msgspec
import pytest

from tests.live.seeds.runner import PRELOAD, Runner, Said

for library in ("IPython", "numpy", "pandas", "sklearn", "scipy"):
    pytest.importorskip(library)

HERE = Path(__file__).parent / "seeds"
LARGE = ("torch", "tensorflow")
# Whether two runs differ is the scripts' doing and not Python's: it is tried with one of them.
HERE_IS_TRUTH = sys.version_info >= (3, 13)
_HEAD = re.compile(r"^#### (differs|same)(?:: ([^|\n]*?))?(?: \| (said|unsaid|missed): (.*))?$", re.M)
_MODELS = (
    "base cluster datasets decomposition dummy ensemble experimental impute inspection linear_model manifold",
    "metrics mixture model_selection naive_bayes neighbors neural_network pipeline preprocessing",
    "random_projection tree utils",
)
_SCIENCE = " ".join(
    (
        "numpy pandas scipy.stats scipy.stats.qmc scipy.optimize scipy.sparse scipy.cluster.vq",
        *(f"sklearn.{name}" for names in _MODELS for name in names.split()),
    )
)
# What is loaded before a script runs: with numpy alone, its import is one of the things that are tried.
KINDS = {
    "random": "",
    "numpy_legacy": "",
    "numpy_generator": "",
    "scipy": _SCIENCE,
    "sklearn": _SCIENCE,
    "pandas": "numpy pandas",
    "torch": "numpy torch torch.utils.data",
    "tensorflow": "numpy tensorflow keras",
}


class Row(msgspec.Struct):
    """A script and what is known of it."""

    title: str
    differs: bool
    apart: str
    why: str
    cells: list[str]


def rows(kind: str) -> list[Row]:
    """The scripts of a kind."""
    _, *parts = _HEAD.split((HERE / f"{kind}.txt").read_text(encoding="utf-8"))
    found = []
    for truth, title, apart, why, text in zip(*(parts[n::5] for n in range(5)), strict=True):
        cells = [cell.strip() for cell in text.split("# %%\n")[1:]]
        found.append(Row(title or cells[-1], truth == "differs", apart or "", why or "", cells))
    return found


def wrong(row: Row, said: Said) -> list[str]:
    """What nbdebt got wrong, in words."""
    found = []
    if said.raised or said.failures:
        found.append(f"{row.title}: raised {said.raised} {said.failures}")
    if bool(said.codes) != {"said": True, "unsaid": False}.get(row.apart, row.differs):
        found.append(f"{row.title}: its findings are {said.codes}")
    doubted = said.reproduces is not True
    if doubted != row.differs and row.apart != ("missed" if row.differs else "said"):
        found.append(f"{row.title}: its verdict is {said.reproduces}")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_said_if_and_only_if_two_runs_differ(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind in LARGE:
        pytest.importorskip(kind)
    scripts = rows(kind)
    assert len(scripts) >= 40
    found: list[str] = []
    monkeypatch.setenv(PRELOAD, KINDS[kind])
    with Runner(2) as watched:
        for row in scripts:
            found += wrong(row, watched.watch(row.cells))
    if HERE_IS_TRUTH or kind in LARGE:
        monkeypatch.setenv(PRELOAD, f"{KINDS[kind]} benchmarks.oracle.digest")
        with Runner(0) as first, Runner(1) as second:
            mislabelled = [r for r in scripts if r.differs != (first.run(r.cells) != second.run(r.cells))]
        found += [f"{r.title}: two runs {'are the same' if r.differs else 'differ'}" for r in mislabelled]
    assert found == []


def test_the_table_in_the_docs_counts_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
    table = page.partition("<!-- seeds -->")[2].partition("<!-- end -->")[0].strip().splitlines()[2:]
    assert table == [line(kind) for kind in KINDS]


def line(kind: str) -> str:
    """The row of the table that speaks of a kind."""
    scripts = rows(kind)
    apart = [sum(row.apart == word for row in scripts) for word in ("", "said", "unsaid", "missed")]
    return f"| {' | '.join(map(str, (kind, len(scripts), sum(row.differs for row in scripts), *apart)))} |"
