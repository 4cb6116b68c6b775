"""Asks the rules about the world outside, takes out what the author silenced, and puts findings in order."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nbdebt.config import Settings
from nbdebt.discover import excluded
from nbdebt.failures import rule_failure
from nbdebt.model.finding import Exchange, Finding, NotebookResult, Problem
from nbdebt.model.history import File, Resource
from nbdebt.model.record import Record, Suppression, place
from nbdebt.rules import Needs, Rule, catalogue

if TYPE_CHECKING:
    from nbdebt.data.versions.answer import Versioned
    from nbdebt.data.versions.resolver import Resolver

Judged = tuple[Settings, frozenset[str]]

OF_PLACE = frozenset(("NBD302", "NBD315", "NBD401", "NBD406", "NBD409"))
"""Rules whose answer is in the files around a notebook, so that there is none where only the notebook is."""
_NOWHERE = Path("/nowhere")


class Silenced:
    """What the rule about suppressions sees: those of one notebook that silenced nothing."""

    def __init__(self, record: Record, unused: list[Suppression]) -> None:
        self.record = record
        self.unused = unused


def judge(
    records: Sequence[Record],
    judged: Sequence[Judged],
    directories: Sequence[Path],
    resolver: "Resolver | None" = None,
) -> tuple[list[Finding], int, list[Problem]]:
    """All findings of a run, how many were silenced, and what went wrong in asking.

    Args:
        records: one a notebook.
        judged: settings and codes of each.
        directories: where each stands.
        resolver: says what is versioned; None asks anew.
    """
    rules = catalogue()
    outside = [r for r in rules.values() if r.needs in (Needs.OUTSIDE, Needs.PROJECT)]
    wanted = [[r for r in outside if r.code in codes] for _, codes in judged]
    found: list[list[Finding]] = [list(record.findings) for record in records]
    problems: list[Problem] = []
    if any(asked and record.result.exchanges for asked, record in zip(wanted, records, strict=True)):
        problems = _ask(records, judged, wanted, directories, found, resolver)
    total: list[Finding] = []
    suppressed = 0
    for record, (settings, codes), findings in zip(records, judged, found, strict=True):
        kept, silenced = _silence(record, findings, settings, codes)
        suppressed += silenced
        kept.sort(key=place)
        total.extend(kept)
    return total, suppressed, problems


def answered_alone(codes: frozenset[str]) -> frozenset[str]:
    """Those of the codes whose rules a notebook can be judged by without files or notebooks around it."""
    rules = catalogue()
    own = (Needs.SOURCE, Needs.HISTORY)
    return frozenset(
        code
        for code in codes
        if (rule := rules[code]).needs in own
        # What other packages bring may look anywhere.
        or (rule.needs is Needs.OUTSIDE and code not in OF_PLACE and rule.module.startswith("nbdebt."))
    )


def judge_alone(
    record: Record, settings: Settings, codes: frozenset[str]
) -> tuple[list[Finding], int, list[Problem]]:
    """All findings of one notebook wherever it lies, how many were silenced, and what went wrong in asking.

    Nothing but the document counts: no file is looked at, so equal documents get equal findings.

    Args:
        record: what the document says.
        settings: declarations and what is ignored by path say nothing here.
        codes: of these, those that :func:`answered_alone` gives are asked.
    """
    codes = answered_alone(codes)
    settings = replace(settings, outputs=(), per_path_ignores={}, root=str(_NOWHERE))
    found = [finding for finding in record.findings if finding.code in codes]
    problems: list[Problem] = []
    if record.result.exchanges:
        from nbdebt.rules.surroundings import Surroundings

        path = record.result.path
        declared = with_declared(settings, record, _NOWHERE)
        project = {path: record.result}
        seen = Surroundings(record.result, _NOWHERE, declared, project, {}, {}, _by_name, _nobody)
        for code, rule in catalogue().items():
            if code in codes and rule.needs is Needs.OUTSIDE:
                seen.rule = rule
                try:
                    found.extend(rule.check(seen))
                except Exception as error:
                    problems.append(rule_failure(rule, path, error))
    kept, silenced = _silence(record, found, settings, codes)
    kept.sort(key=place)
    return kept, silenced, problems


def _nobody() -> Any:
    """What says who can read an output, where there is none."""
    return _NobodyLooks()


class _NobodyLooks:
    def of(self, resource: Resource, directory: Path) -> None:
        """Nobody knows."""


def _by_name(resource: Resource, directory: Path, detail: tuple[str, ...]) -> "Versioned":
    """Whether a source is versioned, as far as its name says."""
    from nbdebt.data.versions.answer import Source, Versioned
    from nbdebt.data.versions.git import Git
    from nbdebt.data.versions.uris import Uris

    said = None
    if not isinstance(resource, File):
        said = Uris().judge(Source(resource, directory, detail), Git())
    return said or Versioned("unknown", reason="no known system versions it")


def _ask(
    records: Sequence[Record],
    judged: Sequence[Judged],
    wanted: Sequence[Sequence[Rule]],
    directories: Sequence[Path],
    found: list[list[Finding]],
    resolver: "Resolver | None" = None,
) -> list[Problem]:
    """Ask the rules that look outside; what they find is added, and what went wrong returned."""
    from nbdebt.data.targets import resolve_target
    from nbdebt.data.versions.resolver import Resolver as Asked
    from nbdebt.rules.surroundings import Surroundings, look_on

    problems: list[Problem] = []
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
    resolver = resolver or Asked()
    resolver.prepare(requests)
    onlooker = functools.cache(look_on)
    for position, record in enumerate(records):
        if not record.result.exchanges:
            continue
        seen = Surroundings(
            record.result,
            directories[position],
            with_declared(judged[position][0], record, directories[position]),
            project,
            consumers,
            producers,
            resolver.versioned,
            onlooker,
        )
        for rule in wanted[position]:
            seen.rule = rule
            try:
                found[position].extend(rule.check(seen))
            except Exception as error:
                problems.append(rule_failure(rule, record.result.path, error))
    return problems


def with_declared(settings: Settings, record: Record, directory: Path) -> Settings:
    """The settings, with what the notebook itself declares."""
    if not record.declared:
        return settings
    own = tuple(replace(output, base=str(directory)) for output in record.declared)
    return replace(settings, outputs=(*own, *settings.outputs))


def _silence(
    record: Record, findings: list[Finding], settings: Settings, codes: frozenset[str]
) -> tuple[list[Finding], int]:
    """Take out what comments, tags, metadata and per-path ignores silence; report what silences nothing."""
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
    """Whether the configuration ignores the rule for paths like this."""
    path = finding.path
    for pattern, ignored in settings.per_path_ignores.items():
        if any(_means(selector, finding) for selector in ignored):
            shown = os.path.relpath(path, settings.root) if settings.root else path
            if excluded(shown, (pattern,)):
                return True
    return False


def _means(selector: str, finding: Finding) -> bool:
    wanted = selector.upper()
    return (
        wanted == "ALL"
        or finding.code.startswith(wanted)
        or selector.lower() in (finding.name, finding.family)
    )
