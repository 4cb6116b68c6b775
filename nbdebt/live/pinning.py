"""``%nbdebt pin`` and ``%nbdebt declare``."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.config import forget_settings, load_settings
from nbdebt.data.addresses import safe_url
from nbdebt.data.declared import declaration_base
from nbdebt.data.declaring import Said, configuration_file, declare, pattern_of
from nbdebt.data.pins.drift import sentence
from nbdebt.data.pins.lockfile import Key, key_of, read_pins
from nbdebt.data.pins.model import NAME, Pin
from nbdebt.data.pins.pinning import compare, path_of, with_changes
from nbdebt.data.repay import DONE, day_of, lock_for, pin_sources
from nbdebt.data.targets import local_path
from nbdebt.data.versions.resolver import Resolver
from nbdebt.live.pins import Pins
from nbdebt.live.shown import Shown
from nbdebt.report.inout import pin_facts
from nbdebt.report.plain import clean
from nbdebt.report.words import plural
from nbdebt.rules.data._pinnable import pinnable
from nbdebt.rules.surroundings import Surroundings

if TYPE_CHECKING:
    from nbdebt.live.session import Session


def pin(session: "Session", given: argparse.Namespace) -> Shown:
    """``%nbdebt pin``: pins what is named, or all that this session reads and nothing versions.

    Raises:
        NbdebtError: something can't be read or written.
    """
    pins: Pins = session.pins
    directory = pins.directory()
    lock = lock_for(directory)
    if given.check:
        return _checked(read_pins(lock) if lock.exists() else {}, lock, given.target)
    targets = given.target or _readable(session, pins.resolver())
    made = pin_sources(targets, lock, Path.cwd() if given.target else directory, reader_of(session, lock))
    if not made:
        return Shown("nothing to pin: what this session reads has a version, or nothing is read")
    lines = [f"{clean(one.name)}: {pin_facts(one)}" for one in made]
    where = os.path.relpath(lock)
    return Shown(f"{plural(len(made), 'source')} pinned in {clean(where)}", tuple(lines))


def reader_of(session: "Session", lock: Path) -> str:
    """How a lock file calls the session's notebook; empty where that isn't known."""
    notebook = os.path.basename(session.document.path) if session.document.path else ""
    return key_of(session.pins.directory() / notebook, lock) if notebook else ""


def _readable(session: "Session", resolver: Resolver) -> list[str]:
    """What the session read or its notebook reads, and nothing versions."""
    report = session.report()
    found: list[str] = []
    for result in report.notebooks:
        directory = session.pins.directory()
        around = Surroundings(
            result, directory, session.settings, {result.path: result}, {}, {}, resolver.versioned
        )
        found += [touch.text for touch, state in pinnable(around) if state.by != NAME]
    return list(dict.fromkeys(found))


def _checked(known: dict[Key, Pin], lock: Path, targets: list[str]) -> Shown:
    """How pins compare; addresses are left to the command."""
    wanted = {
        ("urls", safe_url(t)) if "://" in t else ("files", key_of(local_path(t, Path.cwd()), lock))
        for t in targets
    }
    rows: list[tuple[str, ...]] = []
    for key, one in known.items():
        if one.kind != "files" or (wanted and key not in wanted):
            continue
        path = path_of(one, lock)
        found = with_changes(compare(path, one), path)
        words = "as pinned" if found.state == "same" else sentence(found.changes, 12) or found.reason
        rows.append((clean(one.name), clean(one.pinned), clean(words)))
    changed = sum(row[2] != "as pinned" for row in rows)
    title = (
        f"{changed} of {plural(len(rows), 'pin')} changed"
        if changed
        else f"{plural(len(rows), 'pin')}: all as pinned"
    )
    return Shown(title, (), ("what", "pinned", "now"), tuple(rows))


def say(session: "Session", given: argparse.Namespace) -> Shown:
    """``%nbdebt declare``: declares outputs in the project's configuration.

    Raises:
        NbdebtError: a day is none, or the file can't be changed.
    """
    directory = session.pins.directory()
    settings = load_settings(directory)
    file, base = configuration_file(settings, directory), declaration_base(settings, directory)
    day = day_of(given.expires)
    readers = tuple(name.strip() for name in given.consumers.split(",") if name.strip()) or None
    said = [
        Said(pattern_of(path, base, directory), given.owner or None, readers, given.note or None, day)
        for path in given.path
    ]
    done = declare(file, said)
    forget_settings()
    session.settings = load_settings(directory)
    shown = clean(os.path.relpath(file))
    if len(said) == 1:
        return Shown(f"{clean(said[0].pattern)} {DONE[done[0]]} {shown}")
    words = {"declared": "declared", "changed": "changed", "known": "was declared so already"}
    lines = tuple(f"{clean(one.pattern)} {words[how]}" for one, how in zip(said, done, strict=True))
    return Shown(f"{shown}:", lines)
