"""What a run, or a statement, needs and makes: carefully, because what nothing needs is left out.

What was recorded of a run says what it read and changed. Where only the code is known, any call may change
what it is given, unless the function is known not to.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbdebt.export.model import Entry
from nbdebt.export.names import parsed_source
from nbdebt.export.texts import words
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.flow.steps import key_of
from nbdebt.model.history import Access

FIGURE = "<figure>"
_ALL_FILES = "<File>"
_PURE = words(
    "abs all any ascii bin bool bytes callable chr complex divmod float format frozenset getattr "
    "hasattr hash hex int isinstance issubclass len max min oct ord pow range repr round slice str "
    "sum tuple type"
)
_PURE_METHODS = words(
    "head tail describe info copy mean sum std var min max median mode count nunique value_counts "
    "isna isnull notna notnull dropna fillna groupby agg merge join sort_values reset_index set_index "
    "rename astype corr quantile query items keys values get lower upper strip split startswith "
    "endswith replace format tolist to_numpy to_list round abs unique duplicated drop_duplicates "
    "nlargest nsmallest memory_usage"
)
_LOOKS = words("head tail describe info shape dtypes columns index size ndim memory_usage sample keys dtype")
_LOOKING = frozenset(("type", "dir", "help", "vars", "id", "display", "len"))
# Importing any other package may do something beside giving names.
QUIET_PACKAGES = frozenset(
    (*sys.stdlib_module_names, "numpy", "pandas", "polars", "scipy", "sklearn", "matplotlib")
)
_QUIET_SETTINGS = frozenset(("<Setting>warnings",))


class Unit(NamedTuple):
    """A run or a statement, seen from outside.

    Args:
        number: the run's.
        needs: keys that it reads.
        touches: keys that it makes or changes, or may.
        kills: keys that it surely makes anew without reading them.
        always: it is kept whatever the targets are: it seeds, or sets what others depend on unnamed.
        visible: it prints, shows or writes, or may.
    """

    number: int
    needs: frozenset[str]
    touches: frozenset[str]
    kills: frozenset[str]
    always: bool
    visible: bool

    def makes(self, needed: set[str]) -> bool:
        """Whether it makes or changes something that is needed."""
        if not needed.isdisjoint(self.touches):
            return True
        files = any(key.startswith(_ALL_FILES) for key in self.touches)
        return files and any("<unknown>" in key or "*" in key for key in needed if key.startswith(_ALL_FILES))


def unit_of(entry: Entry, observed: bool, draws: bool) -> Unit:
    """A run as a unit."""
    flow = entry.flow
    parsed = parsed_source(entry.source)
    needs, touches, kills = _of_accesses(flow.accesses)
    if entry.needs is not None and entry.effects is not None:
        needs = {key for key in needs if key[0] == "<"} | entry.needs
        touches = {key for key in touches if key[0] == "<"} | set(entry.effects) | entry.unsure
        kills = {k for k, kind in entry.effects.items() if kind == "bound" and k not in needs and k[0] != "<"}
    else:
        touches |= may_change(parsed.tree, flow)
        kills -= needs
    needs |= _within(parsed.tree)
    always = bool(_settings(touches)) or any(key.startswith("<random>") for key in kills | touches - needs)
    always = always or any(
        m.kind in ("shell", "assign-shell", "shell-cell") or m.name in ("run", "writefile", "file")
        for m in parsed.masked.magics
    )
    # What can't be read may do anything; translating it says what is wrong with it.
    always = always or bool(flow.error) or _imports_much(parsed.tree)
    seeds = any(access.mode == "seed" for access in flow.accesses)
    if draws:
        touches.add(FIGURE)
        needs.add(FIGURE)
    visible = draws or _is_visible(entry, parsed, touches)
    return Unit(
        entry.number, frozenset(needs), frozenset(touches), frozenset(kills), always or seeds, visible
    )


def statements_of(entry: Entry, observed: bool, draws: bool) -> list[Unit] | None:
    """The statements of a run as units; None where they can't be told apart."""
    parsed = parsed_source(entry.source)
    tree, flow = parsed.tree, entry.flow
    if tree is None or parsed.masked.magics or len(flow.statements) != len(tree.body) or draws:
        return None
    if entry.outcome not in ("ok",) or flow.opaque:
        return None
    found: list[Unit] = []
    # What no statement names was read by what they call.
    told = {key_of(access)[0] for access in flow.accesses}
    unnamed = {key for key in entry.needs or () if key[0] == "<" or key not in told}
    for number, (node, statement) in enumerate(zip(tree.body, flow.statements, strict=True)):
        needs, touches, kills = _of_accesses(flow.accesses[statement.first : statement.last])
        module = ast.Module([node], [])
        calls = any(isinstance(n, ast.Call | ast.Await) for n in ast.walk(node))
        changed = may_change(module, flow)
        if entry.effects is not None:
            if calls:
                changed |= {key for key in entry.effects if key not in touches and not _binds(entry, key)}
                needs |= unnamed
            changed &= set(entry.effects) | entry.unsure | {n.name for n in flow.defines}
        needs |= _within(node)
        touches |= changed
        last = number == len(tree.body) - 1
        quiet = not calls or _all_pure(node, flow)
        visible = not quiet or (last and isinstance(node, ast.Expr) and entry.shows is not False)
        visible = visible or any(key.startswith(("<File>", "<Url>", "<Table>")) for key in touches)
        always = any(key.startswith(("<Setting>", "<random>")) for key in touches)
        always = always or isinstance(node, ast.Assert | ast.Raise | ast.Delete) or _imports_much(node)
        found.append(
            Unit(
                entry.number,
                frozenset(needs),
                frozenset(touches),
                frozenset(kills - needs - changed),
                always,
                visible,
            )
        )
    return found


