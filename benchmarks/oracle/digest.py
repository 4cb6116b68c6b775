"""Deep equality across processes: equal values have equal digests, whatever their addresses.

Numbers are compared exactly, dicts and sets without order, arrays and frames with their types and labels,
functions by
their code, defaults and closures, classes by their members, instances by class and state, iterators by what
is left of
them. What has no state that can be asked for is compared by type.
"""

import functools
import hashlib
import io
import random
import re
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped, unused-ignore]

_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, range, slice, types.EllipsisType)
_NOWHERE = sys.maxsize
_NOT_STATE = {
    "__dict__",
    "__weakref__",
    "__module__",
    "__firstlineno__",
    "__static_attributes__",
    "_abc_impl",
    "__subclasshook__",
    "__abstractmethods__",
}


class Digester:
    """Digests of the values of one namespace. Keep it no longer than the values: it remembers them by
    address."""

    def __init__(self) -> None:
        self._done: dict[int, bytes] = {}
        self._open: dict[int, int] = {}
        self._alive: list[object] = []
        self._reach = _NOWHERE

    def digest(self, value: Any) -> str:
        """Return the digest of a value, in hexadecimal."""
        return self._of(value).hex()

    def _of(self, value: Any) -> bytes:
        if isinstance(value, _PLAIN) and _qualified(type(value)).startswith("builtins."):
            return _hash(type(value).__name__.encode(), repr(value).encode("utf-8", "backslashreplace"))
        key = id(value)
        if key in self._done:
            return self._done[key]
        depth = len(self._open)
        if key in self._open:
            self._reach = min(self._reach, self._open[key])
            return b"cycle:%d" % (depth - self._open[key])
        self._alive.append(value)  # an address is only an identity while its owner lives
        self._open[key] = depth
        outside, self._reach = self._reach, _NOWHERE
        try:
            result = _hash(*self._parts(value))
        finally:
            del self._open[key]
        if self._reach >= depth:
            # Within a larger cycle the digest depends on where the walk came in: only closed parts are
            # remembered.
            self._done[key] = result
            self._reach = _NOWHERE
        self._reach = min(self._reach, outside)
        return result

    def _all(self, values: Iterable[Any]) -> list[bytes]:
        return [self._of(value) for value in values]

    def _parts(self, value: Any) -> list[bytes]:
        kind = type(value)
        name = _qualified(kind).encode()
        if isinstance(value, np.ndarray):
            head = [name, str(value.dtype).encode(), str(value.shape).encode()]
            return head + (self._all(value.ravel()) if value.dtype.hasobject else [value.tobytes()])
        if isinstance(value, np.generic):
            return [name, str(value.dtype).encode(), value.tobytes()]
        if name.startswith(b"pandas."):
            return [name, *self._pandas(value)]
        if isinstance(value, dict):
            pairs = sorted(_hash(self._of(k), self._of(v)) for k, v in value.items())
            return [
                self._kind(kind),
                self._of(getattr(value, "default_factory", None)),
                *pairs,
                *self._own(value),
            ]
        if isinstance(value, set | frozenset):
            return [self._kind(kind), *sorted(self._all(value))]
        if isinstance(value, list | tuple):
            return [self._kind(kind), *self._all(value), *self._own(value)]
        if isinstance(value, type):
            return self._class(value)
        for types_, parts in _STATES:
            if isinstance(value, types_):
                return [name, *self._all(parts(value))]
        return [self._kind(kind), *self._reduced(value)]

    def _kind(self, kind: type) -> bytes:
        return self._of(kind)

    def _own(self, value: Any) -> list[bytes]:
        own = getattr(value, "__dict__", None)
        return [self._of(own)] if own else []

    def _class(self, value: type) -> list[bytes]:
        name = _qualified(value).encode()
        if not name.startswith(b"__main__."):
            return [name]
        members = sorted((k, v) for k, v in vars(value).items() if k not in _NOT_STATE)
        return [name, *self._all(value.__bases__), *(self._of(part) for k, v in members for part in (k, v))]

    def _pandas(self, value: Any) -> list[bytes]:
        if isinstance(value, pd.DataFrame):
            return self._all(
                [value.columns, value.index, *(value.iloc[:, i].array for i in range(value.shape[1]))]
            )
        if isinstance(value, pd.Series):
            return self._all([value.name, value.index, value.array])
        if isinstance(value, pd.MultiIndex):
            return self._all([list(value.names), list(value)])
        if isinstance(value, pd.Index):
            return self._all([value.name, value.array])
        if isinstance(value, pd.Categorical):
            return self._all([list(value.categories), value.codes, value.ordered])
        if isinstance(value, pd.api.extensions.ExtensionArray):
            return [str(value.dtype).encode(), *self._all(value.to_numpy(dtype=object))]
        if hasattr(value, "grouper") or hasattr(value, "_grouper"):
            # Its caches depend on what was asked of it, not on what it is.
            return self._all([value.obj, repr(value.keys)])
        return [re.sub(r"0x[0-9a-f]+", "", repr(value)).encode()]

    def _reduced(self, value: Any) -> list[bytes]:
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:
            return self._own(value) or [b"opaque"]
        if isinstance(reduced, str):
            return [reduced.encode()]
        head = self._all(reduced[:3])
        return head + [self._of(list(items)) for items in reduced[3:5] if items is not None]


