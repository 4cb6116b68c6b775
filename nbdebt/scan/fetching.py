"""The content of one notebook, wherever it lies, up to what it may take."""

import os
import tarfile
import zipfile
from collections.abc import Mapping
from typing import IO, Any

from nbdebt.discover import stat_notebook
from nbdebt.scan.git import Repository
from nbdebt.scan.model import Item, Judgement, Status, TooLarge
from nbdebt.scan.remote import filesystem, kept
from nbdebt.scan.sources import ZIPS, path_of


class Fetcher:
    """Gets contents. Threads may share one: what they keep open is each one's own.

    Args:
        secrets: addresses as they are written down to addresses as they were named.
        megabytes: what one content may have; 0: as much as it has.
    """

    def __init__(self, secrets: Mapping[str, str], megabytes: int) -> None:
        self.secrets = dict(secrets)
        self.most = megabytes * 1_000_000 if megabytes else None

    def fetch(self, item: Item) -> bytes | Judgement:
        """The content, or why it can't be got."""
        try:
            if self.most is not None and item.size > self.most:
                raise TooLarge
            return self._fetch(item)
        except TooLarge:
            reason = f"is larger than {(self.most or 0) // 1_000_000} MB: --memory allows for more"
            return _unread("too-large", reason)
        except OSError as error:
            return _unread("unreachable", error.strerror or str(error) or type(error).__name__)
        except Exception as error:
            # Archives and file systems of others raise what they like; it is about this notebook only.
            return _unread("unreachable", f"{type(error).__name__}: {error}")

    def _fetch(self, item: Item) -> bytes:
        if item.kind == "file":
            path = path_of(item.where)
            stat_notebook(path)
            with open(path, "rb") as file:
                return self._read(file)
        if item.kind == "git":
            blob, _, top = item.where.partition(" ")
            repository: Repository = kept(("git", top), lambda: Repository(top))
            return repository.content(blob, self.most)
        if item.kind == "url":
            system, path = self._system(item.where)
            with system.open(path, "rb") as file:
                return self._read(file)
        length, _, rest = item.where.partition(" ")
        name, where = rest[: int(length)], rest[int(length) :]
        archive = kept(("archive", where), lambda: self._archive(where))
        if isinstance(archive, zipfile.ZipFile):
            with archive.open(name) as member:
                return self._read(member)
        found = archive.extractfile(name)
        if found is None:
            raise OSError(0, "is no file of the archive")
        with found:
            return self._read(found)

    def _read(self, file: IO[bytes]) -> bytes:
        data = file.read() if self.most is None else file.read(self.most + 1)
        if self.most is not None and len(data) > self.most:
            raise TooLarge
        return data

    def _system(self, where: str) -> tuple[Any, str]:
        """File system and path of an address, as it was named."""
        if where in self.secrets:
            return filesystem(self.secrets[where])
        scheme, _, rest = where.partition("://")
        host = rest.partition("/")[0]
        for named in self.secrets.values():
            access, at, whose = named.partition("://")[2].partition("/")[0].rpartition("@")
            if at and whose == host:
                return filesystem(f"{scheme}://{access}@{rest}")
        return filesystem(where)

    def _archive(self, where: str) -> zipfile.ZipFile | tarfile.TarFile:
        if "://" in where:
            system, path = self._system(where)
            file: IO[bytes] = system.open(path, "rb")
        else:
            # It stays open for as long as its thread lives.
            file = open(where, "rb")  # noqa: SIM115
        if where.lower().endswith(ZIPS):
            return zipfile.ZipFile(file)
        return tarfile.open(fileobj=file, mode="r:*")


def _unread(status: Status, reason: str) -> Judgement:
    return Judgement(status, reason.replace("\0", "\\x00"))


def is_local(item: Item) -> bool:
    """Whether it is a file that this machine and no other surely has."""
    return item.kind in ("file", "git") or (item.kind == "member" and "://" not in item.where)


def is_script(item: Item) -> bool:
    """Whether it is read as a script in percent form."""
    return os.path.splitext(item.path.partition("?")[0])[1] == ".py"
