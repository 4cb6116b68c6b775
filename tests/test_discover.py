"""Which files are checked: what is named, and the notebooks of the user's own below directories."""

import os
import subprocess
from pathlib import Path

import pytest

from nbdebt.discover import SKIPPED, directory_of, discover, excluded, readable


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "a.ipynb",
        "sub/b.ipynb",
        "sub/deep/c.ipynb",
        "sub/script.py",
        "sub/notes.txt",
        "sub/.ipynb_checkpoints/b-checkpoint.ipynb",
        ".venv/lib/d.ipynb",
        ".hidden.ipynb",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tmp_path


ALL = [".hidden.ipynb", "a.ipynb", "sub/b.ipynb", "sub/deep/c.ipynb"]


@pytest.mark.parametrize(
    ("paths", "exclude", "expected"),
    [
        (["."], (), ALL),
        (["./"], (), ALL),
        (["sub"], (), ["sub/b.ipynb", "sub/deep/c.ipynb"]),
        (["./sub/"], (), ["sub/b.ipynb", "sub/deep/c.ipynb"]),
        (["sub/deep", "."], (), ["sub/deep/c.ipynb", ".hidden.ipynb", "a.ipynb", "sub/b.ipynb"]),
        (["a.ipynb", "./a.ipynb", "sub/../a.ipynb"], (), ["a.ipynb"]),
        (["sub/script.py", "sub/notes.txt"], (), ["sub/script.py", "sub/notes.txt"]),
        (["sub/.ipynb_checkpoints"], (), ["sub/.ipynb_checkpoints/b-checkpoint.ipynb"]),
        ([".venv/lib/d.ipynb"], (), [".venv/lib/d.ipynb"]),
        (["-"], (), ["-"]),
        (["."], ("sub",), [".hidden.ipynb", "a.ipynb"]),
        (["."], ("sub/deep/",), [".hidden.ipynb", "a.ipynb", "sub/b.ipynb"]),
        (["."], ("*.ipynb",), []),
        (["."], ("deep", ".hidden*"), ["a.ipynb", "sub/b.ipynb"]),
        (["."], ("sub/*.ipynb",), [".hidden.ipynb", "a.ipynb"]),
        (["a.ipynb"], ("a.ipynb",), ["a.ipynb"]),
    ],
    ids=repr,
)
def test_what_is_found(tree: Path, paths: list[str], exclude: tuple[str, ...], expected: list[str]) -> None:
    assert discover(paths, exclude) == (expected, [])


def test_named_files_are_left_out_only_when_that_is_asked_for(tree: Path) -> None:
    assert discover(["a.ipynb", "sub/b.ipynb"], ("sub",), force_exclude=True) == (["a.ipynb"], [])


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("a/b/c.ipynb", "c.ipynb", True),
        ("a/b/c.ipynb", "*.ipynb", True),
        ("a/b/c.ipynb", "b", True),
        ("a/b/c.ipynb", "a/b", True),
        ("a/b/c.ipynb", "b/c.ipynb", True),
        ("./a/b/c.ipynb", "a/b/", True),
        ("a/b/c.ipynb", "./a", True),
        ("a/b/c.ipynb", "a/*/c.ipynb", True),
        ("a/b/c.ipynb", "c", False),
        ("a/b/c.ipynb", "b/a", False),
        ("ab/c.ipynb", "a", False),
        ("a/b/c.ipynb", "", False),
    ],
)
def test_patterns(path: str, pattern: str, matches: bool) -> None:
    assert excluded(path, (pattern,)) is matches
    assert not excluded(path, ())


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True)


def test_what_git_ignores_is_left_out_unless_it_is_named(tree: Path) -> None:
    git(tree, "init")
    (tree / ".gitignore").write_text("sub/deep/\n.hidden.ipynb\n")
    assert discover(["."])[0] == ["a.ipynb", "sub/b.ipynb"]
    assert discover(["sub/deep"])[0] == ["sub/deep/c.ipynb"]
    assert discover([".hidden.ipynb"])[0] == [".hidden.ipynb"]
    assert discover([str(tree)])[0] == [str(tree / "a.ipynb"), str(tree / "sub/b.ipynb")]


def test_nothing_that_a_repository_configures_is_run(tree: Path) -> None:
    git(tree, "init")
    (tree / ".gitignore").write_text("sub/\n")
    hook = tree / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tree}/ran\n")
    hook.chmod(0o755)
    git(tree, "add", "a.ipynb")
    git(tree, "config", "core.fsmonitor", str(hook))
    assert discover(["."])[0] == [".hidden.ipynb", "a.ipynb"]
    assert not (tree / "ran").exists()


def test_a_broken_repository_ignores_nothing(tree: Path) -> None:
    (tree / ".git").write_text("gitdir: nowhere")
    assert discover(["."])[0] == ALL


@pytest.mark.parametrize("name", sorted(SKIPPED - {".git"}))
def test_directories_that_are_not_the_users_own(tree: Path, name: str) -> None:
    (tree / "sub" / name).mkdir(exist_ok=True)
    (tree / "sub" / name / "x.ipynb").write_text("{}")
    assert discover(["sub"])[0] == ["sub/b.ipynb", "sub/deep/c.ipynb"]


def test_where_a_notebook_stands(tree: Path) -> None:
    assert directory_of("sub/b.ipynb") == tree / "sub"
    assert directory_of("a.ipynb") == directory_of("-") == directory_of("<notebook>") == tree


def test_names_are_shown_so_that_they_can_be_written() -> None:
    assert readable("ä.ipynb") == "ä.ipynb"
    assert readable(os.fsdecode(b"\xff.ipynb")) == "\\udcff.ipynb"
