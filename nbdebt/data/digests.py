"""Digests of local files and directories, remembered for as long as the process lives."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

Algorithm = Literal["sha256", "md5"]
Digest = Callable[[Path, Algorithm], str]

# Larger files are compared by size alone, which proves a difference but no equality.
LARGEST = 4 << 30
# A file written this short a time ago may change again without a new time stamp.
_RACY_NANOSECONDS = 2_000_000_000
MOST_FILES = 20_000

_known: dict[tuple[int, int, int, int, int, str], str] = {}


class TooMany(Exception):
    """A directory holds more files than are looked at."""


class NotYet(Exception):
    """A digest is being made in the background."""


def file_digest(path: Path, algorithm: Algorithm) -> str:
    """The hexadecimal digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    stat = path.stat()
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, algorithm)
    known = _known.get(key)
    if known is not None:
        return known
    # Loaded by those who read a file: many checks read none.
    import hashlib

    with path.open("rb") as file:
        # Content is identified here, nothing is protected: md5 is what DVC writes down.
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if time.time_ns() - stat.st_mtime_ns > _RACY_NANOSECONDS:
        _known[key] = digest
    return digest


class Tree(msgspec.Struct, frozen=True):
    """What a directory holds.

    Args:
        files: the files below it, by their paths relative to it, with slashes.
        size: bytes of all of them.
    """

    files: dict[str, Path]
    size: int


def tree_of(directory: Path) -> Tree:
    """The files below a directory, but for hidden ones, which programs put there for themselves.

    Raises:
        OSError: it cannot be read.
        TooMany: they are too many.
    """
    found: dict[str, Path] = {}
    size = 0
    for place, directories, names in os.walk(directory, onerror=_raise):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in names:
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                found[path.relative_to(directory).as_posix()] = path
                size += path.stat().st_size
        if len(found) > MOST_FILES:
            raise TooMany
    return Tree(found, size)


def _raise(error: OSError) -> None:
    raise error


def tree_digest(tree: Tree, digest: Digest = file_digest) -> str:
    """SHA-256 over the list of a directory's files as ``sha256sum`` writes it, sorted by their names.

    Raises:
        OSError: one of them cannot be read.
    """
    import hashlib

    whole = hashlib.sha256()
    for name in sorted(tree.files):
        whole.update(f"{digest(tree.files[name], 'sha256')}  {name}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()
