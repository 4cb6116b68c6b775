"""Runs that somebody may stop: of each, the process that it waits for."""

import threading
from collections.abc import Callable
from contextvars import ContextVar

from nbdebt.model.errors import NbdebtError


class Stopped(NbdebtError):
    """Somebody has stopped it."""


class Stop:
    """What stops what one thread runs, from another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None
        self.wanted = False

    def now(self) -> None:
        """Stop: the process that goes on is ended, and none is started any more."""
        with self._lock:
            self.wanted = True
            if self._end is not None:
                self._end()

    def begun(self, end: Callable[[], None]) -> None:
        """A process goes on, which this ends."""
        with self._lock:
            self._end = end
            if self.wanted:
                end()

    def ended(self) -> None:
        """It goes on no more.

        Raises:
            Stopped: it was stopped.
        """
        with self._lock:
            self._end = None
            if self.wanted:
                raise Stopped("stopped: nothing is known of it")


stop_of: ContextVar[Stop | None] = ContextVar("nbdebt_stop", default=None)
"""What stops what runs in this context; None where nothing does."""
