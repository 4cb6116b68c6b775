"""Programs that run whole notebooks, and Jupyter's server: the line is there once, and can be taken out."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("nbclient")

import nbformat

from nbdebt.cli import cli
from nbdebt.read.clean import MIME, is_ours
from tests.servers import ask, environment, serving

SOURCES = ("%load_ext nbdebt", "import random", "x = random.random()", "y = random.random()", "1 + 1")


def notebook(path: Path) -> Path:
    """A notebook that draws and doesn't seed."""
    cells = [nbformat.v4.new_code_cell(source) for source in SOURCES]
    cells.insert(1, nbformat.v4.new_code_cell("runs = 1", metadata={"tags": ["parameters"]}))
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Directories of its own, and this nbdebt."""
    found = environment(tmp_path)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def with_nbclient(path: Path) -> Path:
    from nbclient import NotebookClient

    read = nbformat.read(path, as_version=4)
    NotebookClient(read, resources={"metadata": {"path": str(path.parent)}}).execute()
    nbformat.write(read, path)
    return path


def with_papermill(path: Path) -> Path:
    papermill = pytest.importorskip("papermill")
    out = path.with_name("out.ipynb")
    papermill.execute_notebook(str(path), str(out), parameters={"runs": 2}, progress_bar=False)
    return out


def with_nbconvert(path: Path) -> Path:
    pytest.importorskip("nbconvert")
    words = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", path.name]
    subprocess.run(words, cwd=path.parent, check=True, capture_output=True)
    return path


@pytest.mark.parametrize("run", [with_nbclient, with_papermill, with_nbconvert])
def test_a_notebook_run_as_a_whole(
    run: Callable[[Path], Path], tmp_path: Path, environ: dict[str, str]
) -> None:
    done = run(notebook(tmp_path / "n.ipynb"))
    cells = nbformat.read(done, as_version=4).cells
    lines = [
        (cell.source, output)
        for cell in cells
        for output in cell.get("outputs", ())
        if "nbdebt" in json.dumps(output)
    ]
    assert [source for source, _ in lines] == ["x = random.random()"], "one line, at the first draw"
    (output,) = [output for _, output in lines]
    assert is_ours(output) and [new["code"] for new in output["data"][MIME]["new"]] == ["NBD201"]
    assert cells[-1].outputs[0]["data"]["text/plain"] == "2"
    cleaned = CliRunner().invoke(cli, ["clean", str(done)])
    assert cleaned.exit_code == 0, cleaned.output
    assert not any("nbdebt" in json.dumps(c.get("outputs", ())) for c in nbformat.read(done, 4).cells)


@pytest.fixture
def server(tmp_path: Path, environ: dict[str, str]) -> Iterator[str]:
    """A Jupyter server whose configuration names the hook."""
    pytest.importorskip("jupyter_server")
    (tmp_path / "config.py").write_text(
        "c.FileContentsManager.pre_save_hook = 'nbdebt.live.presave.strip'\n"
        "c.IdentityProvider.token = ''\n"
        "c.ServerApp.disable_check_xsrf = True\n"
    )
    options = (f"--config={tmp_path / 'config.py'}", f"--ServerApp.root_dir={tmp_path}")
    with serving("jupyter_server", *options, environ=environ) as url:
        yield f"{url}/api/contents/n.ipynb"


def test_what_jupyter_saves_is_clean(server: str, tmp_path: Path) -> None:
    line = nbformat.v4.new_output(
        "display_data", {MIME: {"new": []}, "text/plain": "nbdebt: …"}, metadata={"nbdebt": {"inline": True}}
    )
    theirs = nbformat.v4.new_output("display_data", {"text/plain": "theirs"})
    cell = nbformat.v4.new_code_cell("x = 1", execution_count=1, outputs=[line, theirs])
    content = nbformat.v4.new_notebook(cells=[cell])
    ask(server, "PUT", {"type": "notebook", "format": "json", "content": content})
    (saved,) = ask(server)["content"]["cells"]
    assert [output["data"] for output in saved["outputs"]] == [{"text/plain": "theirs"}]
    assert "nbdebt" not in (tmp_path / "n.ipynb").read_text()
