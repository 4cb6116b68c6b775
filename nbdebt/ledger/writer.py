"""What a kernel does: append to its own file, so that nobody waits for anybody and nothing is half-written.

A session writes files of its own, ``<time>-<session>-<part>.ndjson``. Each time, the lines of the current
part are written to a temporary file beside it, which then takes its place: whoever reads finds whole lines
only, at whatever moment the kernel is killed. A part that has grown is left alone and the next one begun, so
that a long session costs no more than a short one. There is no lock, for no file has two writers.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from nbdebt.data.exposure.mounts import mount_of
from nbdebt.ledger.entries import Began, Entry, encode

PART = 64 << 10
"""A part that is larger is not written to any more."""
# A write that takes longer, twice in a row, is no accident of a busy machine.
_SLOW = 3.0
_PATIENCE = 2.0


class Writer:
    """Writes down one session.

    Nothing is written before the first entry. What goes wrong is kept in ``failure`` and never raised. On a
    network file system, and where writes take long, a thread does it: what it hasn't written when the kernel
    is killed is lost, a run or two.

    Args:
        directory: of the ledger; made if it isn't there.
        began: the session's first line.
    """

    def __init__(self, directory: Path, began: Began) -> None:
        self.directory = directory
        self.failure = ""
        self._began = began
        self._stem = f"{re.sub(r'[^0-9T]', '', began.at[:19])}-{began.session}"
        self._part = began.part
        self._lines: list[bytes] = []
        self._size = 0
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        self._idle = threading.Condition()
        self._pending = False
        self._slow = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        mount = mount_of(os.path.realpath(directory))
        self._later = mount is not None and mount.network

    @property
    def file(self) -> Path:
        """The file of the current part."""
        return self.directory / f"{self._stem}-{self._part:04d}.ndjson"

    def write(self, entries: Iterable[Entry]) -> None:
        """Add entries. When this returns they are on disk, unless they are left to the thread."""
        lines = [encode(entry) for entry in entries]
        if not lines:
            return
        with self._lock:
            if self._size > PART and not self._later:
                self._next()
            if not self._lines:
                self._add(encode(msgspec.structs.replace(self._began, part=self._part)))
            for line in lines:
                self._add(line)
        if self._later:
            self._hand_over()
            return
        started = time.perf_counter()
        self._put()
        self._slow = self._slow + 1 if time.perf_counter() - started > _SLOW else 0
        self._later = self._slow > 1

    def close(self) -> None:
        """Wait a little for what is left to the thread."""
        if self._thread is not None:
            with self._idle:
                self._idle.wait_for(lambda: not self._pending, _PATIENCE)
            self._stopping = True
            self._dirty.set()

    def _add(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line) + 1

    def _next(self) -> None:
        self._part += 1
        self._lines, self._size = [], 0

    def _put(self) -> None:
        with self._lock:
            data, target = b"\n".join((*self._lines, b"")), self.file
            full = self._size > PART
        temporary = target.with_name(f".{target.name}.tmp")
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # Not tempfile's: what is written is for others to read, as far as the umask says so.
            temporary.write_bytes(data)
            os.replace(temporary, target)
        except OSError as error:
            self.failure = f"the ledger {self.directory} can't be written: {error.strerror or error}"
            with contextlib.suppress(OSError):
                temporary.unlink()
            return
        self.failure = ""
        if full and self._later:
            with self._lock:
                if b"\n".join((*self._lines, b"")) == data:
                    self._next()

    def _hand_over(self) -> None:
        with self._idle:
            self._pending = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nbdebt-ledger", daemon=True)
            self._thread.start()
        self._dirty.set()

    def _work(self) -> None:
        while True:
            self._dirty.wait()
            if self._stopping:
                return
            self._dirty.clear()
            self._put()
            if not self._dirty.is_set():
                with self._idle:
                    self._pending = self._dirty.is_set()
                    self._idle.notify_all()
