"""A document that a front end sends, exported. Its code is run only where that is asked for."""

from pathlib import Path
from typing import Any

import msgspec

from nbdebt.export.jobs import Jobs
from nbdebt.export.model import Log
from nbdebt.export.offer import Wanted, offered, refusal, verified, wanted_of
from nbdebt.export.refused import ExportRefused
from nbdebt.export.saved import log_of_notebook
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.server.documents import Asked, place_of

_SEED = 0
"""As `nbdebt export` has it."""
_jobs = Jobs()


def export(asked: Asked, root: str) -> dict[str, Any]:
    """The document as a script, or as something else, and nothing is run.

    Raises:
        NbdebtError: it is no file, can't be read, or what is asked for doesn't go together.
    """
    wanted, notebook = _read(asked, root)
    try:
        return {"export": offered(log_of_notebook(notebook), wanted, _SEED)}
    except ExportRefused as error:
        return {"export": refusal(error, _cells(notebook))}


def verify(asked: Asked, root: str) -> dict[str, Any]:
    """The same, run and compared: this runs the document's code, with the Python of the server."""
    wanted, notebook = _read(asked, root)
    try:
        log: Log = log_of_notebook(notebook)
        found = offered(log, wanted, _SEED)
    except ExportRefused as error:
        return {"export": refusal(error, _cells(notebook))}

    def proof() -> dict[str, Any]:
        try:
            return verified(log, wanted, _SEED)
        except ExportRefused as error:
            return refusal(error, _cells(notebook))

    return {"export": {**found, "state": "running", "job": _jobs.start(proof, found["name"])}}


def result(asked: Asked, root: str) -> dict[str, Any]:
    """What came of it."""
    return {"export": _jobs.result(asked.job)}


def stop(asked: Asked, root: str) -> dict[str, Any]:
    """End it."""
    _jobs.stop(asked.job)
    return {}


def _read(asked: Asked, root: str) -> tuple[Wanted, Notebook]:
    place: Path = place_of(asked, root)
    wanted = wanted_of(msgspec.json.decode(asked.options))
    return wanted, read_notebook(bytes(asked.notebook), str(place))


def _cells(notebook: Notebook) -> dict[str, str]:
    """Ids of cells, as refusals call them."""
    found = {f"cell [{cell.execution_count}]": cell.id for cell in notebook.code_cells}
    ran = [cell for cell in notebook.code_cells if cell.source.strip()]
    found.update((f"run {number}", cell.id) for number, cell in enumerate(ran, 1))
    return found
