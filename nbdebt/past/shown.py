"""How debt went, for a terminal, for programs, and as a page with charts."""

import csv
import importlib.resources
import io
import json
import re
from collections.abc import Iterator
from html import escape

import msgspec

from nbdebt import __version__
from nbdebt.past.budget import Kept
from nbdebt.past.charts import Series, bars
from nbdebt.past.trend import Point, Trend
from nbdebt.report.plain import Paint, clean
from nbdebt.report.words import plural
from nbdebt.scan.model import FAMILIES

VERSION = 1
_BLOCKS = "▁▂▃▄▅▆▇█"
_ROWS = 12
_BROAD = 60
_DEBT = [Series(family, family, family) for family in FAMILIES]
_VERDICTS = [
    Series("same", "would give the same", "good"),
    Series("other", "would give other results", "bad"),
    Series("unknown", "can't be known", "open"),
]
_STEPS = {
    "commit": "each commit that changed a notebook",
    "week": "the last commit of each week",
    "month": "the last commit of each month",
}


def spark(values: list[int]) -> str:
    """Values as a line of blocks, from nothing to the most; of many, some, the last one always."""
    every = max(1, -(-len(values) // _BROAD))
    values = values[::-1][::every][::-1]
    most = max(values, default=0)
    return "".join(_BLOCKS[round(v * (len(_BLOCKS) - 1) / most)] if most else _BLOCKS[0] for v in values)


def difference(first: Point, last: Point, family: str) -> str:
    """``+3``, ``-2``, or nothing."""
    change = getattr(last, family) - getattr(first, family)
    return f"{change:+d}" if change else ""


def text(found: Trend, kept: Kept | None, paint: Paint) -> str:
    """For people: a line a family, the newest points, what is worst."""
    points, last = found.points, found.points[-1]
    span = f"{points[0].when[:10]} to {last.when[:10]}" if len(points) > 1 else last.when[:10]
    about = (
        f"{clean(found.name)}, {span}: {plural(last.notebooks, 'notebook')}, {plural(last.debt, 'finding')}"
    )
    lines = [paint.bold(about), ""]
    for family in FAMILIES:
        line = spark([getattr(p, family) for p in points])
        change = difference(points[0], last, family)
        shade = paint.red if change.startswith("+") else paint.green
        lines.append(f"  {family:<8} {line}  {getattr(last, family)}  {shade(change)}".rstrip())
    if len(points) > 1:
        lines += ["", paint.dim("  date        commit      notebooks  order  seeds  outputs  data")]
        for p in points[-_ROWS:]:
            counts = f"{p.notebooks:>9}  {p.order:>5}  {p.seeds:>5}  {p.outputs:>7}  {p.data:>4}"
            lines.append(f"  {p.when[:10]}  {p.commit[:10]}  {counts}")
    if found.worst:
        lines += ["", "Most of it"]
        lines += [f"  {count:>5}  {clean(path)}" for path, count in found.worst[:5]]
    for path in found.unread[:3]:
        lines.append(f"  could not be judged: {clean(path)}")
    if kept is not None:
        lines += ["", *budget_lines(kept)]
    return "".join(line + "\n" for line in lines)


def budget_lines(kept: Kept) -> Iterator[str]:
    """What a budget says to what there is."""
    if kept.is_new:
        yield "The budget is made, of what there is now."
        return
    for family, count, most in kept.over:
        yield f"{family}: {plural(count, 'finding')}, the budget is {most}: {count - most} too many"
    if not kept.over:
        yield "Within the budget."
    if kept.is_lowered:
        yield "The budget is lower now."
    elif any(count < most for _, count, most in kept.lines):
        yield "There is less than the budget allows: --update lowers it."


def as_csv(found: Trend) -> str:
    """A line a point."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in msgspec.structs.fields(Point)])
    writer.writerows(msgspec.structs.astuple(point) for point in found.points)
    return out.getvalue()


def as_json(found: Trend, kept: Kept | None) -> str:
    """One object."""
    shown = {"version": VERSION, **msgspec.to_builtins(found)}
    if kept is not None:
        shown["budget"] = {family: {"findings": count, "budget": most} for family, count, most in kept.lines}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


# As a page


def html(found: Trend) -> str:
    """A page that holds all it needs: charts that need no script, a table beside each."""
    first, last = found.points[0], found.points[-1]
    tiles = [
        (last.notebooks, "notebooks", _since(first.notebooks, last.notebooks, found), ""),
        (last.debt, "findings", _since(first.debt, last.debt, found), _grade(first.debt, last.debt)),
        (last.same, "would give the same", _since(first.same, last.same, found), ""),
        (last.other, "would give other results", _since(first.other, last.other, found), ""),
    ]
    worst = "".join(f"<tr><td>{escape(clean(path))}</td><td>{count}</td></tr>" for path, count in found.worst)
    filled = {
        "title": escape(clean(f"Notebook debt of {found.name}")),
        "about": escape(
            clean(
                f"{first.when[:10]} to {last.when[:10]}, {_STEPS[found.step]} "
                f"that led to {found.reference} ({last.commit[:10]})"
            )
        ),
        "css": _page_css(),
        "tiles": "".join(
            f'<li class="{kind}"><b>{count}</b> {escape(label)}<small>{escape(change)}</small></li>'
            for count, label, change, kind in tiles
        ),
        "debt": _figure("Findings by family", "Errors and warnings, of each notebook alone", found, _DEBT),
        "verdicts": _figure("Restart & Run All", "Notebooks by what it would give", found, _VERDICTS),
        "worst": (
            "<section><h2>Most of it now</h2><table><thead><tr><th>notebook</th><th>findings</th></tr>"
            "</thead>"
            f"<tbody>{worst}</tbody></table></section>"
            if worst
            else ""
        ),
        "version": __version__,
    }
    page = importlib.resources.files("nbdebt.past").joinpath("trend.html").read_text(encoding="utf-8")
    # In one go: what is filled in may look like a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], page)


def _page_css() -> str:
    files = importlib.resources.files("nbdebt.report")
    return files.joinpath("page.css").read_text(encoding="utf-8")


def _since(before: int, now: int, found: Trend) -> str:
    if len(found.points) < 2:
        return ""
    return f"{now - before:+d} since {found.points[0].when[:10]}" if now != before else "as at the beginning"


def _grade(before: int, now: int) -> str:
    return "bad" if now > before else "good" if now < before else ""


def _figure(title: str, about: str, found: Trend, series: list[Series]) -> str:
    points = found.points
    chart = bars(f"{title}, {points[0].when[:10]} to {points[-1].when[:10]}", points, series)
    head = "".join(f"<th>{escape(s.field)}</th>" for s in series)
    rows = "".join(
        f"<tr><td>{p.when[:10]}</td><td><code>{p.commit[:10]}</code></td>"
        + "".join(f"<td>{getattr(p, s.field)}</td>" for s in series)
        + "</tr>"
        for p in reversed(points)
    )
    legend = "".join(f'<li><i class="{s.kind}"></i>{escape(s.label)}</li>' for s in series)
    return (
        f"<section><h2>{escape(title)}</h2><p class=about>{escape(about)}</p>"
        f'<ul class="key">{legend}</ul><div class="beside"><figure>{chart}</figure>'
        f'<div class="scroll"><table><thead><tr><th>date</th><th>commit</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div></section>"
    )
