"""A process that has loaded what is heavy, and forks a child for every request: a restart without the half
second of imports. Requests and replies are JSON lines.
"""

import contextlib
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

TIME_LIMIT = 40
"""Seconds of wall clock that one request may take."""

Reply = TypeVar("Reply", bound=msgspec.Struct)


class Failure(msgspec.Struct, forbid_unknown_fields=True):
    """Sent instead of a reply when the child died, raised or took too long."""

    no_reply: str


class Server:
    """A running server. Use it as a context manager.

    Args:
        module: what is run with ``python -m``; it calls :func:`serve`.
        hash_seed: its ``PYTHONHASHSEED``; two servers with different ones iterate over sets in different
            orders.
    """

    def __init__(self, module: str, hash_seed: int) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=os.environ | threads | {"PYTHONHASHSEED": str(hash_seed)},
        )

    def ask(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """Have a request answered by a fresh process.

        Raises:
            RuntimeError: that process died or took too long.
            ConnectionError: the server itself is gone.
        """
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(msgspec.json.encode(request) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ConnectionError("the server is gone")
        with contextlib.suppress(msgspec.ValidationError):
            raise RuntimeError(msgspec.json.decode(line, type=Failure).no_reply)
        return msgspec.json.decode(line, type=reply)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(answer: Callable[[bytes], msgspec.Struct], limit: int = TIME_LIMIT) -> None:
    """Answer the requests that come in on standard input, each in a child of its own, until it is closed.

    Args:
        answer: makes the reply to a request.
        limit: seconds of wall clock that one request may take.
    """
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for line in requests:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # pandas' allocator has a thread of its own, which survives forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            os.close(reader)
            signal.alarm(limit)
            try:
                reply = answer(line)
            except BaseException as error:
                reply = Failure(f"{type(error).__name__}: {error}")
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(msgspec.json.encode(reply))
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            answered = pipe.read()
        os.waitpid(pid, 0)
        failed = Failure("the session's process died or ran out of time")
        replies.write((answered or msgspec.json.encode(failed)) + b"\n")
        replies.flush()
