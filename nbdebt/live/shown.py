"""Something to show, in a terminal and in a front end, from the same words."""

from typing import Any

import msgspec
from IPython.display import display

from nbdebt.live import markup
from nbdebt.report.plain import clean, shortened, width

_WIDEST = 56


def present(what: object, **how: Any) -> None:
    """Display something as a cell's own code would."""
    display(what, **how)  # type: ignore[no-untyped-call]


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

    def text(self) -> str:
        """For a terminal."""
        parts = [clean(self.title), *(f"  {clean(line)}" for line in self.lines)]
        if self.rows:
            cells = [[shortened(cell, _WIDEST) for cell in row] for row in (self.head, *self.rows)]
            widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
            for row in cells:
                padded = (c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True))
                parts.append(("  " + "  ".join(padded)).rstrip())
        return "\n".join([*parts, *(f"  {clean(line)}" for line in self.after)])

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
