"""Profiles of tables, made with whichever library is there: pandas, polars or pyarrow.

Nothing here runs code of the user's: columns of objects that are no plain text, numbers or dates are
``other``. None of the libraries is imported before a file is to be read.
"""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.data.pins import arrow_columns, pandas_columns
from nbdebt.data.pins.model import MOST_COLUMNS, Column, Profile

LARGEST = 1 << 30
"""Larger files are pinned without a profile."""
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".jsonl": "lines",
    ".ndjson": "lines",
}
_PACKED = (".gz", ".bz2", ".xz", ".zst")
LIBRARIES = ("pandas", "polars", "pyarrow")


def form_of(name: str) -> str:
    """Which kind of table a file is by its name: ``csv``, ``parquet``…; empty for what is read as none."""
    path = Path(name.lower())
    if path.suffix in _PACKED:
        path = path.with_suffix("")
        if _SUFFIXES.get(path.suffix) not in ("csv", "tsv", "lines"):
            return ""
    return _SUFFIXES.get(path.suffix, "")


def available(loaded_only: bool = False) -> str:
    """The library that profiles are made with; empty where there is none.

    Args:
        loaded_only: only one that is imported already will do.
    """
    for name in LIBRARIES:
        if name in sys.modules or not (loaded_only or importlib.util.find_spec(name) is None):
            return name
    return ""


def profile_file(path: Path, name: str = "", loaded_only: bool = False) -> Profile | None:
    """The profile of a table in a file.

    Args:
        path: the file.
        name: what says its form, where the path doesn't.
        loaded_only: use no library that isn't imported already.

    Returns:
        None where the file is no table, can't be read as one, is too large, or no library is there.
    """
    form, library = form_of(name or path.name), available(loaded_only)
    try:
        if not form or not library or path.stat().st_size > LARGEST:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return profile_frame(_READERS[library](path, form))
    except Exception:
        # Whatever a library says of a file that is no table, or of a table that it can't read: no profile.
        return None


def profile_frame(frame: Any, most_rows: int = 0) -> Profile | None:
    """The profile of a frame of pandas or polars, or of a table of pyarrow; None for all else.

    A pandas index that has a name counts as a column.

    Args:
        frame: the table; left as it is.
        most_rows: look at this many rows at most, evenly spread; 0 for all.
    """
    kind = type(frame)
    library = kind.__module__.partition(".")[0]
    if library == "pandas" and kind is sys.modules["pandas"].DataFrame:
        return _made(*pandas_columns.opened(frame, most_rows), pandas_columns.column)
    if library == "polars" and kind is sys.modules["polars"].DataFrame:
        return _made(*arrow_columns.opened_polars(frame, most_rows), arrow_columns.polars_column)
    if library == "pyarrow" and kind is sys.modules["pyarrow"].Table:
        return _made(*arrow_columns.opened_arrow(frame, most_rows), arrow_columns.arrow_column)
    return None


def _made(
    rows: int, columns: Iterable[tuple[str, Any]], sampled: bool, column: Callable[[Any, bool], Column]
) -> Profile:
    listed = list(columns)
    full = len(listed) <= MOST_COLUMNS
    made = {name: column(values, full) for name, values in listed}
    if sampled and made:
        looked = max(len(values) for _, values in listed)
        made = {
            name: msgspec.structs.replace(found, nulls=round(found.nulls * rows / looked))
            for name, found in made.items()
        }
    return Profile(rows, made, sampled)


# Reading files


def _separator(path: Path, form: str) -> str:
    """What stands between the columns: what is most often in the first line."""
    if form == "tsv":
        return "\t"
    if path.suffix.lower() in _PACKED:
        return ","
    with path.open("rb") as file:
        line = file.readline(1 << 16).decode("utf-8", "replace")
    return max(",;\t|", key=line.count)


def _with_pandas(path: Path, form: str) -> Any:
    pandas = importlib.import_module("pandas")
    match form:
        case "csv" | "tsv":
            return pandas.read_csv(path, sep=_separator(path, form), low_memory=False)
        case "parquet":
            return pandas.read_parquet(path)
        case "feather":
            return pandas.read_feather(path)
        case _:
            return pandas.read_json(path, lines=True, convert_dates=False, dtype=False)


def _with_polars(path: Path, form: str) -> Any:
    polars = importlib.import_module("polars")
    match form:
        case "csv" | "tsv":
            return polars.read_csv(path, separator=_separator(path, form), infer_schema_length=None)
        case "parquet":
            return polars.read_parquet(path)
        case "feather":
            return polars.read_ipc(path, memory_map=False)
        case _:
            return polars.read_ndjson(path, infer_schema_length=None)


def _with_arrow(path: Path, form: str) -> Any:
    match form:
        case "csv" | "tsv":
            csv = importlib.import_module("pyarrow.csv")
            options = csv.ParseOptions(delimiter=_separator(path, form))
            return _untimed(csv.read_csv(path, parse_options=options))
        case "parquet":
            return importlib.import_module("pyarrow.parquet").read_table(path)
        case "feather":
            return importlib.import_module("pyarrow.feather").read_table(path)
        case _:
            return importlib.import_module("pyarrow.json").read_json(path)


def _untimed(table: Any) -> Any:
    """A table in which times that pyarrow recognised in text are text, as the other libraries leave them."""
    pyarrow = sys.modules["pyarrow"]
    for position, field in enumerate(table.schema):
        if pyarrow.types.is_temporal(field.type):
            text = table.column(position).cast(pyarrow.string())
            table = table.set_column(position, field.name, text)
    return table


_READERS: dict[str, Callable[[Path, str], Any]] = {
    "pandas": _with_pandas,
    "polars": _with_polars,
    "pyarrow": _with_arrow,
}
