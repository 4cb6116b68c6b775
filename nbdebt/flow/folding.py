"""Operations on abstract values: constants folded, paths joined, texts kept as readable patterns."""

import ast
from collections.abc import Callable
from posixpath import basename, dirname, splitext
from typing import Any

from nbdebt.flow.values import Value, constant

ABSORBING = frozenset(
    (
        "pandas.DataFrame",
        "pandas.Series",
        "numpy.ndarray",
        "torch.Tensor",
        "polars.DataFrame",
        "polars.Expr",
        "xarray.Dataset",
    )
)
"""Types that an operation with anything else gives again."""

# Longer texts are not folded: nobody names a file so.
_LONGEST = 4096


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, str) and len(a) > _LONGEST:
        raise ValueError("too long to be folded")
    return a + b


def _multiply(a: Any, b: Any) -> Any:
    if not (isinstance(a, int | float) and isinstance(b, int | float)) or abs(a) > 1e15 or abs(b) > 1e15:
        raise ValueError("too large to be folded")
    return a * b


_FOLDED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: _add,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: _multiply,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b if not isinstance(a, str) else _format(a, b),
}


def _format(pattern: str, value: Any) -> str:
    # A width in the pattern could make a text of any length.
    if "*" in pattern or any(part[:1].isdigit() and part[1:2].isdigit() for part in pattern.split("%")[1:]):
        raise ValueError("not folded")
    return str(pattern % value)


def combine(op: ast.operator, left: Value, right: Value) -> Value:
    """The value of a binary operation."""
    kind = op.__class__
    if kind is ast.Div and (left.type == "pathlib.Path" or right.type == "pathlib.Path"):
        return join_paths(left, right)
    if left.known and right.known and kind in _FOLDED:
        try:
            return constant(_FOLDED[kind](left.const, right.const))
        except (ArithmeticError, TypeError, ValueError):
            return Value("str" if left.type == "str" else "")
    if kind is ast.Add and "str" in (left.type, right.type):
        joined = Value("str")
        joined.text = (left.path or "{…}") + (right.path or "{…}")
        return joined
    if kind is ast.Mod and left.type == "str":
        formatted = Value("str")
        formatted.text = left.path
        return formatted
    for side in (left, right):
        if side.type in ABSORBING:
            return Value(side.type)
    if left.type == "set" and kind in (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor):
        return Value("set")
    if left.type in ("list", "tuple") and left.type == right.type and kind is ast.Add:
        both = Value(left.type)
        if left.elements is not None and right.elements is not None:
            both.elements = [*left.elements, *right.elements]
        return both
    return Value(left.type if left.type == right.type else "")


def join_paths(left: Value, right: Value) -> Value:
    """``left / right`` of paths; what isn't known stays as a pattern."""
    result = Value("pathlib.Path")
    a, b = left.path or "{…}", right.path or "{…}"
    text = b if b.startswith(("/", "~")) or a == "." else a.rstrip("/") + "/" + b
    if left.known and right.known:
        result.known, result.const = True, text
    else:
        result.text = text
    return result


def path_member(value: Value, attribute: str) -> Value:
    """``parent``, ``name``, ``stem`` or ``suffix`` of a path."""
    text = value.path.rstrip("/")
    if attribute == "parent":
        result = Value("pathlib.Path")
        changed = dirname(text) or "."
    else:
        result = Value("str")
        name = basename(text)
        changed = {"name": name, "stem": splitext(name)[0], "suffix": splitext(name)[1]}[attribute]
    if value.known:
        result.known, result.const = True, changed
    else:
        result.text = changed
    return result


def iterable_of(element: Value, result: Value | None = None) -> Value:
    """An iterable whose elements are like ``element``."""
    value = result if result is not None else Value()
    value.fields = {"<element>": element}
    return value
