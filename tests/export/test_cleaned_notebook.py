"""`--to notebook`: a notebook in the order of the runs, which keeps what only a notebook understands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import nbdebt
from nbdebt.cli import cli
from tests.export.logs import log, needs_ruff


def cells_of(text: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    assert all(cell.get("outputs", []) == [] for cell in cells)
    assert all(cell.get("execution_count") is None for cell in cells)
    assert len({cell["id"] for cell in cells}) == len(cells)
    return cells


def code_of(*sources: str, **more: Any) -> list[str]:
    """The code cells of the notebook that is made of runs."""
    text = nbdebt.export(log(*sources, **more), notebook=True).text
    found = ["".join(c["source"]) for c in cells_of(text) if c["cell_type"] == "code"]
    # ruff doesn't see what magics speak of.
    return [re.sub(r"^# ruff: noqa: .*\n", "", source) for source in found]


@needs_ruff
@pytest.mark.parametrize(
    ("runs", "cells"),
    [
        (("%matplotlib inline\nimport os\nx = os.sep",), ["import os", "%matplotlib inline\nx = os.sep"]),
        (("import os", "x = os.sep", "x?"), ["import os", "x = os.sep"]),
        (("%%time\nx = 1\nx",), ["%%time\nx = 1\nx"]),
        (("a = 2\n%time x = a * 2",), ["a = 2\n%time x = a * 2"]),
        (("%time for i in range(3): print(i)",), ["%time for i in range(3): print(i)"]),
        (("if True:\n    %time x = 1\n    %cd -q .",), ["if True:\n    %time x = 1\n    %cd -q ."]),
        (("%%capture out\nimport os", "t = out.stdout"), ["%%capture out", "t = out.stdout"]),
        (("lines = !echo hi\nlines",), ["lines = !echo hi\nlines"]),
        (("%%bash\necho hi",), ["%%bash\necho hi"]),
        (("%%writefile a.txt\nx  =  1",), ["%%writefile a.txt\nx  =  1"]),
        (("%cd sub\nimport os", "x = os.sep"), ["%cd sub\nimport os", "x = os.sep"]),
        (("%env A=b\nimport os\nx = os.environ['A']",), ['%env A=b\nimport os\n\nx = os.environ["A"]']),
        (("!pip install nothing\nx = 1",), ["x = 1"]),
        (("%load_ext nbdebt", "%load_ext autoreload\nx = 1"), ["%load_ext autoreload\nx = 1"]),
        (("%load_ext sql", "%sql select 1\ny = 1"), ["%load_ext sql", "%sql select 1\ny = 1"]),
        (("import asyncio\nawait asyncio.sleep(0)",), ["import asyncio", "await asyncio.sleep(0)"]),
        (("get_ipython().system('true')",), ['get_ipython().system("true")']),
        (("x = [1]\nx.pop();",), ["x = [1]\nx.pop();"]),
        (("%who_ls\nx = 1",), ["x = 1"]),
        (("names = %who_ls",), ["names = %who_ls"]),
        (("import numpy as np", "%timeit np.ones(3)"), ["import numpy as np", "%timeit np.ones(3)"]),
    ],
)
def test_what_only_a_notebook_understands_stays(runs: tuple[str, ...], cells: list[str]) -> None:
    assert code_of(*runs) == cells


@needs_ruff
def test_settings_stand_in_a_cell_for_parameters() -> None:
    made = nbdebt.export(log("LIMIT = 3", "%time print(LIMIT * 2)"), notebook=True)
    first = next(c for c in cells_of(made.text) if c["cell_type"] == "code")
    assert first["metadata"] == {"tags": ["parameters"]}
    assert "".join(first["source"]) == "# Settings\nLIMIT: int = 3  # set in [1]"
    assert [setting.name for setting in made.manifest.settings] == ["LIMIT"]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\nprint(In[1])",
        "print(len(Out))",
        "_ + 1",
        "%cd -",
        "%rerun 1",
        "%reset -f",
        "%recall 1",
        "%store -r x",
        "x = = 2",
    ],
)
def test_what_speaks_of_the_session_is_refused(source: str) -> None:
    with pytest.raises(nbdebt.ExportRefused) as refused:
        nbdebt.export(log("y = 2", source), notebook=True)
    assert refused.value.cell == "cell [2]"


def saved(path: Path, *cells: tuple[str, str, int | None]) -> Path:
    """A notebook as it was saved: kind, source, count."""
    made: list[dict[str, Any]] = []
    for number, (kind, source, count) in enumerate(cells):
        own: dict[str, Any] = {"execution_count": count, "outputs": []} if kind == "code" else {}
        made.append({"cell_type": kind, "id": f"own-{number}", "metadata": {}, "source": source, **own})
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_markdown_stays_and_cells_keep_their_ids(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.ipynb",
        ("markdown", "# Title <b>", None),
        ("markdown", "never ran", None),
        ("code", "nothing", None),
        ("code", "b = a + 1", 2),
        ("markdown", "about a", None),
        ("code", "a = 1", 1),
        ("markdown", "The end.", None),
    )
    target = tmp_path / "clean.ipynb"
    done = CliRunner().invoke(cli, ["export", str(path), "-o", str(target)])
    assert done.exit_code == 0, done.output
    head, *cells = cells_of(target.read_text())
    assert [c["id"] for c in cells if c["cell_type"] == "code"] == ["own-5", "own-3"]
    texts = ["".join(c["source"]) for c in cells]
    assert texts == ["about a", "a = 1", "# Title <b>", "never ran", "b = a + 1", "The end."]
    assert "Never ran, and left out: cell 3" in "".join(head["source"])
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.read(target, 4))


def test_it_never_writes_over_the_notebook_itself(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ipynb", ("code", "a = 1", 1))
    before = path.read_bytes()
    for more in (["-o", str(path)], ["-o", str(path), "--to", "notebook"]):
        done = CliRunner().invoke(cli, ["export", str(path), *more])
        assert done.exit_code == 2 and "notebook itself" in done.output
    assert path.read_bytes() == before


@pytest.mark.parametrize("flag", [("--cli", "click"), ("--config", "json"), ("--functions",)])
def test_a_notebook_has_no_flags(flag: tuple[str, ...], tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ipynb", ("code", "a = 1", 1))
    done = CliRunner().invoke(cli, ["export", str(path), "--to", "notebook", *flag])
    assert done.exit_code == 2 and "no flags" in done.output


RUNS = {
    "imports": "%matplotlib inline\nimport matplotlib.pyplot as plt\nimport numpy as np",
    "data": "values = np.arange(6.0)\nvalues.sum()",
    "twice": "values[:2] += 1\nprint(values.sum())",
    "kept": "from_before = _ if isinstance(_, float) else 0.0\nlines = !echo one two\nlines",
    "timed": "%%time\ntotal = float(values.sum())\ndisplay(total)",
    "plot": "plt.plot(values)\nplt.title('values');",
    "waits": "import asyncio\nasync def double(x):\n    return 2 * x\ntwo = await double(1)\ntwo",
    "file": "from pathlib import Path\nwritten = Path('total.txt').write_text(str(total))",
}
_AFTER = (
    "import json\nfrom tests.export.probe import names\nprint(json.dumps(names(dict(get_ipython().user_ns))))"
)


def test_it_gives_in_a_fresh_kernel_what_the_session_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proven by `%nbdebt export`, and once more by the test's own means."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    from tests.live.kernels import ROOT, Kernel

    kernel = Kernel(tmp_path)
    try:
        kernel.load()
        for name in ("imports", "data", "twice", "twice", "kept", "timed", "plot", "waits", "file"):
            assert kernel.run(RUNS[name], name).reply["status"] == "ok"
        said = "\n".join(kernel.run("%nbdebt export clean.ipynb").results())
        held = json.loads(kernel.run(_AFTER, silent=True, store_history=False).text())
    finally:
        kernel.close()
    assert "equal: " in said and "the same when it runs again" in said, said
    made = nbformat.read(tmp_path / "clean.ipynb", 4)
    nbformat.validate(made)
    assert "Verified: equal" in made.cells[0].source
    assert [c.source for c in made.cells if c.source == RUNS["twice"]] == [RUNS["twice"]] * 2
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made.cells.append(nbformat.v4.new_code_cell(_AFTER))
    done = nbclient.NotebookClient(made, kernel_name="python3", resources={"metadata": {"path": str(fresh)}})
    done.execute()
    again = json.loads(made.cells[-1].outputs[0].text)
    wanted = {k: v for k, v in held.items() if k not in ("exit", "quit", "open", "display", "get_ipython")}
    assert {name: again.get(name) for name in wanted} == wanted
    assert (fresh / "total.txt").read_text() == (tmp_path / "total.txt").read_text()
    figures = [
        o for c in made.cells if c.cell_type == "code" for o in c.outputs if "image/png" in o.get("data", {})
    ]
    assert len(figures) == 1
