"""Which reader reads which type."""

import weakref
from collections.abc import Callable
from typing import Any, Final

from nbdebt.live.fingerprints.instances import extended, instance
from nbdebt.live.fingerprints.nodes import Node
from nbdebt.live.fingerprints.peek import (
    is_authentic,
    is_cython_function,
    module_name,
    mro,
    registered_name,
    token,
)
from nbdebt.live.fingerprints.walk import Reader, Walk

_BUILTIN: Final[dict[int, Reader]] = {}
_LIBRARY: Final[dict[str, Reader]] = {}
_OPAQUE: Final[list[tuple[str, str]]] = []
_CYTHON: Final[list[Reader]] = []
_found: Final[dict[int, tuple["weakref.ref[type]", Reader]]] = {}


def reads(*types: type) -> Callable[[Reader], Reader]:
    """The decorated function reads values of these types and of what is derived from them."""

    def register(reader: Reader) -> Reader:
        for cls in types:
            _BUILTIN[token(cls)] = reader
        return reader

    return register


def reads_library(*names: str) -> Callable[[Reader], Reader]:
    """The decorated function reads values of classes of a library, named ``package:Class``, and of what is
    derived from them. It reads their attributes too."""

    def register(reader: Reader) -> Reader:
        for name in names:
            _LIBRARY[name] = reader
        return reader

    return register


def reads_cython(reader: Reader) -> Reader:
    """The decorated function reads functions that Cython compiled."""
    _CYTHON.append(reader)
    return reader


def opaque(why: str, *prefixes: str) -> None:
    """Instances of classes whose ``module.name`` begins like this aren't looked into."""
    _OPAQUE.extend((prefix, why) for prefix in prefixes)


def find(cls: type) -> Reader:
    """The reader for values of this very type. Kept while the type lives."""
    key = token(cls)
    known = _BUILTIN.get(key)
    if known is not None:
        return known
    kept = _found.get(key)
    if kept is not None and kept[0]() is cls:
        return kept[1]
    reader = _find(cls)
    _found[key] = weakref.ref(cls, lambda _: _found.pop(key, None)), reader
    return reader


def _find(cls: type) -> Reader:
    if is_cython_function(cls):
        return _CYTHON[0]
    for base in mro(cls):
        # What a library's base class says holds for all of its classes, before what is said of the library.
        reader = _LIBRARY.get(registered_name(base))
        if reader is not None and is_authentic(base):
            return reader
        if token(base) in _BUILTIN:
            break
    for base in mro(cls):
        module = module_name(base)
        for prefix, why in _OPAQUE:
            if module.startswith(prefix) and is_authentic(base):
                return _unread(why)
        if base is not object:
            reader = _BUILTIN.get(token(base))
            if reader is not None:
                return extended(reader)
    return instance


def _unread(why: str) -> Reader:
    def read(walk: Walk, value: Any) -> bytes | Node:
        walk.touch(value)
        return walk.opaque(value, why)

    return read
