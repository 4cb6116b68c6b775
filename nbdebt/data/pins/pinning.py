"""Making pins of files and directories, and comparing what is there with them."""

import datetime
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from nbdebt.data.digests import LARGEST, Digest, TooMany, file_digest, tree_digest, tree_of
from nbdebt.data.pins.lockfile import LockError, key_of, nearest_lock, read_text, with_pins, write_lock
from nbdebt.data.pins.model import NAME, Pin

State = Literal["same", "changed", "gone", "unknown"]


class Compared(msgspec.Struct, frozen=True):
    """What has become of what was pinned.

    Args:
        pin: the pin.
        state: whether it is as it was pinned.
        reason: for people, where it isn't: what is different ("12 bytes longer"), or why it isn't known
            ("can't be read: …").
        changes: of a table, what changed, in words.
    """

    pin: Pin
    state: State
    reason: str = ""
    changes: tuple[str, ...] = ()


def make_pin(path: Path, lock: Path, notebooks: Iterable[str] = (), profile: bool = True) -> Pin:
    """The pin of a file, or of a directory that is one data set.

    Args:
        path: absolute.
        lock: the lock file, to which names are relative.
        notebooks: those that read it, relative to the lock file.
        profile: with a profile of a table, where one of pandas, polars and pyarrow is there to make it.

    Raises:
        LockError: it cannot be read, or there is nothing to pin.
    """
    files: int | None = None
    made = None
    try:
        if path.is_dir():
            tree = tree_of(path)
            if not tree.files:
                raise LockError(f"{path} is an empty directory: there is nothing to pin")
            digest, size, files = tree_digest(tree), tree.size, len(tree.files)
        else:
            size = path.stat().st_size
            digest = file_digest(path, "sha256")
    except TooMany:
        raise LockError(f"{path} holds too many files to be pinned as one") from None
    except OSError as error:
        raise LockError(f"{error.filename or path} can't be read: {error.strerror or error}") from None
    if profile and files is None:
        from nbdebt.data.pins.profiling import profile_file

        made = profile_file(path)
    names = tuple(sorted(set(notebooks)))
    return Pin("files", key_of(path, lock), digest, size, today(), names, files, "", made)


def pin_file(
    path: Path, lock: Path | None = None, notebooks: Iterable[str] = (), profile: bool = True
) -> Path:
    """Record the digest of a file, in place of what was recorded of it before.

    All else in the lock file stays as it is; the tables of files are kept in order of their names.

    Args:
        path: the file, or a directory.
        lock: the lock file, made where there is none; None takes the nearest to the file, or makes one beside
            it.
        notebooks: notebooks that read it, relative to the lock file.
        profile: see :func:`make_pin`.

    Returns:
        The lock file.

    Raises:
        LockError: the file or the lock file cannot be read or written.
    """
    path = Path(os.path.abspath(path))
    lock = lock or nearest_lock(path.parent) or path.parent / NAME
    text = read_text(lock) if lock.exists() else ""
    write_lock(lock, with_pins(text, [make_pin(path, lock, notebooks, profile)]))
    return lock


def today() -> str:
    """The day, as pins have it."""
    return datetime.date.today().isoformat()


def path_of(pin: Pin, lock: Path) -> Path:
    """Where a pinned file lies."""
    return Path(os.path.normpath(os.path.join(os.path.realpath(lock.parent), pin.name)))


def compare(path: Path, pin: Pin, digest: Digest = file_digest, largest: int = LARGEST) -> Compared:
    """Whether a file or directory is as it was pinned; by size and digest, tables are not read.

    Args:
        path: where it lies.
        pin: its pin.
        digest: gives digests of files.
        largest: what is larger is told by its size alone.
    """
    try:
        if not os.path.lexists(path):
            return Compared(pin, "gone", "is not there")
        if path.is_dir():
            tree = tree_of(path)
            if pin.files is None:
                return Compared(pin, "changed", "a directory now, a file before")
            if len(tree.files) != pin.files:
                return Compared(pin, "changed", f"{_files(len(tree.files))} ({pin.files:,} before)")
            size, files = tree.size, True
        else:
            if pin.files is not None:
                return Compared(pin, "changed", "a file now, a directory before")
            size, files = path.stat().st_size, False
        if pin.size >= 0 and size != pin.size:
            return Compared(pin, "changed", _length(pin.size, size))
        if size > largest:
            return Compared(pin, "unknown", f"is too large to be compared with its pin in {NAME}")
        now = tree_digest(tree, digest) if files else digest(path, "sha256")
    except TooMany:
        return Compared(pin, "unknown", "holds too many files to be looked at")
    except OSError as error:
        return Compared(pin, "unknown", f"can't be read: {error.strerror or error}")
    if now != pin.sha256:
        return Compared(pin, "changed", "other content of the same length")
    return Compared(pin, "same")


def with_changes(
    compared: Compared, path: Path, loaded_only: bool = False, passed_over: Collection[str] = ()
) -> Compared:
    """What has changed in a table that isn't as it was pinned, told by a new profile of it.

    Args:
        compared: what is known by its digest.
        path: where it lies.
        loaded_only: load no library to read it with.
        passed_over: as in :func:`~nbdebt.data.pins.drift.drift`.
    """
    if compared.state != "changed" or compared.pin.profile is None or not path.is_file():
        return compared
    from nbdebt.data.pins.drift import drift
    from nbdebt.data.pins.profiling import available, profile_file

    now = profile_file(path, loaded_only=loaded_only)
    if now is None:
        told = () if not available(loaded_only) else ("it can't be read as a table any more",)
        return msgspec.structs.replace(compared, changes=told)
    return msgspec.structs.replace(compared, changes=drift(compared.pin.profile, now, passed_over))


def _length(then: int, now: int) -> str:
    more = now - then
    return f"{abs(more):,} byte{'' if abs(more) == 1 else 's'} {'longer' if more > 0 else 'shorter'}"


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
