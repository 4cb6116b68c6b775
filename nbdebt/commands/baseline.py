"""Baselines: what was there already, so that only what is new is reported. People can read them.

An entry is no line number and no count: it stays valid while the notebook is run and edited elsewhere.
"""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Finding, Report
from nbdebt.report.fingerprints import Identity, identities
from nbdebt.report.words import is_reading

DEFAULT = "nbdebt-baseline.json"
VERSION = 1


class Entry(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One finding that is known.

    Args:
        code: the rule's code.
        cell: id of the cell; empty where the file keeps none.
        source: the source line, blanks normalised.
        occurrence: which of several equal ones, from 0.
        name: the rule's name, for people.
    """

    code: str
    cell: str = ""
    source: str = ""
    occurrence: int = 0
    name: str = ""

    @property
    def identity(self) -> Identity:
        """What it has in common with the finding."""
        return self.code, self.cell, self.source, self.occurrence


class Baseline(msgspec.Struct):
    """Known findings by the notebook's path, relative to the baseline's directory."""

    version: int
    findings: dict[str, list[Entry]] = {}


class Compared(msgspec.Struct):
    """A report without what is known, how many are known, and entries that nothing answers to any more."""

    report: Report
    known: int
    stale: list[tuple[str, Entry]]


def load(file: str) -> Baseline:
    """Read a baseline.

    Raises:
        NbdebtError: it can't be read, or is none.
    """
    try:
        baseline = msgspec.json.decode(Path(file).read_bytes(), type=Baseline)
    except OSError as error:
        hint = "; --write-baseline makes it" if isinstance(error, FileNotFoundError) else ""
        raise NbdebtError(f"{file}: can't be read: {error.strerror or error}{hint}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NbdebtError(f"{file}: is no baseline: {error}") from None
    if baseline.version != VERSION:
        raise NbdebtError(f"{file}: is a baseline of version {baseline.version}; this nbdebt reads {VERSION}")
    return baseline


def compare(report: Report, baseline: Baseline, file: str, is_asked: Callable[[str, str], bool]) -> Compared:
    """Take what is known out of a report.

    Args:
        report: what was found.
        baseline: what is known.
        file: where the baseline stands.
        is_asked: says whether a rule was asked of a notebook, by path and code; what wasn't can't be stale.
    """
    known: dict[str, set[Identity]] = {
        path: {entry.identity for entry in entries} for path, entries in baseline.findings.items()
    }
    kept: list[Finding] = []
    met: set[tuple[str, Identity]] = set()
    for finding, identity in zip(report.findings, identities(report.findings), strict=True):
        path = _relative(finding.path, file)
        if finding.severity != "note" and identity in known.get(path, ()):
            met.add((path, identity))
        else:
            kept.append(finding)
    unread = {problem.path for problem in report.problems}
    looked_at = {_relative(n.path, file): n.path for n in report.notebooks if n.path not in unread}
    stale = [
        (path, entry)
        for path, entries in baseline.findings.items()
        for entry in entries
        if (path, entry.identity) not in met and path in looked_at and is_asked(looked_at[path], entry.code)
    ]
    return Compared(msgspec.structs.replace(report, findings=tuple(kept)), len(met), stale)


def record(report: Report, file: str) -> int:
    """Write all findings of a report into a baseline; keep its entries for other notebooks.

    Returns:
        How many findings the report gave.

    Raises:
        NbdebtError: the file can't be read or written.
    """
    found: dict[str, list[Entry]] = {}
    for finding, identity in zip(report.findings, identities(report.findings), strict=True):
        if finding.severity != "note":
            found.setdefault(_relative(finding.path, file), []).append(Entry(*identity, finding.name))
    count = sum(map(len, found.values()))
    unread = {problem.path for problem in report.problems if is_reading(problem)}
    looked_at = {_relative(n.path, file) for n in report.notebooks if n.path not in unread}
    target = Path(file)
    if target.exists():
        base = target.absolute().parent
        others = load(file).findings.items()
        found |= {path: known for path, known in others if path not in looked_at and (base / path).exists()}
    shown = {
        "version": VERSION,
        "findings": {path: msgspec.to_builtins(sorted(entries)) for path, entries in sorted(found.items())},
    }
    try:
        text = json.dumps(shown, ensure_ascii=False, indent=1) + "\n"
        target.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None
    return count


def _relative(path: str, file: str) -> str:
    """A notebook's path as the baseline says it."""
    base = Path(file).absolute().parent
    absolute = Path(path).absolute()
    try:
        return absolute.relative_to(base).as_posix()
    except ValueError:
        return absolute.as_posix()
