"""Classes of published studies, on notebooks made for them."""

from pathlib import Path

import pytest

from benchmarks.studies.pimentel import classify, imported, study, tables
from nbdebt.model.notebook import Cell
from tests.repositories import book


def cells(*counts: int | None, source: str = "x = 1") -> list[Cell]:
    return [Cell(i, f"c{i}", "code", source, count) for i, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "executed", "unambiguous", "unrun", "unordered", "skips", "within"),
    [
        ((), False, False, False, False, False, False),
        ((None, None), False, False, True, False, False, False),
        ((1, 2, 3), True, True, False, False, False, False),
        ((2, 3, 4), True, True, False, False, True, False),
        ((1, 3, 4), True, True, False, False, True, True),
        ((1, 3, 2), True, True, False, True, False, False),
        ((1, 1, 2), True, False, False, False, False, False),
        ((1, None, 2), True, True, True, False, False, False),
    ],
)
def test_classes_of_counts(
    counts: tuple[int | None, ...],
    executed: bool,
    unambiguous: bool,
    unrun: bool,
    unordered: bool,
    skips: bool,
    within: bool,
) -> None:
    said = classify(cells(*counts))
    assert (said.is_executed, said.is_unambiguous, said.has_unrun) == (executed, unambiguous, unrun)
    assert (said.is_unordered, said.skips, said.skips_within) == (unordered, skips, within)


def test_cells_without_code_count_for_nothing() -> None:
    assert classify([*cells(1), *cells(None, source="  \n")]).has_unrun is False


def test_imports_are_found_below_magics() -> None:
    code = "%matplotlib inline\nimport numpy.linalg as la, os\nfrom pandas import read_csv\nfrom . import x"
    assert imported(cells(1, source=code)) == {"numpy", "os", "pandas", "."}


def test_a_corpus_is_counted_without_copies(tmp_path: Path) -> None:
    paths = [book(tmp_path / f"{i}.ipynb", "import pytest") for i in range(2)]
    paths.append(book(tmp_path / "other.ipynb", "x = 1", "print(x)"))
    (tmp_path / "bad.ipynb").write_text("{", encoding="utf-8")
    done = study([*paths, tmp_path / "bad.ipynb"])
    assert (done.found, done.unreadable, done.copies, done.testing) == (4, 1, 1, 1)
    assert "| executed: a cell has a count | all | 2 | 100.00 % | 91.03 % |" in list(tables(done))
