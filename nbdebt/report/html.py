"""A page for people without a terminal: one file, no network, nothing from a notebook that isn't escaped."""

import functools
import re
from collections import Counter
from html import escape
from pathlib import Path
from typing import NamedTuple

from nbdebt import __version__
from nbdebt.model.finding import Finding, NotebookResult, Report
from nbdebt.report.overview import overview
from nbdebt.report.plain import clean
from nbdebt.report.view import View
from nbdebt.report.words import (
    STATES,
    cell_label,
    checked,
    fixable,
    plural,
    problem_sentence,
    summary,
    verdict_counts,
    verdict_sentence,
)

_FAMILIES = {
    "order": "Order",
    "seeds": "Seeds",
    "outputs": "Outputs",
    "data": "Data",
    "nbdebt": "nbdebt",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_LONGEST_STRIP = 400
_ROOM = 1_850_000
"""Characters of a page that browsers and mail programs still take well."""


class _Detail(NamedTuple):
    """How much is shown: what findings rest on, a strip of cells, and how many findings of a notebook."""

    evidence: bool = True
    strips: bool = True
    most: int | None = None


_DETAILS = (
    _Detail(),
    _Detail(evidence=False),
    *(_Detail(evidence=False, strips=False, most=most) for most in (None, 20, 10, 5, 3, 1, 0)),
)


def html(report: Report, view: View) -> str:
    """The report as a page of its own. Of very many findings less is shown, and said to be."""
    findings: dict[str, list[Finding]] = {notebook.path: [] for notebook in report.notebooks}
    for finding in report.findings:
        findings.setdefault(finding.path, []).append(finding)
    results = {notebook.path: notebook for notebook in report.notebooks}
    # What needs doing comes first; within that, the order in which it was asked for.
    # What can't be read or isn't Python has nothing to show; it is listed apart.
    shown = [path for path, found in findings.items() if found or (path in results and results[path].verdict)]
    paths = sorted(shown, key=lambda path: not any(f.severity != "note" for f in findings[path]))
    anchors = {path: f"n{number}" for number, path in enumerate(paths)}
    sections, detail = "", _DETAILS[0]
    for detail in _DETAILS:
        sections = "".join(
            _notebook(path, findings[path], results.get(path), anchors[path], detail) for path in paths
        )
        if len(sections) <= _ROOM:
            break
    first = overview(report, anchors, view.map(report) if view.map is not None else None)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>nbdebt: {escape(_headline(report))}</title>\n"
        f"<style>\n{_resource('page.css')}</style>\n</head>\n<body>\n"
        f"<header><h1>Notebook debt</h1><p>{_text(summary(report))}</p></header>\n"
        f"{_tiles(report)}{first}{_filters(report)}<main>\n{_problems(report)}{_left_out(detail)}{sections}"
        f"{_skipped(report)}</main>\n"
        f"<footer>nbdebt {__version__}</footer>\n"
        f"<script>\n{_resource('page.js')}</script>\n</body>\n</html>\n"
    )


