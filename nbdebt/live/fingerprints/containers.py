"""Containers of Python: lists, tuples, dicts, sets, deques, and what is derived from them.

Where all that a container holds, at any depth, is plain (exact built-in numbers, texts, lists, tuples,
dicts), ``marshal`` writes it in one go, fifty times as fast as a walk. Types are checked first, level by
level: what has the buffer protocol would else be written as bytes, and a class of the user's could take
part in the writing.
"""

import gc
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from itertools import chain
from marshal import dumps
from operator import countOf
from types import MappingProxyType
from typing import Any, Final

from xxhash import xxh3_128, xxh3_128_digest

from nbdebt.live.fingerprints.instances import instance
from nbdebt.live.fingerprints.kinds import find, reads
from nbdebt.live.fingerprints.nodes import BYTE_COST, PLAIN, Digest, Node
from nbdebt.live.fingerprints.peek import is_user_class, mro, token, type_name
from nbdebt.live.fingerprints.walk import Walk

PLAIN_COST: Final = 14.0
_TEXT_COST: Final = 18.0
_WRITTEN_TEXT_COST: Final = 30.0
_ITEM_COST: Final = 40.0
_INNER_COST: Final = 25.0
"""Estimated nanoseconds for a plain element; a text among texts; and in addition for a text among others, an
item of a dict, a container in a container."""
_LEVEL_COST: Final = 1500.0
_DEEPEST: Final = 8
_SORTABLE: Final = frozenset((token(int), token(str), token(bytes)))
_TEXTS: Final = frozenset((token(str), token(bytes)))
_LIST, _TUPLE, _DICT = token(list), token(tuple), token(dict)
_NESTED: Final = frozenset((_LIST, _TUPLE, _DICT))
_PLAIN_OR_NESTED: Final = PLAIN | _NESTED
_MANY: Final = 32
_STRETCH: Final = 8192
_STR: Final = {token(str)}
_WHOLE: Final = slice(None)


def types_of(walk: Walk, values: Sequence[object]) -> set[int]:
    """Tokens of the types of values."""
    if len(values) < 8 or walk.odd_classes:
        return {token(cls) for cls in map(type, values)}
    first = type(values[0])
    if countOf(map(type, values), first) == len(values):
        return {token(first)}
    return set(map(token, set(map(type, values))))


def marshalled(walk: Walk, kind: bytes, value: Any) -> bytes | None:
    """The digest of an exact list, tuple or dict that holds plain values only; None for others, and for what
    can't be afforded as a whole.

    Its own token is for the caller to tell.

    Raises:
        TooMuchError: there is more than the budget allows, and nothing may be left out.
    """
    if len(value) < 8 and type(value) is not dict:
        kinds = {token(cls) for cls in map(type, value)}
        if kinds <= PLAIN and not kinds & _TEXTS:
            walk.left -= len(value) * PLAIN_COST
            return xxh3_128_digest(b"%d:%b" % (len(kind), kind) + dumps(value, 2))
        if not kinds <= _PLAIN_OR_NESTED:
            return None
    elif type(value) is not dict and type(value[0]) is str:
        texts = _texts(walk, kind, value)
        if texts is not None:
            return texts
    level: list[Any] = [value]
    mutable: list[list[Any]] = []
    cost = size = 0.0
    for depth in range(_DEEPEST):
        kinds = types_of(walk, level)
        if kinds & _TEXTS:
            sized = level if kinds <= _TEXTS else [x for x in level if type(x) is str or type(x) is bytes]
            size += sum(map(len, sized))
            cost += len(sized) * _WRITTEN_TEXT_COST
        nested = kinds - PLAIN
        if not nested:
            break
        if not nested <= _NESTED:
            walk.left -= min(cost, walk.left)
            return None
        inner: list[Iterable[Any]] = []
        if _LIST in nested:
            lists = level if len(kinds) == 1 else [x for x in level if type(x) is list]
            if depth:
                mutable.append(lists)
            inner.append(chain.from_iterable(lists))
        if _TUPLE in nested:
            inner.append(chain.from_iterable([x for x in level if type(x) is tuple]))
        if _DICT in nested:
            dicts = level if len(kinds) == 1 else [x for x in level if type(x) is dict]
            if depth:
                mutable.append(dicts)
            cost += sum(map(len, dicts)) * _ITEM_COST
            inner.append(chain.from_iterable(dicts))
            inner.append(chain.from_iterable(map(dict.values, dicts)))
        count = _count(level)
        cost += _LEVEL_COST + count * PLAIN_COST + (len(level) * _INNER_COST if depth else 0)
        if cost > walk.left:
            break
        level = list(chain.from_iterable(inner))
    else:
        walk.left -= min(cost, walk.left)
        return None
    if not walk.affords(cost + size * BYTE_COST, int(size)):
        return None
    for values in mutable:
        walk.touch_all(values)
    written = dumps(value, 2)
    walk.size += len(written) - int(size)
    return xxh3_128_digest(b"%d:%b" % (len(kind), kind) + written)


def _texts(walk: Walk, kind: bytes, items: list[Any] | tuple[Any, ...]) -> bytes | None:
    """The digest of exact texts, joined: twice as fast as ``marshal``. None where they are not all texts, or
    can't be told apart when joined."""
    count = len(items)
    if types_of(walk, items[:_STRETCH]) != _STR or not walk.affords(count * _TEXT_COST):
        return None
    hasher = xxh3_128(b"%d:%btexts:%d:" % (len(kind), kind, count))
    for start in range(0, count, _STRETCH):
        stretch = items[start : start + _STRETCH]
        if start and types_of(walk, stretch) != _STR:
            return None
        size = sum(map(len, stretch))
        if not walk.affords(size * BYTE_COST, size):
            return None
        joined = "\x1f".join(stretch)
        if joined.count("\x1f") != len(stretch) - 1:
            return None
        hasher.update(b"%d:" % size + joined.encode("utf-8", "surrogatepass"))
    return hasher.digest()


