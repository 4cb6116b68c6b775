"""``nbdebt.lock``: recorded digests of data that nothing else versions.

A read that matches its pin is versioned.

The file is TOML, made to be read and merged by people: one table a file, in order of their names::

    version = 1

    [files."data/x.csv"]
    sha256 = "9f86d0…"
    size = 1048576
    pinned = "2026-11-22"
"""

import datetime
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from nbdebt.data.digests import LARGEST, file_digest
from nbdebt.data.versions.answer import Source, Versioned, Witness
from nbdebt.model.errors import NbdebtError

NAME = "nbdebt.lock"
VERSION = 1
_HEAD = f"# Digests of the data that notebooks read; written by nbdebt.\nversion = {VERSION}\n"
_FILE_TABLE = re.compile(r"^\[files\.")


class LockError(NbdebtError):
    """A lock file cannot be read or written."""


class Lock:
    """Knows pinned files."""

    name = NAME

    def __init__(self) -> None:
        self._locks: dict[Path, dict[str, Any] | LockError] = {}
        self._nearest: dict[Path, Path | None] = {}

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: a pin holds the content's digest."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned where size and digest match the pin in the notebook's nearest lock file."""
        path = source.named
        if path is None:
            return None
        if source.directory not in self._nearest:
            self._nearest[source.directory] = nearest_lock(source.directory)
        lock = self._nearest[source.directory]
        if lock is None:
            return None
        if lock not in self._locks:
            try:
                self._locks[lock] = read_lock(lock)
            except LockError as error:
                self._locks[lock] = error
        files = self._locks[lock]
        if isinstance(files, LockError):
            return Versioned("unknown", NAME, reason=f"its pin can't be read ({files})")
        pin = files.get(_key(path, lock))
        return _compare(path, pin) if isinstance(pin, dict) else None


def nearest_lock(directory: Path) -> Path | None:
    """The lock file of a directory: its own, or the nearest above."""
    for one in (directory, *directory.parents):
        if (one / NAME).is_file():
            return one / NAME
    return None


def read_lock(lock: Path) -> dict[str, Any]:
    """The pinned files by path relative to the lock file.

    Raises:
        LockError: it cannot be read, is not TOML, or is of a later format.
    """
    try:
        document = tomllib.loads(lock.read_text(encoding="utf-8"))
    except OSError as error:
        raise LockError(f"{lock.name} can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise LockError(f"{lock.name} is not TOML: {error}") from None
    version = document.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise LockError(f"{lock.name} has format {version!r}, which this version of nbdebt does not know")
    files = document.get("files", {})
    if not isinstance(files, dict):
        raise LockError(f"{lock.name}: `files` must be a table")
    return files


def pin_file(path: Path, lock: Path | None = None) -> Path:
    """Record the digest of a file, in place of what was recorded of it before.

    All else in the lock file stays as it is; the tables of files are kept in order of their names.

    Args:
        path: the file.
        lock: the lock file, made where there is none; None takes the nearest to the file, or makes one beside
            it.

    Returns:
        The lock file.

    Raises:
        LockError: the file or the lock file cannot be read or written.
    """
    path = Path(os.path.abspath(path))
    lock = lock or nearest_lock(path.parent) or path.parent / NAME
    if lock.exists():
        read_lock(lock)
    try:
        text = lock.read_text(encoding="utf-8") if lock.exists() else _HEAD
        size = path.stat().st_size
        digest = file_digest(path, "sha256")
    except IsADirectoryError:
        raise LockError(f"{path} is a directory: pin the files in it") from None
    except OSError as error:
        raise LockError(f"{error.filename or path} can't be read: {error.strerror or error}") from None
    header = f"[files.{quoted(_key(path, lock))}]"
    today = datetime.date.today().isoformat()
    table = f'{header}\nsha256 = "{digest}"\nsize = {size}\npinned = "{today}"\n'
    _replace(lock, _with_table(text, header, table))
    return lock


def quoted(text: str) -> str:
    """A text as a basic string of TOML: one of JSON but for one more character that must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _with_table(text: str, header: str, table: str) -> str:
    """The text with one table put in or replaced, file tables sorted."""
    parts = re.split(r"(?m)^(?=\[)", text)
    head, blocks = parts[0], parts[1:]
    files = {block.split("\n", 1)[0].strip(): block for block in blocks if _FILE_TABLE.match(block)}
    others = [block for block in blocks if not _FILE_TABLE.match(block)]
    files[header] = table
    ordered = [files[name] for name in sorted(files)] + others
    return "\n".join(block.rstrip("\n") + "\n" for block in ([head] if head.strip() else []) + ordered)


def _replace(lock: Path, text: str) -> None:
    """Write beside and rename, so that a crash leaves the old file whole."""
    temporary = lock.with_name(f".{lock.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(lock)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LockError(f"{lock} can't be written: {error.strerror or error}") from None


def _key(path: Path, lock: Path) -> str:
    """How a lock file names a file: relative to itself, with slashes."""
    try:
        return Path(os.path.relpath(path, os.path.realpath(lock.parent))).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _compare(path: Path, pin: dict[str, Any]) -> Versioned:
    digest, size = pin.get("sha256"), pin.get("size")
    if not isinstance(digest, str):
        return Versioned("unknown", NAME, reason=f"its pin in {NAME} has no digest")
    changed = Versioned("unversioned", NAME, reason=f"does not match its pin in {NAME}")
    try:
        actual = path.stat().st_size
        if isinstance(size, int) and size != actual:
            return changed
        if actual > LARGEST:
            return Versioned("unknown", NAME, reason=f"is too large to be compared with its pin in {NAME}")
        if file_digest(path, "sha256") != digest:
            return changed
    except OSError as error:
        return Versioned("unknown", NAME, reason=f"can't be read: {error.strerror or error}")
    return Versioned("versioned", NAME, f"sha256:{digest}")
