"""``nbdebt pin`` and ``nbdebt declare`` as they are called, on real projects and a real server."""

import datetime
import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbdebt.cli import cli
from nbdebt.config import forget_settings, load_settings
from nbdebt.data.pins.lockfile import read_pins

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a project with two notebooks and a table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    subprocess.run(["git", "init", "-q"], check=True)
    (tmp_path / "data").mkdir()
    table("30,AT\n" * 20)
    write("a.ipynb", "import pandas as pd\ndf = pd.read_csv('data/x.csv')")
    write("sub/b.ipynb", "import pandas as pd\ndf = pd.read_csv('../data/x.csv')\ndf.to_csv('out.csv')")

    def call(*arguments: str) -> Result:
        forget_settings()
        return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)

    return call


def table(rows: str) -> None:
    Path("data/x.csv").write_text("age,country\n" + rows)


def write(name: str, source: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {
        "cell_type": "code",
        "source": source,
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": 1,
    }
    import json

    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def test_a_notebook_stands_for_what_it_reads(run: Run) -> None:
    done = run("pin", "a.ipynb")
    assert done.exit_code == 0
    (pin,) = read_pins(Path("nbdebt.lock")).values()
    assert pin.name == "data/x.csv" and pin.notebooks == ("a.ipynb", "sub/b.ipynb")
    assert "data/x.csv pinned" in done.output and "nbdebt.lock has 1 pin now" in done.output
    assert run("check", "--select", "data", ".").exit_code == 0
    again = run("pin", ".")
    assert "nothing to pin" in again.output


def test_a_file_is_pinned_from_anywhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("sub")
    assert run("pin", "../data/x.csv", "-q").output == ""
    assert [pin.name for pin in read_pins(Path("../nbdebt.lock")).values()] == ["data/x.csv"]
    assert run("pin", "--check").output == "1 pin: all as pinned\n"


def test_drift_is_told_in_words(run: Run) -> None:
    pytest.importorskip("pandas")
    run("pin", "data/x.csv")
    table("30,AT\n" * 18 + ",AT\n30,DE\n")
    done = run("pin", "--check")
    assert done.exit_code == 1
    assert "column `age` gained nulls (0 → 5 %)" in done.output
    assert "`country` has 1 new value (`DE`)" in done.output
    assert "read by a.ipynb, sub/b.ipynb" in done.output
    found = run("check", "a.ipynb")
    assert found.exit_code == 1 and "NBD409" in found.output
    done = run("pin", "--update")
    assert done.exit_code == 0 and "pinned anew: column `age` gained nulls" in done.output
    assert run("pin", "--check").exit_code == 0


def test_what_is_gone_is_told_and_dropped(run: Run) -> None:
    run("pin", "data")
    assert read_pins(Path("nbdebt.lock"))["files", "data"].files == 1
    shutil.rmtree("data")
    done = run("pin", "--check")
    assert done.exit_code == 1 and "data is not there; pinned on" in done.output
    assert "its pin is dropped" in run("pin", "--update").output
    assert read_pins(Path("nbdebt.lock")) == {}


def test_pins_are_taken_out(run: Run) -> None:
    run("pin", "data/x.csv")
    assert run("pin", "--remove", "nowhere.csv").exit_code == 2
    assert "is not pinned any more" in run("pin", "--remove", "a.ipynb").output
    assert read_pins(Path("nbdebt.lock")) == {}


def test_a_merge_left_in_conflict_is_settled(run: Run) -> None:
    run("pin", "data/x.csv")
    ours = Path("nbdebt.lock").read_text()
    digest = read_pins(Path("nbdebt.lock"))["files", "data/x.csv"].sha256
    line = f'sha256 = "{digest}"\n'
    theirs = 'sha256 = "' + "0" * 64 + '"\n'
    conflict = f"<<<<<<< HEAD\n{theirs}=======\n{line}>>>>>>> other\n"
    Path("nbdebt.lock").write_text(ours.replace(line, conflict))
    assert run("pin", "--check").exit_code == 2
    assert run("pin", "--update").exit_code == 0
    assert Path("nbdebt.lock").read_text() == ours


def test_a_lock_file_that_can_not_be_read_is_no_yes(run: Run) -> None:
    run("pin", "data/x.csv")
    with Path("nbdebt.lock").open("a") as lock:
        lock.write("nonsense\n")
    done = run("check", "a.ipynb")
    assert done.exit_code == 1 and "is not TOML" in " ".join(done.output.split())
    assert done.output.count("NBD409") == 1


MISTAKES = [
    ((), 2, "Say what to pin"),
    (("nowhere.csv",), 2, "There is no file 'nowhere.csv'"),
    (("--check", "--update"), 2, "exclude each other"),
    (("--check",), 2, "there is no nbdebt.lock here or above"),
    (("--remove",), 2, "say which pins"),
]


@pytest.mark.parametrize(("arguments", "status", "words"), MISTAKES)
def test_mistakes(run: Run, arguments: tuple[str, ...], status: int, words: str) -> None:
    done = run("pin", *arguments)
    assert done.exit_code == status and words in done.output + done.stderr


# DVC


def test_without_dvc_it_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    done = run("pin", "--dvc", "data/x.csv")
    assert done.exit_code == 2 and "pip install dvc" in done.stderr


def test_a_file_is_handed_to_dvc(run: Run) -> None:
    if shutil.which("dvc") is None:
        pytest.skip("dvc is not installed")
    assert "run `dvc init`" in run("pin", "--dvc", "data/x.csv").stderr
    subprocess.run(["dvc", "init", "-q"], check=True, capture_output=True)
    run("pin", "data/x.csv")
    done = run("pin", "--dvc", "data/x.csv")
    assert done.exit_code == 0 and "commit data/x.csv.dvc" in done.output
    assert Path("data/x.csv.dvc").is_file() and read_pins(Path("nbdebt.lock")) == {}


# Addresses


class Server:
    """Serves one table, with an ETag, to those who bring the token."""

    def __init__(self) -> None:
        self.body = b"age,country\n" + b"30,AT\n" * 20
        self.asked: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.headers.get("If-None-Match") or "")
                tag = f'"{len(server.body)}"'
                status = 200
                if "closed" in self.path and "token=s3cret" not in self.path:
                    status = 403
                elif self.headers.get("If-None-Match") == tag:
                    status = 304
                self.send_response(status)
                self.send_header("ETag", tag)
                self.end_headers()
                if status == 200:
                    self.wfile.write(server.body)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_addresses_are_pinned_and_compared(run: Run, server: Server) -> None:
    url = f"{server.url}/x.csv"
    done = run("pin", url)
    assert done.exit_code == 0 and f"{url} pinned" in done.output
    assert run("pin", "--check").exit_code == 0
    assert server.asked == ["", '"132"'], "what is as it was is not fetched again"
    server.body += b",DE\n"
    done = run("pin", "--check")
    assert done.exit_code == 1 and f"{url} has changed" in done.output
    assert run("pin", "--check", "--offline").output == "0 pins: all as pinned; 1 address left out\n"
    assert run("pin", "--update").exit_code == 0
    assert run("pin", "--check").exit_code == 0