def _count(level: list[Any]) -> int:
    """How many elements the next level has."""
    return sum([len(x) for x in level if type(x) is list or type(x) is tuple or type(x) is dict])


def packed(walk: Walk, items: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Children that stand for items: themselves, or for many plain records of one class it and one digest."""
    if len(items) >= _MANY and not walk.odd_classes:
        cls = type(items[0])
        if token(cls) not in PLAIN and find(cls) is instance and countOf(map(type, items), cls) == len(items):
            seen = walk.layout(cls)
            get = seen.attributes
            if get is not None and not (seen.slots or seen.hidden or seen.derived or seen.blocked):
                done = marshalled(walk, b"records", list(map(get, items)))
                if done is not None:
                    walk.touch_all(items)
                    return [type_name(cls), *([cls] if is_user_class(cls) else []), Digest(done)]
    return list(items)


def sequence(walk: Walk, kind: bytes, items: list[Any] | tuple[Any, ...]) -> bytes | Node:
    """The elements of a sequence in their order."""
    done = marshalled(walk, kind, items)
    return Node(kind, packed(walk, items)) if done is None else done


@reads(list)
def _list(walk: Walk, value: list[Any]) -> bytes | Node:
    walk.touch(value)
    return sequence(walk, b"list", value if type(value) is list else list.__getitem__(value, _WHOLE))


@reads(tuple)
def _tuple(walk: Walk, value: tuple[Any, ...]) -> bytes | Node:
    return sequence(walk, b"tuple", value if type(value) is tuple else tuple.__getitem__(value, _WHOLE))


@reads(deque)
def _deque(walk: Walk, value: deque[Any]) -> bytes | Node:
    walk.touch(value)
    items = list(deque.__iter__(value))
    return sequence(walk, b"deque:%d" % len(items), [_maxlen(value), *items])


_maxlen = deque.__dict__["maxlen"].__get__


@reads(set, frozenset)
def _set(walk: Walk, value: set[Any] | frozenset[Any]) -> bytes | Node:
    fixed = frozenset in mro(type(value)) if type(value) is not set else False
    if not fixed:
        walk.touch(value)
    items: list[Any] = list(frozenset.__iter__(value) if fixed else set.__iter__(value))  # type: ignore[arg-type]
    kind = b"frozenset" if fixed else b"set"
    kinds = types_of(walk, items) if items else set()
    if len(kinds) == 1 and kinds <= _SORTABLE and walk.affords(len(items) * 100.0):
        items.sort()
        done = marshalled(walk, kind, items)
        if done is not None:
            return done
    return Node(kind, items, unordered=True)


def part_of(key: object) -> str | None:
    """How code that reads the item by a constant key spells it (``Name.part``); None: it doesn't.

    Of keys that are equal (``1``, ``True``, ``1.0``) only the whole number is a key of its own.
    """
    kind = type(key)
    if kind is str or kind is int or key is None:
        return f"[{key!r}]"
    if kind is bool:
        return f"[{int(key)}]"  # type: ignore[call-overload]
    if kind is float:
        return f"[{int(key)}]" if key.is_integer() else None  # type: ignore[attr-defined, call-overload]
    if kind is tuple and all(type(x) is str or type(x) is int or x is None for x in key):  # type: ignore[attr-defined]
        return f"[{key!r}]"
    return None


def _items(walk: Walk, kind: bytes, keys: list[Any], values: list[Any], ordered: bool) -> Node:
    """The node of a mapping: its items are parts where it is the value itself."""
    if not walk.at_root or len(keys) > walk.budget.parts:
        return Node(kind + b"%d" % len(keys), [*keys, *packed(walk, values)], ordered=ordered)
    parts = [part_of(key) for key in keys]
    odd = [
        key
        for key, part in zip(keys, parts, strict=True)
        if part is None or type(key) is bool or type(key) is float
    ]
    return Node(kind, [*odd, *values], [*[None] * len(odd), *parts], ordered=ordered)


@reads(dict)
def _dict(walk: Walk, value: dict[Any, Any]) -> bytes | Node:
    walk.touch(value)
    exact = type(value) is dict
    if exact and (not walk.at_root or len(value) > walk.budget.parts):
        done = marshalled(walk, b"dict", value)
        if done is not None:
            return done
    items = list(dict.items(value))
    return _items(walk, b"dict", [k for k, _ in items], [v for _, v in items], False)


@reads(OrderedDict)
def _ordered_dict(walk: Walk, value: OrderedDict[Any, Any]) -> bytes | Node:
    walk.touch(value)
    kinds = types_of(walk, list(dict.keys(value))) if dict.__len__(value) else set()
    # Its own order is kept apart from that of the dict it is; reading it hashes the keys.
    items = list((OrderedDict if kinds <= PLAIN else dict).items(value))
    return _items(walk, b"OrderedDict", [k for k, _ in items], [v for _, v in items], True)


@reads(MappingProxyType)
def _proxy(walk: Walk, value: MappingProxyType[Any, Any]) -> bytes | Node:
    return Node(b"mappingproxy", gc.get_referents(value))


_VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_mapping_of = [view.__dict__["mapping"].__get__ for view in _VIEWS]


@reads(*_VIEWS)
def _view(walk: Walk, value: Any) -> bytes | Node:
    kind = _VIEWS.index(type(value))
    return Node(b"view%d" % kind, [_mapping_of[kind](value)])
