"""Which names a notebook's code uses, and where: what text edits need to know."""

import ast
import functools
from collections.abc import Iterable, Iterator

from nbdebt.flow.reader import Parsed, parse

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@functools.lru_cache(maxsize=8192)
def parsed_source(source: str) -> Parsed:
    """A run's source, parsed. One export asks several times; it clears the cache when it is done."""
    return parse(0, source)


def spoken(trees: Iterable[ast.AST]) -> set[str]:
    """Every name that stands in the code, as a name, an argument, an alias, a definition."""
    found: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name.partition(".")[0])
            elif isinstance(node, ast.arg):
                found.add(node.arg)
    return found


def bindings(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a module's own code binds, with the node that does: not what its functions bind for themselves."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
            if not isinstance(node, ast.ClassDef):
                declared = {n for g in ast.walk(node) if isinstance(g, ast.Global) for n in g.names}
                yield from ((name, node) for name in declared)
            stack.extend(node.decorator_list)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield from ((w.target.id, w) for w in ast.walk(node) if isinstance(w, ast.NamedExpr))
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], node
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id, node
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, ast.MatchAs | ast.MatchStar) and node.name
        ):
            yield node.name, node
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest, node
        stack.extend(ast.iter_child_nodes(node))


def awaits(tree: ast.Module) -> bool:
    """Whether a module's own code waits, as only a notebook's may."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        stack.extend(ast.iter_child_nodes(node))
    return False


_LOOP = frozenset(("create_task", "ensure_future", "get_running_loop", "get_event_loop", "current_task"))


def needs_loop(tree: ast.Module) -> bool:
    """Whether a module's own code waits or speaks to the event loop that a notebook always has."""
    if awaits(tree):
        return True
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.Attribute) and node.attr in _LOOP:
            return True
        stack.extend(ast.iter_child_nodes(node))
    return False
