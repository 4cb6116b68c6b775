"""``%nbdebt strict``: a cell whose code would add debt is refused before it runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from IPython.core.error import InputRejected

from nbdebt.live import markup
from nbdebt.model.finding import Finding
from nbdebt.report.plain import clean

if TYPE_CHECKING:
    from nbdebt.live.session import Session


class Refused(InputRejected):
    """A cell was not run. The message says why; there is no trace to show, as nothing ran."""

    def _render_traceback_(self) -> list[str]:
        """How IPython shows it."""
        return [f"nbdebt: not run: {clean(str(self))}"]


class Gate:
    """Looks at a cell before it runs, as one of IPython's AST transformers: only these can refuse a cell.

    Args:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._source: str | None = None
        self._is_open = False

    def open(self) -> None:
        """Begin to look."""
        if not self._is_open:
            self._is_open = True
            self.session.shell.events.register("pre_run_cell", self._begin)
            self.session.shell.ast_transformers.append(self)

    def close(self) -> None:
        """Look no more."""
        if self._is_open:
            self._is_open = False
            self.session.shell.events.unregister("pre_run_cell", self._begin)
            self.session.shell.ast_transformers.remove(self)

    def _begin(self, info: Any) -> None:
        self._source = info.raw_cell

    def visit(self, node: ast.AST) -> ast.AST:
        """What IPython calls with a cell's tree, which stays as it is.

        Code within the cell that is transformed by itself (under ``%%time``) was looked at with the cell.

        Raises:
            Refused: the cell would add debt.
        """
        source, self._source = self._source, None
        if source is None or self.session.paused:
            return node
        found = self._found(source)
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise Refused(f"{_sentence(found[0])}{more}")
        return node

    def _found(self, source: str) -> list[Finding]:
        session = self.session
        try:
            report = session.foresee(source)
        except Exception as error:
            # Our own failure stops nobody's cell.
            session.problems.append(f"looking ahead: {type(error).__name__}: {error}")
            return []
        chosen = session.strict_codes
        return [f for f in report.findings if (f.code in chosen if chosen else f.severity != "note")]


def _sentence(finding: Finding) -> str:
    line = f"line {finding.span.line}: " if finding.span else ""
    advice = f" → {finding.advice}" if finding.advice else ""
    return f"{markup.MARKS[finding.severity]} {finding.code} {line}{finding.message}{advice}"
