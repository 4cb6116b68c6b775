"""What a restart shows of a live session: of the whole, of each cell, of each name."""

import re

import msgspec

from benchmarks.oracle.kernel import Value
from benchmarks.oracle.names import own, table
from benchmarks.oracle.truth import touched
from tests.live.oracle.play import Ran, Watched

ABSENT = "(absent)"
_PREFIX = re.compile(r"^%{1,2}(?:time|timeit|capture|prun)\b *(?:-\S+ *)*")

_AWAIT = re.compile(r"\bawait +")


class Truth(msgspec.Struct):
    """What is true of one session.

    Args:
        same: all values come out again, each cell that ran shows what it did and runs to its end.
        values_same: all values come out again.
        random: two restarts disagree with each other.
        names: what would come out differently, with what the session and a restart hold.
        left_over: names that no cell makes or mentions any more; they don't count.
        cells: per code cell that ran: what a restart of it changes; nothing for a good one.
        files: those that hold something else after a restart; they don't count for the above.
    """

    same: bool
    values_same: bool
    random: bool
    names: dict[str, tuple[str, str]]
    left_over: list[str]
    cells: dict[str, list[str]]
    files: list[str]


def compare(session: Watched, restarts: list[Watched]) -> Truth:
    """Compare what a session left with restarts of it; good is only what is so in each of them."""
    last = {run.cell: run for run in session.runs}
    ran = [cell for cell in session.document.code if cell.count is not None]
    wanted = {name for cell in ran for name in touched(plain(cell.source))}
    wanted |= {n for c in ran if last[c.id].source == c.source for n in last[c.id].changed}
    wanted |= {name for restart in restarts for name in restart.values}
    names: dict[str, tuple[str, str]] = {}
    cells: dict[str, list[str]] = {cell.id: [] for cell in ran}
    for restart in restarts:
        again = {run.cell: run for run in restart.runs}
        for name in sorted(wanted):
            was, new = session.values.get(name), restart.values.get(name)
            if was != new:
                names.setdefault(name, (_brief(was), _brief(new)))
        for cell in ran:
            reasons = cells[cell.id]
            reasons += [why for why in _differences(last[cell.id], again[cell.id]) if why not in reasons]
        # One that raised, and raises again: Restart & Run All stops there, although our restarts go on.
        stopped = [
            n for n, c in enumerate(ran) if last[c.id].outcome and last[c.id].outcome == again[c.id].outcome
        ]
        for cell in ran[min(stopped, default=len(ran)) :]:
            cells[cell.id] += ["stopped"] if "stopped" not in cells[cell.id] else []
    shown = ("outcome", "output", "stopped")
    shows_same = not any(why in shown for reasons in cells.values() for why in reasons)
    return Truth(
        same=not names and shows_same,
        values_same=not names,
        random=_random(restarts, wanted),
        names=names,
        left_over=sorted(session.values.keys() - wanted),
        cells=cells,
        files=sorted({n for again in restarts for n, _ in session.files.items() ^ again.files.items()}),
    )


def plain(source: str) -> str:
    """Leave what Python can parse of a cell with magics, for finding names."""
    lines = [_PREFIX.sub("", line) for line in _AWAIT.sub("", source).splitlines()]
    return "\n".join("" if line.startswith(("%", "!")) else line for line in lines)


def _brief(value: Value | None) -> str:
    return value.brief if value else ABSENT


def _differences(was: Ran, new: Ran) -> list[str]:
    found = ["outcome"] if was.outcome != new.outcome else []
    found += ["output"] if _text(was) != _text(new) else []
    mine = {*was.changed, *new.changed, *_bound(plain(new.source))}
    return found + [n for n in sorted(mine) if was.values.get(n) != new.values.get(n)]


def _text(run: Ran) -> str:
    """What a run showed; that ``%%writefile`` finds a file there already is no difference."""
    return re.sub(r"\bOverwriting ", "Writing ", run.shown)


def _bound(source: str) -> set[str]:
    try:
        symbols = own(table(source).get_symbols())
    except SyntaxError:
        return set()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _random(restarts: list[Watched], wanted: set[str]) -> bool:
    first, *others = restarts
    return any(
        any(first.values.get(name) != other.values.get(name) for name in wanted)
        or any(
            (a.outcome, a.shown) != (b.outcome, b.shown) for a, b in zip(first.runs, other.runs, strict=True)
        )
        for other in others
    )
