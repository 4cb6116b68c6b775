"""What the rules of this family share: walking the verdict's reasons, and finding where they show."""

from collections.abc import Iterator

from nbdebt.flow.reasons import Reason, ReasonKind
from nbdebt.flow.steps import READ, compile_cell
from nbdebt.model.history import Name, RandomStream, Span
from nbdebt.rules.analysis import Analysis


def reasons(seen: Analysis, kind: ReasonKind) -> Iterator[tuple[int, Reason]]:
    """The reasons of one kind with their cells, in document order."""
    for index in sorted(seen.replay.cells):
        for reason in seen.replay.cells[index].reasons:
            if reason.kind == kind:
                yield index, reason


def place(seen: Analysis, cell: int, reason: Reason) -> Span:
    """Where in the cell a reason shows: at its access, else at the cell's first line."""
    accesses = seen.flows[cell].accesses if cell in seen.flows else []
    return accesses[reason.access].span if 0 <= reason.access < len(accesses) else seen.whole(cell)


def base_name(seen: Analysis, cell: int, reason: Reason) -> str:
    """The resource that a reason is about, without the part of it: ``df`` for ``df['a']``."""
    accesses = seen.flows[cell].accesses if cell in seen.flows else []
    if 0 <= reason.access < len(accesses):
        resource = accesses[reason.access].resource
        if isinstance(resource, Name):
            return resource.name
    return reason.name


def stream_of(seen: Analysis, cell: int, reason: Reason) -> str:
    """The random stream that a reason is about; empty where it is about something else."""
    accesses = seen.flows[cell].accesses if cell in seen.flows else []
    if 0 <= reason.access < len(accesses):
        resource = accesses[reason.access].resource
        if isinstance(resource, RandomStream):
            return resource.stream
    return ""


def is_import(seen: Analysis, cell: int | None, name: str) -> bool:
    """Whether a cell binds a name by an import, so that running it again gives the same thing."""
    return cell is not None and cell in seen.flows and name in seen.flows[cell].imports


def listing(labels: list[str]) -> str:
    """``cell [1], cell [2] and 3 more``."""
    if len(labels) <= 4:
        return " and ".join((", ".join(labels[:-1]), labels[-1])) if len(labels) > 1 else "".join(labels)
    return f"{', '.join(labels[:3])} and {len(labels) - 3} more"


def touches(seen: Analysis, cell: int) -> tuple[set[str], set[str]]:
    """What a cell only takes in, and what it changes: keys of resources."""
    reads: set[str] = set()
    changes: set[str] = set()
    if cell in seen.flows:
        for step in compile_cell(seen.notebook.cells[cell].source, seen.flows[cell]):
            for op in step.ops:
                (reads if op.code == READ else changes).add(op.base)
    return reads - changes, changes


def unexplained(seen: Analysis, cell: int, reason: Reason) -> bool:
    """Whether a cell took in what only a later run makes, with no count left for an earlier run of it."""
    if seen.observed:
        return reason.then is None and not lacked(seen, cell, reason)
    maker = reason.now
    count = seen.notebook.cells[cell].execution_count
    if maker is None or count is None:
        return False
    return not any(n < count for n in earlier_runs(seen, maker))


def lacked(seen: Analysis, cell: int, reason: Reason) -> bool:
    """Whether a recorded run found nothing under the name: it failed for want of it, or took Python's own."""
    if not seen.observed or reason.then is not None:
        return False
    flow = seen.flows.get(cell)
    if flow is not None and reason.name in flow.builtins:
        return True
    cell_id = seen.notebook.cells[cell].id
    last = next((run for run in reversed(seen.history.runs) if run.cell_id == cell_id), None)
    return last is not None and last.outcome == "error"


def earlier_runs(seen: Analysis, cell: int) -> list[int]:
    """Counts of runs of a cell before the one that it shows: as recorded, or as the gaps tell."""
    if seen.observed:
        cell_id = seen.notebook.cells[cell].id
        return [run.sequence for run in seen.history.runs if run.cell_id == cell_id and run.cell is None]
    return seen.replay.lost.extra_runs(cell) if seen.replay.lost is not None else []


def of_two_sessions(seen: Analysis, cell: int, reason: Reason) -> bool:
    """Whether a count that the reason rests on is borne by several cells, so that it tells no order."""
    cells = (cell, reason.then, reason.now)
    return any(
        c is not None and seen.notebook.cells[c].execution_count in seen.history.ambiguous for c in cells
    )
