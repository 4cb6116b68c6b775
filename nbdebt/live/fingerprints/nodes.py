"""What walks are made of: nodes, what they are estimated to cost, and where samples are taken."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from nbdebt.live.fingerprints.peek import token

NODE_COST: Final = 2000.0
CHILD_COST: Final = 250.0
BYTE_COST: Final = 0.15
"""Estimated nanoseconds: to visit an object, to look at a plain child, to digest a byte."""
BLOCKS: Final = 64
LARGE: Final = 4096
FEWEST: Final = 16

PLAIN: Final = frozenset(token(t) for t in (type(None), bool, int, float, complex, str, bytes, type(...)))
"""Exact types that ``marshal`` writes so that equal values, and only those, get equal bytes. Its version 2 is
used: the later ones write references that depend on reference counts."""
SIZED: Final = frozenset((token(str), token(bytes)))


class TooMuchError(Exception):
    """The budget doesn't suffice to read all of the value."""


class TooLateError(Exception):
    """The walk worked many times as long as was thought: where it stood then is an accident."""


class Node(msgspec.Struct):
    """A value seen as a kind and its children.

    Args:
        kind: what tells it from others with the same children.
        children: in an order of their own; a node may stand among them.
        names: for each child: the part of the value that it is, None for what is in no part.
        unordered: the order of the children doesn't count.
        ordered: the order of the parts counts.
        lenient: what can't be read below it doesn't make the value less exact.
    """

    kind: bytes
    children: Sequence[Any]
    names: Sequence[str | None] | None = None
    unordered: bool = False
    ordered: bool = True
    lenient: bool = False


class Digest(msgspec.Struct, frozen=True, gc=False):
    """A child whose digest is known."""

    value: bytes


def spread_blocks(size: int, block: int) -> range:
    """Where blocks begin: the head, the tail, and evenly between."""
    return range(0, max(1, size - block + 1), max(1, (size - block) // (BLOCKS - 1)))


def words(size: int) -> str:
    """A number of bytes, for people."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} bytes"


def spread(total: int, most: int) -> list[int]:
    """Positions to look at: the head, the tail, and evenly between."""
    ends = max(1, most // 4)
    between = max(1, most - 2 * ends)
    step = (total - 2 * ends) / between
    middle = (ends + int(i * step) for i in range(between))
    return sorted({*range(min(ends, total)), *middle, *range(max(0, total - ends), total)})
