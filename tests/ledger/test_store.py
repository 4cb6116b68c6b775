"""The index, in SQLite and in a real PostgreSQL: taken in once, by whoever, and asked."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("alembic")

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from nbdebt.config import LedgerSettings
from nbdebt.data.exposure.mounts import Mount, shared_name
from nbdebt.ledger import queries, tables
from nbdebt.ledger.entries import Accessed, Began, Declared, Digested
from nbdebt.ledger.local import Local, default_index
from nbdebt.ledger.names import DatasetName
from nbdebt.ledger.store import LedgerError, Store, url_of
from nbdebt.ledger.writer import Writer
from tests.ledger.conftest import session

FEATURES = DatasetName("file", "/d/features.csv")


@pytest.fixture
def store(url: str, team: Path) -> Store:
    """An index of what the team did."""
    found = Store(url)
    found.migrate()
    found.sync(team)
    return found


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    with store.connected(writing=False) as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_migrations_make_the_tables_that_the_program_uses(url: str) -> None:
    store = Store(url)
    store.migrate()
    store.migrate()
    with store.connected() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "nbdebt_version", "compare_type": True}
        )
        assert compare_metadata(context, tables.metadata) == []
    store.close()


def test_an_index_of_a_later_version_is_left_alone(url: str) -> None:
    store = Store(url)
    store.migrate()
    with store.connected() as connection:
        connection.execute(sa.text("UPDATE nbdebt_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="later version of nbdebt"):
        store.migrate()
    store.close()


def test_taking_in_again_changes_nothing(store: Store, team: Path) -> None:
    before = rows(store)
    assert before["run"] == 7 and before["access"] == 14 and before["dataset"] == 5 and before["ending"] == 6
    assert store.sync(team).files == 0
    with store.connected() as connection:
        connection.execute(tables.source.delete())
    done = store.sync(team)
    assert done.files == 7 and done.accesses == 0
    assert rows(store) == before
    store.close()


def test_a_session_that_goes_on_is_taken_in_as_it_grows(url: str, tmp_path: Path) -> None:
    store = Store(url)
    store.migrate()
    writer = Writer(tmp_path / "ledger", Began("5" * 36, "/n.ipynb", "2026-11-23T10:00:00.000Z"))
    for run in range(1, 6):
        stat = f"stat:{run}-1"
        at = f"2026-11-23T10:00:0{run}.000Z"
        writer.write([Accessed(run, "read", "file", "/d/big.bin", at, stat), Digested(stat, f"sha256:{run}")])
        done = store.sync(tmp_path / "ledger")
        assert (done.files, done.accesses) == (1, 1)
    writer.write([Declared("file", "/d/big.bin", "ada", ("train.ipynb",), "raw", "2027-01-01")])
    store.sync(tmp_path / "ledger")
    big = DatasetName("file", "/d/big.bin")
    with store.connected(writing=False) as connection:
        (use,) = queries.uses(connection, big, "read")
        assert (use.times, use.digest) == (5, "sha256:5")
        assert queries.declared(connection, big) == [("ada", "train.ipynb", "raw", "2027-01-01")]
    store.close()


def test_half_a_line_spoils_nothing(url: str, team: Path) -> None:
    (team / "20261120T000000-torn-0000.ndjson").write_bytes(b'{"kind":"session","sess')
    store = Store(url)
    store.migrate()
    done = store.sync(team)
    assert done.files == 7 and len(done.problems) == 1 and "torn" in done.problems[0]
    store.close()


SYNC = """
import sys
from pathlib import Path
from nbdebt.ledger.store import Store

store = Store(sys.argv[1])
store.migrate()
for _ in range(3):
    store.sync(Path(sys.argv[2]))
