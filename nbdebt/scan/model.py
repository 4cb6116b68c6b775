"""What a scan says: one row a notebook, one row a finding; and where a notebook is fetched from."""

from typing import Literal

import msgspec

Status = Literal[
    "checked", "skipped", "malformed", "failed", "timeout", "memory", "killed", "unreachable", "too-large"
]
UNREAD: tuple[Status, ...] = ("unreachable", "too-large")
"""The content was not read: said of a location, not of a content."""
SHORT: tuple[Status, ...] = ("timeout", "memory", "killed")
"""More time or memory may help: ``--retry`` tries them again."""
STATES = ("same", "stale", "differs", "fails", "unknown", "never-run")
FAMILIES = ("order", "seeds", "outputs", "data")


class TooLarge(OSError):
    """More bytes than one notebook may have."""


class Item(msgspec.Struct, frozen=True):
    """One notebook that was found, and how its content is got.

    Args:
        location: its name in the results; no two have the same.
        root: what was named, below which it was found, without secrets.
        path: its path below the root.
        kind: ``file``, ``git`` (a blob of a repository), ``member`` (of an archive), ``url``.
        where: what the kind needs to get it: the file, the repository, the archive, the address.
        size: in bytes; -1 where it isn't known.
        stamp: equal as long as the content is the same; empty where nothing can be said.
        identity: equal contents have equal ones, wherever they are; empty where that isn't known.
        revision: the commit that it is of.
        revised: when that was, as ISO 8601 has it.
    """

    location: str
    root: str
    path: str
    kind: Literal["file", "git", "member", "url"]
    where: str
    size: int = -1
    stamp: str = ""
    identity: str = ""
    revision: str | None = None
    revised: str | None = None


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. The names are those of :meth:`nbdebt.Report.to_frame`.

    Args:
        content: digest of the notebook's content.
        location: the first notebook with this content.
        code: the rule's code.
        name: the rule's name.
        family: order, seeds, outputs, data.
        severity: error, warning, note.
        basis: how it is known.
        cell: index of the cell over all cells, from 0; null for the whole notebook.
        cell_id: the cell's id.
        execution_count: the count that the cell shows.
        line: line within the cell, from 1.
        column: column, from 1.
        message: what will go wrong.
        advice: what to do.
        source: the source line.
        fixable: ``nbdebt check --fix`` mends it.
    """

    content: str = ""
    location: str = ""
    code: str
    name: str
    family: str
    severity: str
    basis: str
    cell: int | None
    cell_id: str | None
    execution_count: int | None
    line: int | None
    column: int | None
    message: str
    advice: str
    source: str
    fixable: bool


class NotebookRow(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook.

    Args:
        location: where it is; unique.
        root: what was named, below which it was found.
        path: its path below the root.
        revision: the commit that it is of; null outside of git.
        revised: when that was committed.
        size: in bytes; null where it isn't known.
        content: digest of its content; null where it could not be read.
        duplicate_of: the first location with the same content; null for that itself.
        status: checked, skipped (not Python), malformed, failed, timeout, memory, killed, unreachable,
            too-large.
        problem: why it isn't checked, or what else went wrong.
        reproduces: whether Restart & Run All would give the saved results; null where it can't be known.
        code_cells: how many code cells it has.
        same: code cells that would give the same.
        stale: code cells whose saved output is stale.
        differs: code cells that would give other results.
        fails: code cells that would fail.
        unknown: code cells of which it can't be known.
        never_run: code cells that were never run.
        errors: findings of this severity.
        warnings: findings of this severity.
        notes: findings of this severity.
        order: errors and warnings of this family.
        seeds: errors and warnings of this family.
        outputs: errors and warnings of this family.
        data: errors and warnings of this family.
        fixable: findings that ``nbdebt check --fix`` mends.
        suppressed: findings that its author silenced.
        reads: files, addresses and tables that it reads.
        writes: files, addresses and tables that it writes.
        seconds: how long checking this content took.
    """

    location: str
    root: str
    path: str
    revision: str | None
    revised: str | None
    size: int | None
    content: str | None
    duplicate_of: str | None
    status: str
    problem: str | None
    reproduces: bool | None
    code_cells: int
    same: int
    stale: int
    differs: int
    fails: int
    unknown: int
    never_run: int
    errors: int
    warnings: int
    notes: int
    order: int
    seeds: int
    outputs: int
    data: int
    fixable: int
    suppressed: int
    reads: int
    writes: int
    seconds: float


class Judgement(msgspec.Struct, frozen=True):
    """What is known of one content, wherever it lies. Counts are those of :class:`NotebookRow`."""

    status: Status
    problem: str | None = None
    reproduces: bool | None = None
    code_cells: int = 0
    states: dict[str, int] = {}
    suppressed: int = 0
    reads: int = 0
    writes: int = 0
    seconds: float = 0.0
    findings: tuple[FindingRow, ...] = ()


def notebook_row(
    item: Item, size: int | None, content: str | None, duplicate_of: str | None, said: Judgement
) -> NotebookRow:
    """The row of a notebook at a place."""
    found = said.findings
    severe = [f for f in found if f.severity != "note"]
    return NotebookRow(
        location=item.location,
        root=item.root,
        path=item.path,
        revision=item.revision,
        revised=item.revised,
        size=size,
        content=content,
        duplicate_of=duplicate_of,
        status=said.status,
        problem=said.problem,
        reproduces=said.reproduces,
        code_cells=said.code_cells,
        **{state.replace("-", "_"): said.states.get(state, 0) for state in STATES},
        errors=sum(f.severity == "error" for f in found),
        warnings=sum(f.severity == "warning" for f in found),
        notes=len(found) - len(severe),
        **{family: sum(f.family == family for f in severe) for family in FAMILIES},
        fixable=sum(f.fixable for f in found),
        suppressed=said.suppressed,
        reads=said.reads,
        writes=said.writes,
        seconds=said.seconds,
    )
