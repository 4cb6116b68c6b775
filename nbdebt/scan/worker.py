"""A process that judges contents, one after the other, and may die of one of them: ``Worker`` starts it,
``main`` is what it does.

It is a process of its own, not one of :mod:`concurrent.futures`: it is killed when a notebook takes too long
or too much, programs that scan need no ``if __name__ == "__main__"``, and threads of file systems that are
fetched from are not forked. Messages are frames: four bytes of length, then msgpack.
"""

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import msgspec

import nbdebt
from nbdebt.model.errors import NbdebtError
from nbdebt.scan.judging import Terms, is_too_deep, judged
from nbdebt.scan.model import Judgement
from nbdebt.workers import seldom_collecting

_START = "import json,sys; sys.path[:] = json.loads(sys.argv[1]); from nbdebt.scan.worker import main; main()"
_HEAD = struct.Struct("<I")
_SECONDS_TO_START = 120.0
# What a process keeps of what it has seen grows slowly; a new one costs a fifth of a second.
_ENOUGH = 5_000


class Limits(msgspec.Struct, frozen=True):
    """What one notebook may take: seconds, and megabytes; 0 megabytes: no limit."""

    seconds: float = 60.0
    megabytes: int = 2048


class _Hello(msgspec.Struct):
    terms: Terms
    megabytes: int


class _Task(msgspec.Struct):
    is_script: bool
    data: bytes


_encode = msgspec.msgpack.Encoder().encode


class Worker:
    """One process, started when it is needed, and anew after it died.

    Args:
        terms: what contents are judged by.
        limits: what one may take.

    It is used by one thread; a :class:`Watch` may kill the process from another.
    """

    def __init__(self, terms: Terms, limits: Limits) -> None:
        self.limits = limits
        self._hello = _encode(_Hello(terms, limits.megabytes))
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0
        self._lock = threading.Lock()
        self.deadline: float | None = None
        self.overdue = False
        self.is_over = False

    def judge(self, data: bytes, is_script: bool) -> Judgement:
        """What is to be said of a content, even where the process dies of it.

        Raises:
            NbdebtError: no process can be started.
        """
        process = self._started()
        started = time.monotonic()
        self.overdue = False
        self.deadline = started + self.limits.seconds
        try:
            _write(process.stdin, _encode(_Task(is_script, data)))
            answer = _read(process.stdout)
        except OSError:
            answer = None
        finally:
            self.deadline = None
        self._done += 1
        if answer is not None:
            if self._done >= _ENOUGH:
                self.stop()
            return msgspec.msgpack.decode(answer, type=Judgement)
        status = process.wait()
        self.stop()
        seconds = round(time.monotonic() - started, 4)
        if self.overdue:
            reason = f"took more than {self.limits.seconds:g} s"
            return Judgement("timeout", reason, seconds=seconds)
        how = f"signal {-status}" if status < 0 else f"status {status}"
        reason = f"the process that analysed it ended with {how} (out of memory?)"
        return Judgement("killed", reason, seconds=seconds)

    def kill(self) -> None:
        """End the process, from any thread."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def stop(self) -> None:
        """End the process, and forget it."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):
                    assert pipe is not None
                    pipe.close()
            process.wait()
        self._done = 0

    def _started(self) -> subprocess.Popen[bytes]:
        if self.is_over:
            raise NbdebtError("the scan is over")
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        root = str(Path(nbdebt.__file__).resolve().parents[1])
        # Nothing is imported from the directory in which somebody happens to scan.
        paths = [p for p in sys.path if p and os.path.isabs(p)]
        arguments = json.dumps(paths if root in paths else [*paths, root])
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for the process that scans, which says what is to be said.
            start_new_session=True,
        )
        with self._lock:
            self._process = process
        self.deadline = time.monotonic() + _SECONDS_TO_START
        try:
            _write(process.stdin, self._hello)
            ready = _read(process.stdout)
        except OSError:
            ready = None
        finally:
            self.deadline = None
        if ready is None:
            assert process.stderr is not None
            process.kill()
            said = process.stderr.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            self.stop()
            raise NbdebtError(f"no worker process can be started: {said[0] if said else 'it says nothing'}")
        return process


class Watch:
    """Kills what takes too long, for all workers of a process. It is a thread; ``close`` ends it."""

    _OFTEN = 0.1

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="nbdebt-scan-watch", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(self._OFTEN):
            now = time.monotonic()
            for worker in tuple(self.workers):
                deadline = worker.deadline
                if deadline is not None and now > deadline:
                    worker.overdue = True
                    worker.kill()

    def close(self) -> None:
        """End the thread and all workers."""
        self._over.set()
        self._thread.join()
        for worker in self.workers:
            worker.is_over = True
            worker.stop()


def _write(pipe: IO[bytes] | None, data: bytes) -> None:
    assert pipe is not None
    pipe.write(_HEAD.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _read(pipe: IO[bytes] | None) -> bytes | None:
    """One frame; None where the other side is gone."""
    assert pipe is not None
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (length,) = _HEAD.unpack(head)
    data = pipe.read(length)
    return data if len(data) == length else None


# In the process


def main() -> None:
    """Judge what comes on standard input until it ends."""
    # What a library prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks = sys.stdin.buffer
    first = _read(tasks)
    if first is None:
        return
    hello = msgspec.msgpack.decode(first, type=_Hello)
    _import_all(hello.terms)
    limited = _limit(hello.megabytes) if hello.megabytes else False
    _write(answers, b"")
    # Nobody reads on: a full pipe must not stop what is written there.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    with seldom_collecting() as tidy:
        while (frame := _read(tasks)) is not None:
            task = msgspec.msgpack.decode(frame, type=_Task)
            del frame
            said = judged(task.data, task.is_script, hello.terms)
            if limited and is_too_deep(said) and _is_too_much(len(task.data), hello.megabytes):
                reason = f"needs more than {hello.megabytes} MB"
                said = Judgement("memory", reason, seconds=said.seconds)
            _write(answers, _encode(said))
            del task, said
            tidy()


def _import_all(terms: Terms) -> None:
    """Load what is loaded with the first notebook before memory is counted."""
    judged(b'# %%\nimport pandas as pd\npd.read_csv("a.csv").to_csv("b.csv")\n', True, terms)


def _limit(megabytes: int) -> bool:
    """Refuse more memory than this above what the process has now; False where the system can't do that."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        now = pages * os.sysconf("SC_PAGE_SIZE")
        most = now + megabytes * 1_000_000
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard != resource.RLIM_INFINITY and most >= hard:
            return True
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return False
    return True


def _is_too_much(size: int, megabytes: int) -> bool:
    """Too much, or too deep: Python raises the same where memory ends and where its own stack does."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return max(used, 4 * size) > megabytes * 500_000
