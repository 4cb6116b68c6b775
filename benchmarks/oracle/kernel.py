"""Plays steps on a document in a real IPython shell, a fresh process each time.

``python -m benchmarks.oracle.kernel`` is a server (see :mod:`benchmarks.oracle.server`): it loads IPython,
numpy, pandas and scikit-learn once and forks a child for every request.
"""

import ast
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.oracle.document import Document, Op, Run, RunAll, reshape
from benchmarks.oracle.server import Server, serve


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


class Kernel(Server):
    """A running server that plays requests; see :class:`Server`."""

    def __init__(self, hash_seed: int) -> None:
        super().__init__("benchmarks.oracle.kernel", hash_seed)

    def play(self, request: Request) -> Played:
        """Play the request in a fresh process; ``RuntimeError`` if that process dies or takes too long."""
        return self.ask(request, Played)


def play(shell: Any, document: Document, ops: list[Op]) -> list[tuple[str, str]]:
    """Take the steps in a shell (see :mod:`benchmarks.oracle.shell`); return what ran, as (cell id,
    source)."""
    runs: list[tuple[str, str]] = []

    def run(cell_id: str) -> str:
        cell = document[cell_id]
        runs.append((cell.id, cell.source))
        cell.count, cell.outputs = shell.run(cell.source, cell.id)
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

    shell = NotebookShell.prepared()
    serve(lambda line: _child(msgspec.json.decode(line, type=Request), shell))


if __name__ == "__main__":
    _serve()
