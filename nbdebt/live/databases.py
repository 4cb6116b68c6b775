"""Tables of SQLite databases as a replay knows them: each is a part of its file.

The file that is left when a session ends is there when it is run again. So a table that is appended to grows,
one that is made anew is as it was, and a query cares for its own tables only. What a file holds is read by a
connection of our own, which takes no lock and never writes; while a transaction is going on, or the file is
large, it is not read, and the file counts as a whole (see ``disk.py``).
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any, NamedTuple
from urllib.parse import quote

from xxhash import xxh3_64_digest, xxh3_128

from nbdebt.flow.facts import CellFlow
from nbdebt.live.disk import CONNECT, Touched, absolute
from nbdebt.live.files.classify import sqlite_path
from nbdebt.live.files.contents import signature, stat_digest
from nbdebt.live.namespace import Namespace
from nbdebt.live.record import Effect, Read, RunRecord
from nbdebt.live.seen import Seen
from nbdebt.live.states import State, whole
from nbdebt.model.history import Access, Table

FRAME = b"database"
_SCHEMA = "sqlite_master"
_MADE = "\0"
"""Begins the parts that say how a table was made."""
_HEAD = b"SQLite format 3\0"
_LARGEST = 16 << 20
_MOST_ROWS = 200_000
_KEPT = 200
_FEW_ROWS = 500
# What a statement does to a table: what was in it doesn't matter afterwards, or doesn't matter to it.
_ANEW = frozenset(("sql=clear", "sql=drop", "sql=replace"))
_REGARDLESS = frozenset(("sql=ensure", "sql=upsert"))
_ADDING = frozenset(("append", "sql=append"))


class Databases:
    """Knows what tables hold.

    Args:
        digest: says what bytes a path holds now.
        quiet: a context in which what is opened here isn't noted.
    """

    def __init__(
        self, digest: Callable[[str], str], quiet: Callable[[], AbstractContextManager[object]]
    ) -> None:
        self._digest = digest
        self._quiet = quiet
        self._known: dict[str, State] = {}

    def state(self, path: str) -> State | None:
        """What lies in a database now, a part for each table; None for what is none or can't be read."""
        try:
            seen = signature(path)
            size = seen[2] if seen is not None else 0
            if seen is None or size == 0:
                return _EMPTY if seen is not None else None
            with self._quiet(), open(path, "rb") as file:
                if size > _LARGEST or file.read(len(_HEAD)) != _HEAD:
                    return None
            if os.path.exists(path + "-wal") or os.path.exists(path + "-journal"):
                return None
        except OSError:
            return None
        digest = self._digest(path)
        found = self._known.get(digest)
        if found is None:
            with self._quiet():
                found = _read(path)
        if found is not None:
            # By what tells of its content without reading it, too.
            for known in (digest, stat_digest(seen)):
                if len(self._known) >= _KEPT:
                    del self._known[next(iter(self._known))]
                self._known[known] = found
        return found

    def before(self, digest: str) -> State | None:
        """What lay in a database when its bytes had this digest; None where that isn't known."""
        empty = not digest or digest == _NOTHING or digest.startswith("stat:0-")
        return _EMPTY if empty else self._known.get(digest)

    def refine(
        self, record: RunRecord, done: Sequence[Touched], seen: Sequence[Seen], makers: dict[str, int]
    ) -> None:
        """Say of a run's reads and writes of databases which tables they were of.

        Args:
            record: the run; its reads and effects are those of whole files so far.
            done: what it did to files.
            seen: the same as it was seen.
            makers: which run made which file last.
        """
        for item in seen:
            if item.via == CONNECT and item.after == _NOTHING:
                # A database is opened, and an empty file made for it, only where there is none.
                record.effects.pop(f"<File>{absolute(str(item.resource))}", None)
        tables = _tables(record.flow)
        for path in {*tables, *(item.path for item in done)}:
            base = f"<File>{path}"
            items = [item for item in done if item.path == path and item.mode != "read"]
            if any(item.mode == "delete" for item in items) or (path not in tables and not items):
                continue
            now = self.state(path)
            before = self.before(items[0].before) if items else now
            if now is None or before is None or (path not in tables and now is _EMPTY):
                continue
            maker = makers.get(base, -1) if makers.get(base) != record.run.sequence else -1
            does = _does(tables.get(path, ()))
            reads = [r for r in record.reads if r.base != base or (path not in tables and r.part)]
            if path in tables:
                reads += [
                    Read(base, _part(table), before.part(_part(table)), sure, index, maker)
                    for table, (index, sure) in does.wanted.items()
                ]
            record.reads = tuple(reads)
            if not items:
                continue
            there = (now.parts or {}).keys()
            parts = frozenset(does.fresh & there | does.dropped - there)
            parts |= {f"+{table}" for table in does.longer & there}
            parts |= {f"~{table}" for table in does.ensured & there}
            parts |= {f"?{table}" for table in does.upserted & there}
            record.effects.pop(base, None)
            if before.key != now.key or parts:
                made = now._replace(maker=record.run.sequence)
                record.effects[base] = Effect("changed", before, made, True, parts)

    def rested(
        self, record: RunRecord, namespace: Namespace, path_of: Callable[[object], str], salt: bytes
    ) -> None:
        """Connections to files, and cursors on them, are what they were once all is written: what changed is
        in the file.

        Args:
            record: the run.
            namespace: the names.
            path_of: the file behind a connection; empty where that isn't known.
            salt: digest of the run's code and of what it read.
        """
        for name, effect in list(record.effects.items()):
            value = namespace.values.get(name) if effect.after is not None and name[0] != "<" else None
            if type(value) is sqlite3.Cursor:
                connection = _CONNECTION.__get__(value)
                if _DESCRIPTION.__get__(value) is not None:
                    # Rows may wait in it.
                    continue
            else:
                connection = value
            if type(connection) is not sqlite3.Connection or not path_of(connection) or _busy(connection):
                continue
            if effect.kind == "changed" and effect.before is not None:
                del record.effects[name]
                namespace.states[name] = effect.before
            elif value is not connection and effect.after is not None:
                made = effect.after._replace(key=xxh3_128(b"cursor" + salt).digest())
                record.effects[name] = effect._replace(after=made)
                namespace.states[name] = made


