"""Charts as SVG within a page: no script, colours from the page's style, a word for each mark."""

import itertools
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from nbdebt.past.trend import Point

_WIDE, _HIGH = 720, 370
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 30
_BROADEST = 46
_LABEL = 86


class Series(NamedTuple):
    """What is drawn of each point: its field, what it is called, and the class that colours it."""

    field: str
    label: str
    kind: str


def ticks(most: int) -> list[int]:
    """From nothing to at least the most, in three to six steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return [0, 1]
    step, factors = 1, itertools.cycle((2, 2.5, 2))
    while most / step > 5:
        step = int(step * next(factors))
    return list(range(0, step * (-(-most // step) + 1), step))


def bars(title: str, points: Sequence[Point], series: Sequence[Series]) -> str:
    """Bars, one a point, of parts on top of each other."""
    sums = [sum(getattr(p, s.field) for s in series) for p in points]
    marks = ticks(max(sums))
    room = _HIGH - _TOP - _BOTTOM
    slot = (_WIDE - _LEFT - _RIGHT) / len(points)
    breadth = min(_BROADEST, max(1.5, slot - (4 if slot > 12 else 1)))

    def y(value: float) -> float:
        return _TOP + room * (1 - value / marks[-1])

    parts = [f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{escape(title)}">']
    for mark in marks:
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>'
        )
        parts.append(f'<text class="y" x="{_LEFT - 8}" y="{y(mark) + 4:.1f}">{mark}</text>')
    every = max(1, -(-len(points) * _LABEL // (_WIDE - _LEFT - _RIGHT)))
    for number, point in enumerate(points):
        middle = _LEFT + slot * (number + 0.5)
        said = ", ".join(f"{getattr(point, s.field)} {s.label}" for s in series)
        parts.append(f"<g><title>{point.when[:10]} {point.commit[:10]}: {escape(said)}</title>")
        # All of the slot answers to the pointer, however small what stands in it is.
        parts.append(
            f'<rect class="slot" x="{middle - slot / 2:.1f}" y="{_TOP}" width="{slot:.1f}" height="{room}"/>'
        )
        below = 0
        for s in series:
            value = getattr(point, s.field)
            if value:
                parts.append(
                    f'<rect class="{s.kind}" x="{middle - breadth / 2:.1f}" y="{y(below + value):.1f}" '
                    f'width="{breadth:.1f}" height="{y(below) - y(below + value):.1f}"/>'
                )
                below += value
        parts.append("</g>")
        # Counted from the newest, whose date matters most.
        at = min(max(middle, _LEFT + 30), _WIDE - _RIGHT - 34)
        is_last = number == len(points) - 1
        if is_last or ((len(points) - 1 - number) % every == 0 and _WIDE - _RIGHT - 34 - at >= _LABEL):
            parts.append(f'<text class="x" x="{at:.1f}" y="{_HIGH - 8}">{point.when[:10]}</text>')
    return "".join([*parts, "</svg>"])
