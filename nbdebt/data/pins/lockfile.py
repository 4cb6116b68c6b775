"""``nbdebt.lock``: the file, its format, and how it is changed.

TOML 1.0 (https://toml.io/en/v1.0.0), made to be read and merged by people: one table an entry, in order of
their names, one line a fact::

    version = 1

    [files."data/x.csv"]
    sha256 = "9f86d0…"
    size = 1048576
    pinned = "2026-11-22"
    notebooks = ["clean.ipynb"]
    rows = 1000
    columns."age" = { type = "integer", nulls = 3, min = 0, max = 99, quantiles = [2, 20, 38, 61, 80] }

Keys that this version doesn't know are passed over, so that new ones don't need a new ``version``.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.data.pins.model import NAME, Column, Kind, Pin, Profile
from nbdebt.model.errors import NbdebtError

VERSION = 1
HEAD = f"# Digests of the data that notebooks read; written by nbdebt.\nversion = {VERSION}\n"
KINDS: tuple[Kind, ...] = ("files", "urls")
_OURS = re.compile(r"^\[[ \t]*(?P<kind>files|urls)[ \t]*\.")
_BEGIN, _MIDDLE, _END, _BASE = "<<<<<<<", "=======", ">>>>>>>", "|||||||"
Key = tuple[str, str]


class LockError(NbdebtError):
    """A lock file, or what is to be pinned in it, cannot be read or written."""


def nearest_lock(directory: Path) -> Path | None:
    """The lock file of a directory: its own, or the nearest above."""
    for one in (directory, *directory.parents):
        if (one / NAME).is_file():
            return one / NAME
    return None


def key_of(path: Path, lock: Path) -> str:
    """How a lock file names a file: relative to itself, with slashes."""
    try:
        return Path(os.path.relpath(path, os.path.realpath(lock.parent))).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


# Reading


def read_pins(lock: Path) -> dict[Key, Pin]:
    """What a lock file records, by kind and name. What has no digest is left out.

    Raises:
        LockError: it cannot be read, is not TOML, or is of a later format.
    """
    return parse_pins(read_text(lock), lock.name)


def read_text(lock: Path) -> str:
    """A lock file's text.

    Raises:
        LockError: it cannot be read.
    """
    try:
        return lock.read_text(encoding="utf-8")
    except OSError as error:
        raise LockError(f"{lock.name} can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise LockError(f"{lock.name} is not TOML: {error}") from None


def parse_pins(text: str, name: str = NAME) -> dict[Key, Pin]:
    """The pins in a text.

    Raises:
        LockError: it is not TOML, or of a later format.
    """
    found: dict[Key, Pin] = {}
    document = _document(text, name)
    for kind in KINDS:
        for entry, said in tables(document, kind, name).items():
            pin = _pin(kind, entry, said) if isinstance(said, dict) else None
            if pin is not None:
                found[pin.key] = pin
    return found


def _document(text: str, name: str) -> dict[str, Any]:
    if is_conflicted(text):
        raise LockError(f"{name} holds both sides of a merge: `nbdebt pin --update` makes one of them")
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise LockError(f"{name} is not TOML: {error}") from None
    version = document.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise LockError(f"{name} has format {version!r}, which this version of nbdebt does not know")
    return document


def tables(document: Mapping[str, Any], kind: Kind, name: str = NAME) -> dict[str, Any]:
    """The tables of one kind.

    Raises:
        LockError: there is something else in their place.
    """
    found = document.get(kind, {})
    if not isinstance(found, dict):
        raise LockError(f"{name}: `{kind}` must be a table")
    return found


def _pin(kind: Kind, name: str, said: Mapping[str, Any]) -> Pin | None:
    digest = said.get("sha256")
    if not isinstance(digest, str):
        return None
    size, files, notebooks = said.get("size"), said.get("files"), said.get("notebooks")
    return Pin(
        kind,
        name,
        digest,
        size if isinstance(size, int) else -1,
        str(said.get("pinned", "")),
        tuple(str(n) for n in notebooks) if isinstance(notebooks, list) else (),
        files if isinstance(files, int) else None,
        str(said.get("version", "")),
        _profile(said),
    )


def _profile(said: Mapping[str, Any]) -> Profile | None:
    rows, columns = said.get("rows"), said.get("columns")
    if not isinstance(rows, int) or not isinstance(columns, dict):
        return None
    try:
        return Profile(rows, {name: _column(found) for name, found in columns.items()})
    except (msgspec.ValidationError, TypeError):
        return None


def _column(said: Mapping[str, Any]) -> Column:
    renamed = {{"min": "low", "max": "high"}.get(key, key): value for key, value in said.items()}
    return msgspec.convert(renamed, Column)


# Writing


def quoted(text: str) -> str:
    """A text as a basic string of TOML: one of JSON but for one more character that must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def header_of(kind: str, name: str) -> str:
    """The line with which a pin's table begins."""
    return f"[{kind}.{quoted(name)}]"


