"""Fixes whose edits lie outside the notebook: declarations in the configuration, pins in the lock file."""

import getpass
import os
import re
from collections.abc import Iterable
from pathlib import Path

from nbdebt.config import Settings
from nbdebt.data.declared import declaration_base
from nbdebt.data.pins.lockfile import key_of, nearest_lock, quoted
from nbdebt.data.pins.model import NAME
from nbdebt.data.pins.pinning import pin_file
from nbdebt.data.targets import local_path
from nbdebt.model.errors import FixError
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
    """Add declarations to the configuration file, a new ``nbdebt.toml`` where there is none."""
    base = declaration_base(settings, directory)
    file = Path(settings.source) if settings.source else base / "nbdebt.toml"
    try:
        text = file.read_bytes().decode() if file.exists() else ""
    except (OSError, ValueError) as error:
        raise FixError(f"{file}: can't be read: {error}") from None
    known = {output.pattern for output in settings.outputs}
    owner = quoted(_owner(base))
    lines = [
        f'{quoted(pattern)} = {{ owner = {owner}, note = "{_NOTE}" }}'
        for pattern in patterns
        if pattern not in known
    ]
    table = "tool.nbdebt.outputs" if file.name == "pyproject.toml" or "[tool.nbdebt" in text else "outputs"
    if lines:
        changed = with_lines(text, table, lines)
        _check(changed, file)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(changed.encode())
            temporary.replace(file)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise FixError(f"{file}: can't be written: {error.strerror or error}") from None
    return file


def with_lines(text: str, table: str, lines: list[str]) -> str:
    """A TOML text with lines at the end of a table, which is added at the end where it is missing.

    All else stays as it is, byte for byte.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    found = re.search(rf"(?m)^[ \t]*\[[ \t]*{re.escape(table)}[ \t]*\][ \t]*(?:#[^\r\n]*)?\r?$", text)
    if found is None:
        ended = text if not text or text.endswith("\n") else text + newline
        gap = newline if ended else ""
        return ended + gap + newline.join([f"[{table}]", *lines]) + newline
    following = re.search(r"(?m)^[ \t]*\[", text[found.end() :])
    end = found.end() + following.start() if following else len(text)
    body = text[:end].rstrip()
    return body + newline + newline.join(lines) + (text[len(body) : end] or newline) + text[end:]


def _check(text: str, file: Path) -> None:
    """Refuse to write what can't be read again, as where the table is written as an inline one."""
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FixError(f"{file}: the declaration can't be added here ({error}); write it by hand") from None


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
