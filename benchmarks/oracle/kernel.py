"""Plays steps on a document in a real IPython shell, a fresh process each time.

``python -m benchmarks.oracle.kernel`` is a server: it loads IPython, numpy, pandas and scikit-learn once
and forks a
child for every request, which is a restart without the half second of imports. Requests and replies are
JSON lines.
"""

import ast
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks.oracle.document import Document, Op, Run, RunAll, reshape

TIME_LIMIT = 40
"""Seconds of wall clock that one session may take."""


class Value(msgspec.Struct, frozen=True):
    """What a name ended as: a digest for comparing and a short text for people."""

    digest: str
    brief: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


class Request(msgspec.Struct):
    """A document, what is done with it, and where.

    Args:
        document: as it is before the steps.
        ops: the steps.
        folder: the working directory; wiped first.
        data: a directory whose files are copied into it.
        entropy: stands in for the operating system's, so that unseeded draws can be had again.
    """

    document: Document
    ops: list[Op]
    folder: str
    data: str
    entropy: int


class Played(msgspec.Struct):
    """The document after the steps, what the names hold, and the runs in order as (cell id, source)."""

    document: Document
    values: dict[str, Value]
    runs: list[tuple[str, str]]
    failure: str = ""


class Kernel:
    """A running server. Use it as a context manager.

    Args:
        hash_seed: its ``PYTHONHASHSEED``; two servers with different ones iterate over sets in different
            orders.
    """

    def __init__(self, hash_seed: int) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.oracle.kernel"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=os.environ | threads | {"PYTHONHASHSEED": str(hash_seed)},
        )

    def play(self, request: Request) -> Played:
        """Play the request in a fresh process; ``RuntimeError`` if that process dies or takes too long."""
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(msgspec.json.encode(request) + b"\n")
        self._server.stdin.flush()
        played = msgspec.json.decode(self._server.stdout.readline(), type=Played)
        if played.failure:
            raise RuntimeError(played.failure)
        return played

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin and self._server.stdout
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


def play(shell: Any, document: Document, ops: list[Op]) -> list[tuple[str, str]]:
    """Take the steps in a shell (see :mod:`benchmarks.oracle.shell`); return what ran, as (cell id,
    source)."""
    runs: list[tuple[str, str]] = []

    def run(cell_id: str) -> str:
        cell = document[cell_id]
        runs.append((cell.id, cell.source))
        cell.count, cell.outputs = shell.run(cell.source)
        return next((out["evalue"] for out in cell.outputs if out["output_type"] == "error"), "")

    for op in ops:
        match op:
            case Run(cell, repair):
                error = run(cell)
                if repair and error.startswith("name '"):
                    missing = error.split("'")[1]
                    makers = [c.id for c in document.code if c.id != cell and missing in bound(c.source)]
                    if makers:
                        run(makers[0])
                        run(cell)
            case RunAll(cells):
                for code in document.code:
                    if (cells is None or code.id in cells) and run(code.id):
                        break
                    # An error with an empty message stops a Run All too.
                    if any(out["output_type"] == "error" for out in code.outputs):
                        break
            case _:
                reshape(document, op)
    return runs


def bound(source: str) -> set[str]:
    """Names that a person skimming the source would say it makes."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Store()) | ast.FunctionDef(name) | ast.ClassDef(name):
                names.add(name)
            case ast.alias(name, asname):
                names.add(asname or name.split(".")[0])
    return names


def _child(request: Request, shell: Any) -> Played:
    folder = Path(request.folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(request.data, folder)
    os.chdir(folder)
    shell.start(request.entropy)
    runs = play(shell, request.document, request.ops)
    return Played(request.document, shell.values(), runs)


def _serve() -> None:
    from benchmarks.oracle.shell import NotebookShell  # heavy, and only the server needs it

    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    shell = NotebookShell.prepared()
    for line in requests:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # pandas' allocator has a thread of its own, which survives forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            os.close(reader)
            signal.alarm(TIME_LIMIT)
            request = msgspec.json.decode(line, type=Request)
            try:
                played = _child(request, shell)
            except BaseException as error:
                played = Played(request.document, {}, [], f"{type(error).__name__}: {error}")
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(msgspec.json.encode(played))
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            reply = pipe.read()
        os.waitpid(pid, 0)
        failed = Played(Document("", []), {}, [], "the session's process died or ran out of time")
        replies.write((reply or msgspec.json.encode(failed)) + b"\n")
        replies.flush()


if __name__ == "__main__":
    _serve()
