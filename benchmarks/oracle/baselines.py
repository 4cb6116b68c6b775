"""Two simple verdicts on a saved notebook, to compare with: what linters do, and what anyone would try
first."""

import ast
import builtins
import itertools
import json
from pathlib import Path
from typing import NamedTuple

from benchmarks.oracle.kernel import bound
from benchmarks.oracle.names import own, table


class Ran(NamedTuple):
    """A code cell with a count, at its place among those cells."""

    place: int
    number: int
    source: str


def ran_cells(path: Path) -> list[Ran]:
    """Read the code cells that bear a count, in document order."""
    document = json.loads(path.read_text(encoding="utf-8"))
    cells = [c for c in document["cells"] if c["cell_type"] == "code" and c["execution_count"] is not None]
    return [Ran(place, c["execution_count"], "".join(c["source"])) for place, c in enumerate(cells)]


def counts_increase(path: Path) -> bool | None:
    """True if the counts rise from cell to cell, else False."""
    return in_order(ran_cells(path))


def in_order(cells: list[Ran]) -> bool:
    """True if the counts rise from cell to cell."""
    counts = [cell.number for cell in cells]
    return all(a < b for a, b in itertools.pairwise(counts))


def def_use(path: Path) -> bool | None:
    """See :func:`same_makers`."""
    return same_makers(ran_cells(path))


def same_makers(cells: list[Ran]) -> bool | None:
    """True if, in the order of the counts and in that of the document, each name read comes from the same
    cell.

    Names at the top level only, as a symbol table gives them: nothing is known of mutation, aliases or calls.
    None if a cell can't be parsed.
    """
    try:
        uses = [_uses(cell.source) for cell in cells]
    except SyntaxError:
        return None
    by_count = _sources(sorted(cells, key=lambda cell: cell.number), uses)
    in_document = _sources(cells, uses)
    starred = any(" import *" in cell.source for cell in cells)
    return by_count == in_document and (starred or None not in in_document.values())


def _sources(order: list[Ran], uses: list[tuple[set[str], set[str]]]) -> dict[tuple[int, str], int | None]:
    """Which cell each read comes from, and at the end (place -1) each name."""
    makers: dict[str, int] = {}
    found: dict[tuple[int, str], int | None] = {}
    for cell in order:
        reads, writes = uses[cell.place]
        found |= {(cell.place, name): makers.get(name) for name in reads}
        makers |= dict.fromkeys(writes, cell.place)
    return found | {(-1, name): place for name, place in makers.items()}


def _uses(source: str) -> tuple[set[str], set[str]]:
    symbols = own(table(source).get_symbols())
    writes = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    reads = {s.get_name() for s in symbols if s.is_referenced()}
    return (reads - writes | _read_first(ast.parse(source)) & writes) - set(dir(builtins)), writes


def _read_first(tree: ast.Module) -> set[str]:
    """Names that a cell reads before it binds them; in a compound statement binding counts as first."""
    first: dict[str, bool] = {}
    for statement in tree.body:
        nodes = [n for n in ast.walk(statement) if not isinstance(statement, ast.FunctionDef | ast.ClassDef)]
        loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            loaded -= bound(ast.unparse(statement))
        loaded |= {
            n.target.id for n in nodes if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
        }
        loaded -= {n.name for n in nodes if isinstance(n, ast.ExceptHandler) and n.name}
        for name in bound(ast.unparse(statement)) | loaded:
            first.setdefault(name, name in loaded)
    return {name for name, read in first.items() if read}
