"""Which run does what happens now.

In order: the context (asyncio tasks and ``asyncio.to_thread`` inherit it), the run that started this
thread, the cell whose code is on the stack, the only run going on. Where none of these says, nobody can know.
"""

import threading
import types
import weakref
from contextvars import ContextVar
from typing import NamedTuple

current_run: ContextVar[int | None] = ContextVar("nbdebt_run", default=None)
"""The run that this context belongs to."""

_POOLS = ("concurrent/futures/thread.py", "multiprocessing/pool.py", "concurrent\\futures\\thread.py")
_MANY_THREADS = 2000


class Owner(NamedTuple):
    """Runs that may have done something; one, if it is known."""

    runs: tuple[int, ...]
    sure: bool


class Attribution:
    """Knows the runs that are going on, and the threads that they started."""

    def __init__(self) -> None:
        self.active: dict[int, str] = {}
        self._threads: dict[int, tuple[weakref.ref[threading.Thread], Owner]] = {}

    def begin(self, run: int, filename: str = "") -> None:
        """A run begins in this context; ``filename`` is that of its code objects, where it is known."""
        self.active[run] = filename
        current_run.set(run)

    def end(self, run: int) -> None:
        """A run is over."""
        self.active.pop(run, None)
        if current_run.get() == run:
            current_run.set(next(reversed(self.active), None))

    def thread_starts(self, function: object) -> None:
        """A thread is about to be started in this context; its ``Thread`` is the bound method's object."""
        thread = function.__self__ if type(function) is types.MethodType else None
        if not issubclass(type(thread), threading.Thread):
            return
        if len(self._threads) > _MANY_THREADS:
            self._threads = {k: v for k, v in self._threads.items() if v[0]() is not None}
        self._threads[id(thread)] = (weakref.ref(thread), self.owner(None))  # type: ignore[arg-type]

    def owner(self, frame: types.FrameType | None) -> Owner:
        """Whose doing it is.

        Args:
            frame: where it happens; looked at only if the context doesn't tell.
        """
        run = current_run.get()
        if run is not None:
            # A task that outlives its run still is that run's doing.
            return Owner((run,), True)
        active = self.active
        starter = self._starter()
        if starter is not None and starter.sure and starter.runs[0] in active:
            return starter
        names = {filename: run for run, filename in active.items() if filename}
        pooled, depth = False, 0
        while frame is not None and depth < 200:
            filename = frame.f_code.co_filename
            if filename in names:
                return Owner((names[filename],), True)
            pooled = pooled or filename.endswith(_POOLS)
            frame, depth = frame.f_back, depth + 1
        if len(active) == 1:
            # A thread of an earlier run may still be at work; the threads of a pool are handed new work.
            return Owner(tuple(active), starter is None or pooled or not starter.runs)
        return Owner(tuple(active), False)

    def _starter(self) -> Owner | None:
        # Not threading.current_thread(): it makes one up where there is none.
        thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
        known = self._threads.get(id(thread))
        return known[1] if known is not None and known[0]() is thread else None
