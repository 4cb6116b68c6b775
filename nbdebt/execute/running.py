"""``nbdebt run``: a notebook from top to bottom in a fresh kernel that records, written with its evidence."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.analyse import PYTHON
from nbdebt.execute.parameters import inject
from nbdebt.execute.recording import Recording, record
from nbdebt.model.errors import NbdebtError, NotebookError
from nbdebt.model.notebook import Notebook
from nbdebt.read import is_ipynb, read_notebook
from nbdebt.read.edit import write_atomic
from nbdebt.report.words import cell_label
from nbdebt.restart.running import MISSING, as_node, kernel_for, run_notebook


class Ran(msgspec.Struct):
    """What came of a run.

    Args:
        output: the notebook that was written; empty where none was.
        cells: how many code cells ran.
        stopped: at which cell it stopped, and why; empty where it came to its end.
        notes: what else there is to say, one sentence each.
        seconds: how long it took.
    """

    output: str
    cells: int
    stopped: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def run(
    path: str,
    output: str = "",
    parameters: Mapping[str, Any] | None = None,
    *,
    kernel: str = "",
    timeout: float = 0.0,
    directory: str = "",
) -> Ran:
    """Run a notebook in a fresh kernel that records, and write it with its outputs and the evidence.

    This runs code.

    Args:
        path: an ``.ipynb`` file, or a script with cells.
        output: the notebook to write; empty: the one that was run, and only if it came to its end.
        parameters: set in a cell of their own, in papermill's way.
        kernel: name of the kernel; the notebook's if empty.
        timeout: seconds that the whole run may take; 0 for as long as it takes.
        directory: where it runs; empty: where the notebook lies.

    Raises:
        NotebookError: the notebook can't be read.
        NbdebtError: it can't be run here, or nowhere is said where to write it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotebookError(path, error.strerror or str(error), kind="unreadable") from None
    document = read_notebook(data, path)
    if document.language not in PYTHON:
        raise NbdebtError(f"{path}: its language is {document.language}; nbdebt records Python 3")
    if not output and (parameters or not is_ipynb(data, path)):
        what = "with parameters it is another notebook" if parameters else "it is a script"
        raise NbdebtError(f"{path}: {what}: say with -o which notebook to write")
    place = Path(directory or os.path.dirname(os.path.abspath(path)))
    if not place.is_dir():
        raise NbdebtError(f"{place}: there is no such directory to run in")
    target = Path(output or path)
    if not target.absolute().parent.is_dir():
        raise NbdebtError(f"{target}: there is no such directory to write in")
    node, notes = _node(data, document, path)
    if not inject(node, parameters or {}):
        notes.append("no cell is tagged `parameters`: they were set in a new first cell")
    name = kernel_for(node.metadata, kernel)
    made: list[Recording] = []
    done = run_notebook(
        node,
        name,
        place,
        timeout or float("inf"),
        prepare=lambda client: made.append(record(client, os.path.abspath(path), must=True)),
        environ={"JPY_SESSION_NAME": os.path.abspath(path)},
    )
    _say_kernel(node, name, done.python)
    stopped = f"{_label(node, done.stopped[0])} {done.stopped[1]}" if done.stopped else ""
    for recording in made:
        notes += [n for n in (recording.problem, *recording.failures) if n]
    if stopped and not output:
        notes.append(f"{path} was left as it was: -o writes what ran")
        return Ran("", len(done.cells), stopped, tuple(notes), done.seconds)
    write_atomic(target, _written(node))
    return Ran(str(target), len(done.cells), stopped, tuple(notes), done.seconds)


def _node(data: bytes, document: Notebook, path: str) -> tuple[Any, list[str]]:
    """The notebook as nbformat has it, with nothing of earlier runs in it, and what to say of that.

    Raises:
        NbdebtError: nbformat isn't installed.
    """
    try:
        import nbformat
    except ImportError:
        raise NbdebtError(MISSING) from None
    if not is_ipynb(data, path):
        return as_node(document), []
    notes: list[str] = []
    try:
        node: Any = nbformat.reads(data.decode("utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
        if (node.nbformat, node.nbformat_minor) < (4, 5):
            node = nbformat.v4.upgrade(node)  # type: ignore[no-untyped-call]
            notes.append("its cells have ids now (nbformat 4.5): evidence names cells by them")
    except Exception as error:
        raise NotebookError(path, f"nbformat can't read it: {error}") from None
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    own = node.metadata.get("nbdebt")
    if isinstance(own, dict):
        own.pop("evidence", None)
    return node, notes


def _say_kernel(node: Any, kernel: str, python: str) -> None:
    """What the notebook ran in, where it doesn't say so: a script, or a kernel that was asked for."""
    spec = node.metadata.get("kernelspec")
    if not isinstance(spec, Mapping) or spec.get("name") != kernel:
        node.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    if python:
        node.metadata.setdefault("language_info", {"name": "python"})["version"] = python


def _label(node: Any, index: int) -> str:
    from nbdebt.model.finding import CellRef

    cell = node.cells[index]
    return cell_label(CellRef(index, cell.get("id", ""), cell.get("execution_count")))


def _written(node: Any) -> bytes:
    from nbformat import writes

    text: str = writes(node)  # type: ignore[no-untyped-call]
    return (text if text.endswith("\n") else f"{text}\n").encode("utf-8", "backslashreplace")
