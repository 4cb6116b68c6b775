"""What a branch adds and repays, for a terminal, for a pull request, and for programs."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nbdebt.model.finding import Finding, NotebookResult
from nbdebt.past.comparing import Change, Comparison
from nbdebt.report.json import finding_object
from nbdebt.report.plain import Paint, clean, wrapped
from nbdebt.report.words import place, plural, verdict_sentence

VERSION = 1
_MARK = {"changed": "~", "added": "+", "removed": "-", "renamed": ">"}
_MOST = 50
_SPECIAL = re.compile(r"([\\*_\[\]|~#])")


def severe(findings: Sequence[Finding]) -> list[Finding]:
    """Errors and warnings."""
    return [finding for finding in findings if finding.severity != "note"]


def headline(found: Comparison) -> str:
    """``Adds 3 findings, repays 1.``"""
    added, repaid = len(severe(found.added)), len(severe(found.repaid))
    if not added and not repaid:
        return "Adds no debt, repays none."
    return f"Adds {plural(added, 'finding') if added else 'no debt'}, repays {repaid or 'none'}."


def _changed(found: Comparison) -> str:
    counts: Counter[Change] = Counter(found.notebooks.values())
    said = [f"{count} {change}" for change, count in counts.items()]
    return f"notebooks: {', '.join(said)}" if said else "no notebook has changed"


def _since(found: Comparison) -> str:
    base = found.base.name[:10]
    return f"Since {found.reference} ({base}, {found.base.when[:10]})" if found.reference != base else base


# For a terminal


def text(found: Comparison, paint: Paint, room: int, *, notes: bool = False) -> str:
    """For people."""
    lines = [paint.bold(f"{clean(_since(found))}: {_changed(found)}")]
    for title, findings, mark in (("Added", found.added, "+"), ("Repaid", found.repaid, "-")):
        shown = list(findings) if notes else severe(findings)
        if shown:
            lines += ["", paint.bold(f"{title}: {len(shown)}"), *_listed(shown, mark, paint, room)]
    if found.turned:
        lines += ["", paint.bold("Restart & Run All")]
        for turned in found.turned:
            lines.append(f"  {clean(turned.path)}")
            lines.append(f"    {_verdict(turned.before)} → {_verdict(turned.after)}")
    for problem in found.problems:
        lines.append(f"{clean(problem.path)}: {clean(problem.reason)}")
    before, now = found.total
    lines += ["", f"{headline(found)} {plural(now, 'finding')} in all, {before} before."]
    return "".join(line + "\n" for line in lines)


def _listed(findings: Sequence[Finding], mark: str, paint: Paint, room: int) -> Iterator[str]:
    path = ""
    for finding in findings:
        if finding.path != path:
            path = finding.path
            yield f"  {clean(path)}"
        sign = paint.red("+") if mark == "+" else paint.green("-")
        code = paint.severity(finding.severity, finding.code)
        yield f"    {sign} {code} {clean(finding.name)}  {paint.dim(place(finding))}"
        yield from map(paint.message, wrapped(finding.message, room, "        ", "        "))


def _verdict(result: NotebookResult | None) -> str:
    if result is None:
        return "no notebook"
    return clean(verdict_sentence(result)) or "could not be read"


# For a pull request


def markdown(found: Comparison) -> str:
    """For a comment under a pull request: a table, and what is behind it in folds."""
    added, repaid = severe(found.added), severe(found.repaid)
    lines = [f"### Notebook debt: {headline(found)[:-1]}", ""]
    lines += ["| | added | repaid |", "| --- | ---: | ---: |"]
    for family in ("order", "seeds", "outputs", "data"):
        one, other = (sum(f.family == family for f in findings) for findings in (added, repaid))
        if one or other:
            lines.append(f"| {family} | {one or ''} | {other or ''} |")
    lines.append(f"| **all** | **{len(added)}** | **{len(repaid)}** |")
    if found.turned:
        lines += ["", "| *Restart & Run All* | before | now |", "| --- | --- | --- |"]
        for turned in found.turned[:_MOST]:
            cells = (_code(turned.path), *map(escaped, (_verdict(turned.before), _verdict(turned.after))))
            lines.append(f"| {' | '.join(cells)} |")
    for title, findings, is_open in (("Added", added, True), ("Repaid", repaid, False)):
        if findings:
            lines += [
                "",
                f"<details{' open' if is_open else ''}><summary>{title}: {len(findings)}</summary>",
                "",
            ]
            lines += [_item(finding) for finding in findings[:_MOST]]
            if len(findings) > _MOST:
                lines.append(f"- and {len(findings) - _MOST} more")
            lines += ["", "</details>"]
    base = found.base.name[:10]
    lines += ["", f"<sub>{escaped(_changed(found))}, since {base} · `nbdebt diff {base}`</sub>"]
    return "".join(line + "\n" for line in lines)


def _item(finding: Finding) -> str:
    what = f"**{finding.code}** {escaped(finding.name)}"
    return f"- {_code(finding.path)} {escaped(place(finding))}: {what}: {escaped(finding.message)}"


def _code(text: str) -> str:
    """Text as code, whatever it contains."""
    shown = clean(text)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    blank = " " if len(ticks) > 1 else ""
    # In a table a bar ends the cell, in code, too.
    return f"{ticks}{blank}{shown}{blank}{ticks}".replace("|", "\\|")


def escaped(text: str) -> str:
    """Text in which nothing but what stands in backticks means anything to Markdown, or calls anybody."""
    parts = re.split(r"(`[^`]+`)", clean(text))
    return "".join(_code(part[1:-1]) if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "&#96;")
    return _SPECIAL.sub(r"\\\1", text).replace("@", "&#64;").replace("://", ":&#47;/")


# For programs


def as_json(found: Comparison) -> str:
    """One object."""
    shown: dict[str, Any] = {
        "version": VERSION,
        "base": {"commit": found.base.name, "when": found.base.when, "reference": found.reference},
        "notebooks": [{"path": path, "change": change} for path, change in found.notebooks.items()],
        "added": [finding_object(finding) for finding in found.added],
        "repaid": [finding_object(finding) for finding in found.repaid],
        "verdicts": [
            {"path": turned.path, "before": _reproduces(turned.before), "after": _reproduces(turned.after)}
            for turned in found.turned
        ],
        "findings_before": found.total[0],
        "findings": found.total[1],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def _reproduces(result: NotebookResult | None) -> dict[str, Any] | None:
    if result is None or result.verdict is None:
        return None
    return {"reproduces": result.verdict.reproduces, "sentence": verdict_sentence(result)}
