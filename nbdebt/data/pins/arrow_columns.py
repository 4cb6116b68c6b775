"""Columns of a polars frame or a pyarrow table, summed up."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

from nbdebt.data.pins.model import QUANTILES, Column, Type
from nbdebt.data.pins.numbers import few, short, shorts

Opened = tuple[int, Iterator[tuple[str, Any]], bool]


def opened_polars(frame: Any, most_rows: int) -> Opened:
    """Rows, columns by name, and whether only some rows are looked at, of a ``polars.DataFrame``."""
    rows = frame.height
    sampled = bool(most_rows) and rows > most_rows
    looked = frame.gather_every(-(-rows // most_rows)) if sampled else frame
    return rows, ((series.name, series) for series in looked.get_columns()), sampled


def opened_arrow(table: Any, most_rows: int) -> Opened:
    """The same of a ``pyarrow.Table``."""
    rows = table.num_rows
    sampled = bool(most_rows) and rows > most_rows
    looked = table.take(list(range(0, rows, -(-rows // most_rows)))) if sampled else table
    return rows, zip(looked.column_names, looked.columns, strict=True), sampled


def polars_column(values: Any, full: bool) -> Column:
    """One column of polars.

    Args:
        values: a ``polars.Series``.
        full: with statistics, not only the type.
    """
    kind = _kind(str(values.dtype).lower())
    nan = int(values.is_nan().sum() or 0) if kind == "number" and values.dtype.is_float() else 0
    nulls = values.null_count() + nan
    there = values.drop_nulls()
    if nan:
        there = there.drop_nans()
    if not full or not len(there) or kind == "other":
        return Column(kind, nulls)
    if kind in ("integer", "number"):
        numbers = there.cast(sys.modules["polars"].Float64)
        numbers = numbers.filter(numbers.is_finite())
        if not len(numbers):
            return Column(kind, nulls)
        kind = _whole(kind, nulls, bool((numbers % 1 == 0).all()))
        quantiles = shorts(numbers.quantile(q, interpolation="linear") for q in QUANTILES)
        return Column(kind, nulls, None, None, short(numbers.min()), short(numbers.max()), quantiles)
    if kind in ("time", "duration"):
        return Column(kind, nulls, None, None, _moment(there.min()), _moment(there.max()))
    distinct = there.n_unique()
    return Column(kind, nulls, distinct, few(distinct, there.unique().to_list() if distinct < 100 else ()))


def arrow_column(values: Any, full: bool) -> Column:
    """One column of pyarrow.

    Args:
        values: a ``pyarrow.ChunkedArray``.
        full: with statistics, not only the type.
    """
    pyarrow, compute = sys.modules["pyarrow"], sys.modules.get("pyarrow.compute") or _compute()
    if pyarrow.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = _kind(str(values.type))
    there = values.drop_null()
    if kind == "number" and pyarrow.types.is_floating(values.type):
        there = there.filter(compute.invert(compute.is_nan(there)))
    nulls = len(values) - len(there)
    if not full or not len(there) or kind == "other":
        return Column(kind, nulls)
    if kind in ("integer", "number"):
        numbers = there.cast(pyarrow.float64(), safe=False)
        numbers = numbers.filter(compute.is_finite(numbers))
        if not len(numbers):
            return Column(kind, nulls)
        whole = compute.all(compute.equal(compute.floor(numbers), numbers)).as_py()
        ends = compute.min_max(numbers).as_py()
        quantiles = shorts(compute.quantile(numbers, q=list(QUANTILES)).to_pylist())
        kind = _whole(kind, nulls, bool(whole))
        return Column(kind, nulls, None, None, short(ends["min"]), short(ends["max"]), quantiles)
    if kind in ("time", "duration"):
        ends = compute.min_max(there).as_py()
        return Column(kind, nulls, None, None, _moment(ends["min"]), _moment(ends["max"]))
    distinct = compute.unique(there)
    return Column(
        kind, nulls, len(distinct), few(len(distinct), distinct.to_pylist() if len(distinct) < 100 else ())
    )


def _compute() -> Any:
    return importlib.import_module("pyarrow.compute")


def _whole(kind: Type, nulls: int, whole: bool) -> Type:
    """As pandas reads it: numbers without a fraction, some of which are missing, are integers."""
    return "integer" if kind == "number" and nulls and whole else kind


def _moment(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _kind(text: str) -> Type:
    for start, kind in _STARTS:
        if text.startswith(start):
            return kind
    return "other"


_STARTS: tuple[tuple[str, Type], ...] = (
    ("bool", "boolean"),
    ("int", "integer"),
    ("uint", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("halffloat", "number"),
    ("decimal", "number"),
    ("str", "text"),
    ("utf8", "text"),
    ("large_string", "text"),
    ("large_utf8", "text"),
    ("cat", "text"),
    ("enum", "text"),
    ("date", "time"),
    ("timestamp", "time"),
    ("time", "time"),
    ("duration", "duration"),
    ("month_day_nano", "other"),
)
