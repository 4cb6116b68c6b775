"""A notebook that is being worked on, and the steps a person takes with it.

Kept apart from ``nbdebt.model`` on purpose: what judges the product must not share its code.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

import msgspec

_MARK = re.compile(r"^# %%(.*)$")


class Cell(msgspec.Struct):
    """A cell as the document shows it; ``count`` and ``outputs`` are those of its last run."""

    id: str
    source: str
    kind: Literal["code", "markdown"] = "code"
    count: int | None = None
    outputs: list[dict[str, Any]] = []


class Document(msgspec.Struct):
    """Cells in document order."""

    name: str
    cells: list[Cell]

    def index(self, cell: str) -> int:
        """Return the position of the cell with this id; ``KeyError`` if there is none."""
        for index, candidate in enumerate(self.cells):
            if candidate.id == cell:
                return index
        raise KeyError(cell)

    def __getitem__(self, cell: str) -> Cell:
        return self.cells[self.index(cell)]

    @property
    def code(self) -> list[Cell]:
        """The code cells, in document order."""
        return [cell for cell in self.cells if cell.kind == "code"]


class Run(msgspec.Struct, frozen=True, tag=True):
    """Run a cell. With ``repair``, on a NameError first run what would define the name, then try once
    more."""

    cell: str
    repair: bool = False


class RunAll(msgspec.Struct, frozen=True, tag=True):
    """Run code cells in document order up to the first error; only those in ``cells``, if given."""

    cells: tuple[str, ...] | None = None


class Edit(msgspec.Struct, frozen=True, tag=True):
    """Change a cell's source; its count and outputs stay, as in Jupyter."""

    cell: str
    source: str
    how: str = ""


class Insert(msgspec.Struct, frozen=True, tag=True):
    """Insert a new code cell at a position."""

    index: int
    cell: str
    source: str


class Delete(msgspec.Struct, frozen=True, tag=True):
    """Delete a cell."""

    cell: str


class Move(msgspec.Struct, frozen=True, tag=True):
    """Move a cell to the position it then has."""

    cell: str
    index: int


Op = Run | RunAll | Edit | Insert | Delete | Move


def reshape(document: Document, op: Edit | Insert | Delete | Move) -> None:
    """Apply to ``document`` a step that changes it without running anything."""
    cells = document.cells
    match op:
        case Edit(cell, source):
            document[cell].source = source
        case Insert(index, cell, source):
            cells.insert(index, Cell(cell, source))
        case Delete(cell):
            del cells[document.index(cell)]
        case Move(cell, index):
            cells.insert(index, cells.pop(document.index(cell)))


def read_percent(path: Path) -> Document:
    """Read a seed notebook in percent form."""
    return parse_percent(path.stem, path.read_text(encoding="utf-8"))


def parse_percent(name: str, text: str) -> Document:
    """Make a document of text: ``# %%`` starts a code cell, ``# %% [markdown]`` a text cell. Ids follow from
    the name."""
    chunks: list[tuple[Literal["code", "markdown"], list[str]]] = []
    for line in text.splitlines():
        if mark := _MARK.match(line):
            chunks.append(("markdown" if "[markdown]" in mark[1] else "code", []))
        elif chunks:
            chunks[-1][1].append(line)
    cells = []
    for number, (kind, lines) in enumerate(chunks):
        if kind == "markdown":
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        digest = hashlib.blake2b(f"{name}:{number}".encode(), digest_size=4).hexdigest()
        cells.append(Cell(digest, "\n".join(lines).strip("\n"), kind))
    return Document(name, cells)


def to_ipynb(document: Document) -> str:
    """Return the document as Jupyter saves it, nbformat 4.5."""
    cells: list[dict[str, Any]] = []
    for cell in document.cells:
        saved: dict[str, Any] = {"cell_type": cell.kind}
        if cell.kind == "code":
            saved["execution_count"] = cell.count
        saved |= {"id": cell.id, "metadata": {}}
        if cell.kind == "code":
            saved["outputs"] = cell.outputs
        saved["source"] = cell.source.splitlines(keepends=True)
        cells.append(saved)
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python", "version": "3.13.0"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
