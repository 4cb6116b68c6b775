"""``%nbdebt save``: what was recorded, written where ``nbdebt check`` and reviewers find it.

The notebook belongs to the front end: it writes the whole file from its own memory whenever it saves. So what
is put into the file stays only if the file is what is on the screen when it is put there, and is loaded again
before the next save. Where that isn't so, nothing is written, and the message says what to do.
"""

import datetime
import json
import os
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nbdebt import __version__
from nbdebt.flow.reasons import CellReplay
from nbdebt.flow.recorded import VERSION, digest
from nbdebt.live.exchanged import accesses_of
from nbdebt.live.record import RunRecord
from nbdebt.live.shown import Shown
from nbdebt.model.errors import NbdebtError
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.read.clean import put_evidence
from nbdebt.read.edit import write_atomic
from nbdebt.report.plain import clean
from nbdebt.report.words import plural

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_SAVING = "nbdebt save"
_SHELL = re.compile(r"_+|_i*\d*")


def recorded(session: "Session") -> dict[str, Any]:
    """The recorded evidence, as it is written.

    ``version``, ``when``, ``nbdebt`` (the version that wrote it), ``order`` (how the document's order is
    known), ``runs``, ``verdict``, ``accesses`` (what was seen to be read and written), ``packages``,
    ``python``. A run has ``cell_id``, ``sequence``, ``count``, ``outcome``, ``source_sha256``, ``source``
    where it isn't what the cell holds now, ``reads``, ``makes``.
    Values of the user's are not in it.
    """
    seen = session.analysis()
    present = {cell.id: cell.source for cell in seen.notebook.code_cells}
    replay = seen.replay
    ids = {cell.index: cell.id for cell in seen.notebook.code_cells}
    return {
        "version": VERSION,
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "nbdebt": __version__,
        "order": session.document.origin,
        "runs": [_run(record, present) for record in session.runs],
        "verdict": {
            "reproduces": replay.reproduces,
            "cells": {ids[cell.cell]: _cell(cell, ids) for cell in replay.cells.values()},
            "names": replay.names,
            "left_over": replay.left_over,
            "missing": replay.missing,
        },
        "accesses": msgspec.to_builtins(accesses_of(session)),
        "packages": _packages(),
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def _cell(cell: CellReplay, ids: dict[int, str]) -> dict[str, Any]:
    return {
        "state": cell.state,
        "because": list(dict.fromkeys(reason.text for reason in cell.reasons if reason.text)),
        "reasons": [
            {
                "kind": reason.kind,
                "name": reason.name,
                "then": ids.get(reason.then) if reason.then is not None else None,
                "now": ids.get(reason.now) if reason.now is not None else None,
                "text": reason.text,
            }
            for reason in cell.reasons
        ],
    }


def _run(record: RunRecord, present: dict[str, str]) -> dict[str, Any]:
    run = record.run
    shown: dict[str, Any] = {
        "cell_id": run.cell_id,
        "sequence": run.sequence,
        "count": record.count,
        "outcome": run.outcome,
        "source_sha256": digest(run.source),
    }
    if present.get(run.cell_id) != run.source:
        shown["source"] = run.source.encode("utf-8", "backslashreplace").decode()
    return {**shown, "reads": _names(record.read), "makes": _names((*record.made, *record.changed))}


def _names(names: Iterable[str]) -> list[str]:
    """Names of the user's; ``_`` and its like are IPython's."""
    return sorted({name for name in names if not _SHELL.fullmatch(name)})


def _packages() -> dict[str, str]:
    """The packages that are loaded, and their versions."""
    loaded = {name.partition(".")[0] for name in list(sys.modules)}
    found: dict[str, str] = {}
    for module, names in metadata.packages_distributions().items():
        if module in loaded:
            for name in names:
                found[name] = metadata.version(name)
    return dict(sorted(found.items()))


def save(session: "Session", file: str | None, *, force: bool = False) -> Shown:
    """Write the evidence.

    Args:
        session: the session.
        file: a file beside the notebook; None puts it into the notebook's own metadata.
        force: put it there though the file is not what ran here.

    Raises:
        NbdebtError: it can't be written, or would not stay; says what to do.
    """
    evidence = recorded(session)
    told = f"{plural(len(evidence['runs']), 'run')} and {plural(len(evidence['packages']), 'package')}"
    if file is not None:
        if not file.endswith(".json"):
            raise NbdebtError(f"{file}: the evidence is JSON: give a name that ends in .json")
        shown = {"notebook": os.path.basename(session.document.path), **evidence}
        try:
            write_atomic(file, (json.dumps(shown, indent=1, ensure_ascii=False) + "\n").encode())
        except OSError as error:
            raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None
        return Shown(f"{clean(file)} written: {told}")
    session.document.find()
    path = session.document.path
    if not path:
        raise NbdebtError(
            "where the notebook's file is, nothing here says; `%nbdebt save FILE.json` writes beside it"
        )
    name = os.path.basename(path)
    try:
        before = Path(path).read_bytes()
        stamp = os.stat(path).st_mtime
        notebook = read_notebook(before, path)
        if not force and (reason := _mismatch(session, notebook, stamp, name)):
            raise NbdebtError(reason)
        after = put_evidence(before, path, evidence)
        if Path(path).read_bytes() != before:
            raise NbdebtError(f"{name} was written by another program just now: run `%nbdebt save` again")
        write_atomic(path, after)
    except OSError as error:
        raise NbdebtError(f"{name}: {error.strerror or error}") from None
    return Shown(
        f"{clean(name)} written: {told}",
        (
            "Load the notebook again now (in JupyterLab: File, Reload Notebook from Disk):",
            "the next save from the screen as it is would leave the evidence out.",
        ),
    )


def _mismatch(session: "Session", notebook: Notebook, stamp: float, name: str) -> str:
    """Why the file is not what is on the screen; empty where it is, as far as the kernel can know."""
    cells = {cell.id: cell for cell in notebook.code_cells}
    ran = {i: r for i, r in session.last.items() if _SAVING not in r.run.source}
    beside = "`%nbdebt save FILE.json` writes beside it"
    if ran and not cells.keys() & ran.keys():
        if notebook.nbformat < (4, 5):
            return f"the cells of {name} have no ids in the file: runs can't be told apart in it. {beside}"
        return f"no cell of {name} ran in this session: is it the right file? {beside}"
    unsaved = f"{name} on disk is older than what ran here ({{}}). Save it, then run `%nbdebt save` again"
    for cell_id, record in ran.items():
        cell = cells.get(cell_id)
        since = session.times.get(cell_id, 0.0) > stamp
        count = f" [{record.count}]" if record.count is not None else ""
        if cell is None:
            if since:
                return unsaved.format(f"the cell that ran as{count} is not in it")
            continue
        label = f"cell {cell.index + 1}"
        if since and (cell.source != record.run.source or _differ(cell.execution_count, record.count)):
            return unsaved.format(f"{label} ran as{count}")
        if not since and _differ(cell.execution_count, record.count):
            there = cell.execution_count
            was = f"is [{there}] there" if there is not None else "has not run there"
            return (
                f"{name} on disk was written by another session or program: "
                f"{label} {was} and is{count} here. {beside}"
            )
    return ""


def _differ(there: int | None, here: int | None) -> bool:
    return here is not None and there != here