@functools.cache
def _resource(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _text(text: str) -> str:
    """Escaped, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(clean(text)))


def _headline(report: Report) -> str:
    return plural(sum(f.severity != "note" for f in report.findings), "finding")


def _tiles(report: Report) -> str:
    same, other, unknown = verdict_counts(report)
    tiles = [
        (checked(report), "notebooks checked", ""),
        (same, "would give the same", "good" if same else ""),
        (other, "would give other results", "bad" if other else ""),
        (unknown, "can't be known from the file", ""),
        (sum(f.severity != "note" for f in report.findings), "findings", ""),
        (sum(fixable(f) for f in report.findings if f.severity != "note"), "fixable with --fix", ""),
    ]
    shown = "".join(f'<li class="{kind}"><b>{count}</b> {escape(label)}</li>' for count, label, kind in tiles)
    return f'<ul class="tiles">{shown}</ul>\n'


def _filters(report: Report) -> str:
    counts = Counter(_family(f.family) for f in report.findings)
    if not counts:
        return ""
    boxes = "".join(
        f'<label class="chip"><input type="checkbox" data-family="{family}" checked> '
        f"{escape(label)} <b>{counts[family]}</b></label>"
        for family, label in _FAMILIES.items()
        if counts[family]
    )
    notes = sum(f.severity == "note" for f in report.findings)
    if notes:
        boxes += f'<label class="chip"><input type="checkbox" data-notes> Notes <b>{notes}</b></label>'
    search = '<input type="search" placeholder="Path, rule or words" aria-label="Search findings">'
    return f'<form class="filters" hidden>{boxes}{search}</form>\n'


def _family(family: str) -> str:
    # What other packages bring must not become the name of a class.
    return family if family in _FAMILIES else "nbdebt"


def _left_out(detail: _Detail) -> str:
    if detail.evidence:
        return ""
    said = "what findings rest on is left out"
    if detail.most is not None:
        said += f", and of each notebook only the first {detail.most} are shown" if detail.most else ""
    return (
        f'<p class="left-out">So that this page can still be read, {said}: '
        "<code>nbdebt check --output-format html NOTEBOOK</code> shows all of one.</p>\n"
    )


def _notebook(
    path: str, findings: list[Finding], result: NotebookResult | None, anchor: str, detail: _Detail
) -> str:
    warned = sum(f.severity != "note" for f in findings)
    sentence = verdict_sentence(result) if result else ""
    verdict = ""
    if result is not None and result.verdict is not None:
        kind = {True: "good", False: "bad", None: "open"}[result.verdict.reproduces]
        verdict = f'<p class="verdict {kind}">Restart &amp; Run All {_text(sentence)}</p>'
        if detail.strips:
            verdict += _strip(result)
    count = plural(warned, "finding") if warned else _text(sentence) or "no findings"
    # What is cut is cut from the notes first.
    ordered = sorted(findings, key=lambda f: f.severity == "note") if detail.most is not None else findings
    body = "".join(_finding(finding, detail) for finding in ordered[: detail.most])
    if detail.most is not None and len(ordered) > detail.most:
        body += f'<p class="rest">{len(ordered) - detail.most} more</p>'
    return (
        f'<details class="notebook" id="{anchor}"{" open" if warned else ""}>'
        f"<summary><h2>{escape(clean(path))}</h2>"
        f'<span class="count">{count}</span></summary>{verdict}{body}</details>\n'
    )


def _strip(result: NotebookResult) -> str:
    """One square a code cell, in the colour of its state."""
    verdict = result.verdict
    if verdict is None or not verdict.cells:
        return ""
    squares = []
    for ref in result.cells[:_LONGEST_STRIP]:
        said = verdict.cells.get(ref.id)
        if said is not None:
            because = "; ".join(said.because[:3])
            title = f"{cell_label(ref)} {STATES[said.state]}" + (f": {because}" if because else "")
            squares.append(f'<i class="{said.state}" title="{escape(clean(title))}"></i>')
    states = Counter(said.state for said in verdict.cells.values())
    label = ", ".join(f"{count} {state}" for state, count in states.items())
    legend = " ".join(
        f'<span><i class="{state}"></i> {count} {state}</span>' for state, count in states.items()
    )
    return (
        f'<div class="strip" role="img" aria-label="{escape(label)}">{"".join(squares)}</div>'
        f'<p class="legend" aria-hidden="true">{legend}</p>'
    )


def _finding(finding: Finding, detail: _Detail) -> str:
    where = escape(clean(cell_label(finding.cell)))
    if finding.cell is not None and finding.span is not None:
        where += f", line {finding.span.line}"
    badge = (
        f'<span class="fix" title="{escape(clean(finding.fix.title))}">fixable</span>' if finding.fix else ""
    )
    extra = [_text(item) for item in finding.evidence] if detail.evidence else []
    for related in finding.related if detail.evidence else ():
        place = cell_label(related.cell) if related.cell else ""
        if related.path and related.path != finding.path:
            place = f"{related.path} {place}".strip()
        extra.append((f"{escape(clean(place))}: " if place else "") + _text(related.message))
    more = ""
    if extra:
        items = "".join(f"<li>{item}</li>" for item in extra)
        more = f"<details><summary>Why</summary><ul>{items}</ul></details>"
    advice = f'<p class="advice">{_text(finding.advice)}</p>' if finding.advice else ""
    return (
        f'<article class="finding {finding.severity}" data-family="{_family(finding.family)}" '
        f'data-severity="{finding.severity}">'
        f'<p class="head"><span class="code {_family(finding.family)}">{escape(clean(finding.code))}</span> '
        f"<b>{escape(clean(finding.name))}</b> <span>{where}</span>{badge}</p>{_source(finding)}"
        f"<p>{_text(finding.message)}</p>{advice}{more}</article>"
    )


def _source(finding: Finding) -> str:
    span, source = finding.span, finding.source.rstrip()
    if span is None or not source.strip():
        return ""
    start = min(span.column - 1, len(source))
    end = min(span.end_column - 1, len(source)) if span.end_line == span.line else len(source)
    end = max(start, end)
    before, within, after = (
        escape(clean(part)) for part in (source[:start], source[start:end], source[end:])
    )
    marked = f"<mark>{within}</mark>" if within else ""
    return f'<pre data-line="{span.line}"><code>{before}{marked}{after}</code></pre>'


def _problems(report: Report) -> str:
    items = "".join(
        f"<li><b>{escape(clean(problem.path))}</b>: {_text(problem_sentence(problem))}</li>"
        for problem in report.problems
    )
    return (
        f'<section class="problems"><h2>Could not be done</h2><ul>{items}</ul></section>\n' if items else ""
    )


def _skipped(report: Report) -> str:
    items = "".join(
        f"<li><b>{escape(clean(missed.path))}</b>: {escape(clean(missed.what))}: {_text(missed.reason)}</li>"
        for missed in report.not_run
    )
    heading = f"{len(report.not_run)} not looked at"
    return (
        f'<details class="skipped"><summary>{heading}</summary><ul>{items}</ul></details>\n' if items else ""
    )
