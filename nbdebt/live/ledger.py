"""Writes a session into the ledger, where the settings name one: runs, and what they read and wrote.

Nothing of the user's is kept or changed, no content is written, and a cell waits for one small write at most.
"""

import atexit
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdebt import __version__
from nbdebt.config import LedgerSettings, Output
from nbdebt.data.declared import declaration_of
from nbdebt.data.targets import resolve_target
from nbdebt.ledger.checkout import head_of
from nbdebt.ledger.entries import Accessed, Began, Declared, Digested, Ended, Entry, Op, Ran
from nbdebt.ledger.local import local_of
from nbdebt.ledger.names import DatasetName, dataset_of
from nbdebt.ledger.people import actor_of, host_of
from nbdebt.ledger.privacy import clean_address
from nbdebt.ledger.writer import Writer
from nbdebt.live.record import RunRecord
from nbdebt.live.seen import Seen
from nbdebt.model.history import File

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_OPS: dict[str, Op] = {"read": "read", "write": "write", "mutate": "write", "delete": "delete"}
# No data: what is looked at but not read, what comes with a library, what lives as long as the process.
_NO_DATA = frozenset(
    ("listing", "absent", "package", "temporary", "shown", "script", "storage", "local", "metadata", "failed")
)
_MANY = 200
"""More files than this of one directory, touched by one run in one way, are one data set: the directory."""
_WAITING = 1000
_PATIENCE = 0.02


def attach(session: "Session") -> Callable[[], None]:
    """Write down what the session does from now on.

    Returns:
        What ends it.
    """
    scribe = Scribe(session)
    end = session.on_record(scribe.record)

    def close() -> None:
        end()
        atexit.unregister(close)
        scribe.close()

    atexit.register(close)
    return close


