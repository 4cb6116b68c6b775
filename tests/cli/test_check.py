"""The command as people and programs run it: a process, its output and its exit status."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLEAN = (["x = 1"], [1])
UNDEFINED = (["print(missing)"], [1])
"""A notebook whose only cell reads a name that nothing makes: NBD101."""


def notebook(path: Path, sources: Sequence[str], counts: Sequence[int | None]) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "execution_count": count,
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for number, (source, count) in enumerate(zip(sources, counts, strict=True))
    ]
    shown = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    notebook(tmp_path / "clean.ipynb", *CLEAN)
    notebook(tmp_path / "sub" / "bad.ipynb", *UNDEFINED)
    return tmp_path


def environment(**extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **extra}


def run(
    here: Path, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "nbdebt", *arguments],
        cwd=here,
        input=stdin,
        capture_output=True,
        env=env or environment(),
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [finding["code"] for finding in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 1),
        (["clean.ipynb"], 0),
        (["sub"], 1),
        (["sub", "--exit-zero"], 0),
        (["sub", "--ignore", "NBD1"], 0),
        (["sub", "--select", "undefined-on-run-all,seeds"], 1),
        (["sub", "--exclude", "bad.ipynb"], 0),
        (["sub/bad.ipynb", "--exclude", "bad.ipynb"], 1),
        (["sub/bad.ipynb", "--exclude", "bad.ipynb", "--force-exclude"], 0),
        (["none.ipynb"], 2),
        (["none.ipynb", "clean.ipynb", "--exit-zero"], 2),
        (["--no-such-option"], 2),
        (["--select", "NBD999"], 2),
        (["--config", "none.toml"], 2),
        (["--output-format", "xml"], 2),
        (["--quiet", "--verbose"], 2),
        (["--statistics", "--output-format", "sarif"], 2),
        (["--show-accesses"], 2),
        (["-", "clean.ipynb"], 2),
        (["--show-files"], 0),
        (["--show-files", "none"], 2),
        (["--output-file", "no/such/directory/report.txt"], 2),
    ],
)
def test_exit_status(here: Path, arguments: list[str], status: int) -> None:
    done = run(here, "check", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_a_problem_and_the_rest_is_checked(here: Path) -> None:
    (here / "broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    done = run(here, "check", "none.ipynb", "broken.ipynb", "sub/bad.ipynb")
    assert done.returncode == 2
    assert "! none.ipynb: could not be read: no such file or directory" in done.stdout
    assert "! broken.ipynb: could not be read: " in done.stdout
    assert "NBD101 undefined-on-run-all" in done.stdout
    assert "1 finding in 1 of 1 notebook, 2 could not be read." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["check", "--select", "unseeded-drow"], "did you mean `unseeded-draw`"),
        (["check", "--ignore", "NDB901"], "did you mean `NBD901`"),
        (["check", "--statistcs"], "--statistics"),
        (["chekc"], "Did you mean 'nbdebt check'?"),
        (["a/b.ipynb"], "Did you mean 'nbdebt check a/b.ipynb'?"),
        (["explain", "out-of-order-raed"], "did you mean `out-of-order-read`"),
    ],
)
def test_misspellings_get_a_hint(here: Path, arguments: list[str], hint: str) -> None:
    done = run(here, *arguments)
    assert done.returncode == 2
    assert hint in done.stderr


def test_mistakes_in_the_configuration_are_one_line(here: Path) -> None:
    (here / "nbdebt.toml").write_text("slect = []\n", encoding="utf-8")
    done = run(here, "check")
    assert done.returncode == 2
    assert re.fullmatch(r"Error: .*nbdebt.toml: unknown key `slect`; did you mean `select`\?\n", done.stderr)
    assert run(here, "check", "--isolated").returncode == 1
    (here / "nbdebt.toml").write_text("select = ['undefined-on-runall']\n", encoding="utf-8")
    assert (
        "nbdebt.toml: `select`: unknown rule `undefined-on-runall`; did you mean" in run(here, "check").stderr
    )


def test_configuration_is_obeyed(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.nbdebt]\nignore = ['NBD101']\n", encoding="utf-8")
    assert run(here, "check").returncode == 0
    assert run(here, "check", "--select", "NBD101").returncode == 1
    other = here / "other.toml"
    other.write_text("exclude = ['sub']\n", encoding="utf-8")
    assert run(here, "check", "--config", "other.toml", "--show-files").stdout == "clean.ipynb\n"


def test_standard_input(here: Path) -> None:
    data = (here / "sub" / "bad.ipynb").read_bytes()
    done = run(here, "check", "-", "--stdin-filename", "draft.ipynb", "--output-format", "github", stdin=data)
    assert done.returncode == 1
    line = data.decode().splitlines().index('    "print(missing)"') + 1
    assert f"file=draft.ipynb,line={line}," in done.stdout
    assert run(here, "check", "-", stdin=b"{}").returncode == 2


def test_output_file_holds_what_would_be_printed(here: Path) -> None:
    done = run(here, "check", "sub", "--output-format", "json", "--output-file", "out.json")
    assert (done.returncode, done.stdout) == (1, "")
    written = json.loads((here / "out.json").read_text(encoding="utf-8"))
    assert written["findings"][0]["path"] == str(Path("sub", "bad.ipynb"))
    assert written["summary"]["exit_status"] == 1


def test_true_line_in_every_format_for_services(here: Path) -> None:
    file = here / "sub" / "bad.ipynb"
    line = file.read_text(encoding="utf-8").splitlines().index('    "print(missing)"') + 1
    sarif = json.loads(run(here, "check", "sub", "--output-format", "sarif").stdout)
    region = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == line
    gitlab = json.loads(run(here, "check", "sub", "--output-format", "gitlab").stdout)
    assert gitlab[0]["location"]["lines"]["begin"] == line


def test_names_that_are_no_text_pass_through(here: Path) -> None:
    try:
        notebook(here / "sub" / "ev\udc80il\x1b[31m\n.ipynb", *UNDEFINED)
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes only text for names")
    done = run(here, "check", "sub")
    assert done.returncode == 1
    assert "ev\\udc80il\\x1b[31m\\n.ipynb" in done.stdout
    assert len(codes(run(here, "check", "sub", "--output-format", "json"))) == 2


# Colours


def terminal(here: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run under a pseudo-terminal; what it printed."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nbdebt", *arguments],
        cwd=here,
        stdin=child,
        stdout=child,
        stderr=child,
        env=env or environment(TERM="xterm"),
    )
    os.close(child)
    text = b""
    try:
        while chunk := os.read(parent, 65536):
            text += chunk
    except OSError:
        # How Linux says that the other end was closed.
        pass
    process.wait(timeout=60)
    os.close(parent)
    return text.decode()


@pytest.mark.parametrize(
    ("variables", "arguments", "is_coloured"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": ""}, [], True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
        ({"TERM": "dumb"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({}, ["--color", "never"], False),
        ({}, ["--output-format", "json"], False),
        ({"FORCE_COLOR": "1"}, ["--output-format", "sarif"], False),
    ],
)
def test_colour_on_a_terminal(
    here: Path, variables: dict[str, str], arguments: list[str], is_coloured: bool
) -> None:
    text = terminal(here, "check", "sub", *arguments, env=environment(**{"TERM": "xterm", **variables}))
    # Colours alone: on a slow machine a progress bar moves the cursor, too.
    assert (re.search(r"\x1b\[[\d;]*m", text) is not None) is is_coloured
    assert "NBD101" in text


def test_no_colour_in_a_pipe_unless_forced(here: Path) -> None:
    assert "\x1b[" not in run(here, "check").stdout
    assert "\x1b[" in run(here, "check", env=environment(FORCE_COLOR="1")).stdout
    assert "\x1b[" not in run(here, "check", env=environment(FORCE_COLOR="1", NO_COLOR="1")).stdout


def test_a_terminal_that_takes_no_unicode_gets_escapes(here: Path) -> None:
    done = run(here, "check", "sub", env=environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii"))
    assert done.returncode == 1 and "·" in done.stdout
    text = terminal(
        here, "check", "sub", env=environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii", TERM="xterm")
    )
    assert "\\xb7" in text and "Traceback" not in text


def test_broken_pipe_is_quiet(here: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nbdebt", "check"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert errors == b""


def test_an_output_that_is_closed_or_full(here: Path) -> None:
    for command, status in (
        ("check >&-", 1),
        ("check >&- 2>&- <&-", 1),
        ("check > /dev/full", 2),
        ("rules > /dev/full", 2),
        ("clean - < clean.ipynb > /dev/full", 2),
    ):
        shell = ["sh", "-c", f'"{sys.executable}" -m nbdebt {command}']
        done = subprocess.run(shell, cwd=here, capture_output=True, text=True, env=environment(), timeout=60)
        assert done.returncode == status, command
        full = "Error: standard output: can't be written: No space left on device\n"
        assert done.stderr == (full if "full" in command else ""), command


# Baselines


def test_baseline_round_trip(here: Path) -> None:
    done = run(here, "check", "--write-baseline")
    assert (done.returncode, done.stdout) == (0, "")
    file = here / "nbdebt-baseline.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    assert known["findings"]["sub/bad.ipynb"] == [
        {"code": "NBD101", "cell": "c0", "source": "print(missing)", "name": "undefined-on-run-all"}
    ]
    again = run(here, "check", "--baseline", str(file))
    assert again.returncode == 0
    assert "1 known from the baseline" in again.stdout

    # Runs and edits elsewhere leave it valid; what is new is reported.
    notebook(here / "sub" / "bad.ipynb", ["# a remark\n\n  \nprint(missing)", "print(other)"], [8, 9])
    newer = run(here, "check", "--baseline", str(file), "--output-format", "json")
    assert newer.returncode == 1
    assert [f["cell"]["index"] for f in json.loads(newer.stdout)["findings"]] == [1]
    assert newer.stderr == ""

    # What is repaid is told, and forgotten on request; other notebooks' entries stay.
    notebook(here / "sub" / "bad.ipynb", *CLEAN)
    assert run(here, "check", "clean.ipynb", "--baseline", str(file)).stderr == ""
    assert run(here, "check", "--select", "seeds", "--baseline", str(file)).stderr == ""
    assert "no longer found: sub/bad.ipynb NBD101" in run(here, "check", "--baseline", str(file)).stderr
    run(here, "check", "clean.ipynb", "--write-baseline")
    assert json.loads(file.read_text(encoding="utf-8")) == known
    run(here, "check", "--write-baseline")
    assert json.loads(file.read_text(encoding="utf-8"))["findings"] == {}


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "findings": 3}'])
def test_what_is_no_baseline_is_an_error(here: Path, text: str) -> None:
    (here / "b.json").write_text(text, encoding="utf-8")
    done = run(here, "check", "--baseline", "b.json")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: b.json: is ")


# Fixes and watching


def test_diff_writes_nothing(here: Path) -> None:
    file = here / "sub" / "bad.ipynb"
    before = file.read_bytes()
    done = run(here, "check", "clean.ipynb", "--diff")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing to fix" in done.stderr
    run(here, "check", "--diff", "--unsafe-fixes")
    assert file.read_bytes() == before


def test_fixes_are_shown_made_and_counted(here: Path) -> None:
    file = notebook(here / "draw.ipynb", ["import numpy as np", "x = np.random.rand(3)"], [1, 2])
    before = file.read_bytes()
    select = ("--select", "NBD201")
    plan = run(here, "check", "draw.ipynb", "--diff", "--unsafe-fixes", *select)
    if "nothing to fix" in plan.stderr:
        pytest.skip("the rule has no fix here")
    assert plan.returncode == 1
    assert plan.stdout.startswith("--- draw.ipynb\n+++ draw.ipynb (fixed)\n@@")
    assert file.read_bytes() == before
    piped = run(here, "check", "-", "--fix", "--unsafe-fixes", *select, stdin=before)
    done = run(here, "check", "draw.ipynb", "--fix", "--unsafe-fixes", *select)
    assert done.returncode == 0
    assert "Fixed 1 finding." in done.stdout
    assert file.read_bytes().decode() == piped.stdout
    assert run(here, "check", "draw.ipynb", "--diff", "--unsafe-fixes", *select).returncode == 0


def test_watch_checks_again_until_interrupted(here: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nbdebt", "check", "sub", "--watch", "--no-cache"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(PYTHONUNBUFFERED="1"),
        preexec_fn=_heed_interrupts,
    )
    assert process.stdout is not None
    try:
        assert "NBD101" in _until(process, "Ctrl-C stops")
        notebook(here / "sub" / "bad.ipynb", *CLEAN)
        assert "No findings" in _until(process, "Ctrl-C stops")
        (here / "sub" / "nbdebt.toml").write_text("", encoding="utf-8")
        notebook(here / "sub" / "new.ipynb", *UNDEFINED)
        assert "new.ipynb" in _until(process, "Ctrl-C stops")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        process.stdout.close()


def _heed_interrupts() -> None:
    """A test run in the background inherits that Ctrl-C is ignored; the command under test must not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _until(process: "subprocess.Popen[bytes]", words: str) -> str:
    """What the process prints up to some words."""
    assert process.stdout is not None
    text = b""
    limit = time.monotonic() + 180
    while words.encode() not in text:
        ready, _, _ = select.select([process.stdout], [], [], max(limit - time.monotonic(), 0))
        assert ready, f"nothing more came after {text!r}"
        chunk = os.read(process.stdout.fileno(), 65536)
        assert chunk, f"it ended after {text!r}"
        text += chunk
    return text.decode()


def test_accesses_are_listed_on_request(here: Path) -> None:
    notebook(here / "io.ipynb", ["open('data.csv').read()\nopen('out.txt', 'w')"], [1])
    done = run(here, "check", "io.ipynb", "--output-format", "json", "--show-accesses")
    listed = [(access["mode"], access["target"]) for access in json.loads(done.stdout)["accesses"]]
    assert ("read", "data.csv") in listed and ("write", "out.txt") in listed
