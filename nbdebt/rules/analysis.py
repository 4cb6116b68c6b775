"""What a rule sees of one notebook."""

from collections.abc import Iterator, Sequence

from nbdebt.config import Settings
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reasons import Replay, order_text
from nbdebt.model.finding import CellRef, Finding, Fix, Related, Severity
from nbdebt.model.history import Basis, History, Span
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.model.record import Suppression
from nbdebt.rules import Rule


class Analysis:
    """The document, what its cells do, its history and the verdict on it.

    Args (attributes):
        notebook: the document.
        settings: the settings of its directory.
        flows: what each code cell does, by document index; only cells that parse.
        history: its runs; empty where no cell has a count.
        replay: the verdict, cell by cell, with reasons.
        rule: the rule that is being asked.
        observed: the runs were recorded, not inferred from what the file shows.
        suppressions: what the author asked not to be told.
        placed: the order of the cells is the document's; else, in a session without one, that of the runs.
    """

    def __init__(
        self,
        notebook: Notebook,
        settings: Settings,
        flows: dict[int, CellFlow],
        history: History,
        replay: Replay,
    ) -> None:
        self.notebook = notebook
        self.settings = settings
        self.flows = flows
        self.history = history
        self.replay = replay
        self.rule: Rule | None = None
        self.observed = any(run.basis == "observed" for run in history.runs)
        self.placed = True
        self.suppressions: Sequence[Suppression] = ()
        self._lines: dict[int, list[str]] = {}
        self._cells: list[tuple[Cell, CellFlow]] | None = None

    def cells(self) -> Iterator[tuple[Cell, CellFlow]]:
        """Code cells that parse, in document order, with what they do."""
        if self._cells is None:
            flows, cells = self.flows, self.notebook.cells
            self._cells = [(cells[index], flows[index]) for index in sorted(flows) if not flows[index].error]
        return iter(self._cells)

    def silenced(self, cell: int, span: Span) -> bool:
        """Whether the author wants to hear nothing of the rule that is being asked at this place."""
        asked = self.rule
        return asked is not None and any(
            s.cell == cell
            and (s.line is None or (s.line <= span.end_line and span.line <= max(s.line, s.end_line)))
            and s.concerns(asked)
            for s in self.suppressions
        )

    def label(self, cell: int) -> str:
        """How a cell is called in messages: ``cell [7]``."""
        return order_text(cell, self.notebook)

    def ref(self, cell: int) -> CellRef:
        """Which cell, for findings."""
        found = self.notebook.cells[cell]
        return CellRef(found.index, found.id, found.execution_count, self.placed)

    def line(self, cell: int, line: int) -> str:
        """One line of a cell's source; line from 1."""
        lines = self._lines.get(cell)
        if lines is None:
            lines = self._lines[cell] = self.notebook.cells[cell].source.split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def whole(self, cell: int) -> Span:
        """The span of a cell's first line that isn't blank."""
        for number, text in enumerate(self.notebook.cells[cell].source.split("\n"), 1):
            if text.strip():
                return Span(number, 1 + len(text) - len(text.lstrip()), number, len(text) + 1)
        return Span(1, 1, 1, 1)

    def related(self, cell: int, message: str, span: Span | None = None) -> Related:
        """Another place in this notebook."""
        return Related(message, self.notebook.path, self.ref(cell), span)

    def finding(
        self,
        cell: int,
        span: Span,
        message: str,
        advice: str = "",
        *,
        basis: Basis = "parsed",
        severity: Severity | None = None,
        evidence: tuple[str, ...] = (),
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding of the rule that is being asked, at a place in a cell."""
        asked = self.rule
        assert asked is not None
        return Finding(
            asked.code,
            asked.name,
            asked.family,
            severity or asked.severity,
            "observed" if self.observed and basis == "inferred" else basis,
            self.notebook.path,
            self.ref(cell),
            span,
            message,
            advice,
            self.line(cell, span.line),
            evidence,
            related,
            fix,
        )
