"""What a notebook asks not to be told: comments, tags and metadata that silence findings."""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import Literal

from nbdebt.config import codes as selected
from nbdebt.model.errors import ConfigurationError
from nbdebt.model.finding import Finding, Replace
from nbdebt.model.history import Span
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.model.patterns import later
from nbdebt.model.record import Suppression
from nbdebt.rules import catalogue

_COMMENT = later(
    r"#\s*nbdebt:\s*ignore(?P<scope>-cell|-file|-notebook)?(?:\s*\[(?P<codes>[^\]]*)\]?)?\s*(?P<reason>.*)$",
    re.IGNORECASE,
)
_NOQA = later(r"#\s*noqa(?:\s*:\s*(?P<codes>[A-Z][A-Z0-9]*[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_TAG = later(r"^nbdebt[-:]\s*(?:ignore|skip)(?:[-\[:]\s*(?P<codes>[^\]]*)\]?)?$", re.IGNORECASE)
_HEAD = later(r"\s*%%nbdebt[ \t]+ignore[ \t]+(?P<words>[^\n]*)")
_ANY = later(r"#\s*(?:nbdebt:|noqa)", re.IGNORECASE)
_TEXT = later(r"\"{3}|'{3}")
# Tokens that belong to no statement.
_BLANK = frozenset(
    (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)


def silencing(source: str, finding: Finding, scope: Literal["line", "cell"], reason: str = "") -> Replace:
    """The edit that silences a finding: a comment behind its line, or at the top of its cell.

    Where code can't have a comment behind it (a magic, a line that goes on), it gets a line of its own.

    Args:
        source: the finding's cell.
        finding: one of a cell.
        scope: what to silence.
        reason: why.
    """
    said = f"# nbdebt: ignore{'-cell' if scope == 'cell' else ''}[{finding.name}]"
    comment = f"{said} {' '.join(reason.split())}".rstrip()
    cell = finding.cell.index if finding.cell else 0
    lines = source.split("\n")
    first = 1 if lines[0].startswith("%%") else 0
    if scope == "line" and finding.span is not None:
        number = min(finding.span.line, len(lines)) - 1
        line = lines[number]
        if _TEXT.search(line):
            # Behind it would be within the text: it goes above the whole statement.
            number = next((a - 1 for a, b in _scan(source)[1] if a <= number + 1 <= b), number)
            line = lines[number]
        elif not re.search(r"\\\s*$|^\s*[%!]", line):
            at = len(line.rstrip()) + 1
            return Replace(cell, Span(number + 1, at, number + 1, at), f"  {comment}")
        if number >= first:
            indent = line[: len(line) - len(line.lstrip())]
            return Replace(cell, Span(number + 1, 1, number + 1, 1), f"{indent}{comment}\n")
        comment = comment.replace("ignore[", "ignore-cell[")
    if first >= len(lines):
        end = len(lines[-1]) + 1
        return Replace(cell, Span(len(lines), end, len(lines), end), f"\n{comment}")
    return Replace(cell, Span(first + 1, 1, first + 1, 1), f"{comment}\n")


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(c for c in re.split(r"[,\s]+", (text or "").strip()) if c)


def read_suppressions(notebook: Notebook) -> list[Suppression]:
    """All suppressions of a notebook."""
    found = [
        Suppression(codes, None, None, "the notebook's metadata") for codes in _metadata(notebook.recorded)
    ]
    for cell in notebook.cells:
        if cell.tags:
            found += [
                Suppression(_codes(match["codes"]), cell.index, None, f"the tag `{tag}`")
                for tag in cell.tags
                if (match := _TAG.match(tag))
            ]
        if cell.recorded:
            found += [
                Suppression(codes, cell.index, None, "the cell's metadata")
                for codes in _metadata(cell.recorded)
            ]
        if cell.kind == "code" and (head := _HEAD.match(cell.source)):
            codes, reason = split_reason(head["words"].split())
            if codes:
                found.append(Suppression(codes, cell.index, None, "%%nbdebt ignore", reason))
        if cell.kind == "code" and "#" in cell.source:
            lowered = cell.source.lower()
            if "nbdebt" in lowered or ("noqa" in lowered and _concerns_us(cell.source)):
                found.extend(_comments(cell))
    return found


def _concerns_us(source: str) -> bool:
    """Whether a ``noqa`` in the source may silence a finding of ours: one with codes of others doesn't."""
    return any(match["codes"] is None or "NBD" in match["codes"].upper() for match in _NOQA.finditer(source))


def _metadata(recorded: dict[str, object]) -> list[tuple[str, ...]]:
    ignore = recorded.get("ignore")
    if isinstance(ignore, str):
        return [_codes(ignore)] if ignore.strip() else []
    if isinstance(ignore, list) and ignore:
        return [tuple(str(c) for c in ignore)]
    return [()] if ignore is True else []


def split_reason(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The rules that words begin with, as they are named, and what follows: ``NBD201 unseeded-draw why``."""
    known: list[str] = []
    for number, word in enumerate(words):
        name = word.strip(",")
        try:
            selected([name], catalogue())
        except ConfigurationError:
            return tuple(known), " ".join(words[number:])
        known.append(name)
    return tuple(known), ""


def _comments(cell: Cell) -> Iterator[Suppression]:
    comments, statements = _scan(cell.source)
    for number, alone, text in comments:
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
                first, last = _extent(number, alone, statements)
                yield Suppression(codes, cell.index, first, form, reason, number, False, last)
        elif match := _NOQA.search(text):
            codes = tuple(c for c in _codes(match["codes"]) if c.upper().startswith("NBD"))
            if codes or match["codes"] is None:
                first, last = _extent(number, False, statements)
                yield Suppression(codes, cell.index, first, "# noqa", "", number, True, last)


def _extent(number: int, alone: bool, statements: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The lines that a comment speaks of.

    Alone on its line: those of the statement that follows (within a statement: the next line). Behind code:
    its line; behind the end of a statement, all its lines.
    """
    for first, last in statements:
        if first <= number <= last:
            if alone:
                return number + 1, number + 1
            return (first, last) if number == last else (number, number)
        if alone and first > number:
            return first, last
    return number, number


def _scan(source: str) -> tuple[list[tuple[int, bool, str]], list[tuple[int, int]]]:
    """Comments of a cell as (line, whether alone there, text), and its statements as (first line, last line).

    Magics are no Python: where the tokenizer gives up, each line is a statement.
    """
    comments: list[tuple[int, bool, str]] = []
    statements: list[tuple[int, int]] = []
    first = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                alone = not token.line[: token.start[1]].strip()
                comments.append((token.start[0], alone, token.string))
            elif token.type == tokenize.NEWLINE and first:
                statements.append((first, token.start[0]))
                first = 0
            elif token.type not in _BLANK and not first:
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        comments.clear()
        statements.clear()
        for number, line in enumerate(source.split("\n"), 1):
            if match := _ANY.search(line):
                comments.append((number, not line[: match.start()].strip(), line[match.start() :]))
            if line.strip() and not line.lstrip().startswith("#"):
                statements.append((number, number))
    return comments, statements
