"""Which runs may draw: those that speak of a plotting library, or of what such runs made."""

import ast
import re
from collections.abc import Iterable, Sequence

from nbdebt.export.model import Entry
from nbdebt.export.names import bindings, parsed_source, spoken

_LIBRARIES = frozenset(("matplotlib", "seaborn", "pylab", "plotnine", "cartopy", "shap"))
_METHODS = frozenset(("plot", "hist", "boxplot"))
_WORDS = re.compile("|".join(sorted(_LIBRARIES | _METHODS)))


def drawing(entries: Sequence[Entry]) -> set[int]:
    """Numbers of the runs that may draw."""
    tainted: set[str] = set()
    found: set[int] = set()
    for entry in entries:
        if not tainted and not _WORDS.search(entry.source):
            continue
        tree = parsed_source(entry.source).tree
        if tree is None:
            continue
        tainted |= set(aliases([tree], _LIBRARIES))
        active = [
            node
            for node in tree.body
            if not isinstance(
                node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            )
        ]
        if _speaks(active, tainted):
            found.add(entry.number)
        for node in tree.body:
            if _speaks([node], tainted):
                tainted |= {name for name, _ in bindings(ast.Module([node], []))}
    return found


def aliases(trees: Iterable[ast.AST], libraries: Iterable[str]) -> dict[str, str]:
    """Local names of what is imported from libraries, with what they stand for."""
    found: dict[str, str] = {}
    wanted = frozenset(libraries)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    if top in wanted:
                        found[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in wanted:
                found.update((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
    return found


def _speaks(nodes: Sequence[ast.stmt], tainted: set[str]) -> bool:
    if not spoken(nodes).isdisjoint(tainted):
        return True
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in _METHODS
        for node in nodes
        for inner in ast.walk(node)
    )
