"""Cells that ran again and changed nothing: the script has them once.

Only what was watched tells that: the run found what it read as it was the time before, it made the same names
anew that nobody had looked at since, and nothing outlives it but these and what it printed.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from nbdebt.export.model import Entry
from nbdebt.export.names import parsed_source

# Results that are used again have the numbers of their runs.
_RESULTS = re.compile(r"\b(?:Out|_oh|_\d+|_{1,3})\b")
_SHOWN = frozenset(("_", "__", "___"))


def collapsed(entries: Sequence[Entry], apart: Collection[int]) -> dict[int, int]:
    """Which runs only repeat an earlier one: their numbers, with that of the one they repeat.

    Args:
        entries: the runs, in order.
        apart: numbers of runs that are asked for, or draw: these are no one's repetition.
    """
    if any(_RESULTS.search(entry.source) for entry in entries):
        return {}
    found: dict[int, int] = {}
    last: dict[tuple[str, str], int] = {}
    for position, entry in enumerate(entries):
        key = entry.cell, entry.source
        if entry.number in apart or not _can_repeat(entry):
            continue
        before = last.get(key)
        if before is not None and _as_before(entries[before], entry, entries[before + 1 : position], found):
            found[entry.number] = found.get(entries[before].number, entries[before].number)
        last[key] = position
    return found


def said(found: dict[int, int], entries: Sequence[Entry]) -> list[str]:
    """What is said of them, a sentence for each cell."""
    labels = {entry.number: entry.label for entry in entries}
    repeats: dict[int, list[str]] = {}
    for number, first in found.items():
        repeats.setdefault(first, []).append(labels[number])
    return [
        f"{', '.join(again)}: {labels[first]} again, which changed nothing"
        for first, again in repeats.items()
    ]


def _can_repeat(entry: Entry) -> bool:
    """Whether all that a run did is known, and is no more than names and what it printed."""
    if (
        entry.effects is None
        or entry.needs is None
        or entry.outcome != "ok"
        or entry.unsure
        or entry.flow.opaque
    ):
        return False
    if any(magic.kind != "help" for magic in parsed_source(entry.source).masked.magics):
        return False
    bound = {key for key, kind in entry.effects.items() if kind == "bound"} | _SHOWN
    touched = set(entry.effects) - _SHOWN
    keys = (*touched, *entry.needs)
    return (
        touched <= bound and touched.isdisjoint(entry.needs) and not any(key.startswith("<") for key in keys)
    )


def _as_before(one: Entry, again: Entry, between: Iterable[Entry], found: dict[int, int]) -> bool:
    """Whether nothing at all changed since, and nobody took what the run made.

    Nothing at all: a function in a container may read what nobody saw it read.
    """
    makes = (set(one.effects or ()) | set(again.effects or ())) - _SHOWN
    for entry in between:
        if entry.number in found:
            continue
        if entry.effects is None or entry.unsure or not set(entry.effects) <= _SHOWN:
            return False
        if not (entry.needs or frozenset()).isdisjoint(makes):
            return False
    return True
