"""The index: the ledger's files put together in a database, SQLite or PostgreSQL.

Only the command loads this: SQLAlchemy takes longer to load than a kernel may wait.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import alembic.runtime.migration
import alembic.script
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from nbdebt.config import LedgerSettings
from nbdebt.data.exposure.mounts import Mount, mount_of
from nbdebt.ledger import tables
from nbdebt.ledger.entries import Accessed, Began, Declared, Digested, Ended, Ran
from nbdebt.ledger.files import Content, LedgerFile, ledger_files, read_file
from nbdebt.ledger.local import default_index
from nbdebt.ledger.privacy import clean_address
from nbdebt.model.errors import NbdebtError

_LINES = 10_000_000
"""More than a file of the ledger has lines: the number of a part, and of a line in it, make one number."""
_LOCK = 0x6E626465  # "nbde": the number of the lock under which PostgreSQL migrates


class LedgerError(NbdebtError):
    """The ledger, or its index, can't be used."""


class Synced(msgspec.Struct):
    """What a sync did.

    Args:
        files: files that were new or had grown.
        accesses: accesses in them; those that were known are not counted again.
        problems: files that couldn't be read, or only in part, and why.
    """

    files: int = 0
    accesses: int = 0
    problems: list[str] = []


class Store:
    """An index, open.

    Args:
        url: of the database, as SQLAlchemy writes it.
        mounts: all mounts; those of this process if not given.

    Raises:
        LedgerError: the address is none, its driver is missing, or SQLite would lie on a network file system.
    """

    def __init__(self, url: str, mounts: tuple[Mount, ...] | None = None) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise LedgerError(f"`ledger.database`: not a database's URL: {clean_address(url)}") from None
        self.kind = self.url.get_backend_name()
        if self.kind not in ("sqlite", "postgresql"):
            raise LedgerError(f"`ledger.database`: the index can be SQLite or PostgreSQL, not {self.kind}")
        if self.kind == "sqlite":
            self._prepare_file(self.url.database or "", mounts)
        try:
            self.engine = _engine(self.url)
        except (ImportError, NoSuchModuleError) as error:
            raise LedgerError(
                f"the database's driver is missing ({error}): pip install 'nbdebt[ledger]'"
            ) from None

    def _prepare_file(self, file: str, mounts: tuple[Mount, ...] | None) -> None:
        if not file or file == ":memory:":
            return
        real = os.path.realpath(file)
        mount = mount_of(real, mounts)
        if mount is not None and mount.network:
            raise LedgerError(
                f"{file}: lies on a network file system ({mount.kind}, mounted at {mount.point}), where "
                "SQLite loses data when two write at once. Put the index on a local disk (XDG_CACHE_HOME, or "
                "`database = 'sqlite:////local/path'` under [tool.nbdebt.ledger]), or use PostgreSQL"
            )
        try:
            Path(real).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"{file}: can't be made: {error.strerror or error}") from None

    @property
    def shown(self) -> str:
        """The database's address for people, without a password."""
        return self.url.database or "" if self.kind == "sqlite" else clean_address(str(self.url))

    @contextmanager
    def connected(self, writing: bool = True) -> Iterator[Connection]:
        """A connection in a transaction.

        Args:
            writing: False for one that only reads, and waits for no writer.

        Raises:
            LedgerError: the database can't be reached, or refuses.
        """
        try:
            with self.engine.execution_options(nbdebt_writing=writing).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise LedgerError(f"{self.shown}: {clean_address(said[0]) if said else 'failed'}") from None

    def migrate(self) -> None:
        """Bring the tables to the version of this program.

        Raises:
            LedgerError: the database can't be changed, or was made by a later version of nbdebt.
        """
        config = alembic.config.Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        scripts = alembic.script.ScriptDirectory.from_config(config)
        options = {"version_table": "nbdebt_version"}
        with self.connected() as connection:
            if self.kind == "postgresql":
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            context = alembic.runtime.migration.MigrationContext.configure(connection, opts=options)
            found = context.get_current_revision()
            if found == scripts.get_current_head():
                return
            if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
                raise LedgerError(
                    f"{self.shown}: made by a later version of nbdebt (schema {found}): update nbdebt"
                )
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def sync(self, directory: Path) -> Synced:
        """Take in what the ledger's files say and the index doesn't know yet. Again and again, by several at
        once, it makes the same rows.

        Raises:
            LedgerError: the directory can't be listed, or the database refuses.
        """
        done = Synced()
        try:
            files = list(ledger_files(directory))
        except FileNotFoundError:
            return done
        except OSError as error:
            raise LedgerError(f"{directory}: can't be listed: {error.strerror or error}") from None
        with self.connected(writing=False) as connection:
            known = {
                tuple(row)
                for row in connection.execute(sa.select(tables.source.c.name, tables.source.c.size))
            }
        todo = [file for file in files if (file.name, file.size) not in known]
        for start in range(0, len(todo), 50):
            self._take(todo[start : start + 50], done)
        return done

    def _take(self, files: Iterable[LedgerFile], done: Synced) -> None:
        rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in tables.metadata.sorted_tables}
        now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for file in files:
            try:
                content = read_file(file.path)
            except FileNotFoundError:
                continue
            except OSError as error:
                done.problems.append(f"{file.path}: can't be read: {error.strerror or error}")
                continue
            if content.problem:
                done.problems.append(f"{file.path}: {content.problem}")
            if content.began is None:
                continue
            _add(rows, content.began, content)
            done.files += 1
            # It may have grown between the listing and the reading: then it is read once more.
            rows["source"].append({"name": file.name, "size": file.size, "taken": now})
        with self.connected() as connection:
            for table in tables.metadata.sorted_tables:
                added = self._insert(connection, table, rows[table.name])
                if table is tables.access:
                    done.accesses += added

    def _insert(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> int:
        """Add the rows that aren't there; how many that were."""
        if table is tables.dataset:
            # Who owns it is known by some of its accesses only.
            rows = sorted(rows, key=_owner)
        keys = [column.name for column in table.primary_key]
        unique = {tuple(row[key] for key in keys): row for row in rows}
        # In the same order for all who write at once, so that nobody waits for one who waits for them.
        ordered = [unique[key] for key in sorted(unique)]
        if not ordered:
            return 0
        insert: Any = postgresql.insert if self.kind == "postgresql" else sqlite.insert
        found = connection.execute(
            insert(table).on_conflict_do_nothing(), ordered, execution_options={"preserve_rowcount": True}
        )
        return max(found.rowcount, 0)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _owner(row: Mapping[str, Any]) -> str:
    return str(row["owner"])


def _add(rows: Mapping[str, list[dict[str, Any]]], began: Began, content: Content) -> None:
    session = began.session
    rows["run"].append(
        {
            "id": session,
            "job": began.job,
            "actor": began.actor,
            "host": began.host,
            "git_commit": began.commit,
            "started": began.at,
            "python": began.python,
            "nbdebt": began.nbdebt,
        }
    )
    for line, entry in content.entries:
        if isinstance(entry, Ran):
            row: dict[str, Any] = {
                "run_id": session,
                "number": entry.run,
                "cell": entry.cell,
                "count": entry.count,
                "at": entry.at,
                "seconds": entry.seconds,
                "outcome": entry.outcome,
                "code": entry.code,
                "error": entry.error,
            }
            rows["execution"].append(row)
        elif isinstance(entry, Accessed):
            rows["access"].append(
                {
                    "run_id": session,
                    "seq": began.part * _LINES + line,
                    "dataset_id": _dataset(rows, entry.ns, entry.name, entry.owner),
                    "op": entry.op,
                    "number": entry.run,
                    "at": entry.at,
                    "digest": entry.digest,
                    "bytes": entry.bytes,
                    "version_kind": entry.version_kind,
                    "version_id": entry.version_id,
                    "detector": entry.via,
                    "confidence": 1.0 if entry.sure else 0.5,
                }
            )
        elif isinstance(entry, Digested):
            rows["resolved"].append({"weak": entry.weak, "digest": entry.digest})
        elif isinstance(entry, Declared):
            rows["declaration"].append(
                {
                    "run_id": session,
                    "dataset_id": _dataset(rows, entry.ns, entry.name, ""),
                    "owner": entry.owner,
                    "consumer": ", ".join(entry.consumers),
                    "contact": entry.note,
                    "expires": entry.expires,
                }
            )
        elif isinstance(entry, Ended):
            rows["ending"].append({"run_id": session, "at": entry.at})


def _dataset(rows: Mapping[str, list[dict[str, Any]]], ns: str, name: str, owner: str) -> int:
    number = tables.dataset_id(ns, name)
    rows["dataset"].append({"id": number, "ns": ns, "name": name, "owner": owner})
    return number


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    # SQLite's own driver begins transactions late and not for changes of tables: here each begins at once, as
    # a writer's, so that none has to be given up half-way (SQLAlchemy's manual, "SQLite: Serializable").
    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        except Exception:
            # Somebody else's file that may only be read: as it is.
            pass

    @sa.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("nbdebt_writing", True):
            connection.exec_driver_sql("BEGIN")
            return
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "readonly" not in str(error):
                raise
            connection.exec_driver_sql("BEGIN")

    return engine


def url_of(settings: LedgerSettings) -> str:
    """The address of a ledger's index."""
    return settings.database or f"sqlite:///{default_index(settings.dir)}"
