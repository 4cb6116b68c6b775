"""Pipelines: a notebook's sections as programs, started by the real tools where these are installed."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nbdebt
from nbdebt.cli import cli
from nbdebt.export.pipelines import TOOLS, pipeline_files
from nbdebt.export.pipelines.dividing import pipeline_of
from nbdebt.export.pipelines.writing import verify_pipeline
from nbdebt.export.refused import ExportRefused

nbformat = pytest.importorskip("nbformat")

NOTEBOOK = (
    "# Load the data",
    "import csv\nrows = list(csv.DictReader(open('in.csv')))",
    "# Clean\nWithout gaps.",
    "kept = [row for row in rows if row['b']]\nprint(len(kept), 'rows')",
    "# Model",
    "class Mean:\n    def __init__(self, values):\n        self.value = sum(values) / len(values)",
    "model = Mean([float(row['a']) for row in kept])\nmodel.value",
    "# Report",
    "with open('out report.txt', 'w') as file:\n    file.write(f'{model.value} of {len(rows)}')",
)


def save(folder: Path, *cells: str) -> Path:
    """A notebook that was run; texts that begin with ``#`` are markdown."""
    made, count = [], 0
    for text in cells:
        if text.startswith("#"):
            made.append(nbformat.v4.new_markdown_cell(text))
        else:
            count += 1
            made.append(nbformat.v4.new_code_cell(text, execution_count=count))
    path = folder / "my notes.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    (folder / "in.csv").write_text("a,b\n1,x\n3,\n5,y\n")
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["export", *words])


