"""``nbdebt.scan()``: list, judge, write; and what to say of it afterwards."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import xxhash

from nbdebt import __version__
from nbdebt.config import Settings, effective_codes, load_settings, with_options
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Problem
from nbdebt.outside import answered_alone
from nbdebt.rules import catalogue
from nbdebt.scan import cluster, local
from nbdebt.scan.fetching import Fetcher
from nbdebt.scan.journal import Journal
from nbdebt.scan.judging import Terms
from nbdebt.scan.model import FindingRow, Item, NotebookRow
from nbdebt.scan.sources import Source, sources
from nbdebt.scan.tables import FORMATS, write_tables
from nbdebt.scan.worker import Limits

JOURNAL = "journal.sqlite"
_FOREIGN = "nbdebt."
_SHOWN = 10
Progress = Callable[[int, int], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to scan, and how.

    Args:
        sources: directories, files, patterns, repositories, archives, addresses.
        directory: where the journal and the results go.
        formats: what to write there.
        reference: for repositories: the commit.
        history: for repositories: all contents that notebooks ever had.
        scripts: take scripts in percent form, too.
        engine: ``local`` or ``dask``.
        scheduler: address of Dask's scheduler; None starts workers on this machine.
        jobs: processes of the local engine; 0: one for each core.
        limits: what one notebook may take.
        retry: try again what time or memory did not suffice for.
    """

    sources: tuple[str, ...]
    directory: str
    formats: tuple[str, ...] = ("sqlite",)
    reference: str | None = None
    history: bool = False
    scripts: bool = False
    engine: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    jobs: int = 0
    limits: Limits = Limits()
    retry: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scan.

    Args:
        version: nbdebt's.
        directory: where the results are.
        files: the files that were written.
        notebooks: how many locations.
        contents: how many different contents.
        read: how many notebooks were read; the others had not changed since an earlier scan.
        judged: how many contents were judged; the others were known.
        status: locations by status.
        reproduces: contents by whether Restart & Run All would give the saved results.
        families: errors and warnings by family, each content once.
        worst: the contents with most errors and warnings: where, and how many.
        not_checked: the first notebooks that could not be checked: where, status, reason.
        problems: sources, or directories below them, that could not be listed.
        forgotten: results of an earlier scan did not fit any more: settings or nbdebt had changed.
        resumed: an earlier scan had been ended before it was done.
        seconds: how long it took.
    """

    version: str
    directory: str
    files: tuple[str, ...]
    notebooks: int
    contents: int
    read: int
    judged: int
    status: dict[str, int]
    reproduces: dict[str, int]
    families: dict[str, int]
    worst: tuple[tuple[str, int], ...]
    not_checked: tuple[tuple[str, str, str], ...]
    problems: tuple[Problem, ...]
    forgotten: bool
    resumed: bool
    seconds: float


class Scan:
    """What ``nbdebt.scan()`` gives.

    Args (attributes):
        summary: what came of it.
        directory: where journal and results are; a temporary one is removed with this object.
    """

    def __init__(self, summary: Summary, directory: Path, key: str, keeper: Any = None) -> None:
        self.summary = summary
        self.directory = directory
        self._key = key
        self._keeper = keeper

    def notebooks(self) -> list[NotebookRow]:
        """A row for each notebook, by location."""
        return list(self._rows(Journal.notebooks))

    def findings(self) -> list[FindingRow]:
        """A row for each finding, each content's once."""
        return list(self._rows(Journal.findings))

    def to_frames(self) -> tuple[Any, Any]:
        """Notebooks and findings as two pandas DataFrames.

        Raises:
            NbdebtError: pandas is not installed.
        """
        from nbdebt.scan.frames import frame

        return frame(self.notebooks(), NotebookRow), frame(self.findings(), FindingRow)

    def _rows(self, rows: Callable[[Journal], Iterator[Any]]) -> Iterator[Any]:
        journal = Journal(self.directory / JOURNAL, self._key, reading=True)
        try:
            yield from rows(journal)
        finally:
            journal.close()


