"""Kernels that keep a ledger: what they write, and that no cell notices."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("IPython")

from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.cli import cli
from nbdebt.config import forget_settings
from nbdebt.ledger.entries import Accessed, Began, Declared, Digested, Ended, Entry, Ran
from nbdebt.ledger.local import local_of
from nbdebt.ledger.openlineage import ledger_sessions
from nbdebt.live.ledger import together
from nbdebt.live.session import Session, current
from tests.ledger.conftest import session as written

ROOT = Path(nbdebt.__file__).parents[1]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in a directory whose settings name a ledger."""
    from IPython.core.history import HistoryManager

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    HistoryManager.enabled = False
    settings(tmp_path)
    found = InteractiveShell()
    yield found
    session = current(found)
    if session is not None:
        session.close()
    forget_settings()
    local_of.cache_clear()


def settings(directory: Path, more: str = "", outputs: str = "") -> None:
    """Write the settings, and forget those that were read."""
    text = f'[ledger]\ndir = "ledger"\ndays = 100000\n{more}\n{outputs}'
    (directory / "nbdebt.toml").write_text(text)
    forget_settings()


def entries(directory: Path) -> list[Entry]:
    """What the sessions have written."""
    if not directory.is_dir():
        return []
    return [entry for began, found in ledger_sessions(directory) for entry in (began, *found)]


def accesses(directory: Path) -> list[tuple[int, str, str]]:
    """(run, operation, name of the file) of all accesses."""
    return [(e.run, e.op, Path(e.name).name) for e in entries(directory) if isinstance(e, Accessed)]


def play(session: Session, *cells: str) -> None:
    """Run cells, one after the other."""
    for number, source in enumerate(cells, len(session.runs) + 1):
        session.shell.run_cell(source, store_history=True, cell_id=f"cell-{number}")


def test_a_session_is_written_as_it_goes(shell: InteractiveShell, tmp_path: Path) -> None:
    session = nbdebt.load(shell)
    assert not (tmp_path / "ledger").exists(), "nothing has run"
    play(session, "x = 1", "open('a.txt', 'w').write('secret row')", "y = open('a.txt').read()", "1 / 0")
    began, *rest = entries(tmp_path / "ledger")
    assert isinstance(began, Began) and began.job == f"{tmp_path}/" and began.actor
    runs = [entry for entry in rest if isinstance(entry, Ran)]
    assert [(run.run, run.cell, run.count, run.outcome) for run in runs] == [
        (1, "cell-1", 1, "ok"),
        (2, "cell-2", 2, "ok"),
        (3, "cell-3", 3, "ok"),
        (4, "cell-4", 4, "error"),
    ]
    assert runs[3].error == "ZeroDivisionError"
    assert accesses(tmp_path / "ledger") == [(2, "write", "a.txt"), (3, "read", "a.txt")]
    one, other = (e for e in rest if isinstance(e, Accessed))
    assert one.digest == other.digest and one.digest.startswith("sha256:") and one.bytes == 10
    session.close()
    assert isinstance(entries(tmp_path / "ledger")[-1], Ended)
    text = "".join(file.read_text() for file in (tmp_path / "ledger").iterdir())
    assert "secret row" not in text and "open(" not in text
    assert not session.failures


NOT_DATA = [
    "import os; os.listdir('.')",
    "import os; os.path.exists('a.txt')",
    "import tempfile; f = tempfile.NamedTemporaryFile(); f.write(b'x'); f.close()",
    "try:\n    open('missing.csv')\nexcept OSError:\n    pass",
    "import this_is_missing",
    "%nbdebt status",
]


