"""Which files and tables a statement names; read with the same expressions as the static rules."""

import re
from collections.abc import Iterator
from typing import Literal

from nbdebt.flow.apply import SQL_FILE, SQL_TABLE, SQL_WORDS, SQL_WRITES
from nbdebt.model.patterns import later

_SETTLING = later(r"\s*(?:pragma|begin|commit|rollback|savepoint|set)\b", re.IGNORECASE)
_CATALOGUES = ("sqlite_", "pg_catalog", "information_schema", "pragma_")
_NAME_ALONE = later(r"^\s*[\w.\"]+\s*$")


def sql_files(text: str) -> Iterator[tuple[Literal["entry-read", "entry-write"], str]]:
    """Files that a statement reads (``from 'a.csv'``) or writes (``copy … to 'a.csv'``), as DuckDB does."""
    for reads, _, path in SQL_FILE.findall(text):
        yield ("entry-read" if reads else "entry-write"), path


def sql_tables(text: str) -> Iterator[tuple[Literal["read", "write"], str]]:
    """Tables that a statement touches; a database's own catalogue is none."""
    text = SQL_FILE.sub(" ", text)
    if not SQL_WORDS.search(text) or _SETTLING.match(text):
        return
    tables = sorted({name.strip('"`[]') for name in SQL_TABLE.findall(text)})
    if not tables and _NAME_ALONE.match(text):
        tables = [text.strip()]
    for table in tables:
        if not table.startswith(_CATALOGUES):
            yield ("write" if SQL_WRITES.match(text) else "read"), table