def scan(
    *named: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    formats: Sequence[str] = (),
    settings: Settings | None = None,
    ref: str | None = None,
    history: bool = False,
    scripts: bool = False,
    jobs: int = 0,
    timeout: float = 60.0,
    memory: int = 2048,
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
) -> Scan:
    """Judge many notebooks, wherever they lie. Nothing is executed.

    Args:
        named: directories, files, glob patterns, git repositories, archives, addresses that fsspec knows.
        output: directory for results and journal; scanning into it again goes on where it ended, and judges
            only what is new. None: a temporary one.
        formats: files to write there: ``sqlite``, ``parquet``, ``csv``, ``ndjson``.
        settings: None takes those of the nearest configuration file.
        ref: of git repositories: the commit; None takes the files of a work tree, and ``HEAD`` of a bare one.
        history: of git repositories: all contents that notebooks ever had.
        scripts: take scripts in percent form, too.
        jobs: processes; 0: one for each core.
        timeout: seconds that one notebook may take.
        memory: megabytes that one notebook may take; 0: no limit.
        engine: ``local``, or ``dask``.
        scheduler: address of Dask's scheduler; None starts workers on this machine.

    Raises:
        NbdebtError: a source can't be listed, or results can't be written.
        ConfigurationError: the configuration is wrong.
    """
    keeper = tempfile.TemporaryDirectory(prefix="nbdebt-scan-") if output is None else None
    plan = Plan(
        sources=tuple(os.fspath(name) for name in named) or (".",),
        directory=os.fspath(output) if output is not None else str(keeper.name if keeper else ""),
        formats=tuple(formats),
        reference=ref,
        history=history,
        scripts=scripts,
        engine=engine,
        scheduler=scheduler,
        jobs=jobs,
        limits=Limits(timeout, memory),
    )
    terms = terms_of(load_settings(Path.cwd()) if settings is None else settings)
    return Scan(run(plan, terms), Path(plan.directory), key_of(terms), keeper)


def terms_of(settings: Settings, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Terms:
    """What contents are judged by under these settings.

    Raises:
        ConfigurationError: a selector stands for nothing.
    """
    settings = with_options(settings, select, ignore)
    return Terms(settings, answered_alone(frozenset(effective_codes(settings, catalogue()))))


def key_of(terms: Terms) -> str:
    """Identifies all that results depend on besides contents."""
    foreign = sorted(r.module for r in catalogue().values() if not r.module.startswith(_FOREIGN))
    told = [__version__, *sys.version_info[:2], sorted(terms.codes), terms.settings.seed, foreign]
    return xxhash.xxh3_128_hexdigest(msgspec.msgpack.encode(told))


def run(
    plan: Plan, terms: Terms, progress: Progress | None = None, listing: Progress | None = None
) -> Summary:
    """List, judge, write.

    Args:
        plan: what, and how.
        terms: what contents are judged by.
        progress: called with (done, total) as notebooks are finished.
        listing: called with (found, sources left) as notebooks are found.

    Raises:
        NbdebtError: nothing could be listed, or results can't be written.
    """
    started = time.monotonic()
    for form in plan.formats:
        if form not in FORMATS:
            raise NbdebtError(f"{form!r} is no format of a scan: {', '.join(FORMATS)}")
    found = sources(plan.sources, plan.reference, plan.history, terms.settings.exclude, plan.scripts)
    journal = Journal(Path(plan.directory) / JOURNAL, key_of(terms))
    try:
        problems = _list(journal, found, listing)
        if plan.retry:
            journal.retry()
        done, total = journal.counts()
        if problems and not total:
            # Nothing is written over what an earlier scan found.
            raise NbdebtError("\n".join(f"{problem.path}: {problem.reason}" for problem in problems))
        read = total - done
        fetcher = Fetcher({s.root: s.named for s in found if s.root != s.named}, plan.limits.megabytes)

        def finished() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        if read and plan.engine == "dask":
            cluster.work(journal, terms, fetcher, plan.limits, plan.scheduler, finished)
        elif read:
            local.work(journal, terms, fetcher, plan.limits, plan.jobs or os.cpu_count() or 1, finished)
        files = [str(f) for form in plan.formats for f in write_tables(journal, Path(plan.directory), form)]
        counted = journal.totals()
        worst, unchecked = journal.worst(_SHOWN), journal.not_checked(_SHOWN)
        journal.finish(forget=not problems)
    finally:
        journal.close()
    return Summary(
        version=__version__,
        directory=plan.directory,
        files=tuple(files),
        notebooks=total,
        read=read,
        judged=journal.judged,
        problems=tuple(problems),
        forgotten=journal.forgotten,
        resumed=journal.resumed,
        worst=tuple(worst),
        not_checked=tuple(unchecked),
        seconds=round(time.monotonic() - started, 3),
        **counted,
    )


def _list(journal: Journal, found: Sequence[Source], listing: Progress | None) -> list[Problem]:
    """Note all notebooks in the journal; what could not be listed."""
    problems: list[Problem] = []
    count = 0

    def counted(items: Iterator[Item], left: int) -> Iterator[Item]:
        nonlocal count
        for item in items:
            count += 1
            if listing is not None:
                listing(count, left)
            yield item

    for number, source in enumerate(found):
        try:
            journal.add(counted(source.items(), len(found) - number))
        except NbdebtError as error:
            journal.keep(source.root)
            problems.append(
                Problem(source.root, str(error).removeprefix(f"{source.root}: "), kind="unreadable")
            )
        problems += source.problems
    journal.listed()
    return problems
