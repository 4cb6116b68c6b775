"""Evidence, rules, suppressions, report: checks notebooks, one or many."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nbdebt import __version__
from nbdebt.cache import Cache, decode
from nbdebt.config import Settings, effective_codes, load_settings, with_options
from nbdebt.discover import directory_of, discover, is_text, stat_notebook
from nbdebt.failures import unreadable
from nbdebt.model.brought import brought
from nbdebt.model.finding import Problem, Report
from nbdebt.model.notebook import Notebook
from nbdebt.model.record import Record
from nbdebt.outside import judge
from nbdebt.rules import catalogue

# Below this many bytes of uncached notebooks, starting workers costs more than they save.
_WORTH_WORKERS = 6_000_000

Progress = Callable[[int, int], None]
Then = Callable[[Sequence[str]], Mapping[str, bytes | None]]


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller wants, over what the configuration says.

    Args:
        select: replaces the configured selection.
        ignore: added to what is ignored.
        extend_select: added to the selection.
        exclude: added to the excluded patterns.
        config: a configuration file to use in place of the nearest one.
        isolated: use no configuration file.
        jobs: worker processes; 0 chooses.
        cache: keep and use results of earlier runs.
        stdin_name: the path that standard input is taken to be.
        force_exclude: exclude named files too.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    config: str | None = None
    isolated: bool = False
    jobs: int = 0
    cache: bool = True
    stdin_name: str = "-"
    force_exclude: bool = False


_DEFAULTS = CheckOptions()


def check(target: Any, settings: Settings | None = None) -> Report:
    """Check one notebook, a file or a directory.

    Args:
        target: a path, a :class:`Notebook`, or a notebook as ``nbformat`` or ``json`` give it (a mapping).
        settings: settings to use; None takes those of the nearest configuration file.

    Returns:
        The report. A notebook that cannot be read is a problem in it, not an error.

    Raises:
        ConfigurationError: the configuration is wrong.
        TypeError: ``target`` is none of these.
    """
    if isinstance(target, str | os.PathLike):
        return _Run(CheckOptions(cache=False, jobs=1), settings).paths([os.fsdecode(target)])
    if isinstance(target, Mapping):
        return _Run(CheckOptions(cache=False), settings).data(msgspec.json.encode(target), "<notebook>")
    if isinstance(target, Notebook):
        return _Run(CheckOptions(cache=False), settings).notebook(target)
    raise TypeError(f"check() takes a path, a Notebook or a mapping, not {type(target).__name__}")


def check_paths(
    paths: Sequence[str], options: CheckOptions = _DEFAULTS, progress: Progress | None = None
) -> Report:
    """Check files and directories.

    Args:
        paths: as the user names them; ``-`` is standard input.
        options: what the caller wants.
        progress: called with (done, total) as notebooks are finished.
    """
    return _Run(options, None, progress).paths(paths)


def check_both(
    paths: Sequence[str], options: CheckOptions, then: Then, progress: Progress | None = None
) -> tuple[Report, Report]:
    """Check files as they are, and as they were, both times in the surroundings as they are now.

    So what the two reports differ in is what was changed in the notebooks.

    Args:
        paths: as the user names them.
        options: what the caller wants.
        then: told which files there are, gives the contents that some had; None for one that wasn't there.
        progress: called with (done, total) as notebooks are finished.
    """
    from nbdebt.analyse import analyse_bytes

    run = _Run(options, None, progress)
    files, found, problems = run.records(paths)
    now = run.report({path: found[path] for path in files}, problems)
    before = {path: found[path] for path in files}
    for path, data in then(files).items():
        before.pop(path, None)
        if data is not None:
            before[path] = analyse_bytes(data, path, *run.settings(run.directory(path)))
    return now, run.report(before, [])


def check_data(data: bytes, path: str, options: CheckOptions = _DEFAULTS) -> Report:
    """Check a notebook's bytes as if they stood at ``path``."""
    return _Run(options, None).data(data, path)


class _Todo(NamedTuple):
    """A file that no cache knows as it is now."""

    path: str
    cache: Cache | None
    stat: os.stat_result


