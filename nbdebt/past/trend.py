"""How debt went: the notebooks at points of a branch's history, each content judged once, ever.

Contents are judged alone, as a scan does it, so a point of last year counts as one of today. Nobody's name is
asked for.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from nbdebt.discover import excluded, readable
from nbdebt.scan import local
from nbdebt.scan.fetching import Fetcher
from nbdebt.scan.git import Blob, Commit, Repository
from nbdebt.scan.journal import Counts, Journal
from nbdebt.scan.judging import Terms
from nbdebt.scan.model import FAMILIES, Item
from nbdebt.scan.scanning import key_of
from nbdebt.scan.worker import Limits

Step = Literal["commit", "week", "month"]
Progress = Callable[[int, int], None]


class Point(msgspec.Struct, frozen=True):
    """All notebooks at one commit.

    Args:
        commit: which.
        when: when it was made, as ISO 8601 has it.
        notebooks: how many there are.
        same: notebooks of which Restart & Run All would give the saved results.
        other: notebooks of which it would not.
        unknown: notebooks of which it can't be known.
        order: errors and warnings of this family.
        seeds: errors and warnings of this family.
        outputs: errors and warnings of this family.
        data: errors and warnings of this family.
    """

    commit: str
    when: str
    notebooks: int
    same: int
    other: int
    unknown: int
    order: int
    seeds: int
    outputs: int
    data: int

    @property
    def debt(self) -> int:
        """Errors and warnings of all families."""
        return self.order + self.seeds + self.outputs + self.data


class Trend(msgspec.Struct, frozen=True):
    """Points from the oldest to the newest, of which the last is the commit that was asked for.

    Args:
        name: what the history is of, for people.
        reference: the commit that was asked for.
        step: how far points are apart.
        points: at least one.
        worst: notebooks with most errors and warnings at the last point.
        unread: notebooks at the last point that could not be judged.
        judged: contents that were not known before.
    """

    name: str
    reference: str
    step: Step
    points: tuple[Point, ...]
    worst: tuple[tuple[str, int], ...]
    unread: tuple[str, ...]
    judged: int


class _At(NamedTuple):
    commit: Commit
    blobs: list[Blob]


def trend(
    directory: str,
    terms: Terms,
    cache: Path,
    reference: str = "HEAD",
    step: Step = "week",
    most: int = 52,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Trend:
    """Judge all notebooks at points of history.

    Args:
        directory: a repository, bare or not, or a directory in one: then only what is below counts.
        terms: what contents are judged by; its patterns say what is left out.
        cache: file that keeps what is known of contents.
        reference: the last commit; its first parents are the branch.
        step: each commit that changed a notebook, or the last one of each week or month.
        most: so many points at most, the newest.
        jobs: processes; 0: one for each core.
        progress: called with (done, total) as contents are judged.

    Raises:
        NbdebtError: there is no repository or no such commit.
    """
    repository = Repository(directory)
    try:
        top = repository.top()
        below = _below(directory, top)
        chosen = _chosen(repository.line(reference, touching=step == "commit"), step, most)
        history = [_At(commit, _wanted(repository, commit, below, terms)) for commit in chosen]
    finally:
        repository.close()
    known, judged = _judged(top, {b.name for at in history for b in at.blobs}, terms, cache, jobs, progress)
    last = history[-1]
    debts = [(readable(b.path), sum(known[b.name].families)) for b in last.blobs if b.name in known]
    worst = sorted((d for d in debts if d[1]), key=lambda d: (-d[1], d[0]))[:10]
    unread = [
        readable(b.path)
        for b in last.blobs
        if b.name not in known or known[b.name].status not in ("checked", "skipped")
    ]
    name = (below or Path(os.path.realpath(top)).name).removesuffix(".git")
    points = tuple(_point(at, known) for at in history)
    return Trend(readable(name), reference, step, points, tuple(worst), tuple(unread), judged)


def _below(directory: str, top: Path) -> str:
    """The path below the top of a work tree that was named; empty for all of it."""
    try:
        below = Path(os.path.realpath(directory)).relative_to(os.path.realpath(top)).as_posix()
    except ValueError:
        return ""
    return "" if below == "." else below


def _chosen(line: Sequence[Commit], step: Step, most: int) -> list[Commit]:
    """The last commit of each period, and always the last of all."""
    if step == "commit":
        return list(line[-most:])
    periods: dict[tuple[int, ...], Commit] = {}
    for commit in line:
        when = datetime.fromisoformat(commit.when)
        period = when.isocalendar()[:2] if step == "week" else (when.year, when.month)
        # Clocks of those who commit differ: the order is that of the branch.
        periods.pop(period, None)
        periods[period] = commit
    return list(periods.values())[-most:]


def _wanted(repository: Repository, commit: Commit, below: str, terms: Terms) -> list[Blob]:
    prefix = f"{below}/" if below else ""
    return [
        blob
        for blob in repository.notebooks(commit.name)
        if blob.path.startswith(prefix) and not excluded(blob.path, terms.settings.exclude)
    ]


def _judged(
    top: Path, blobs: set[str], terms: Terms, cache: Path, jobs: int, progress: Progress | None
) -> tuple[dict[str, Counts], int]:
    """What is known of contents, by the names that git has for them; and how many were new."""
    journal = Journal(cache, key_of(terms))
    limits = Limits()
    try:
        where = os.fspath(top)
        journal.add(
            Item(name, "", "a.ipynb", "git", f"{name} {where}", -1, name, f"git {name}")
            for name in sorted(blobs)
        )
        journal.listed()
        done, total = journal.counts()

        def finished() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        if done < total:
            fetcher = Fetcher({}, limits.megabytes)
            local.work(journal, terms, fetcher, limits, jobs or os.cpu_count() or 1, finished)
        known = dict(journal.judgements())
        # Other branches and directories have contents of their own, which stay known.
        journal.finish(forget=False)
        return known, journal.judged
    finally:
        journal.close()


def _point(at: _At, known: dict[str, Counts]) -> Point:
    said = [known[blob.name] for blob in at.blobs if blob.name in known]
    verdicts = Counter(counts.reproduces for counts in said if counts.status == "checked")
    families = [sum(counts.families[index] for counts in said) for index in range(len(FAMILIES))]
    return Point(
        at.commit.name,
        at.commit.when,
        len(at.blobs),
        verdicts[True],
        verdicts[False],
        verdicts[None],
        *families,
    )