@pytest.mark.parametrize("source", NOT_DATA)
def test_what_is_no_data_set_is_left_out(source: str, shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    play(nbdebt.load(shell), source)
    assert accesses(tmp_path / "ledger") == []


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("!cp a.txt b.txt", [(1, "read", "a.txt"), (1, "write", "b.txt")]),
        ("import os; os.remove('a.txt')", [(1, "delete", "a.txt")]),
        ("open('a.txt', 'a').write('y')", [(1, "write", "a.txt")]),
        ("import os; os.mkdir('d'); os.chdir('d'); open('../c.txt', 'w').close()", [(1, "write", "c.txt")]),
    ],
)
def test_what_is_seen(
    source: str, seen: list[tuple[int, str, str]], shell: InteractiveShell, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("x")
    play(nbdebt.load(shell), source)
    found = [access for access in accesses(tmp_path / "ledger") if access[2] != "d"]
    assert found == seen


def test_a_large_file_is_digested_while_cells_go_on(shell: InteractiveShell, tmp_path: Path) -> None:
    with (tmp_path / "big.bin").open("wb") as file:
        file.truncate(80 << 20)
    session = nbdebt.load(shell)
    play(session, "f = open('big.bin', 'rb'); b = f.read(10); f.close()")
    (access,) = (e for e in entries(tmp_path / "ledger") if isinstance(e, Accessed))
    assert access.digest.startswith("stat:"), "the cell did not wait for its content to be read"
    session.recorder.files.settle()
    play(session, "x = 1")
    (resolved,) = (e for e in entries(tmp_path / "ledger") if isinstance(e, Digested))
    assert resolved.weak == access.digest and resolved.digest.startswith("sha256:")


def test_very_many_files_of_a_directory_are_the_directory() -> None:
    many = [Accessed(1, "read", "file", f"/d/{n}.png", "t", "sha256:1", 2) for n in range(500)]
    few = [Accessed(1, "read", "file", f"/e/{n}.png", "t") for n in range(3)]
    found = list(together([*many, *few]))
    assert [(a.name, a.bytes) for a in found[:1]] == [("/d", 1000)]
    assert found[1:] == few


def test_declarations_are_written_with_the_output(shell: InteractiveShell, tmp_path: Path) -> None:
    settings(tmp_path, outputs='[outputs]\n"*.csv" = { owner = "ada", consumers = ["train.ipynb"] }\n')
    play(nbdebt.load(shell), "open('a.csv', 'w').close()", "open('a.csv', 'w').close()")
    found = [e for e in entries(tmp_path / "ledger") if isinstance(e, Declared)]
    assert [(Path(d.name).name, d.owner, d.consumers) for d in found] == [("a.csv", "ada", ("train.ipynb",))]


class Page(BaseHTTPRequestHandler):
    """Answers everything with a small table."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a\n1\n")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def test_no_secret_of_a_cell_is_written(shell: InteractiveShell, tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    try:
        play(
            nbdebt.load(shell),
            f"import urllib.request as r\nr.urlopen('http://{host}/x.csv?token=geheim').read()",
            "import sqlite3\nc = sqlite3.connect('w.db')\nc.execute('create table t (a text)')\n"
            "c.execute(\"insert into t values ('geheim')\")\nc.commit()\nc.close()",
            "password = 'geheim'\nraise ValueError(password)",
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    found = [(e.ns, e.name) for e in entries(tmp_path / "ledger") if isinstance(e, Accessed)]
    assert (f"http://{host}", "/x.csv") in found
    assert not [f for f in (tmp_path / "ledger").iterdir() if b"geheim" in f.read_bytes()]


def test_what_is_pinned_bears_its_version(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("a\n1\n")
    done = CliRunner().invoke(cli, ["pin", "raw.csv"])
    assert done.exit_code == 0, done.output
    play(nbdebt.load(shell), "text = open('raw.csv').read()", "open('new.csv', 'w').close()")
    read, write = (e for e in entries(tmp_path / "ledger") if isinstance(e, Accessed))
    assert read.version_kind == "nbdebt.lock" and read.version_id in (read.digest, read.digest[7:])
    assert (write.version_kind, write.version_id) == ("", "")


def test_people_are_not_named_where_they_do_not_wish(shell: InteractiveShell, tmp_path: Path) -> None:
    settings(tmp_path, 'actor = "none"')
    play(nbdebt.load(shell), "open('a.csv', 'w').close()")
    began, *rest = entries(tmp_path / "ledger")
    assert isinstance(began, Began) and (began.actor, began.host) == ("", "")
    assert [e.owner for e in rest if isinstance(e, Accessed)] == [""]


def test_without_settings_nothing_is_written(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").unlink()
    forget_settings()
    play(nbdebt.load(shell), "open('a.csv', 'w').close()")
    assert not (tmp_path / "ledger").exists()


def test_a_ledger_that_cannot_be_written_is_told_once_and_harms_nothing(
    shell: InteractiveShell, tmp_path: Path
) -> None:
    (tmp_path / "ledger").write_text("a file in its place")
    session = nbdebt.load(shell)
    play(session, "x = 1", "y = x + 1")
    assert shell.user_ns["y"] == 2
    assert len([f for f in session.failures if "ledger" in f]) == 1
    session.close()


# A warning before others are broken


def findings(session: Session) -> list[str]:
    local_of(session.settings.ledger).patience = 60
    return [f.message for f in session.report().findings if f.code == "NBD320"]


def test_overwriting_what_others_read_is_told(shell: InteractiveShell, tmp_path: Path) -> None:
    file = str(tmp_path / "features.csv")
    for job, actor in (("/p/train.ipynb", "bob"), ("/p/dash.ipynb", "eve"), ("/p/more.ipynb", "eve")):
        written(tmp_path / "ledger", job, actor, "2026-11-20T10:00", [("read", file, "1")])
    session = nbdebt.load(shell)
    play(session, "open('features.csv', 'w').close()", "open('others.csv', 'w').close()")
    (found,) = findings(session)
    assert found.startswith("3 other notebooks of 2 people read `features.csv` in the last 100000 days")


def test_writing_the_same_again_breaks_nobody(shell: InteractiveShell, tmp_path: Path) -> None:
    file = tmp_path / "features.csv"
    content = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"  # of "ab"
    written(tmp_path / "ledger", "/p/train.ipynb", "bob", "2026-11-20T10:00", [("read", str(file), content)])
    session = nbdebt.load(shell)
    play(session, "f = open('features.csv', 'w')\nf.write('ab')\nf.close()")
    assert findings(session) == []
    play(session, "f = open('features.csv', 'w')\nf.write('abc')\nf.close()")
    assert len(findings(session)) == 1


@pytest.mark.parametrize(
    "source",
    ["open('features.csv').close()", "open('features.csv', 'a').close()", "open('other.csv', 'w').close()"],
)
def test_what_breaks_nobody_is_not_told(source: str, shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "features.csv").write_text("a\n")
    file = str(tmp_path / "features.csv")
    written(tmp_path / "ledger", "/p/train.ipynb", "bob", "2026-11-20T10:00", [("read", file, "1")])
    session = nbdebt.load(shell)
    play(session, source)
    assert findings(session) == []


def test_declared_consumers_and_oneself_are_no_others(shell: InteractiveShell, tmp_path: Path) -> None:
    settings(tmp_path, outputs='[outputs]\n"*.csv" = { owner = "ada", consumers = ["train"] }\n')
    file = str(tmp_path / "features.csv")
    for job in ("/p/train.ipynb", f"{tmp_path}/"):
        written(tmp_path / "ledger", job, "bob", "2026-11-20T10:00", [("read", file, "1")])
    session = nbdebt.load(shell)
    play(session, "open('features.csv', 'w').close()")
    assert findings(session) == []


# Two people

BECOME = """
import ctypes, os, sys

uid, home = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None)
# An interpreter in root's home can't be read by others: it stays readable, and nothing else is kept of root.
libc.prctl(8, 1, 0, 0, 0)
os.setgroups([])
os.setgid(uid)
os.setuid(uid)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
read_search = 1 << 2
libc.capset(header, (ctypes.c_uint32 * 6)(read_search, read_search, 0, 0, 0, 0))
os.umask(0o002)
os.environ.update(HOME=home, XDG_CACHE_HOME=home, XDG_CONFIG_HOME=home, IPYTHONDIR=home + "/ipython")
"""
ASKS = (
    BECOME
    + """
