"""What a branch adds and repays: nothing but what was changed in notebooks."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli
from nbdebt.past.changes import escaped
from tests.repositories import begun, book, committed, git

DRAW = "import numpy as np\nx = np.random.rand(3)"
SEEDED = "import numpy as np\nnp.random.seed(1)\nx = np.random.rand(3)"
BROKEN = "print(nowhere)"
REST = ("a = 1\nb = 2\nc = 3", "print(a, b, c)", "d = a + b + c")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch that has parted from main, which went on."""
    work = begun(tmp_path / "work")
    book(work / "a.ipynb", DRAW, "print(x)", *REST)
    book(work / "b.ipynb", "y = 1")
    book(work / "sub" / "c.ipynb", BROKEN)
    committed(work, "one")
    git(work, "checkout", "-q", "-b", "feature")
    git(work, "checkout", "-q", "main")
    book(work / "b.ipynb", BROKEN)
    committed(work, "main went on")
    git(work, "checkout", "-q", "feature")
    monkeypatch.chdir(work)
    return work


def diff(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["diff", *arguments])
    return done.exit_code, done.output


def nothing(work: Path) -> None:
    pass


def seeds_it(work: Path) -> None:
    book(work / "a.ipynb", SEEDED, "print(x)", *REST)


def runs_it_again_with_a_cell_above(work: Path) -> None:
    book(work / "a.ipynb", "import sys", DRAW, "print(x)", *REST, ids="other")


def commits_a_new_one(work: Path) -> None:
    book(work / "d.ipynb", BROKEN)
    committed(work, "new")


def leaves_a_new_one(work: Path) -> None:
    book(work / "d.ipynb", BROKEN)


def removes_one(work: Path) -> None:
    (work / "sub" / "c.ipynb").unlink()


def moves_one(work: Path) -> None:
    (work / "sub" / "c.ipynb").rename(work / "moved.ipynb")


def moves_one_with_git_and_mends_it(work: Path) -> None:
    git(work, "mv", "a.ipynb", "moved.ipynb")
    book(work / "moved.ipynb", SEEDED, "print(x)", *REST)
    git(work, "add", "-A")


def breaks_the_file(work: Path) -> None:
    (work / "a.ipynb").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "notebooks", "added", "repaid", "status"),
    [
        (nothing, {}, [], [], 0),
        (seeds_it, {"a.ipynb": "changed"}, [], ["a.ipynb NBD201"], 0),
        (runs_it_again_with_a_cell_above, {"a.ipynb": "changed"}, [], [], 0),
        (commits_a_new_one, {"d.ipynb": "added"}, ["d.ipynb NBD101"], [], 1),
        (leaves_a_new_one, {"d.ipynb": "added"}, ["d.ipynb NBD101"], [], 1),
        (removes_one, {"sub/c.ipynb": "removed"}, [], ["sub/c.ipynb NBD101"], 0),
        (moves_one, {"moved.ipynb": "renamed"}, [], [], 0),
        (moves_one_with_git_and_mends_it, {"moved.ipynb": "renamed"}, [], ["moved.ipynb NBD201"], 0),
        (breaks_the_file, {"a.ipynb": "changed"}, [], ["a.ipynb NBD201"], 2),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_added_and_repaid(
    change: Callable[[Path], None],
    notebooks: dict[str, str],
    added: list[str],
    repaid: list[str],
    status: int,
    repository: Path,
) -> None:
    change(repository)
    code, said = diff("main", "--format", "json", "--no-cache")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert {n["path"]: n["change"] for n in found["notebooks"]} == notebooks
    told = {
        side: [f"{f['path']} {f['code']}" for f in found[side] if f["severity"] != "note"]
        for side in ("added", "repaid")
    }
    assert (told["added"], told["repaid"], code) == (added, repaid, status)


def test_verdicts_that_turn_are_said_in_every_form(repository: Path) -> None:
    book(repository / "b.ipynb", "y = 1", "print(z)")
    status, text = diff("main")
    assert status == 1 and "would give the same → would fail in cell 2 [2]" in text
    assert "Adds 1 finding, repays none. 3 findings in all, 2 before." in text
    _, page = diff("main", "--format", "markdown")
    assert "| order | 1 |  |" in page and "would fail in cell 2" in page
    assert diff("main", "--exit-zero")[0] == 0


def test_only_what_is_named_counts(repository: Path) -> None:
    removes_one(repository)
    book(repository / "a.ipynb", "x = 1")
    assert "notebooks: 1 changed" in diff("main", "a.ipynb")[1]
    assert "notebooks: 1 removed" in diff("main", "sub")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], "no commit 'nosuch'"),
        (["main", "nosuch"], "REF comes first"),
        (["--", "-x"], "no commit"),
    ],
)
def test_errors_say_what_to_do(arguments: list[str], words: str, repository: Path) -> None:
    status, said = diff(*arguments)
    assert status == 2 and words in said


@pytest.mark.parametrize(
    "text", ["<img src=x>", "@team/all", "[a](http://b)", "a | b", "`a`b`c", "a\nb", "&lt;"]
)
def test_names_of_others_mean_nothing_in_a_comment(text: str) -> None:
    shown = escaped(text)
    bare = re.sub(r"`+ ?.*? ?`+", "", shown)
    assert not re.search(r"<|@|://|\n|(?<!\\)[|\[]", bare)
