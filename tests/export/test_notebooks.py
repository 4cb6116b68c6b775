"""Each of the notebooks is run in a real kernel and exported; the script runs in a fresh process, and what it
gives is compared with the session by the test's own means, not by ours."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jupyter_client")

from tests.export.logs import is_clean
from tests.export.notebooks import NOTEBOOKS, Play, play
from tests.live.kernels import ROOT, Kernel

_NEEDS = {
    "two plots": "matplotlib",
    "iris without a seed": "sklearn",
    "in-place and view mutation": "pandas",
    "displayed last expressions": "pandas",
    "exploration cells": "pandas",
}
_NOT_OURS = ("Writing ", "The slowest run", "CPU times", "Wall time", "env: ", "/")
# Names of the notebook that hold what only lives in its process, or times.
_APART = {
    "open",
    "display",
    "best",
    "task",
    "queue",
    "bars",
    "figure",
    "axes",
    "In",
    "Out",
    "exit",
    "quit",
    "get_ipython",
    "model",
    "kept",
}
_EXPORT = """
import json as _j, nbdebt as _n
_s = get_ipython()._nbdebt_session
_s.set_document({document!r})
_x = _n.export(_s, {targets!r})
open({path!r}, "w").write(_x.text)
"""
_VERIFY = "_v = _x.verify(); _said = _j.dumps([_v.equal, _v.differences, _v.repeatable, _v.summary()])"
_PROBE = "from tests.export.probe import names as _names; _held = _j.dumps(_names(dict(globals())))"
_AFTER = """
import json, runpy, sys
from tests.export.probe import names
sys.path[0] = "."
values = runpy.run_path(sys.argv[1], run_name="__main__")
open(sys.argv[2], "w").write(json.dumps(names(values)))
"""


class Done:
    """A session and the script that was made of it."""

    def __init__(
        self, played: Play, place: Path, targets: list[str] | None = None, verify: bool = True
    ) -> None:
        self.place = place
        self.work = place / "work"
        self.work.mkdir()
        self.said: dict[str, list[str]] = {}
        kernel = Kernel(self.work)
        try:
            kernel.load()
            kernel.run(
                "%matplotlib inline" if "plt" in str(played.cells) else "", silent=True, store_history=False
            )
            for name in played.order:
                answer = kernel.run(played.cells[name], name)
                assert answer.reply["status"] == "ok", answer.reply
                self.said.setdefault(name, [])
                self.said[name] += _lines(answer)
            document = [(name, played.cells[name]) for name in played.document]
            self.silently(
                kernel, _EXPORT.format(document=document, targets=targets, path=str(place / "clean.py"))
            )
            self.silently(kernel, _PROBE)
            self.held: dict[str, Any] = json.loads(ast.literal_eval(kernel.ask("_held")))
            self.verified: list[Any] = []
            if verify:
                self.silently(kernel, _VERIFY)
                self.verified = json.loads(ast.literal_eval(kernel.ask("_said")))
        finally:
            kernel.close()
        self.text = (place / "clean.py").read_text(encoding="utf-8")

    def silently(self, kernel: Kernel, code: str) -> None:
        answer = kernel.run(code, silent=True, store_history=False)
        assert answer.reply["status"] == "ok", "\n".join(answer.reply["traceback"])

    def replay(self) -> tuple[str, dict[str, Any], Path]:
        """Run the script in a fresh process and an empty directory: what it prints, and what it holds."""
        fresh = self.place / f"fresh{len(list(self.place.glob('fresh*')))}"
        fresh.mkdir()
        held = self.place / "held.json"
        environ = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
        done = subprocess.run(
            [sys.executable, "-c", _AFTER, str(self.place / "clean.py"), str(held)],
            cwd=fresh,
            env={**environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr + self.text
        return done.stdout, json.loads(held.read_text()), fresh


def _lines(answer: Any) -> list[str]:
    found: list[str] = []
    for kind, content in answer.messages:
        if kind == "stream" and content["name"] == "stdout":
            found += content["text"].splitlines()
        elif kind in ("execute_result", "display_data"):
            text = content["data"].get("text/plain", "")
            found += text.splitlines() if "application/vnd.nbdebt" not in str(content["data"].keys()) else []
    ours = (line.rstrip() for line in found if line.strip() and " per loop " not in line)
    return [line for line in ours if not line.startswith((*_NOT_OURS, "<Figure"))]


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if "seed" not in name])
def test_the_script_gives_what_the_session_gave(name: str, tmp_path: Path) -> None:
    pytest.importorskip(_NEEDS.get(name, "sys"))
    played = play(NOTEBOOKS[name])
    done = Done(played, tmp_path)
    printed, held, fresh = done.replay()
    wanted = {key: value for key, value in done.held.items() if key not in _APART}
    assert {key: held.get(key) for key in wanted} == wanted, done.text
    expected = [
        line for cell, lines in _by_run(done, played) for line in lines if not cell.startswith("look")
    ]
    assert [line.rstrip() for line in printed.splitlines() if line.strip()] == expected, done.text
    made = {p.name for p in done.work.iterdir() if p.is_file()}
    assert made <= {p.name for p in fresh.iterdir()}
    for path in sorted(made):
        if not path.endswith(".png"):
            assert (fresh / path).read_bytes() == (done.work / path).read_bytes()
    equal, differences, repeatable, summary = done.verified
    assert equal and repeatable, (differences, summary)
    is_clean(tmp_path / "clean.py")


def _by_run(done: Done, played: Play) -> list[tuple[str, list[str]]]:
    """What was said, in the order of the runs."""
    rest = {name: list(lines) for name, lines in done.said.items()}
    times = {name: played.order.count(name) for name in played.order}
    found = []
    for name in played.order:
        size = len(done.said[name]) // times[name]
        found.append((name, rest[name][:size]))
        rest[name] = rest[name][size:]
    return found


def test_figures_are_saved_one_by_one(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = Done(play(NOTEBOOKS["two plots"]), tmp_path, verify=False)
    _, _, fresh = done.replay()
    assert sorted(p.name for p in (fresh / "figures").iterdir()) == ["01.png", "02.png", "03.png", "04.png"]
    assert (fresh / "kept.png").exists()


def test_looks_are_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    done = Done(play(NOTEBOOKS["exploration cells"]), tmp_path, verify=False)
    assert "head" not in done.text and "dtypes" not in done.text and "sums.to_csv" in done.text


def test_an_unseeded_notebook_is_seeded_and_said_to_be_another(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = Done(play(NOTEBOOKS["iris without a seed"]), tmp_path)
    equal, differences, repeatable, _ = done.verified
    assert not equal and repeatable
    assert "unseeded" in differences[0]
    _, one, _ = done.replay()
    _, two, _ = done.replay()
    assert one == two and one["first"] != done.held["first"]


def test_only_what_a_name_needs(tmp_path: Path) -> None:
    played = play(
        "# %% a\nn = 0\nwords = []\n# %% b\nwords.append('no')\nprint(words)\n# %% c\nn = n + 3\nm = 4"
    )
    done = Done(played, tmp_path, ["n"])
    _, held, _ = done.replay()
    assert held == {"n": "3"}
    assert "words" not in done.text and "print" not in done.text
    assert done.verified[0], done.verified
