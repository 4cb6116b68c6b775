"""What ``%nbdebt save`` wrote is what ``nbdebt check`` goes by, while the document is as it was."""

import json
from typing import Any

import msgspec
import pytest

import nbdebt
from nbdebt.live.evidence import recorded
from nbdebt.model.notebook import Cell, Notebook

DOCUMENT = [
    ("a", "x = [1]"),
    ("b", "y = x"),
    ("c", "y.append(2)"),
    ("d", "total = sum(x)\nprint(total)"),
]


@pytest.fixture
def saved(shell: Any) -> tuple[Notebook, Any]:
    """A notebook whose third cell ran twice after the last one, with its evidence, and the session."""
    session = nbdebt.load(shell)
    session.level = "quiet"
    session.set_document(DOCUMENT)
    for cell_id in "abcdcc":
        shell.run_cell(dict(DOCUMENT)[cell_id], cell_id=cell_id, store_history=True)
    counts = {run.cell_id: run.sequence for run in session.history.runs}
    cells = [
        Cell(index, cell_id, "code", source, counts[cell_id])
        for index, (cell_id, source) in enumerate(DOCUMENT)
    ]
    evidence = json.loads(json.dumps(recorded(session)))
    return Notebook("book.ipynb", tuple(cells), recorded={"evidence": evidence}), session


def told(report: Any) -> set[tuple[str, str, str]]:
    return {(f.code, f.cell.id, f.message) for f in report.findings if f.family == "order"}


def test_a_check_goes_by_the_evidence(saved: tuple[Notebook, Any]) -> None:
    notebook, session = saved
    report = nbdebt.check(notebook)
    assert told(report) == told(session.report()) != set()
    assert {f.basis for f in report.findings if f.family == "order"} == {"observed"}
    verdict = report.notebooks[0].verdict
    assert verdict is not None and verdict.reproduces is False
    assert verdict.cells == session.verdict().cells
    assert report.not_run == ()


def test_without_it_the_file_shows_less(saved: tuple[Notebook, Any]) -> None:
    notebook, session = saved
    bare = msgspec.structs.replace(notebook, recorded={})
    assert told(nbdebt.check(bare)) != told(session.report())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "x = [2]"}, "cell 1 was edited since it was recorded"),
        ({"execution_count": 99}, "cell 1 ran since it was recorded"),
        ({"id": "other"}, "cell 1 ran in another session"),
    ],
)
def test_evidence_of_another_document_is_left_aside(
    saved: tuple[Notebook, Any], change: dict[str, Any], reason: str
) -> None:
    notebook, _ = saved
    cells = (msgspec.structs.replace(notebook.cells[0], **change), *notebook.cells[1:])
    report = nbdebt.check(msgspec.structs.replace(notebook, cells=cells))
    assert [(n.what, n.reason) for n in report.not_run] == [("recorded evidence", reason)]


@pytest.mark.parametrize("evidence", [None, 3, {}, {"version": 1}, {"version": 2}, {"version": 1, "runs": 3}])
def test_what_is_no_evidence_is_passed_over(evidence: Any) -> None:
    notebook = Notebook("n.ipynb", (Cell(0, "a", "code", "x = 1", 1),), recorded={"evidence": evidence})
    assert nbdebt.check(notebook).problems == ()
