"""From what somebody names to the notebooks below it: each a line in a list, nothing of it read yet."""

import glob
import itertools
import os
import tarfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from nbdebt.data.addresses import safe_url
from nbdebt.discover import discover, excluded, git_ignored, readable, walk
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Problem
from nbdebt.scan.git import Repository, is_bare, is_notebook
from nbdebt.scan.model import Item
from nbdebt.scan.remote import filesystem, opened

ZIPS = (".zip",)
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
# Within the grain of a file system's clock a file may change again and look the same.
_GRAIN = 2_000_000_000
_MANY = 5_000


class Source:
    """One thing that was named: a file, a directory, a pattern, a repository, an archive, an address.

    Args:
        named: as it was named.
        reference: for repositories: notebooks at this commit.
        history: for repositories: all contents that notebooks ever had.
        exclude: patterns of paths to leave out.
        scripts: take scripts in percent form, too.
    """

    def __init__(
        self,
        named: str,
        reference: str | None = None,
        history: bool = False,
        exclude: Sequence[str] = (),
        scripts: bool = False,
    ) -> None:
        self.named = named
        self.root = shown_address(named) if "://" in named else readable(named)
        self.reference = reference
        self.is_history = history
        self.exclude = tuple(exclude)
        self.scripts = scripts
        self.problems: list[Problem] = []

    def items(self) -> Iterator[Item]:
        """The notebooks; what is wrong with the source is in ``problems`` afterwards.

        Raises:
            NbdebtError: the whole source can't be listed, and why.
        """
        for item in self._items():
            if not excluded(item.path, self.exclude):
                yield item

    def _items(self) -> Iterator[Item]:
        named = self.named
        is_git = self.reference is not None or self.is_history
        if "://" in named:
            if is_git:
                raise NbdebtError(
                    f"{self.root}: --ref and --history need a clone: `git clone --bare` it first"
                )
            yield from self._archive() if is_archive(named) else self._remote()
        elif os.path.isdir(named) and (is_git or is_bare(named)):
            yield from self._history() if self.is_history else self._commit()
        elif is_archive(named) and os.path.isfile(named):
            yield from self._archive()
        elif glob.has_magic(named) and not os.path.lexists(named):
            yield from self._pattern()
        else:
            yield from self._local([named])

    # Files of this machine

    def _pattern(self) -> Iterator[Item]:
        # No notebook is asked for in what a pattern leads through by the way: checkpoints, environments.
        found = sorted(glob.glob(self.named, recursive=True))
        if not found:
            raise NbdebtError(f"{self.root}: matches nothing")
        wanted = [
            p for p in found if os.path.isdir(p) or is_notebook(p) or (self.scripts and p.endswith(".py"))
        ]
        if "**" in self.named:
            wanted = [p for p in wanted if not os.path.isdir(p)]
        yield from self._local(wanted)

    def _local(self, paths: Sequence[str]) -> Iterator[Item]:
        for named in paths:
            if os.path.isdir(named):
                yield from self._below(named)
            else:
                files, problems = discover([named])
                self.problems += problems
                yield from (self._file(file, "") for file in files)

    def _below(self, top: str) -> Iterator[Item]:
        """Notebooks below a directory, some at a time: a million names need not be held."""
        found = walk(top, self.exclude, self.problems, self.scripts)
        while batch := list(itertools.islice(found, _MANY)):
            ignored = git_ignored(top, batch)
            yield from (self._file(file, top) for file in batch if file not in ignored)

    def _file(self, file: str, top: str) -> Item:
        shown = readable(file)
        path = readable(os.path.relpath(file, top)) if top else shown
        try:
            stat = os.stat(file)
        except OSError:
            # Whoever reads it will say what is wrong.
            return Item(shown, self.root, path, "file", _bytes_of(file))
        settled = time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _GRAIN
        stamp = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}" if settled else ""
        return Item(shown, self.root, path, "file", _bytes_of(file), stat.st_size, stamp)

    # git

    def _commit(self) -> Iterator[Item]:
        repository = Repository(self.named)
        top = os.fspath(repository.top())
        commit = repository.commit(self.reference or "HEAD")
        for blob in repository.notebooks(commit.name, sizes=True):
            yield self._blob(top, self.reference or "HEAD", blob.path, blob.name, blob.size, *commit)

    def _history(self) -> Iterator[Item]:
        repository = Repository(self.named)
        top = os.fspath(repository.top())
        for commit, blob in repository.history():
            yield self._blob(top, commit.name[:12], blob.path, blob.name, -1, *commit)

    def _blob(
        self, top: str, shown: str, path: str, blob: str, size: int, revision: str, revised: str
    ) -> Item:
        path = readable(path)
        location = f"{self.root}@{shown}:{path}"
        return Item(
            location, self.root, path, "git", f"{blob} {top}", size, blob, f"git {blob}", revision, revised
        )

    # Elsewhere

    def _remote(self) -> Iterator[Item]:
        system, path = filesystem(self.named)
        # A question mark begins a query in an address, and is no pattern.
        is_pattern = "*" in path
        try:
            found: dict[str, dict[str, Any]]
            if is_pattern:
                found = system.glob(path, detail=True)
            elif is_notebook(path.partition("?")[0]) or (self.scripts and path.endswith(".py")):
                found = {path: {}}
            else:
                found = system.find(path, detail=True)
        except Exception as error:
            # Whatever a file system of somebody's raises: the whole source can't be listed.
            raise NbdebtError(f"{self.root}: can't be listed: {_said(error)}") from None
        top = "" if is_pattern or path in found else path.rstrip("/") + "/"
        for name in sorted(found):
            plain = name.partition("?")[0]
            if not is_notebook(plain) and not (self.scripts and plain.endswith(".py")):
                continue
            about = found[name]
            if about.get("type", "file") != "file":
                continue
            where = shown_address(str(system.unstrip_protocol(name)))
            size = about.get("size")
            yield Item(
                self.root if name == path and not top else where,
                self.root,
                safe_url(name).removeprefix(top) if top else PurePosixPath(plain).name,
                "url",
                where,
                int(size) if size is not None else -1,
                _stamp(about),
            )

    def _archive(self) -> Iterator[Item]:
        where = self.root if "://" in self.named else os.path.abspath(self.named)
        try:
            with opened(self.named) as file:
                if self.named.partition("?")[0].lower().endswith(ZIPS):
                    with zipfile.ZipFile(file) as archive:
                        members = [
                            (m.filename, m.file_size, f"{m.CRC:08x} {m.file_size} {m.date_time}")
                            for m in archive.infolist()
                            if not m.is_dir()
                        ]
                else:
                    with tarfile.open(fileobj=file, mode="r:*") as tar:
                        members = [(m.name, m.size, "") for m in tar if m.isfile()]
        except NbdebtError:
            raise
        except Exception as error:
            raise NbdebtError(f"{self.root}: can't be read as an archive: {_said(error)}") from None
        for name, size, stamp in members:
            if is_notebook(name) or (self.scripts and name.endswith(".py")):
                shown = readable(name)
                location = f"{self.root}!/{shown}"
                yield Item(location, self.root, shown, "member", f"{len(name)} {name}{where}", size, stamp)


