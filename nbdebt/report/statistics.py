"""How often each rule found something, as ruff shows it."""

import json
from collections import Counter

from nbdebt.model.finding import Report
from nbdebt.report.plain import Paint
from nbdebt.report.view import View
from nbdebt.report.words import fixable, summary


def counts(report: Report) -> list[tuple[int, str, str, str, bool]]:
    """For each rule with findings: how often, code, name, severity, whether all is fixable; most first."""
    found = Counter((f.code, f.name) for f in report.findings)
    unfixable = {f.code for f in report.findings if not fixable(f)}
    said: dict[str, set[str]] = {}
    for finding in report.findings:
        said.setdefault(finding.code, set()).add(finding.severity)
    # One rule can find things of more than one severity: the worst counts.
    worst = {code: next(s for s in ("error", "warning", "note") if s in of) for code, of in said.items()}
    rows = [(count, code, name, worst[code], code not in unfixable) for (code, name), count in found.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1]))


def statistics(report: Report, view: View) -> str:
    """``count code [*] name`` a line, most first, then the summary."""
    paint = Paint(view.color)
    rows = counts(report)
    breadth = len(str(rows[0][0])) if rows else 0
    any_star = any(row[4] for row in rows)
    lines = []
    for count, code, name, severity, all_fixable in rows:
        star = ("[*] " if all_fixable else "    ") if any_star else ""
        note = paint.dim(" (note)") if severity == "note" else ""
        lines.append(
            f"{paint.bold(str(count).rjust(breadth))}  {paint.severity(severity, code)}  {star}{name}{note}"
        )
    if any_star:
        lines.append("[*] fixable with `nbdebt check --fix`.")
    if not view.quiet:
        lines.append(summary(report))
    return "".join(line + "\n" for line in lines)


def statistics_json(report: Report) -> str:
    """The same as a list of objects."""
    keys = ("count", "code", "name", "severity", "fixable")
    return json.dumps([dict(zip(keys, row, strict=True)) for row in counts(report)], indent=2) + "\n"