_CONNECTION = sqlite3.Cursor.connection
_DESCRIPTION = sqlite3.Cursor.description
_IN_TRANSACTION = sqlite3.Connection.in_transaction


def _busy(connection: sqlite3.Connection) -> bool:
    """Whether something waits to be written; true as well for one that is closed."""
    try:
        return bool(_IN_TRANSACTION.__get__(connection))
    except sqlite3.Error:
        return True


def _part(table: str) -> str:
    """The part that a table is; the whole where its name was computed."""
    if table == "sqlite_schema":
        return _SCHEMA
    return "" if "{" in table or "<" in table or not table else table


def _tables(flow: CellFlow) -> dict[str, list[tuple[int, Access, str]]]:
    """Accesses of a cell to tables of files, by the file: place, access, the table's name in lower case."""
    found: dict[str, list[tuple[int, Access, str]]] = {}
    for index, access in enumerate(flow.accesses):
        resource = access.resource
        if isinstance(resource, Table) and resource.connection:
            path = absolute(sqlite_path(resource.connection) or resource.connection)
            if os.path.isfile(path):
                found.setdefault(path, []).append((index, access, resource.table.lower()))
    return found


class _Does(NamedTuple):
    """What a run did to the tables of a database.

    Args:
        wanted: of which it took in what was there before: by which access, and whether for sure.
        fresh: that it made anew, whatever was there.
        dropped: that it dropped, and made or not.
        longer: to which it added rows.
        ensured: that it made if there were none.
        upserted: to which it added rows that were not there.
    """

    wanted: dict[str, tuple[int, bool]]
    fresh: set[str]
    dropped: set[str]
    longer: set[str]
    ensured: set[str]
    upserted: set[str]


def _does(touched: Sequence[tuple[int, Access, str]]) -> _Does:
    found = _Does({}, set(), set(), set(), set(), set())
    for index, access, table in touched:
        does = set(access.detail)
        if access.mode == "write" and does & _ANEW and access.certain:
            found.fresh.add(table)
            if "sql=drop" in does:
                found.dropped.add(table)
        elif access.mode == "write" and does & _REGARDLESS:
            if "sql=upsert" in does:
                found.upserted.add(table)
            elif table not in found.fresh:
                found.ensured.add(table)
        elif table not in found.fresh:
            if access.mode == "write" and does & _ADDING and table not in found.wanted:
                found.longer.add(table)
            else:
                found.wanted.setdefault(table, (index, access.certain))
    for table in found.wanted:
        for others in found[1:]:
            others.discard(table)
    for table in found.upserted - found.fresh:
        found.longer.discard(table)
    return found


