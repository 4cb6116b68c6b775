"""Findings as a pandas DataFrame. pandas is imported when one is asked for."""

import importlib
from typing import Any

from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Report
from nbdebt.report.words import fixable

COLUMNS = (
    "path",
    "cell",
    "cell_id",
    "execution_count",
    "line",
    "column",
    "code",
    "name",
    "family",
    "severity",
    "basis",
    "message",
    "advice",
    "source",
    "fixable",
)


def to_frame(report: Report) -> Any:
    """A ``pandas.DataFrame`` of one row a finding.

    ``cell`` is the cell's index in the document from 0, ``line`` and ``column`` are those within it.

    Raises:
        NbdebtError: pandas is not installed.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        raise NbdebtError("to_frame() needs pandas: pip install 'nbdebt[pandas]'") from None
    rows: list[tuple[Any, ...]] = [
        (
            f.path,
            f.cell.index if f.cell else None,
            f.cell.id if f.cell else None,
            f.cell.execution_count if f.cell else None,
            f.span.line if f.span else None,
            f.span.column if f.span else None,
            f.code,
            f.name,
            f.family,
            f.severity,
            f.basis,
            f.message,
            f.advice,
            f.source,
            fixable(f),
        )
        for f in report.findings
    ]
    rows = [tuple(map(_text, row)) for row in rows]
    frame = pandas.DataFrame.from_records(rows, columns=list(COLUMNS))
    whole = dict.fromkeys(("cell", "execution_count", "line", "column"), "Int64")
    return frame.astype({**whole, "fixable": "bool"})


def _text(value: Any) -> Any:
    """Names of files may be anything; columns of text must be text."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
