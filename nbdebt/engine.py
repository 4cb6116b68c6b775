"""Evidence, rules, suppressions, report: checks notebooks, one or many."""

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nbdebt import __version__
from nbdebt.analyse import Record, analyse, analyse_bytes
from nbdebt.cache import Cache, decode, digest, encode
from nbdebt.config import Settings, effective_codes, load_settings, with_options
from nbdebt.discover import discover
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import NotebookResult, Problem, Report
from nbdebt.model.notebook import Notebook
from nbdebt.outside import judge
from nbdebt.rules import catalogue

# Below this many bytes of uncached notebooks, starting workers costs more than they save.
_WORTH_WORKERS = 6_000_000
_LARGEST = 2_000_000_000


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
        return _Run(CheckOptions(cache=False, jobs=1), settings).paths([os.fspath(target)])
    if isinstance(target, Mapping):
        return _Run(CheckOptions(cache=False), settings).data(msgspec.json.encode(target), "<notebook>")
    if isinstance(target, Notebook):
        return _Run(CheckOptions(cache=False), settings).notebook(target)
    raise TypeError(f"check() takes a path, a Notebook or a mapping, not {type(target).__name__}")


def check_paths(paths: Sequence[str], options: CheckOptions = CheckOptions(), progress: Any = None) -> Report:
    """Check files and directories.

    Args:
        paths: as the user names them; ``-`` is standard input.
        options: what the caller wants.
        progress: called with (done, total) as notebooks are finished.
    """
    return _Run(options, None, progress).paths(paths)


def check_data(data: bytes, path: str, options: CheckOptions = CheckOptions()) -> Report:
    """Check a notebook's bytes as if they stood at ``path``."""
    return _Run(options, None).data(data, path)


