"""What files hold, cheaply: digests that are remembered, and what is worth saying of a file beside.

Content is identified by sha256, as in ``nbdebt.lock`` and in Git LFS; a directory by what lies in it. What is
too large to be read after a cell is told by size and time of change, and read in the background.
"""

import os
import stat
import threading
import time
from collections import deque
from pathlib import Path

try:
    import pwd
except ImportError:  # pragma: no cover - Windows has no such thing
    pwd = None  # type: ignore[assignment]

from xxhash import xxh3_128_hexdigest

from nbdebt.data.digests import file_digest
from nbdebt.data.exposure.mounts import mount_of

AT_ONCE = 64 << 20
"""Files up to this size are read when a run has ended; larger ones in the background."""
LARGEST = 4 << 30
"""Larger files are never read: they are known by size and time alone."""
BEFORE = 8 << 20
"""Files up to this size are read before they are overwritten, if nothing is known of them."""
_PER_RUN = 256 << 20
_REMEMBERED = 20_000
_ENTRIES = 5_000
# A file changed this short a time before it was read may have changed again within one tick of its clock.
_RACY = 50_000_000

Signature = tuple[int, int, int, int, int]
"""Device, inode, size, and times of change: while these are equal the content is."""


def signature(path: str) -> Signature | None:
    """What tells one state of a file from another without reading it; None where there is nothing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def stat_digest(found: Signature) -> str:
    """The weak digest of what was not read: size and time of change."""
    return f"stat:{found[2]}-{found[3]}"


class Contents:
    """Digests of files, remembered for as long as their signature holds.

    Args (attributes):
        budget: bytes that may still be read for the run that is being looked at.
    """

    def __init__(self) -> None:
        self.budget = _PER_RUN
        self._known: dict[Signature, str] = {}
        self._waiting: deque[str] = deque()
        self._strong: dict[str, str] = {}
        self._worker: threading.Thread | None = None
        self._changed = threading.Condition()

    def renew(self) -> None:
        """Another run is looked at: the budget is whole again."""
        self.budget = _PER_RUN

    def digest(self, path: str, limit: int = AT_ONCE) -> str:
        """The digest of what a path holds now.

        Args:
            path: absolute.
            limit: files beyond this size are not read now: ``stat:…``.

        Returns:
            ``sha256:…``; ``xxh3:…`` of the names in a directory; ``stat:…``; empty where there is nothing.
        """
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return ""
        if stat.S_ISDIR(found.st_mode):
            return _listing(path)
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if not stat.S_ISREG(found.st_mode):
            return ""
        known = self._known.get(key)
        if known is not None:
            return known
        if found.st_size > min(limit, self.budget):
            if AT_ONCE < found.st_size <= LARGEST:
                self._later(path)
            return stat_digest(key)
        try:
            text = "sha256:" + file_digest(Path(path), "sha256")
        except OSError:
            return stat_digest(key)
        self.budget -= found.st_size
        if signature(path) == key and time.time_ns() - found.st_mtime_ns > _RACY:
            self._remember(key, text)
        return text

    def tree(self, path: str) -> str:
        """The digest of a data set that is a directory: names, sizes and times of all files below."""
        items: list[str] = []
        for directory, _, names in os.walk(path):
            for name in names:
                found = signature(os.path.join(directory, name))
                if found is not None:
                    items.append(f"{os.path.relpath(directory, path)}/{name}={stat_digest(found)}")
            if len(items) > _ENTRIES:
                break
        return "xxh3:" + xxh3_128_hexdigest("\n".join(sorted(items)).encode("utf-8", "surrogateescape"))

    def resolve(self, digest: str) -> str:
        """The digest of the content behind a weak one, once the background has read it; else as it is."""
        with self._changed:
            return self._strong.get(digest, digest)

    def settle(self) -> None:
        """Wait until the background has read everything."""
        with self._changed:
            self._changed.wait_for(lambda: self._worker is None)

    def _remember(self, key: Signature, text: str) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = text

    def _later(self, path: str) -> None:
        with self._changed:
            if path not in self._waiting:
                self._waiting.append(path)
            if self._worker is None:
                self._worker = threading.Thread(target=self._read, name="nbdebt-digests", daemon=True)
                self._worker.start()

    def _read(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._worker = None
                    self._changed.notify_all()
                    return
                path = self._waiting[0]
            key, text = signature(path), ""
            try:
                text = "sha256:" + file_digest(Path(path), "sha256")
            except OSError:
                key = None
            with self._changed:
                self._waiting.popleft()
                # The weak digest stays the one that accesses bear, so that one content has one digest.
                if key is not None and signature(path) == key:
                    self._strong[stat_digest(key)] = text


def _listing(path: str) -> str:
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return ""
    return "xxh3:" + xxh3_128_hexdigest("\n".join(names).encode("utf-8", "surrogateescape"))


def standing(path: str) -> list[str]:
    """Who owns what was written, who may read it, and on what it lies: ``key=value`` items."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return []
    items = [f"mode={stat.S_IMODE(found.st_mode):04o}", f"owner={_user(found.st_uid)}"]
    mount = mount_of(path)
    if mount is not None and mount.shared:
        items.append(f"mount={mount.shared}")
    return items


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, AttributeError):
        return str(number)
