"""The shell in which live sessions are played."""

import asyncio
import concurrent.futures
import queue
import sqlite3
import threading
from typing import Any

from benchmarks.oracle.digest import Digester
from benchmarks.oracle.kernel import Value
from benchmarks.oracle.shell import NotebookShell, brief

# What leads from these into the whole process says nothing of their value.
_BY_TYPE = (threading.Thread, concurrent.futures.Executor, queue.Queue, asyncio.AbstractEventLoop)


class LiveDigester(Digester):
    """Knows some more of what has no state that could be compared: figures, connections, threads."""

    def _parts(self, value: Any) -> list[bytes]:
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}".encode()
        if isinstance(value, _BY_TYPE):
            return [name]
        if isinstance(value, asyncio.Future):
            return [name, *self._all([value.done(), value.cancelled()])]
        if isinstance(value, sqlite3.Connection):
            return [name, *self._all(_dump(value))]
        if name.startswith(b"matplotlib."):
            return [name, *self._all(_drawn(value))]
        return super()._parts(value)


def _dump(connection: sqlite3.Connection) -> list[Any]:
    try:
        in_a_file = any(row[2] for row in connection.execute("pragma database_list"))
        return [] if in_a_file else list(connection.iterdump())
    except sqlite3.Error as error:
        return [type(error).__name__]


def _drawn(value: Any) -> list[Any]:
    """What can be seen of a figure, an axis, or something on one."""
    if hasattr(value, "axes") and hasattr(value, "get_size_inches"):
        return [value.axes, value.get_size_inches().tolist()]
    if hasattr(value, "get_xydata"):
        return [value.get_xydata().tolist(), value.get_label(), value.get_color()]
    if hasattr(value, "lines") and hasattr(value, "patches"):
        legend = value.get_legend()
        texts = [
            value.get_title(),
            value.get_xlabel(),
            value.get_ylabel(),
            value.get_xlim(),
            value.get_ylim(),
        ]
        return [*texts, list(value.lines), [str(p) for p in value.patches], legend is not None]
    if hasattr(value, "patches"):
        return [str(patch) for patch in value.patches]
    return [value.get_text()] if hasattr(value, "get_text") else []


class LiveShell(NotebookShell):
    """A shell that can say at any time what all names hold."""

    def digests(self) -> dict[str, str]:
        """Return a digest of every name of the user's; one that can't be had is that of its type."""
        digester = LiveDigester()
        found = {}
        for name, value in self.user_ns.items():
            if name.startswith("_") or name in self.user_ns_hidden:
                continue
            try:
                found[name] = digester.digest(value)
            except Exception:
                found[name] = f"opaque:{type(value).__qualname__}"
        return found

    def values(self) -> dict[str, Value]:
        """Return what the user's names hold, with short texts."""
        return {name: Value(digest, brief(self.user_ns[name])) for name, digest in self.digests().items()}
