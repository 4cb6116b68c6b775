"""Pins in a session: what changed is said under the cell that reads it; the magics; nobody waits."""

import http.server
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("IPython")
pytest.importorskip("pandas")

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.config import forget_settings, load_settings
from nbdebt.data.background import Background
from nbdebt.data.digests import NotYet
from nbdebt.data.pins.fetching import pin_url
from nbdebt.data.pins.lockfile import read_pins, with_pins, write_lock
from nbdebt.data.pins.pinning import pin_file
from nbdebt.data.versions.kept_git import KeptGit
from nbdebt.live import pins as live_pins
from nbdebt.live.session import Session
from nbdebt.model.finding import Finding

HEAD = "age,country\n"


@pytest.fixture
def session(shell: InteractiveShell) -> Session:
    Path("x.csv").write_text(HEAD + "30,AT\n" * 20)
    subprocess.run(["git", "init", "-q"], check=True)
    return nbdebt.load(shell)


def run(session: Session, source: str) -> list[Finding]:
    """Run a cell; what is new of data."""
    found: list[Finding] = []
    end = session.subscribe(lambda report: found.extend(f for f in report.new if f.family == "data"))
    session.shell.run_cell(source, store_history=True)
    end()
    assert session.failures == []
    return found


def test_what_changed_is_said_as_soon_as_it_is_read(session: Session) -> None:
    pin_file(Path("x.csv"), Path("nbdebt.lock"))
    assert run(session, "import pandas as pd\ndf = pd.read_csv('x.csv')") == []
    Path("x.csv").write_text(HEAD + "30,AT\n" * 18 + ",AT\n30,DE\n")
    (found,) = run(session, "df = pd.read_csv('x.csv')")
    assert found.code == "NBD409"
    assert "column `age` gained nulls (0 → 5 %), `country` has 1 new value (`DE`)" in found.message
    assert run(session, "df = pd.read_csv('x.csv')") == [], "said once"


def test_a_computed_path_is_known_when_it_is_read(session: Session) -> None:
    pin_file(Path("x.csv"), Path("nbdebt.lock"))
    Path("x.csv").write_text(HEAD + "30,AT\n" * 19)
    (found,) = run(session, "import pandas as pd\nname = ''.join(['x', '.csv'])\ndf = pd.read_csv(name)")
    assert "19 rows (20 before)" in found.message


FRAMES = [
    ("df = pd.read_csv('x.csv')", "column `age` is gone"),
    ("df = pd.read_csv('x.csv', usecols=['country'])", "has 1 new value"),
    ("df = pd.read_csv('x.csv', sep=',')", "bytes longer"),
    ("df = pd.read_csv('x.csv').dropna()", "bytes longer"),
]


@pytest.mark.parametrize(("source", "words"), FRAMES)
def test_of_large_files_the_frame_is_looked_at(
    session: Session, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    monkeypatch.setattr(live_pins, "AT_ONCE", 10)
    pin_file(Path("x.csv"), Path("nbdebt.lock"))
    Path("x.csv").write_text("years,country\n" + "30,AT\n" * 20 + "30,DE\n")
    (found,) = run(session, "import pandas as pd\n" + source)
    assert words in found.message


class Serves(http.server.BaseHTTPRequestHandler):
    """Answers with what is in ``body``: in memory, for the server runs in the session's own process."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(Serves.body)

    def log_message(self, *arguments: object) -> None:
        pass


def test_of_addresses_the_frame_is_looked_at(session: Session) -> None:
    Serves.body = (HEAD + "30,AT\n" * 20).encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Serves)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/x.csv"
    write_lock(Path("nbdebt.lock"), with_pins("", [pin_url(url)]))
    assert run(session, f"import pandas as pd\ndf = pd.read_csv({url!r})") == []
    Serves.body = (HEAD + "30,AT\n" * 19 + "30,DE\n").encode()
    (found,) = run(session, f"df = pd.read_csv({url!r})")
    assert found.code == "NBD409" and "`country` has 1 new value (`DE`)" in found.message
    server.shutdown()
    server.server_close()


def test_a_session_without_pins_loads_nothing(session: Session) -> None:
    run(session, "x = 1")
    assert "pins" not in vars(session)


# Magics


def said(session: Session, line: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    session.shell.run_line_magic("nbdebt", line)
    return capsys.readouterr().out


def test_pinning_what_the_session_reads(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = run(session, "import pandas as pd\ndf = pd.read_csv('x.csv')")
    assert found.code == "NBD401"
    assert "x.csv: 20 rows, 2 columns" in said(session, "pin", capsys)
    assert [pin.name for pin in read_pins(Path("nbdebt.lock")).values()] == ["x.csv"]
    assert "nothing to pin" in said(session, "pin", capsys)
    assert "all as pinned" in said(session, "pin --check", capsys)
    Path("x.csv").write_text(HEAD + "30,AT\n")
    assert "1 row (20 before)" in said(session, "pin --check", capsys)
    said(session, "pin x.csv", capsys)
    assert "all as pinned" in said(session, "pin --check x.csv", capsys)


def test_declaring_in_the_configuration(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tomlkit")
    words = said(session, "declare out.csv --owner Ada --consumers a,b --expires 2999-01-01", capsys)
    assert "out.csv declared" in words and "nbdebt.toml" in words
    forget_settings()
    (output,) = load_settings(Path.cwd()).outputs
    assert (output.pattern, output.consumers, output.expires) == ("out.csv", ("a", "b"), "2999-01-01")
    with pytest.raises(UsageError, match="a day is written"):
        session.shell.run_line_magic("nbdebt", "declare out.csv --expires soon")


# Nobody waits


def test_large_files_are_digested_in_the_background(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * 100)
    digest = Background(at_once=10)
    with pytest.raises(NotYet):
        digest(path, "sha256")
    for _ in range(1000):
        try:
            assert len(digest(path, "sha256")) == 64
            break
        except NotYet:
            time.sleep(0.005)
    else:
        raise AssertionError("never made")


def test_git_is_asked_once_until_something_changes(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        subprocess.run(["git", *who, "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init", "-q")
    path = tmp_path / "x.csv"
    path.write_text("x")
    kept = KeptGit(patience=30)
    assert kept.committed(path).reason == "is not tracked by git"
    kept.renew()
    assert path in kept._answers, "what holds is kept"
    git("add", "x.csv")
    kept.renew()
    assert kept.committed(path).reason == "is added to git but not committed"
    git("commit", "-qm", "x")
    kept.renew()
    assert kept.committed(path).state == "versioned"
    path.write_text("y")
    kept.renew()
    assert kept.committed(path).reason == "was changed since the last commit"


def test_a_git_that_takes_long_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "p")], check=True)
    path = tmp_path / "p" / "x.csv"
    path.write_text("x")
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    gate = tmp_path / "gate"
    waits = f"while [ ! -e {gate} ]; do sleep 0.01; done"
    slow.write_text(f'#!/bin/sh\n{waits}\nexec {shutil.which("git")} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    kept = KeptGit(patience=0.01)
    assert kept.committed(path).reason == "git hasn't answered yet"
    kept.renew()
    assert kept.committed(path).reason == "git hasn't answered yet"
    gate.touch()
    kept._asking[tmp_path / "p"].join(30)
    assert kept.committed(path).reason == "is not tracked by git"
