"""Numbers as a lock file writes them: short, finite, the same on every machine."""

import math
from collections.abc import Iterable

from nbdebt.data.pins.model import LONGEST_VALUE, MOST_VALUES, Number

_DIGITS = 6


def short(value: object) -> Number | None:
    """A number with the digits that tell it from another one; None for what is no finite number."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    if number.is_integer() and abs(number) < 2**53:
        return int(number)
    return float(f"{number:.{_DIGITS}g}")


def shorts(values: Iterable[object]) -> tuple[Number, ...]:
    """Several numbers; none where one of them isn't finite."""
    found = [short(value) for value in values]
    return tuple(n for n in found if n is not None) if None not in found else ()


def few(distinct: int, values: Iterable[object]) -> tuple[str, ...] | None:
    """The values of a category, sorted; None where they are many, or too long to be recorded."""
    if distinct > MOST_VALUES:
        return None
    found = sorted(str(value) for value in values)
    return tuple(found) if all(len(text) <= LONGEST_VALUE for text in found) else None
