"""The document as it is now: told by the front end, read from the notebook's file, or guessed from runs."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nbdebt.live.record import RunRecord
from nbdebt.model.errors import NotebookError
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.read import read_notebook

Origin = Literal["front end", "file", "runs"]


class Shown(NamedTuple):
    """A cell of the document: its id, source, tags and saved metadata."""

    cell_id: str
    source: str
    kind: Literal["code", "markdown", "raw"] = "code"
    tags: tuple[str, ...] = ()


_BESIDE = 200
_LARGEST = 16 << 20


class Document:
    """Knows which cells there are, in which order.

    Args:
        names: the shell's namespace, where VS Code leaves the notebook's path.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names
        self.origin: Origin = "runs"
        self.path = ""
        self._told: list[Shown] | None = None
        self._file: list[Shown] = []
        self._stamp: tuple[int, int] = (0, 0)
        self._time = 0.0
        self._merged: list[Shown] | None = None
        self._place: dict[str, int] = {}
        self._seen = 0
        self._looked = 0

    def tell(self, cells: Iterable[tuple[str, str] | Shown]) -> None:
        """The front end says what is on the screen; the same list again is no change."""
        self.find()
        told = [Shown(*cell) for cell in cells]
        self.origin = "front end"
        if told != self._told:
            self._told = told

    @property
    def source(self) -> str:
        """Where the order comes from, in words."""
        if self.origin == "front end":
            return "the front end"
        return f"the file {os.path.basename(self.path)}" if self.origin == "file" else "the order of runs"

    def cells(
        self, records: Sequence[RunRecord], last: Mapping[str, RunRecord], times: Mapping[str, float]
    ) -> list[Shown]:
        """The cells in document order.

        Args:
            records: all runs, in order.
            last: the last run of each cell id.
            times: when (seconds since the epoch) each cell last ran.
        """
        if self._told is not None:
            self.origin = "front end"
            return self._told
        self.find()
        if self.path and (self._read() or (self._renamed(last) and self._read())):
            self.origin = "file"
            return self._with_unsaved(records, last, times)
        self.origin = "runs"
        return [
            Shown(cell_id, last[cell_id].run.source)
            for cell_id in dict.fromkeys(r.run.cell_id for r in records)
        ]

    def find(self) -> None:
        """The notebook's file, as Jupyter Server and VS Code say it."""
        if self.path:
            return
        for name in (os.environ.get("JPY_SESSION_NAME", ""), self.names.get("__vsc_ipynb_file__", "")):
            if isinstance(name, str) and name.endswith(".ipynb"):
                self.path = os.path.abspath(name)
                return

    def _renamed(self, last: Mapping[str, RunRecord]) -> bool:
        """Whether the notebook was given another name in its directory: the server tells the kernel of none.

        It is the file in which most of the cells lie that ran. Nothing is looked at again until the directory
        changes.
        """
        folder = os.path.dirname(self.path)
        try:
            changed = os.stat(folder).st_mtime_ns
            if os.path.exists(self.path) or changed == self._looked:
                return False
            self._looked = changed
            found: list[tuple[int, str]] = []
            for name in sorted(os.listdir(folder))[:_BESIDE]:
                path = os.path.join(folder, name)
                if name.endswith(".ipynb") and os.path.getsize(path) <= _LARGEST:
                    text = Path(path).read_bytes()
                    found.append((sum(f'"id": "{cell}"'.encode() in text for cell in last), path))
        except OSError:
            return False
        known, path = max(found, default=(0, ""))
        if 2 * known <= len(last):
            return False
        self.path, self._stamp = path, (0, 0)
        return True

    def _read(self) -> bool:
        """Read the file where it changed; whether there is one that can be read."""
        try:
            stat = os.stat(self.path)
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                notebook = read_notebook(Path(self.path).read_bytes(), self.path)
                self._file = [Shown(c.id, c.source, c.kind, c.tags) for c in notebook.cells]
                self._stamp, self._time, self._merged = stamp, stat.st_mtime, None
        except (OSError, NotebookError):
            return False
        return True

    def _with_unsaved(
        self, records: Sequence[RunRecord], last: Mapping[str, RunRecord], times: Mapping[str, float]
    ) -> list[Shown]:
        """The file may lag behind the screen: what ran after it was saved was on the screen as it ran.

        Only the runs since the last time are looked at; where they change nothing, the list is the same one.
        """
        if self._merged is None or len(records) < self._seen:
            self._merged, self._seen = self._file, 0
            self._place = {shown.cell_id: n for n, shown in enumerate(self._file)}
        cells = self._merged
        for number in range(self._seen, len(records)):
            cell_id = records[number].run.cell_id
            if times.get(cell_id, 0.0) <= self._time or cell_id not in last:
                continue
            source = last[cell_id].run.source
            place = self._place.get(cell_id)
            if place is None:
                before = records[number - 1].run.cell_id if number else ""
                place = self._place[before] + 1 if before in self._place else len(cells)
                cells = [*cells[:place], Shown(cell_id, source), *cells[place:]]
                self._place = {shown.cell_id: n for n, shown in enumerate(cells)}
            elif cells[place].source != source:
                cells = [*cells[:place], cells[place]._replace(source=source), *cells[place + 1 :]]
        self._merged, self._seen = cells, len(records)
        return cells


def as_notebook(
    path: str,
    cells: Sequence[Shown],
    last: Mapping[str, RunRecord],
    earlier: Mapping[str, int] | None = None,
) -> Notebook:
    """The document as rules read it.

    Args:
        path: where it is, or what stands for that.
        cells: its cells.
        last: the last run of each cell id: its count is the cell's.
        earlier: counts of cells that ran before recording began.
    """
    before = earlier or {}
    return Notebook(
        path,
        tuple(
            Cell(
                index,
                shown.cell_id,
                shown.kind,
                shown.source,
                last[shown.cell_id].count if shown.cell_id in last else before.get(shown.cell_id),
                shown.tags,
            )
            for index, shown in enumerate(cells)
        ),
    )
