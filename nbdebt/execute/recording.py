"""Recording in a notebook that nbclient runs. Source: nbclient's documentation, "Hooks before and after"."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from nbdebt.flow.recorded import MIME
from nbdebt.model.errors import NbdebtError

_log = logging.getLogger("nbdebt")
_MODULE = "__import__('importlib').import_module('nbdebt.live.executed')"
_PATIENCE = 300.0
_KINDS = ("code", "markdown", "raw")


class Recording:
    """One run of a notebook under nbclient, recorded.

    Made by :func:`record`.

    Args:
        client: an ``nbclient.NotebookClient``.
        path: where the notebook lies, so that the ledger and findings can name it; empty for nowhere.
        must: a kernel that can't record is an error; else the run goes on without.
    """

    def __init__(self, client: Any, path: str = "", must: bool = False) -> None:
        self.client = client
        self.path = path
        self.must = must
        self.recording = False
        self.problem = ""
        """Why nothing was recorded; empty where something was."""
        self.failures: list[str] = []
        """What recording itself failed at."""

    async def begin(self) -> None:
        """Have the kernel record."""
        cells = [
            {
                "id": cell.get("id", f"cell-{index}"),
                "source": cell.source,
                "kind": cell.cell_type if cell.cell_type in _KINDS else "raw",
                "tags": [tag for tag in cell.metadata.get("tags", []) if isinstance(tag, str)],
            }
            for index, cell in enumerate(self.client.nb.cells)
        ]
        said = await self._ask("begin", json.dumps({"cells": cells, "path": self.path}))
        self.recording = said is not None

    async def end(self) -> None:
        """Put what was recorded into the notebook's metadata, in place of what is there."""
        said = await self._ask("end") if self.recording else None
        if said is not None:
            self.failures = said["failures"]
            known = self.client.nb.metadata.get("nbdebt")
            own = known if isinstance(known, dict) else {}
            self.client.nb.metadata["nbdebt"] = {**own, "evidence": said["evidence"]}

    async def _ask(self, what: str, *given: str) -> dict[str, Any] | None:
        """What the kernel answers; None where it can't."""
        from nbclient.util import ensure_async

        expression = f"{_MODULE}.{what}({', '.join(map(repr, given))})"
        try:
            reply = await ensure_async(
                self.client.kc.execute_interactive(
                    "",
                    silent=True,
                    store_history=False,
                    user_expressions={"on": expression},
                    allow_stdin=False,
                    timeout=_PATIENCE,
                    output_hook=_unheard,
                )
            )
            answer = reply["content"]["user_expressions"]["on"]
            if answer["status"] == "ok":
                said: dict[str, Any] = answer["data"][MIME]
                if "off" not in said:
                    return said
                self.problem = f"nothing was recorded: {said['off']}"
            elif answer["ename"] in ("ModuleNotFoundError", "ImportError"):
                self.problem = (
                    f"the kernel {self.client.kernel_name} can't record: nbdebt isn't installed where it runs"
                    f" ({answer['evalue']})"
                )
            else:
                self.problem = f"the kernel can't record: {answer['ename']}: {answer['evalue']}"
        except Exception as error:
            self.problem = f"the kernel doesn't answer: {type(error).__name__}: {error}"
        if not self.must:
            _log.warning("nbdebt: %s", self.problem)
        return None


def record(client: Any, path: str = "", must: bool = False) -> Recording:
    """Have an nbclient record what it runs; the evidence is in the notebook's metadata when the last code
    cell, or one that raises, has run. Hooks that the client has are called as before.

    Args:
        client: an ``nbclient.NotebookClient`` that has not started.
        path: where the notebook lies; empty for nowhere.
        must: a kernel that can't record is an error; else that is logged, and the run goes on without.

    Returns:
        What came of it.
    """
    made = Recording(client, path, must)
    last = max(
        (n for n, c in enumerate(client.nb.cells) if c.cell_type == "code" and c.source.strip()), default=-1
    )

    async def started(notebook: Any) -> None:
        await made.begin()

    async def starts(cell: Any, cell_index: int) -> None:
        # Only now is the kernel one that nbclient ends.
        if must and not made.recording:
            raise NbdebtError(made.problem)

    async def executed(cell: Any, cell_index: int, execute_reply: Any) -> None:
        if cell_index == last or execute_reply["content"]["status"] == "error":
            await made.end()

    client.on_notebook_start = _after(client.on_notebook_start, started)
    client.on_cell_start = _after(client.on_cell_start, starts)
    client.on_cell_executed = _after(client.on_cell_executed, executed)
    return made


def _after(
    known: Callable[..., Any] | None, ours: Callable[..., Awaitable[None]]
) -> Callable[..., Awaitable[None]]:
    """Both hooks, one after the other."""

    async def both(**given: Any) -> None:
        from nbclient.util import run_hook

        await run_hook(known, **given)
        await ours(**given)

    return both


def _unheard(message: Any) -> None:
    """Nobody is told what the question itself prints."""