def table_of(pin: Pin) -> str:
    """A pin as a table of TOML."""
    lines = [header_of(pin.kind, pin.name), f'sha256 = "{pin.sha256}"']
    if pin.size >= 0:
        lines.append(f"size = {pin.size}")
    if pin.files is not None:
        lines.append(f"files = {pin.files}")
    if pin.version:
        lines.append(f"version = {quoted(pin.version)}")
    lines.append(f"pinned = {quoted(pin.pinned)}")
    if pin.notebooks:
        lines.append(f"notebooks = [{', '.join(map(quoted, sorted(set(pin.notebooks))))}]")
    if pin.profile is not None:
        lines.append(f"rows = {pin.profile.rows}")
        columns = pin.profile.columns.items()
        lines += [f"columns.{quoted(name)} = {_inline(column)}" for name, column in columns]
        if not columns:
            lines.append("columns = {}")
    return "\n".join(lines) + "\n"


def _inline(column: Column) -> str:
    facts = [f'type = "{column.type}"']
    if column.nulls:
        facts.append(f"nulls = {column.nulls}")
    for key, bound in (("min", column.low), ("max", column.high)):
        if bound is not None:
            facts.append(f"{key} = {quoted(bound) if isinstance(bound, str) else _number(bound)}")
    if column.quantiles:
        facts.append(f"quantiles = [{', '.join(map(_number, column.quantiles))}]")
    if column.distinct is not None:
        facts.append(f"distinct = {column.distinct}")
    if column.values is not None:
        facts.append(f"values = [{', '.join(map(quoted, column.values))}]")
    return "{ " + ", ".join(facts) + " }"


def _number(value: float) -> str:
    return repr(value)


def with_pins(text: str, pins: Iterable[Pin], gone: Iterable[Key] = ()) -> str:
    """A lock file's text with pins put in or replaced, and others taken out.

    All else stays as it is; tables of pins are in order of their names, other tables behind them.

    Args:
        text: of the file as it is; empty for a new one.
        pins: to put in.
        gone: to take out.
    """
    parts = re.split(r"(?m)^(?=\[)", text or HEAD)
    head, blocks = parts[0], parts[1:]
    ours: dict[Key, str] = {}
    others: list[str] = []
    for block in blocks:
        key = _key_of_block(block)
        if key is None:
            others.append(block)
        else:
            ours[key] = block
    for pin in pins:
        ours[pin.key] = table_of(pin)
    for key in gone:
        ours.pop(key, None)
    ordered = [ours[key] for key in sorted(ours)] + others
    return "\n".join(block.rstrip("\n") + "\n" for block in ([head] if head.strip() else []) + ordered)


def _key_of_block(block: str) -> Key | None:
    """The pin that a table is; None for any other table."""
    found = _OURS.match(block)
    if found is None:
        return None
    try:
        names = tomllib.loads(block.split("\n", 1)[0])[found["kind"]]
    except (ValueError, KeyError):
        return None
    name, inner = next(iter(names.items()))
    return None if inner else (found["kind"], str(name))


def write_lock(lock: Path, text: str) -> None:
    """Write beside and rename, so that a crash leaves the old file whole.

    Raises:
        LockError: it cannot be written, or would not be a lock file.
    """
    parse_pins(text, lock.name)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise LockError(f"{lock}: a file whose name is no text can't be pinned") from None
    temporary = lock.with_name(f".{lock.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(lock)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LockError(f"{lock} can't be written: {error.strerror or error}") from None


# Merging


def is_conflicted(text: str) -> bool:
    """Whether a merge left both sides in a text."""
    return any(line.startswith(_BEGIN) for line in text.splitlines()) and _MIDDLE in text


def sides(text: str) -> tuple[str, str]:
    """The two sides of a text that a merge left in conflict (git-merge(1), "How conflicts are presented")."""
    ours: list[str] = []
    theirs: list[str] = []
    into = [ours, theirs]
    for line in text.splitlines(keepends=True):
        mark = line[:7]
        if mark == _BEGIN:
            into = [ours]
        elif mark == _BASE and into == [ours]:
            into = []
        elif mark == _MIDDLE and into in ([ours], []):
            into = [theirs]
        elif mark == _END and into == [theirs]:
            into = [ours, theirs]
        else:
            for side in into:
                side.append(line)
    return "".join(ours), "".join(theirs)


def merged(ours: str, theirs: str) -> tuple[str, list[Pin]]:
    """Two lock files made one.

    Args:
        ours: the one whose other lines are kept.
        theirs: the other.

    Returns:
        The text, with all pins of both, and those on whose digest they disagree, as ``ours`` has them.

    Raises:
        LockError: one of them is no lock file.
    """
    mine, others = parse_pins(ours), parse_pins(theirs)
    taken: list[Pin] = []
    disputed: list[Pin] = []
    for key, other in others.items():
        own = mine.get(key)
        if own is None:
            taken.append(other)
        elif own.sha256 != other.sha256:
            disputed.append(own)
        else:
            both = tuple(sorted({*own.notebooks, *other.notebooks}))
            newer = max(own, other, key=lambda pin: (pin.pinned, pin.profile is not None))
            taken.append(msgspec.structs.replace(newer, notebooks=both))
    return with_pins(ours, taken), disputed
