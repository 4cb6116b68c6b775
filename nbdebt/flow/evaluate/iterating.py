"""Builtins that print, and those that go through what they are given."""

import ast
import sys
from typing import Any

from nbdebt.flow.evaluate.callsites import (
    display,
)
from nbdebt.flow.evaluate.classes import (
    Class,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import HANDLERS, Handler, exactly, handles, members
from nbdebt.flow.evaluate.objects import (
    CALL,
    OWN,
    Bound,
    Generator,
    Metered,
    poisoned,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
)


@handles(display)
def _display(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.poison(a for a in args if type(a) in OWN)


@handles(print)
def _print(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> None:
    separator, end, file = (kwargs.get(k) for k in ("sep", "end", "file"))
    separator = " " if separator is None else separator
    end = "\n" if end is None else end
    if file is not None or kwargs.keys() - {"sep", "end", "file", "flush"}:
        m.emit(None)
        return
    pieces: list[str | None] = []
    for index, value in enumerate(args):
        if index:
            pieces.append(separator if type(separator) is str else None)
        try:
            pieces.append(None if value is UNKNOWN else m.text(value))
        except Exhausted:
            raise
        except Unknowable:
            pieces.append(None)
    pieces.append(end if type(end) is str else None)
    if any(p is None for p in pieces):
        m.doubt()
    for piece in pieces:
        m.emit(piece)


@handles(len)
def _len(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    if value is UNKNOWN or poisoned(value) or type(value) in OWN - {Instance}:
        raise (
            Raised(TypeError(UNKNOWN))
            if type(value) in (Generator, Metered, Function, Class)
            else Unknowable()
        )
    return m.native(len, value)


@handles(range)
def _range(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if any(a is UNKNOWN for a in args):
        raise Unknowable
    return m.native(range, *args)


@handles(sum)
def _sum(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items = m.listed(args[0])
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    m.tick(len(items) >> 4)
    total = start
    if not any(type(item) in (float, complex) for item in (start, *items)):
        if type(start) is int and all(type(item) in (int, bool) for item in items):
            return m.native(sum, items, start)
        for item in items:
            total = m.binary(ast.Add, total, item)
        return total
    if any(item is UNKNOWN for item in items) or start is UNKNOWN:
        raise Unknowable
    # since 3.12 floats are added with their rounding errors compensated
    plainly = m.native(_plainly, items, start)
    compensated = m.native(sum if sys.version_info >= (3, 12) else _compensated, items, start)
    if plainly == compensated or plainly != plainly:
        return plainly
    if m.python is None:
        raise Unknowable
    return compensated if m.python >= (3, 12) else plainly


def _plainly(items: list[Any], total: Any) -> Any:
    for item in items:
        total = total + item
    return total


def _compensated(items: list[Any], start: Any) -> Any:
    total, error = float(start), 0.0
    for item in items:
        after = total + item
        error += (total - after) + item if abs(total) >= abs(item) else (item - after) + total
        total = after
    return total + error


def _extreme(function: Any) -> Handler:
    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        kwargs = dict(kwargs)
        key = kwargs.pop("key", None)
        if len(args) == 1:
            args = [members(m, args[0]) if key is None else m.listed(args[0])]
            m.tick(len(args[0]) >> 4)
        if key is not None:
            kwargs["key"] = m.callback(key)
        m.bounded(args)
        return m.native(function, *args, **kwargs)

    return handler


HANDLERS[min], HANDLERS[max] = _extreme(min), _extreme(max)


@handles(sorted)
def _sorted(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    key, reverse = kwargs.get("key"), kwargs.get("reverse", False)
    if reverse is UNKNOWN or kwargs.keys() - {"key", "reverse"}:
        raise Unknowable
    if key is None and isinstance(value, set | frozenset):
        items = members(m, value)
        if not all(type(i) in ATOMS or type(i) is tuple for i in items):
            raise Unknowable
    else:
        items = m.listed(value)
    m.tick(len(items) >> 3)
    m.bounded(items)
    return m.native(sorted, items, key=m.callback(key), reverse=bool(reverse))


@handles(any)
def _any(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[0]
    items = iter(members(m, value)) if isinstance(value, set | frozenset) else m.iterate(value)
    return any(m.truth(item) for item in m.steps_of(items))


@handles(all)
def _all(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[0]
    items = iter(members(m, value)) if isinstance(value, set | frozenset) else m.iterate(value)
    return all(m.truth(item) for item in m.steps_of(items))


@handles(enumerate)
def _enumerate(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    if start is UNKNOWN:
        raise Unknowable
    return Metered(m.native(enumerate, m.iterate(args[0]), start), m, (args[0],))


@handles(zip)
def _zip(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Metered(m.native(zip, *map(m.iterate, args), **kwargs), m, tuple(args))


@handles(map)
def _map(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function = args[0]
    if function is UNKNOWN or len(args) < 2:
        raise Unknowable
    return Metered(map(Bound(function, None, m, CALL), *map(m.iterate, args[1:])), m, tuple(args))


@handles(filter)
def _filter(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function, value = exactly(args, 2)
    if function is UNKNOWN:
        raise Unknowable
    keep = None if function is None else Bound(function, None, m, CALL)
    return Metered(filter(keep, m.iterate(value)), m, (function, value))


@handles(reversed)
def _reversed(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    if value is UNKNOWN or poisoned(value) or type(value) in OWN:
        raise Unknowable
    return Metered(m.native(reversed, value), m, (value,))


@handles(iter)
def _iter(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    if type(value) in (Metered, Generator):
        return value
    if type(value) is Instance and value.cls.find("__iter__") is not MISSING:
        return m.call(m.attribute(value, "__iter__"), [], {})
    return Metered(m.iterate(value), m, (value,))


@handles(next)
def _next(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = exactly(args, 1, 2)[0]
    if type(value) is Instance:
        try:
            return m.call(m.attribute(value, "__next__"), [], {})
        except Raised as error:
            if len(args) == 2 and isinstance(error.value, StopIteration):
                return args[1]
            raise
    if type(value) not in (Metered, Generator):
        raise Unknowable if value is UNKNOWN or type(value) not in ATOMS else Raised(TypeError(UNKNOWN))
    try:
        return next(value)
    except StopIteration:
        if len(args) == 2:
            return args[1]
        raise Raised(StopIteration()) from None
    except Exception as error:
        raise m.translated(error, (), {}) from None
