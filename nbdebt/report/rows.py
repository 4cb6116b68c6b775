"""Rows as a table, as CSV, and as JSON: for commands that list things."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from nbdebt.report.plain import Paint, clean, shortened, width


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Args:
        title: what stands above it.
        text: what a row shows in it.
        right: whether it is set to the right, as numbers are.
        elastic: whether it gives way where a terminal is narrow.
    """

    title: str
    text: Callable[[Any], str]
    right: bool = False
    elastic: bool = False


def table(rows: Sequence[Any], columns: Sequence[Column], paint: Paint, room: int | None) -> list[str]:
    """Rows below the titles of their columns; a column that is empty throughout is left out.

    Args:
        rows: what is listed.
        columns: what is shown of each.
        paint: colours, or none.
        room: columns of the terminal; None where nothing is to be cut.
    """
    cells = [[clean(column.text(row)) for column in columns] for row in rows]
    kept = [place for place in range(len(columns)) if any(line[place] for line in cells)]
    columns = [columns[place] for place in kept]
    cells = [[line[place] for place in kept] for line in cells]
    breadths = [
        max(width(column.title), *(width(line[place]) for line in cells))
        for place, column in enumerate(columns)
    ]
    if room is not None:
        _fit(breadths, columns, room - 2 * (len(columns) + 1))
    titles = [
        _set(column.title, breadth, column.right) for column, breadth in zip(columns, breadths, strict=True)
    ]
    lines = [paint.dim(("  " + "  ".join(titles)).rstrip())]
    for line in cells:
        shown = [
            _set(shortened(text, breadth), breadth, column.right)
            for text, breadth, column in zip(line, breadths, columns, strict=True)
        ]
        lines.append(("  " + "  ".join(shown)).rstrip())
    return lines


def _fit(breadths: list[int], columns: Sequence[Column], room: int) -> None:
    """Make columns that may give way narrower, the widest first."""
    elastic = [place for place, column in enumerate(columns) if column.elastic]
    while elastic and sum(breadths) > room:
        widest = max(elastic, key=lambda place: breadths[place])
        if breadths[widest] <= 12:
            return
        breadths[widest] -= 1


def _set(text: str, breadth: int, right: bool) -> str:
    blank = " " * (breadth - width(text))
    return blank + text if right else text + blank


def as_csv(rows: Sequence[Any], kind: type[msgspec.Struct]) -> str:
    """Rows as CSV with a head; lists have semicolons between their items.

    Values that a spreadsheet would take for a formula get an apostrophe before them (OWASP, "CSV Injection").
    """
    names = [field.name for field in msgspec.structs.fields(kind)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([plain_value(getattr(row, name)) for name in names])
    return out.getvalue()


def plain_value(value: object) -> object:
    """A value as a cell of CSV: lists joined, nothing that a spreadsheet takes for a formula."""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value


def as_json(name: str, rows: Sequence[Any], **beside: object) -> str:
    """One object: ``version``, what is beside, and the rows under a name."""
    shown = {"version": 1, **beside, name: msgspec.to_builtins(list(rows))}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def moment(stamp: str) -> str:
    """A time as people here read it: ``2026-11-23 14:05``; as it is where it is none."""
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return stamp


def spell(seconds: float) -> str:
    """A duration: ``0.4 s``, ``12 s``, ``3 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
