"""What is kept of a notebook between runs: what the document alone says of it, and its wishes for silence."""

from typing import Protocol

import msgspec

from nbdebt.config import Output
from nbdebt.model.finding import Finding, NotebookResult, NotRun, Problem


class Named(Protocol):
    """A rule, or a finding of it."""

    @property
    def code(self) -> str:
        """The rule's code."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def family(self) -> str:
        """Its family."""


class Suppression(msgspec.Struct, frozen=True):
    """One wish for silence.

    Args:
        codes: codes or rule names; empty for all.
        cell: document index; None for the whole notebook.
        line: line of the cell; None for the whole cell.
        end_line: the last line, where it holds for a statement of several.
        form: how it is written, for messages (``# nbdebt: ignore[…]``).
        reason: what the author says of it.
        comment_line: where it is written.
        foreign: written for other tools too (``# noqa``): never reported as unused.
    """

    codes: tuple[str, ...]
    cell: int | None
    line: int | None
    form: str
    reason: str = ""
    comment_line: int = 1
    foreign: bool = False
    end_line: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether it silences the finding."""
        if self.cell is not None:
            if finding.cell is None or finding.cell.index != self.cell:
                return False
            span = finding.span
            if self.line is not None and (
                span is None or span.end_line < self.line or span.line > max(self.line, self.end_line)
            ):
                return False
        return self.concerns(finding)

    def concerns(self, rule: Named) -> bool:
        """Whether it speaks of a rule, wherever that has something to say."""
        return not self.codes or any(_means(code, rule) for code in self.codes)


def _means(code: str, rule: Named) -> bool:
    """Whether a code, the beginning of one, a rule's name or a family means the rule."""
    wanted = code.upper()
    if wanted.startswith("NBD"):
        return rule.code.startswith(wanted)
    return code.lower() in (rule.name, rule.family)


class Record(msgspec.Struct, frozen=True):
    """All that the document alone says of a notebook: what the cache keeps.

    Args:
        result: verdict and exchanges with the outside.
        findings: of rules that need nothing but the document.
        suppressions: what the author asked not to be told.
        problems: why it could not be read.
        not_run: what was not looked at.
        declared: the outputs that the notebook itself declares, relative to its directory.
    """

    result: NotebookResult
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    declared: tuple[Output, ...] = ()


def place(finding: Finding) -> tuple[int, int, int, str]:
    """Key of findings' order within a notebook."""
    cell, span = finding.cell, finding.span
    return (
        cell.index if cell else -1,
        span.line if span else 0,
        span.column if span else 0,
        finding.code,
    )
