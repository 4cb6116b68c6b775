"""Findings as an editor shows them: diagnostics, and pages where somebody points."""

import re
from collections.abc import Iterator

from lsprotocol import types
from pygls.workspace import PositionCodec

from nbdebt.lsp.opened import Opened, Part
from nbdebt.lsp.texts import lines_of, whole_line
from nbdebt.model.finding import Finding, Problem, Report
from nbdebt.report.words import cell_label, problem_sentence
from nbdebt.rules import catalogue

SOURCE = "nbdebt"
_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
_NAMED = re.compile(r"[\w-]+")


def placed(report: Report, opened: Opened, codec: PositionCodec) -> list[tuple[Finding, Part, types.Range]]:
    """All findings with their places."""
    return [
        (finding, *opened.place(finding.cell.index if finding.cell else None, finding.span, codec))
        for finding in report.findings
    ]


def diagnostics(report: Report, opened: Opened, codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """What is shown, by text; of a text without findings nothing, which takes away what was shown.

    Args:
        report: of the document.
        opened: the document.
        codec: what the editor counts in.
    """
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in opened.parts}
    for finding, part, place in placed(report, opened, codec):
        found[part.uri].append(
            types.Diagnostic(
                place,
                said(finding),
                severity=_SEVERITY[finding.severity],
                code=finding.code,
                source=SOURCE,
                related_information=list(_related(finding, opened, codec)) or None,
                data={"name": finding.name},
            )
        )
    for problem in report.problems:
        first = opened.parts[0]
        found[first.uri].append(_problem(problem, first, codec))
    return found


def said(finding: Finding) -> str:
    """What a finding says, and what to do."""
    return f"{finding.message}. {finding.advice}" if finding.advice else f"{finding.message}."


def _related(
    finding: Finding, opened: Opened, codec: PositionCodec
) -> Iterator[types.DiagnosticRelatedInformation]:
    for related in finding.related:
        if related.cell is None or related.path not in ("", finding.path):
            continue
        part, place = opened.place(related.cell.index, related.span, codec)
        label = related.message or cell_label(related.cell)
        yield types.DiagnosticRelatedInformation(types.Location(part.uri, place), label)


def _problem(problem: Problem, part: Part, codec: PositionCodec) -> types.Diagnostic:
    return types.Diagnostic(
        whole_line(lines_of(part.text), 0, codec),
        problem_sentence(problem),
        severity=types.DiagnosticSeverity.Error,
        source=SOURCE,
    )


def hover(
    report: Report, opened: Opened, uri: str, at: types.Position, codec: PositionCodec
) -> types.Hover | None:
    """The findings at a place and the pages of their rules; of a comment that silences, the rule's page.

    Args:
        report: of the document.
        opened: the document.
        uri: of the text in which somebody points.
        at: where.
        codec: what the editor counts in.
    """
    rules = catalogue()
    texts: list[str] = []
    pages: dict[str, str] = {}
    around: types.Range | None = None
    for finding, part, place in placed(report, opened, codec):
        if part.uri == uri and _within(at, place):
            around = place
            texts.append(f"**{finding.code} {finding.name}**: {said(finding)}")
            texts += [f"- {fact}" for fact in finding.evidence]
            if finding.code in rules:
                pages[finding.code] = rules[finding.code].markdown
    for part in opened.parts:
        if not texts and part.uri == uri and (code := _rule_named(part.text, at, codec)):
            pages[code] = rules[code].markdown
    if not pages:
        return None
    text = "\n\n---\n\n".join(["\n".join(texts), *pages.values()] if texts else list(pages.values()))
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), around)


def _within(at: types.Position, place: types.Range) -> bool:
    first = (place.start.line, place.start.character)
    last = (place.end.line, place.end.character)
    return first <= (at.line, at.character) <= last


def _rule_named(text: str, at: types.Position, codec: PositionCodec) -> str:
    """The code of the rule that is named at a place of a comment of ours; empty for another place."""
    lines = lines_of(text)
    if at.line >= len(lines) or "nbdebt" not in lines[at.line] or "#" not in lines[at.line]:
        return ""
    line = lines[at.line]
    by_name = {rule.name: code for code, rule in catalogue().items()} | {code: code for code in catalogue()}
    for found in _NAMED.finditer(line, line.index("#")):
        start, end = (codec.client_num_units(line[:offset]) for offset in found.span())
        if start <= at.character <= end:
            return by_name.get(found[0], by_name.get(found[0].upper(), ""))
    return ""
