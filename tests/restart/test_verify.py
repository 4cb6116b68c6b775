"""``nbdebt verify``: real kernels, twice, and why a notebook doesn't give what it saved."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nbdebt.cli import cli
from nbdebt.restart.model import Differs, Restarted
from nbdebt.restart.restarting import restart

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

Cell = tuple[str, int | None, list[dict[str, Any]]]


def value(count: int, text: str) -> list[dict[str, Any]]:
    data = {"text/plain": text}
    return [{"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}]


def said(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def save(folder: Path, *cells: Cell, **metadata: Any) -> str:
    """A notebook as it was saved: source, count and outputs of each cell."""
    made = [
        nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs)
        for source, count, outputs in cells
    ]
    metadata.setdefault("kernelspec", {"name": "python3", "language": "python", "display_name": "P"})
    path = folder / "n.ipynb"
    made_of = nbformat.v4.new_notebook(cells=made, metadata=metadata)
    path.write_text(json.dumps(made_of), encoding="utf-8")
    return str(path)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["verify", *words])


def only(found: Restarted) -> Differs:
    (one,) = found.differs
    return one


def test_what_gives_what_is_saved(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    path = save(
        tmp_path,
        ("import csv\nrows = list(csv.reader(open('in.csv')))\nrows", 1, value(1, "[['a'], ['1']]")),
        ("open('out.txt', 'w').write('done')", 2, value(2, "4")),
        ("1 / 0", None, []),
        # It runs in a copy: where it is said to be is where it is.
        ("import pathlib\npathlib.Path.cwd() / 'x'", 3, value(3, repr(tmp_path.resolve() / "x"))),
    )
    document = nbformat.read(path, 4)
    document.cells[2].metadata["tags"] = ["raises-exception"]
    nbformat.write(document, path)
    before = Path(path).read_bytes()
    result = run(path)
    assert result.exit_code == 0, result.output
    assert "gives what is saved, twice" in result.output
    assert "3 cells compared with what is saved, 1 file written" in result.output
    assert Path(path).read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "n.ipynb"]


def test_order(tmp_path: Path) -> None:
    path = save(
        tmp_path, ("x = 1", 1, []), ("x = x + 1\nx", 7, value(7, "4")), ("x > 1", 8, value(8, "True"))
    )
    found = restart(path)
    assert (found.same, found.repeatable, found.cells) == (False, True, 3)
    one = only(found)
    assert (one.label, one.against, one.was, one.now) == ("cell [7]", "saved", "4", "2")
    assert one.why.cause == "order"


def test_what_differs_each_time(tmp_path: Path) -> None:
    """Seeds, the clock and the order of sets, each at its own cell; files, too."""
    path = save(
        tmp_path,
        ("import random, datetime", 1, []),
        ("drawn = random.random()\ndrawn", 2, value(2, "0.5")),
        ("datetime.datetime.now()", 3, value(3, "datetime.datetime(2020, 1, 1, 0, 0)")),
        ("print({f'{n} apples' for n in range(99)})", 4, said("{}")),
        ("open('drawn.txt', 'w').write(str(drawn)) > 0", 5, value(5, "True")),
    )
    found = restart(path)
    again = {one.label: one.why.cause for one in found.differs if one.against == "again"}
    assert again == {"cell [2]": "seed", "cell [3]": "time", "cell [4]": "environment"}
    assert (found.same, found.repeatable) == (False, False)
    (file,) = found.files
    assert (file.path, file.against, file.why and file.why.cause) == ("drawn.txt", "again", "seed")
    text = run("--once", path).output
    assert "first at cell [2], which shows something else" in text
    assert "saved  0.5" in text


def test_data(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("now")
    path = save(tmp_path, ("text = open('in.txt').read()", 1, []), ("text", 2, value(2, "'then'")))
    one = only(restart(path, twice=False))
    assert (one.why.cause, one.why.basis) == ("data", "inferred")
    assert "reads `in.txt`" in one.why.text
    # With a pin it is known.
    (tmp_path / "in.txt").write_text("then")
    assert CliRunner().invoke(cli, ["pin", str(tmp_path / "in.txt")]).exit_code == 0
    (tmp_path / "in.txt").write_text("now")
    one = only(restart(path, twice=False))
    assert (one.why.cause, one.why.basis) == ("data", "observed")


def test_environment(tmp_path: Path) -> None:
    saved = {"name": "python", "version": "3.6.9"}
    path = save(tmp_path, ("3.0", 1, value(1, "3.00")), ("str(3)", 2, value(2, "3")), language_info=saved)
    one = only(restart(path, twice=False))
    assert one.label == "cell [2]"
    assert (one.why.cause, one.why.basis) == ("environment", "inferred")
    assert "saved with Python 3.6.9" in one.why.text


@pytest.mark.parametrize(
    ("cells", "stopped", "cause"),
    [
        ([("import nothing_of_this_name", 1, [])], "raises ModuleNotFoundError", "environment"),
        ([("1", 1, value(1, "1")), ("y + 1", None, [])], "raises NameError", "order"),
        ([("open('gone.csv')", 1, [])], "raises FileNotFoundError", "data"),
        ([("input()", 1, [])], "raises StdinNotImplementedError", "environment"),
        ([("import os\nos._exit(1)", 1, [])], "kills the kernel", "unknown"),
        ([("import time\ntime.sleep(60)", 1, [])], "takes longer than the 4 seconds", "unknown"),
    ],
)
def test_what_stops_it(cells: list[Cell], stopped: str, cause: str, tmp_path: Path) -> None:
    found = restart(save(tmp_path, *cells), timeout=4 if "longer" in stopped else 60, twice=False)
    assert stopped in found.stopped
    assert found.differs[-1].why.cause == cause
    assert found.same is False


def test_an_error_that_was_saved(tmp_path: Path) -> None:
    error = {
        "output_type": "error",
        "ename": "ZeroDivisionError",
        "evalue": "division by zero",
        "traceback": [],
    }
    path = save(tmp_path, ("1 / 0", 1, [error]), ("2", 2, value(2, "2")))
    result = run("--once", path)
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "stops: cell [1] raises ZeroDivisionError: division by zero (as it did when it was saved)" in said


def test_a_notebook_without_outputs(tmp_path: Path) -> None:
    result = run(save(tmp_path, ("x = 1\nx", None, [])), "--format", "json")
    (found,) = json.loads(result.output)["notebooks"]
    assert (found["same"], found["repeatable"], found["compared"]) == (None, True, 0)
    assert result.exit_code == 0


def test_what_a_copy_cannot_hold_back_is_not_run(tmp_path: Path) -> None:
    target = Path.home() / "nbdebt-must-not-be-here.txt"
    result = run(save(tmp_path, (f"open({str(target)!r}, 'w').write('x')", 1, [])))
    assert result.exit_code == 2
    assert "was not run: it writes" in result.output
    assert not target.exists()


def test_errors(tmp_path: Path) -> None:
    path = save(tmp_path, ("1", 1, value(1, "1")))
    assert "no kernel is called nothing: there are" in run(path, "--kernel", "nothing").output
    assert run(str(tmp_path / "none.ipynb")).exit_code == 2
    assert run(path, "--kernel", "nothing").exit_code == 2
    # A kernel of another machine: the one that is there.
    named = save(tmp_path, ("1", 1, value(1, "1")), kernelspec={"name": "conda-env-x", "display_name": "X"})
    assert restart(named, twice=False).kernel.startswith("python3")
