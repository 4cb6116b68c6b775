"""The quick question of a kernel or a check: who has read this of late?

It is answered from an SQLite index where there is one, and for what that doesn't know from the files
themselves, which a thread reads within a budget. Nobody waits long: where the answer isn't there yet, there
is none, and the next one who asks has it.
"""

import functools
import hashlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from nbdebt.config import LedgerSettings
from nbdebt.ledger.entries import Accessed
from nbdebt.ledger.files import LedgerFile, ledger_files, read_file
from nbdebt.ledger.names import DatasetName

_BUDGET = 64 << 20
"""Bytes of files that are read at most, the newest first."""
_FRESH = 30.0
"""Seconds for which what was read counts."""


class Reader(NamedTuple):
    """Somebody who read a data set.

    Args:
        job: the notebook; a directory, with a slash behind it, where that isn't known.
        actor: who; empty where that isn't said.
        at: when last, ISO 8601 in UTC.
        digest: of what they read then; empty where that isn't known.
    """

    job: str
    actor: str
    at: str
    digest: str


def default_index(directory: str) -> Path:
    """Where the SQLite index of a ledger lies if nothing else is said: with the caches of the user, for it
    can be made anew, and an index of one's own needs nobody's permission."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    real = os.path.realpath(directory)
    digest = hashlib.sha256(real.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return cache / "nbdebt" / f"ledger-{os.path.basename(real) or 'root'}-{digest}.sqlite"


def index_of(settings: LedgerSettings) -> Path | None:
    """The SQLite file of a ledger's index; None where the index is a database of another kind."""
    if not settings.database:
        return default_index(settings.dir)
    if settings.database.startswith("sqlite:///"):
        return Path(settings.database.removeprefix("sqlite:///"))
    return None


@functools.lru_cache(maxsize=16)
def local_of(settings: LedgerSettings) -> "Local":
    """What answers for a ledger, one for the process."""
    return Local(settings)


class Local:
    """Knows who read what within the last days.

    Args:
        settings: where the ledger is.

    Args (attributes):
        patience: seconds to wait for the first answer; without it nobody is known.
        in_kernel: it is asked by a kernel, in which what is written has been written.
    """

    def __init__(self, settings: LedgerSettings) -> None:
        self.settings = settings
        self.patience = 2.0
        self.in_kernel = False
        self._known: dict[DatasetName, dict[tuple[str, str], tuple[str, str]]] = {}
        self._files: dict[str, tuple[int, int]] = {}
        self._index: Path | None = None
        self._done = 0.0
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read, in a thread, where what is known isn't new any more."""
        with self._lock:
            if self._thread is not None or (self._done and time.monotonic() - self._done < _FRESH):
                return
            self._thread = threading.Thread(target=self._work, name="nbdebt-ledger-reads", daemon=True)
            self._thread.start()

    def readers(self, name: DatasetName) -> list[Reader]:
        """Who read a data set within the days of the settings, the latest first."""
        self.start()
        if not self._ready.wait(self.patience):
            return []
        found = dict(self._known.get(name, {}))
        for reader in _asked(self._index, name, self._since()):
            key = (reader.job, reader.actor)
            found[key] = max((reader.at, reader.digest), found.get(key, ("", "")))
        readers = [Reader(job, actor, at, digest) for (job, actor), (at, digest) in found.items()]
        return sorted(readers, key=lambda reader: reader.at, reverse=True)

    def _since(self) -> str:
        first = datetime.now(UTC) - timedelta(days=self.settings.days)
        return first.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _work(self) -> None:
        try:
            self._read()
        except Exception:
            # Without an answer nothing is said; `nbdebt ledger` says what is wrong.
            pass
        finally:
            with self._lock:
                self._done = time.monotonic()
                self._thread = None
            self._ready.set()

    def _read(self) -> None:
        index = index_of(self.settings)
        indexed: dict[str, int] = {}
        if index is not None and index.is_file():
            indexed = _indexed(index)
            self._index = index if indexed else None
        since = self._since()
        oldest = datetime.fromisoformat(since).timestamp() * 1e9
        budget = _BUDGET
        todo = [f for f in ledger_files(Path(self.settings.dir)) if f.changed >= oldest]
        for file in sorted(todo, key=lambda f: f.changed, reverse=True):
            if indexed.get(file.name, -1) >= file.size or self._files.get(file.name) == file[2:]:
                continue
            budget -= file.size
            if budget < 0:
                return
            self._take(file, since)

    def _take(self, file: LedgerFile, since: str) -> None:
        try:
            content = read_file(file.path)
        except OSError:
            return
        if content.began is None:
            return
        key = (content.began.job, content.began.actor)
        for _, entry in content.entries:
            if isinstance(entry, Accessed) and entry.op == "read" and entry.at >= since:
                readers = self._known.setdefault(DatasetName(entry.ns, entry.name), {})
                readers[key] = max((entry.at, entry.digest), readers.get(key, ("", "")))
        self._files[file.name] = (file.size, file.changed)


def _indexed(index: Path) -> dict[str, int]:
    """Files that an index has taken in, and how much of them; none where it can't be read."""
    # Loaded only where there is an index.
    import sqlite3

    try:
        connection = sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True, timeout=0.5)
        try:
            return dict(connection.execute("SELECT name, max(size) FROM source GROUP BY name"))
        finally:
            connection.close()
    except sqlite3.Error:
        return {}


def _asked(index: Path | None, name: DatasetName, since: str) -> list[Reader]:
    if index is None:
        return []
    import sqlite3

    try:
        connection = sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True, timeout=0.05)
        try:
            rows = connection.execute(_READERS, (*name, since)).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return []
    return [Reader(*row) for row in rows]


# Beside a maximum, SQLite gives the other columns of its row ("Bare columns in an aggregate query").
_READERS = """
SELECT run.job, run.actor, max(access.at), access.digest FROM dataset
JOIN access ON access.dataset_id = dataset.id AND access.op = 'read'
JOIN run ON run.id = access.run_id
WHERE dataset.ns = ? AND dataset.name = ? AND access.at >= ?
GROUP BY run.job, run.actor
"""
