"""The example notebooks are what they say: valid, really run, with just the debts that the table lists."""

import json
import shutil
import subprocess
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

EXPECTED: dict[str, str] = {
    "ab_test": "NBD106 NBD202 NBD203 NBD209 NBD301",
    "clean": "",
    "house_prices": "NBD203 NBD203 NBD301",
    "messy": (
        "NBD101 NBD101 NBD101 NBD101 NBD102 NBD102 NBD103 NBD104 NBD106 "
        "NBD107 NBD201 NBD203 NBD203 NBD203 NBD304 NBD304 NBD307 NBD405 NBD408"
    ),
    "neural_net": "NBD205 NBD207",
    "passengers": "NBD102 NBD102 NBD103 NBD104 NBD301",
    "reviews": "NBD201 NBD209 NBD210 NBD301",
    "sales_sql": "NBD307",
    "survey": "NBD101 NBD102 NBD106 NBD108 NBD306",
    "temperatures": "NBD301 NBD303 NBD307 NBD402",
    "pipeline/01_features": "NBD310",
    "pipeline/02_train": "NBD406",
}
"""Notebook to what is found in it, notes included: codes, each as often as it is found."""


def load(name: str) -> Any:
    return json.loads((TARGET / f"{name}.ipynb").read_text("utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples in a repository of their own, without what anybody's runs of them have left."""
    project = tmp_path_factory.mktemp("examples") / "project"
    shutil.copytree(TARGET, project)
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-C", str(project)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "examples"], ["clean", "-qfdX"]):
        subprocess.run([*git, *command], check=True)
    return project


@pytest.fixture(scope="module")
def report(project: Path) -> Report:
    return check_paths([str(project)], CheckOptions(cache=False, jobs=1))


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


def test_examples_have_just_the_findings_that_are_expected(report: Report, project: Path) -> None:
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for finding in report.findings:
        found[Path(finding.path).relative_to(project).with_suffix("").as_posix()].append(finding.code)
    assert {name: Counter(codes) for name, codes in found.items()} == {
        name: Counter(EXPECTED[name].split()) for name in NAMES
    }
    assert not report.problems


def test_clean_notebook_is_said_to_reproduce_and_a_messy_one_is_not(report: Report) -> None:
    verdicts = {Path(r.path).stem: r.verdict for r in report.notebooks}
    clean, messy = verdicts["clean"], verdicts["messy"]
    assert clean is not None and clean.reproduces is True
    assert messy is not None and messy.reproduces is False


def test_clean_notebook_gives_the_same_again(project: Path) -> None:
    again = nbformat.read(TARGET / "clean.ipynb", as_version=4)
    saved = [shown(cell.get("outputs", [])) for cell in again.cells]
    resources = {"metadata": {"path": str(project)}}
    NotebookClient(again, timeout=120, kernel_name="python3", resources=resources).execute()
    assert [shown(cell.get("outputs", [])) for cell in again.cells] == saved
    assert (project / "outputs" / "house_predictions.csv").is_file()


def shown(outputs: Any) -> str:
    """The text that outputs show, in whichever pieces it came."""
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
