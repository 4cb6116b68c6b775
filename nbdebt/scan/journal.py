"""What a scan knows so far: one SQLite file beside the results, true after any crash.

Each answer is a transaction of its own, so a scan that is killed loses the notebooks it was at and no others.
Contents are judged once, however many locations have them, and stay known for the next scan into the same
directory. Memory does not grow with the number of notebooks.
"""

import contextlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.scan.model import FAMILIES, SHORT, FindingRow, Item, Judgement, NotebookRow, notebook_row

VERSION = 2
"""Of the file: raised with every change of its tables."""
_MANY = 1_000
_SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists items (
    number integer primary key, location text not null unique, root text not null, item blob not null,
    stamp text not null, identity text not null, listed integer not null, done integer not null default 0,
    content text, size integer, trouble blob
);
create index if not exists items_by_content on items (content, location);
create index if not exists items_to_do on items (listed, done, number);
create table if not exists results (
    content text primary key, said blob not null, status text not null, reproduces integer,
    "order" integer not null, seeds integer not null, outputs integer not null, data integer not null
);
create table if not exists identities (identity text primary key, content text not null) without rowid;
"""
_decoder = msgspec.msgpack.Decoder(Judgement)
_items = msgspec.msgpack.Decoder(Item)
_encode = msgspec.msgpack.Encoder().encode


class Todo(NamedTuple):
    """A notebook that is to be judged, by its number in the journal."""

    number: int
    item: Item


class Counts(NamedTuple):
    """What is known of one content: its status, its verdict, errors and warnings by family."""

    status: str
    reproduces: bool | None
    families: tuple[int, ...]


class Journal:
    """The journal of a directory of results. Every method may be called from any thread.

    Args:
        file: where it is, or is to be.
        key: what results depend on besides contents: where it is another than last time, they are forgotten.
        reading: only to give results.

    Raises:
        NbdebtError: it can't be read or written, or another scan is at it.
    """

    def __init__(self, file: Path, key: str, *, reading: bool = False) -> None:
        self.file = file
        self._lock = threading.Lock()
        self.forgotten = False
        self.judged = 0
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(file, timeout=0.5, isolation_level=None, check_same_thread=False)
            # Alone: two scans into one directory would list what the other one forgets.
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA)
            if not reading:
                self._begin(key)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise NbdebtError(f"{file}: another scan is writing there: wait for it, or use -o") from None
            raise NbdebtError(f"{file}: can't be written: {error}") from None
        except sqlite3.DatabaseError as error:
            raise NbdebtError(f"{file}: is no journal of a scan: {error}; remove it to start anew") from None
        except OSError as error:
            raise NbdebtError(f"{file.parent}: can't be written: {error.strerror or error}") from None

    def _begin(self, key: str) -> None:
        version = self._meta("version")
        if version not in ("", str(VERSION)):
            raise NbdebtError(
                f"{self.file}: is of version {version}; this nbdebt reads {VERSION}: remove it, or use -o"
            )
        known = self._meta("key")
        with self._transaction():
            if known != key:
                self.forgotten = bool(known) and self._one("select 1 from results limit 1") is not None
                for table in ("items", "results", "identities"):
                    self._db.execute(f"delete from {table}")
            self._note("version", str(VERSION))
            self._note("key", key)
            # A scan that was ended goes on; a finished one is followed by the next.
            self.turn = int(self._meta("turn") or 0)
            self.resumed = self._meta("finished") == "0" and known == key
            if not self.resumed:
                self.turn += 1
            self._note("turn", str(self.turn))
            self._note("finished", "0")

    # Listing

    def add(self, items: Iterable[Item]) -> int:
        """Note what was found; what is known and has not changed since is done. Gives how many were found."""
        count = 0
        batch: list[Item] = []
        for item in items:
            batch.append(item)
            if len(batch) >= _MANY:
                count += self._add(batch)
                batch = []
        return count + self._add(batch)

    def _add(self, batch: list[Item]) -> int:
        rows = [(i.location, i.root, _encode(i), i.stamp, i.identity, self.turn) for i in batch]
        with self._lock, self._transaction():
            self._db.executemany(
                """
                insert into items (location, root, item, stamp, identity, listed) values (?, ?, ?, ?, ?, ?)
                on conflict (location) do update set
                    root = excluded.root, item = excluded.item,
                    stamp = excluded.stamp, identity = excluded.identity,
                    done = case
                        when trouble is null and done > 0 and stamp = excluded.stamp
                            and (stamp <> '' or done = excluded.listed) then excluded.listed
                        else 0
                    end,
                    listed = excluded.listed
                """,
                rows,
            )
        return len(batch)

    def keep(self, root: str) -> None:
        """What was named could not be listed this time: what is known of it stays."""
        with self._lock:
            self._db.execute("update items set listed = ? where root = ?", (self.turn, root))

    def retry(self) -> None:
        """Forget what time or memory did not suffice for, so that it is tried again."""
        marks = ",".join("?" * len(SHORT))
        with self._lock, self._transaction():
            self._db.execute(
                "update items set done = 0 where content in "
                f"(select content from results where status in ({marks})) or trouble is not null",
                SHORT,
            )
            self._db.execute(f"delete from results where status in ({marks})", SHORT)

    def listed(self) -> None:
        """All is listed: what is there no more is forgotten; what is known by its identity is done."""
        with self._lock, self._transaction():
            self._db.execute("delete from items where listed <> ?", (self.turn,))
            self._db.execute(
                """
                update items set done = listed, trouble = null,
                    content = (select content from identities i where i.identity = items.identity)
                where done = 0 and identity <> '' and identity in (select identity from identities)
                """
            )

    # Working

    def counts(self) -> tuple[int, int]:
        """How many are done, and how many there are."""
        with self._lock:
            row = self._db.execute("select coalesce(sum(done > 0), 0), count(*) from items").fetchone()
        return int(row[0]), int(row[1])

    def todo(self) -> Iterator[Todo]:
        """What is to be judged, in the order in which it was found."""
        last = 0
        while True:
            with self._lock:
                rows = self._db.execute(
                    "select number, item from items where done = 0 and number > ? order by number limit ?",
                    (last, _MANY),
                ).fetchall()
            if not rows:
                return
            for number, item in rows:
                yield Todo(number, _items.decode(item))
            last = rows[-1][0]

    def by_identity(self, identity: str) -> str | None:
        """The content of what has this identity, once it is known."""
        if not identity:
            return None
        with self._lock:
            row = self._one("select content from identities where identity = ?", identity)
        return str(row[0]) if row else None

    def is_known(self, content: str) -> bool:
        """Whether the content was judged."""
        with self._lock:
            return self._one("select 1 from results where content = ?", content) is not None

    def done(self, todo: Todo, content: str, size: int, said: Judgement | None) -> None:
        """A notebook was judged: ``said`` is None where its content was known."""
        with self._lock, self._transaction():
            if said is not None:
                self.judged += 1
                severe = Counter(f.family for f in said.findings if f.severity != "note")
                self._db.execute(
                    "insert or ignore into results values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (content, _encode(said), said.status, said.reproduces, *(severe[f] for f in FAMILIES)),
                )
            if todo.item.identity:
                self._db.execute(
                    "insert or ignore into identities values (?, ?)", (todo.item.identity, content)
                )
            self._db.execute(
                "update items set done = ?, content = ?, size = ?, trouble = null where number = ?",
                (self.turn, content, size, todo.number),
            )

    def failed(self, todo: Todo, said: Judgement) -> None:
        """A notebook's content could not be got: the next scan tries it again."""
        with self._lock:
            self._db.execute(
                "update items set done = ?, content = null, trouble = ? where number = ?",
                (self.turn, _encode(said), todo.number),
            )

    def finish(self, *, forget: bool) -> None:
        """All is done and written: the next scan begins anew.

        Args:
            forget: what no location has any more; not where something could not be listed this time.
        """
        with self._lock, self._transaction():
            self._note("finished", "1")
            if not forget:
                return
            self._db.execute("delete from results where content not in (select content from items)")
            self._db.execute("delete from identities where content not in (select content from items)")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # Results

    def totals(self) -> dict[str, Any]:
        """Different contents, locations by status, and of each content once: verdicts, findings by family."""
        with self._lock:
            status = dict(
                self._db.execute(
                    "select r.status, count(*) from items i join results r on r.content = i.content "
                    "group by 1"
                )
            )
            troubles = self._db.execute("select trouble from items where trouble is not null")
            unread = Counter(_decoder.decode(trouble).status for (trouble,) in troubles)
            of_each = "from results where content in (select content from items)"
            said = dict(
                self._db.execute(f"select reproduces, count(*) {of_each} and status = 'checked' group by 1")
            )
            sums = ", ".join(f'coalesce(sum("{family}"), 0)' for family in FAMILIES)
            contents, *found = self._db.execute(f"select count(*), {sums} {of_each}").fetchone()
        return {
            "contents": contents,
            "status": status | dict(unread),
            "reproduces": {"yes": said.get(1, 0), "no": said.get(0, 0), "unknown": said.get(None, 0)},
            "families": dict(zip(FAMILIES, found, strict=True)),
        }

    def judgements(self) -> Iterator[tuple[str, Counts]]:
        """What is known of the content at each location."""
        for location, status, reproduces, *families in self._rows(
            """
            select i.location, r.status, r.reproduces, r."order", r.seeds, r.outputs, r.data
            from items i join results r on r.content = i.content where i.done > 0
            """
        ):
            known = None if reproduces is None else bool(reproduces)
            yield location, Counts(status, known, tuple(families))

    def worst(self, count: int) -> list[tuple[str, int]]:
        """The contents with most errors and warnings: their first locations, and how many."""
        with self._lock:
            return self._db.execute(
                """
                select min(i.location), r."order" + r.seeds + r.outputs + r.data as found
                from results r join items i on i.content = r.content where found > 0
                group by r.content order by found desc, 1 limit ?
                """,
                (count,),
            ).fetchall()

    def not_checked(self, count: int) -> list[tuple[str, str, str]]:
        """Notebooks that were not checked: locations, statuses, reasons; what stopped processes first."""
        with self._lock:
            rows = self._db.execute(
                """
                select i.location, coalesce(i.trouble, r.said)
                from items i left join results r on r.content = i.content
                where i.trouble is not null or r.status not in ('checked', 'skipped')
                order by coalesce(r.status, '') not in ('killed', 'memory', 'timeout', 'failed'), i.location
                limit ?
                """,
                (count,),
            ).fetchall()
        found = [(location, _decoder.decode(said)) for location, said in rows]
        return [(location, said.status, said.problem or "") for location, said in found]

    def notebooks(self) -> Iterator[NotebookRow]:
        """The rows of all notebooks, by location."""
        for content, trouble, item, size, said, first in self._rows(
            """
            select i.content, i.trouble, i.item, i.size, r.said,
                (select min(location) from items o where o.content = i.content)
            from items i left join results r on r.content = i.content
            where i.done > 0 order by i.location
            """
        ):
            found = _items.decode(item)
            if size is None:
                size = found.size if found.size >= 0 else None
            judgement = _decoder.decode(trouble if said is None else said)
            yield notebook_row(
                found, size, content, first if first not in (None, found.location) else None, judgement
            )

    def findings(self) -> Iterator[FindingRow]:
        """The rows of all findings, each content's once, by the first location of the content."""
        for content, first, said in self._rows(
            """
            select r.content, o.first, r.said
            from (select content, min(location) as first from items where done > 0 and content is not null
                  group by content) o
            join results r on r.content = o.content order by o.first
            """
        ):
            for row in _decoder.decode(said).findings:
                yield msgspec.structs.replace(row, content=content, location=first)

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._lock:
            cursor = self._db.execute(query)
        while rows := cursor.fetchmany(_MANY):
            yield from rows

    # Within

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _one(self, query: str, *values: object) -> tuple[object, ...] | None:
        found: tuple[object, ...] | None = self._db.execute(query, values).fetchone()
        return found

    def _meta(self, key: str) -> str:
        row = self._one("select value from meta where key = ?", key)
        return str(row[0]) if row else ""

    def _note(self, key: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (key, value))
