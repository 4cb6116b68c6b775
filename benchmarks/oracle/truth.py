"""What a restart shows: would Restart & Run All give what the session left?"""

import ast
import importlib
import json
import re
from typing import Any

import msgspec

from benchmarks.oracle.document import Cell, Document
from benchmarks.oracle.kernel import Played
from benchmarks.oracle.names import own, table

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}|sk-(?:container|estimator)-id-\d+")
"""What differs each time the same is shown: addresses, and how scikit-learn numbers its boxes."""
_TIMING = re.compile(r"\b\d+(?:\.\d+)?(?:e[-+]?\d+)?\s?(?:ns|[µμ]s|us|ms|s|seconds?|min)\b")


class Truth(msgspec.Struct):
    """What is known of one session.

    Args:
        file: the saved notebook.
        notebook: the seed notebook it came from.
        kind: the kind of session.
        reproduces: a restart ends with the same values and meets no error that the notebook does not
            already show.
        outputs_equal: every cell that ran shows what a restart shows.
        names: what would come out differently, with what the session and the restart hold.
        cells: per code cell that ran: are its outputs those of a restart?
        reason: what made it so: ``none``, ``random`` (two restarts differ), or the kind of session, or of
            its part.
        why: ``values``, ``error: NameError`` ...
        ops: what was done.
    """

    file: str
    notebook: str
    kind: str
    reproduces: bool
    outputs_equal: bool
    names: dict[str, tuple[str, str]]
    cells: dict[str, bool]
    reason: str
    why: list[str]
    ops: list[str]


class Comparison(msgspec.Struct):
    """A session beside restarts of what it left."""

    names: dict[str, tuple[str, str]]
    cells: dict[str, bool]
    errors: list[str]
    random: bool

    @property
    def reproduces(self) -> bool:
        """The same values, and no new error."""
        return not self.names and not self.errors


def compare(session: Played, restarts: list[Played]) -> Comparison:
    """Compare what a session left with restarts of it; a name or cell counts as equal if it is so in every
    one."""
    ran = [cell for cell in session.document.code if cell.count is not None]
    wanted: set[str] = set()
    for cell in ran:
        wanted |= touched(cell.source)
    names: dict[str, tuple[str, str]] = {}
    cells = {cell.id: True for cell in ran}
    errors = []
    for restart in restarts:
        for name in sorted(wanted):
            was, new = session.values.get(name), restart.values.get(name)
            if was != new:
                names.setdefault(name, (was.brief if was else "(absent)", new.brief if new else "(absent)"))
        for cell in ran:
            again = restart.document[cell.id]
            if shown(cell) != shown(again):
                cells[cell.id] = False
            if (failed := error(again)) and failed != error(cell):
                errors.append(failed)
    # Chance alone makes a notebook irreproducible if two restarts disagree on a name that counts.
    moving = {name for name in names if len({restart.values.get(name) for restart in restarts}) > 1}
    return Comparison(names, cells, sorted(set(errors)), bool(moving))


def remaining(document: Document) -> Document:
    """Return the document as a restart finds it: cells that ran, without counts and outputs."""
    return Document(document.name, [Cell(c.id, c.source) for c in document.code if c.count is not None])


def error(cell: Cell) -> str:
    """The name of the exception that a cell shows, or nothing."""
    return next((out["ename"] for out in cell.outputs if out["output_type"] == "error"), "")


def shown(cell: Cell) -> str:
    """What a cell's outputs say, without addresses, timings, and what is written to stderr."""
    parts: list[Any] = []
    for out in cell.outputs:
        match out:
            case {"output_type": "stream", "name": "stderr"}:
                continue
            case {"output_type": "stream", "text": text}:
                parts.append(text)
            case {"output_type": "error", "ename": name, "evalue": value}:
                parts.append([name, value])
            case {"data": data}:
                parts.append(data)
    return _TIMING.sub(
        "<time>", _ADDRESS.sub("0x", json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False))
    )


def touched(source: str) -> set[str]:
    """Names of the notebook's namespace that a cell assigns or reads, in its functions too."""
    try:
        whole = table(source)
    except SyntaxError:
        return set()
    names = {s.get_name() for s in own(whole.get_symbols())}
    rest = list(whole.get_children())
    while rest:
        scope = rest.pop()
        rest += scope.get_children()
        names |= {s.get_name() for s in scope.get_symbols() if s.is_global()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module:
            module = importlib.import_module(node.module)
            names |= set(getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")]))
    return names