store.close()
"""


def test_several_sync_at_once(url: str, tmp_path: Path) -> None:
    """From nothing, tables included: one index comes of it, with everything in it once."""
    ledger = tmp_path / "ledger"
    for number in range(40):
        at = f"2026-11-{number % 28 + 1:02}T1{number % 10}:00"
        session(
            ledger, f"/n{number}.ipynb", "ada", at, [("read", f"/d/{n}", "x") for n in range(number % 7, 20)]
        )
    words = [sys.executable, "-c", SYNC, url, str(ledger)]
    running = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(3)]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    store = Store(url)
    found = rows(store)
    assert (found["run"], found["dataset"]) == (40, 20)
    assert found["access"] == sum(20 - number % 7 for number in range(40))
    store.close()


# Questions


def test_who_reads_and_who_writes(store: Store) -> None:
    with store.connected(writing=False) as connection:
        read = [(use.job, use.actor, use.times) for use in queries.uses(connection, FEATURES, "read")]
        assert read == [("/p/dash.ipynb", "eve", 1), ("/p/train.ipynb", "bob", 1)]
        late = queries.uses(connection, FEATURES, "read", "2026-11-22T00:00:00.000Z")
        assert [use.job for use in late] == ["/p/dash.ipynb"]
        (wrote,) = queries.uses(connection, FEATURES, "write")
        assert (wrote.actor, wrote.times, wrote.digest) == ("ada", 4, "sha256:features3")
        below = queries.uses(connection, DatasetName("file", "/d"), "write")
        assert {use.dataset for use in below} == {
            "/d/features.csv",
            "/d/log.txt",
            "/d/model",
            "/d/report.html",
        }
        assert queries.uses(connection, DatasetName("file", "/d%"), "read") == []
        assert queries.similar(connection, DatasetName("file", "/elsewhere/features.csv")) == [
            "/d/features.csv"
        ]
    store.close()


def test_what_is_downstream(store: Store) -> None:
    with store.connected(writing=False) as connection:
        steps = queries.impact(connection, DatasetName("file", "/d/raw.csv"))
        seen = [(step.depth, step.dataset, step.job, step.writes) for step in steps]
    assert seen == [
        (1, "/d/raw.csv", "/p/features.ipynb", ("/d/features.csv",)),
        (2, "/d/features.csv", "/p/dash.ipynb", ()),
        # What it wrote before it read the features is not downstream of them.
        (2, "/d/features.csv", "/p/train.ipynb", ("/d/model",)),
        (3, "/d/model", "/p/report.ipynb", ("/d/report.html",)),
    ]
    store.close()


def test_a_loop_between_notebooks_ends(url: str, tmp_path: Path) -> None:
    for at, job, reads, writes in (("10", "/a", "/d/x", "/d/y"), ("11", "/b", "/d/y", "/d/x")):
        accesses = [("read", reads, "1"), ("write", writes, "2")]
        session(tmp_path / "ledger", job, "ada", f"2026-11-23T{at}:00", accesses)
    store = Store(url)
    store.migrate()
    store.sync(tmp_path / "ledger")
    with store.connected(writing=False) as connection:
        steps = queries.impact(connection, DatasetName("file", "/d/x"))
    assert [(step.depth, step.job) for step in steps] == [(1, "/a"), (2, "/b")]
    store.close()


def test_who_read_an_older_content(store: Store) -> None:
    with store.connected(writing=False) as connection:
        found = queries.stale_readers(connection)
        assert [(s.dataset, s.job, s.read_digest) for s in found] == [
            ("/d/features.csv", "/p/train.ipynb", "sha256:features1")
        ]
        assert found[0].writer == "/p/features.ipynb" and found[0].written > found[0].read
        assert queries.stale_readers(connection, FEATURES) == found
        assert queries.stale_readers(connection, DatasetName("file", "/d/model")) == []
    store.close()


def test_sessions_and_durations(store: Store) -> None:
    with store.connected(writing=False) as connection:
        latest, *others = queries.sessions(connection)
        assert (latest.job, latest.cells, latest.reads, latest.writes) == ("/p/dash.ipynb", 1, 1, 0)
        assert [row.job for row in others if not row.ended] == ["/p/report.ipynb"]
        assert len(queries.sessions(connection, "/p/features.ipynb")) == 4
        assert len(queries.sessions(connection, "/p/")) == 7
        assert len(queries.sessions(connection, since="2026-11-23T00:00:00.000Z")) == 2
        found = queries.durations(connection, "/p/features.ipynb")
        assert [(d.cell, d.times, d.median, d.last) for d in found] == [
            ("", 4, 4.0, 18.0),
            ("cell-1", 4, 2.0, 9.0),
            ("cell-2", 4, 2.0, 9.0),
        ]
        assert [d.regression for d in found] == ["", *["4.5 times as long as before"] * 2]
        assert not any(d.regression for d in queries.durations(connection) if d.job != "/p/features.ipynb")
    store.close()


def test_pruning_forgets_old_sessions_and_what_only_they_touched(store: Store, team: Path) -> None:
    gone = [file.name for file in sorted(team.iterdir()) if file.name < "20261122"]
    with store.connected() as connection:
        assert queries.prune(connection, "2026-11-22T00:00:00.000Z", gone) == 3
    found = rows(store)
    assert (found["run"], found["dataset"], found["source"]) == (4, 4, 4)
    store.close()


# Where an index may be, and who may do what


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "lustre", "9p", "ceph"])
def test_sqlite_is_refused_on_network_file_systems(kind: str, tmp_path: Path) -> None:
    mounts = (Mount("/", "ext4", "/dev/sda1"), Mount(str(tmp_path), kind, "server:/x", shared_name(kind)))
    with pytest.raises(LedgerError, match=rf"network file system \({kind}, mounted at .*PostgreSQL"):
        Store(f"sqlite:///{tmp_path / 'index.sqlite'}", mounts)
    assert not (tmp_path / "index.sqlite").exists()
    Store(f"sqlite:///{tmp_path / 'index.sqlite'}", mounts[:1]).close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "not a database's URL"),
        ("mysql://u:geheim@h/db", "SQLite or PostgreSQL, not mysql"),
        ("postgresql+psycopg://u:geheim@127.0.0.1:1/db", "127.0.0.1"),
        ("sqlite:////proc/none/index.sqlite", "can't be made"),
    ],
)
def test_a_database_that_will_not_do_is_told_without_its_password(address: str, said: str) -> None:
    if "psycopg" in address:
        pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as error:
        Store(address).migrate()
    assert said in str(error.value) and "geheim" not in str(error.value)


def test_a_role_that_may_only_add_rows_is_enough(postgres_url: str, team: Path) -> None:
    """The role of the manual: it may read and insert, and neither change nor remove what is there."""
    owner = Store(postgres_url)
    owner.migrate()
    with owner.connected() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS ledger_writer"))
        connection.execute(sa.text("CREATE ROLE ledger_writer LOGIN"))
        connection.execute(sa.text("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ledger_writer"))
    writer = Store(postgres_url.replace("owner@", "ledger_writer@"))
    writer.migrate()
    assert writer.sync(team).accesses == 14
    assert writer.sync(team).accesses == 0
    with pytest.raises(LedgerError, match="permission denied"), writer.connected() as connection:
        connection.execute(tables.access.delete())
    with pytest.raises(LedgerError, match="permission denied"), writer.connected() as connection:
        connection.execute(tables.run.update().values(actor="nobody"))
    writer.close()
    with owner.connected() as connection:
        connection.execute(sa.text("DROP OWNED BY ledger_writer"))
        connection.execute(sa.text("DROP ROLE ledger_writer"))
    owner.close()


# The quick question


def asked(directory: Path, days: int = 100_000, **settings: Any) -> Local:
    local = Local(LedgerSettings(str(directory), "name", settings.get("database", ""), days))
    local.patience = 60
    return local


def test_the_quick_question_needs_no_index(team: Path) -> None:
    readers = asked(team).readers(FEATURES)
    assert [(r.job, r.actor) for r in readers] == [("/p/dash.ipynb", "eve"), ("/p/train.ipynb", "bob")]
    assert asked(team).readers(DatasetName("file", "/d/nothing")) == []
    assert asked(team / "missing").readers(FEATURES) == []


def test_the_quick_question_uses_the_index_and_what_is_newer(team: Path) -> None:
    settings = LedgerSettings(str(team))
    store = Store(url_of(settings))
    store.migrate()
    store.sync(team)
    store.close()
    assert default_index(str(team)).is_file()
    indexed = [file.name for file in team.iterdir()]
    for name in indexed:
        (team / name).unlink()
    session(team, "/p/new.ipynb", "kim", "2026-11-23T14:00", [("read", "/d/features.csv", "features3")])
    jobs = [reader.job for reader in asked(team).readers(FEATURES)]
    assert jobs == ["/p/new.ipynb", "/p/dash.ipynb", "/p/train.ipynb"]


def test_the_quick_question_forgets_what_is_long_ago(team: Path) -> None:
    session(team, "/p/old.ipynb", "kim", "2016-11-23T14:00", [("read", "/d/features.csv", "features0")])
    assert "/p/old.ipynb" not in [reader.job for reader in asked(team, days=365).readers(FEATURES)]
