"""Words and repayments that the rules about outputs share."""

import os
from pathlib import Path

from nbdebt.data.declared import declaration_base
from nbdebt.data.exposure.answer import Exposure
from nbdebt.data.targets import as_pattern
from nbdebt.model.finding import Declare, Fix
from nbdebt.rules.surroundings import Surroundings, Touch

# Writers of tables that replace what was there, unlike SQL, which may add, change or do both.
TABLE_WRITERS = ("to_sql", "to_gbq", "saveAsTable", "write_database", "to_iceberg")


def pattern_of(seen: Surroundings, touch: Touch) -> str:
    """The pattern that declares an output: relative to the configuration, computed parts as ``*``."""
    if not touch.local:
        return as_pattern(touch.target)
    base = declaration_base(seen.settings, seen.directory)
    try:
        return Path(os.path.relpath(as_pattern(touch.target), base)).as_posix()
    except ValueError:  # another drive
        return as_pattern(touch.target)


def declare(seen: Surroundings, touch: Touch) -> Fix:
    """The repayment: say that the output is there. Unsafe: only its author knows if it is meant."""
    pattern = pattern_of(seen, touch)
    return Fix(f"Declare `{pattern}` as an output", (Declare(pattern),), "unsafe")


def evident(exposed: Exposure | None) -> tuple[str, ...]:
    """Who can read an output, as evidence; nothing where that isn't known."""
    if exposed is None or (exposed.readers == "unknown" and not exposed.places):
        return ()
    return (f"it is {exposed.words}" if exposed.words.startswith("readable") else exposed.words,)


def reached(exposed: Exposure | None) -> tuple[str, ...]:
    """The same, where others than its author can."""
    return evident(exposed) if exposed is not None and exposed.notable else ()


def owned(touch: Touch) -> bool:
    """Whether an owner is declared."""
    return touch.declared is not None and bool(touch.declared.owner)


def replaces(touch: Touch) -> bool:
    """Whether a write puts a whole new content in place of the old one."""
    return touch.mode == "write" and not any(touch.has(d) for d in ("append", "update", "mode-unknown"))
