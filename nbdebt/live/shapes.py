"""What of a value is its shape: its length, its dimensions, the names of its columns, its type of element.

A cell that asks for no more than the shape doesn't care for the rest; and what is drawn at random has a
shape that no draw changes.
"""

import ast
import re
import sys
from collections import deque
from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.flow.reader import Parsed
from nbdebt.live.fingerprints.peek import attribute, class_dict, is_user_class, mro, type_name
from nbdebt.live.within import Part

_SIZED = (list, dict, set, tuple, frozenset, str, bytes, deque)
_ASKED = frozenset(("shape", "ndim", "size", "columns", "dtype"))
_MEASURED = frozenset(("__len__", "__getattr__", *_ASKED))
_ASKING = frozenset(("len", "type", "isinstance"))
PARTS = frozenset(("", *(f".{name}" for name in _ASKED)))
"""Parts of a name that a cell which asks for its shape reads."""
# Functions whose result has a shape that only the shapes of their arguments decide.
_SHAPED = frozenset(
    re.findall(
        r"\w+",
        """
        DataFrame Series array asarray zeros ones full arange linspace column_stack vstack hstack
        concatenate stack rand randn random uniform normal standard_normal randint integers poisson binomial
        exponential gamma beta permutation multivariate_normal lognormal choice sample train_test_split
        round astype cumsum cumprod abs sqrt exp log sin cos clip copy reshape list tuple dict range
        date_range default_rng RandomState
        """,
    )
)


def shape_of(value: Any) -> bytes:
    """A digest of a value's shape; empty where it has none that is known."""
    kind = type(value)
    # By identity: a class of the user's may have a metaclass with an `__eq__` or `__hash__` of its own.
    if any(kind is sized for sized in _SIZED):
        return xxh3_128_digest(f"{kind.__name__}:{len(value)}".encode())
    if kind is _class("numpy", "ndarray"):
        return xxh3_128_digest(f"ndarray:{value.shape}:{value.dtype.str}".encode())
    if kind is _class("pandas", "Series"):
        return _of_series(value)
    if not is_user_class(kind) and not any(_MEASURED & class_dict(base).keys() for base in mro(kind)):
        # It has no more of a shape than its type.
        return xxh3_128_digest(type_name(kind).encode("utf-8", "replace"))
    return b""


def _of_series(value: Any) -> bytes:
    """The shape of a series whose array is a library's: one of the user's might run code when it is asked."""
    blocks = attribute(attribute(value, "_mgr"), "blocks")
    held = blocks[0].values if type(blocks) is tuple and len(blocks) == 1 else None
    if held is None or is_user_class(type(held)):
        return b""
    dtype = held.dtype
    if is_user_class(type(dtype)):
        return b""
    return xxh3_128_digest(f"Series:{len(held)}:{dtype}".encode())


def _class(module: str, name: str) -> object:
    loaded = sys.modules.get(module)
    return vars(loaded).get(name, sys) if loaded is not None else sys


def asked(parsed: Parsed) -> frozenset[tuple[str, int, int]]:
    """Where a cell asks for nothing but the shape of a name: ``len(x)``, ``type(x)``, ``x.columns``.

    Returns:
        (name, line, column), line and column from 1.
    """
    if parsed.tree is None:
        return frozenset()
    shaped: set[int] = set()
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Attribute) and node.attr in _ASKED and isinstance(node.ctx, ast.Load):
            shaped.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ASKING:
            shaped.update(id(argument) for argument in node.args[:1])
    if not shaped:
        return frozenset()
    return frozenset(
        (node.id, node.lineno, node.col_offset + 1)
        for node in ast.walk(parsed.tree)
        if isinstance(node, ast.Name) and id(node) in shaped
    )


def shaped(parts: Iterable[Part]) -> frozenset[str]:
    """Names that these statements make whose shape depends on nothing but shapes."""
    made: dict[str, bool] = {}
    for part in parts:
        good = isinstance(part.node, ast.Assign | ast.AnnAssign) and (
            part.node.value is not None and _is_shaped(part.node.value)
        )
        for base in part.makes:
            made[base] = made.get(base, True) and good
    return frozenset(base for base, good in made.items() if good)


def _is_shaped(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else node
            return (
                name in _SHAPED
                and (owner is node or _is_shaped(owner))
                and all(_is_shaped(arg) for arg in node.args)
                and all(_is_shaped(keyword.value) for keyword in node.keywords)
            )
        case ast.Attribute():
            return _is_shaped(node.value)
        case ast.BinOp():
            return _is_shaped(node.left) and _is_shaped(node.right)
        case ast.UnaryOp():
            return _is_shaped(node.operand)
        case ast.List() | ast.Tuple():
            return all(map(_is_shaped, node.elts))
        case ast.Dict():
            return all(map(_is_shaped, node.values))
    return False
