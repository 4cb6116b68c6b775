"""The report of a verification, kept beside the script."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli
from nbdebt.export.account import account
from nbdebt.export.model import Compared, Verification
from nbdebt.export.proof import proven
from nbdebt.export.saved import log_of_notebook
from nbdebt.read import read_notebook

nbformat = pytest.importorskip("nbformat")
shell = pytest.importorskip("IPython.core.interactiveshell")


def save(folder: Path, shown: str) -> Path:
    cell = nbformat.v4.new_code_cell("n = 6 * 7\nn", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": shown}, execution_count=1)]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "answer.ipynb")
    return folder / "answer.ipynb"


@pytest.mark.parametrize(("shown", "status", "title"), [("42", 0, "Equal"), ("41", 1, "Not equal")])
def test_what_was_found_is_kept(shown: str, status: int, title: str, tmp_path: Path) -> None:
    path, clean, report = save(tmp_path, shown), tmp_path / "clean.py", tmp_path / "clean.md"
    words = ["export", str(path), "-o", str(clean), "--verify", "--report", str(report)]
    assert CliRunner().invoke(cli, words).exit_code == status
    text = report.read_text()
    assert text.startswith(f"# {title}: answer.ipynb, exported\n")
    assert hashlib.sha256(clean.read_bytes()).hexdigest() in text
    assert ("## What differs" in text) is bool(status)
    assert "the same when it runs again" in text


def test_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script, found = proven(log_of_notebook(read_notebook(save(tmp_path, "42").read_bytes(), "answer.ipynb")))
    facts = json.loads(account(script, found, "clean.json"))
    assert (facts["version"], facts["equal"], facts["repeatable"]) == (1, True, True)
    assert facts["compared"] == {"values": 0, "files": 0, "lines": 1}
    assert facts["script_sha256"] == hashlib.sha256(script.text.encode()).hexdigest()


def test_without_a_verification_there_is_nothing_to_report(tmp_path: Path) -> None:
    path = save(tmp_path, "42")
    result = CliRunner().invoke(cli, ["export", str(path), "--report", str(tmp_path / "r.md")])
    assert result.exit_code == 2 and "give both" in result.output
    assert not (tmp_path / "r.md").exists()


def test_that_nothing_could_be_compared_is_not_called_equal() -> None:
    assert Verification(True).summary() == "it runs to its end, but there was nothing to compare"
    assert Verification(True, compared=Compared(lines=2)).summary() == "equal: 2 printed lines"


def test_in_a_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = shell.InteractiveShell()
    session.run_line_magic("load_ext", "nbdebt")
    try:
        session.run_cell("n = 6 * 7", store_history=True)
        session.run_line_magic("nbdebt", "export clean.py --report clean.json")
    finally:
        session.run_line_magic("unload_ext", "nbdebt")
    facts = json.loads((tmp_path / "clean.json").read_text())
    assert facts["equal"] and facts["names"] == ["n"]
