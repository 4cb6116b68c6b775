"""Digests of large files, made while nobody waits."""

import threading
from pathlib import Path

from nbdebt.data.digests import Algorithm, NotYet, file_digest


class Background:
    """Digests for a kernel that must not wait: those of large files are made in a thread.

    Args:
        at_once: files up to this size are read when they are asked for.
    """

    def __init__(self, at_once: int = 64 << 20) -> None:
        self.at_once = at_once
        self._done: dict[tuple[Path, Algorithm, int, int], str] = {}
        self._waiting: set[tuple[Path, Algorithm, int, int]] = set()

    def __call__(self, path: Path, algorithm: Algorithm) -> str:
        """A digest, as :func:`file_digest` gives it.

        Raises:
            NotYet: it is being made; ask again later.
            OSError: the file cannot be read.
        """
        stat = path.stat()
        if stat.st_size <= self.at_once:
            return file_digest(path, algorithm)
        key = (path, algorithm, stat.st_size, stat.st_mtime_ns)
        if key in self._done:
            return self._done[key]
        if key not in self._waiting:
            self._waiting.add(key)
            threading.Thread(target=self._make, args=(key,), name="nbdebt-digests", daemon=True).start()
        raise NotYet

    def _make(self, key: tuple[Path, Algorithm, int, int]) -> None:
        try:
            self._done[key] = file_digest(key[0], key[1])
        except OSError:
            # Whoever asks again is told, or tries again.
            self._waiting.discard(key)
