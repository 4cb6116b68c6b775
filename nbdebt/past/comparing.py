"""What a branch adds and repays: the findings of its notebooks now and where it parted, side by side.

Both are judged in the surroundings as they are now (files, pins, settings, the other notebooks), so what they
differ in is what was changed in the notebooks.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from nbdebt.discover import excluded, readable
from nbdebt.engine import CheckOptions, Progress, check_both
from nbdebt.model.finding import Finding, NotebookResult, Problem
from nbdebt.report.fingerprints import identities
from nbdebt.scan.git import Commit, Repository, is_notebook

Change = Literal["changed", "added", "removed", "renamed"]


class Turned(msgspec.Struct, frozen=True):
    """A notebook whose verdict is another one now: None where there is no notebook."""

    path: str
    before: NotebookResult | None
    after: NotebookResult | None


class Comparison(msgspec.Struct, frozen=True):
    """What has changed since a commit.

    Args:
        base: the commit.
        reference: how it was asked for.
        notebooks: the notebooks that are not as they were, and what became of them.
        added: findings that are new.
        repaid: findings that are gone.
        turned: notebooks whose verdict is another one.
        problems: what could not be read.
        total: errors and warnings of all notebooks before, and now.
    """

    base: Commit
    reference: str
    notebooks: dict[str, Change]
    added: tuple[Finding, ...]
    repaid: tuple[Finding, ...]
    turned: tuple[Turned, ...]
    problems: tuple[Problem, ...]
    total: tuple[int, int]


def compare(
    reference: str,
    paths: Sequence[str],
    options: CheckOptions,
    exclude: Sequence[str] = (),
    progress: Progress | None = None,
) -> Comparison:
    """Compare the work tree with where it parted from a branch.

    Args:
        reference: a branch, a tag, a commit.
        paths: files and directories of one repository.
        options: what rules to ask, and so on.
        exclude: patterns of what is left out.
        progress: called with (done, total) as notebooks are finished.

    Raises:
        NbdebtError: there is no repository, or no such commit.
    """
    first = paths[0] if os.path.isdir(paths[0]) else os.path.dirname(paths[0]) or "."
    repository = Repository(first)
    try:
        base = repository.merge_base(reference, "HEAD")
        past = _Past(repository, base.name, paths, exclude)
        now, before = check_both(paths, options, past.contents, progress)
    finally:
        repository.close()
    added, repaid = differences(before.findings, now.findings)
    old = {result.path: result for result in before.notebooks}
    new = {result.path: result for result in now.notebooks}
    turned = [
        Turned(path, old.get(path), new.get(path))
        for path in dict.fromkeys((*new, *old))
        if _said(old.get(path)) != _said(new.get(path))
    ]
    total = tuple(sum(f.severity != "note" for f in report.findings) for report in (before, now))
    return Comparison(
        base,
        reference,
        past.changes,
        tuple(added),
        tuple(repaid),
        tuple(turned),
        now.problems,
        (total[0], total[1]),
    )


def differences(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings that are only in the second report, and those that are only in the first.

    A finding stays the same when its notebook is edited elsewhere, run again, or gets other cell ids.
    """
    old = list(zip(identities(before), before, strict=True))
    new = list(zip(identities(after), after, strict=True))
    known = {(f.path, identity) for identity, f in old}
    still = {(f.path, identity) for identity, f in new}
    added = [f for identity, f in new if (f.path, identity) not in known]
    repaid = [f for identity, f in old if (f.path, identity) not in still]
    # Some programs give cells new ids whenever they save.
    left: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in repaid:
        left.setdefault(_alike(finding), []).append(finding)
    fresh = []
    for finding in added:
        same = left.get(_alike(finding))
        if same:
            same.pop(0)
        else:
            fresh.append(finding)
    gone = [finding for group in left.values() for finding in group]
    return fresh, [f for f in repaid if any(f is g for g in gone)]


def _alike(finding: Finding) -> tuple[str, str, str, str]:
    return finding.path, finding.code, " ".join(finding.source.split()), finding.message


def _said(result: NotebookResult | None) -> object:
    """What a verdict says, as far as a change of it is worth a line."""
    if result is None or result.verdict is None:
        return None
    return result.verdict.reproduces


def _has(file: str, content: bytes) -> bool:
    try:
        return os.path.getsize(file) == len(content) and Path(file).read_bytes() == content
    except OSError:
        return False


class _Past:
    """Contents that the files of a work tree had at a commit."""

    def __init__(
        self, repository: Repository, commit: str, paths: Sequence[str], exclude: Sequence[str]
    ) -> None:
        self.repository = repository
        self.top = Path(os.path.realpath(repository.top()))
        self.paths = paths
        self.exclude = tuple(exclude)
        self.blobs = {blob.path: blob.name for blob in repository.notebooks(commit)}
        self.since = repository.changed(commit)
        self.changes: dict[str, Change] = {}

    def contents(self, files: Sequence[str]) -> Mapping[str, bytes | None]:
        """Of the files that are not as they were: what they were; and those that are gone."""
        found: dict[str, bytes | None] = {}
        present: set[str] = set()
        for file in files:
            within = self._within(file)
            if within is None:
                continue
            present.add(within)
            old = self.since.get(within, within)
            if old is not None and old != within:
                present.add(old)
            if old is None or old not in self.blobs:
                # Scripts that were named are no notebooks to git; what it doesn't know is new.
                if within in self.since or within not in self.blobs:
                    found[file] = None
                    self.changes[readable(file)] = "added"
            elif within in self.since:
                found[file] = self.repository.content(self.blobs[old])
                self.changes[readable(file)] = "changed" if old == within else "renamed"
        unknown = [file for file, data in found.items() if data is None]
        for path, blob in self.blobs.items():
            if path not in present and not os.path.lexists(self.top / path):
                shown = self._shown(path)
                if shown is None or not is_notebook(path) or excluded(shown, self.exclude):
                    continue
                content = self.repository.content(blob)
                # What was moved without telling git is found where it is unchanged.
                moved = next((file for file in unknown if _has(file, content)), None)
                if moved is not None:
                    unknown.remove(moved)
                found[moved or shown] = content
                self.changes[readable(moved or shown)] = "renamed" if moved else "removed"
        return found

    def _within(self, file: str) -> str | None:
        """A file's path below the top of the work tree."""
        directory = os.path.realpath(os.path.dirname(file) or ".")
        try:
            return (Path(directory) / os.path.basename(file)).relative_to(self.top).as_posix()
        except ValueError:
            return None

    def _shown(self, path: str) -> str | None:
        """The path of what is gone as it would have been shown; None where it wasn't asked about."""
        absolute = self.top / path
        for named in self.paths:
            top = Path(os.path.realpath(named))
            if absolute == top:
                return named
            if top in absolute.parents:
                return os.path.normpath(os.path.join(named, absolute.relative_to(top)))
        return None
