"""Restart & Run All, twice, each time in a fresh kernel and a fresh copy of the directory."""

import copy
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nbdebt.export.files import files_differ
from nbdebt.export.place import as_original, copied, outside
from nbdebt.flow.reasons import order_text
from nbdebt.model.errors import NbdebtError, NotebookError
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.read.clean import strip_cells
from nbdebt.restart.model import Differs, FileDiffers, Restarted
from nbdebt.restart.outputs import Look, contrast, look
from nbdebt.restart.reasons import Reasons
from nbdebt.restart.running import NotebookRun, as_node, kernel_for, run_notebook


def restart(path: str, kernel: str = "", timeout: float = 600.0, twice: bool = True) -> Restarted:
    """Run a notebook from top to bottom in a fresh kernel, and compare. This runs code.

    Args:
        path: an ``.ipynb`` file, or a script with cells.
        kernel: name of the kernel to use; the notebook's if empty.
        timeout: seconds that one run may take.
        twice: run it a second time, to see whether it repeats itself.

    Raises:
        NotebookError: the notebook can't be read.
        NbdebtError: it can't be run here, or writes where a copy of its directory can't hold it back.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotebookError(path, error.strerror or str(error), kind="unreadable") from None
    document = read_notebook(data, path)
    metadata = _metadata(data)
    node = as_node(document)
    saved = _saved(data, document)
    reasons = Reasons(data, document, metadata)
    harmful = outside(reasons.written())
    if harmful:
        raise NbdebtError(
            f"{path}: was not run: it writes {', '.join(harmful)}, outside of the directory that is copied"
        )
    name = kernel_for(metadata, kernel)
    directory = os.path.dirname(os.path.abspath(path))
    with ExitStack() as places:
        place = places.enter_context(copied(directory, (), reasons.written()))
        first, one = _once(node, name, place, directory, timeout)
        second: NotebookRun | None = None
        other: dict[str, Path] = {}
        if twice:
            place = places.enter_context(copied(directory, (), reasons.written()))
            second, other = _once(node, name, place, directory, timeout)
        differs = list(_differs(document, reasons, saved, first, second, name))
        files = list(_files(Path(directory), one, other if twice else None, reasons, first))
    compared = [n for n in saved if n in first.cells]
    stopped = f"{order_text(first.stopped[0], document)} {first.stopped[1]}" if first.stopped else ""
    against = {d.against for d in differs} | {f.against for f in files}
    notes = []
    if not saved:
        notes.append("no outputs are saved in it: there was nothing to compare with but itself")
    return Restarted(
        path,
        f"{name} (Python {first.python})" if first.python else name,
        len(first.cells),
        len(compared),
        None if not saved and not stopped else "saved" not in against,
        None if second is None else "again" not in against,
        tuple(differs),
        tuple(files),
        len(one),
        stopped,
        tuple(notes),
        first.seconds,
    )


def _metadata(data: bytes) -> dict[str, Any]:
    """The notebook's metadata; none of a script, or where they are no object."""
    try:
        found = json.loads(data).get("metadata", {})
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _saved(data: bytes, document: Notebook) -> dict[int, Look]:
    """What the code cells that ran showed when the file was saved; none at all where outputs were cleared."""
    if document.nbformat[0] < 4:
        return {}
    cells = json.loads(data)["cells"]
    strip_cells(cells)
    ran = {
        cell.index: cells[cell.index].get("outputs") or []
        for cell in document.code_cells
        if cell.execution_count is not None or cells[cell.index].get("outputs")
    }
    return {index: look(outputs) for index, outputs in ran.items()} if any(ran.values()) else {}


def _once(
    node: Any, kernel: str, place: Path, directory: str, timeout: float
) -> tuple[NotebookRun, dict[str, Path]]:
    """One run, and the files that it wrote."""
    before = {path: path.stat().st_mtime_ns for path in _walk(place)}
    done = run_notebook(copy.deepcopy(node), kernel, place, timeout)
    wrote = {
        str(path.relative_to(place)): path
        for path in _walk(place)
        if before.get(path) != path.stat().st_mtime_ns
    }
    for run in done.cells.values():
        strip_cells([{"outputs": run.outputs}])
        _rename(run.outputs, place, directory)
    return done, wrote


def _walk(place: Path) -> Iterator[Path]:
    for top, directories, names in os.walk(place):
        directories[:] = [d for d in directories if d not in ("__pycache__", ".ipynb_checkpoints")]
        yield from (path for name in names if (path := Path(top, name)).is_file() and not path.is_symlink())


def _rename(outputs: list[Any], place: Path, directory: str) -> None:
    """Outputs that name the copy name the original."""
    for output in outputs:
        for key in ("text", "evalue"):
            if isinstance(output.get(key), str):
                output[key] = as_original(output[key], place, directory)
        plain = output.get("data", {}).get("text/plain")
        if isinstance(plain, str):
            output["data"]["text/plain"] = as_original(plain, place, directory)


def _differs(
    document: Notebook,
    reasons: Reasons,
    saved: dict[int, Look],
    first: NotebookRun,
    second: NotebookRun | None,
    kernel: str,
) -> Iterator[Differs]:
    for index, run in first.cells.items():
        label = order_text(index, document)
        now = look(run.outputs)
        again = second.cells.get(index) if second is not None else None
        unlike = contrast(now, look(again.outputs)) if again is not None else None
        between = reasons.between_runs(index, unlike.was, unlike.now) if unlike is not None else None
        stops = first.stopped is not None and first.stopped[0] == index
        found = contrast(saved[index], now) if index in saved else None
        if stops and first.stopped is not None:
            text = first.stopped[1]
            if found is not None or index not in saved:
                why = reasons.of_stop(index, run.raised, kernel)
                was = found.was if found is not None else ""
                yield Differs(index, label, "saved", text, was, "", why)
        elif found is not None:
            why = between or reasons.since_saved(index, first)
            yield Differs(index, label, "saved", found.what, found.was, found.now, why)
        if unlike is not None and between is not None:
            yield Differs(index, label, "again", unlike.what, unlike.was, unlike.now, between)


def _files(
    directory: Path, one: dict[str, Path], other: dict[str, Path] | None, reasons: Reasons, run: NotebookRun
) -> Iterator[FileDiffers]:
    for name, path in sorted(one.items()):
        cell = reasons.writer(name)
        there = directory / name
        again = files_differ(path, other.get(name, Path(os.devnull, name))) if other is not None else ""
        between = reasons.between_runs(cell) if again and cell is not None else None
        if there.is_file() and (how := files_differ(there, path)):
            since = reasons.since_saved(cell, run) if cell is not None else None
            yield FileDiffers(name, "saved", how, between or since)
        if again:
            yield FileDiffers(name, "again", again, between)