def _within(tree: ast.AST | None) -> set[str]:
    """Names that functions and classes read when they are called, whoever calls them."""
    return {
        inner.id
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    }


def _binds(entry: Entry, key: str) -> bool:
    return entry.effects is not None and entry.effects.get(key) == "bound" and key[0] != "<"


def _of_accesses(accesses: Sequence[Access]) -> tuple[set[str], set[str], set[str]]:
    """Keys that are read from before, made or changed, and surely made anew."""
    needs: set[str] = set()
    touches: set[str] = set()
    kills: set[str] = set()
    for access in accesses:
        base, part = key_of(access)
        if (access.mode in ("read", "draw", "mutate", "delete") or part) and base not in kills:
            needs.add(base)
        if access.mode != "read":
            touches.add(base)
            if access.mode in ("write", "seed") and access.certain and not part and base not in needs:
                kills.add(base)
    return needs, touches, {key for key in kills if key[0] != "<" or key.startswith("<random>")}


def may_change(tree: ast.Module | None, flow: CellFlow) -> set[str]:
    """Names of what calls are given, or are methods of, unless the function is known not to change it."""
    found: set[str] = set()
    if tree is None:
        return found
    known = {(call.span.line, call.span.column) for call in flow.calls}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Name) and func.id in (*_PURE, "print", "sorted", "list", "dict", "set"):
                continue
            if isinstance(func, ast.Attribute):
                if func.attr in _PURE_METHODS and not any(k.arg == "inplace" for k in node.keywords):
                    continue
                found |= set(_roots(func.value))
            if (node.lineno, node.col_offset + 1) in known:
                continue
            for argument in (*node.args, *(k.value for k in node.keywords)):
                found |= set(_roots(argument))
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete | ast.For | ast.With):
            for target in ast.walk(node):
                if isinstance(target, ast.Subscript | ast.Attribute) and isinstance(
                    target.ctx, ast.Store | ast.Del
                ):
                    found |= set(_roots(target))
    return found - set(flow.imports)


def _roots(node: ast.AST) -> Iterator[str]:
    return (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


def _all_pure(node: ast.AST, flow: CellFlow) -> bool:
    for call in ast.walk(node):
        if isinstance(call, ast.Await):
            return False
        if isinstance(call, ast.Call):
            func = call.func
            if isinstance(func, ast.Name) and func.id in _PURE:
                continue
            if isinstance(func, ast.Attribute) and func.attr in _PURE_METHODS and func.attr != "info":
                continue
            return False
    return True


def _imports_much(tree: ast.AST | None) -> bool:
    """Whether something is imported that may do more than give names."""
    for node in ast.walk(tree) if tree is not None else ():
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""] if not node.level else [""]
        if any(module.partition(".")[0] not in QUIET_PACKAGES for module in modules):
            return True
    return False


def _settings(touches: set[str]) -> set[str]:
    return {key for key in touches if key.startswith("<Setting>")} - _QUIET_SETTINGS


def _is_visible(entry: Entry, parsed: Parsed, touches: set[str]) -> bool:
    if entry.shows or any(key.startswith(("<File>", "<Url>", "<Table>")) for key in touches):
        return True
    if entry.outputs:
        return True
    flow = entry.flow
    if entry.shows is None and flow.displayed is not None:
        return True
    if "print" in flow.builtins or parsed.masked.magics:
        return True
    tree = parsed.tree
    # A function of somebody's may print.
    return tree is not None and any(
        isinstance(node, ast.Call) and not isinstance(parent, ast.FunctionDef)
        for parent in tree.body
        for node in ast.walk(parent)
        if not (isinstance(node, ast.Call) and _all_pure(node, flow))
    )


def looks_only(entry: Entry) -> bool:
    """Whether a run only looks at what is there (``df.head()``, ``type(x)``): nothing rests on it."""
    parsed = parsed_source(entry.source)
    tree = parsed.tree
    if tree is None or not tree.body:
        return False
    if any(magic.kind != "help" for magic in parsed.masked.magics):
        return False
    body = [node for node in tree.body if not isinstance(node, ast.Pass)]
    if entry.effects is not None and any(key != "_" for key in entry.effects):
        return False
    return all(isinstance(node, ast.Expr) and _looks(node.value, first=True) for node in body)


def _looks(node: ast.expr, first: bool = False) -> bool:
    if isinstance(node, ast.Name):
        return not first
    if isinstance(node, ast.Call):
        func = node.func
        if isinstance(func, ast.Name):
            return func.id in _LOOKING and all(_looks(argument) for argument in node.args)
        return isinstance(func, ast.Attribute) and func.attr in _LOOKS and _looks(func.value)
    if isinstance(node, ast.Attribute):
        return (node.attr in _LOOKS or not first) and _looks(node.value)
    if isinstance(node, ast.Subscript):
        return not first and _looks(node.value)
    return False
