"""What a notebook takes in and gives out, each thing once, with what is known of its other end.

``%nbdebt io`` shows it as a table, the panel of JupyterLab as lists with buttons.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from nbdebt.config import Output
from nbdebt.data.addresses import safe_url
from nbdebt.data.declared import declaration_base, declaration_of
from nbdebt.data.exposure.answer import Exposure
from nbdebt.data.pins.drift import sentence
from nbdebt.data.pins.model import NAME, Pin
from nbdebt.data.places import Place
from nbdebt.data.repay import owner_of
from nbdebt.data.targets import is_unknown
from nbdebt.data.versions.answer import Versioned
from nbdebt.ledger.local import Reader, local_of
from nbdebt.ledger.names import dataset_of
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Exchange
from nbdebt.model.history import Basis, File, Table, Url
from nbdebt.report.words import plural
from nbdebt.rules.data._pinnable import pinnable
from nbdebt.rules.outputs._words import pattern_of
from nbdebt.rules.surroundings import Surroundings, Touch

PLACES: dict[Place, str] = {
    "project": "in the project",
    "outside": "outside the project",
    "home": "in the home directory",
    "shared": "where others write, too",
    "temporary": "temporary",
    "cache": "in a cache",
    "nowhere": "nowhere",
    "unknown": "",
}
_KINDS = {File: "file", Url: "url", Table: "table"}
_READERS = 12
_IDENTITY = 12
# What is no content of a data set, or comes to nothing.
_NO_DATA = frozenset(("listing", "absent", "package", "failed"))


class Look(NamedTuple):
    """One exchange, and what is known of its other end.

    Args:
        touch: the exchange, its target resolved.
        version: for a read, whether the source is versioned, and by what.
        exposure: for a write, who can read it; None where nobody can be told of.
    """

    touch: Touch
    version: Versioned | None = None
    exposure: Exposure | None = None

    @property
    def known(self) -> str:
        """How it is versioned, or where it goes and who can read it, in a few words."""
        touch = self.touch
        if self.version is not None:
            made = touch.exchange.made_before
            return "made by this notebook" if made else version_words(self.version)
        declared = declared_words(touch.declared) if touch.mode == "write" else ""
        return ", ".join(filter(None, (PLACES[touch.place], declared, told(self.exposure))))


def looked_up(around: Surroundings) -> list[Look]:
    """All exchanges of a notebook with files, URLs and tables, looked up.

    Args:
        around: the notebook. Its onlooker asks git for all files together.
    """
    onlooker = around.onlooker()
    onlooker.foresee(t.target for t in around.touches if t.mode == "write" and t.local and t.exact)
    found = []
    for touch in around.touches:
        if touch.mode == "read":
            found.append(Look(touch, around.state(touch)))
        else:
            found.append(Look(touch, None, around.exposure(touch) if touch.mode == "write" else None))
    return found


# Words


def version_words(found: Versioned) -> str:
    """Whether something is versioned, and by what, else why not."""
    words = {
        "versioned": "versioned",
        "versioned-locally": "committed, not pushed",
        "unversioned": "not versioned",
    }
    if found.state == "absent":
        return found.reason or "is not there"
    said = words.get(found.state, found.state)
    if found.state == "versioned" and found.by:
        return f"{said} by {found.by}"
    return said + (f": {found.reason}" if found.reason else "")


def told(exposed: Exposure | None) -> str:
    """Who can read it, where others than its author do, or it is pushed; not what holds for every file."""
    return exposed.words if exposed is not None and (exposed.notable or "git" in exposed.places) else ""


def declared_words(declared: Output | None) -> str:
    """Whether somebody owns up to an output."""
    if declared is None:
        return "not declared"
    return f"declared ({declared.owner})" if declared.owner else "declared"


def pin_facts(pin: Pin) -> str:
    """How much was pinned."""
    if pin.profile is not None:
        return f"{pin.profile.rows:,} rows, {plural(len(pin.profile.columns), 'column')}"
    return f"{pin.size:,} bytes" + (f" in {plural(pin.files, 'file')}" if pin.files is not None else "")


# For programs


class Item(msgspec.Struct):
    """One thing that comes in or goes out: all touches of it in one direction.

    Args:
        key: what it is called when something is to be done about it.
        looks: the touches, in document order.
    """

    key: str
    looks: list[Look]

    @property
    def touch(self) -> Touch:
        """The one that names it as the code does; what was seen only is named by where it lies."""
        touches = (look.touch for look in self.looks)
        return min(touches, key=lambda t: (t.exchange.access.basis == "observed", len(t.text)))


def items(looks: list[Look]) -> dict[str, Item]:
    """Reads, writes and deletions, each target once, by key."""
    found: dict[str, Item] = {}
    for look in looks:
        touch = look.touch
        if not _NO_DATA.isdisjoint(touch.exchange.access.detail) or touch.place == "nowhere":
            continue
        key = _key(touch)
        found.setdefault(key, Item(key, [])).looks.append(look)
    return found


def item_of(looks: list[Look], key: str) -> Item:
    """What is called so.

    Raises:
        NbdebtError: nothing is, any more.
    """
    found = items(looks).get(key)
    if found is None:
        raise NbdebtError("the notebook doesn't read or write this any more")
    return found


def data_object(
    around: Surroundings,
    looks: list[Look],
    seen: Callable[[Exchange], bool],
    can_pin: Callable[[Touch], bool] = lambda touch: True,
) -> dict[str, Any]:
    """What comes in and goes out, as programs see it: ``data`` of ``wire.schema.json``.

    Args:
        around: the notebook.
        looks: its exchanges, looked up.
        seen: says of an exchange that the code has, whether it was seen when it ran.
        can_pin: whether who answers may pin this.
    """
    data = {touch.target for touch in around.data_reads()}
    to_pin = {t.target: s for t, s in pinnable(around) if can_pin(t)}
    readers = _readers_of(around)
    shown = []
    for item in items(looks).values():
        first = item.looks[0].touch
        if first.mode == "read" and first.target not in data:
            continue
        shown.append(_item(around, item, seen, to_pin, readers))
    return {
        "items": shown,
        "ledger": bool(around.settings.ledger.dir),
        "days": around.settings.ledger.days,
        "owner": owner_of(around.directory),
    }


def _item(
    around: Surroundings,
    item: Item,
    seen: Callable[[Exchange], bool],
    to_pin: dict[str, Versioned],
    readers: Callable[[Touch], list[Reader]],
) -> dict[str, Any]:
    touches = [look.touch for look in item.looks]
    first = item.touch
    look = next(look for look in item.looks if look.touch is first)
    op = {"read": "reads", "delete": "deletes"}.get(first.mode, "writes")
    own = op == "reads" and around.makes(first)
    facts = list(_facts(look, own))
    pin = to_pin.get(first.target) if op == "reads" else None
    declarable = op == "writes" and not is_unknown(first.text) and first.place != "temporary"
    known = readers(first) if op == "writes" else []
    return {
        "key": item.key,
        "op": op,
        "kind": _KINDS[type(first.resource)],
        "name": _name(around, first),
        "exact": first.exact,
        "basis": _basis(touches, seen),
        "certain": any(t.exchange.access.certain for t in touches),
        "via": first.via,
        "cells": _cells(touches),
        "own": own,
        "words": "made by this notebook" if own else _words(look),
        "facts": facts,
        "version": None if own or look.version is None else _version(look.version),
        "exposure": msgspec.to_builtins(look.exposure),
        "declared": _declared(first.declared) if op == "writes" else None,
        "pattern": declared_pattern(around, first) if declarable else "",
        "pin": "" if pin is None else "again" if pin.by == NAME else "pin",
        "readers": [reader._asdict() for reader in known[:_READERS]],
        "more_readers": max(len(known) - _READERS, 0),
    }


def _words(look: Look) -> str:
    """One clause: what is to be known of it first."""
    if look.version is not None:
        found = look.version
        if found.by == NAME and found.state == "versioned":
            return f"pinned in {NAME}"
        if found.by == NAME and found.pinned:
            return f"is not what was pinned on {found.pinned}"
        return version_words(found)
    if look.touch.mode == "delete":
        return "removed"
    return declared_words(look.touch.declared)


def _facts(look: Look, own: bool) -> Iterator[str]:
    """What else is known, a clause each."""
    found, touch = look.version, look.touch
    if found is not None and not own:
        if found.by == NAME and found.changes:
            yield sentence(found.changes)
        if found.identity:
            kind, colon, digest = found.identity.partition(":")
            short = f"{kind}:{digest[:_IDENTITY]}" if colon and len(digest) > _IDENTITY else found.identity
            yield f"version `{short}`"
    if not touch.exact:
        yield "a part of its name is computed"
    place = PLACES[touch.place]
    if place and touch.place not in ("project", "nowhere"):
        yield place
    if look.exposure is not None and look.exposure.words:
        yield look.exposure.words
    declared = touch.declared if touch.mode == "write" else None
    if declared is not None:
        if declared.consumers:
            yield f"declared readers: {', '.join(declared.consumers)}"
        if declared.note:
            yield declared.note
        if declared.expires:
            yield f"declared until {declared.expires}"


def declared_pattern(around: Surroundings, touch: Touch, wanted: str = "") -> str:
    """The pattern under which an output is declared, or is to be.

    Args:
        around: the notebook, and the world around it.
        touch: the output.
        wanted: what somebody typed; it may stand for more than this output.

    Raises:
        NbdebtError: what was typed doesn't stand for it.
    """
    if wanted := wanted.strip():
        base = str(declaration_base(around.settings, around.directory))
        if declaration_of(touch.resource, touch.target, [Output(wanted, base=base)]) is None:
            raise NbdebtError(f"`{wanted}` doesn't stand for `{_name(around, touch)}`")
        return wanted
    known = touch.declared
    if known is not None:
        base = os.path.realpath(declaration_base(around.settings, around.directory))
        if os.path.realpath(known.base) == base:
            return known.pattern
    return pattern_of(around, touch)


def _name(around: Surroundings, touch: Touch) -> str:
    """How people know it; without what gives access, and relative where it lies beside the notebook."""
    if isinstance(touch.resource, Url):
        return safe_url(touch.text)
    if isinstance(touch.resource, File) and touch.exchange.access.basis == "observed":
        inside = os.path.join(os.path.realpath(around.directory), "")
        return touch.text.removeprefix(inside)
    return touch.text


def _basis(touches: list[Touch], seen: Callable[[Exchange], bool]) -> Basis:
    bases = {touch.exchange.access.basis for touch in touches}
    if "observed" in bases or any(seen(touch.exchange) for touch in touches):
        return "observed"
    return "parsed" if "parsed" in bases else "inferred"


def _cells(touches: list[Touch]) -> list[dict[str, Any]]:
    cells: dict[str, dict[str, Any]] = {}
    for touch in touches:
        ref, span = touch.exchange.cell, touch.exchange.access.span
        where = {"index": ref.index, "id": ref.id, "execution_count": ref.execution_count}
        cells.setdefault(ref.id, {**where, "line": max(span.line, 1)})
    return sorted(cells.values(), key=lambda cell: cell["index"])


def _version(found: Versioned) -> dict[str, Any]:
    return {**msgspec.structs.asdict(found), "changes": list(found.changes)}


def _declared(output: Output | None) -> dict[str, Any] | None:
    if output is None:
        return None
    return {
        "pattern": output.pattern,
        "owner": output.owner,
        "consumers": list(output.consumers),
        "note": output.note,
        "expires": output.expires,
    }


def _readers_of(around: Surroundings) -> Callable[[Touch], list[Reader]]:
    """What says who else has read a data set, where a ledger is kept."""
    if not around.settings.ledger.dir:
        return lambda touch: []
    local = local_of(around.settings.ledger)
    own = os.path.realpath(around.directory / os.path.basename(around.result.path))

    def asked(touch: Touch) -> list[Reader]:
        name = dataset_of(touch.resource, around.directory) if touch.exact else None
        return [reader for reader in local.readers(name) if reader.job != own] if name is not None else []

    return asked


def _key(touch: Touch) -> str:
    """The same for the same target and direction, whoever asks."""
    target = touch.text if touch.target == "<unknown>" else touch.target
    op = {"read": "r", "delete": "d"}.get(touch.mode, "w")
    text = f"{_KINDS[type(touch.resource)]}\0{target}"
    return op + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
