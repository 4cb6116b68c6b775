"""Which files to check: what is named, and notebooks below the directories that are named."""

import fnmatch
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nbdebt.model.finding import Problem

# Directories that hold no notebooks of the user's own.
SKIPPED = frozenset(
    (
        ".git .hg .svn .ipynb_checkpoints .nbdebt_cache .venv venv .nox .tox .mypy_cache .ruff_cache .pytest_cache "
        "node_modules __pycache__ __pypackages__ site-packages .direnv .eggs _build .virtual_documents .dvc"
    ).split()
)
_GIT = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}


def discover(
    paths: Sequence[str], exclude: Iterable[str] = (), force_exclude: bool = False
) -> tuple[list[str], list[Problem]]:
    """Find notebooks.

    Args:
        paths: files and directories as the user named them; a named file is taken whatever it is.
        exclude: patterns of what is left out below directories.
        force_exclude: leave named files out too where a pattern says so (pre-commit names every file).

    Returns:
        Paths as they are to be shown, each file once, in order; and problems with what was named.
    """
    found: dict[str, None] = {}
    problems: list[Problem] = []
    patterns = tuple(exclude)
    for path in paths:
        if path == "-":
            found["-"] = None
        elif os.path.isdir(path):
            below = list(_walk(path, patterns, problems))
            ignored = _git_ignored(path, below) if below else frozenset()
            for name in below:
                if name not in ignored:
                    found[name] = None
        elif os.path.exists(path):
            if not (force_exclude and excluded(path, patterns)):
                found[path] = None
        elif os.path.islink(path):
            problems.append(Problem(path, "is a symbolic link to something that is not there", kind="unreadable"))
        else:
            problems.append(Problem(path, "no such file or directory", kind="unreadable"))
    return list(found), problems


def excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the path, one of its parts, or a directory above it."""
    if not patterns:
        return False
    shown = path.replace(os.sep, "/").removeprefix("./")
    parts = shown.split("/")
    for pattern in patterns:
        wanted = pattern.rstrip("/").removeprefix("./")
        if fnmatch.fnmatch(shown, wanted) or fnmatch.fnmatch(shown, "*/" + wanted):
            return True
        if "/" not in wanted and any(fnmatch.fnmatch(part, wanted) for part in parts):
            return True
        if fnmatch.fnmatch(shown, wanted + "/*") or fnmatch.fnmatch(shown, "*/" + wanted + "/*"):
            return True
    return False


def _walk(top: str, patterns: Sequence[str], problems: list[Problem]) -> Iterator[str]:
    """Notebooks below a directory. Links to directories are not followed, so no loop is possible."""

    def unreadable(error: OSError) -> None:
        problems.append(Problem(str(error.filename), error.strerror or str(error), kind="unreadable"))

    for directory, names, files in os.walk(top, onerror=unreadable):
        names[:] = sorted(
            n for n in names if n not in SKIPPED and not (patterns and excluded(os.path.join(directory, n), patterns))
        )
        for file in sorted(files):
            if file.endswith(".ipynb"):
                path = file if directory == "." else os.path.join(directory, file).removeprefix("./")
                if not (patterns and excluded(path, patterns)):
                    yield path


def _git_ignored(top: str, paths: list[str]) -> frozenset[str]:
    """Those of the paths that git ignores; none outside a work tree. A directory that is itself ignored was named on purpose."""
    if not any((p / ".git").exists() for p in (Path(top).resolve(), *Path(top).resolve().parents)):
        return frozenset()
    try:
        here = subprocess.run(
            ["git", "-C", top, "check-ignore", "-q", "."], capture_output=True, timeout=20, env=_GIT, check=False
        )
        if here.returncode == 0:
            return frozenset()
        text = "\0".join(os.path.abspath(p) for p in paths)
        asked = subprocess.run(
            ["git", "-C", top, "check-ignore", "-z", "--stdin"],
            input=os.fsencode(text),
            capture_output=True,
            timeout=60,
            env=_GIT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    ignored = {os.fsdecode(p) for p in asked.stdout.split(b"\0") if p}
    return frozenset(p for p in paths if os.path.abspath(p) in ignored)
