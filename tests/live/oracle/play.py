"""Plays a session in a real IPython shell, either watching what each run did or asking a tracker about it.

``python -m tests.live.oracle.play`` is a server (see :mod:`benchmarks.oracle.server`).
"""

import contextlib
import hashlib
import importlib
import os
import pkgutil
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.oracle.document import Cell, Document, Op
from benchmarks.oracle.kernel import Value, play
from benchmarks.oracle.server import Server, serve
from benchmarks.oracle.truth import shown

_LIMIT = 20
"""Seconds that a session may take; one whose threads wait for each other takes all of them."""


class Ran(msgspec.Struct):
    """One run: what it was, how it ended and what it showed, and the digests of all names after it."""

    cell: str
    source: str
    outcome: str
    shown: str
    values: dict[str, str]
    changed: list[str]


class Watched(msgspec.Struct):
    """A session without any tracker: the document as it was left, its runs, what the names hold, and digests
    of the files in its directory."""

    document: Document
    runs: list[Ran]
    values: dict[str, Value]
    files: dict[str, str]


class Said(msgspec.Struct):
    """A tracker's verdict on a session; ``failure`` is what it raised."""

    reproduces: bool | None
    cells: dict[str, str] = {}
    because: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    left_over: list[str] = []
    raised: bool = False
    """Did a cell raise when it last ran?"""
    failure: str = ""
    seconds: float = 0.0


class Request(msgspec.Struct):
    """A document, what is done with it, and where.

    Args:
        document: as it is before the steps.
        ops: the steps.
        folder: the working directory; wiped first.
        data: a directory whose files are copied into it.
        entropy: where the global random streams start, instead of where the system would have it.
        judge: the tracker to load and to ask; without one the session is watched.
    """

    document: Document
    ops: list[Op]
    folder: str
    data: str
    entropy: int
    judge: str = ""


class Player(Server):
    """A running server that plays sessions."""

    def __init__(self, hash_seed: int) -> None:
        super().__init__("tests.live.oracle.play", hash_seed)

    def watch(self, request: Request) -> Watched:
        """Play and watch; ``RuntimeError`` if the process dies or takes too long."""
        return self.ask(request, Watched)

    def judge(self, request: Request) -> Said:
        """Play with the request's tracker loaded and ask it at the end."""
        return self.ask(request, Said)


class _Watch:
    """Stands for the shell while cells are run, and writes down what each did."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._values = shell.digests()
        self.runs: list[Ran] = []

    def run(self, source: str, cell_id: str) -> tuple[int, list[dict[str, Any]]]:
        before = self._values
        count, outputs = self._shell.run(source, cell_id)
        self._values = after = self._shell.digests()
        error = next((out["ename"] for out in outputs if out["output_type"] == "error"), "")
        text = shown(Cell(cell_id, source, outputs=[o for o in outputs if o["output_type"] != "error"]))
        changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
        self.runs.append(Ran(cell_id, source, error, text, after, sorted(changed)))
        return count, outputs


class _Tracked:
    """Stands for the shell while cells are run, and tells the tracker of the document before each."""

    def __init__(self, shell: Any, document: Document, tracker: Any) -> None:
        self._shell, self._document, self._tracker = shell, document, tracker

    def run(self, source: str, cell_id: str) -> tuple[int, list[dict[str, Any]]]:
        self._tracker.tell(self._document)
        ran: tuple[int, list[dict[str, Any]]] = self._shell.run(source, cell_id)
        return ran


class NbdebtTracker:
    """nbdebt through the seam that outside programs use."""

    def __init__(self, shell: Any) -> None:
        import nbdebt

        self._session = nbdebt.load(shell)  # type: ignore[attr-defined, unused-ignore]

    def tell(self, document: Document) -> None:
        """Say what the document is now."""
        self._session.set_document([(cell.id, cell.source) for cell in document.code])

    def verdict(self) -> Said:
        """Ask."""
        verdict = self._session.verdict()
        return Said(
            verdict.reproduces,
            {cell: found.state for cell, found in verdict.cells.items()},
            {cell: list(found.because) for cell, found in verdict.cells.items() if found.because},
            {name: str(why) for name, why in verdict.names.items()},
            list(verdict.left_over),
        )


def tracker(name: str, shell: Any) -> Any:
    """Load a tracker into a shell; it has ``tell(document)`` and ``verdict() -> Said``."""
    if name == "nbdebt":
        return NbdebtTracker(shell)
    module = importlib.import_module(f"tests.live.oracle.{name}_peer")
    return module.Tracker(shell)


def _play(request: Request, shell: Any) -> Watched | Said:
    folder = Path(request.folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(request.data, folder)
    os.chdir(folder)
    random.seed(request.entropy)
    sys.modules["numpy"].random.seed(request.entropy % 2**32)
    if not request.judge:
        watch = _Watch(shell)
        play(watch, request.document, request.ops)
        return Watched(request.document, watch.runs, shell.values(), _files(folder))
    start = time.perf_counter()
    try:
        asked = tracker(request.judge, shell)
        play(_Tracked(shell, request.document, asked), request.document, request.ops)
        asked.tell(request.document)
        said: Said = asked.verdict()
        if asked.verdict() != said:
            said.failure = "asked twice, it said two things"
    except Exception as error:
        said = Said(None, failure=f"{type(error).__name__}: {error}")
    errors = (out for cell in request.document.code for out in cell.outputs)
    said.raised = any(out["output_type"] == "error" for out in errors)
    said.seconds = time.perf_counter() - start
    return said


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def _load(package: str) -> None:
    """Load a package before the fork, with all modules if it is ours, as far as they are there."""
    with contextlib.suppress(ImportError):
        found = importlib.import_module(package)
        for module in pkgutil.iter_modules(found.__path__, package + ".") if package == "nbdebt.live" else ():
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)


def _serve() -> None:
    from tests.live.oracle.shell import LiveShell  # heavy, and only the server needs it

    for package in ("nbdebt.live", "ipyflow", "matplotlib"):
        _load(package)
    shell = LiveShell.prepared()
    serve(lambda line: _play(msgspec.json.decode(line, type=Request), shell), _LIMIT)


if __name__ == "__main__":
    _serve()
