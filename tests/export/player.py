"""Plays a session of the session oracle, exports it, and runs the script, each in a process of its own.

``python -m tests.export.player`` is a server (see :mod:`benchmarks.oracle.server`).
"""

import os
import random
import shutil
import sys
import types
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.oracle.document import Document, Op
from benchmarks.oracle.kernel import play
from benchmarks.oracle.server import Server, serve
from tests.export.probe import said
from tests.live.oracle.play import NbdebtTracker, _load, _Tracked

_LIMIT = 20


class Request(msgspec.Struct):
    """A session to play and to export; or with ``script``, a script to run.

    Args:
        folder: the working directory; wiped first.
        data: a directory whose files are copied into it.
        entropy: where the global random streams start, instead of where the system would have it.
        document: the notebook as it is before the steps.
        ops: the steps.
        script: a script.
    """

    folder: str
    data: str
    entropy: int
    document: Document | None = None
    ops: list[Op] = []
    script: str = ""


class Exported(msgspec.Struct):
    """What is left: digests of all names; of a session the script, its targets, or why there is none."""

    values: dict[str, str]
    script: str = ""
    names: list[str] = []
    refused: str = ""
    level: str = ""


class Player(Server):
    """A running server."""

    def __init__(self) -> None:
        super().__init__("tests.export.player", 1)

    def done(self, request: Request) -> Exported:
        """Play or run; ``RuntimeError`` if the process dies or takes too long."""
        return self.ask(request, Exported)


def _answer(request: Request, shell: Any) -> Exported:
    folder = Path(request.folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(request.data, folder)
    os.chdir(folder)
    random.seed(request.entropy)
    sys.modules["numpy"].random.seed(request.entropy % 2**32)
    if request.document is None:
        return _ran(request.script, shell)
    import nbdebt
    from nbdebt.export.refused import ExportRefused

    sys.stdout.flush()
    tracked = NbdebtTracker(shell)
    play(_Tracked(shell, request.document, tracked), request.document, request.ops)
    tracked.tell(request.document)
    values = _values(shell)
    try:
        script = nbdebt.export(tracked._session, seed=None, settings=False)
    except ExportRefused as error:
        return Exported(values, refused=str(error))
    return Exported(values, script.text, list(script.manifest.names), level=script.manifest.level)


def _values(shell: Any) -> dict[str, str]:
    """Digests of all names; functions and classes in words: bytecode depends on what is compiled with it."""
    # What ``x = !command`` gives is a list of IPython's, and a plain one in the script.
    coded = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type, list)
    return {
        name: str(said(shell.user_ns[name])) if isinstance(shell.user_ns[name], coded) else digest
        for name, digest in shell.digests().items()
    }


def _ran(text: str, shell: Any) -> Exported:
    # What it makes stays alive with its names: not as runpy does it.
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(text, "exported.py", "exec"), names)
    except BaseException as error:
        return Exported({}, refused=f"raises {type(error).__name__}: {error}")
    # Names and values live where the shell's do, for the same digests.
    shell.user_ns.update({n: v for n, v in names.items() if n[:2] != "__"})
    return Exported(_values(shell))


def _serve() -> None:
    from tests.live.oracle.shell import LiveShell  # heavy, and only the server needs it

    for package in ("nbdebt.live", "nbdebt.export", "matplotlib"):
        _load(package)
    shell = LiveShell.prepared()
    serve(lambda line: _answer(msgspec.json.decode(line, type=Request), shell), _LIMIT)


if __name__ == "__main__":
    _serve()
