"""IPython's memory of results (``_``, ``Out[3]``): which result is meant, and under which name it is kept."""

import ast
import re
from collections.abc import Iterator, Sequence

from nbdebt.export.edits import Lines
from nbdebt.export.model import Entry
from nbdebt.export.refused import ExportRefused

_UNDERSCORES = ("_", "__", "___")
_NUMBERED = re.compile(r"_(\d+)\Z")
_INPUTS = re.compile(r"(?:In|_ih?\d*|_ii|_iii|_dh|_exit_code)\Z")


class Results:
    """Finds the results that are used again.

    Args:
        entries: the runs of the script, in order.
        trees: their parsed sources.
        bound: names that the notebook binds itself: these are no memory of IPython's.
    """

    def __init__(
        self, entries: Sequence[Entry], trees: dict[int, ast.Module | None], bound: frozenset[str]
    ) -> None:
        self.entries = entries
        self.trees = trees
        self.bound = bound
        self.names: dict[int, str] = {}
        self.meant: dict[tuple[int, int, int], tuple[ast.expr, str]] = {}
        for position, entry in enumerate(entries):
            tree = trees.get(entry.number)
            if tree is not None:
                self._find(position, entry, tree)

    def shows(self, entry: Entry) -> bool:
        """Whether its last expression was displayed, as far as that is known."""
        return entry.shows is not False

    def name_of(self, entry: Entry) -> str:
        """The name under which its result is kept; empty where nobody uses it."""
        return self.names.get(entry.number, "")

    def needs(self, entry: Entry) -> set[int]:
        """Numbers of the runs whose results it uses."""
        found = {name for (number, _, _), (_, name) in self.meant.items() if number == entry.number}
        return {number for number, name in self.names.items() if name in found}

    def uses(self, entry: Entry, tree: ast.Module, lines: Lines) -> Iterator[tuple[int, int, str]]:
        """Where a run uses earlier results: start, end, and the name that stands for it."""
        for (number, _, _), (node, name) in self.meant.items():
            if number == entry.number:
                yield *lines.span(node), name

    def _find(self, position: int, entry: Entry, tree: ast.Module) -> None:
        local = own_names(tree)
        parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
                continue
            name = node.id
            if name in self.bound or id(node) in local:
                continue
            if name in ("Out", "_oh"):
                self._subscript(entry, parents[id(node)])
            elif name in _UNDERSCORES:
                self._last(position, entry, node)
            elif found := _NUMBERED.match(name):
                self._counted(entry, node, int(found[1]))
            elif _INPUTS.match(name):
                raise ExportRefused(f"`{name}` is there in a notebook only", entry.label, node.lineno)

    def _subscript(self, entry: Entry, node: ast.AST) -> None:
        if isinstance(node, ast.Subscript):
            index = node.slice
            if isinstance(index, ast.Constant) and isinstance(index.value, int):
                self._counted(entry, node, index.value)
                return
        line = getattr(node, "lineno", 0)
        raise ExportRefused("`Out` as a whole is there in a notebook only", entry.label, line)

    def _last(self, position: int, entry: Entry, node: ast.Name) -> None:
        before = [e for e in self.entries[:position] if e.shows]
        back = len(node.id)
        if len(before) < back:
            raise ExportRefused(
                f"which result `{node.id}` stands for can't be known", entry.label, node.lineno
            )
        self._mean(entry, node, before[-back])

    def _counted(self, entry: Entry, node: ast.expr, count: int) -> None:
        for other in self.entries:
            if other.count == count and other.shows and other.number < entry.number:
                self._mean(entry, node, other)
                return
        raise ExportRefused(
            f"the result of [{count}] is used here, and what gave it is not known", entry.label, node.lineno
        )

    def _mean(self, entry: Entry, node: ast.expr, result: Entry) -> None:
        name = f"result_{result.count if result.count is not None else result.number}"
        self.names[result.number] = name
        self.meant[entry.number, node.lineno, node.col_offset] = (node, name)


def own_names(tree: ast.Module) -> set[int]:
    """Ids of the names that functions and comprehensions have for themselves."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(
            node,
            ast.FunctionDef
            | ast.AsyncFunctionDef
            | ast.Lambda
            | ast.ListComp
            | ast.SetComp
            | ast.DictComp
            | ast.GeneratorExp,
        ):
            inner = list(ast.walk(node))
            own = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            own |= {n.arg for n in inner if isinstance(n, ast.arg)}
            found.update(id(n) for n in inner if isinstance(n, ast.Name) and n.id in own)
    return found
