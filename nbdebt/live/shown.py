"""Something to show, in a terminal and in a front end, from the same words."""

import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from IPython.display import display

from nbdebt.live import markup
from nbdebt.report.plain import clean, width, wrapped

_WIDEST, _ELSEWHERE = 120, 100
_GAP, _NARROWEST = 2, 14


def present(what: object, **how: Any) -> None:
    """Display something as a cell's own code would."""
    display(what, **how)  # type: ignore[no-untyped-call]


def room() -> int:
    """How many columns there are for text: those of the terminal, where one is written to."""
    stream = sys.stdout
    # What the user put in the place of a stream is theirs, and isn't asked.
    if type(stream) is io.TextIOWrapper and stream.isatty():
        return max(40, min(shutil.get_terminal_size().columns, _WIDEST))
    return _ELSEWHERE


class Shown(msgspec.Struct, frozen=True):
    """Something to show. What stands in backticks is code.

    Args:
        title: one sentence.
        lines: what is to be said, a sentence each.
        head: names of a table's columns.
        rows: its rows, as text.
        after: what is to be said below the table.
    """

    title: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()

    def text(self, columns: int = 0) -> str:
        """For a terminal. Nothing is cut: what is too long goes on in the next line.

        Args:
            columns: how wide it may be; 0 asks the terminal.
        """
        columns = columns or room()
        parts = list(wrapped(self.title, columns, "", "  "))
        for line in self.lines:
            parts += wrapped(line, columns, "  ", "    ")
        if self.rows:
            parts += _table((self.head, *self.rows), columns)
        for line in self.after:
            parts += wrapped(line, columns, "  ", "    ")
        return "\n".join(parts)

    def html(self) -> str:
        """For a front end; the style comes with it."""
        parts = [f"<p><b>{markup.prose(self.title)}</b></p>"]
        parts += [f"<p>{markup.prose(line)}</p>" for line in self.lines]
        if self.rows:
            rows = ([markup.prose(cell) for cell in row] for row in self.rows)
            parts.append(markup.table(self.head, rows))
        parts += [f'<p class="n-soft">{markup.prose(line)}</p>' for line in self.after]
        return markup.piece("".join(parts))

    def __repr__(self) -> str:
        """The text: what a terminal shows of a result."""
        return self.text()

    def _repr_html_(self) -> str:
        """What a front end shows of a result."""
        return self.html()


def _table(rows: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    """Rows in columns, as wide as they need; where there isn't the room, the widest give way and fold."""
    rows = [[clean(cell) for cell in row] for row in rows]
    wide = [max(map(width, column)) for column in zip(*rows, strict=True)]
    spare = columns - 2 - _GAP * (len(wide) - 1)
    while sum(wide) > spare and max(wide) > _NARROWEST:
        wide[wide.index(max(wide))] -= 1
    for row in rows:
        folded = [list(_folded(cell, most)) for cell, most in zip(row, wide, strict=True)]
        for number in range(max(map(len, folded))):
            cells = [lines[number] if number < len(lines) else "" for lines in folded]
            padded = (c + " " * (most - width(c)) for c, most in zip(cells, wide, strict=True))
            yield ("  " + (" " * _GAP).join(padded)).rstrip()


def _folded(text: str, most: int) -> Iterator[str]:
    """Text in lines of so many columns, between words where that can be."""
    line = ""
    for word in text.split(" "):
        if line and width(line) + 1 + width(word) > most:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
        while width(line) > most:
            cut = next(n for n in range(len(line), 0, -1) if width(line[:n]) <= most or n == 1)
            yield line[:cut]
            line = line[cut:]
    yield line
