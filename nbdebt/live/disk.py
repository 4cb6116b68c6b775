"""Files and directories as a replay knows them: what a run found of them, and what it left."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from xxhash import xxh3_128_digest

from nbdebt.flow.facts import CellFlow
from nbdebt.live.record import THERE, Effect, Read
from nbdebt.live.seen import Seen
from nbdebt.live.states import ABSENT, State, whole
from nbdebt.model.history import Access, File, Name, Table

_FRAME = b"directory"
_ENTRIES = 5_000
# Functions that read or list what they are about to remove.
_REMOVERS = frozenset(("shutil.rmtree", "os.removedirs"))
# Functions that leave a file somewhere else.
_MOVERS = frozenset(
    ("os.rename", "os.renames", "os.replace", "shutil.move", "pathlib.Path.rename", "pathlib.Path.replace")
)
# Who catches one of these doesn't mind that a file isn't there.
_CATCHING = frozenset(("FileNotFoundError", "OSError", "IOError", "Exception"))
# It opens a database, and reads nothing of what is in it.
CONNECT = "sqlite3.connect"


AGAIN = "read back"
"""Detail of a file that a run changes in place, or appends to and reads."""
LONGER = frozenset(("<append>",))
"""What a run gave a file: more than there was."""


class Digests(Protocol):
    """Says what a path holds now."""

    def digest(self, path: str) -> str:
        """Its digest; empty for what isn't there."""


class Touched(NamedTuple):
    """What a run did to one path: ``before`` and ``after`` empty for nothing there; ``again`` if what
    was there before is part of what it read, or left."""

    path: str
    mode: str
    sure: bool
    before: str
    after: str
    listing: bool
    append: bool = False
    again: bool = False
    via: str = ""


def absolute(path: str) -> str:
    """A path as all runs name it."""
    return os.path.abspath(os.path.expanduser(path))


def key_of_file(path: str) -> str:
    """The key under which a replay knows a path."""
    return f"<File>{absolute(path)}"


def directory_state(path: str, entries: Iterable[str] | None = None, maker: int = -1) -> State | None:
    """What lies in a directory, as a version with a part for each entry; None for what is none."""
    if entries is None:
        try:
            entries = os.listdir(path)
        except OSError:
            return None
    parts = dict.fromkeys(sorted(entries)[:_ENTRIES], b"f")
    return State(whole(_FRAME, parts.items()), _FRAME, parts, "exact", maker, False)


def touched(
    seen: Sequence[Seen], flow: CellFlow, digests: Digests, left: Callable[[str], str] = lambda path: ""
) -> list[Touched]:
    """What a run did to files: as it was seen, and what only its shell lines say.

    Args:
        seen: what was seen.
        flow: what the code says.
        digests: says what paths hold now.
        left: says what earlier runs left of a path; empty where none did.
    """
    found = [
        Touched(
            absolute(item.resource.path),
            item.mode,
            item.sure,
            item.before,
            item.after,
            "listing" in item.detail,
            "append" in item.detail,
            AGAIN in item.detail,
            item.via,
        )
        for item in seen
        if isinstance(item.resource, File)
        and not (item.mode == "read" and (item.via in _REMOVERS or item.via == CONNECT))
    ]
    for access in flow.accesses:
        if access.via.startswith(("!", "%%bash", "%%sh")) and plain_path(access):
            path = absolute(str(access.resource))
            now = digests.digest(path)
            append = "append" in access.detail
            before = now if access.mode == "read" else left(path) if append else ""
            found.append(Touched(path, access.mode, True, before, now, False, append))
    return found


def plain_path(access: Access) -> bool:
    """Whether an access is of a file whose path is known."""
    resource = access.resource
    return isinstance(resource, File) and not any(c in resource.path for c in "{}<>*?[")


def reads(
    done: Sequence[Touched], flow: CellFlow, digests: Digests, makers: dict[str, int], end: bool = False
) -> list[Read]:
    """What a run found of files and directories.

    Args:
        done: what it did to them.
        flow: what its code says.
        digests: says what paths hold now.
        makers: which run made which file last.
        end: of what it appends to it takes the end only.
    """
    found: list[Read] = []
    made: set[str] = set()
    read = {item.path for item in done if item.mode == "read"}
    appended = {item.path for item in done if item.append}
    for item in done:
        base = f"<File>{item.path}"
        maker = makers.get(base, -1)
        if item.mode in ("write", "delete"):
            if item.append and not end and item.path not in made and (item.path in read or item.again):
                # What is there already is part of what it reads.
                found.append(Read(base, "", item.before.encode() or ABSENT, item.sure, -1, maker))
            made.add(item.path)
        elif item.path in made or (end and item.path in appended):
            continue
        elif item.mode == "mutate" and item.again:
            found.append(Read(base, "", item.before.encode() or ABSENT, item.sure, -1, maker))
        elif item.listing:
            state = _listing_before(item.path, done)
            found.append(Read(base, "", state.key if state is not None else ABSENT, item.sure, -1, maker))
        elif item.mode == "read":
            found.append(Read(base, "", item.before.encode() or ABSENT, item.sure, -1, maker))
    for access in flow.accesses:
        # A query tells nothing of the file that it reads: only the code does.
        if access.mode == "read" and isinstance(access.resource, Table):
            path = absolute(access.resource.connection)
            if path not in made and os.path.isfile(path):
                key = digests.digest(path).encode() or ABSENT
                base = f"<File>{path}"
                found.append(Read(base, "", key, access.certain, -1, makers.get(base, -1)))
    created = {item.path for item in done if item.mode == "write" and not item.before}
    gone = {item.path for item in done if item.mode == "delete"}
    settled = {position for position, _ in _removals(flow)}
    for index, access in enumerate(flow.accesses):
        # Nothing tells of a look at whether a file is there: only the code does.
        if access.mode == "read" and "listing" in access.detail and plain_path(access):
            path = absolute(str(access.resource))
            if _looks(access):
                if index in settled:
                    continue
                there = path in gone or (path not in created and os.path.exists(path))
                key = THERE.encode() if there else ABSENT
                found.append(Read(f"<File>{path}", THERE, key, access.certain, index, -1))
            elif path not in created | gone and not os.path.isdir(path):
                key = digests.digest(path).encode() or ABSENT
                found.append(Read(f"<File>{path}", "", key, access.certain, index, -1))
    return found


