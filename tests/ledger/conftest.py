"""Ledgers to ask, and a PostgreSQL server of the tests' own where one can be had."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdebt.ledger.entries import Accessed, Began, Ended, Entry, Ran
from nbdebt.ledger.writer import Writer
from tools.programs import server_programs


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes, pseudonyms and what was sent are the test's own."""
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def session(
    directory: Path,
    job: str,
    actor: str,
    at: str,
    accesses: list[tuple[str, str, str]],
    seconds: float = 1.0,
    ended: bool = True,
    code: str = "c0de",
) -> str:
    """Write down a session; ``accesses`` are (operation, path, content)."""
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job}{actor}{at}"))
    began = Began(number, job, f"{at}:00.000Z", actor=actor, host="hub", python="3.13.0", nbdebt="0.1.0")
    writer = Writer(directory, began)
    entries: list[Entry] = []
    for count, (op, name, content) in enumerate(accesses, 1):
        stamp = f"{at}:{count:02}.000Z"
        entries.append(Ran(count, f"cell-{count}", stamp, seconds, count=count, code=code))
        digest = f"sha256:{content}" if content else ""
        entries.append(Accessed(count, op, "file", name, stamp, digest, 10, "pandas.read_csv"))  # type: ignore[arg-type]
    if ended:
        entries.append(Ended(f"{at}:59.000Z"))
    writer.write(entries)
    writer.close()
    assert not writer.failure
    return number


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A ledger of three people: raw -> features -> model -> report, and a dashboard of the features."""
    ledger = tmp_path / "ledger"
    for day in range(4):
        session(
            ledger,
            "/p/features.ipynb",
            "ada",
            f"2026-11-2{day}T10:00",
            [("read", "/d/raw.csv", "raw"), ("write", "/d/features.csv", f"features{day}")],
            seconds=9.0 if day == 3 else 2.0,
        )
    session(
        ledger,
        "/p/train.ipynb",
        "bob",
        "2026-11-21T12:00",
        [
            ("write", "/d/log.txt", "log"),
            ("read", "/d/features.csv", "features1"),
            ("write", "/d/model", "m"),
        ],
    )
    session(
        ledger,
        "/p/report.ipynb",
        "eve",
        "2026-11-22T12:00",
        [("read", "/d/model", "m"), ("write", "/d/report.html", "r")],
        ended=False,
    )
    session(ledger, "/p/dash.ipynb", "eve", "2026-11-23T12:00", [("read", "/d/features.csv", "features3")])
    return ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that runs as long as the tests, on a socket of its own."""
    pytest.importorskip("psycopg")
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here, nor could one be had (see tools/programs.py)")
    who: dict[str, str] = {}
    if os.getuid() == 0:
        # The server refuses to run as root.
        try:
            who = {"user": pwd.getpwnam("postgres").pw_name}
        except KeyError:
            who = {"user": "nobody"}
    place = Path(tempfile.mkdtemp(prefix="nbdebt-pg-", dir="/tmp"))
    place.chmod(0o755)
    data = place / "data"
    data.mkdir(mode=0o700)
    if who:
        for path in (place, data):
            shutil.chown(path, **who)

    def run(*words: str) -> None:
        subprocess.run(words, check=True, cwd=place, capture_output=True, **who)  # type: ignore[call-overload]

    options = f"-k {place} -c listen_addresses='' -c fsync=off -c max_connections=40"
    try:
        try:
            run(str(programs / "initdb"), "-D", str(data), "-U", "owner", "-A", "trust", "--no-sync")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"PostgreSQL can't be run here: {error}")
        run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-w", "-l", str(place / "log"), "start")
        try:
            yield f"postgresql+psycopg://owner@/postgres?host={place}"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A database of the test's own."""
    import sqlalchemy as sa

    name = f"t{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield postgres.replace("/postgres?", f"/{name}?")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database, of each kind."""
    pytest.importorskip("alembic")
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.sqlite'}"
    found: str = request.getfixturevalue("postgres_url")
    return found
