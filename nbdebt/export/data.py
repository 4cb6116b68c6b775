"""Data that a script checks before it begins, by their pins; the files that it writes, with digests."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nbdebt.data.digests import file_digest
from nbdebt.data.pins.lockfile import LockError, key_of, nearest_lock, read_pins
from nbdebt.export.model import Entry, Log, Setting
from nbdebt.export.texts import literal
from nbdebt.model.history import File

_LARGEST = 2**28


def pinned(log: Log, entries: Sequence[Entry]) -> dict[str, str]:
    """The files that runs read and ``nbdebt.lock`` pins, as the code names them, with their digests.

    Args:
        log: what ran.
        entries: the runs.
    """
    directory = Path(log.directory)
    lock = nearest_lock(directory.absolute())
    if lock is None:
        return {}
    try:
        pins = read_pins(lock)
    except LockError:
        return {}
    found: dict[str, str] = {}
    made: set[str] = set()
    for path, mode in _files(entries):
        pin = pins.get(("files", key_of(Path(os.path.realpath(directory / os.path.expanduser(path))), lock)))
        if mode != "read":
            made.add(path)
        elif pin is not None and pin.files is None and path not in made:
            found.setdefault(path, pin.sha256)
    return found


def written(log: Log, entries: Sequence[Entry], everything: bool) -> tuple[str, ...]:
    """The files that runs write, of those that are known to have been written.

    Args:
        log: what ran.
        entries: the runs that are kept.
        everything: all that is written is kept.
    """
    if everything:
        return log.written
    files = {path for path, mode in _files(entries) if mode != "read"}
    files |= {key[6:] for entry in entries for key in entry.effects or () if key.startswith("<File>")}
    return tuple(path for path in log.written if path in files)


def digests(log: Log, files: Sequence[str]) -> dict[str, str]:
    """What files hold now, by SHA-256; those that aren't there, or are large, are left out."""
    found: dict[str, str] = {}
    for name in files:
        path = Path(log.directory, os.path.expanduser(name))
        try:
            if path.is_file() and path.stat().st_size <= _LARGEST:
                found[name] = file_digest(path, "sha256")
        except OSError:
            continue
    return found


def checks(
    pins: dict[str, str],
    settings: Sequence[Setting],
    reference: Callable[[str], str],
    constant: str,
    function: str,
) -> tuple[str, str]:
    """The lines of a script that hold its pins, and the call that checks them.

    Args:
        pins: digests by path.
        settings: the script's settings: a path may be one of them.
        reference: how code speaks of a setting.
        constant: the name of the pins.
        function: the function that checks.
    """
    if not pins:
        return "", ""
    names = {setting.value: reference(setting.name) for setting in settings if setting.kind == "path"}
    lines = [f"    {literal(path)}: {literal(digest)}," for path, digest in pins.items()]
    held = "\n".join(
        ["# SHA-256 of the data that is read, from nbdebt.lock", f"{constant} = {{", *lines, "}"]
    )
    arguments = ", ".join(names.get(path) or literal(path) for path in pins)
    return held, f"{function}({arguments})"


def declared(found: dict[str, str]) -> str:
    """The comment at the end of a script that says what it writes."""
    if not found:
        return ""
    lines = [f"#   {name}  sha256 {digest}" for name, digest in found.items()]
    return "\n".join(["# Files that this writes, and what they held when it was exported:", *lines])


def _files(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        for access in entry.flow.accesses:
            if isinstance(access.resource, File):
                yield access.resource.path, access.mode
