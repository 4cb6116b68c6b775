"""ipyflow beside nbdebt: its highlights as a verdict. It needs an environment of its own, with ipyflow in it.

It is loaded as ``%load_ext ipyflow`` does and told of the document as its JupyterLab extension tells it: all
cells with position and content, before each run and at the end. A cell that it then highlights, because it
waits for a stale name or is ready to be run again, is taken to be called bad; a session with one such cell
that ran, irreproducible. Its warning that a cell reads what a cell below it last changed is left out: most
straight runs have it.
"""

from typing import Any

from benchmarks.oracle.document import Document
from tests.live.oracle.play import Said


class Tracker:
    """A loaded ipyflow.

    Args:
        shell: the shell it is loaded into.
        schedule: by what a cell is ready: ``dag_based``, its default, ``liveness_based``, or
            ``hybrid_dag_liveness_based``.
    """

    def __init__(self, shell: Any, schedule: str = "dag_based") -> None:
        shell.run_line_magic("load_ext", "ipyflow")
        from ipyflow.singletons import flow  # type: ignore[import-not-found, import-untyped, unused-ignore]

        self._flow = flow()
        self._flow.initialize(
            interface="jupyterlab", exec_schedule=schedule, flow_order="in_order", pull_reactive_updates=False
        )
        self._cells: dict[str, dict[str, Any]] = {}
        self._ran: set[str] = set()

    def tell(self, document: Document) -> None:
        """Say what the document is now."""
        self._ran = {cell.id for cell in document.code if cell.count is not None}
        self._cells = {
            cell.id: {"index": index, "content": cell.source, "type": "code"}
            for index, cell in enumerate(document.code)
        }
        self._flow.comm_manager.handle_notify_content_changed({"cell_metadata_by_id": self._cells})

    def verdict(self) -> Said:
        """Ask what would be highlighted."""
        said = self._flow.comm_manager.handle_compute_exec_schedule({"cell_metadata_by_id": self._cells})
        because: dict[str, list[str]] = {}
        for why in ("waiting_cells", "ready_cells"):
            for cell in said[why]:
                because.setdefault(cell, []).append(why)
        marked = {cell for cell in because if cell in self._ran and because[cell]}
        states = {cell: "stale" if cell in marked else "same" for cell in self._ran}
        return Said(not marked, states, because)
