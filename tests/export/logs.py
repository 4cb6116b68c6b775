"""Logs of runs without a kernel, and scripts that are run in a process of their own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nbdebt.export.model import Entry, Log
from nbdebt.export.saved import bound_by, unseeded_streams
from nbdebt.export.tidy import ruff
from nbdebt.flow.effects import Registry
from nbdebt.flow.reader import Reader, parse
from nbdebt.model.history import Outcome
from tests.live.kernels import ROOT

_ALL = """
import contextlib, io, json, os, runpy, sys
from tests.export.probe import names
target, *places = sys.argv[1:]
found = []
for place in places:
    os.chdir(place)
    sys.path[0], sys.argv, out, values = place, ["clean.py"], io.StringIO(), {}
    with contextlib.redirect_stdout(out):
        try:
            values = runpy.run_path("clean.py", run_name="__main__")
        except BaseException as error:
            print(type(error).__name__, error)
    found.append([names(values), out.getvalue()])
open(target, "w").write(json.dumps(found))
"""


needs_ruff = pytest.mark.skipif(ruff() is None, reason="scripts are compared as ruff formats them")


def log(*sources: str, error: tuple[str, int] = ("", 0), **more: Any) -> Log:
    """A log of runs, of which the last one ended with the error. A text that begins with ``# `` is,
    without it, a markdown cell above the next one."""
    reader = Reader(Registry())
    entries: list[Entry] = []
    above: list[str] = []
    for text in sources:
        if text.startswith("# "):
            above.append(text[2:])
            continue
        number = len(entries) + 1
        flow = reader.read(parse(number, text))
        ended: Outcome = "error" if error[0] and text == sources[-1] else "ok"
        entries.append(
            Entry(
                number,
                f"c{number}",
                text,
                flow,
                number,
                ended,
                error if ended == "error" else ("", 0),
                above=tuple(above),
            )
        )
        above.clear()
    names = {name for entry in entries for name in bound_by(entry.flow)}
    # Not in this repository, whose style is its own.
    known = {
        "directory": tempfile.gettempdir(),
        "names": tuple(sorted(names)),
        "unseeded": unseeded_streams(entries),
    }
    return Log("a.ipynb", tuple(entries), **{**known, **more})


def started(script: Path, *flags: str, place: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """A script, started as a person would."""
    environ = {**os.environ, "PYTHONHASHSEED": "0", "NO_COLOR": "1", "COLUMNS": "200", "PAGER": "cat"}
    return subprocess.run(
        [sys.executable, str(script), *flags],
        cwd=place or script.parent,
        env=environ,
        capture_output=True,
        text=True,
    )


def outcomes(places: Sequence[Path], target: Path) -> list[tuple[dict[str, Any], str]]:
    """What ``clean.py`` in each of the directories leaves and prints: all in one fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", _ALL, str(target), *map(str, places)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [(values, printed) for values, printed in json.loads(target.read_text())]


def is_clean(*scripts: Path) -> None:
    """Assert that ruff has nothing to say of scripts: neither its default rules nor its formatter."""
    program = ruff()
    if program is None:
        pytest.skip("ruff is not there")
    for command in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [program, *command, "--isolated", "--no-cache", *map(str, scripts)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