class _Run:
    def __init__(self, options: CheckOptions, settings: Settings | None, progress: Any = None) -> None:
        self.options = options
        self.given = settings
        self.progress = progress
        self.started = time.perf_counter()
        self._settings: dict[Path, tuple[Settings, frozenset[str]]] = {}

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
            found = self._settings[directory] = (settings, frozenset(effective_codes(settings, catalogue())))
        return found

    # Where notebooks come from

    def data(self, data: bytes, path: str) -> Report:
        """Check bytes."""
        settings, codes = self.settings(_directory(path))
        return self.report({path: analyse_bytes(data, path, settings, codes)}, [])

    def notebook(self, notebook: Notebook) -> Report:
        """Check a notebook in memory."""
        settings, codes = self.settings(_directory(notebook.path))
        return self.report({notebook.path: analyse(notebook, settings, codes)}, [])

    def paths(self, paths: Sequence[str]) -> Report:
        """Check files and directories."""
        exclude = self.settings(Path.cwd())[0].exclude
        files, problems = discover(paths, exclude, self.options.force_exclude)
        records: dict[str, Record] = dict.fromkeys(files, None)  # type: ignore[arg-type]
        caches: dict[tuple[str, bytes], Cache] = {}
        todo: list[tuple[str, Cache | None, os.stat_result]] = []
        for path in files:
            if path == "-":
                records[path] = self._stdin()
                continue
            if not _is_text(path):
                records[path] = self._unspeakable(path)
                continue
            try:
                stat = os.stat(path)
            except OSError as error:
                records[path] = _unreadable(path, error.strerror or str(error))
                continue
            cache = self._cache(path, caches) if self.options.cache else None
            known = cache.fresh(path, stat) if cache is not None else None
            if known is not None:
                records[path] = known
            else:
                todo.append((path, cache, stat))
        self._analyse(todo, records)
        for cache in caches.values():
            cache.save()
        return self.report(records, problems)

    def _stdin(self) -> Record:
        name = self.options.stdin_name
        settings, codes = self.settings(_directory(name))
        return analyse_bytes(sys.stdin.buffer.read(), name, settings, codes)

    def _unspeakable(self, path: str) -> Record:
        """A file whose name is no text: it is read, shown with its odd bytes escaped, and not cached."""
        shown = path.encode("utf-8", "backslashreplace").decode()
        settings, codes = self.settings(_directory(path))
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - the path is text as the user named it
                return analyse_bytes(file.read(), shown, settings, codes)
        except OSError as error:
            return _unreadable(shown, error.strerror or str(error))

    def _cache(self, path: str, caches: dict[tuple[str, bytes], Cache]) -> Cache:
        settings, codes = self.settings(_directory(path))
        root = settings.root or os.getcwd()
        key = msgspec.msgpack.encode([__version__, sys.version_info[:2], sorted(codes), settings.seed, _rules_key()])
        found = caches.get((root, key))
        if found is None:
            found = caches[root, key] = Cache(Path(root), key)
        return found

    def _analyse(self, todo: list[tuple[str, Cache | None, os.stat_result]], records: dict[str, Record]) -> None:
        jobs = self.options.jobs
        if jobs == 0:
            jobs = os.cpu_count() or 1 if sum(stat.st_size for _, _, stat in todo) > _WORTH_WORKERS else 1
        total, done = len(todo), 0
        work: list[tuple[str, Settings, frozenset[str], bytes | None]] = []
        for path, cache, _ in todo:
            entry = cache.entries.get(path) if cache is not None else None
            work.append((path, *self.settings(_directory(path)), entry.digest if entry is not None else None))
        answers: Iterable[tuple[bytes, bytes | None]]
        pool: Any = None
        if jobs > 1 and total > 1:
            from concurrent.futures import ProcessPoolExecutor

            pool = ProcessPoolExecutor(min(jobs, total), initializer=_quiet_worker)
            answers = pool.map(_work, work, chunksize=max(1, min(16, total // (jobs * 4))))
        else:
            answers = map(_work, work)
        try:
            for (path, cache, stat), (identity, encoded) in zip(todo, answers, strict=True):
                record = cache.same(path, stat, identity) if encoded is None and cache is not None else None
                if record is None:
                    if encoded is None:
                        settings, codes = self.settings(_directory(path))
                        encoded = _work((path, settings, codes, None))[1] or b""
                    record = decode(encoded)
                    if cache is not None and not record.problems:
                        cache.put(path, stat, identity, encoded)
                records[path] = record
                done += 1
                if self.progress is not None:
                    self.progress(done, total)
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)

    # Together

    def report(self, records: dict[str, Record], problems: list[Problem]) -> Report:
        """The report on all that was analysed, with what the world outside says."""
        settings = {path: self.settings(_directory(record.result.path)) for path, record in records.items()}
        findings, suppressed = judge(list(records.values()), [settings[path] for path in records])
        notebooks: tuple[NotebookResult, ...] = tuple(r.result for r in records.values())
        return Report(
            tuple(findings),
            (*problems, *(p for r in records.values() for p in r.problems)),
            tuple(n for r in records.values() for n in r.not_run),
            notebooks,
            suppressed,
            time.perf_counter() - self.started,
        )


def _is_text(path: str) -> bool:
    """Whether a file's name can be written as UTF-8."""
    return path.isascii() or not any("\ud800" <= c <= "\udfff" for c in path)


def _directory(path: str) -> Path:
    """The directory a notebook stands in, absolute."""
    return Path(os.path.abspath(os.path.dirname(path)) if path not in ("-", "<notebook>") else os.getcwd())


def _unreadable(path: str, reason: str) -> Record:
    return Record(NotebookResult(path, None), problems=(Problem(path, reason, kind="unreadable"),))


def _rules_key() -> list[str]:
    """Identifies rules of other packages: a change of theirs makes cached results stale."""
    return sorted(f"{r.code}:{r.module}" for r in catalogue().values() if not r.module.startswith("nbdebt."))


def _quiet_worker() -> None:
    """An interrupt is the parent's to handle."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(item: tuple[str, Settings, frozenset[str], bytes | None]) -> tuple[bytes, bytes | None]:
    """Read and analyse one file: its digest and encoded record, or None where the digest is the known one."""
    path, settings, codes, known = item
    try:
        if os.path.getsize(path) > _LARGEST:
            return b"", encode(_unreadable(path, "is larger than 2 GB: clear its outputs to have it checked"))
        with open(path, "rb") as file:  # noqa: PTH123 - the path is text as the user named it
            data = file.read()
    except OSError as error:
        return b"", encode(_unreadable(path, error.strerror or str(error)))
    identity = digest(data)
    if identity == known:
        return identity, None
    try:
        return identity, encode(analyse_bytes(data, path, settings, codes))
    except NbdebtError:
        raise
    except Exception as error:
        where = _where(error)
        problem = Problem(path, f"nbdebt failed on this notebook: {type(error).__name__}: {error}", where, "internal")
        return b"", encode(Record(NotebookResult(path, None), problems=(problem,)))


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} in {code.co_name}"
