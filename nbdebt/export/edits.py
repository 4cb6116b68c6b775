"""Edits of a text at offsets, and the offsets of what ``ast`` found."""

import ast
from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace what stands between two offsets; an insertion where these are the same."""

    start: int
    end: int
    text: str


class Lines:
    """Offsets into a source, by line and column.

    Args:
        source: the text that is edited.
        masked: the text that was parsed: as many lines, and what is Python at its place.
    """

    def __init__(self, source: str, masked: str) -> None:
        self.lines = source.split("\n")
        self.masked = masked.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """Where a line and column (characters, from 1) are; the end for lines below the last."""
        if line > len(self.lines):
            return self.starts[-1] - 1
        return self.starts[line - 1] + min(column - 1, len(self.lines[line - 1]))

    def end(self, line: int) -> int:
        """Where a line ends, its newline left out."""
        line = min(line, len(self.lines))
        return self.starts[line - 1] + len(self.lines[line - 1])

    def place(self, line: int, column: int) -> int:
        """Where a line and a column as ``ast`` counts them (bytes, from 0) are."""
        text = self.masked[line - 1]
        characters = column if text.isascii() else len(text.encode()[:column].decode("utf-8", "replace"))
        return self.offset(line, characters + 1)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node starts and ends."""
        return (
            self.place(node.lineno, node.col_offset),
            self.place(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )


def applied(source: str, edits: Iterable[Edit], start: int, end: int, closed: bool = True) -> str:
    """A stretch of a text with the edits that lie within it; of edits within another one only the outer.

    Args:
        source: the text.
        edits: edits, in any order.
        start: where the stretch starts.
        end: where it ends.
        closed: insertions at its very end belong to it.
    """
    pieces: list[str] = []
    position = start
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end > e.start, -e.end)):
        if edit.start < position or edit.end > end or (edit.start == end and not closed):
            continue
        pieces += (source[position : edit.start], edit.text)
        position = edit.end
    pieces.append(source[position:end])
    return "".join(pieces)
