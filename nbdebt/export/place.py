"""A copy of a directory in which a script can run without harm to the original."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_LEFT = shutil.ignore_patterns(
    ".git", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".dvc"
)
_LARGE = 64 * 2**20
_MOST = 2**30


def outside(paths: Sequence[str]) -> list[str]:
    """The paths that a copy of the directory can't hold back: absolute ones, and those that lead out."""
    return [path for path in paths if _leads_out(os.path.expanduser(path))]


def _leads_out(path: str) -> bool:
    if os.path.isabs(path):
        return not Path(path).resolve().is_relative_to(os.path.realpath("/tmp"))
    return os.path.normpath(path).startswith("..")


@contextmanager
def copied(directory: str, made: Sequence[str] = (), written: Sequence[str] = ()) -> Iterator[Path]:
    """A copy of a directory; links stand for large files that aren't written, and for what lies beside it.

    Args:
        directory: the original.
        made: files in it that weren't there when the notebook began: they aren't in the copy.
        written: files that will be written.
    """
    origin = Path(directory).resolve()
    kept = {(origin / path).resolve() for path in written}

    taken = 0

    def take(source: str, target: str) -> str:
        nonlocal taken
        path = Path(source)
        size = path.stat().st_size
        if (size > _LARGE or taken + size > _MOST) and path.resolve() not in kept:
            os.symlink(path.resolve(), target)
        elif path.is_file():
            taken += size
            shutil.copy2(source, target)
        return target

    with TemporaryDirectory(prefix="nbdebt-verify-", ignore_cleanup_errors=True) as temporary:
        place = Path(temporary) / (origin.name or "root")
        shutil.copytree(
            origin, place, ignore=_LEFT, copy_function=take, ignore_dangling_symlinks=True, symlinks=False
        )
        if origin.parent not in (origin, Path("/"), Path("/tmp")):
            for beside in origin.parent.iterdir():
                if beside.name != place.name:
                    os.symlink(beside, Path(temporary) / beside.name)
        for path in made:
            target = place / path
            if not os.path.isabs(path) and target.is_file():
                target.unlink()
        yield place
