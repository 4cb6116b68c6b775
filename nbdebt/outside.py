"""Asks the rules about the world outside, takes out what the author silenced, and puts findings in order."""

import os
from collections.abc import Sequence
from pathlib import Path

from nbdebt.analyse import Record
from nbdebt.config import Settings
from nbdebt.discover import excluded
from nbdebt.model.finding import Exchange, Finding, NotebookResult
from nbdebt.model.history import Resource
from nbdebt.rules import Needs, catalogue
from nbdebt.suppress import Suppression

Judged = tuple[Settings, frozenset[str]]


class Silenced:
    """What the rule about suppressions sees: those of one notebook that silenced nothing."""

    def __init__(self, record: Record, unused: list[Suppression]) -> None:
        self.record = record
        self.unused = unused


def judge(records: Sequence[Record], judged: Sequence[Judged]) -> tuple[list[Finding], int]:
    """All findings of a run, and how many were silenced.

    Args:
        records: one a notebook.
        judged: settings and codes of each.
    """
    rules = catalogue()
    outside = [r for r in rules.values() if r.needs in (Needs.OUTSIDE, Needs.PROJECT)]
    wanted = [[r for r in outside if r.code in codes] for _, codes in judged]
    found: list[list[Finding]] = [list(record.findings) for record in records]
    if any(asked and record.result.exchanges for asked, record in zip(wanted, records, strict=True)):
        _ask(records, judged, wanted, found)
    total: list[Finding] = []
    suppressed = 0
    for record, (settings, codes), findings in zip(records, judged, found, strict=True):
        kept, silenced = _silence(record, findings, settings, codes)
        suppressed += silenced
        kept.sort(key=_place)
        total.extend(kept)
    return total, suppressed


def _ask(
    records: Sequence[Record], judged: Sequence[Judged], wanted: Sequence[Sequence[object]], found: list[list[Finding]]
) -> None:
    """Ask the rules that look outside."""
    from nbdebt.data.targets import resolve_target
    from nbdebt.data.versions import Resolver
    from nbdebt.rules.surroundings import Surroundings

    directories = [_directory(record.result.path) for record in records]
    project: dict[str, NotebookResult] = {}
    consumers: dict[str, list[tuple[str, Exchange]]] = {}
    producers: dict[str, list[tuple[str, Exchange]]] = {}
    requests: list[tuple[Resource, Path, tuple[str, ...]]] = []
    for record, directory in zip(records, directories, strict=True):
        result = record.result
        project[result.path] = result
        for exchange in result.exchanges:
            access = exchange.access
            if access.mode == "read":
                requests.append((access.resource, directory, access.detail))
                book = consumers
            elif access.mode == "write":
                book = producers
            else:
                continue
            if "computed" not in access.detail:
                target = resolve_target(access.resource, directory)
                book.setdefault(target, []).append((result.path, exchange))
    resolver = Resolver()
    resolver.prepare(requests)
    for position, record in enumerate(records):
        if not record.result.exchanges:
            continue
        seen = Surroundings(
            record.result,
            directories[position],
            judged[position][0],
            project,
            consumers,
            producers,
            resolver.versioned,
        )
        for rule in wanted[position]:
            seen.rule = rule  # type: ignore[assignment]
            found[position].extend(rule.check(seen))  # type: ignore[attr-defined]


def _silence(
    record: Record, findings: list[Finding], settings: Settings, codes: frozenset[str]
) -> tuple[list[Finding], int]:
    """Take out what comments, tags, metadata and per-path ignores silence; report suppressions that silence nothing."""
    if settings.per_path_ignores and findings:
        findings = [f for f in findings if not _ignored_path(f, settings)]
    suppressions = record.suppressions
    if not suppressions:
        return findings, 0
    used: set[int] = set()
    kept: list[Finding] = []
    for finding in findings:
        covering = [i for i, s in enumerate(suppressions) if s.covers(finding)]
        if covering:
            used.update(covering)
        else:
            kept.append(finding)
    silenced = len(findings) - len(kept)
    unused = [s for i, s in enumerate(suppressions) if i not in used and not s.foreign]
    if unused:
        for rule in catalogue().values():
            if rule.needs is Needs.SUPPRESSIONS and rule.code in codes:
                kept.extend(rule.check(Silenced(record, unused)))
    return kept, silenced


def _ignored_path(finding: Finding, settings: Settings) -> bool:
    path = finding.path
    for pattern, ignored in settings.per_path_ignores.items():
        if any(
            i == "ALL" or finding.code.startswith(i.upper()) or finding.name == i or finding.family == i for i in ignored
        ):
            shown = os.path.relpath(os.path.abspath(path), settings.root) if settings.root else path
            if excluded(shown, (pattern,)):
                return True
    return False


def _directory(path: str) -> Path:
    return Path(os.path.abspath(os.path.dirname(path)) if path not in ("-", "<notebook>") else os.getcwd())


def _place(finding: Finding) -> tuple[int, int, int, str]:
    cell, span = finding.cell, finding.span
    return (cell.index if cell else -1, span.line if span else 0, span.column if span else 0, finding.code)