class Scribe:
    """Turns records of runs into entries of the ledger.

    Args:
        session: whose.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.settings: LedgerSettings = session.settings.ledger
        self.writer: Writer | None = None
        self._weak: dict[str, None] = {}
        self._late = 0
        self._asked = 0
        self._resolver: Any = None
        self._written: dict[int, int] = {}
        self._told: set[DatasetName] = set()
        self._process = os.getpid()
        # What others read is looked up in the meantime, and no cell waits for it.
        local = local_of(self.settings)
        local.patience, local.in_kernel = _PATIENCE, True
        local.start()

    def record(self, record: RunRecord) -> None:
        """Write down one run."""
        if os.getpid() != self._process:
            return
        now = stamp(time.time())
        self._resolver, self._asked = None, 0
        run = record.run
        entries: list[Entry] = [
            Ran(
                run.sequence,
                run.cell_id,
                now,
                round(run.duration or 0.0, 4),
                run.outcome,
                record.count,
                record.key.hex(),
                record.error[0],
            )
        ]
        entries += self._accesses(run.sequence, [*record.touched, *_told_by_shell(record)], now)
        self._written[run.sequence] = len(record.touched)
        entries += self._belated(now)
        entries += self._resolved()
        self._writer().write(entries)
        self._say_failure()

    def _belated(self, now: str) -> Iterator[Entry]:
        """What tasks and threads of earlier runs have touched since."""
        if self.session.recorder.belated == self._late:
            return
        self._late = self.session.recorder.belated
        for earlier in self.session.runs[-_WAITING:]:
            sequence = earlier.run.sequence
            known = self._written.get(sequence, len(earlier.touched))
            self._written[sequence] = len(earlier.touched)
            yield from self._accesses(sequence, earlier.touched[known:], now)

    def close(self) -> None:
        """The session is over."""
        if self.writer is not None and os.getpid() == self._process:
            self.writer.write([*self._resolved(), Ended(stamp(time.time()))])
            self.writer.close()

    def _writer(self) -> Writer:
        if self.writer is None:
            style = self.settings.actor
            path = self._notebook()
            began = Began(
                str(uuid.uuid4()),
                path,
                stamp(time.time()),
                actor=actor_of(style),
                host=host_of(style),
                commit=head_of(Path(path).parent),
                python=".".join(map(str, _version())),
                nbdebt=__version__,
            )
            self.writer = Writer(Path(self.settings.dir), began)
        return self.writer

    def _notebook(self) -> str:
        """The notebook's path; where it isn't known the working directory, with a slash behind it."""
        self.session.understanding.shown()
        path = self.session.document.path
        return os.path.realpath(path) if path else os.path.join(os.getcwd(), "")

    def _say_failure(self) -> None:
        failure = self.writer.failure if self.writer is not None else ""
        if failure and failure not in self.session.problems:
            self.session.problems.append(failure)

    def _resolved(self) -> Iterator[Digested]:
        """Digests of large files that were read in the background since."""
        for weak in list(self._weak):
            found = self.session.recorder.files.resolve(weak)
            if found != weak:
                del self._weak[weak]
                yield Digested(weak, found)

    def _accesses(self, run: int, seen: Iterable[Seen], now: str) -> Iterator[Accessed | Declared]:
        directory = Path.cwd()
        found: dict[tuple[Op, DatasetName], Accessed] = {}
        for item in seen:
            access = self._access(run, item, directory, now)
            if access is None:
                continue
            name = DatasetName(access.ns, access.name)
            found.setdefault((access.op, name), access)
            if access.op == "write" and name not in self._told:
                self._told.add(name)
                declared = declaration_of(
                    item.resource, resolve_target(item.resource, directory), self.session.settings.outputs
                )
                if declared is not None:
                    yield _declared(name, declared)
        for access in together(found.values()):
            if access.digest.startswith("stat:") and len(self._weak) < _WAITING:
                self._weak[access.digest] = None
            yield access

    def _access(self, run: int, item: Seen, directory: Path, now: str) -> Accessed | None:
        op = _OPS.get(item.mode)
        if op is None or not _NO_DATA.isdisjoint(item.detail):
            return None
        name = dataset_of(item.resource, directory)
        if name is None or self._is_ours(name):
            return None
        size: int | None = None
        if isinstance(item.resource, File) and op != "delete":
            try:
                size = os.stat(os.path.join(directory, os.path.expanduser(item.resource.path))).st_size
            except (OSError, ValueError):
                size = None
        kind, version = self._version(item, directory) if op == "read" else ("", "")
        owner = next((d[6:] for d in item.detail if d.startswith("owner=")), "")
        return Accessed(
            run,
            op,
            name.ns,
            name.name,
            now,
            {"read": item.before, "write": item.after}.get(op, ""),
            size,
            item.via,
            item.sure,
            owner if self.settings.actor == "name" else "",
            kind,
            version,
        )

    def _version(self, item: Seen, directory: Path) -> tuple[str, str]:
        """The system that versions what was read, and its version there, as far as it is known without
        waiting."""
        if self._asked > _MANY:
            return "", ""
        self._asked += 1
        if self._resolver is None:
            self._resolver = self.session.pins.resolver()
        found = self._resolver.versioned(item.resource, directory, item.detail)
        return (found.by, clean_address(found.identity)) if found.state.startswith("versioned") else ("", "")

    def _is_ours(self, name: DatasetName) -> bool:
        """Whether it is the ledger itself, or the notebook as it is saved."""
        document = self.session.document.path
        inside = name.name.startswith(os.path.join(self.settings.dir, ""))
        return name.ns == "file" and (inside or (bool(document) and name.name == os.path.realpath(document)))


def _told_by_shell(record: RunRecord) -> Iterator[Seen]:
    """What only the code of shell lines says."""
    for access in record.flow.accesses:
        if access.via.startswith(("!", "%%bash", "%%sh")) and access.mode in ("read", "write", "delete"):
            resource = access.resource
            if isinstance(resource, File) and any(c in resource.path for c in "{}<>*?[$"):
                continue
            mode: Any = access.mode
            yield Seen(resource, mode, access.via, access.certain, detail=access.detail)


def together(accesses: Iterable[Accessed]) -> Iterator[Accessed]:
    """The accesses of a run; where it touched very many files of one directory, the directory."""
    groups: dict[tuple[Op, str, str], list[Accessed]] = {}
    for access in accesses:
        place = os.path.dirname(access.name) if access.ns == "file" else access.name
        groups.setdefault((access.op, access.ns, place), []).append(access)
    for (op, ns, place), group in groups.items():
        if len(group) <= _MANY:
            yield from group
        else:
            first = group[0]
            yield Accessed(
                first.run, op, ns, place, first.at, "", sum(a.bytes or 0 for a in group), first.via
            )


def _declared(name: DatasetName, output: Output) -> Declared:
    return Declared(name.ns, name.name, output.owner, output.consumers, output.note, output.expires)


def stamp(seconds: float) -> str:
    """A time as the ledger writes it: ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _version() -> tuple[int, ...]:
    import sys

    return sys.version_info[:3]
