"""What a cell shows, as far as its code and the types of its values say: numbers and texts only, or more.

How pandas, numpy and the like are set to show their objects doesn't matter to a cell that shows none.
"""

import ast
import sys
from collections.abc import Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.live.fingerprints.peek import module_name, mro

_ATOMS = (str, int, float, bool, complex, bytes, type(None), range, type, ModuleType)
_HOLDING = (list, tuple, dict, set, frozenset)
_MOST = 1_000
_SHOWING = frozenset(("print", "display"))
# Builtins whose results are numbers and texts of Python, whatever they are given.
_PLAIN_CALLS = frozenset(("len", "type", "isinstance", "int", "float", "bool", "hasattr", "callable", "ord"))
# Those whose results are so if what they are given is.
_PASSING = frozenset(
    ("str", "repr", "round", "sorted", "list", "tuple", "set", "dict", "sum", "max", "min", "abs", "zip")
)
_PLAIN_METHODS = frozenset(("item", "tolist", "join", "strip", "upper", "lower", "format", "nunique"))
_REDUCING = frozenset(
    ("sum", "mean", "max", "min", "std", "median", "count", "any", "all", "idxmax", "idxmin", "argmax")
)
_PLAIN_ATTRIBUTES = frozenset(("shape", "ndim", "size", "dtype", "name", "empty"))


def shows_plain(parsed: Parsed, flow: CellFlow, values: Mapping[str, Any], result: object) -> bool:
    """Whether a run surely showed nothing but numbers, texts and the like.

    Args:
        parsed: the cell.
        flow: what it does.
        values: the namespace when it had ended.
        result: the value that was displayed; None for none.
    """
    if parsed.tree is None or flow.magics or not _is_plain(result):
        return False
    nodes = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.Call)]
    for node in nodes:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _SHOWING:
            if not all(_Expression(values).plain(argument) for argument in node.args):
                return False
        elif name and name not in _PLAIN_CALLS | _PASSING and _may_show(values.get(name)):
            return False
    shown = any(isinstance(node.func, ast.Name) and node.func.id in _SHOWING for node in nodes)
    return shown or "print" not in flow.builtins


def _may_show(value: object) -> bool:
    """Whether calling it may run a function of the user's."""
    kind = type(value)
    if kind is type:
        return module_name(value) == "__main__"  # type: ignore[arg-type]
    return kind is FunctionType or kind is MethodType


def _is_plain(value: object) -> bool:
    """Whether a value is shown in the same way whatever any library is set to."""
    stack, seen = [value], 0
    while stack:
        item = stack.pop()
        seen += 1
        kind = type(item)
        if seen > _MOST:
            return False
        if any(kind is holder for holder in _HOLDING):
            stack += [*item, *item.values()] if isinstance(item, dict) else [*item]  # type: ignore[misc]
        elif not any(kind is atom for atom in _ATOMS) and not _is_scalar(kind):
            return False
    return True


def _is_scalar(kind: type) -> bool:
    """Whether it is a number of numpy's."""
    loaded = sys.modules.get("numpy")
    generic = vars(loaded).get("generic") if loaded is not None else None
    return generic is not None and any(base is generic for base in mro(kind))


class _Expression:
    """Says of expressions whether they are plain."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def plain(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant() | ast.Compare(ops=[ast.Is() | ast.IsNot() | ast.In() | ast.NotIn()]):
                return True
            case ast.Name(id=name):
                return name in self.values and _is_plain(self.values[name])
            case ast.JoinedStr(values=parts):
                return all(self.plain(part) for part in parts)
            case ast.FormattedValue(value=inner, format_spec=form):
                return form is not None or self.plain(inner)
            case ast.Attribute(attr=name, value=inner):
                return name in _PLAIN_ATTRIBUTES
            case ast.Subscript(value=ast.Name() as inner):
                return self.plain(inner)
            case ast.BinOp(left=left, right=right):
                return self.plain(left) and self.plain(right)
            case ast.Compare(left=left, comparators=others):
                return all(map(self.plain, (left, *others)))
            case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
                return all(map(self.plain, parts))
            case ast.UnaryOp(operand=inner) | ast.Starred(value=inner):
                return self.plain(inner)
            case ast.Call(func=ast.Name(id=name), args=given):
                return name in _PLAIN_CALLS or (name in _PASSING and all(map(self.plain, given)))
            case ast.Call(func=ast.Attribute(attr=name, value=owner), args=given):
                if name in _PLAIN_METHODS:
                    return True
                return name in _REDUCING and not given and self._one_column(owner)
        return False

    def _one_column(self, node: ast.expr) -> bool:
        """Whether it is a series or an array, so that its sum is a number."""
        match node:
            case ast.Name(id=name):
                return _named(type(self.values.get(name)), ("numpy", "ndarray"), ("pandas", "Series"))
            case (
                ast.Subscript(value=ast.Name(id=name), slice=ast.Constant())
                | ast.Attribute(value=ast.Name(id=name))
            ):
                return _named(type(self.values.get(name)), ("pandas", "DataFrame"))
            case ast.Compare(left=left):
                return self._one_column(left)
        return False


def _named(kind: type, *names: tuple[str, str]) -> bool:
    found = ((sys.modules.get(module), name) for module, name in names)
    return any(loaded is not None and vars(loaded).get(name) is kind for loaded, name in found)
