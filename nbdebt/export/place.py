"""A copy of a directory in which a script can run without harm to the original."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from nbdebt.model.errors import NbdebtError

_LEFT = frozenset(
    (
        ".git",
        ".venv",
        "venv",
        ".nox",
        ".tox",
        ".pixi",
        "site-packages",
        "node_modules",
        "__pycache__",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".dvc",
    )
)
_LARGE = 64 * 2**20
_MOST = 2**30
FILES = 20_000
"""How many files a directory may hold of which a copy is made."""


def outside(paths: Sequence[str]) -> list[str]:
    """The paths that a copy of the directory can't hold back: absolute ones, those that lead out, and what
    isn't on this machine."""
    return [path for path in paths if _leads_out(os.path.expanduser(path))]


def _leads_out(path: str) -> bool:
    scheme, there, rest = path.partition("://")
    if there:
        # SQLAlchemy's: three slashes before a path that is relative, four before one that isn't.
        path = rest.partition("#")[0].removeprefix("/") if scheme.startswith(("sqlite", "duckdb")) else rest
        if scheme == "memory" or path in ("", ":memory:"):
            return False
        if not scheme.startswith(("sqlite", "duckdb", "file")):
            return True
    if os.path.isabs(path):
        return not Path(path).resolve().is_relative_to(os.path.realpath("/tmp"))
    return os.path.normpath(path).startswith("..")


def _crowded(origin: Path) -> bool:
    count = 0
    for _, folders, names in os.walk(origin):
        folders[:] = [name for name in folders if name not in _LEFT]
        count += len(names)
        if count > FILES:
            return True
    return False


def _left(folder: str, names: list[str]) -> set[str]:
    """What is not copied: what tools keep, directories that can't be read, and links to a directory that the
    link is in, which never end."""
    here = os.path.realpath(folder)
    return {
        name
        for name in names
        if name in _LEFT
        or (
            os.path.isdir(path := os.path.join(folder, name))
            and (
                not os.access(path, os.R_OK | os.X_OK)
                or (os.path.islink(path) and Path(here).is_relative_to(os.path.realpath(path)))
            )
        )
    }


def as_original(text: str, place: Path, directory: str | Path) -> str:
    """A text from a run in a copy, with the original's path wherever it names the copy's.

    Args:
        text: what was printed there, say.
        place: the copy, as :func:`copied` gives it.
        directory: the original.
    """
    origin = Path(directory).resolve()
    inner, outer = place, origin
    if place.name == origin.name and origin.parent != Path(origin.anchor):
        inner, outer = place.parent, origin.parent
    # Where temporary directories lie behind a link, a program is told the one name or the other.
    for name in sorted({str(inner), os.path.realpath(inner)}, key=len, reverse=True):
        text = text.replace(name, str(outer))
    return text


@contextmanager
def copied(directory: str, made: Sequence[str] = (), written: Sequence[str] = ()) -> Iterator[Path]:
    """A copy of a directory; links stand for large files that aren't written, for files that can't be read,
    and for what lies beside it.

    Args:
        directory: the original.
        made: files in it that weren't there when the notebook began: they aren't in the copy.
        written: files that will be written.

    Raises:
        NbdebtError: there are too many files in it: it is a home, or the like.
    """
    origin = Path(directory).resolve()
    if _crowded(origin):
        raise NbdebtError(
            f"to verify, code runs in a copy of its directory, and {origin} holds more than {FILES:,} files:"
            " work in a directory of the project's own, or export without verifying"
        )
    kept = {(origin / path).resolve() for path in written}

    taken = 0

    def take(source: str, target: str) -> str:
        nonlocal taken
        path = Path(source)
        size = path.stat().st_size
        large = size > _LARGE or taken + size > _MOST
        if (large and path.resolve() not in kept) or not os.access(source, os.R_OK):
            os.symlink(path.resolve(), target)
        elif path.is_file():
            taken += size
            shutil.copy2(source, target)
        return target

    with TemporaryDirectory(prefix="nbdebt-verify-", ignore_cleanup_errors=True) as temporary:
        place = Path(temporary) / (origin.name or "root")
        shutil.copytree(
            origin, place, ignore=_left, copy_function=take, ignore_dangling_symlinks=True, symlinks=False
        )
        known = os.access(origin.parent, os.R_OK | os.X_OK)
        if known and origin.parent not in (origin, Path("/"), Path("/tmp")):
            for beside in origin.parent.iterdir():
                if beside.name != place.name:
                    os.symlink(beside, Path(temporary) / beside.name)
        for path in made:
            target = place / path
            if not os.path.isabs(path) and target.is_file():
                target.unlink()
        yield place
