"""Why a cell gives something else when a notebook is run anew."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbdebt.analyse import understand
from nbdebt.engine import CheckOptions, check_data
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.graph import build_graph
from nbdebt.flow.reasons import order_text
from nbdebt.model.finding import Finding
from nbdebt.model.history import File, RandomStream, Table, Url
from nbdebt.model.notebook import Notebook
from nbdebt.read.clean import EVIDENCE, KEY
from nbdebt.restart.model import Cause, Why
from nbdebt.restart.running import NotebookRun

_BROKEN = ("fails", "differs", "stale")
_SEEDS = frozenset(
    (
        *("unseeded-draw", "unseeded-estimator", "unseeded-generator", "seed-from-entropy"),
        *("nondeterministic-torch", "seed-after-draw", "conditional-seed"),
    )
)
# Sources that no seed determines; the order of sets is that of their texts' hashes.
_NO_SEED: dict[str, Cause] = {"time": "time", "os": "seed", "uuid": "seed", "hash": "environment"}
_SAID = {
    "time": "reads the clock",
    "os": "asks the system for random numbers",
    "uuid": "makes a UUID, another one in every run",
    "hash": "depends on the order of a set of texts, which each process chooses anew",
}
_NETWORK = re.compile(
    r"(?:URL|HTTP|Connection|Timeout|SSL|Remote|Proxy)\w*Error$|^(?:timeout|gaierror)$|^SSLError$"
)
_FILES = ("FileNotFoundError", "IsADirectoryError", "NotADirectoryError", "PermissionError")
_PACKAGES = ("ModuleNotFoundError", "ImportError")


class Reasons:
    """What the code and the file say of why cells may give something else.

    Args:
        data: the notebook's bytes.
        notebook: the same, read.
        metadata: its metadata, as nbformat has them.
    """

    def __init__(self, data: bytes, notebook: Notebook, metadata: Mapping[str, Any]) -> None:
        self.notebook = notebook
        self.flows, history, replay = understand(notebook)
        options = CheckOptions(select=("ALL",), cache=False)
        report = check_data(data, notebook.path, options)
        self.findings = [f for f in report.findings if f.cell is not None]
        self.verdict = next((result.verdict for result in report.notebooks), None)
        self._before: dict[int, set[int]] = {}
        for edge in build_graph(notebook, self.flows, history, replay).edges:
            source, target = edge.source, edge.target
            if edge.kind != "session" and source[0] == target[0] == "c":
                self._before.setdefault(int(target[1:]), set()).add(int(source[1:]))
        self.metadata = metadata

    def written(self) -> list[str]:
        """Files that the code writes, as far as it names them."""
        found = [
            access.resource.path
            for flow in self.flows.values()
            for access in flow.accesses
            if isinstance(access.resource, File) and access.mode in ("write", "delete")
        ]
        return [path for path in dict.fromkeys(found) if "<unknown>" not in path]

    def writer(self, path: str) -> int | None:
        """The last cell whose code writes a file of this path."""
        found = [
            index
            for index, flow in self.flows.items()
            for access in flow.accesses
            if isinstance(access.resource, File)
            and access.mode == "write"
            and os.path.normpath(access.resource.path) == path
        ]
        return max(found, default=None)

    def above(self, cell: int) -> list[int]:
        """The cell and those that it takes something from, by whichever way, in document order."""
        found, todo = {cell}, [cell]
        while todo:
            for source in self._before.get(todo.pop(), ()):
                if source not in found and source < cell:
                    found.add(source)
                    todo.append(source)
        return sorted(found)

    # Two runs

    def between_runs(self, cell: int, was: str = "", now: str = "") -> Why:
        """Why two runs of the same code differ at a cell, where the one gives this and the other that."""
        cells = self.above(cell)
        for why in (*self._chance(cells), *_in_another_order(was, now), *self._network(cells)):
            return why
        return Why("unknown", "nothing in the code says why two runs of it differ here", "inferred")

    def _chance(self, cells: list[int]) -> Iterator[Why]:
        draws = [
            (order_text(n, self.notebook), a)
            for n in reversed(cells)
            for a in self._flow(n).accesses
            if isinstance(a.resource, RandomStream) and a.mode != "seed"
        ]
        drawn = [label for label, a in draws if str(getattr(a.resource, "stream", "")) not in _NO_SEED]
        seeds = [f for f in self.findings if f.name in _SEEDS]
        within = [f for f in seeds if f.cell is not None and f.cell.index in cells]
        for finding in within or (seeds if drawn else []):
            yield Why("seed", _with_place(finding, self.notebook), finding.basis)
        for label, access in draws:
            assert isinstance(access.resource, RandomStream)
            stream = access.resource.stream
            if stream in _NO_SEED:
                how = f": `{access.via}`" if access.via else ""
                yield Why(_NO_SEED[stream], f"{label} {_SAID[stream]}{how}")
        if drawn:
            yield Why("seed", f"{drawn[0]} draws random numbers", "inferred")

    def _network(self, cells: list[int]) -> Iterator[Why]:
        for index in cells:
            for access in self._flow(index).accesses:
                if access.mode == "read" and isinstance(access.resource, Url | Table):
                    text = f"{order_text(index, self.notebook)} reads `{access.resource}`, which may change"
                    yield Why("data", text, "inferred")

    # What was saved

    def since_saved(self, cell: int, run: NotebookRun) -> Why:
        """Why a run gives another result at a cell than the one that is saved, where two runs agree."""
        cells = self.above(cell)
        for why in (
            *self._order(cells),
            *self._pinned(cells),
            *self._environment(run),
            *self._network(cells),
            *self._read(cells),
        ):
            return why
        return Why(
            "unknown", "neither the code nor the file says why: another environment, perhaps", "inferred"
        )

    def _order(self, cells: list[int]) -> Iterator[Why]:
        for index in reversed(cells):
            judged = (
                self.verdict.cells.get(self.notebook.cells[index].id) if self.verdict is not None else None
            )
            if judged is not None and judged.state in _BROKEN:
                label = order_text(index, self.notebook)
                because = judged.because[0] if judged.because else "would come out otherwise"
                yield Why("order", f"{label} {because}", "parsed")
        for finding in self.findings:
            told = finding.family == "order" and finding.severity != "note"
            if told and finding.cell is not None and finding.cell.index in cells:
                yield Why("order", _with_place(finding, self.notebook), finding.basis)

    def _pinned(self, cells: list[int]) -> Iterator[Why]:
        for finding in self._named("changed-since-pinned", cells):
            yield Why("data", _with_place(finding, self.notebook), "observed")

    def _environment(self, run: NotebookRun) -> Iterator[Why]:
        language = self.metadata.get("language_info")
        saved = str(language.get("version", "")) if isinstance(language, Mapping) else ""
        own = self.metadata.get(KEY, {})
        evidence = own.get(EVIDENCE) if isinstance(own, Mapping) else None
        recorded = evidence.get("packages") if isinstance(evidence, Mapping) else None
        others = [
            f"{name} {was} → {run.packages.get(str(name).lower(), 'none')}"
            for name, was in (recorded.items() if isinstance(recorded, Mapping) else ())
            if run.packages and run.packages.get(str(name).lower()) != was
        ]
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            yield Why("environment", f"other packages: {', '.join(others[:3])}{more}", "observed")
        if saved and run.python and saved.split(".")[:2] != run.python.split(".")[:2]:
            yield Why("environment", f"saved with Python {saved}, run with {run.python}", "inferred")

    def _read(self, cells: list[int]) -> Iterator[Why]:
        for index in cells:
            for access in self._flow(index).accesses:
                if access.mode == "read" and isinstance(access.resource, File):
                    said = f"{order_text(index, self.notebook)} reads `{access.resource}`"
                    yield Why("data", f"{said}, which may have changed since; no pin tells", "inferred")

    # What stopped it

    def of_stop(self, cell: int, error: str, kernel: str) -> Why:
        """Why a run came to its end at a cell.

        Args:
            cell: document index.
            error: class of what it raised; empty where it took too long, or killed the kernel.
            kernel: name of the kernel.
        """
        order = next(self._order(self.above(cell)), None)
        if error in _PACKAGES:
            return Why("environment", f"the kernel {kernel} hasn't got what it imports", "observed")
        if order is not None:
            return order
        if self.notebook.cells[cell].execution_count is None and self.verdict is not None and self._any_ran():
            return Why("order", "this cell was not run when the notebook was saved", "observed")
        if error in _FILES:
            return Why("data", "a file that it needs is not there, or not as it was", "observed")
        if _NETWORK.search(error):
            return Why("data", "what it asks for over the network can't be had", "observed")
        if error == "StdinNotImplementedError":
            return Why("environment", "it asks for input, and nobody is there to answer", "observed")
        if error == "NameError":
            return Why("order", "no cell above makes the name", "observed")
        if error:
            for why in self._read(self.above(cell)):
                return why
        return Why("unknown", "neither the code nor the file says why", "inferred")

    def _any_ran(self) -> bool:
        return any(cell.execution_count is not None for cell in self.notebook.code_cells)

    def _flow(self, cell: int) -> CellFlow:
        return self.flows.get(cell) or CellFlow(cell)

    def _named(self, name: str, cells: Iterable[int]) -> Iterator[Finding]:
        there = set(cells)
        return (f for f in self.findings if f.name == name and f.cell is not None and f.cell.index in there)


def _in_another_order(was: str, now: str) -> Iterator[Why]:
    if len(was) > 2 and was != now and sorted(was) == sorted(now):
        said = "the same in another order, as that of a set of texts, which each process chooses anew"
        yield Why("environment", said, "inferred")


def _with_place(finding: Finding, notebook: Notebook) -> str:
    assert finding.cell is not None
    return f"{order_text(finding.cell.index, notebook)}: {finding.message}"