def _looks(access: Access) -> bool:
    """Whether an access only asks if a file is there."""
    return "exists" in access.via or access.via.endswith(("is_file", "isfile"))


def _removals(flow: CellFlow) -> Iterator[tuple[int, str]]:
    """Where a file is removed if it is there, and so is gone afterwards in any case.

    Yields:
        (index of the access that asks, or of the removal, path).
    """
    catches = not _CATCHING.isdisjoint(flow.builtins)
    for statement in flow.statements:
        inside = range(statement.first, statement.last)
        removed = {
            absolute(str(access.resource)): access.certain
            for access in flow.accesses[statement.first : statement.last]
            if access.mode == "delete" and plain_path(access)
        }
        if not removed or any(
            isinstance(flow.accesses[i].resource, Name | File)
            and flow.accesses[i].mode == "write"
            and (isinstance(flow.accesses[i].resource, Name) or flow.accesses[i].via in _MOVERS)
            for i in inside
        ):
            continue
        for index in inside:
            access = flow.accesses[index]
            path = absolute(str(access.resource)) if isinstance(access.resource, File) else ""
            asks = access.mode == "read" and "listing" in access.detail and _looks(access)
            if path in removed and (asks or (access.mode == "delete" and (access.certain or catches))):
                yield index, path


def _changes_in(path: str, done: Sequence[Touched]) -> tuple[set[str], set[str]]:
    """Entries of a directory that a run created, and those that it removed."""
    inside = [item for item in done if os.path.dirname(item.path) == path]
    created = {os.path.basename(i.path) for i in inside if i.mode == "write" and not i.before and i.after}
    removed = {os.path.basename(i.path) for i in inside if i.mode == "delete"}
    return created, removed


def _listing_before(path: str, done: Sequence[Touched]) -> State | None:
    """What lay in a directory when the run began."""
    now = directory_state(path)
    if now is None or now.parts is None:
        return None
    created, removed = _changes_in(path, done)
    return directory_state(path, (set(now.parts) - created) | removed)


def effects(
    done: Sequence[Touched], sequence: int, flow: CellFlow | None = None, ensured: Sequence[str] = ()
) -> dict[str, Effect]:
    """What a run left of files, and of the directories in which it created or removed any.

    Args:
        done: what it did to files.
        sequence: its number.
        flow: its code, if it went through to the end: what that removes is gone, and was perhaps never there.
        ensured: directories that it would have made, and that were there.
    """
    found: dict[str, Effect] = {}
    for _, path in _removals(flow) if flow is not None else ():
        if not os.path.lexists(path):
            found[f"<File>{path}"] = Effect("bound", None, State(ABSENT, maker=sequence))
    for item in done:
        if item.mode == "read":
            continue
        state = directory_state(item.path, maker=sequence) if os.path.isdir(item.path) else None
        if state is None:
            state = State(item.after.encode() or ABSENT, maker=sequence)
        effect = Effect("bound", None, state)
        if item.append and f"<File>{item.path}" not in found:
            effect = Effect("bound", State(item.before.encode() or ABSENT), state, False, LONGER)
        found[f"<File>{item.path}"] = effect
    changed = [item.path for item in done if item.mode in ("write", "mutate", "delete")]
    for path in {os.path.dirname(path) for path in (*changed, *ensured)}:
        base = f"<File>{path}"
        now = directory_state(path, maker=sequence)
        if base in found or now is None or now.parts is None:
            continue
        created, removed = _changes_in(path, done)
        # What was written or changed is there afterwards, in any case.
        written = {
            os.path.basename(i.path)
            for i in done
            if i.mode in ("write", "mutate") and os.path.dirname(i.path) == path
        } | {os.path.basename(made) for made in ensured if os.path.dirname(made) == path}
        before = directory_state(path, (set(now.parts) - created) | removed)
        found[base] = Effect("changed", before, now, True, frozenset(written & set(now.parts)))
    for path in ensured:
        state = directory_state(path, maker=sequence)
        if state is not None:
            found.setdefault(f"<File>{path}", Effect("changed", state, state, True))
    return found


def applied(state: State, effect: Effect) -> State:
    """A directory after a run that created and removed entries."""
    assert state.parts is not None and effect.before is not None and effect.after is not None
    before, after = effect.before.parts or {}, effect.after.parts or {}
    removed = set(before) - set(after)
    added = (set(after) - set(before)) | effect.given
    made = directory_state("", (set(state.parts) - removed) | added, effect.after.maker)
    assert made is not None
    return made


def longer(key: bytes, effect: Effect) -> State:
    """A file after a run that appended to it, where there was something else (or perhaps was)."""
    assert effect.before is not None and effect.after is not None
    if key == effect.before.key:
        return effect.after
    return State(xxh3_128_digest(key + effect.before.key + effect.after.key), maker=effect.after.maker)


def spoken(base: str) -> str:
    """A resource that is no name, as people call it: files below the working directory without it."""
    name = base.partition(">")[2]
    if base.startswith("<File>") and os.path.isabs(name):
        with contextlib.suppress(OSError, ValueError):
            inside = os.path.relpath(name)
            return name if inside.startswith("..") else inside
    return name
