"""What ``--fix`` makes of notebooks: nothing is left to fix, and nothing else is changed."""

import inspect
import json
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nbdebt.config import forget_settings, load_settings
from nbdebt.engine import CheckOptions, check_data, check_paths
from nbdebt.fixing import applicable, diff, fix_bytes, fix_paths
from nbdebt.model.finding import Fix, Insert, Move, Replace
from nbdebt.model.history import Span
from nbdebt.read import read_notebook
from nbdebt.report.words import problem_sentence, summary
from nbdebt.rules import catalogue
from nbdebt.rules.pages import Example, parse_page

EXAMPLES = Path(__file__).parent.parent / "example_notebooks"
ALL = CheckOptions(select=("ALL",), cache=False, jobs=1)


def page_examples() -> list[tuple[str, Example]]:
    return [
        (f"{rule.code}-line{example.line}", example)
        for rule in catalogue().values()
        for example in parse_page(inspect.cleandoc(rule.page)).examples
    ]


def others(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """All of a notebook but the sources of its code cells: the document's fields, and each cell's by id."""
    content = json.loads(data)
    cells = content.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            del cell["source"]
    return content, {cell.get("id", str(number)): cell for number, cell in enumerate(cells)}


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("example", [e for _, e in page_examples()], ids=[n for n, _ in page_examples()])
def test_fixing_an_example_leaves_nothing_to_fix(example: Example, unsafe: bool, tmp_path: Path) -> None:
    before = example.document()
    name = str(tmp_path / "example.ipynb")
    options = CheckOptions(select=("ALL",), isolated=True, cache=False)
    after, titles, _ = fix_bytes(before, name, check_data(before, name, options).findings, unsafe, options)
    left = check_data(after, name, options)
    assert not left.problems and not left.not_run
    again, more, _ = fix_bytes(after, name, left.findings, unsafe, options)
    assert again == after, more
    assert bool(titles) or after == before
    (fields, cells), (fields_before, cells_before) = others(after), others(before)
    assert fields == fields_before
    assert {id: cells[id] for id in cells_before if id in cells} == cells_before or unsafe


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    target = tmp_path / "examples"
    shutil.copytree(EXAMPLES, target, ignore=shutil.ignore_patterns(".nbdebt_cache"))
    forget_settings()
    return target


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixing_the_example_notebooks_is_a_fixed_point(copied: Path, unsafe: bool) -> None:
    before = {path: path.read_bytes() for path in copied.rglob("*.ipynb")}
    report, done = fix_paths([str(copied)], ALL, unsafe)
    assert done and not report.problems
    fixed = {path: path.read_bytes() for path in copied.rglob("*.ipynb")}
    forget_settings()
    report, again = fix_paths([str(copied)], ALL, unsafe)
    assert not report.problems
    assert {path: path.read_bytes() for path in copied.rglob("*.ipynb")} == fixed
    assert [f.titles for f in again if f.before != f.after] == []
    for path, data in fixed.items():
        (fields, cells), (fields_before, cells_before) = others(data), others(before[path])
        assert fields == fields_before
        assert cells.items() >= cells_before.items() or unsafe


def test_lines_that_no_fix_concerns_stay_byte_for_byte(copied: Path) -> None:
    before = {path: path.read_bytes().split(b"\n") for path in copied.rglob("*.ipynb")}
    _, done = fix_paths([str(copied)], ALL)
    for fixed in done:
        old, new = before[Path(fixed.path)], fixed.after.split(b"\n")
        kept = [line for line in old if line in new]
        assert len(old) - len(kept) <= 8 * len(fixed.titles), fixed.titles


def notebook(path: Path, source: str) -> Path:
    path.write_bytes(Example(source, {}).document())
    return path


def sources(path: Path) -> list[str]:
    return [cell.source for cell in read_notebook(path.read_bytes(), str(path)).cells]


DRAWS = """\
# %% [1]
import random
import numpy as np
# %% [2]
a = random.random()
# %% [3]
b = np.random.rand()
rng = np.random.default_rng()
"""


def test_several_fixes_at_once(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", DRAWS)
    report, (done,) = fix_paths([str(path)], CheckOptions(select=("NBD2",), isolated=True, cache=False))
    assert not report.findings
    text = "\n".join(sources(path))
    assert len(done.titles) == 3
    assert "random.seed(42)" in text and "np.random.seed(42)" in text and "default_rng(42)" in text
    assert text.index("np.random.seed(42)") < text.index("np.random.rand()")
    assert done.before != done.after == path.read_bytes()


def test_a_cell_is_moved_only_when_unsafe_fixes_are_wanted(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "a.ipynb", "# %% [2]\nprint(total)\n# %% [1]\ntotal = 6\n# %% [3]\nx = total\n"
    )
    options = CheckOptions(select=("NBD1",), isolated=True, cache=False)
    before = path.read_bytes()
    fix_paths([str(path)], options)
    assert path.read_bytes() == before
    report, done = fix_paths([str(path)], options, unsafe=True)
    assert sources(path) == ["total = 6", "print(total)", "x = total"]
    assert not report.findings and len(done) == 1
    assert others(before) == others(path.read_bytes())


def test_nothing_is_written_where_it_is_only_shown(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", DRAWS)
    before, times = path.read_bytes(), path.stat().st_mtime_ns
    report, (done,) = fix_paths([str(path)], CheckOptions(isolated=True, cache=False), write=False)
    assert report.findings and (path.read_bytes(), path.stat().st_mtime_ns) == (before, times)
    lines = diff(done).splitlines()
    assert [line for line in lines if line.startswith("-") and not line.startswith("---")] == [
        "-rng = np.random.default_rng()"
    ]
    assert any("random.seed(42)" in line for line in lines if line.startswith("+"))


def test_fixes_that_contradict_each_other_are_not_both_applied(tmp_path: Path) -> None:
    """The first is applied; the other is looked at again in what came out."""
    data = notebook(tmp_path / "a.ipynb", DRAWS).read_bytes()
    findings = check_data(data, "a.ipynb", CheckOptions(isolated=True)).findings
    first = next(f for f in findings if f.fix is not None)
    span = Span(1, 1, 1, 14)
    rivals = [
        msgspec.structs.replace(first, fix=Fix(title, (edit,)))
        for title, edit in (
            ("one", Replace(0, span, "import secrets")),
            ("two", Replace(0, span, "import string_")),
            ("three", Insert(0, "import math")),
        )
    ]
    only = CheckOptions(isolated=True, select=("NBD901",))
    after, titles, _ = fix_bytes(data, "a.ipynb", rivals, False, only)
    assert titles == ["one", "three"]
    assert [c.source for c in read_notebook(after, "a.ipynb").cells][:2] == [
        "import math",
        "import secrets\nimport numpy as np",
    ]


def test_a_fix_that_does_not_fit_is_left_out(tmp_path: Path) -> None:
    data = notebook(tmp_path / "a.ipynb", DRAWS).read_bytes()
    finding = next(f for f in check_data(data, "a.ipynb", CheckOptions(isolated=True)).findings if f.fix)
    for edit in (Replace(9, Span(1, 1, 1, 2), "x"), Move(0, 99), Replace(0, Span(80, 1, 80, 2), "x")):
        broken = msgspec.structs.replace(finding, fix=Fix("t", (edit,)))
        assert fix_bytes(data, "a.ipynb", [broken], True, CheckOptions(isolated=True)) == (data, [], [])


def test_a_file_that_nobody_may_write_is_a_problem(tmp_path: Path) -> None:
    path = notebook(tmp_path / "closed.ipynb", DRAWS)
    other = notebook(tmp_path / "open.ipynb", DRAWS)
    before = path.read_bytes()
    path.chmod(stat.S_IRUSR | stat.S_IRGRP)
    report, done = fix_paths([str(tmp_path)], CheckOptions(isolated=True, cache=False))
    assert path.read_bytes() == before and other.read_bytes() != before
    assert [Path(f.path).name for f in done] == ["open.ipynb"]
    (problem,) = report.problems
    assert (problem.path, problem.reason) == (str(path), "could not be fixed: is read-only")
    assert report.exit_status == 2
    assert problem_sentence(problem) == problem.reason and " in 1 of 2 notebooks, 1 problem." in summary(
        report
    )


def test_what_could_not_be_written_is_not_called_fixed(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "nbdebt.lock").mkdir()  # which nobody can write
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    text = "# %% [1]\nimport random\nlines = open('data.csv').readlines()\nrandom.shuffle(lines)\n"
    path = notebook(tmp_path / "a.ipynb", text)
    before = path.read_bytes()
    report, done = fix_paths([str(path)], CheckOptions(isolated=True, cache=False))
    assert not done and path.read_bytes() == before
    (problem,) = report.problems
    assert problem.reason.startswith("could not be fixed: ") and "nbdebt.lock" in problem.reason


def test_links_stay_links_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = notebook(tmp_path / "real" / "a.ipynb", DRAWS)
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    fix_paths([str(link)], CheckOptions(isolated=True, cache=False))
    assert link.is_symlink() and "random.seed(42)" in "\n".join(sources(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_output_is_declared(tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text('# mine\nselect = ["NBD3"]\n')
    path = notebook(tmp_path / "a.ipynb", "# %% [1]\nopen('out.csv', 'w').write('1')\n")
    forget_settings()
    options = CheckOptions(cache=False)
    before = check_paths([str(path)], options).findings
    declarable = [f for f in before if applicable(f, True)]
    assert declarable, "an undeclared output can be declared"
    data = path.read_bytes()
    report, (done,) = fix_paths([str(path)], options, unsafe=True)
    assert path.read_bytes() == data
    assert done.outside == [str(tmp_path / "nbdebt.toml")]
    assert (tmp_path / "nbdebt.toml").read_text().startswith('# mine\nselect = ["NBD3"]\n')
    assert [o.pattern for o in load_settings(tmp_path).outputs] == ["out.csv"]
    assert len(report.findings) < len(before)


def test_a_file_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text('select = ["NBD401"]\n')
    (tmp_path / "data.csv").write_text("a\n1\n")
    path = notebook(tmp_path / "a.ipynb", "# %% [1]\ntext = open('data.csv').read()\n")
    forget_settings()
    report, (done,) = fix_paths([str(path)], CheckOptions(cache=False), unsafe=True)
    assert [Path(p).name for p in done.outside] == ["nbdebt.lock"]
    assert not report.findings


def test_a_configuration_is_extended_whatever_its_form(tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text("select = ['NBD3']\noutputs = {}\n")
    path = notebook(tmp_path / "a.ipynb", "# %% [1]\nopen('out.csv', 'w').write('1')\n")
    forget_settings()
    report, _ = fix_paths([str(path)], CheckOptions(cache=False), unsafe=True)
    assert not report.problems
    forget_settings()
    declared = load_settings(tmp_path)
    assert [output.pattern for output in declared.outputs] == ["out.csv"]
    assert declared.select == ("NBD3",)
