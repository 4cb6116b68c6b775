"""Values in words that two processes share: digests, and the values themselves where they are of plain kinds.

No code of the user's is run: only values of exactly these types are spelled out.
"""

import sys
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any

from nbdebt.export.model import Held
from nbdebt.export.summaries import summary
from nbdebt.live.fingerprints import Budget, Fingerprinter
from nbdebt.live.fingerprints.code import behind
from nbdebt.live.fingerprints.peek import type_name

_BUDGET = Budget(seconds=5.0, bytes=2**31, elements=20_000_000)
_LINES = "IPython.utils.text.SList"
_LARGEST = 200_000
_DEEPEST = 20
_fingerprinter = Fingerprinter(_BUDGET)


class _TooMuchError(Exception):
    pass


def held(value: object, summarised: bool = False) -> Held:
    """A value as the other process can compare it.

    Args:
        value: any value.
        summarised: with its summary.
    """
    value = behind(value)
    name = type_name(type(value))
    if name == _LINES and isinstance(value, list):
        # What `x = !command` gives is a list with methods of IPython's.
        value, name = list.copy(value), "list"
    found = _fingerprinter.take(value)
    spent = [0]
    try:
        plain = _plain(value, spent, 0)
    except (_TooMuchError, RecursionError):
        plain = None
    return Held(found.digest, found.exactness, name, plain, summary(value, name) if summarised else None)


def _plain(value: object, spent: list[int], depth: int) -> Any:
    """A value in tuples that begin with its kind; None for what isn't plain."""
    spent[0] += 1
    if spent[0] > _LARGEST or depth > _DEEPEST:
        raise _TooMuchError
    kind = type(value)
    if kind is float or kind is int or kind is bool or kind is str or value is None:
        return (kind.__name__, value if kind is not int else str(value))
    if kind is PosixPath or kind is WindowsPath or kind is PurePosixPath or kind is PureWindowsPath:
        return ("path", str(value))
    if kind is complex:
        return ("complex", value.real, value.imag)  # type: ignore[attr-defined]
    if kind is list or kind is tuple:
        parts = [_plain(item, spent, depth + 1) for item in value]  # type: ignore[attr-defined]
        return (kind.__name__, parts) if None not in parts else None
    if kind is set or kind is frozenset:
        parts = [_plain(item, spent, depth + 1) for item in value]  # type: ignore[attr-defined]
        return (kind.__name__, sorted(parts, key=repr)) if None not in parts else None
    if kind is dict:
        items = [
            (_plain(key, spent, depth + 1), _plain(item, spent, depth + 1))
            for key, item in value.items()  # type: ignore[attr-defined]
        ]
        return ("dict", items) if all(None not in item for item in items) else None
    return _of_libraries(value, kind, spent, depth)


def _of_libraries(value: Any, kind: type, spent: list[int], depth: int) -> Any:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None:
        if kind is numpy.ndarray:
            if value.dtype.kind not in "fc" or value.size > _LARGEST:
                return None
            flat = value.ravel()
            real, imaginary = flat.real.tolist(), flat.imag.tolist() if value.dtype.kind == "c" else []
            return ("array", str(value.dtype), list(value.shape), real, imaginary)
        if issubclass(kind, numpy.floating) and kind.__module__ == "numpy":
            return (kind.__name__, float(value))
        if issubclass(kind, numpy.integer) and kind.__module__ == "numpy":
            return (kind.__name__, str(int(value)))
        if kind is numpy.bool_:
            return ("bool", bool(value))
    if pandas is not None:
        if kind is pandas.DataFrame:
            if value.size > _LARGEST:
                return None
            columns = [
                (_plain(name, spent, depth + 1), _series(column, spent)) for name, column in value.items()
            ]
            index = _series(value.index, spent)
            return ("frame", columns, index) if index and all(None not in c for c in columns) else None
        if kind is pandas.Series:
            return (
                "series",
                _plain(value.name, spent, depth + 1),
                _series(value, spent),
                _series(value.index, spent),
            )
    return None


def _series(column: Any, spent: list[int]) -> Any:
    spent[0] += len(column)
    if spent[0] > _LARGEST:
        raise _TooMuchError
    if column.dtype.kind == "f":
        return (str(column.dtype), [float(item) for item in column.to_numpy()])
    return (str(column.dtype), repr(list(column.to_numpy())))
