"""What is repaid outside the notebook: declarations in the configuration, pins in the lock file."""

import datetime
import getpass
import os
from collections.abc import Iterable
from pathlib import Path

from nbdebt.config import Settings, forget_settings, load_settings
from nbdebt.data.addresses import safe_url
from nbdebt.data.declared import declaration_base
from nbdebt.data.declaring import Said, configuration_file, declare
from nbdebt.data.pins.lockfile import Key, key_of, nearest_lock, parse_pins, read_text, with_pins, write_lock
from nbdebt.data.pins.model import NAME, Pin
from nbdebt.data.pins.pinning import make_pin, pin_file
from nbdebt.data.targets import local_path
from nbdebt.model.errors import ConfigurationError, FixError, NbdebtError
from nbdebt.model.finding import Declare, Edit, PinFile

DONE = {"declared": "declared in", "changed": "changed in", "known": "was declared so already in"}
"""What declaring did, in words, before the file."""
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
    lock = lock_for(directory, settings)
    reader = key_of(local_path(os.path.basename(notebook_path), directory), lock)
    for edit in edits:
        if isinstance(edit, PinFile):
            changed[pin_file(local_path(edit.path, directory), lock, (reader,))] = None
    return list(changed)


def lock_for(directory: Path, settings: Settings | None = None) -> Path:
    """The lock file that notebooks of a directory go by; one is made at the project's root.

    Args:
        directory: the notebooks' directory.
        settings: of it; None loads them.
    """
    found = nearest_lock(directory)
    return found or declaration_base(settings or load_settings(directory), directory) / NAME


def pin_sources(targets: Iterable[str], lock: Path, directory: Path, notebook: str = "") -> list[Pin]:
    """Record which content is meant, in place of what was recorded before. Addresses are fetched.

    Args:
        targets: paths, relative to ``directory``, and addresses.
        lock: the lock file, made where there is none.
        directory: absolute.
        notebook: the notebook that reads them, relative to the lock file; those that are known stay.

    Raises:
        LockError: something can't be read, fetched or written.
    """
    text = read_text(lock) if lock.exists() else ""
    known = parse_pins(text)

    def readers(key: Key) -> tuple[str, ...]:
        return tuple(sorted({*(known[key].notebooks if key in known else ()), *filter(None, [notebook])}))

    made = []
    for target in targets:
        if "://" in target:
            # What fetches is loaded where something is fetched.
            from nbdebt.data.pins.fetching import pin_url

            made.append(pin_url(target, readers(("urls", safe_url(target)))))
        else:
            path = local_path(target, directory)
            made.append(make_pin(path, lock, readers(("files", key_of(path, lock)))))
    if made:
        write_lock(lock, with_pins(text, made))
    return made


def declare_output(
    directory: Path, pattern: str, owner: str, consumers: str, note: str, expires: str
) -> tuple[Path, str]:
    """Say of one output all that is to be said: what was said of it before and isn't now, is taken out.

    Args:
        directory: the notebook's.
        pattern: relative to the configuration.
        owner: who answers for it.
        consumers: who reads it, with commas.
        note: what it is for.
        expires: the day after which it is to be looked at again, ``2027-12-31``; or empty.

    Returns:
        The file that was written, and what was done: ``declared``, ``changed`` or ``known``.

    Raises:
        NbdebtError: the day is none, or the file can't be changed.
    """
    day = day_of(expires)
    readers = tuple(name.strip() for name in consumers.split(",") if name.strip())
    settings = load_settings(directory)
    file = configuration_file(settings, directory)
    said = Said(pattern, owner, readers, note, day or "")
    done = declare(file, [Said(pattern, consumers=()), said] if _known(settings, pattern) else [said])
    forget_settings()
    return file, done[-1] if len(done) == 1 or "changed" not in done else "changed"


def _known(settings: Settings, pattern: str) -> bool:
    return any(output.pattern == pattern for output in settings.outputs)


def day_of(text: str) -> datetime.date | None:
    """A day as it is written; None where nothing is.

    Raises:
        NbdebtError: it is none.
    """
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise NbdebtError(f"--expires {text}: a day is written 2027-12-31") from None


def _declare(patterns: list[str], settings: Settings, directory: Path) -> Path:
    """Add declarations to the configuration; what is declared already stays as it is."""
    file = configuration_file(settings, directory)
    known = {output.pattern for output in settings.outputs}
    owner = owner_of(file.parent)
    try:
        declare(file, [Said(pattern, owner, note=_NOTE) for pattern in patterns if pattern not in known])
    except ConfigurationError as error:
        raise FixError(str(error)) from None
    return file


def owner_of(directory: Path) -> str:
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
