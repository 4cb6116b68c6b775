"""Columns of a pandas frame, summed up."""

import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from nbdebt.data.pins.model import QUANTILES, Column, Type
from nbdebt.data.pins.numbers import few, short, shorts

# What pandas calls a column of objects (pandas.api.types.infer_dtype), in our words.
_INFERRED: dict[str, Type] = {
    "string": "text",
    "boolean": "boolean",
    "integer": "integer",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
    "datetime64": "time",
    "datetime": "time",
    "date": "time",
    "timedelta64": "duration",
    "timedelta": "duration",
}
# Types of objects that can be counted without running anybody's code.
_PLAIN = frozenset(map(id, (str, int, float, bool, Decimal, date, datetime, time, timedelta)))


def opened(frame: Any, most_rows: int) -> tuple[int, Iterator[tuple[str, Any]], bool]:
    """Rows, columns by name, whether only some rows are looked at.

    Args:
        frame: a ``pandas.DataFrame``.
        most_rows: 0 for all.
    """
    rows = len(frame)
    sampled = bool(most_rows) and rows > most_rows
    looked = frame.iloc[:: -(-rows // most_rows)] if sampled else frame
    return rows, _columns(looked), sampled


def _columns(frame: Any) -> Iterator[tuple[str, Any]]:
    index = frame.index
    seen: dict[str, int] = {}
    for level, name in enumerate(index.names):
        if name is not None:
            yield _own(str(name), seen), index.get_level_values(level).to_series()
    for position, name in enumerate(frame.columns):
        yield _own(str(name), seen), frame.iloc[:, position]


def _own(name: str, seen: dict[str, int]) -> str:
    """Names may repeat in a frame: further ones get a number."""
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}.{seen[name] - 1}"


def column(values: Any, full: bool) -> Column:
    """One column.

    Args:
        values: a ``pandas.Series``.
        full: with statistics, not only the type.
    """
    missing = values.isna()
    nulls = int(missing.sum())
    there = values[~missing.to_numpy()] if nulls else values
    kind, plain = _type(values.dtype, there)
    if kind == "number" and nulls and plain:
        # Numbers without a fraction become fractions where one is missing.
        numbers = there.astype("float64")
        if len(numbers) and bool((numbers % 1 == 0).all()):
            kind = "integer"
    if not full or not plain or kind == "other" or not len(there):
        return Column(kind, nulls)
    if kind in ("integer", "number"):
        numbers = there.astype("float64")
        numbers = numbers[numbers.abs() != float("inf")]
        if not len(numbers):
            return Column(kind, nulls)
        quantiles = shorts(numbers.quantile(list(QUANTILES)).tolist())
        return Column(kind, nulls, None, None, short(numbers.min()), short(numbers.max()), quantiles)
    if kind in ("time", "duration"):
        if values.dtype == object:
            return Column(kind, nulls, None, None, str(min(there.tolist())), str(max(there.tolist())))
        return Column(kind, nulls, None, None, _moment(there.min()), _moment(there.max()))
    if str(values.dtype) == "category":
        there = there.cat.remove_unused_categories().cat.categories
    distinct = there.unique()
    count = len(distinct)
    return Column(kind, nulls, count, few(count, distinct.tolist()))


def _moment(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _type(dtype: Any, there: Any) -> tuple[Type, bool]:
    """The type in our words, and whether values can be counted without running code of others."""
    text = str(dtype)
    if text == "category":
        kind, plain = _type(there.cat.categories.dtype, there.cat.categories.to_series())
        return ("text" if kind in ("integer", "number") else kind), plain
    if text == "object":
        # By identity: types of the user's may say what they like of equality.
        plain = all(id(type(value)) in _PLAIN for value in there.tolist())
        if not len(there) or not plain:
            return "other", False
        types = sys.modules["pandas"].api.types
        return _INFERRED.get(types.infer_dtype(there, skipna=True), "other"), plain
    for start, kind in _STARTS:
        if text.lower().startswith(start):
            return kind, True
    return "other", False


_STARTS: tuple[tuple[str, Type], ...] = (
    ("bool", "boolean"),
    ("int", "integer"),
    ("uint", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("str", "text"),
    ("string", "text"),
    ("large_string", "text"),
    ("datetime", "time"),
    ("timestamp", "time"),
    ("date", "time"),
    ("period", "time"),
    ("timedelta", "duration"),
    ("duration", "duration"),
)
