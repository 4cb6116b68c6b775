"""What runs read and write outside the kernel: files, URLs, tables.

Four sensors write down what happens: the interpreter's audit events (:mod:`hook`), library functions that
bypass it (:mod:`entries`), SQLAlchemy's own event, and a look, at both ends of a run, at files that earlier
runs opened for writing. :mod:`attribution` says whose doing it was, :mod:`noise` what to pass over, and
:mod:`classify` what it amounts to.
"""

import contextlib
import os
import sys
import threading
import types
from typing import Any

from nbdebt.live.files.attribution import Attribution, Owner
from nbdebt.live.files.classify import Names, ensured, seen_of, sqlite_path
from nbdebt.live.files.contents import Contents, Signature, signature
from nbdebt.live.files.entries import EntryPoints, connection_text
from nbdebt.live.files.gate import cell_may_touch, may_touch
from nbdebt.live.files.hook import Hook, Touch
from nbdebt.live.files.noise import caller, is_cell, noisy_prefixes
from nbdebt.live.libraries import is_library
from nbdebt.live.monitoring import monitor
from nbdebt.live.seen import Seen

_MOST_HELD = 64
_HOLDING = frozenset(("write", "append", "update", "maybe"))


class FileWatch:
    """Sees what the runs of a session touch outside.

    Nothing here raises into the user's code or keeps an object of theirs: paths and addresses are copied as
    text.
    """

    def __init__(self) -> None:
        self._contents = Contents()
        self._attribution = Attribution()
        self._hook = Hook(self._attribution, self._contents)
        self._entries = EntryPoints(self._hook)
        self._names = Names(sys.modules)  # type: ignore[arg-type]
        self._pending: dict[int, list[Touch]] = {}
        self._held: dict[str, str] = {}
        self._found: dict[int, dict[str, Signature | None]] = {}
        self._listening: Any = None
        self._started = False
        self._threads = 1
        self.ensured: list[str] = []
        """Directories that the run which ended last would have made, and that were there already."""

    @property
    def failures(self) -> list[str]:
        """What went wrong, in words; never raised."""
        return [*self._hook.failures, *self._entries.failures, *monitor.failures]

    def start(self) -> None:
        """Begin to watch; between runs nothing is written down."""
        if self._started:
            return
        self._started = True
        self._threads = threading.active_count()
        self._hook.exec_seen = self._executed
        self._entries.start()
        monitor.on_cell(monitor.watch_calls)

    def stop(self) -> None:
        """Stop. An audit hook can't be taken out: its gate stays closed. All else is undone."""
        if not self._started:
            return
        self._started = False
        self._hook.close_gate()
        self._hook.exec_seen = None
        self._entries.stop()
        self._deafen()
        self._attribution.active.clear()

    def begin(self, run: int, may_touch: bool = True, filename: str = "") -> None:
        """A run begins in this context.

        Args:
            run: its number.
            may_touch: False if the run can't touch anything outside (see :func:`may_touch`). Until the first
                that can, the audit hook is not put in: it slows down every ``id()``.
            filename: that of the cell's code objects, where it is known.
        """
        if not self._started:
            return
        self._entries.arm()
        self._listen()
        self._hook.prefixes = noisy_prefixes() if not self._attribution.active else self._hook.prefixes
        self._attribution.begin(run, filename)
        self._pending[run] = []
        self._found[run] = {path: signature(path) for path in self._held}
        # A thread that an earlier run left going may touch something meanwhile.
        if may_touch or threading.active_count() > self._threads:
            self._hook.open_gate()

    def end(self, run: int) -> list[Seen]:
        """A run is over.

        Returns:
            What it touched, in order: files first, each as read, then as written or deleted. A file that
            the run made itself is not read from outside, and what it made and removed again is not mentioned.
        """
        if run not in self._pending:
            return []
        with self._hook.quiet():
            self._look_at_held(run)
            self._attribution.end(run)
            if not self._attribution.active:
                self._hook.close_gate()
            self._hand_out()
            touches = self._pending.pop(run)
            for touch in touches:
                if touch.kind in _HOLDING:
                    self._hold(touch.path, touch.given)
            self._contents.renew()
            seen = seen_of(touches, self._contents, self._names)
            self.ensured = ensured(touches)
            self._entries.arm()
            self._listen()
            return seen

    def late(self) -> dict[int, list[Seen]]:
        """What runs that were over already have touched since, by tasks and threads of theirs."""
        with self._hook.quiet():
            self._hand_out()
            over = [run for run in self._pending if run not in self._attribution.active]
            return {run: seen_of(self._pending.pop(run), self._contents, self._names) for run in over}

    def digest(self, path: str) -> str:
        """The digest of what a path holds now; empty where there is nothing."""
        with self._hook.quiet():
            self._contents.renew()
            return self._contents.digest(os.path.abspath(os.path.expanduser(path)))

    def database(self, connection: object) -> str:
        """The file that an open connection of sqlite3 is to, absolute; empty where that isn't known."""
        path = self._hook.database(connection)
        return os.path.abspath(path) if path else ""

    def quiet(self) -> contextlib.AbstractContextManager[object]:
        """A context in which this thread's own accesses are not noted."""
        return self._hook.quiet()

    def resolve(self, digest: str) -> str:
        """The digest of content behind a ``stat:…`` one, as soon as the file has been read in the
        background."""
        return self._contents.resolve(digest)

    def settle(self) -> None:
        """Wait for what is read in the background."""
        self._contents.settle()

    def _hand_out(self) -> None:
        for touch in self._hook.take():
            for run in touch.owner.runs:
                self._pending.setdefault(run, []).append(touch)

    # Files that stay open from one run to the next

    def _hold(self, path: str, given: str) -> None:
        self._held.pop(path, None)
        self._held[path] = given
        while len(self._held) > _MOST_HELD:
            self._held.pop(next(iter(self._held)))

    def _look_at_held(self, run: int) -> None:
        """A file or database that an earlier run opened may have been written through its handle."""
        mentioned = {touch.path for touch in self._hook.touches}
        others = [other for other in self._attribution.active if other != run]
        for path, found in self._found.pop(run, {}).items():
            if path not in mentioned and found is not None and signature(path) not in (found, None):
                owner = Owner((run, *others), not others)
                given = self._held.get(path, path)
                self._hook.note(Touch("update", path, given, owner, ("", ""), found))

    # Cells about to be executed, and SQL

    def _executed(self, code: types.CodeType) -> None:
        name = code.co_filename
        # Cells, and modules of the user's own as they are imported.
        if (
            is_cell(name)
            or name in self._attribution.active.values()
            or not (name[:1] == "<" or is_library(name))
        ):
            monitor.watch_calls(code)

    def _listen(self) -> None:
        engine = getattr(sys.modules.get("sqlalchemy.engine"), "Engine", None)
        event = sys.modules.get("sqlalchemy.event")
        if self._listening is None and engine is not None and event is not None:
            with contextlib.suppress(Exception):
                event.listen(engine, "before_cursor_execute", self._before_cursor_execute)
                self._listening = engine

    def _deafen(self) -> None:
        event = sys.modules.get("sqlalchemy.event")
        if self._listening is not None and event is not None:
            with contextlib.suppress(Exception):
                event.remove(self._listening, "before_cursor_execute", self._before_cursor_execute)
        self._listening = None

    def _before_cursor_execute(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        """SQLAlchemy's event of this name."""
        if not self._attribution.active:
            return
        try:
            with self._hook.quiet():
                frame = sys._getframe(1)
                wanted, module, function = caller(frame)
                owner = self._attribution.owner(frame)
                address = connection_text(connection)
                via = (module, function) if function else ("", "sqlalchemy")
                if wanted:
                    self._hook.note(Touch("sql", statement, statement, owner, via, other=address))
                    place = self._hook.locate(sqlite_path(address))
                    if place is not None:
                        self._hook.note(Touch("maybe", *place, owner, via, signature(place[0])))
        except Exception as error:
            self._hook.failures.append(f"sqlalchemy: {type(error).__name__}: {error}")


__all__ = ["FileWatch", "cell_may_touch", "may_touch"]
