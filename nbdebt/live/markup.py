"""HTML as it stands under a cell: escaped, without scripts, legible in light, in dark, and without its style.

Text takes the colour of what is around it, so that it can be read wherever it lands. Accents come from the
front end's own variables (JupyterLab's ``--jp-…``, VS Code's ``--vscode-…``); elsewhere ``light-dark()`` asks
which scheme the page itself is shown in, which is what ``prefers-color-scheme`` says only for pages that
follow it: an exported notebook stays white on a dark desktop.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from nbdebt.model.finding import CellRef, Finding
from nbdebt.report.plain import clean
from nbdebt.report.words import cell_label

_CSS = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
STYLE = f"<style>{' '.join(_CSS.split())}</style>"
"""What every piece brings along: there is no place in a notebook to put it once."""

MARKS = {"error": "✗", "warning": "▲", "note": "·"}
BASES = {
    "observed": "seen as it ran",
    "parsed": "the code says so",
    "inferred": "inferred from the order of runs",
}


def prose(text: str) -> str:
    """Text, escaped, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(clean(text)))


def piece(body: str, label: str = "nbdebt") -> str:
    """A whole piece of HTML, with its style."""
    return f'<div class="nbdebt" role="note" aria-label="{escape(label)}">{STYLE}{body}</div>'


def mark(severity: str) -> str:
    """The sign of a severity: a shape, and a colour beside it."""
    return f'<span class="n-{escape(severity)}" title="{escape(severity)}">{MARKS.get(severity, "·")}</span>'


def where(cell: CellRef | None, line: int | None, here: str) -> str:
    """Where a finding is, seen from a cell: ``line 3``, or ``cell 5 [7], line 3`` for another one.

    Args:
        cell: the finding's cell.
        line: its line.
        here: id of the cell that is looked from.
    """
    if cell is None:
        return "notebook"
    at = f"line {line}" if line else ""
    if here and cell.id == here:
        return at or "this cell"
    return ", ".join(filter(None, (cell_label(cell), at)))


def sentence(finding: Finding, here: str) -> str:
    """A finding in one line: which, where, what will go wrong, what to do."""
    at = where(finding.cell, finding.span.line if finding.span else None, here)
    advice = f' <span class="n-soft">→ {prose(finding.advice)}</span>' if finding.advice else ""
    return (
        f"{mark(finding.severity)} <b>{escape(finding.code)}</b> "
        f'<span class="n-soft">{escape(clean(at))}:</span> {prose(finding.message)}{advice}'
    )


def rest(finding: Finding) -> str:
    """What is read second of a finding: its line of code, what it rests on, other places, how to go on."""
    parts = [_code(finding)] if finding.source.strip() else []
    items = [prose(item) for item in finding.evidence]
    items += [
        _place(related.cell, related.span.line if related.span else None) + prose(related.message)
        for related in finding.related
    ]
    if items:
        parts.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
    name = escape(finding.name)
    parts.append(
        f'<p class="n-soft">{name} · {BASES[finding.basis]} · '
        f"more: <code>%nbdebt explain {escape(finding.code)}</code> · "
        f"silence: <code># nbdebt: ignore[{name}] reason</code></p>"
    )
    return "".join(parts)


def _place(cell: CellRef | None, line: int | None) -> str:
    return f"{escape(clean(where(cell, line, '')))}: " if cell is not None else ""


def _code(finding: Finding) -> str:
    source, span = finding.source.rstrip(), finding.span
    if span is None:
        return f"<pre>{escape(clean(source.strip()))}</pre>"
    first = min(span.column - 1, len(source))
    last = max(span.end_column - 1, first) if span.end_line == span.line else len(source)
    before, within, after = (
        escape(clean(s)) for s in (source[:first].lstrip(), source[first:last], source[last:])
    )
    return f"<pre>{before}<mark>{within}</mark>{after}</pre>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells of rows are HTML already."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
