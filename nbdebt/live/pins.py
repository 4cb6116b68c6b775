"""Pins in a session: what no longer matches its pin is told when it is read, in words."""

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nbdebt.data.addresses import safe_url
from nbdebt.data.background import Background
from nbdebt.data.pins.drift import drift
from nbdebt.data.pins.lockfile import Key, LockError, key_of, nearest_lock, read_pins
from nbdebt.data.pins.model import Pin
from nbdebt.data.pins.pinning import Compared, path_of, with_changes
from nbdebt.data.pins.profiling import profile_frame
from nbdebt.data.targets import has_hole, local_path
from nbdebt.data.versions.kept_git import KeptGit
from nbdebt.data.versions.resolver import Resolver
from nbdebt.live.record import RunRecord
from nbdebt.model.history import Access, File, Url

if TYPE_CHECKING:
    from nbdebt.live.session import Session

AT_ONCE = 8 << 20
"""A changed file up to this size is read again to say what has changed in it; of a larger one, the frame that
the cell made of it is looked at."""
_ROWS = 100_000
_KEPT = 1_000
# What a reader is told that makes a frame other than the file is.
_OPTIONS = {
    "columns": ("usecols", "columns", "names", "header", "prefix", "with_columns"),
    "rows": ("nrows", "n_rows", "skiprows", "skip_rows", "skipfooter", "chunksize", "comment", "filters"),
    "types": ("dtype", "dtypes", "converters", "parse_dates", "date_format", "schema", "schema_overrides"),
    "nulls": ("na_values", "keep_default_na", "na_filter", "null_values", "dropna"),
}
_OTHER = frozenset(("sep", "separator", "delimiter", "decimal", "thousands", "quotechar", "encoding", "**"))
_LIBRARIES = ("pandas", "polars", "pyarrow")


class Made(NamedTuple):
    """A frame that a cell made by one call: its name, the call's line and last name, and its keywords."""

    name: str
    first: int
    last: int
    function: str
    keywords: frozenset[str]


class Pins:
    """What a session knows of pins. Holds no frame, only words about them.

    Args:
        session: the session.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self._digest = Background()
        self._git = KeptGit(self._digest)
        self._words: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._read: tuple[Path, tuple[int, int], dict[Key, Pin]] | None = None

    def resolver(self) -> Resolver:
        """What says, at this moment, which sources are versioned; never keeps a cell waiting for long."""
        self._git.renew()
        return Resolver(git=self._git, digest=self._digest, changes=self.changes)

    def changes(self, pin: Pin, path: Path | None) -> tuple[str, ...]:
        """What has changed since something was pinned, as far as it is known without waiting."""
        if path is None:
            return self._words.get((pin.key, pin.sha256), ())
        stamp = _stamp(path)
        key = (pin.key, pin.sha256, stamp)
        known = self._words.get(key)
        if known is None and stamp is not None and pin.profile is not None and stamp[0] <= AT_ONCE:
            compared = with_changes(Compared(pin, "changed"), path, loaded_only=True)
            known = compared.changes
            self._keep(key, known)
        return known or ()

    def look(self, record: RunRecord) -> None:
        """A run has ended: look at the frames that it read from pinned sources, while they are there."""
        reads = [a for a in (*record.flow.accesses, *record.accesses) if _is_source(a)]
        if not reads or record.run.outcome != "ok":
            return
        directory = self.directory()
        lock, pins = self.pins(directory)
        if lock is None or not any(pin.profile is not None for pin in pins.values()):
            return
        values = self.session.recorder.namespace.values
        for access, made in _frames(record, reads):
            pin = pins.get(_key(access, directory, lock))
            if pin is None or pin.profile is None or not made.keywords.isdisjoint(_OTHER):
                continue
            key: tuple[Any, ...] = (pin.key, pin.sha256)
            if pin.kind == "files":
                stamp = _stamp(path_of(pin, lock))
                key = (*key, stamp)
                if stamp is None or stamp[0] <= AT_ONCE or key in self._words:
                    continue
            frame = values.get(made.name)
            if type(frame).__module__.partition(".")[0] not in _LIBRARIES:
                continue
            now = profile_frame(frame, _ROWS)
            if now is not None:
                passed_over = [
                    what for what, names in _OPTIONS.items() if not made.keywords.isdisjoint(names)
                ]
                self._keep(key, drift(pin.profile, now, passed_over))

    def directory(self) -> Path:
        """The notebook's directory."""
        path = self.session.document.path
        return Path(os.path.realpath(os.path.dirname(path) if path else os.getcwd()))

    def pins(self, directory: Path) -> tuple[Path | None, dict[Key, Pin]]:
        """The lock file of a directory, and what it holds; nothing where it can't be read."""
        lock = nearest_lock(directory)
        if lock is None:
            return None, {}
        stamp = _stamp(lock)
        if stamp is None:
            return None, {}
        if self._read is None or self._read[:2] != (lock, stamp):
            try:
                self._read = lock, stamp, read_pins(lock)
            except LockError:
                # The finding about what is read says it.
                self._read = lock, stamp, {}
        return lock, self._read[2]

    def _keep(self, key: tuple[Any, ...], words: tuple[str, ...]) -> None:
        if len(self._words) >= _KEPT:
            self._words.clear()
        self._words[key] = words


def _is_source(access: Access) -> bool:
    resource = access.resource
    if access.mode != "read" or "listing" in access.detail:
        return False
    return isinstance(resource, Url) or (isinstance(resource, File) and not has_hole(resource.path))


def _key(access: Access, directory: Path, lock: Path) -> Key:
    if isinstance(access.resource, Url):
        return "urls", safe_url(access.resource.url)
    return "files", key_of(local_path(str(access.resource), directory), lock)


def _frames(record: RunRecord, reads: Iterable[Access]) -> Iterator[tuple[Access, Made]]:
    """Reads whose frame a name holds: ``df = pd.read_csv(...)``, and nothing done to it in the same call."""
    try:
        tree = ast.parse(record.text or record.run.source)
    except (SyntaxError, ValueError, RecursionError):
        return
    made = [found for node in tree.body if (found := _made(node)) is not None]
    # A later statement of the cell may have changed what a name holds; a frame is told by its last maker.
    last = {one.name: one for one in made}
    for access in reads:
        function = access.via.rpartition(".")[2]
        for one in last.values():
            if one.first <= access.span.line <= one.last and one.function == function:
                yield access, one


def _made(node: ast.stmt) -> Made | None:
    if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    call = node.value
    if not isinstance(target, ast.Name) or not isinstance(call.func, ast.Attribute | ast.Name):
        return None
    function = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
    keywords = frozenset(keyword.arg or "**" for keyword in call.keywords)
    return Made(target.id, node.lineno, node.end_lineno or node.lineno, function, keywords)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns
