"""What ``nbdebt pin`` is to pin: paths, addresses, and what notebooks read."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from nbdebt.config import load_settings
from nbdebt.data.addresses import safe_url
from nbdebt.data.repay import lock_for
from nbdebt.data.targets import local_path, resolve_target
from nbdebt.data.versions import Resolver
from nbdebt.discover import discover
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.model.finding import NotebookResult, Report
from nbdebt.model.history import File
from nbdebt.rules.data._pinnable import pinnable
from nbdebt.rules.surroundings import Surroundings

_NOTEBOOKS = (".ipynb",)
_MOST_NOTEBOOKS = 2_000


class Sources(msgspec.Struct):
    """What is to be pinned in one lock file.

    Args:
        lock: the lock file.
        files: local files and directories, with the notebooks that read them.
        urls: addresses, the same.
    """

    lock: Path
    files: dict[Path, set[str]] = {}
    urls: dict[str, set[str]] = {}


class Found(msgspec.Struct):
    """What the arguments stand for.

    Args:
        sources: by lock file.
        problems: what could not be read, in words.
        looked: notebooks that were looked at, and how many sources each adds.
    """

    sources: dict[Path, Sources] = {}
    problems: list[str] = []
    looked: dict[str, int] = {}

    def of(self, lock: Path) -> Sources:
        """The sources of a lock file."""
        return self.sources.setdefault(lock, Sources(lock))


def find(targets: Sequence[str], everything: bool) -> Found:
    """Find out what is to be pinned.

    Args:
        targets: as the user names them: files, directories, addresses, notebooks. A directory that holds
            notebooks stands for these; any other is a data set.
        everything: pin what is versioned by something else, too.
    """
    found = Found()
    notebooks: list[str] = []
    for target in targets:
        if "://" in target:
            found.of(lock_for(Path.cwd())).urls.setdefault(target, set())
            continue
        if not os.path.lexists(target):
            raise click.UsageError(f"There is no file {target!r}.")
        if target.endswith(_NOTEBOOKS):
            notebooks.append(target)
        elif os.path.isdir(target) and (below := discover([target], load_settings(Path.cwd()).exclude)[0]):
            notebooks += below
        else:
            path = local_path(target, Path.cwd())
            here = Path(os.path.realpath(Path.cwd()))
            inside = here == path.parent or here in path.parents
            found.of(lock_for(here if inside else path.parent)).files.setdefault(path, set())
    if notebooks:
        _add_reads(notebooks, everything, found)
    _add_readers(found)
    return found


def _add_reads(notebooks: Sequence[str], everything: bool, found: Found) -> None:
    """What notebooks read, and nothing versions."""
    report = check_paths(notebooks, CheckOptions())
    found.problems += [f"{problem.path}: {problem.reason}" for problem in report.problems]
    resolver = Resolver()
    resolver.prepare(
        [
            (exchange.access.resource, _directory(result), exchange.access.detail)
            for result in report.notebooks
            for exchange in result.exchanges
            if exchange.access.mode == "read"
        ]
    )
    for result, seen in around(report, resolver):
        sources = found.of(lock_for(seen.directory))
        count = 0
        for touch, _ in pinnable(seen, everything):
            count += 1
            if isinstance(touch.resource, File):
                sources.files.setdefault(local_path(touch.text, seen.directory), set())
            else:
                sources.urls.setdefault(touch.text, set())
        found.looked[result.path] = count


def around(report: Report, resolver: Resolver) -> Iterator[tuple[NotebookResult, Surroundings]]:
    """The notebooks of a report, each as rules about the outside see it."""
    project = {result.path: result for result in report.notebooks}
    for result in report.notebooks:
        directory = _directory(result)
        yield (
            result,
            Surroundings(result, directory, load_settings(directory), project, {}, {}, resolver.versioned),
        )


def _add_readers(found: Found) -> None:
    """Which notebooks of the project read what is to be pinned."""
    for sources in found.sources.values():
        readers = readers_below(sources.lock.parent)
        for path, names in sources.files.items():
            names |= readers.get(str(path), set())
            if path.is_dir():
                inside = str(path) + os.sep
                for target, others in readers.items():
                    if target.startswith(inside):
                        names |= others
        for url, names in sources.urls.items():
            names |= readers.get(url, set())


def readers_below(root: Path) -> dict[str, set[str]]:
    """Who reads what among the notebooks below a directory: names relative to it, by resolved target."""
    top = Path(os.path.realpath(root))
    paths = discover([str(top)], load_settings(top).exclude)[0]
    found: dict[str, set[str]] = {}
    if not paths or len(paths) > _MOST_NOTEBOOKS:
        return found
    for result in check_paths(paths, CheckOptions()).notebooks:
        directory = _directory(result)
        name = Path(os.path.relpath(os.path.realpath(result.path), top)).as_posix()
        for exchange in result.exchanges:
            access = exchange.access
            if access.mode == "read" and "computed" not in access.detail:
                found.setdefault(resolve_target(access.resource, directory), set()).add(name)
    return found


def addresses_below(root: Path) -> dict[str, str]:
    """Addresses as notebooks below a directory read them, by how a lock file names them."""
    return {safe_url(target): target for target in readers_below(root) if "://" in target}


def _directory(result: NotebookResult) -> Path:
    return Path(os.path.realpath(Path(result.path).absolute().parent))
