"""One content to what a scan says of it: a function of its bytes, the settings and this version of nbdebt."""

import time
from collections import Counter

import msgspec
import xxhash

from nbdebt.analyse import analyse_bytes
from nbdebt.config import Settings
from nbdebt.failures import TOO_DEEP
from nbdebt.model.finding import Exchange, Finding
from nbdebt.model.history import File, Table, Url
from nbdebt.model.record import Record
from nbdebt.outside import judge_alone
from nbdebt.report.words import fixable, is_reading
from nbdebt.scan.model import FindingRow, Judgement, Status


class Terms(msgspec.Struct, frozen=True):
    """What contents are judged by: what changes here changes all results.

    Args:
        settings: for all notebooks; the files of their own projects are not read.
        codes: rules that are asked.
    """

    settings: Settings
    codes: frozenset[str]


def content_of(data: bytes, is_script: bool) -> str:
    """The digest under which a content is known. The same bytes as a script are another notebook."""
    return xxhash.xxh3_128_hexdigest(data, seed=int(is_script))


def judged(data: bytes, is_script: bool, terms: Terms) -> Judgement:
    """Judge one content. Whatever goes wrong is said in it.

    Args:
        data: the notebook's bytes.
        is_script: it is a script in percent form.
        terms: what it is judged by.
    """
    started = time.perf_counter()
    record = analyse_bytes(
        data, "notebook.py" if is_script else "notebook.ipynb", terms.settings, terms.codes
    )
    findings, suppressed, failures = judge_alone(record, terms.settings, terms.codes)
    status, problem = _status(record)
    if failures and problem is None:
        problem = failures[0].reason
    verdict = record.result.verdict
    states: Counter[str] = (
        Counter(cell.state for cell in verdict.cells.values()) if verdict is not None else Counter()
    )
    return Judgement(
        status,
        problem,
        verdict.reproduces if verdict is not None else None,
        len(record.result.cells),
        dict(states),
        suppressed,
        _touched(record.result.exchanges, "read"),
        _touched(record.result.exchanges, "write"),
        round(time.perf_counter() - started, 4),
        tuple(map(_row, findings)),
    )


def _status(record: Record) -> tuple[Status, str | None]:
    skipped = next((n.reason for n in record.not_run if n.what == "notebook"), None)
    if skipped is not None:
        return "skipped", skipped
    for problem in record.problems:
        if is_reading(problem):
            return "malformed", problem.reason + (f" (at {problem.where})" if problem.where else "")
    own = next(iter(record.problems), None)
    if own is None:
        return "checked", None
    # A rule that failed leaves a verdict; what else fails leaves nothing.
    status: Status = "failed" if record.result.verdict is None else "checked"
    return status, own.reason + (f" (at {own.where})" if own.where else "")


def is_too_deep(said: Judgement) -> bool:
    """Whether it failed as code does that is nested too deeply, or needs more memory than there is."""
    return said.problem == TOO_DEEP


def _touched(exchanges: tuple[Exchange, ...], mode: str) -> int:
    return len(
        {
            str(e.access.resource)
            for e in exchanges
            if e.access.mode == mode and isinstance(e.access.resource, File | Url | Table)
        }
    )


def _row(finding: Finding) -> FindingRow:
    cell, span = finding.cell, finding.span
    return FindingRow(
        code=finding.code,
        name=finding.name,
        family=finding.family,
        severity=finding.severity,
        basis=finding.basis,
        cell=cell.index if cell else None,
        cell_id=_text(cell.id) if cell else None,
        execution_count=cell.execution_count if cell else None,
        line=span.line if span else None,
        column=span.column if span else None,
        message=_text(finding.message),
        advice=_text(finding.advice),
        source=_text(finding.source),
        fixable=fixable(finding),
    )


def _text(text: str) -> str:
    """Text that any file format takes: what can't be encoded, and null, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
