"""Rows as pandas DataFrames. pandas is imported when one is asked for."""

import importlib
from collections.abc import Sequence
from typing import Any

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.scan.tables import columns


def frame(rows: Sequence[Any], table: type[msgspec.Struct]) -> Any:
    """A ``pandas.DataFrame`` with the columns of a table, whole numbers and truths that may miss included.

    Raises:
        NbdebtError: pandas is not installed.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        raise NbdebtError("to_frames() needs pandas: pip install 'nbdebt[pandas]'") from None
    known = columns(table)
    made = pandas.DataFrame.from_records(list(map(msgspec.structs.astuple, rows)), columns=list(known))
    kinds = {bool: "boolean", int: "Int64", float: "float64"}
    return made.astype({name: kinds[kind] for name, (kind, _) in known.items() if kind in kinds})
