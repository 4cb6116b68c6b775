"""What data sets are called: one name for all who touch one, however their code names it.

The names are those of OpenLineage (its ``spec/Naming.md``), so that they mean the same to others.
"""

import functools
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from nbdebt.data.exposure.mounts import Mount, machine_mounts, server_name
from nbdebt.data.exposure.remote import database_file
from nbdebt.data.targets import local_path
from nbdebt.ledger.privacy import clean_address, clean_connection, clean_sql
from nbdebt.model.history import File, Resource, Table, Url
from nbdebt.model.patterns import later

_URL = later(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)
_STORES = frozenset(("s3", "gs", "gcs", "oss", "abfs", "abfss", "wasb", "wasbs", "r2"))
_SAME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "postgresql": "postgres", "mariadb": "mysql"}
_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521, "redshift": 5439, "trino": 8080}
_WORD = later(r"(\w+)=(\S+)")


class DatasetName(NamedTuple):
    """A data set: namespace and name, as in OpenLineage."""

    ns: str
    name: str

    @property
    def label(self) -> str:
        """How people are shown it: a path for a local file, else an address."""
        if self.ns == "file":
            return self.name
        if self.ns == "sql":
            return self.name
        return f"{self.ns}{'' if self.name.startswith('/') else '/'}{self.name}"

    @property
    def holder(self) -> str:
        """The database file that a table lies in; empty for what is no table in a file."""
        file, _, table = self.name.rpartition("#")
        return file if table and self.ns.startswith("file") and database_file(file) else ""


def dataset_of(resource: Resource, directory: Path) -> DatasetName | None:
    """The data set that a resource is.

    Args:
        resource: a file, an address or a table.
        directory: what relative paths are relative to.

    Returns:
        Its name; None for what is no data set, or can't be named.
    """
    if isinstance(resource, File):
        return _address(resource.path) if "://" in resource.path else of_path(resource.path, directory)
    if isinstance(resource, Url):
        return _address(resource.url)
    if isinstance(resource, Table):
        return _table(resource, directory)
    return None


def of_path(path: str, directory: Path) -> DatasetName | None:
    """The data set that a local path is: on a share, what the server calls it."""
    if not path or "<unknown>" in path or re.search(r"\{[^{}]*\}", path):
        return None
    try:
        found = str(local_path(path, directory))
    except (OSError, ValueError):
        return None
    found = clean_address(found)
    shared = server_name(found, _mounts())
    return DatasetName(f"file://{shared[0]}", shared[1]) if shared else DatasetName("file", found)


@functools.cache
def _mounts() -> tuple[Mount, ...]:
    """Read once: a session names many files, and what is mounted where seldom changes."""
    return machine_mounts()


def _address(text: str) -> DatasetName | None:
    match = _URL.match(clean_address(text))
    if match is None:
        return None
    scheme, host, path = match["scheme"].lower(), match["host"], match["path"]
    scheme = _SAME.get(scheme, scheme)
    if scheme == "file":
        return DatasetName("file", os.path.normpath(unquote(path) or "/"))
    if scheme in _STORES:
        return DatasetName(f"{scheme}://{host}", path.strip("/") or "/")
    return DatasetName(f"{scheme}://{host}", path or "/") if host or path else None


def _table(table: Table, directory: Path) -> DatasetName | None:
    name = table.table.strip()
    if not name or "<unknown>" in name or re.search(r"\{[^{}]*\}", name):
        return None
    if re.search(r"\s", name):
        name = clean_sql(name)
    name = clean_address(name)
    where = clean_connection(table.connection)
    if file := database_file(where):
        held = of_path(file, directory)
        return DatasetName(held.ns, f"{held.name}#{name}") if held is not None else None
    match = _URL.match(where)
    if match is None:
        words = dict(_WORD.findall(where))
        host = words.get("host") or words.get("server") or ""
        port = words.get("port", "")
        base = words.get("dbname") or words.get("database") or words.get("db") or ""
        if not host:
            return DatasetName("sql", ".".join(part for part in (base, name) if part))
        scheme = "postgres" if "dbname" in words else "sql"
        return _in_database(scheme, host + (f":{port}" if port else ""), base, name)
    scheme = match["scheme"].lower().partition("+")[0]
    scheme = _SAME.get(scheme, scheme)
    if scheme in ("sqlite", "duckdb"):  # in memory
        return None
    return _in_database(scheme, match["host"], match["path"].strip("/"), name)


def _in_database(scheme: str, host: str, base: str, name: str) -> DatasetName:
    if ":" not in host.rpartition("]")[2] and scheme in _PORTS:
        host = f"{host}:{_PORTS[scheme]}"
    if scheme == "postgres" and "." not in name:
        name = f"public.{name}"
    return DatasetName(
        f"{scheme}://{host}", ".".join(part for part in (base.replace("/", "."), name) if part)
    )


def dataset_named(text: str, directory: Path) -> DatasetName | None:
    """The data set that somebody names on a command line: a path, an address, or what a list showed.

    Args:
        text: as it was typed.
        directory: what paths are relative to.
    """
    found = _URL.match(text)
    if found is None:
        file, _, table = text.partition("#")
        if table and not os.path.lexists(local_path(text, directory)) and database_file(file):
            return _table(Table(table, file), directory)
        return of_path(text, directory)
    scheme = _SAME.get(found["scheme"].lower(), found["scheme"].lower())
    if scheme in _PORTS:
        return DatasetName(f"{scheme}://{found['host']}", found["path"].strip("/"))
    if scheme == "file" and found["host"]:
        return DatasetName(f"file://{found['host']}", found["path"])
    return _address(text)
