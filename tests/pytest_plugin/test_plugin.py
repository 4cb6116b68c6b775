"""``pytest --nbdebt``, run by pytest's own harness."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import book

pytest_plugins = "pytester"

# Installed, it is loaded by its entry point; twice would be an error.
INSTALLED = any(entry.name == "nbdebt" for entry in entry_points(group="pytest11"))
LOADED = ("-p", "no:asyncio", *(() if INSTALLED else ("-p", "nbdebt.pytest")))
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Notebooks, clean and not, and a test."""
    place = pytester.path
    book(place / "clean.ipynb", "x = 1")
    book(place / "owes.ipynb", "import random", "x = random.random()")
    book(place / "notes.ipynb", "open('out.txt', 'w').close()")
    other = book(place / "other.ipynb", "x <- 1")
    document = json.loads(other.read_text(encoding="utf-8"))
    document["metadata"] = {"language_info": {"name": "R"}}
    other.write_text(json.dumps(document), encoding="utf-8")
    (place / "left").mkdir()
    book(place / "left/out.ipynb", "import random", "x = random.random()")
    (place / "broken.ipynb").write_text("{", encoding="utf-8")
    pytester.makepyfile(test_it="def test_it():\n    pass\n")
    pytester.makefile(".toml", nbdebt='exclude = ["left"]\n')
    return pytester


def test_each_notebook_is_a_test(project: pytest.Pytester) -> None:
    result = project.runpytest(*LOADED, "--nbdebt", "--strict-markers", "-rfs")
    result.assert_outcomes(passed=3, failed=2, skipped=1)
    text = result.stdout.str()
    for said in ("owes.ipynb::nbdebt", "cell 2 [2] · line 1 · NBD201 unseeded-draw", "Seed `random` once"):
        assert said in text
    assert "FAILED owes.ipynb::nbdebt - 1 finding: NBD201" in text
    for said in ("left/out.ipynb", "Traceback", "Owed", "NBD301"):
        assert said not in text
    assert "its language is r" in text and "broken.ipynb: could not be read" in text


def test_settings_are_those_of_the_project_and_rules_can_be_chosen(project: pytest.Pytester) -> None:
    result = project.runpytest(*LOADED, "--nbdebt", "--nbdebt-select", "data,NBD1", "owes.ipynb")
    result.assert_outcomes(passed=1)
    project.makefile(".toml", nbdebt='ignore = ["seeds"]\n')
    project.runpytest(*LOADED, "--nbdebt", "owes.ipynb", "left").assert_outcomes(passed=2)
    assert project.runpytest(*LOADED, "--nbdebt", "--nbdebt-select", "nonsense", "owes.ipynb").ret != 0
    project.makefile(".toml", nbdebt="selekt = []\n")
    result = project.runpytest(*LOADED, "--nbdebt", "owes.ipynb")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "selekt" in result.stderr.str()


def test_unasked_it_does_nothing(project: pytest.Pytester) -> None:
    project.runpytest(*LOADED, "--strict-markers").assert_outcomes(passed=1)
    project.runpytest(*LOADED, "--nbdebt", "-m", "not nbdebt").assert_outcomes(passed=1, deselected=5)
    program = (
        "import sys, pytest; before = set(sys.modules); import nbdebt.pytest\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRON
    )
    assert set(done.stdout.split()) <= {"nbdebt", "nbdebt.pytest"}


def test_what_one_notebook_writes_another_may_read(project: pytest.Pytester) -> None:
    """All are checked together, as ``nbdebt check`` does."""
    write, read = "import pandas as pd", "pd.DataFrame().to_csv('data.csv')"
    book(project.path / "makes.ipynb", write, read)
    book(project.path / "takes.ipynb", write, "pd.read_csv('data.csv')")
    alone = [
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "nbdebt", "check", "--output-format", "json", *names],
                capture_output=True,
                text=True,
                check=False,
                cwd=project.path,
                env=ENVIRON,
            ).stdout
        )["findings"]
        for names in (["takes.ipynb"], ["makes.ipynb", "takes.ipynb"])
    ]
    owing = [{f["path"] for f in found if f["severity"] != "note"} for found in alone]
    assert owing[0] < owing[1]
    project.runpytest(*LOADED, "--nbdebt", "takes.ipynb").assert_outcomes(passed=1)
    result = project.runpytest(*LOADED, "--nbdebt", "makes.ipynb", "takes.ipynb")
    result.assert_outcomes(failed=len(owing[1]), passed=2 - len(owing[1]))


def test_notebooks_are_run(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(library)
    monkeypatch.setenv("PYTHONPATH", ENVIRON["PYTHONPATH"])
    fails = book(project.path / "fails.ipynb", "x = 1", "x / 0")
    before = fails.read_bytes()
    result = project.runpytest(*LOADED, "--nbdebt-run", "fails.ipynb", "clean.ipynb")
    result.assert_outcomes(passed=1, failed=1)
    assert "fails.ipynb: cell 2 [2] raises ZeroDivisionError" in result.stdout.str()
    assert fails.read_bytes() == before


@pytest.mark.parametrize("other", ["nbval", "nbmake"])
def test_it_stands_beside_others_that_collect_notebooks(project: pytest.Pytester, other: str) -> None:
    pytest.importorskip(other)
    done: Any = project.runpytest(*LOADED, f"--{other}", "--nbdebt", "--collect-only", "-q", "clean.ipynb")
    lines = [line for line in done.stdout.str().splitlines() if line.startswith("clean.ipynb::")]
    assert "clean.ipynb::nbdebt" in lines and len(lines) == 2
