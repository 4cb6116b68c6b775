"""The log of a saved notebook: as far as its counts and outputs tell what ran."""

import os
import re
from collections.abc import Iterator

from nbdebt.analyse import understand
from nbdebt.export.generators import STREAM, unseeded
from nbdebt.export.model import Entry, Log
from nbdebt.export.refused import ExportRefused
from nbdebt.export.seeds import STREAMS
from nbdebt.flow.facts import CellFlow
from nbdebt.model.history import File, Name, RandomStream, Table, Url
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.report.words import plural

_LINE = re.compile(r"(?:Cell In\s*\[\d+\]|<ipython-input-[^>]*>)[^\n]*?line (\d+)|^-+> (\d+)", re.MULTILINE)


def log_of_notebook(notebook: Notebook) -> Log:
    """What ran, by count; a notebook without counts is taken to run from top to bottom.

    Args:
        notebook: the document.
    """
    flows, history, _ = understand(notebook)
    ran = [notebook.cells[run.cell] for run in history.runs if run.cell is not None]
    unknown: list[str] = []
    if not ran:
        ran = [cell for cell in notebook.code_cells if cell.source.strip()]
        unknown.append("No cell has a count: the order is that of the document")
    above: dict[int, tuple[str, ...]] = {}
    waiting: list[str] = []
    there = {cell.index for cell in ran}
    for cell in notebook.cells:
        if cell.kind == "markdown":
            waiting.append(cell.source)
        elif cell.index in there:
            above[cell.index] = tuple(waiting)
            waiting.clear()
    skipped = [c for c in notebook.code_cells if c.source.strip() and c not in ran]
    if skipped:
        places = ", ".join(f"cell {c.index + 1}" for c in skipped)
        unknown.append(f"Never ran, and left out: {places}")
    if history.gaps:
        counts = ", ".join(f"[{n}]" for n in history.gaps[:12]) + (" …" if len(history.gaps) > 12 else "")
        unknown.append(
            f"{plural(len(history.gaps), 'run')} can't be known any more ({counts}): of cells deleted "
            "or ran again"
        )
    if history.ambiguous:
        counts = ", ".join(f"[{n}]" for n in history.ambiguous)
        unknown.append(f"Several cells bear the same count ({counts}): which ran first can't be known")
    kept = bool(history.runs) and any(cell.outputs for cell in ran)
    entries = []
    names: dict[str, None] = {}
    for number, cell in enumerate(ran, 1):
        flow = flows[cell.index]
        names.update((name, None) for name in bound_by(flow))
        entries.append(
            Entry(
                number,
                cell.id,
                cell.source,
                flow,
                cell.execution_count,
                "error" if any(o.kind == "error" for o in cell.outputs) else "ok",
                _error(cell),
                cell.tags,
                _shows(cell, kept),
                outputs=cell.outputs,
                above=above.get(cell.index, ()),
            )
        )
    shown = {
        cell.execution_count: output.text
        for cell in ran
        for output in cell.outputs
        if cell.execution_count is not None and output.kind == "execute_result" and output.text is not None
    }
    return Log(
        os.path.basename(notebook.path),
        tuple(entries),
        os.path.dirname(os.path.abspath(notebook.path)),
        names=tuple(names),
        unseeded=unseeded_streams(entries),
        unknown=tuple(unknown),
        written=_written(entries),
        shown=shown,
        below=tuple(waiting),
    )


def bound_by(flow: CellFlow) -> Iterator[str]:
    """The names that a cell binds, those too that it binds only under a condition."""
    for access in flow.accesses:
        if isinstance(access.resource, Name) and access.mode == "write" and not access.resource.part:
            yield access.resource.name


def unseeded_streams(entries: list[Entry]) -> tuple[str, ...]:
    """Random streams that the code draws from before it seeds them."""
    seeded: set[str] = set()
    found: dict[str, None] = {}
    for entry in entries:
        if unseeded(entry.flow):
            found[STREAM] = None
        for access in entry.flow.accesses:
            if isinstance(access.resource, RandomStream):
                stream = access.resource.stream
                if access.mode == "seed":
                    seeded.add(stream)
                elif access.mode == "draw" and stream not in seeded and stream in STREAMS:
                    found[stream] = None
    return tuple(sorted(found))


def _written(entries: list[Entry]) -> tuple[str, ...]:
    """The files that the code says it writes, where it says which, and what is not on this machine."""
    paths = (
        str(access.resource)
        for entry in entries
        for access in entry.flow.accesses
        if access.mode in ("write", "mutate")
        and (
            isinstance(access.resource, File)
            or (isinstance(access.resource, Url | Table) and "://" in str(access.resource))
        )
    )
    return tuple(dict.fromkeys(path for path in paths if not set(path) & set("<{*?")))


def _shows(cell: Cell, kept: bool) -> bool | None:
    """Whether a result was displayed; None where the outputs were not kept."""
    if not kept:
        return None
    return any(output.kind == "execute_result" for output in cell.outputs)


def _error(cell: Cell) -> tuple[str, int]:
    """Class and line of the error that ended a cell, as its traceback says it."""
    for output in cell.outputs:
        if output.kind == "error":
            if output.name in ("SyntaxError", "IndentationError", "TabError"):
                return output.name, -1
            found = _LINE.search(re.sub(r"\x1b\[[0-9;]*m", "", output.text or ""))
            if found is None:
                label = f"cell [{cell.execution_count}]"
                raise ExportRefused(f"it ended with {output.name}, and nothing says in which line", label)
            return output.name, int(found[1] or found[2])
    return "", 0
