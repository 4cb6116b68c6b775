"""For people at a terminal: notebook by notebook, what will go wrong, where, and what to do."""

from collections.abc import Iterable, Iterator

from nbdebt.model.finding import Finding, NotebookResult, Report, Verdict
from nbdebt.report.plain import Paint, clean, marked, shortened, wrapped
from nbdebt.report.view import View
from nbdebt.report.words import (
    cell_label,
    fixable,
    folded_notes,
    plural,
    problem_sentence,
    refs,
    summary,
    verdict_counts,
    verdict_sentence,
)

_WIDEST = 120
_REASONS = 3


def text(report: Report, view: View) -> str:
    """The report as text."""
    return "".join(line + "\n" for line in _lines(report, view))


def _lines(report: Report, view: View) -> Iterator[str]:
    paint = Paint(view.color)
    by_path: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_path.setdefault(finding.path, []).append(finding)
    results = {notebook.path: notebook for notebook in report.notebooks}
    paths = list(by_path)
    if view.verbose or (view.judged and not view.quiet):
        judged = [path for path, result in results.items() if result.verdict or path in by_path]
        paths = list(dict.fromkeys([*judged, *by_path]))
    for path in paths:
        yield paint.bold(clean(path))
        yield from about(by_path.get(path, []), results.get(path), view)
        yield ""
    yield from _undone(report, view, paint)
    if not view.quiet:
        yield from _closing(report, view, paint)


def about(findings: Iterable[Finding], result: NotebookResult | None, view: View) -> Iterator[str]:
    """The lines on one notebook: the verdict, each finding, the notes in a line.

    Args:
        findings: those of this notebook.
        result: what is known of it besides.
        view: how much to show, and how.
    """
    paint = Paint(view.color)
    findings = list(findings)
    sentence = verdict_sentence(result) if result else ""
    if sentence and result and result.verdict:
        colour = {True: paint.green, False: paint.red, None: paint.cyan}[result.verdict.reproduces]
        yield from (
            colour(line) for line in wrapped(f"Restart & Run All: {sentence}", _room(view), "", "    ")
        )
        if result.verdict.reproduces is False and all(f.severity == "note" for f in findings):
            yield from _because(result, result.verdict, view)
    notes = [] if view.verbose else [f for f in findings if f.severity == "note"]
    for finding in findings:
        if finding.severity != "note" or view.verbose:
            yield ""
            yield from _finding(finding, view, paint)
    if notes and not view.quiet:
        if len(notes) < len(findings):
            yield ""
        yield from (
            paint.dim(line) for line in wrapped("notes: " + folded_notes(notes), _room(view), "  ", "    ")
        )


def _because(result: NotebookResult, verdict: Verdict, view: View) -> Iterator[str]:
    """Why the results would be others, where no finding says it."""
    states = ("fails", "differs", "stale")
    differing = [ref for ref in refs(result, states) if verdict.cells[ref.id].because]
    for ref in differing[:_REASONS]:
        reasons = "; ".join(verdict.cells[ref.id].because)
        yield from wrapped(f"{cell_label(ref)}: {clean(reasons)}", _room(view), "  ", "    ")
    if len(differing) > _REASONS:
        yield f"  and {plural(len(differing) - _REASONS, 'more cell')}"


def _finding(finding: Finding, view: View, paint: Paint) -> Iterator[str]:
    where = clean(cell_label(finding.cell)) + (
        f" · line {finding.span.line}" if finding.cell and finding.span else ""
    )
    rule = paint.severity(finding.severity, f"{clean(finding.code)} {clean(finding.name)}")
    yield f"  {where} · {rule}" + (paint.dim(" [*]") if fixable(finding) else "")
    room = _room(view)
    if finding.span is not None and finding.source.strip():
        span = finding.span
        number = str(span.line)
        end = span.end_column if span.end_line == span.line else None
        line, marker = marked(finding.source, span.column, end, room - 7 - len(number))
        yield f"    {paint.dim(number + ' │')} {line}"
        yield f"    {paint.dim(' ' * len(number) + ' │')} {paint.severity(finding.severity, marker)}"
    yield from map(paint.message, wrapped(finding.message, room, "    ", "    "))
    if finding.advice:
        yield from (paint.dim(line) for line in wrapped(finding.advice, room, "    → ", "      "))
    shown = finding.related if view.verbose else finding.related[:3]
    for related in shown:
        place = cell_label(related.cell) if related.cell else ""
        if related.cell and related.span:
            place += f", line {related.span.line}"
        if related.path and related.path != finding.path:
            place = f"{related.path} {place}".rstrip()
        lines = wrapped(f"{place}: {related.message}" if place else related.message, room, "    · ", "      ")
        yield from (paint.dim(line) for line in lines)
    if len(finding.related) > len(shown):
        yield paint.dim(f"    · and {plural(len(finding.related) - len(shown), 'more place')}")
    if view.verbose:
        for item in finding.evidence:
            yield from (paint.dim(line) for line in wrapped(item, room, "    evidence: ", "      "))


def _undone(report: Report, view: View, paint: Paint) -> Iterator[str]:
    for problem in report.problems:
        rest = shortened(problem_sentence(problem), 4 * _room(view))
        yield f"{paint.red('!')} {paint.bold(clean(problem.path))}: {rest}"
    if view.verbose:
        for skipped in report.not_run:
            yield paint.dim(
                f"- {clean(skipped.path)}: {clean(skipped.what)} not looked at: {clean(skipped.reason)}"
            )
    if report.problems or (view.verbose and report.not_run):
        yield ""


def _closing(report: Report, view: View, paint: Paint) -> Iterator[str]:
    same, other, unknown = verdict_counts(report)
    if same + other + unknown > 1:
        parts = [
            f"{same} would give the same",
            f"{other} would not",
            f"{unknown} can't be known from the file",
        ]
        shown = [part for count, part in zip((same, other, unknown), parts, strict=True) if count]
        yield from wrapped("Restart & Run All: " + ", ".join(shown) + ".", _room(view))
    if view.fixed:
        yield paint.green(f"Fixed {plural(len(view.fixed), 'finding')}" + (":" if view.verbose else "."))
        if view.verbose:
            yield from (f"  {clean(path)}: {clean(title)}" for path, title in view.fixed)
    folded = []
    if (notes := sum(f.severity == "note" for f in report.findings)) and not view.verbose:
        folded.append(plural(notes, "note"))
    if report.not_run and not view.verbose:
        folded.append(f"{len(report.not_run)} not looked at")
    asides = [", ".join(folded) + " (--verbose lists them)"] if folded else []
    if report.suppressed:
        asides.append(f"{report.suppressed} suppressed")
    asides += view.asides
    if asides:
        yield paint.dim(f"Besides: {', '.join(asides)}.")
    closing = summary(report)
    yield from map((paint.green if report.exit_status == 0 else paint.bold), wrapped(closing, _room(view)))


def _room(view: View) -> int:
    return min(view.width, _WIDEST)
