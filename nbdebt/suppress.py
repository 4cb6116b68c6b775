"""What a notebook asks not to be told: comments, tags and metadata that silence findings."""

import io
import re
import tokenize
from collections.abc import Iterable

import msgspec

from nbdebt.model.finding import Finding
from nbdebt.model.notebook import Cell, Notebook

_COMMENT = re.compile(
    r"#\s*nbdebt:\s*ignore(?P<scope>-cell|-file|-notebook)?\s*(?:\[(?P<codes>[^\]]*)\])?\s*(?P<reason>.*)$", re.I
)
_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z][A-Z0-9]*[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.I)
_TAG = re.compile(r"^nbdebt[-:]\s*(?:ignore|skip)(?:[-\[:]\s*(?P<codes>[^\]]*)\]?)?$", re.I)


class Suppression(msgspec.Struct, frozen=True):
    """One wish for silence.

    Args:
        codes: codes or rule names; empty for all.
        cell: document index; None for the whole notebook.
        line: line of the cell; None for the whole cell.
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

    def covers(self, finding: Finding) -> bool:
        """Whether it silences the finding."""
        if self.cell is not None:
            if finding.cell is None or finding.cell.index != self.cell:
                return False
            span = finding.span
            if self.line is not None and (span is None or not span.line <= self.line <= span.end_line):
                return False
        return not self.codes or any(
            finding.code == c.upper() or finding.name == c.lower() or (c.upper().startswith("NBD") and finding.code.startswith(c.upper()))
            for c in self.codes
        )


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(c for c in re.split(r"[,\s]+", (text or "").strip()) if c)


def read_suppressions(notebook: Notebook) -> list[Suppression]:
    """All suppressions of a notebook."""
    found: list[Suppression] = []
    for codes in _metadata(notebook.recorded):
        found.append(Suppression(codes, None, None, "the notebook's metadata"))
    for cell in notebook.cells:
        for tag in cell.tags:
            if match := _TAG.match(tag):
                found.append(Suppression(_codes(match["codes"]), cell.index, None, f"the tag `{tag}`"))
        if cell.recorded:
            for codes in _metadata(cell.recorded):
                found.append(Suppression(codes, cell.index, None, "the cell's metadata"))
        if cell.kind == "code":
            source = cell.source
            if "nbdebt" in source or "noqa" in source or "NBDEBT" in source or "NOQA" in source:
                found.extend(_comments(cell))
    return found


def _metadata(recorded: dict[str, object]) -> list[tuple[str, ...]]:
    ignore = recorded.get("ignore")
    if isinstance(ignore, str):
        return [_codes(ignore)]
    if isinstance(ignore, list) and ignore:
        return [tuple(str(c) for c in ignore)]
    return [()] if ignore is True else []


def _comments(cell: Cell) -> Iterable[Suppression]:
    lines = cell.source.split("\n")
    for number, column, text in _find_comments(cell.source):
        if match := _COMMENT.search(text):
            codes = _codes(match["codes"])
            scope = (match["scope"] or "").lower()
            form = f"# nbdebt: ignore{scope}" + (f"[{', '.join(codes)}]" if codes else "")
            reason = match["reason"].strip(" -–:")
            if scope in ("-file", "-notebook"):
                yield Suppression(codes, None, None, form, reason, number)
            elif scope == "-cell":
                yield Suppression(codes, cell.index, None, form, reason, number)
            else:
                alone = not lines[number - 1][:column].strip()
                line = next((n for n in range(number + 1, len(lines) + 1) if lines[n - 1].strip()), number) if alone else number
                yield Suppression(codes, cell.index, line, form, reason, number)
        elif match := _NOQA.search(text):
            codes = tuple(c for c in _codes(match["codes"]) if c.upper().startswith("NBD"))
            if codes or match["codes"] is None:
                yield Suppression(codes, cell.index, number, "# noqa", "", number, True)


def _find_comments(source: str) -> list[tuple[int, int, str]]:
    """Comments of a cell as (line, offset, text). Magics are no Python: where the tokenizer gives up, lines are scanned."""
    found: list[tuple[int, int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0], token.start[1], token.string))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        found = []
        for number, line in enumerate(source.split("\n"), 1):
            match = re.search(r"#\s*(?:nbdebt:|noqa)", line, re.I)
            if match:
                found.append((number, match.start(), line[match.start() :]))
    return found
