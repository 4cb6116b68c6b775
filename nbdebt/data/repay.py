"""Fixes whose edits lie outside the notebook: declarations in the configuration, pins in the lock file."""

import getpass
import os
from collections.abc import Iterable
from pathlib import Path

from nbdebt.config import Settings
from nbdebt.data.declared import declaration_base
from nbdebt.data.declaring import Said, configuration_file, declare
from nbdebt.data.pins.lockfile import key_of, nearest_lock
from nbdebt.data.pins.model import NAME
from nbdebt.data.pins.pinning import pin_file
from nbdebt.data.targets import local_path
from nbdebt.model.errors import ConfigurationError, FixError
from nbdebt.model.finding import Declare, Edit, PinFile

_NOTE = "declared by nbdebt --fix: say what it is for"


def apply_outside_edits(edits: Iterable[Edit], notebook_path: str, settings: Settings) -> list[Path]:
    """Carry out the edits that change something beside the notebook; others are left to those who edit it.

    Args:
        edits: of fixes of one notebook.
        notebook_path: the notebook, as the user named it.
        settings: of its directory.

    Returns:
        The files that were written, each once.

    Raises:
        FixError: the configuration cannot be changed without changing what it says otherwise.
        LockError: a file or the lock file cannot be read or written.
    """
    directory = Path(os.path.abspath(notebook_path)).parent
    changed: dict[Path, None] = {}
    patterns = list(dict.fromkeys(edit.pattern for edit in edits if isinstance(edit, Declare)))
    if patterns:
        changed[_declare(patterns, settings, directory)] = None
    lock = nearest_lock(directory) or declaration_base(settings, directory) / NAME
    reader = key_of(local_path(os.path.basename(notebook_path), directory), lock)
    for edit in edits:
        if isinstance(edit, PinFile):
            changed[pin_file(local_path(edit.path, directory), lock, (reader,))] = None
    return list(changed)


def _declare(patterns: list[str], settings: Settings, directory: Path) -> Path:
    """Add declarations to the configuration; what is declared already stays as it is."""
    file = configuration_file(settings, directory)
    known = {output.pattern for output in settings.outputs}
    owner = _owner(file.parent)
    try:
        declare(file, [Said(pattern, owner, note=_NOTE) for pattern in patterns if pattern not in known])
    except ConfigurationError as error:
        raise FixError(str(error)) from None
    return file


def _owner(directory: Path) -> str:
    """Who declares: git's user, else the system's."""
    import subprocess

    try:
        asked = subprocess.run(
            ["git", "-C", str(directory), "config", "user.name"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        if name := asked.stdout.strip():
            return name
    except (OSError, subprocess.SubprocessError):
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