def shown_address(address: str) -> str:
    """An address as it may be written down: without what gives access."""
    # What has no host has no secret, and would lose a slash.
    return address if ":///" in address else safe_url(address)


def is_archive(named: str) -> bool:
    """Whether something is an archive by its name."""
    return named.partition("?")[0].lower().endswith((*ZIPS, *TARS))


def _bytes_of(file: str) -> str:
    """A path that finds its file whatever bytes its name is made of, and can be written down as text."""
    absolute = os.path.abspath(file)
    return absolute if readable(absolute) == absolute else "\0" + os.fsencode(absolute).hex()


def path_of(where: str) -> str:
    """The path again."""
    return os.fsdecode(bytes.fromhex(where[1:])) if where.startswith("\0") else where


def _stamp(about: dict[str, Any]) -> str:
    """What a file system says of a content's version: an ETag, a checksum, or size and time."""
    for key in ("ETag", "etag", "md5Hash", "crc32c", "content_settings_md5"):
        if about.get(key):
            return f"{key} {about[key]}"
    when = (
        about.get("LastModified") or about.get("last_modified") or about.get("mtime") or about.get("updated")
    )
    return f"{about.get('size')} {when}" if when else ""


def _said(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {safe_url(said[0])}" if said else type(error).__name__


def sources(
    named: Sequence[str],
    reference: str | None = None,
    history: bool = False,
    exclude: Sequence[str] = (),
    scripts: bool = False,
) -> list[Source]:
    """What was named, as sources.

    Raises:
        NbdebtError: a commit was asked for of what is no repository.
    """
    found = [Source(name, reference, history, exclude, scripts) for name in named]
    for source in found:
        if (
            (reference is not None or history)
            and "://" not in source.named
            and not Path(source.named).is_dir()
        ):
            raise NbdebtError(f"{source.root}: --ref and --history are about repositories: name a directory")
    return found
