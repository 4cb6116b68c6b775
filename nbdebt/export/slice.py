"""What is kept: the runs, and the statements, that the targets rest on. Only analysis leaves anything out."""

import ast
from collections.abc import Iterable, Sequence

import msgspec

from nbdebt.export.collapse import collapsed, said
from nbdebt.export.effects import Unit, looks_only, statements_of, unit_of
from nbdebt.export.figures import drawing
from nbdebt.export.model import Entry, Kept, Level, Log
from nbdebt.export.names import parsed_source
from nbdebt.model.errors import NbdebtError
from nbdebt.report.words import plural

_KEEP = frozenset(("nbdebt-keep", "active-py", "parameters"))
_SKIP = frozenset(("nbdebt-skip", "active-ipynb"))


class Targets(msgspec.Struct, frozen=True):
    """What a script is for.

    Args:
        names: names whose values it must give.
        files: files that it must write.
        cells: numbers of runs that it must do, with what they show.
        outputs: all that is printed, shown or written.
        words: the targets as they were said.
    """

    names: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    cells: frozenset[int] = frozenset()
    outputs: bool = False
    words: tuple[str, ...] = ()


class Sliced(msgspec.Struct, frozen=True):
    """What is kept of a log, and what is left out, a sentence each."""

    kept: tuple[Kept, ...]
    level: Level
    targets: Targets
    dropped: tuple[str, ...] = ()


def sliced(log: Log, words: Sequence[str], level: Level | None = None) -> Sliced:
    """What of a log the targets need.

    Args:
        log: what ran.
        words: the targets (see :func:`nbdebt.export`).
        level: how far to cut; None as far as is sound.

    Raises:
        NbdebtError: a target is no name, file or cell of the log.
    """
    targets = _targets(log, words)
    entries = [entry for entry in log.entries if _SKIP.isdisjoint(entry.tags)]
    skipped = [f"{e.label} is tagged so" for e in log.entries if e not in entries]
    opaque = [entry for entry in entries if entry.flow.opaque]
    if opaque and level is None and not targets.outputs:
        skipped.append(f"nothing else: what {opaque[0].label} does can't be read from its code")
    if level == "replay" or opaque:
        return Sliced(tuple(map(Kept, entries)), "replay", targets, tuple(skipped))
    drawn = drawing(entries)
    kept_by_tag = {entry.number for entry in entries if not _KEEP.isdisjoint(entry.tags)}
    again = collapsed(entries, drawn | targets.cells | kept_by_tag)
    skipped += said(again, entries)
    entries = [entry for entry in entries if entry.number not in again]
    units = [unit_of(entry, log.observed, entry.number in drawn) for entry in entries]
    looks = {e.number for e in entries if targets.outputs and _KEEP.isdisjoint(e.tags) and looks_only(e)}
    if "outputs" in targets.words:
        looks = set()
    chosen = _backwards(units, targets, looks)
    kept = [Kept(entry) for entry, take in zip(entries, chosen, strict=True) if take]
    left = [entry for entry, take in zip(entries, chosen, strict=True) if not take]
    found: Level = "cells" if left or again else "replay"
    if level != "cells":
        finer = _statements(kept, targets, drawn, log.observed)
        if any(k.statements is not None for k in finer):
            kept, found = finer, "statements"
    return Sliced(tuple(kept), found, targets, (*skipped, *_said(left, looks), *_parts(kept)))


def _targets(log: Log, words: Sequence[str]) -> Targets:
    names: set[str] = set()
    files: set[str] = set()
    cells: set[int] = set()
    outputs = False
    bound = {name.name for entry in log.entries for name in entry.flow.defines} | set(log.names)
    written = {
        str(access.resource)
        for entry in log.entries
        for access in entry.flow.accesses
        if type(access.resource).__name__ == "File" and access.mode in ("write", "mutate")
    } | set(log.written)
    for word in words:
        if word in ("all", "outputs"):
            outputs = True
            names |= set(log.names) if word == "all" else set()
            continue
        label = f"cell {word}" if word.startswith("[") else word
        found = {e.number for e in log.entries if label in (e.label, e.cell) and label}
        if word in bound:
            names.add(word)
        elif found:
            cells.add(max(found))
        elif word in written:
            files.add(word)
        else:
            raise NbdebtError(f"{word}: the notebook has no such name, file that it writes, or cell")
    return Targets(frozenset(names), frozenset(files), frozenset(cells), outputs, tuple(words))


def _backwards(units: Sequence[Unit], targets: Targets, looks: Iterable[int]) -> list[bool]:
    """Which units the targets rest on, found from the last to the first."""
    needed = set(targets.names) | {f"<File>{path}" for path in targets.files}
    dropped = set(looks)
    chosen: list[bool] = []
    for unit in reversed(units):
        makes = unit.makes(needed)
        keep = (
            makes
            or unit.always
            or unit.number in targets.cells
            or (targets.outputs and unit.visible and unit.number not in dropped)
        )
        chosen.append(bool(keep))
        if keep:
            needed -= unit.kills
            needed |= unit.needs
    return chosen[::-1]


def _statements(kept: Sequence[Kept], targets: Targets, drawn: set[int], observed: bool) -> list[Kept]:
    """The statements that are needed of the runs that are."""
    units: list[Unit] = []
    places: list[tuple[int, int]] = []
    for position, item in enumerate(kept):
        parts = statements_of(item.entry, observed, item.entry.number in drawn)
        if item.entry.number in targets.cells or not _KEEP.isdisjoint(item.entry.tags):
            parts = None
        if parts is None:
            units.append(unit_of(item.entry, observed, item.entry.number in drawn)._replace(always=True))
            places.append((position, -1))
        else:
            units += parts
            places += [(position, number) for number in range(len(parts))]
    chosen = _backwards(units, targets, ())
    found: dict[int, set[int]] = {}
    for (position, number), take in zip(places, chosen, strict=True):
        if take:
            found.setdefault(position, set()).add(number)
    result: list[Kept] = []
    for position, item in enumerate(kept):
        numbers = found.get(position)
        if numbers is None:
            continue
        total = len(item.entry.flow.statements)
        whole = -1 in numbers or len(numbers) == total
        result.append(item if whole else Kept(item.entry, frozenset(numbers)))
    return result


def _said(left: Sequence[Entry], looks: set[int]) -> list[str]:
    said = []
    only = [e.label for e in left if e.number in looks]
    dead = [e.label for e in left if e.number not in looks]
    if only:
        said.append(
            f"{plural(len(only), 'run')} that only {'looks' if len(only) == 1 else 'look'}: {', '.join(only)}"
        )
    if dead:
        said.append(f"{plural(len(dead), 'run')} that nothing kept rests on: {', '.join(dead)}")
    return said


def _parts(kept: Sequence[Kept]) -> list[str]:
    said = []
    for item in kept:
        if item.statements is not None:
            tree = parsed_source(item.entry.source).tree
            body: list[ast.stmt] = tree.body if tree is not None else []
            lines = [str(n.lineno) for i, n in enumerate(body) if i not in item.statements]
            where = f"{'line' if len(lines) == 1 else 'lines'} {', '.join(lines)}"
            said.append(f"{item.entry.label}, {where}")
    return said
