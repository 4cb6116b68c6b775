"""Recorded evidence in a notebook's metadata (``%nbdebt save``): its history and verdict as they were seen.

It holds for the document that it was recorded of: where a cell was edited or run since, what the file shows
counts, and nothing else.
"""

import hashlib
from typing import Any, Literal

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reasons import CellReplay, Reason, ReasonKind, Replay, writers_of
from nbdebt.model.finding import CellRef, CellState, Exchange
from nbdebt.model.history import Access, File, History, Name, Outcome, Run, Span, Table, Url
from nbdebt.model.notebook import Notebook

VERSION = 1
"""The form of the evidence that is read and written here."""
MIME = "application/vnd.nbdebt.evidence+json"
"""What a kernel answers a program that asks for it (``nbdebt.live.executed``)."""


class RecordedReason(msgspec.Struct, frozen=True):
    """A reason of the verdict; ``then`` and ``now`` are cell ids."""

    kind: ReasonKind
    name: str = ""
    then: str | None = None
    now: str | None = None
    text: str = ""


class RecordedCell(msgspec.Struct, frozen=True):
    """The verdict on one cell."""

    state: CellState
    because: tuple[str, ...] = ()
    reasons: tuple[RecordedReason, ...] = ()


class RecordedVerdict(msgspec.Struct, frozen=True):
    """The verdict, as :class:`~nbdebt.model.finding.Verdict` has it; cells by id."""

    reproduces: bool | None = None
    cells: dict[str, RecordedCell] = {}
    names: dict[str, str] = {}
    left_over: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class RecordedRun(msgspec.Struct, frozen=True):
    """One run; ``source`` only where it isn't what the cell held when the evidence was saved."""

    cell_id: str
    sequence: int
    outcome: Outcome
    source_sha256: str
    count: int | None = None
    source: str | None = None


class RecordedAccess(msgspec.Struct, frozen=True, omit_defaults=True):
    """A read or write that was observed: ``kind`` is ``file``, ``url`` or ``table``, ``target`` as the code
    names it, with what it computes; ``connection`` of a table."""

    cell_id: str
    mode: Literal["read", "write"]
    kind: Literal["file", "url", "table"]
    target: str
    via: str = ""
    line: int = 1
    connection: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What ``%nbdebt save`` writes, as far as a check needs it."""

    version: int
    order: str
    runs: tuple[RecordedRun, ...]
    verdict: RecordedVerdict
    accesses: tuple[RecordedAccess, ...] = ()


def evidence_of(notebook: Notebook) -> Evidence | None:
    """The evidence in a notebook's metadata; None where there is none that can be read."""
    found: Any = notebook.recorded.get("evidence")
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return None
    try:
        return msgspec.convert(found, Evidence)
    except (msgspec.ValidationError, RecursionError):
        return None


def digest(source: str) -> str:
    """The digest by which evidence knows a source."""
    return hashlib.sha256(source.encode("utf-8", "backslashreplace")).hexdigest()


def outdated(evidence: Evidence, notebook: Notebook) -> str:
    """Why evidence is not of the document as it is; empty where it is."""
    last = {run.cell_id: run for run in evidence.runs}
    if evidence.order == "runs":
        return "the order of its cells was not known when it was recorded"
    for cell in notebook.code_cells:
        if not cell.source.strip():
            continue
        run = last.get(cell.id)
        label = f"cell {cell.index + 1}"
        if run is None:
            if cell.execution_count is not None:
                return f"{label} ran in another session"
        elif run.count != cell.execution_count:
            return f"{label} ran since it was recorded"
        elif run.source_sha256 != digest(cell.source):
            return f"{label} was edited since it was recorded"
    return ""


def recorded_history(evidence: Evidence, notebook: Notebook) -> History:
    """The runs, as they were recorded."""
    index_of = {cell.id: cell.index for cell in notebook.code_cells}
    sources = {cell.id: cell.source for cell in notebook.code_cells}
    last = {run.cell_id: run for run in evidence.runs}
    runs: list[Run] = []
    gaps: list[int] = []
    for run in evidence.runs:
        index = index_of.get(run.cell_id) if last[run.cell_id] is run else None
        number = run.count if run.count is not None else run.sequence
        if index is None:
            gaps.append(number)
        source = run.source if run.source is not None else sources.get(run.cell_id, "")
        runs.append(Run(number, index, run.cell_id, source, run.outcome, None, "observed"))
    return History(tuple(runs), tuple(gaps))


def recorded_replay(evidence: Evidence, notebook: Notebook, flows: dict[int, CellFlow]) -> Replay:
    """The verdict, as it was recorded."""
    index_of = {cell.id: cell.index for cell in notebook.code_cells}
    verdict = evidence.verdict
    cells: dict[int, CellReplay] = {}
    for cell in notebook.code_cells:
        if not cell.source.strip():
            continue
        found = verdict.cells.get(cell.id)
        if found is None:
            cells[cell.index] = CellReplay(cell.index, "never-run")
            continue
        reasons = [
            Reason(
                reason.kind,
                reason.name,
                _access(flows.get(cell.index), reason.name),
                index_of.get(reason.then) if reason.then is not None else None,
                index_of.get(reason.now) if reason.now is not None else None,
                reason.text,
            )
            for reason in found.reasons
        ]
        cells[cell.index] = CellReplay(cell.index, found.state, reasons)
    return Replay(
        cells,
        verdict.reproduces,
        dict(verdict.names),
        list(verdict.left_over),
        list(verdict.missing),
        None,
        writers_of({i: f for i, f in flows.items() if not f.error}),
    )


def _access(flow: CellFlow | None, name: str) -> int:
    """The cell's access to a resource that a reason names, -1 where there is none."""
    if flow is not None:
        for index, access in enumerate(flow.accesses):
            resource = access.resource
            if str(resource) == name or (isinstance(resource, Name) and resource.name == name):
                return index
    return -1


def recorded_exchanges(evidence: Evidence, notebook: Notebook) -> tuple[Exchange, ...]:
    """What was seen to be read and written, by the cells of the document as it is."""
    cells = {cell.id: cell for cell in notebook.code_cells}
    found: list[Exchange] = []
    for seen in evidence.accesses:
        cell = cells.get(seen.cell_id)
        if cell is None:
            continue
        resource: File | Url | Table
        match seen.kind:
            case "file":
                resource = File(seen.target)
            case "url":
                resource = Url(seen.target)
            case _:
                resource = Table(seen.target, seen.connection)
        span = Span(max(seen.line, 1), 1, max(seen.line, 1), 1)
        access = Access(resource, seen.mode, span, "observed", True, seen.via)
        found.append(Exchange(access, CellRef(cell.index, cell.id, cell.execution_count)))
    return tuple(found)