def _qualified(kind: type) -> str:
    # Some extension types have a descriptor where the name of their module should be.
    module = kind.__module__ if isinstance(kind.__module__, str) else "builtins"
    return f"{module}.{kind.__qualname__}"


def _hash(*parts: bytes) -> bytes:
    whole = hashlib.blake2b(digest_size=12)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.digest()


def _code(code: types.CodeType) -> list[Any]:
    return [
        code.co_name,
        code.co_code,
        list(code.co_consts),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_flags,
    ]


def _function(value: types.FunctionType) -> list[Any]:
    closed = [_contents(cell) for cell in value.__closure__ or ()]
    return [value.__code__, value.__defaults__, value.__kwdefaults__, closed, value.__dict__]


def _method(value: types.MethodType) -> list[Any]:
    # ``from random import choice`` imports a function; where the stream behind it stands is not its value.
    shared = isinstance(value.__self__, random.Random) and value.__module__ == "random"
    return [value.__func__] if shared else [value.__func__, value.__self__]


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _generator(value: "types.GeneratorType[Any, Any, Any]") -> list[Any]:
    frame = value.gi_frame
    return (
        [value.gi_code, "finished"] if frame is None else [value.gi_code, frame.f_lasti, dict(frame.f_locals)]
    )


def _file(value: io.IOBase) -> list[Any]:
    if value.closed:
        return [getattr(value, "name", None), "closed"]
    return [
        getattr(value, "name", None),
        getattr(value, "mode", None),
        value.tell() if value.seekable() else None,
    ]


_STATES: list[tuple[Any, Callable[[Any], list[Any]]]] = [
    (types.CodeType, _code),
    (types.FunctionType, _function),
    (types.MethodType, _method),
    (types.ModuleType, lambda v: [v.__name__]),
    (types.BuiltinFunctionType, lambda v: [v.__qualname__]),
    (types.GeneratorType, _generator),
    (types.MappingProxyType, lambda v: [dict(v)]),
    ((staticmethod, classmethod), lambda v: [v.__func__]),
    (property, lambda v: [v.fget, v.fset, v.fdel]),
    (functools.partial, lambda v: [v.func, v.args, v.keywords]),
    (functools._lru_cache_wrapper, lambda v: [v.__wrapped__]),
    ((io.StringIO, io.BytesIO), lambda v: ["closed"] if v.closed else [v.getvalue(), v.tell()]),
    (io.IOBase, _file),
    (random.Random, lambda v: [v.getstate()]),
    (np.random.Generator, lambda v: [v.bit_generator.state]),
    (np.random.RandomState, lambda v: [v.get_state()]),
    (re.Pattern, lambda v: [v.pattern, v.flags]),
    (re.Match, lambda v: [v.re, v.string, v.span()]),
    ((type({}.keys()), type({}.values()), type({}.items())), lambda v: [list(v)]),
    (BaseException, lambda v: [v.args, v.__dict__]),
]
