"""Digests of local files, remembered for as long as the process lives."""

import time
from pathlib import Path
from typing import Literal

Algorithm = Literal["sha256", "md5"]

# Larger files are compared by size alone, which proves a difference but no equality.
LARGEST = 4 << 30
# A file written this short a time ago may change again without a new time stamp.
_RACY_NANOSECONDS = 2_000_000_000

_known: dict[tuple[int, int, int, int, int, str], str] = {}


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
    import hashlib

    with path.open("rb") as file:
        # Content is identified here, nothing is protected: md5 is what DVC writes down.
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if time.time_ns() - stat.st_mtime_ns > _RACY_NANOSECONDS:
        _known[key] = digest
    return digest
