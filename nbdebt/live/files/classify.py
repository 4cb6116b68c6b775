"""From what was written down during a run to what the run touched."""

import os
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from nbdebt.data.addresses import safe_url
from nbdebt.data.targets import is_absolute
from nbdebt.live.files.contents import Contents, Signature, signature, standing, stat_digest
from nbdebt.live.files.hook import Touch
from nbdebt.live.files.noise import is_bundled
from nbdebt.live.files.sql import sql_tables
from nbdebt.live.seen import OutsideMode, Seen
from nbdebt.model.history import File, Package, Resource, Table, Url
from nbdebt.model.patterns import later

_URL_MODES: dict[str, OutsideMode] = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
_SQLITE = later(r"^sqlite(?:\+\w+)?:///(?!:memory:)(?P<path>[^?]+)")


_MAKING = frozenset(("write", "append", "entry-write", "entry-append"))


class Track:
    """What became of one path during a run."""

    def __init__(self, touch: Touch) -> None:
        self.path = touch.path
        self.given = touch.given
        self.via = touch.via
        self.sure = touch.owner.sure
        self.found = touch.found
        self.before = touch.before
        self.kinds: list[str] = []
        self.foreign = touch.found is not None
        self.back = False

    @property
    def made(self) -> bool:
        """Whether the run wrote it before it read it."""
        return self.kinds[0] in ("write", "entry-write", "temporary", "make") or not self.foreign


def seen_of(touches: Iterable[Touch], contents: Contents, names: "Names") -> list[Seen]:
    """What a run touched: files as they stand now beside how they were found, then the rest.

    Args:
        touches: what was written down for this run, in order.
        contents: digests of files.
        names: names of library functions.
    """
    tracks: dict[str, Track] = {}
    others: dict[tuple[Resource, OutsideMode], Seen] = {}
    for touch in touches:
        for item in _others(touch, names):
            others.setdefault((item.resource, item.mode), item)
        if touch.kind not in ("url", "sql", "table", "package"):
            _follow(touch, tracks)
    files = [item for track in tracks.values() for item in _file(track, contents, names)]
    return [*files, *others.values()]


def ensured(touches: Iterable[Touch]) -> list[str]:
    """Directories that a run would have made, and that were there already."""
    return list(dict.fromkeys(t.path for t in touches if t.kind == "make" and t.found is not None))


def _follow(touch: Touch, tracks: dict[str, Track]) -> None:
    track = tracks.get(touch.path)
    if track is None:
        track = tracks[touch.path] = Track(touch)
    elif touch.kind.startswith("entry") and not track.kinds[0].startswith("entry"):
        # The name of the declared function, where both it and the interpreter told.
        track.via = touch.via
    if not track.before and touch.before and touch.found == track.found:
        track.before = touch.before
    track.sure = track.sure and touch.owner.sure
    track.kinds.append(touch.kind)
    track.back = track.back or touch.other == "+"


def _file(track: Track, contents: Contents, names: "Names") -> Iterator[Seen]:
    kinds = set(track.kinds)
    # What the interpreter says of how a file is opened beats what is declared of a function.
    if kinds & {"write", "append", "update"}:
        kinds -= {"entry-write", "entry-append", "maybe"}
    now = signature(track.path)
    if track.found is None and now is None:
        if kinds <= {"read", "entry-read"}:
            yield from _absent(track, names)
        return
    directory = os.path.isdir(track.path)
    tree = directory and bool(kinds & {"entry-read", "entry-write", "entry-append"})
    after = contents.tree(track.path) if tree else contents.digest(track.path)
    before = _before(track, now, after)
    detail = ["directory"] if directory else []
    if is_bundled(track.path):
        detail.append("package")
    if "temporary" in kinds:
        detail.append("temporary")
    resource = File(_name(track))
    if resource.path != track.given and not is_absolute(track.given):
        # The run went on to another directory: what was written in the code is no path of this machine.
        detail.append("relative")
    via = names.name(*track.via)

    def item(mode: OutsideMode, *more: str) -> Seen:
        ordered = tuple(sorted({*detail, *more}))
        return Seen(resource, mode, via, track.sure, before, after, ordered)

    changed = before != after
    wrote = bool(kinds & {"write", "append", "entry-write", "entry-append"}) or (
        bool(kinds & {"update", "maybe"}) and changed
    )
    reading = bool(kinds & {"read", "entry-read", "rename"}) or (kinds & {"update", "maybe"} and not wrote)
    if reading and not track.made:
        yield item("read")
    if "list" in kinds and not track.made:
        yield item("read", "listing")
    if now is None:
        if track.foreign:
            yield item("delete")
        return
    if "delete" in track.kinds and not wrote:
        if changed or not track.foreign:
            return
        yield item("delete", "failed")
    elif wrote:
        extra = standing(track.path)
        first = next((place for place, k in enumerate(track.kinds) if k in _MAKING), 0)
        # What is opened to be changed, and made where it isn't there, is longer each time: archives are.
        if track.kinds[first] in ("append", "entry-append") or (
            track.kinds[0] == "update" and "write" in kinds and not track.foreign
        ):
            extra.append("append")
            if track.back or kinds & {"read", "entry-read"}:
                extra.append("read back")
        if track.foreign:
            extra.append("overwritten" if kinds & {"write", "entry-write"} else "update")
            if track.back and track.kinds[0] == "update":
                extra.append("read back")
        in_place = not kinds & {"write", "entry-write", "append", "entry-append"} and track.foreign
        yield item("mutate" if in_place else "write", *extra)
    elif "make" in kinds and not track.foreign:
        yield item("write", *standing(track.path))
    elif "change" in kinds:
        yield item("mutate", "metadata", *standing(track.path))