def _read(path: str) -> State | None:
    try:
        # It takes no lock, and makes no files beside this one.
        address = f"file:{quote(path)}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as connection:
            connection.text_factory = bytes
            parts: dict[str, bytes] = {}
            rows = 0
            made: list[tuple[Any, Any]] = connection.execute(
                "select name, sql from sqlite_master where type in ('table', 'view') order by name"
            ).fetchall()
            for name, sql in made:
                if name.startswith(b"sqlite_"):
                    continue
                text = name.decode("utf-8", "replace")
                quoted = text.replace('"', '""')
                held: list[bytes] = []
                for row in connection.execute(f'select * from "{quoted}"'):
                    held.append(xxh3_64_digest(repr(row).encode()))
                    rows += 1
                    if rows > _MOST_ROWS:
                        return None
                parts[text.lower()] = _table(sql or b"", tuple(held))
                parts[_MADE + text.lower()] = xxh3_128(sql or b"").digest()
            return _as_state(parts)
    except (sqlite3.Error, OSError):
        return None


class _Rows(NamedTuple):
    """What is known of a table beside its digest: how it was made, and digests of its rows, in order."""

    made: bytes
    rows: tuple[bytes, ...]

    @property
    def numbered(self) -> bool:
        """Whether the database numbers the rows, so that what is added depends on what is there."""
        return b"integer primary key" in b" ".join(self.made.lower().split())


_rows: dict[bytes, _Rows] = {}
"""Rows of small tables, by the table's digest."""


def _table(made: bytes, rows: tuple[bytes, ...]) -> bytes:
    """The digest of a table."""
    digest = xxh3_128(made + b"".join(rows)).digest()
    if len(rows) <= _FEW_ROWS:
        if len(_rows) >= _KEPT:
            del _rows[next(iter(_rows))]
        _rows[digest] = _Rows(made, rows)
    return digest


def _grown(there: bytes, before: bytes, after: bytes, once: bool) -> bytes:
    """A table after a run that added rows to it, where the run found another one.

    Args:
        there: digest of the table as it is there.
        before: as the run found it.
        after: as the run left it.
        once: rows that are there already are not added again.
    """
    if there == before or (once and there == after):
        return after
    now, was, left = (_rows.get(digest) for digest in (there, before, after))
    if now is not None and left is not None and (was is not None or before == _ABSENT):
        kept = was.rows if was is not None else ()
        if now.made == left.made and left.rows[: len(kept)] == kept:
            added = left.rows[len(kept) :]
            if once:
                added = tuple(row for row in added if row not in now.rows)
            if not added or not left.numbered:
                return _table(now.made, now.rows + added)
    # The same rows, added to others.
    return xxh3_128(there + before + after).digest()


def _as_state(parts: dict[str, bytes]) -> State:
    made = [(name, digest) for name, digest in sorted(parts.items()) if name.startswith(_MADE)]
    ordered = dict(sorted({**parts, _SCHEMA: xxh3_128(repr(made).encode()).digest()}.items()))
    return State(whole(FRAME, ordered.items()), FRAME, ordered, "exact", -1, False)


def applied(state: State, effect: Effect) -> State:
    """A database after a run that changed some of its tables."""
    before, after = effect.before, effect.after
    assert before is not None and after is not None and after.parts is not None and state.parts is not None
    longer = {name[1:] for name in effect.given if name[0] in "+?"}
    once = {name[1:] for name in effect.given if name[0] == "?"}
    ensured = {name[1:] for name in effect.given if name[0] == "~"} & state.parts.keys()
    given = frozenset(name for name in effect.given if name[0] not in "+~?")
    parts = dict(state.changed(before, after, after.maker, given).parts or {})
    for table in given - after.parts.keys():
        parts.pop(table, None)
        parts.pop(_MADE + table, None)
    for part in ensured | {_MADE + table for table in ensured} & state.parts.keys():
        parts[part] = state.parts[part]
    for table in longer:
        parts[table] = after.parts[table]
        if table in state.parts:
            earlier = (before.parts or {}).get(table, _ABSENT)
            parts[table] = _grown(state.parts[table], earlier, after.parts[table], table in once)
    return _as_state(parts)._replace(maker=after.maker)


def doubtful(state: State, effect: Effect) -> State:
    """A database of which it isn't known what a run would make of the tables that it changed."""
    before, after = effect.before, effect.after
    assert before is not None and after is not None and state.parts is not None
    names = {*(before.parts or ()), *(after.parts or ())}
    changed = {
        n
        for n in names
        if before.part(n) != after.part(n) or not effect.given.isdisjoint((n, f"+{n}", f"?{n}"))
    }
    parts = {n: xxh3_128(b"?" + d).digest() if n in changed else d for n, d in state.parts.items()}
    return _as_state(parts)._replace(maker=after.maker)


_ABSENT = b""
_EMPTY = _as_state({})
_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