from nbdebt.cli import cli

cli.main(["ledger", *sys.argv[3:]], prog_name="nbdebt")
"""
)
PERSON = (
    BECOME
    + """
os.environ["JPY_SESSION_NAME"] = sys.argv[3]
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
HistoryManager.enabled = False
shell = InteractiveShell()
import nbdebt
from nbdebt.ledger.local import local_of
session = nbdebt.load(shell)
local_of(session.settings.ledger).patience = 60
for number, source in enumerate(sys.argv[4:]):
    result = shell.run_cell(source, cell_id=f"cell-{number}")
    result.raise_error()
import json
report = session.report()
print(json.dumps([f.message for f in report.findings if f.code == "NBD320"]))
assert not session.failures, session.failures
session.close()
"""
)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that everybody may write to, with settings that name a ledger in it."""
    place = Path(tempfile.mkdtemp(prefix="nbdebt-shared-", dir="/tmp"))
    place.chmod(0o755)
    for name in ("ledger", "data", "ada", "bob"):
        (place / name).mkdir()
    (place / "nbdebt.toml").write_text('[ledger]\ndir = "ledger"\n')
    # As the manual says: all may write, nobody can remove what is another's.
    (place / "ledger").chmod(0o1777)
    (place / "data").chmod(0o777)
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can be two people")
def test_two_people_and_two_notebooks_in_a_shared_directory(shared: Path) -> None:
    """One reads what the other writes; the other is warned; each sees both in an index of their own."""
    pytest.importorskip("alembic")
    people = {"ada": 54301, "bob": 54302}
    for name, uid in people.items():
        os.chown(shared / name, uid, uid)

    def of(name: str, program: str, *words: str) -> str:
        command = [sys.executable, "-c", program, str(people[name]), str(shared / name), *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=shared, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    try:
        of("ada", BECOME + "import json, multiprocessing, sqlite3, IPython, alembic, nbdebt.cli")
    except AssertionError as error:
        pytest.skip(f"root can't become another here that can read Python: {error}")

    def runs(name: str, notebook: str, *cells: str) -> list[str]:
        document = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (shared / notebook).write_text(document)
        said = of(name, PERSON, str(shared / notebook), *cells)
        found: list[str] = json.loads(said.splitlines()[-1])
        return found

    write = "open('data/features.csv', 'w').write(str({}))"
    assert runs("ada", "features.ipynb", write.format(1)) == []
    (shared / "data" / "features.csv").chmod(0o666)
    assert (
        runs("bob", "train.ipynb", "open('data/features.csv').read()", "open('data/model', 'w').close()")
        == []
    )
    (warning,) = runs("ada", "features.ipynb", write.format(2))
    assert warning.startswith("1 other notebook of 1 person read `data/features.csv` in the last 30 days")
    owners = {file.stat().st_uid for file in (shared / "ledger").iterdir()}
    assert owners == set(people.values())

    for name in people:
        readers = json.loads(of(name, ASKS, "readers", "data/features.csv", "--format", "json"))["readers"]
        assert [(Path(r["job"]).name, r["actor"]) for r in readers] == [("train.ipynb", "54302")]
        steps = json.loads(of(name, ASKS, "impact", "data/features.csv", "--format", "json"))["steps"]
        assert [Path(s["job"]).name for s in steps] == ["train.ipynb"]
        assert [Path(w).name for w in steps[0]["writes"]] == ["model"]
        stale = json.loads(of(name, ASKS, "stale-readers", "--format", "json"))["stale_readers"]
        assert [Path(s["job"]).name for s in stale] == ["train.ipynb"]
    # What is another's stays: bob can't remove ada's files from a directory with the sticky bit.
    of("bob", ASKS, "prune", "--older-than", "1")
    assert owners == {file.stat().st_uid for file in (shared / "ledger").iterdir()}