def test_a_notebooks_address_is_found_with_its_token(run: Run, server: Server) -> None:
    url = f"{server.url}/closed.csv?topic=rain&token=s3cret"
    write("a.ipynb", f"import pandas as pd\ndf = pd.read_csv({url!r})")
    done = run("pin", "a.ipynb")
    assert done.exit_code == 0, done.stderr
    assert "s3cret" not in Path("nbdebt.lock").read_text() + done.output + done.stderr
    assert "NBD402" not in run("check", "a.ipynb").output
    assert run("pin", "--check").exit_code == 0
    Path("a.ipynb").unlink()
    done = run("pin", "--check")
    assert done.exit_code == 2 and "its query was not recorded" in done.stderr


def test_what_can_not_be_fetched_is_said_without_secrets(run: Run, server: Server) -> None:
    server.http.shutdown()
    server.http.server_close()
    done = run("pin", f"http://ada:hunter22@127.0.0.1:{server.http.server_port}/x.csv?token=s3cret")
    assert done.exit_code == 2 and "can't be fetched" in done.stderr
    assert "hunter22" not in done.stderr and "s3cret" not in done.stderr
    assert not Path("nbdebt.lock").exists()
    assert "pin the file instead" in run("pin", "file:///etc/hosts").stderr


# Declaring


def test_declaring(run: Run) -> None:
    pytest.importorskip("tomlkit")
    Path("pyproject.toml").write_text(
        '# ours\n[project]\nname = "x"  # kept\n\n[tool.nbdebt]\nseed = 7\n\n[tool.z]\na = 1\n'
    )
    done = run("declare", "sub/out.csv", "--owner", "Ada", "--consumers", "b.ipynb,dash", "--note", "daily")
    assert done.output == "sub/out.csv declared in pyproject.toml\n"
    text = Path("pyproject.toml").read_text()
    assert '# ours\n[project]\nname = "x"  # kept\n' in text and "[tool.z]\na = 1\n" in text
    forget_settings()
    (output,) = load_settings(Path.cwd()).outputs
    assert (output.pattern, output.owner, output.consumers) == ("sub/out.csv", "Ada", ("b.ipynb", "dash"))
    assert "was declared so already" in run("declare", "sub/out.csv", "--owner", "Ada").output
    run("declare", "sub/out.csv", "--consumers", "c.ipynb", "--expires", "2020-01-01", "--note", "")
    forget_settings()
    (output,) = load_settings(Path.cwd()).outputs
    assert output.consumers == ("b.ipynb", "dash", "c.ipynb")
    assert (output.expires, output.note) == ("2020-01-01", "")
    listed = run("declare")
    assert listed.exit_code == 1 and "EXPIRED on 2020-01-01" in listed.output
    assert "NBD315" in run("check", ".").output
    assert run("declare", "sub/out.csv", "--remove").exit_code == 0
    assert run("declare", "sub/out.csv", "--remove").exit_code == 2
    assert "nothing is declared" in run("declare").output


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        ("out.csv", "sub/out.csv"),
        ("*.csv", "sub/*.csv"),
        ("../data/", "data/"),
        ("s3://bucket/x/**", "s3://bucket/x/**"),
        ("sales.daily", "sales.daily"),
    ],
)
def test_paths_are_relative_to_the_configuration(
    run: Run, monkeypatch: pytest.MonkeyPatch, said: str, pattern: str
) -> None:
    pytest.importorskip("tomlkit")
    monkeypatch.chdir("sub")
    run("declare", said, "--owner", "Ada")
    forget_settings()
    assert [output.pattern for output in load_settings(Path.cwd()).outputs] == [pattern]


def test_a_declaration_holds_to_its_day(run: Run) -> None:
    pytest.importorskip("tomlkit")
    today = datetime.date.today()
    run("declare", "sub/out.csv", "--owner", "Ada", "--expires", (today + datetime.timedelta(1)).isoformat())
    assert "NBD315" not in run("check", ".").output


def test_what_can_not_be_written_is_left_alone(run: Run) -> None:
    pytest.importorskip("tomlkit")
    Path("nbdebt.toml").write_text("outputs = 1\n")
    done = run("declare", "x.csv")
    assert done.exit_code == 2 and Path("nbdebt.toml").read_text() == "outputs = 1\n"
    assert run("declare", "--owner", "Ada").exit_code == 2
