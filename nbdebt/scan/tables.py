"""Rows to files: Parquet, CSV, NDJSON, SQLite. Written beside, then renamed, row by row."""

import csv
import functools
import os
import sqlite3
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.report.rows import plain_value
from nbdebt.scan.journal import Journal
from nbdebt.scan.model import FindingRow, NotebookRow

FORMATS = ("sqlite", "parquet", "csv", "ndjson")
_GROUP = 20_000
_TABLES: dict[str, type[msgspec.Struct]] = {"notebooks": NotebookRow, "findings": FindingRow}


def columns(table: type[msgspec.Struct]) -> dict[str, tuple[type, bool]]:
    """The columns of a table: type, and whether a value may be missing."""
    found = {}
    for field in msgspec.structs.fields(table):
        kinds = typing.get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
        found[field.name] = (next(k for k in kinds if k is not type(None)), type(None) in kinds)
    return found


def write_tables(journal: Journal, directory: Path, form: str) -> list[Path]:
    """Write both tables in a format; the files.

    Raises:
        NbdebtError: they can't be written, or the format needs another package.
    """
    if form == "sqlite":
        target = directory / "scan.sqlite"
        _replace(target, lambda file: _sqlite(journal, file))
        return [target]
    write = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}[form]
    targets = []
    for name, table in _TABLES.items():
        target = directory / f"{name}.{form}"
        _replace(target, functools.partial(_written, journal, table, write))
        targets.append(target)
    return targets


def _written(
    journal: Journal,
    table: type[msgspec.Struct],
    write: Callable[[Path, Iterable[Any], type[msgspec.Struct]], None],
    file: Path,
) -> None:
    write(file, journal.notebooks() if table is NotebookRow else journal.findings(), table)


def _replace(target: Path, write: Callable[[Path], None]) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        write(beside)
        beside.replace(target)
    except OSError as error:
        raise NbdebtError(f"{target}: can't be written: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise NbdebtError(f"{target}: can't be written: {error}") from None
    finally:
        beside.unlink(missing_ok=True)


def _sqlite(journal: Journal, file: Path) -> None:
    file.unlink(missing_ok=True)
    kinds = {str: "text", int: "integer", bool: "integer", float: "real"}
    database = sqlite3.connect(file, isolation_level=None)
    try:
        database.execute("pragma journal_mode = off")
        database.execute("begin")
        for name, table in _TABLES.items():
            known = columns(table)
            defined = ", ".join(
                f'"{column}" {kinds[kind]}{"" if may_miss else " not null"}'
                for column, (kind, may_miss) in known.items()
            )
            database.execute(f"create table {name} ({defined})")
            rows = journal.notebooks() if table is NotebookRow else journal.findings()
            marks = ", ".join("?" * len(known))
            database.executemany(f"insert into {name} values ({marks})", map(msgspec.structs.astuple, rows))
        database.execute("create index notebooks_content on notebooks (content)")
        database.execute("create index findings_content on findings (content)")
        database.execute("create index findings_code on findings (code)")
        database.execute("commit")
    finally:
        database.close()


def _ndjson(file: Path, rows: Iterable[Any], table: type[msgspec.Struct]) -> None:
    encode = msgspec.json.Encoder().encode
    with file.open("wb") as out:
        for row in rows:
            out.write(encode(row) + b"\n")


def _csv(file: Path, rows: Iterable[Any], table: type[msgspec.Struct]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns(table))
        for row in rows:
            writer.writerow(map(plain_value, msgspec.structs.astuple(row)))


def _parquet(file: Path, rows: Iterable[Any], table: type[msgspec.Struct]) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise NbdebtError("Parquet needs pyarrow: pip install 'nbdebt[scan]', or --format sqlite") from None
    kinds = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        bool: pyarrow.bool_(),
        float: pyarrow.float64(),
    }
    known = columns(table)
    schema = pyarrow.schema([pyarrow.field(name, kinds[k], nullable=n) for name, (k, n) in known.items()])
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            writer.write_table(pyarrow.table([list(c) for c in zip(*group, strict=True)], schema=schema))


def _groups(rows: Iterable[Any]) -> Iterator[list[tuple[Any, ...]]]:
    found = map(msgspec.structs.astuple, rows)
    while group := list(islice(found, _GROUP)):
        yield group
