"""Findings, fixes, verdicts and reports: what the engine says, the same for every surface."""

from typing import Any, Literal

import msgspec

from nbdebt.model.history import Access, Basis, Span

Severity = Literal["error", "warning", "note"]
Family = Literal["order", "seeds", "outputs", "data", "nbdebt"]
Safety = Literal["safe", "unsafe"]
CellState = Literal["same", "stale", "differs", "fails", "unknown", "never-run"]


class CellRef(msgspec.Struct, frozen=True, gc=False):
    """Which cell: ``index`` over all cells of the document from 0, its id, and the ``[n]`` it shows.

    ``placed``: the document is known, and the index is the cell's place in it; else it is that of its run.
    """

    index: int
    id: str
    execution_count: int | None = None
    placed: bool = True


class Insert(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Insert a new code cell before the cell that has document index ``before`` (len(cells) appends)."""

    before: int
    source: str


class Replace(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Replace the text at ``span`` of the cell with document index ``cell``; an empty span inserts."""

    cell: int
    span: Span
    text: str


class Move(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Move the cell with document index ``cell`` before the one that now has document index ``before``."""

    cell: int
    before: int


class Drop(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Remove the cell with document index ``cell``."""

    cell: int


class Declare(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Declare an output in the nearest configuration file: ``pattern`` relative to that file's directory."""

    pattern: str


class PinFile(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Record the digest of a local file in the nearest ``nbdebt.lock``; ``path`` as the notebook names it."""

    path: str


Edit = Insert | Replace | Move | Drop | Declare | PinFile


class Fix(msgspec.Struct, frozen=True):
    """A repayment: a title in the imperative, a promise of safety, and the edits, which apply together or
    not at all."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety = "safe"


class Related(msgspec.Struct, frozen=True):
    """Another place that belongs to a finding."""

    message: str
    path: str = ""
    cell: CellRef | None = None
    span: Span | None = None


class Finding(msgspec.Struct, frozen=True):
    """One thing that a rule found.

    Args:
        code: the rule's code, ``NBD201``.
        name: the rule's name, ``unseeded-draw``.
        family: order, seeds, outputs, data.
        severity: ``error`` (Restart & Run All breaks), ``warning``, ``note`` (listed, never fails a run by
            default).
        basis: how it is known.
        path: the notebook, as the user named it.
        cell: which cell; None for a finding about the whole notebook.
        span: where in the cell.
        message: one sentence: what will go wrong, with the names in backticks.
        advice: one sentence: what to do.
        source: the source line(s) at ``span``'s first line, for display.
        evidence: what the finding rests on, one fact an item.
        related: other places.
        fix: a repayment, where there is one.
    """

    code: str
    name: str
    family: Family
    severity: Severity
    basis: Basis
    path: str
    cell: CellRef | None
    span: Span | None
    message: str
    advice: str = ""
    source: str = ""
    evidence: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    fix: Fix | None = None


class CellVerdict(msgspec.Struct, frozen=True):
    """What a top-to-bottom replay says of one cell, and because of what."""

    state: CellState
    because: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """Would Restart & Run All give the saved results?

    Args:
        reproduces: True, False, or None for unknown.
        cells: per code cell id (in document order).
        names: names whose value would come out differently, with the reason.
        left_over: names that only an older version of the document made and that no cell reads.
        missing: for an unknown: the evidence that would decide it.
    """

    reproduces: bool | None
    cells: dict[str, CellVerdict]
    names: dict[str, str] = {}
    left_over: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Problem(msgspec.Struct, frozen=True, gc=False):
    """Something that could not be read or done, and why. ``where`` is a place within the file, if known."""

    path: str
    reason: str
    where: str = ""
    kind: Literal["unreadable", "malformed", "syntax", "internal", "configuration", "unwritable"] = (
        "malformed"
    )


class NotRun(msgspec.Struct, frozen=True, gc=False):
    """What was not looked at, and why: a skipped file, a family of rules without its evidence."""

    path: str
    what: str
    reason: str


class Exchange(msgspec.Struct, frozen=True):
    """One access to something outside the notebook, with the cell it is in: what the outside rules work on.

    ``source`` is the source line, for display; ``made_before`` says that an earlier run of this notebook, in
    document order, writes the same target.
    """

    access: Access
    cell: CellRef
    source: str = ""
    made_before: bool = False


class NotebookResult(msgspec.Struct, frozen=True):
    """All that is known of one notebook after analysis."""

    path: str
    verdict: Verdict | None
    exchanges: tuple[Exchange, ...] = ()
    cells: tuple[CellRef, ...] = ()
    """The code cells, in document order."""
    recorded: tuple[Exchange, ...] = ()
    """What its saved evidence says was read and written, where that is of the document as it is."""


class Report(msgspec.Struct, frozen=True):
    """Findings, problems, what was not run and why, and a result for each notebook."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    notebooks: tuple[NotebookResult, ...] = ()
    suppressed: int = 0
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        """0 clean (notes don't count), 1 findings, 2 something could not be done."""
        if self.problems:
            return 2
        return 1 if any(f.severity != "note" for f in self.findings) else 0

    def to_frame(self) -> Any:
        """The findings as a pandas DataFrame, one a row.

        Raises:
            ImportError: pandas is not installed.
        """
        from nbdebt.report.frame import to_frame

        return to_frame(self)
