"""What has changed in a table since it was pinned, in words."""

from collections.abc import Collection, Iterator, Sequence

from nbdebt.data.pins.model import Column, Profile

MOST_SHOWN = 4
_SHARE = 0.01
"""A share of nulls that moved by less than a point, and didn't come from nothing or go to it, is no news."""
_MOVED = 0.25
"""A median that moved by less than this part of the middle half's width is no news."""
_DISTINCT = 0.2
_SHOWN_VALUES = 3
_SHOWN_NAMES = 5


def drift(then: Profile, now: Profile, passed_over: Collection[str] = ()) -> tuple[str, ...]:
    """The changes, the gravest first; empty where the profiles don't differ.

    Args:
        then: as it was pinned.
        now: as it is.
        passed_over: what is not compared, because the reader was asked for something else than the file
            holds: ``columns``, ``rows``, ``types``, ``nulls``.
    """
    whole = not (then.sampled or now.sampled)
    found: list[str] = []
    if "columns" not in passed_over:
        found += _names("is gone", "are gone", [name for name in then.columns if name not in now.columns])
    pairs = [
        (name, column, now.columns[name]) for name, column in then.columns.items() if name in now.columns
    ]
    retyped = {name for name, one, other in pairs if one.type != other.type}
    if "types" not in passed_over:
        found += [
            f"column `{name}` was {one.type} and is {other.type}"
            for name, one, other in pairs
            if name in retyped
        ]
    if "columns" not in passed_over:
        found += _names("is new", "are new", [name for name in now.columns if name not in then.columns])
    if "nulls" not in passed_over and then.rows and now.rows:
        for name, one, other in pairs:
            found += _nulls(name, one.nulls / then.rows, other.nulls / now.rows)
    same = [(name, one, other) for name, one, other in pairs if name not in retyped]
    for name, one, other in same:
        found += _values(name, one, other, whole)
    for name, one, other in same:
        found += _range(name, one, other, whole and "rows" not in passed_over)
    if "rows" not in passed_over and then.rows != now.rows:
        found.append(f"{now.rows:,} {'row' if now.rows == 1 else 'rows'} ({then.rows:,} before)")
    if not found and "columns" not in passed_over and list(then.columns) != list(now.columns):
        found.append("the columns are in another order")
    return tuple(found)


def sentence(changes: Sequence[str], most: int = MOST_SHOWN) -> str:
    """Changes as one clause, shortened."""
    shown = list(changes[:most])
    if len(changes) > most:
        rest = len(changes) - most
        shown.append(f"and {rest} more {'change' if rest == 1 else 'changes'}")
    return ", ".join(shown)


def _names(one: str, many: str, names: list[str]) -> Iterator[str]:
    if not names:
        return
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN_NAMES])
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    yield f"column {shown} {one}" if len(names) == 1 else f"columns {shown}{more} {many}"


def _nulls(name: str, then: float, now: float) -> Iterator[str]:
    if then == 0 < now:
        yield f"column `{name}` gained nulls (0 → {percent(now)})"
    elif now == 0 < then:
        yield f"column `{name}` has no nulls any more ({percent(then)} before)"
    elif abs(then - now) >= _SHARE:
        word = "more" if now > then else "fewer"
        yield f"column `{name}` has {word} nulls ({percent(then)} → {percent(now)})"


def _values(name: str, then: Column, now: Column, whole: bool) -> Iterator[str]:
    if then.values is not None and now.values is not None:
        new = [value for value in now.values if value not in then.values]
        lost = [value for value in then.values if value not in now.values] if whole else []
        if new:
            yield f"`{name}` has {_counted(len(new), 'new value')} ({_listed(new)})"
        if lost:
            yield f"`{name}` has lost {_counted(len(lost), 'value')} ({_listed(lost)})"
        return
    one, other = then.distinct, now.distinct
    if one is None or other is None or not whole:
        return
    if (then.values is None) != (now.values is None) or abs(one - other) > _DISTINCT * max(one, 1):
        yield f"`{name}` has {_counted(other, 'different value')} ({one:,} before)"


def _range(name: str, then: Column, now: Column, whole: bool) -> Iterator[str]:
    if then.low is None or now.low is None or then.high is None or now.high is None:
        return
    if type(then.low) is str or type(now.low) is str:
        if type(then.low) is not type(now.low) or (then.low, then.high) == (now.low, now.high):
            return
        if whole or str(now.low) < str(then.low) or str(now.high) > str(then.high):
            yield f"`{name}` goes from {now.low} to {now.high} (before from {then.low} to {then.high})"
        return
    before, after = float(then.high) - float(then.low), float(now.high) - float(now.low)
    slack = 0.001 * max(abs(before), abs(after))
    if float(now.high) > float(then.high) + slack:
        yield f"`{name}` goes up to {now.high} ({then.high} before)"
    if float(now.low) < float(then.low) - slack:
        yield f"`{name}` goes down to {now.low} ({then.low} before)"
    if len(then.quantiles) == len(now.quantiles) == 5:
        middle = (float(then.quantiles[3]) - float(then.quantiles[1])) or before
        moved = float(now.quantiles[2]) - float(then.quantiles[2])
        if abs(moved) > _MOVED * abs(middle) and abs(moved) > 0:
            yield f"the median of `{name}` moved from {then.quantiles[2]} to {now.quantiles[2]}"


def percent(share: float) -> str:
    """A share for people: never 0 % for something, never 100 % for almost all."""
    number = share * 100
    if 0 < number < 0.1:
        return "less than 0.1 %"
    if 99.9 < number < 100:
        return "more than 99.9 %"
    return f"{number:.1f}".removesuffix(".0") + " %"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _listed(values: list[str]) -> str:
    shown = ", ".join(f"`{value}`" for value in values[:_SHOWN_VALUES])
    return shown + (", …" if len(values) > _SHOWN_VALUES else "")
