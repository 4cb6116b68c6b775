"""A notebook's cells in a fresh kernel, in a copy of its directory, by nbclient.

Source: nbclient's documentation (NotebookClient) and the Jupyter messaging protocol (``execute_reply``).
"""

import ast
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.model.notebook import Notebook

TRIAL = {"NBDEBT_LEDGER": "0"}
"""Of a kernel whose run is no use of data that others ask for."""
_ASKED = (
    "(lambda m: [m('platform').python_version(), {d.metadata['Name']: d.version"
    " for d in m('importlib.metadata').metadata.distributions()}])(__import__)"
)


class CellRun(msgspec.Struct):
    """What a cell did: its outputs as nbformat has them, and the class of what it raised and wasn't to."""

    outputs: list[Any]
    raised: str = ""


class NotebookRun(msgspec.Struct):
    """One run of a notebook.

    Args:
        cells: by document index; those behind the cell at which it stopped aren't there.
        stopped: document index of the cell at which it stopped, and why; None where it came to its end.
        python: the kernel's version of Python; empty where unknown.
        packages: installed packages and their versions in lower case.
        seconds: how long it took.
    """

    cells: dict[int, CellRun]
    stopped: tuple[int, str] | None = None
    python: str = ""
    packages: dict[str, str] = {}
    seconds: float = 0.0


def as_node(document: Notebook) -> Any:
    """A notebook as nbformat has it, without outputs and metadata, which may be whatever.

    Raises:
        NbdebtError: nbformat isn't installed.
    """
    try:
        from nbformat import from_dict
    except ImportError:
        raise NbdebtError(MISSING) from None
    cells = []
    for cell in document.cells:
        own: dict[str, Any] = {"outputs": [], "execution_count": None} if cell.kind == "code" else {}
        metadata_of = {"tags": list(cell.tags)} if cell.tags else {}
        cells.append(
            {"cell_type": cell.kind, "id": cell.id, "source": cell.source, "metadata": metadata_of, **own}
        )
    found = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return from_dict(found)  # type: ignore[no-untyped-call]


def kernel_for(metadata: Mapping[str, Any], wanted: str = "") -> str:
    """The name of the kernel to run in: the one asked for, the notebook's, or ``python3`` where that isn't
    installed here.

    Raises:
        NbdebtError: jupyter_client isn't installed, or there is no such kernel.
    """
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        raise NbdebtError(MISSING) from None
    there = sorted(KernelSpecManager().find_kernel_specs())
    spec = metadata.get("kernelspec")
    named = spec.get("name", "") if isinstance(spec, Mapping) else ""
    if wanted:
        if wanted not in there:
            raise NbdebtError(f"no kernel is called {wanted}: there are {', '.join(there) or 'none'}")
        return wanted
    if named in there:
        return str(named)
    if "python3" in there:
        return "python3"
    raise NbdebtError(
        f"no kernel to run in: there are {', '.join(there) or 'none'}; `pip install ipykernel` brings python3"
    )


def run_notebook(
    node: Any,
    kernel: str,
    place: Path,
    timeout: float,
    *,
    prepare: Callable[[Any], object] | None = None,
    environ: Mapping[str, str] = TRIAL,
) -> NotebookRun:
    """Run all code cells in order, until one raises that isn't tagged ``raises-exception``. This runs code.

    Args:
        node: the notebook as nbformat has it; its outputs are replaced.
        kernel: name of an installed kernel.
        place: the directory to run in.
        timeout: seconds for the whole run.
        prepare: does something with the client before it starts.
        environ: variables of the kernel beside this process's.

    Raises:
        NbdebtError: nbclient isn't installed, or the kernel doesn't start.
    """
    try:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    except ImportError:
        raise NbdebtError(MISSING) from None
    began = time.monotonic()
    client = NotebookClient(
        node,
        kernel_name=kernel,
        # Of no time at all, nbclient makes no limit.
        timeout_func=lambda cell: (
            max(1, int(left)) if (left := began + timeout - time.monotonic()) < 1e9 else 0
        ),
        resources={"metadata": {"path": str(place)}},
        store_widget_state=False,
        record_timing=False,
        # Nothing of it is written anywhere.
        coalesce_streams=True,
    )
    done = NotebookRun({})
    if prepare is not None:
        prepare(client)
    try:
        # What the kernel says of itself is for nobody.
        with client.setup_kernel(stderr=subprocess.DEVNULL, env={**os.environ, **environ}):
            for index, cell in enumerate(node.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                run = done.cells[index] = CellRun(cell.outputs)
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    run.raised = error.ename
                    done.stopped = index, f"raises {error.ename}: {error.evalue}".strip().rstrip(":")
                except CellTimeoutError:
                    done.stopped = index, f"takes longer than the {timeout:g} seconds of --timeout"
                except DeadKernelError:
                    done.stopped = index, "kills the kernel"
                run.outputs = list(cell.outputs)
                if done.stopped is not None:
                    break
            done.seconds = time.monotonic() - began
            if done.stopped is None or done.stopped[1].startswith("raises"):
                _ask(client, done)
    except (RuntimeError, OSError) as error:
        raise NbdebtError(f"the kernel {kernel} doesn't start: {error}") from None
    return done


def _ask(client: Any, done: NotebookRun) -> None:
    """What the kernel runs on."""
    try:
        from nbclient.util import run_sync

        reply = run_sync(client.kc.execute_interactive)(
            "", silent=True, store_history=False, user_expressions={"on": _ASKED}, timeout=20
        )
        said = reply["content"]["user_expressions"]["on"]["data"]["text/plain"]
        done.python, packages = ast.literal_eval(said)
        done.packages = {str(name).lower(): str(version) for name, version in packages.items()}
    except Exception:
        # A kernel of another language, or one that the notebook left in pieces.
        return


MISSING = "running notebooks needs nbclient and ipykernel: pip install 'nbdebt[verify]'"
