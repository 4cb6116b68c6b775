"""``jupyter nbconvert --to nbdebt``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbconvert")


def save(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(s, execution_count=n) for n, s in enumerate(sources, 1)]
    path = folder / "my notes.ipynb"
    path.write_text(json.dumps(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def convert(path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "nbconvert", "--to", "nbdebt", *options, path.name]
    return subprocess.run(words, cwd=path.parent, capture_output=True, text=True, check=False)


def test_a_script_and_what_it_needs(tmp_path: Path) -> None:
    path = save(tmp_path, "%matplotlib inline\nimport msgspec", "x = 20\nprint(x + 1)")
    done = convert(path, "--NbdebtExporter.requirements=True", "--NbdebtExporter.verify=True")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "requirements.txt").read_text().startswith("msgspec==")
    run = subprocess.run(
        [sys.executable, "my notes.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "21\n"


def test_what_can_not_be_exported(tmp_path: Path) -> None:
    done = convert(save(tmp_path, "x = 1", "%store x"))
    assert done.returncode != 0
    assert "cell [2]" in done.stderr and "%store" in done.stderr
    assert not (tmp_path / "my notes.py").exists()


def test_a_difference_that_verify_finds(tmp_path: Path) -> None:
    path = save(tmp_path, "1 + 1")
    document: dict[str, Any] = json.loads(path.read_text())
    shown = {
        "output_type": "execute_result",
        "execution_count": 1,
        "data": {"text/plain": "3"},
        "metadata": {},
    }
    document["cells"][0]["outputs"] = [shown]
    path.write_text(json.dumps(document))
    done = convert(path, "--NbdebtExporter.verify=True")
    assert done.returncode != 0
    assert "not equal" in done.stderr


def test_what_a_menu_asks_for_costs_little() -> None:
    """Menus make one of every exporter: what exporting needs is not imported for that."""
    asked = (
        "import sys, nbconvert.exporters as e\n"
        "before = set(sys.modules)\n"
        "found = e.get_exporter('nbdebt')()\n"
        "print(found.export_from_notebook, found.file_extension)\n"
        "print(*(m for m in set(sys.modules) - before if m.startswith(('nbdebt.export', 'nbdebt.flow'))))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "Cleaned script (nbdebt) .py\n\n"
