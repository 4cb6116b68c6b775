"""Which files to check: what is named, and notebooks below the directories that are named."""

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nbdebt.model.finding import Problem

# Directories that hold no notebooks of the user's own.
SKIPPED = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".ipynb_checkpoints",
        ".nbdebt_cache",
        ".venv",
        "venv",
        ".nox",
        ".tox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "node_modules",
        "__pycache__",
        "__pypackages__",
        "site-packages",
        ".direnv",
        ".eggs",
        "_build",
        ".virtual_documents",
        ".dvc",
    )
)
# The head of a cell in percent form, and how far into a script the first one is looked for.
_CELL = re.compile(rb"^#\s*%%(?:\s|$)", re.MULTILINE)
_HEAD = 65_536
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
}


def discover(
    paths: Sequence[str], exclude: Iterable[str] = (), force_exclude: bool = False, *, scripts: bool = False
) -> tuple[list[str], list[Problem]]:
    """Find notebooks.

    Args:
        paths: files and directories as the user named them; a named file is taken whatever it is.
        exclude: patterns of what is left out below directories.
        force_exclude: leave named files out too where a pattern says so (pre-commit names every file).
        scripts: below directories, take scripts in percent form, too, unless they are paired with a notebook.

    Returns:
        Paths as they are to be shown, each file once, in order; and problems with what was named.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    patterns = tuple(exclude)
    for path in paths:
        if path == "-":
            found.setdefault("-", "-")
        elif os.path.isdir(path):
            below = list(walk(path, patterns, problems, scripts))
            ignored = git_ignored(path, below) if below else frozenset()
            for name in below:
                if name not in ignored:
                    found.setdefault(os.path.abspath(name), name)
        elif os.path.exists(path):
            if not (force_exclude and excluded(path, patterns)):
                found.setdefault(os.path.abspath(path), path)
        elif os.path.islink(path):
            reason = "is a symbolic link to something that is not there"
            problems.append(Problem(readable(path), reason, kind="unreadable"))
        else:
            problems.append(Problem(readable(path), _missing(path), kind="unreadable"))
    return list(found.values()), problems


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


def is_text(path: str) -> bool:
    """Whether a file's name can be written as UTF-8."""
    return path.isascii() or not any("\ud800" <= c <= "\udfff" for c in path)


def readable(path: str) -> str:
    """A file's name as text that can be written anywhere: bytes that are no UTF-8 are escaped."""
    return path if is_text(path) else path.encode("utf-8", "backslashreplace").decode()


def directory_of(path: str) -> Path:
    """The directory in which a notebook stands, absolute; the current one for what is no file."""
    return Path(os.getcwd() if path in ("-", "<notebook>") else os.path.abspath(os.path.dirname(path)))


def stat_notebook(path: str) -> os.stat_result:
    """The state of a file that can be read as a notebook.

    Raises:
        OSError: it is gone or can't be looked at, or reading it could take forever (a pipe, a device).
    """
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no regular file")
        raise OSError(0, f"is {kind}: pass its content as standard input, with -", path)
    return found


def _missing(path: str) -> str:
    """Why a named path leads nowhere, as far as the system says."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return "no such file or directory"
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:
        return "is no name that a file can have"
    return "no such file or directory"


def walk(top: str, patterns: Sequence[str], problems: list[Problem], scripts: bool = False) -> Iterator[str]:
    """Notebooks below a directory. Links to directories are not followed, so no loop is possible."""

    def unreadable(error: OSError) -> None:
        where = readable(str(error.filename))
        problems.append(Problem(where, error.strerror or str(error), kind="unreadable"))

    for directory, names, files in os.walk(top, onerror=unreadable):
        wanted = sorted(n for n in names if n not in SKIPPED)
        names[:] = [n for n in wanted if not excluded(os.path.join(directory, n), patterns)]
        for file in sorted(files):
            paired = scripts and f"{file[:-3]}.ipynb" in files
            if file.endswith(".ipynb") or (scripts and file.endswith(".py") and not paired):
                path = file if directory == "." else os.path.join(directory, file).removeprefix("./")
                if not excluded(path, patterns) and (file.endswith(".ipynb") or _is_percent(path)):
                    yield path


def _is_percent(path: str) -> bool:
    """Whether a script has cells."""
    try:
        with open(path, "rb") as file:
            return _CELL.search(file.read(_HEAD)) is not None
    except OSError:
        return False


def git_ignored(top: str, paths: list[str]) -> frozenset[str]:
    """Those of the paths that git ignores; none outside a work tree.

    A directory that is itself ignored was named on purpose: nothing below it is left out.
    """
    resolved = Path(top).resolve()
    if not any((p / ".git").exists() for p in (resolved, *resolved.parents)):
        return frozenset()
    import subprocess

    # What a repository's own configuration would run (fsmonitor) is not run.
    git = ["git", "-c", "core.fsmonitor=false", "-C", top, "check-ignore"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        here = subprocess.run(
            [*git, "-q", "."], capture_output=True, timeout=20, env=environment, check=False
        )
        if here.returncode == 0:
            return frozenset()
        text = "\0".join(os.path.abspath(p) for p in paths)
        asked = subprocess.run(
            [*git, "-z", "--stdin"],
            input=os.fsencode(text),
            capture_output=True,
            timeout=60,
            env=environment,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return frozenset()
    ignored = {os.fsdecode(p) for p in asked.stdout.split(b"\0") if p}
    return frozenset(p for p in paths if os.path.abspath(p) in ignored)
