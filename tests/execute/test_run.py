"""``nbdebt run``, nbclient and papermill: what comes out is what a recorded session leaves."""

import json
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

import nbdebt  # noqa: E402
from nbdebt.cli import cli  # noqa: E402
from nbdebt.execute.parameters import inject, parameters_of, source_of  # noqa: E402
from nbdebt.execute.recording import record  # noqa: E402
from nbdebt.execute.running import run  # noqa: E402
from nbdebt.model.errors import NbdebtError  # noqa: E402
from tests.servers import environment  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels find this nbdebt, and leave their histories here."""
    for name, value in environment(tmp_path / "jupyter").items():
        monkeypatch.setenv(name, value)
    (tmp_path / "jupyter").mkdir()
    monkeypatch.chdir(tmp_path)


def node(*cells: Any, **metadata: Any) -> Any:
    """A notebook of code cells, each a source or a source and its tags."""
    made = nbformat.v4.new_notebook(metadata=metadata)
    for number, cell in enumerate(cells):
        source, tags = cell if isinstance(cell, tuple) else (cell, [])
        made.cells.append(
            nbformat.v4.new_code_cell(source, id=f"c{number}", metadata={"tags": tags} if tags else {})
        )
    return made


def saved(path: Path, *cells: Any, **metadata: Any) -> Path:
    path.write_text(nbformat.writes(node(*cells, **metadata)), encoding="utf-8")
    return path


def asked(*words: str) -> Result:
    return CliRunner().invoke(cli, ["run", *words], catch_exceptions=False)


def runs_of(notebook: Any) -> list[tuple[str, int]]:
    """The runs of a notebook's evidence: cells and counts."""
    return [(run["cell_id"], run["count"]) for run in notebook["metadata"]["nbdebt"]["evidence"]["runs"]]


def test_a_run_is_written_with_what_was_seen(tmp_path: Path) -> None:
    book = saved(
        tmp_path / "book.ipynb",
        ("n = 1\nname = 'nobody'", ["parameters"]),
        "import json\nfrom pathlib import Path",
        "x = list(range(n))",
        "x.append(1)",
        # The same source twice: each run is that of its own cell.
        "x.append(1)",
        "print(name, sum(x))",
        "Path(f'out{n}.json').write_text(json.dumps(x))",
        nbdebt={"ignore": "hidden-output"},
        author="me",
    )
    before = book.read_bytes()
    done = asked(str(book), "-o", "out.ipynb", "-p", "n", "3", "-r", "name", "7")
    assert (done.exit_code, done.stderr.count("8 cells ran")) == (0, 1), done.stderr
    assert book.read_bytes() == before
    out = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    assert out["cells"][1]["source"] == ["# Parameters\n", "n = 3\n", "name = '7'"]
    assert [c["execution_count"] for c in out["cells"]] == list(range(1, 9))
    assert out["cells"][6]["outputs"][0]["text"] == ["7 5\n"]
    assert runs_of(out) == [(c["id"], n) for n, c in enumerate(out["cells"], 1)]
    # Nothing of ours is shown under cells, and what was there stays.
    assert [len(c["outputs"]) for c in out["cells"]] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert (out["metadata"]["author"], out["metadata"]["nbdebt"]["ignore"]) == ("me", "hidden-output")
    assert (tmp_path / "out3.json").exists()

    report = nbdebt.check(tmp_path / "out.ipynb")
    (result,) = report.notebooks
    assert result.verdict is not None and result.verdict.reproduces is True
    assert report.not_run == ()

    # Once more in place: an earlier cell of parameters is replaced.
    again = run("out.ipynb", "again.ipynb", {"n": 2}, directory=str(tmp_path))
    assert (again.cells, again.notes) == (8, ())
    assert run("again.ipynb").output == "again.ipynb"


def test_where_it_stops_is_said(tmp_path: Path) -> None:
    book = saved(tmp_path / "stops.ipynb", "x = 1", "x / 0", "x")
    before = book.read_bytes()
    done = asked(str(book))
    assert done.exit_code == 1
    assert "stopped: cell 2 [2] raises ZeroDivisionError" in done.stderr and "left as it was" in done.stderr
    assert book.read_bytes() == before
    done = asked(str(book), "-o", "out.ipynb", "--exit-zero")
    assert done.exit_code == 1
    out = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    assert runs_of(out) == [("c0", 1), ("c1", 2)]
    assert [c["execution_count"] for c in out["cells"]] == [1, 2, None]
    assert nbdebt.check("out.ipynb").not_run == ()


R = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.ipynb"], "No such file"),
        (["script.py"], "it is a script: say with -o"),
        (["book.ipynb", "-p", "n", "1"], "another notebook: say with -o"),
        (["book.ipynb", "-o", "o.ipynb", "-p", "a b", "1"], "no name in Python"),
        (["book.ipynb", "-k", "nowhere"], "no kernel is called nowhere"),
        (["book.ipynb", "--cwd", "nowhere"], "no such directory to run in"),
        (["book.ipynb", "-o", "nowhere/o.ipynb"], "no such directory to write in"),
        (["r.ipynb"], "its language is r; nbdebt records Python 3"),
        (["broken.ipynb"], "broken.ipynb"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, words: list[str], said: str) -> None:
    saved(tmp_path / "book.ipynb", "x = 1")
    saved(tmp_path / "r.ipynb", "x <- 1", **R)
    (tmp_path / "script.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    done = asked(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.glob("*.*")} == before


def test_a_kernel_that_cannot_record_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one without nbdebt, which can't be had here."""
    monkeypatch.setenv("NBDEBT_DISABLE", "1")
    book = saved(tmp_path / "book.ipynb", "open('ran', 'w').close()")
    done = asked(str(book), "-o", "out.ipynb")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("nothing was recorded: NBDEBT_DISABLE is set") == 1
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out.ipynb").exists()


def test_nbclient_records_beside_the_hooks_that_are_there(tmp_path: Path) -> None:
    heard: list[str] = []

    def hook(name: str) -> Callable[..., None]:
        return lambda **given: heard.append(name)

    notebook = node("x = 1", ("1 / 0", ["raises-exception"]), "x", "")
    client = nbclient.NotebookClient(
        notebook, on_notebook_start=hook("started"), on_cell_executed=hook("executed")
    )
    made = record(client, "notebook.ipynb")
    client.execute(cwd=str(tmp_path))
    assert heard == ["started", "executed", "executed", "executed"]
    assert (made.problem, made.failures) == ("", [])
    assert runs_of(notebook) == [("c0", 1), ("c1", 2), ("c2", 3)]


def test_nbclient_runs_on_where_nothing_can_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBDEBT_DISABLE", "1")
    notebook = node("1 + 1")
    client = nbclient.NotebookClient(notebook)
    made = record(client)
    client.execute(cwd=str(tmp_path))
    assert "NBDEBT_DISABLE" in made.problem
    assert notebook.cells[0].outputs[0].data["text/plain"] == "2"
    assert "nbdebt" not in notebook.metadata


def test_papermill_has_an_engine_that_records(tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    from papermill.engines import papermill_engines

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["papermill.engine"]["nbdebt"].partition(":")
    papermill_engines.register("nbdebt", getattr(import_module(module), name))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    saved(tmp_path / "in.ipynb", ("n = 1", ["parameters"]), "x = n * 2", "x", kernelspec=kernel)
    below = tmp_path / "below"  # where the notebook's own path says nothing
    below.mkdir()
    out_path = str(tmp_path / "out.ipynb")
    papermill.execute_notebook(
        "in.ipynb", out_path, {"n": 4}, engine_name="nbdebt", progress_bar=False, cwd=str(below)
    )
    out = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    assert runs_of(out) == [(c["id"], n) for n, c in enumerate(out["cells"], 1)]
    report = nbdebt.check("out.ipynb")
    assert report.findings == () and report.not_run == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2.5", -2.5), ("True", True), ("None", None), ("1e3", 1000.0), ("a b", "a b"), ("", "")],
)
def test_parameters_are_what_they_look_like(text: str, value: Any) -> None:
    assert parameters_of([("n", text)], []) == {"n": value}
    assert parameters_of([], [("n", text)]) == {"n": text}


def test_parameters_are_set_as_they_are() -> None:
    values = {"a": 1, "b": "it's", "c": None, "d": float("inf"), "e": float("-inf"), "f": 0.1, "g": [1]}
    names: dict[str, Any] = {}
    exec(source_of(values), names)
    assert {name: names[name] for name in values} == values
    with pytest.raises(NbdebtError):
        parameters_of([("class", "1")], [])


@pytest.mark.parametrize(
    ("cells", "place", "said"),
    [
        (["x", ("n = 1", ["parameters"]), "y"], 2, True),
        (["x", ("n = 0", ["injected-parameters"]), ("n = 1", ["parameters"])], 1, True),
        (["x", "y"], 0, False),
        ([], 0, False),
    ],
)
def test_parameters_go_where_papermill_puts_them(cells: list[Any], place: int, said: bool) -> None:
    notebook = node(*cells)
    assert inject(notebook, {"n": 2}) is said
    assert notebook.cells[place].source == "# Parameters\nn = 2"
    assert sum(cell.source.startswith("# Parameters") for cell in notebook.cells) == 1