def _absent(track: Track, names: "Names") -> Iterator[Seen]:
    """A read that found nothing counts where the user's own code asked, or inside the project: libraries ask
    for settings in many places."""
    below = track.path.startswith(os.getcwd() + os.sep)
    if below or not track.via[0]:
        yield Seen(File(_name(track)), "read", names.name(*track.via), track.sure, "", "", ("absent",))


def _before(track: Track, now: Signature | None, after: str) -> str:
    if track.found is None:
        return ""
    if track.found == now:
        return after
    return track.before or stat_digest(track.found)


def _name(track: Track) -> str:
    """The path as it was given, if that still leads there; else absolute."""
    try:
        same = os.path.abspath(os.path.expanduser(track.given)) == track.path
    except OSError:  # the working directory is gone
        same = False
    return track.given if same else track.path


def _others(touch: Touch, names: "Names") -> Iterator[Seen]:
    """What is touched by a request, a statement or a command."""
    sure, via = touch.owner.sure, names.name(*touch.via)
    if touch.kind == "url":
        url = safe_url(touch.path)
        if url:
            yield Seen(Url(url), _URL_MODES.get(touch.other, "read"), via, sure)
    elif touch.kind == "table":
        yield Seen(Table(touch.path, stripped_url(touch.other)), "write", via, sure)
    elif touch.kind == "sql":
        for mode, table in sql_tables(touch.path):
            yield Seen(Table(table, stripped_url(touch.other)), mode, via, sure)
    elif touch.kind == "package":
        yield Seen(Package(touch.path, touch.given), "write", via, sure)


def stripped_url(url: str) -> str:
    """A URL without user, password, query and fragment; empty where it can't be read."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def sqlite_path(connection: str) -> str:
    """The file behind SQLAlchemy's address of an SQLite database; empty for every other."""
    found = _SQLITE.match(connection)
    return found["path"] if found is not None else ""


class Names:
    """Public names of library functions: ``pandas.read_csv`` for ``pandas.io.parsers.readers.read_csv``."""

    def __init__(self, modules: dict[str, object]) -> None:
        self._modules = modules
        self._known: dict[tuple[str, str], str] = {}

    def name(self, module: str, function: str) -> str:
        """The name under which people call a function; ``function`` alone where there is no module."""
        if not module:
            return function
        known = self._known.get((module, function))
        if known is None:
            known = self._known[module, function] = self._public(module, function)
        return known

    def _public(self, module: str, function: str) -> str:
        first, _, rest = function.partition(".")
        if rest in ("__init__", "__new__", "__enter__"):
            function = first
        owner = getattr(self._modules.get(module), "__dict__", {}).get(first)
        parts = module.split(".")
        for end in range(1, len(parts)):
            shorter = ".".join(parts[:end])
            if owner is not None and getattr(self._modules.get(shorter), "__dict__", {}).get(first) is owner:
                return f"{shorter}.{function}"
        return f"{module}.{function}"
