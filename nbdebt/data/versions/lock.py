"""``nbdebt.lock``: a read that matches its pin is versioned. The file itself: :mod:`nbdebt.data.pins`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbdebt.data.addresses import safe_url
from nbdebt.data.digests import Digest, file_digest
from nbdebt.data.pins.lockfile import VERSION, Key, LockError, key_of, nearest_lock, quoted, read_pins
from nbdebt.data.pins.model import NAME, Pin
from nbdebt.data.pins.pinning import compare, path_of, pin_file
from nbdebt.data.versions.answer import Source, State, Versioned, Witness
from nbdebt.model.history import Url

__all__ = ["NAME", "VERSION", "Lock", "LockError", "nearest_lock", "pin_file", "quoted", "read_lock"]

UNREADABLE = "its pin can't be read"
Changes = Callable[[Pin, Path | None], tuple[str, ...]]
"""What says, of a pin and where its file lies, what has changed in words; None stands for an address."""
_STATES: dict[str, State] = {"same": "versioned", "changed": "unversioned", "gone": "absent"}


class Lock:
    """Knows pinned files and addresses.

    Args:
        digest: gives digests of files.
        changes: says what changed, where somebody knows; without it nothing reads a table.
    """

    name = NAME

    def __init__(self, digest: Digest = file_digest, changes: Changes | None = None) -> None:
        self._digest = digest
        self._changes = changes
        self._locks: dict[Path, dict[Key, Pin] | LockError] = {}
        self._nearest: dict[Path, Path | None] = {}

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: a pin holds the content's digest."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned where size and digest match the pin in the notebook's nearest lock file.

        No network is used: an address counts as pinned, and ``nbdebt pin --check`` looks whether it still
        gives what was pinned.
        """
        remote = isinstance(source.resource, Url)
        if source.named is None and not remote:
            return None
        lock, pins = self._pins(source.directory)
        if lock is None:
            return None
        if isinstance(pins, LockError):
            return None if remote else Versioned("unknown", NAME, reason=f"{UNREADABLE} ({pins})")
        if remote:
            pin = pins.get(("urls", safe_url(str(source.resource))))
            return self._address(pin) if pin is not None else None
        assert source.named is not None
        found = self._pin_of(source.named, lock, pins)
        return self._file(*found) if found is not None else None

    def _pins(self, directory: Path) -> tuple[Path | None, dict[Key, Pin] | LockError]:
        if directory not in self._nearest:
            self._nearest[directory] = nearest_lock(directory)
        lock = self._nearest[directory]
        if lock is None:
            return None, {}
        if lock not in self._locks:
            try:
                self._locks[lock] = read_pins(lock)
            except LockError as error:
                self._locks[lock] = error
        return lock, self._locks[lock]

    def _pin_of(self, path: Path, lock: Path, pins: dict[Key, Pin]) -> tuple[Path, Pin] | None:
        """A file's own pin, or that of a directory above it that was pinned as one."""
        own = pins.get(("files", key_of(path, lock)))
        if own is not None:
            return path, own
        if any(pin.files is not None for pin in pins.values()):
            for above in path.parents:
                pin = pins.get(("files", key_of(above, lock)))
                if pin is not None and pin.files is not None:
                    return path_of(pin, lock), pin
        return None

    def _file(self, path: Path, pin: Pin) -> Versioned:
        compared = compare(path, pin, self._digest)
        if compared.state == "same":
            return Versioned("versioned", NAME, f"sha256:{pin.sha256}")
        if compared.state == "changed":
            reason = f"does not match its pin in {NAME}"
            changes = self._changes(pin, path) if self._changes is not None else ()
            return Versioned("unversioned", NAME, "", reason, pin.pinned, changes or (compared.reason,))
        return Versioned(_STATES.get(compared.state, "unknown"), NAME, reason=compared.reason)

    def _address(self, pin: Pin) -> Versioned:
        changes = self._changes(pin, None) if self._changes is not None else ()
        if changes:
            return Versioned(
                "unversioned", NAME, "", f"gives other data than its pin in {NAME}", pin.pinned, changes
            )
        return Versioned("versioned", NAME, f"sha256:{pin.sha256}")


def read_lock(lock: Path) -> dict[str, Any]:
    """The pinned files by path relative to the lock file.

    Raises:
        LockError: it cannot be read, is not TOML, or is of a later format.
    """
    return {name: pin for (kind, name), pin in read_pins(lock).items() if kind == "files"}