def started(words: Sequence[str], folder: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": here, **environ}
    done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_each_section_is_a_program(tmp_path: Path) -> None:
    path = save(tmp_path, *NOTEBOOK)
    (tmp_path / "out report.txt").write_text("3.0 of 3")
    result = run(str(path), "--to", "make", "-o", str(tmp_path / "steps"), "--verify")
    assert result.exit_code == 0, result.output
    assert "step by step: equal" in result.output
    assert sorted(p.name for p in (tmp_path / "steps").iterdir()) == [
        *("1_load_the_data.py", "2_clean.py", "3_model_2.py", "4_report.py", "Makefile", "shared.py")
    ]
    found = pipeline_of(nbdebt.export(path, functions=True), "steps", "..")
    assert [(s.name, s.after, s.reads, s.writes) for s in found.steps] == [
        ("load_the_data", (), ("in.csv",), ()),
        ("clean", ("load_the_data",), (), ()),
        ("model_2", ("clean",), (), ()),
        ("report", ("model_2",), (), ("out report.txt",)),
    ]


TOOL_RUNS = {
    "make": [shutil.which("make") or "make", "-f", "steps/Makefile", f"PYTHON={sys.executable}"],
    "snakemake": [sys.executable, "-m", "snakemake", "-s", "steps/Snakefile", "--cores", "1"],
    "luigi": [sys.executable, "steps/tasks.py"],
    "metaflow": [sys.executable, "steps/flow.py", "run"],
    "prefect": [sys.executable, "steps/flow.py"],
}


@pytest.mark.parametrize("tool", TOOL_RUNS)
def test_a_tool_runs_it(tool: str, tmp_path: Path) -> None:
    if tool == "make":
        if shutil.which("make") is None:
            pytest.skip("make is not installed")
    else:
        pytest.importorskip(tool)
    path = save(tmp_path, *NOTEBOOK)
    assert run(str(path), "--to", tool, "-o", str(tmp_path / "steps")).exit_code == 0
    home = {"HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path / ".prefect"), "USERNAME": "ada"}
    started(TOOL_RUNS[tool], tmp_path, **home)
    assert (tmp_path / "out report.txt").read_text() == "3.0 of 3"


def test_dvc_runs_it_and_only_what_changed(tmp_path: Path) -> None:
    pytest.importorskip("dvc")
    path = save(tmp_path, *NOTEBOOK)
    started(["git", "init", "-q"], tmp_path)
    started(["dvc", "init", "-q"], tmp_path)
    assert run(str(path), "--to", "dvc", "-o", str(tmp_path / "steps")).exit_code == 0
    started(["dvc", "repro", "steps/dvc.yaml"], tmp_path)
    assert (tmp_path / "out report.txt").read_text() == "3.0 of 3"
    report = tmp_path / "steps" / "4_report.py"
    report.write_text(report.read_text().replace(" of ", " from "))
    said = started(["dvc", "repro", "steps/dvc.yaml"], tmp_path).stdout
    assert "'steps/dvc.yaml:clean' didn't change" in said
    assert (tmp_path / "out report.txt").read_text() == "3.0 from 3"


def test_airflow_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    pytest.importorskip("airflow")
    path = save(tmp_path, *NOTEBOOK)
    assert run(str(path), "--to", "airflow", "-o", str(tmp_path / "steps")).exit_code == 0
    asked = (
        "import dag\nfound = dag.pipeline()\n"
        "print(found.dag_id, {t.task_id: sorted(t.upstream_task_ids) for t in found.tasks})"
    )
    said = started([sys.executable, "-c", asked], tmp_path / "steps").stdout.splitlines()[-1]
    assert said.startswith("my_notes {'load_the_data': [], 'clean': ['load_the_data']")


def test_what_all_tools_are_told_is_python(tmp_path: Path) -> None:
    script = nbdebt.export(save(tmp_path, *NOTEBOOK), functions=True)
    for tool in TOOLS:
        _, files = pipeline_files(script, tool, "steps", "..")
        for name, text in files.items():
            if name.endswith(".py"):
                compile(text, name, "exec")
        assert importlib.import_module(f"nbdebt.export.pipelines.{tool}").__doc__


@pytest.mark.parametrize(
    ("cells", "chained"),
    [
        # Nothing is changed in place: each takes what it needs from those that made it.
        (("# A", "a = [1]", "# B", "b = sum(a)", "# C", "c = len(a)\nprint(a, b, c)"), False),
        # A list that another section made grows.
        (("# A", "a = [1]\nsame = a", "# B", "a.append(2)", "# C", "print(same)"), True),
        # Numbers drawn from one stream, in order.
        (
            (
                "# A",
                "import random\nrandom.seed(1)",
                "# B",
                "a = random.random()",
                "# C",
                "a, random.random()",
            ),
            True,
        ),
        # What stands within a text stays where it is; and what Python warns of is not said by the export.
        (
            (
                "# A",
                'a = """one\n  two\nthree"""',
                "# B",
                'b = """\nfour \\d\n""" + a\nif b:\n    c = """five\n six"""',
                "# C",
                "print(b, c)",
            ),
            True,
        ),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_steps_hand_on(cells: tuple[str, ...], chained: bool, tmp_path: Path) -> None:
    script = nbdebt.export(save(tmp_path, *cells), functions=True)
    found = pipeline_of(script, "steps", "..")
    assert (found.steps[2].after == (found.steps[1].name,)) is chained
    whole, stepwise = script.verify(again=False), verify_pipeline(script)
    assert whole.equal and stepwise.equal and stepwise.repeatable
    (tmp_path / "whole.py").write_text(script.text)
    once = started([sys.executable, "whole.py"], tmp_path).stdout
    (tmp_path / "steps").mkdir()
    for name, text in found.files.items():
        (tmp_path / "steps" / name).write_text(text)
    printed = "".join(started([sys.executable, found.script(s)], tmp_path).stdout for s in found.steps)
    assert printed == once


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("a = 1", "print(a)"), "no heading says where"),
        (("# A", "import os\nos.chdir('/tmp')", "# B", "print(os.getcwd())"), "sets `cwd`"),
        (("# A", "import os\nos.environ['X'] = '1'", "# B", "print(os.environ['X'])"), "sets `environ"),
    ],
)
def test_what_is_no_pipeline(cells: tuple[str, ...], why: str, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=why):
        pipeline_of(nbdebt.export(save(tmp_path, *cells), functions=True), "steps", "..")
    result = run(str(tmp_path / "my notes.ipynb"), "--to", "make", "-o", str(tmp_path / "steps"))
    assert result.exit_code == 2
    assert not (tmp_path / "steps").exists()


def test_errors(tmp_path: Path) -> None:
    path = str(save(tmp_path, *NOTEBOOK))
    assert "have no flags" in run(path, "--to", "dvc", "--cli", "click").output
    assert "a directory of their own" in run(path, "--to", "dvc", "-o", str(tmp_path)).output
    twice = save(tmp_path, "# A", "open('x', 'w').close()", "# B", "open('x', 'w').close()")
    assert "is written by two steps" in run(str(twice), "--to", "dvc", "-o", str(tmp_path / "s")).output


def test_a_session_as_a_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell_of = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    from nbdebt.live.magic_words import _TOOLS

    assert _TOOLS == TOOLS
    path = save(tmp_path, *NOTEBOOK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    shell = shell_of()
    shell.run_line_magic("load_ext", "nbdebt")
    document = nbformat.read(path, 4)
    for cell in document.cells:
        if cell.cell_type == "code":
            assert shell.run_cell(cell.source, cell_id=cell.id).success
    shell.run_line_magic("nbdebt", "export steps --to make --no-verify")
    shell.run_line_magic("unload_ext", "nbdebt")
    assert (tmp_path / "steps" / "4_report.py").exists()
    (tmp_path / "out report.txt").unlink()
    started(TOOL_RUNS["make"], tmp_path)
    assert (tmp_path / "out report.txt").read_text() == "3.0 of 3"
