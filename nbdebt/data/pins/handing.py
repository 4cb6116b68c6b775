"""Files handed to DVC, which keeps copies of them; a pin keeps none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from nbdebt.data.pins.lockfile import LockError


def hand_to_dvc(path: Path) -> Path:
    """Let DVC track a file or directory: ``dvc add`` (https://dvc.org/doc/command-reference/add).

    Args:
        path: absolute.

    Returns:
        DVC's file about it, which is to be committed.

    Raises:
        LockError: DVC isn't installed, there is no DVC project, or DVC refuses; says what to do.
    """
    # In an environment that isn't activated, it lies beside the interpreter.
    program = shutil.which("dvc") or shutil.which("dvc", path=os.path.dirname(sys.executable))
    if program is None:
        raise LockError(
            "DVC is not installed: `pip install dvc`, or record a digest without --dvc, which needs nothing"
        )
    if not path.exists():
        raise LockError(f"{path} is not there")
    project = next((above for above in path.parents if (above / ".dvc").is_dir()), None)
    if project is None:
        raise LockError(f"{path.name} is in no DVC project: run `dvc init` at the top of the project first")
    try:
        done = subprocess.run(
            [program, "add", "--quiet", "--", os.path.relpath(path, project)],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise LockError(f"dvc can't be started: {error.strerror or error}") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = " ".join(line.removeprefix("ERROR: ") for line in lines[:4]) or f"status {done.returncode}"
        raise LockError(f"dvc refused {path.name}: {said}")
    return path.with_name(path.name + ".dvc")