class _Run:
    def __init__(
        self, options: CheckOptions, settings: Settings | None, progress: Progress | None = None
    ) -> None:
        self.options = options
        self.given = settings
        self.progress = progress
        self.started = time.perf_counter()
        self._settings: dict[Path, tuple[Settings, frozenset[str]]] = {}
        self._caches: dict[tuple[str, bytes], Cache] = {}
        # By the directory as paths name it: thousands of notebooks stand in a few.
        self._directories: dict[str, Path] = {}
        self._cache_of: dict[str, Cache] = {}

    # Settings

    def settings(self, directory: Path) -> tuple[Settings, frozenset[str]]:
        """Settings and codes that hold in a directory."""
        found = self._settings.get(directory)
        if found is None:
            options = self.options
            settings = self.given
            if settings is None:
                config = Path(options.config) if options.config else None
                settings = load_settings(directory, config, options.isolated)
            settings = with_options(
                settings, options.select, options.ignore, options.extend_select, options.exclude
            )
            codes = frozenset(effective_codes(settings, catalogue()))
            found = self._settings[directory] = (settings, codes)
        return found

    def directory(self, path: str) -> Path:
        """Where a notebook stands."""
        named = path if path in ("-", "<notebook>") else os.path.dirname(path)
        found = self._directories.get(named)
        if found is None:
            found = self._directories[named] = directory_of(path)
        return found

    # Where notebooks come from

    def data(self, data: bytes, path: str) -> Report:
        """Check bytes."""
        from nbdebt.analyse import analyse_bytes

        settings, codes = self.settings(directory_of(path))
        return self.report({path: analyse_bytes(data, path, settings, codes)}, [])

    def notebook(self, notebook: Notebook) -> Report:
        """Check a notebook in memory."""
        from nbdebt.analyse import analyse

        settings, codes = self.settings(directory_of(notebook.path))
        return self.report({notebook.path: analyse(notebook, settings, codes)}, [])

    def paths(self, paths: Sequence[str]) -> Report:
        """Check files and directories."""
        files, found, problems = self.records(paths)
        return self.report({path: found[path] for path in files}, problems)

    def records(self, paths: Sequence[str]) -> tuple[list[str], dict[str, Record], list[Problem]]:
        """The files below what is named, what each says, and problems with what was named."""
        exclude = self.settings(Path.cwd())[0].exclude
        files, problems = discover(paths, exclude, self.options.force_exclude)
        found: dict[str, Record] = {}
        todo: list[_Todo] = []
        for path in files:
            if path == "-":
                from nbdebt.analyse import analyse_bytes

                name = self.options.stdin_name
                settings, codes = self.settings(directory_of(name))
                found[path] = analyse_bytes(sys.stdin.buffer.read(), name, settings, codes)
                continue
            try:
                stat = stat_notebook(path)
            except OSError as error:
                found[path] = unreadable(path, error.strerror or str(error))
                continue
            cache = self._cache(path)
            known = cache.fresh(path, stat) if cache is not None else None
            if known is not None:
                found[path] = known
            else:
                todo.append(_Todo(path, cache, stat))
        self._analyse(todo, found)
        for cache in self._caches.values():
            cache.save()
        return files, found, problems

    def _cache(self, path: str) -> Cache | None:
        """The cache for a file: none for one whose name is no text."""
        if not self.options.cache or not is_text(path):
            return None
        directory = os.path.dirname(path)
        if directory in self._cache_of:
            return self._cache_of[directory]
        settings, codes = self.settings(self.directory(path))
        root = settings.root or str(Path.cwd())
        version = [__version__, *sys.version_info[:2]]
        key = msgspec.msgpack.encode([version, sorted(codes), settings.seed, _foreign_rules(settings)])
        found = self._caches.get((root, key))
        if found is None:
            found = self._caches[root, key] = Cache(Path(root), key)
        self._cache_of[directory] = found
        return found

    def _analyse(self, todo: Sequence[_Todo], found: dict[str, Record]) -> None:
        """Analyse what no cache knows, and keep it."""
        if not todo:
            return
        # What reads code is a third of all that is imported: where the cache knows all, nobody waits for it.
        from nbdebt.workers import Job, analyse_file, analyse_files

        jobs: list[Job] = []
        for path, cache, _ in todo:
            entry = cache.entries.get(path) if cache is not None else None
            settings, codes = self.settings(self.directory(path))
            jobs.append(Job(path, settings, codes, entry.digest if entry is not None else None))
        processes = self.options.jobs
        if processes == 0:
            much = sum(item.stat.st_size for item in todo) > _WORTH_WORKERS
            processes = (os.cpu_count() or 1) if much else 1
        answers = analyse_files(jobs, processes)
        for done, (item, job, answer) in enumerate(zip(todo, jobs, answers, strict=True), 1):
            path, cache, stat = item
            record = None
            if answer.record is None and cache is not None:
                record = cache.same(path, stat, answer.digest)
            if record is None:
                if answer.record is None:
                    answer = analyse_file(job._replace(known=None))
                encoded = answer.record or b""
                record = decode(encoded)
                if cache is not None and not record.problems:
                    cache.put(path, stat, answer.digest, encoded)
            found[path] = record
            if self.progress is not None:
                self.progress(done, len(todo))

    # Together

    def report(self, records: dict[str, Record], problems: list[Problem]) -> Report:
        """The report on all that was analysed, with what the world outside says."""
        named = [self.options.stdin_name if path == "-" else path for path in records]
        directories = [self.directory(path) for path in named]
        found = list(records.values())
        settings = [self.settings(directory) for directory in directories]
        findings, suppressed, failures = judge(found, settings, directories)
        return Report(
            tuple(findings),
            (*problems, *(p for r in found for p in r.problems), *failures),
            tuple(n for r in found for n in r.not_run),
            tuple(r.result for r in found),
            suppressed,
            time.perf_counter() - self.started,
        )


def _foreign_rules(settings: Settings) -> list[Any]:
    """Identifies rules of other packages, and all that they may look at: a change makes results stale."""
    foreign = sorted(
        f"{r.code}:{r.module}" for r in catalogue().values() if not r.module.startswith("nbdebt.")
    )
    if not foreign:
        return []
    entries = brought("nbdebt.rules")
    versions = sorted(f"{e.dist.name} {e.dist.version}" for e in entries if e.dist is not None)
    return [foreign, versions, settings]
