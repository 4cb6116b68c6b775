"""The example notebooks are what they say: valid, really run, with just the debts that the table lists."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from nbdebt.engine import CheckOptions, check_paths
from nbdebt.model.finding import Report
from tools.build_examples import SOURCES, TARGET, read_example

NAMES = sorted(path.relative_to(SOURCES).with_suffix("").as_posix() for path in SOURCES.rglob("*.py"))

EXPECTED: dict[str, str] = {}
"""Notebook to what is found in it: codes in order, each as often as it is found."""

in_git = pytest.mark.skipif(
    not (TARGET.parent / ".git").exists(),
    reason="whether data are versioned can only be said in a git checkout",
)


def load(name: str) -> Any:
    return json.loads((TARGET / f"{name}.ipynb").read_text("utf-8"))


@pytest.fixture(scope="module")
def report() -> Report:
    return check_paths([str(TARGET)], CheckOptions(cache=False, jobs=1))


def test_every_source_has_its_notebook_and_every_notebook_its_source() -> None:
    assert sorted(p.relative_to(TARGET).with_suffix("").as_posix() for p in TARGET.rglob("*.ipynb")) == NAMES
    assert len(NAMES) >= 9


@pytest.mark.parametrize("name", NAMES)
def test_example_is_valid_small_and_of_this_minor_version(name: str) -> None:
    notebook = load(name)
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert (TARGET / f"{name}.ipynb").stat().st_size < 60_000


@pytest.mark.parametrize("name", NAMES)
def test_example_is_its_source_after_its_runs(name: str) -> None:
    example = read_example(name)
    shown = [block for block in example.blocks if not block.deleted and not block.version]
    cells = load(name)["cells"]
    assert [cell["id"] for cell in cells] == [block.id for block in shown]
    assert ["".join(cell["source"]) for cell in cells] == [block.source for block in shown]
    last = {run.partition("@")[0]: count for count, run in enumerate(example.runs, 1)}
    assert {cell["id"]: cell["execution_count"] for cell in cells if cell.get("execution_count")} == {
        block.id: last[block.id] for block in shown if block.id in last
    }


@pytest.mark.parametrize("name", NAMES)
def test_example_shows_nobodys_machine(name: str) -> None:
    outputs = json.dumps([cell.get("outputs", []) for cell in load(name)["cells"]])
    assert "site-packages" not in outputs
    assert "ipykernel_" not in outputs
    assert str(Path.home()) + "/" not in outputs


@in_git
def test_examples_have_just_the_findings_that_are_expected(report: Report) -> None:
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for finding in report.findings:
        found[Path(finding.path).relative_to(TARGET).with_suffix("").as_posix()].append(finding.code)
    assert {name: Counter(codes) for name, codes in found.items()} == {
        name: Counter(EXPECTED[name].split()) for name in NAMES
    }
    assert not report.problems


def test_clean_notebook_is_said_to_reproduce_and_a_messy_one_is_not(report: Report) -> None:
    verdicts = {Path(r.path).stem: r.verdict for r in report.notebooks}
    clean, messy = verdicts["clean"], verdicts["messy"]
    assert clean is not None and clean.reproduces is True
    assert messy is not None and messy.reproduces is False


def test_clean_notebook_gives_the_same_again(tmp_path: Path) -> None:
    shutil.copytree(TARGET, tmp_path / "project")
    again = nbformat.read(TARGET / "clean.ipynb", as_version=4)
    saved = [shown(cell.get("outputs", [])) for cell in again.cells]
    resources = {"metadata": {"path": str(tmp_path / "project")}}
    NotebookClient(again, timeout=120, kernel_name="python3", resources=resources).execute()
    assert [shown(cell.get("outputs", [])) for cell in again.cells] == saved
    assert (tmp_path / "project" / "outputs" / "house_predictions.csv").is_file()


def shown(outputs: Any) -> str:
    """The text that outputs show, in whichever pieces it came."""
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
