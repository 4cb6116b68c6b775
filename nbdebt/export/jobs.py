"""Verifications that go on beside other work: started, asked after, stopped."""

import secrets
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from nbdebt.export.offer import running
from nbdebt.export.stopping import Stop, stop_of
from nbdebt.model.errors import NbdebtError

_KEPT = 8


class _Job:
    def __init__(self, name: str) -> None:
        self.stop = Stop()
        self.name = name
        self.found: dict[str, Any] | None = None
        self.error = ""


class Jobs:
    """One verification at a time, each in a thread of its own; what came of the last few is kept.

    Args:
        around: a context in which each goes on.
    """

    def __init__(self, around: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
        self._around = around
        self._jobs: dict[int, _Job] = {}
        self._lock = threading.Lock()
        # Processes that are run don't outlive this one: nobody would hear of them.
        weakref.finalize(self, _end, self._jobs)

    def start(self, does: Callable[[], dict[str, Any]], name: str = "") -> int:
        """Begin.

        Args:
            does: gives an ``exported``.
            name: of what is exported.

        Returns:
            The job's number.

        Raises:
            NbdebtError: another one goes on.
        """
        with self._lock:
            if any(job.found is None and not job.error for job in self._jobs.values()):
                raise NbdebtError("another export is being run: wait for it, or stop it")
            # Not counted: nobody is to find others' by trying.
            number = 1 + secrets.randbelow(2**40)
            job = self._jobs[number] = _Job(name)
            for old in list(self._jobs)[:-_KEPT]:
                del self._jobs[old]
        threading.Thread(target=self._run, args=(job, does), name="nbdebt-export", daemon=True).start()
        return number

    def result(self, number: int) -> dict[str, Any]:
        """What came of it, or that it goes on.

        Raises:
            NbdebtError: it failed, was stopped, or nobody knows it.
        """
        job = self._jobs.get(number)
        if job is None:
            raise NbdebtError("nothing is known of this export any more")
        if job.error:
            raise NbdebtError(job.error)
        return {**(running(job.name) if job.found is None else job.found), "job": number}

    def stop(self, number: int) -> None:
        """End it, where it goes on."""
        if (job := self._jobs.get(number)) is not None:
            job.stop.now()

    def close(self) -> None:
        """End all."""
        _end(self._jobs)

    def _run(self, job: _Job, does: Callable[[], dict[str, Any]]) -> None:
        stop_of.set(job.stop)
        try:
            with self._around():
                job.found = does()
        except NbdebtError as error:
            job.error = str(error)
        except Exception as error:
            job.error = f"{type(error).__name__}: {error}"


def _end(jobs: dict[int, _Job]) -> None:
    for job in list(jobs.values()):
        job.stop.now()
