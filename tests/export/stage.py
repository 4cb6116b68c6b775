"""Plays notebooks of the tables, and runs what is exported of them, each in a process of its own.

``python -m tests.export.stage`` is a server (see :mod:`benchmarks.oracle.server`).
"""

import builtins
import json
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import nbdebt
from benchmarks.oracle.server import Server, serve
from nbdebt.export.saved import log_of_notebook
from nbdebt.read import read_notebook
from tests.export.probe import names

_LIMIT = 60


class Asked(msgspec.Struct):
    """What is to be run.

    Args:
        folder: an empty directory to run in.
        files: what lies there.
        runs: cells in the order in which they run, as name and source: a session.
        document: names of the cells that are left.
        cells: sources by name.
        script: a script.
        notebook: a notebook's JSON.
    """

    folder: str
    files: dict[str, str] = {}
    runs: list[tuple[str, str]] = []
    document: list[str] = []
    cells: dict[str, str] = {}
    script: str = ""
    notebook: str = ""


class Left(msgspec.Struct):
    """What is left of it: what names hold, the lines that were printed and shown; of a session, by run.

    Args:
        held: the names' values.
        said: lines, by run.
        failed: runs that raised, and what.
        exports: texts by ``live script``, ``live notebook``, ``saved script``, ``saved notebook``.
        refused: reasons, by the same.
        targets: names that the scripts give, by the same.
        notes: what is said of them, by the same.
    """

    held: dict[str, Any] = {}
    said: list[tuple[str, list[str]]] = []
    failed: dict[str, str] = {}
    exports: dict[str, str] = {}
    refused: dict[str, str] = {}
    targets: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}


class Stage(Server):
    """A running server."""

    def __init__(self) -> None:
        super().__init__("tests.export.stage", 0)

    def left(self, asked: Asked) -> Left:
        """Run it; ``RuntimeError`` if the process dies or takes too long."""
        return self.ask(asked, Left)


def _answer(asked: Asked, shell: Any) -> Left:
    os.makedirs(asked.folder, exist_ok=True)
    os.chdir(asked.folder)
    for name, text in asked.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    sys.path.insert(0, asked.folder)
    if asked.script:
        return _script(asked.script)
    shell.starting_dir = asked.folder
    return _notebook(asked.notebook, shell) if asked.notebook else _session(asked, shell)


def _script(text: str) -> Left:
    """As if it had been started alone: its output is a file's."""
    with open(f"{os.getcwd()}.out", "w+b") as out:
        os.dup2(out.fileno(), 1)
        sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
        module = types.ModuleType("__main__")
        sys.modules["__main__"], sys.argv = module, ["clean.py"]
        os.environ.pop("MPLBACKEND", None)
        place = os.getcwd()
        Path(f"{place}.py").write_text(text, encoding="utf-8")
        failed = {}
        try:
            exec(compile(text, f"{place}.py", "exec"), vars(module))
        except BaseException as error:
            failed = {"script": f"{type(error).__name__}: {error}"}
        sys.stdout.flush()
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    return Left(names(dict(vars(module))), [("", said.splitlines())], failed)


def _notebook(text: str, shell: Any) -> Left:
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    found = Left()
    for cell in cells:
        _run(shell, cell["id"], "".join(cell["source"]), found)
    found.held = _held(shell)
    return found


def _run(shell: Any, name: str, source: str, found: Left) -> tuple[int, list[dict[str, Any]]]:
    count, outputs = shell.run(source, name)
    found.said.append((name, list(_lines(outputs))))
    for output in outputs:
        if output["output_type"] == "error":
            found.failed[name] = f"{output['ename']}: {output['evalue']}"
    return int(count), outputs


def _lines(outputs: list[dict[str, Any]]) -> Iterator[str]:
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream" and output["name"] == "stdout":
            yield from output["text"].splitlines()
        elif kind in ("execute_result", "display_data"):
            yield from output["data"].get("text/plain", "").splitlines()


def _held(shell: Any) -> dict[str, Any]:
    hidden = {*shell.user_ns_hidden, "exit", "quit", "get_ipython", "open", "display"}
    return names({name: value for name, value in shell.user_ns.items() if name not in hidden})


def _session(asked: Asked, shell: Any) -> Left:
    session = nbdebt.load(shell)
    shell.run_cell("%nbdebt quiet", store_history=False)
    # Somebody sits there.
    builtins.input = lambda prompt="": print(prompt) or "Ann"
    found = Left()
    last: dict[str, tuple[int, list[dict[str, Any]]]] = {}
    for name, source in asked.runs:
        last[name] = _run(shell, name, source, found)
    session.set_document([(name, asked.cells[name]) for name in asked.document])
    found.held = _held(shell)
    # Beside what the notebook itself wrote, and in its directory: a saved notebook says where it ran.
    os.chdir(asked.folder)
    path = Path(asked.folder, "the_notebook.ipynb")
    path.write_text(json.dumps(_saved(asked, last)))
    saved = log_of_notebook(read_notebook(path.read_bytes(), str(path)))
    for source, given in (("live", session.log()), ("saved", saved)):
        for form in ("script", "notebook"):
            key = f"{source} {form}"
            try:
                made = nbdebt.export(given, notebook=form == "notebook")
            except nbdebt.ExportRefused as error:
                found.refused[key] = str(error)
                continue
            found.exports[key] = made.text
            found.targets[key] = list(made.manifest.names)
            found.notes[key] = [*made.manifest.dropped, *made.manifest.notes]
    path.unlink()
    return found


def _saved(asked: Asked, last: dict[str, tuple[int, list[dict[str, Any]]]]) -> dict[str, Any]:
    cells = []
    for name in asked.document:
        count, outputs = last.get(name, (None, []))
        cells.append(
            {
                "cell_type": "code",
                "id": name,
                "metadata": {},
                "source": asked.cells[name],
                "execution_count": count,
                "outputs": json.loads(json.dumps(outputs, default=str)),
            }
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _serve() -> None:
    import importlib
    import pkgutil
    from contextlib import suppress

    from tests.live.oracle.shell import LiveShell  # heavy, and only the server needs it

    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    # No process shall pay for what all of them load.
    parts = [
        m.name
        for m in pkgutil.walk_packages(nbdebt.__path__, "nbdebt.")
        if ".live" in m.name or ".flow" in m.name
    ]
    for package in (
        *parts,
        "matplotlib",
        "IPython.lib.pretty",
        "IPython.core.completer",
        "zipfile",
        "sqlite3",
    ):
        with suppress(ImportError):
            importlib.import_module(package)
    shell = LiveShell.prepared()
    for notebook in (False, True):
        nbdebt.export(read_notebook(b"import math\nx = math.pi\nx", "a.py"), notebook=notebook)
    serve(lambda line: _answer(msgspec.json.decode(line, type=Asked), shell), _LIMIT)


if __name__ == "__main__":
    _serve()
