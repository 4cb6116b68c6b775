"""Which local files are versioned, asked of real repositories."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nbdebt.data.versions import Resolver, Source, Versioned, Witness
from nbdebt.data.versions.lock import LockError, pin_file, read_lock
from nbdebt.model.history import File


def ask(directory: Path, path: str, *detail: str) -> Versioned:
    return Resolver().versioned(File(path), directory, detail)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


# git


@pytest.mark.parametrize(
    ("state", "reason", "steps"),
    [
        ("versioned", "", ["write", "commit"]),
        ("unversioned", "is not tracked by git", ["write"]),
        ("unversioned", "was changed since the last commit", ["write", "commit", "change"]),
        ("unversioned", "was changed since the last commit", ["write", "commit", "change", "add"]),
        ("unversioned", "is added to git but not committed", ["write", "add"]),
        ("unversioned", "is ignored by git", ["ignore", "write"]),
        ("versioned", "", ["ignore", "write", "commit"]),
        ("absent", "is not there", []),
        ("absent", "is not there", ["write", "commit", "remove"]),
    ],
)
@pytest.mark.parametrize("name", ["data/x.csv", "data/a b [1]*.csv", "data/übung.csv", "x.csv"])
def test_git(repository: Any, name: str, state: str, reason: str, steps: list[str]) -> None:
    if "*" in name:
        name = name.replace("*", "")
    for step in steps:
        match step:
            case "write":
                repository.write(name)
            case "commit":
                repository.commit(name)
            case "change":
                repository.write(name, "a,b\n1,2\n3,4\n")
            case "add":
                repository.git("add", name)
            case "ignore":
                repository.write(".gitignore", "*.csv\ndata/\n")
            case "remove":
                (repository.root / name).unlink()
    answer = ask(repository.root, name)
    assert (answer.state, answer.reason) == (state, reason)


def test_a_directory_counts_as_all_that_is_in_it(repository: Any) -> None:
    repository.write("parts/1.csv")
    repository.write("parts/2.csv", "x")
    repository.commit("parts")
    assert ask(repository.root, "parts").state == "versioned"
    repository.write("parts/3.csv")
    answer = ask(repository.root, "parts")
    assert (answer.state, answer.reason) == (
        "unversioned",
        "holds `parts/3.csv`, which is not tracked by git",
    )


def test_no_version_control(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a")
    assert ask(tmp_path, "x.csv") == Versioned("unversioned", reason="is in no version control")


def test_a_link_out_of_the_repository_is_judged_by_where_it_leads(repository: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("a")
    (repository.root / "x.csv").symlink_to(tmp_path / "elsewhere.csv")
    repository.commit("x.csv")
    assert ask(repository.root, "x.csv").reason == "is in no version control"


def test_a_repository_in_a_repository_answers_for_itself(repository: Any, make_repository: Any) -> None:
    inner = make_repository("project/inner")
    inner.write("x.csv")
    inner.commit("x.csv")
    assert ask(repository.root, "inner/x.csv").state == "versioned"
    assert ask(inner.root, "x.csv").state == "versioned"


def test_a_work_tree_of_another_repository(repository: Any, tmp_path: Path) -> None:
    repository.write("x.csv")
    repository.commit("x.csv")
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    assert ask(tmp_path / "second", "x.csv").state == "versioned"


def test_many_paths_are_asked_for_at_once(repository: Any) -> None:
    names = [f"data/{i:04}-{'x' * 60}.csv" for i in range(1500)]
    for name in names:
        repository.write(name, name)
    repository.commit("data")
    repository.write(names[7], "changed")
    resolver = Resolver()
    resolver.prepare([(File(name), repository.root, ()) for name in names])
    states = [resolver.versioned(File(name), repository.root, ()).state for name in names]
    assert states.count("versioned") == 1499
    assert states[7] == "unversioned"


def test_a_broken_repository_is_unknown(repository: Any) -> None:
    repository.write("x.csv")
    (repository.root / ".git" / "HEAD").write_bytes(b"\0nonsense")
    answer = ask(repository.root, "x.csv")
    assert answer.state == "unknown"
    assert answer.reason.startswith("git can't tell")


def test_without_git_it_is_unknown(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("x.csv")
    monkeypatch.setenv("PATH", "")
    assert ask(repository.root, "x.csv").state == "unknown"


def test_git_is_not_started_where_nothing_needs_it(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    path = repository.write("x.csv")
    pin_file(path)
    assert ask(repository.root, "x.csv").state == "versioned"
    assert ask(repository.root, "absent.csv").state == "absent"
    assert ask(repository.root, "<unknown>", "computed").state == "unknown"
    assert ask(repository.root, "{name}.csv", "computed").state == "unknown"


def test_a_monitor_named_by_the_repository_is_not_run(repository: Any, tmp_path: Path) -> None:
    repository.write("x.csv")
    repository.commit("x.csv")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    trap.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(trap))
    assert ask(repository.root, "x.csv").state == "versioned"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "path", ["\0", "a\0b.csv", "\ud800.csv", "x" * 5000, "loop", ".", "~nobody-here/x.csv"]
)
def test_strange_paths_have_an_answer(repository: Any, path: str) -> None:
    (repository.root / "loop").symlink_to(repository.root / "loop")
    assert ask(repository.root, path).state in ("unknown", "absent", "unversioned")


# git-LFS


def pointer(content: bytes) -> str:
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"


def test_lfs_content_in_place_of_its_pointer(repository: Any) -> None:
    repository.write("x.bin", pointer(b"content"))
    repository.commit("x.bin")
    assert ask(repository.root, "x.bin").state == "versioned"
    repository.write("x.bin", b"content")
    answer = ask(repository.root, "x.bin")
    assert (answer.state, answer.by) == ("versioned", "git-lfs")
    repository.write("x.bin", b"CONTENT")
    assert ask(repository.root, "x.bin") == Versioned(
        "unversioned", "git-lfs", reason="was changed since the last commit"
    )


def test_lfs_content_not_fetched(repository: Any) -> None:
    repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repository.git("config", "filter.lfs.clean", "cat")
    repository.write("data/x.bin", pointer(b"content"))
    repository.commit("data/x.bin", ".gitattributes")
    answer = ask(repository.root, "data/x.bin")
    assert (answer.state, answer.by, answer.reason) == (
        "versioned",
        "git-lfs",
        "its content has not been fetched",
    )


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed")
def test_lfs_itself(repository: Any) -> None:
    repository.git("lfs", "install", "--local")
    repository.git("lfs", "track", "*.bin")
    repository.write("x.bin", b"content" * 1000)
    repository.commit(".gitattributes", "x.bin")
    answer = ask(repository.root, "x.bin")
    assert (answer.state, answer.by) == ("versioned", "git-lfs")
    repository.write("x.bin", b"CONTENT" * 1000)
    assert ask(repository.root, "x.bin").state == "unversioned"


# git-annex


def test_annex(repository: Any) -> None:
    key = "SHA256E-s7--ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73.csv"
    (repository.root / "x.csv").symlink_to(f".git/annex/objects/a/b/{key}/{key}")
    repository.write("pointer.csv", f"/annex/objects/{key}\n")
    for name in ("x.csv", "pointer.csv"):
        assert ask(repository.root, name) == Versioned("versioned", "git-annex", key)


# DVC: files as DVC 3 writes them


def dvc_file(repository: Any, name: str, content: bytes, **changed: str) -> None:
    repository.write(name, content)
    fields = {
        "md5": md5(content),
        "size": str(len(content)),
        "hash": "md5",
        "path": Path(name).name,
        **changed,
    }
    lines = [f"{'-' if i == 0 else ' '} {key}: {value}" for i, (key, value) in enumerate(fields.items())]
    repository.write(name + ".dvc", "outs:\n" + "\n".join(lines) + "\n")
    repository.write(".dvc/config", "")
    repository.write(".gitignore", "/data\n*.csv\n")


def test_dvc_file(repository: Any) -> None:
    dvc_file(repository, "raw/x.csv", b"content")
    answer = ask(repository.root, "raw/x.csv")
    assert answer.state == "unversioned"
    assert answer.reason == "is tracked by DVC, but `x.csv.dvc` is not tracked by git"
    repository.commit("raw/x.csv.dvc")
    assert ask(repository.root, "raw/x.csv") == Versioned("versioned", "dvc", f"md5:{md5(b'content')}")
    repository.write("raw/x.csv", b"CONTENT")
    assert ask(repository.root, "raw/x.csv").reason == "was changed since `x.csv.dvc` was written"
    repository.write("raw/x.csv", b"longer content")
    assert ask(repository.root, "raw/x.csv").state == "unversioned"


def test_dvc_directory(repository: Any) -> None:
    files = {"a.csv": b"one", "sub/b.csv": b"two"}
    for name, content in files.items():
        repository.write(f"data/{name}", content)
    listing = json.dumps([{"md5": md5(c), "relpath": n} for n, c in files.items()]).encode()
    digest = md5(listing)
    repository.write(f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}.dir", listing)
    repository.write(".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://b\n")
    repository.write(
        "data.dvc", f"outs:\n- md5: {digest}.dir\n  size: 6\n  nfiles: 2\n  hash: md5\n  path: data\n"
    )
    repository.commit("data.dvc")
    for name in ("data", "data/a.csv", "data/sub/b.csv"):
        assert ask(repository.root, name).state == "versioned", name
    repository.write("data/c.csv", b"new")
    assert ask(repository.root, "data/c.csv").reason == "was added after `data.dvc` was written"
    assert ask(repository.root, "data").state == "unversioned"
    shutil.rmtree(repository.root / ".dvc" / "cache")
    assert ask(repository.root, "data/a.csv").state == "unknown"


def test_dvc_stage_output(repository: Any) -> None:
    repository.write("out/features.csv", b"features")
    repository.write("in.csv", b"in")
    repository.write(
        "dvc.lock",
        "schema: '2.0'\nstages:\n  prepare:\n    cmd: python prepare.py\n    deps:\n    - path: in.csv\n"
        f"      hash: md5\n      md5: {md5(b'in')}\n      size: 2\n    outs:\n    - path: out/features.csv\n"
        f"      hash: md5\n      md5: {md5(b'features')}\n      size: 8\n  train:\n    cmd: x\n    outs:\n"
        f"    - path: model.pkl\n      hash: md5\n      md5: {md5(b'')}\n      size: 0\n",
    )
    repository.write(".dvc/config", "")
    repository.commit("dvc.lock")
    assert ask(repository.root, "out/features.csv").by == "dvc"
    assert ask(repository.root, "in.csv").reason == "is not tracked by git"


@pytest.mark.skipif(shutil.which("dvc") is None, reason="dvc is not installed")
def test_dvc_itself(repository: Any) -> None:
    repository.write("x.csv", b"content")
    repository.write("data/y.csv", b"more")
    for command in (["init", "-q"], ["add", "-q", "x.csv", "data"]):
        subprocess.run(["dvc", *command], cwd=repository.root, check=True, capture_output=True)
    repository.commit("x.csv.dvc", "data.dvc", ".dvc/config")
    for name in ("x.csv", "data", "data/y.csv"):
        assert ask(repository.root, name).by == "dvc", name
        assert ask(repository.root, name).state == "versioned", name


# nbdebt.lock


def test_pin_and_change(tmp_path: Path) -> None:
    path = tmp_path / "data" / "x.csv"
    path.parent.mkdir()
    path.write_text("content")
    lock = pin_file(path, tmp_path / "nbdebt.lock")
    assert ask(tmp_path / "data", "x.csv").by == "nbdebt.lock"
    assert ask(tmp_path / "data", str(path)).state == "versioned"
    path.write_text("CONTENT")
    answer = ask(tmp_path, "data/x.csv")
    assert (answer.state, answer.reason) == ("unversioned", "does not match its pin in nbdebt.lock")
    pin_file(path, lock)
    assert ask(tmp_path, "data/x.csv").state == "versioned"


def test_the_lock_file_is_sorted_and_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    lock = tmp_path / "nbdebt.lock"
    lock.write_text('# ours\nversion = 1\n\n[urls."https://x"]\nsha256 = "1"\n')
    for name in ("b.csv", 'quo"te\\.csv', "a.csv", "ü.csv"):
        (tmp_path / name).write_text(name)
        assert pin_file(tmp_path / name) == lock
    first = lock.read_text()
    assert first.startswith("# ours\nversion = 1\n\n[files.")
    assert '[urls."https://x"]\nsha256 = "1"\n' in first
    assert list(read_lock(lock)) == ["a.csv", "b.csv", 'quo"te\\.csv', "ü.csv"]
    pin_file(tmp_path / "a.csv")
    assert lock.read_text() == first


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\n", "version = 2\n", 'version = "x"\n', "files = 1\n", "\xff"]
)
def test_a_lock_that_cannot_be_read_is_unknown_and_not_overwritten(tmp_path: Path, text: str) -> None:
    lock = tmp_path / "nbdebt.lock"
    lock.write_text(text, encoding="latin-1")
    (tmp_path / "x.csv").write_text("x")
    assert ask(tmp_path, "x.csv").state == "unknown"
    with pytest.raises(LockError, match=r"nbdebt\.lock"):
        pin_file(tmp_path / "x.csv")
    assert lock.read_text(encoding="latin-1") == text


def test_what_cannot_be_pinned(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(LockError):
            pin_file(path, tmp_path / "nbdebt.lock")
    assert not (tmp_path / "nbdebt.lock").exists()


# packages, and systems of others


def test_data_of_an_installed_package(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "site-packages" / "pkg" / "x.csv"
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert ask(tmp_path, str(path)) == Versioned(
        "versioned", "package", "pkg", "comes with an installed package"
    )


class Vault:
    name = "vault"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        return Versioned("versioned", "vault") if source.named and source.named.suffix == ".vault" else None


def test_another_system(tmp_path: Path) -> None:
    (tmp_path / "x.vault").write_text("x")
    resolver = Resolver([Vault()])
    assert resolver.versioned(File("x.vault"), tmp_path, ()).by == "vault"
    (tmp_path / "x.csv").write_text("x")
    assert resolver.versioned(File("x.csv"), tmp_path, ()).state == "unknown"


def test_environment_of_a_hook_does_not_mislead(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("x.csv")
    repository.commit("x.csv")
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)
    assert ask(repository.root, "x.csv").state == "versioned"
