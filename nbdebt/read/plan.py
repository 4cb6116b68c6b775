"""Edits sorted out before any is applied: what changes in which cell, and which cell stands where then."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from nbdebt.model.errors import FixError
from nbdebt.model.finding import Drop, Insert, Move, Replace
from nbdebt.model.history import Span

DocumentEdit = Insert | Replace | Move | Drop


class Plan(msgspec.Struct):
    """What edits do to a document of ``count`` cells.

    Args:
        count: how many cells the document has before the edits.
        replaces: by cell, in the order of their spans.
        slots: by the index that they come before: new cells, and indices of moved ones, in the order given.
        gone: cells that leave their place.
    """

    count: int
    replaces: dict[int, list[Replace]] = {}
    slots: dict[int, list[Insert | int]] = {}
    gone: set[int] = set()

    @property
    def rearranges(self) -> bool:
        """Whether cells come, go or move."""
        return bool(self.slots or self.gone)

    def order(self, first: int, last: int, at_end: bool) -> list[Insert | int]:
        """What stands where cells ``first`` to ``last`` (exclusive) stood; ``at_end``: and at the end."""
        found: list[Insert | int] = []
        for index in range(first, last):
            found += self.slots.get(index, ())
            if index not in self.gone:
                found.append(index)
        if at_end:
            found += self.slots.get(last, ())
        return found


def plan(edits: Sequence[DocumentEdit], count: int) -> Plan:
    """Sort ``edits`` out.

    Raises:
        FixError: an edit names a cell that there isn't, or two of them overlap.
    """
    made = Plan(count, {}, {}, set())
    for edit in edits:
        match edit:
            case Replace():
                _check(edit.cell, count - 1)
                made.replaces.setdefault(edit.cell, []).append(edit)
            case Insert():
                _check(edit.before, count)
                made.slots.setdefault(edit.before, []).append(edit)
            case Move():
                _check(edit.cell, count - 1)
                _check(edit.before, count)
                _leave(made, edit.cell)
                made.slots.setdefault(edit.before, []).append(edit.cell)
            case Drop():
                _check(edit.cell, count - 1)
                _leave(made, edit.cell)
            case _:
                raise FixError(f"{type(edit).__name__} is no edit of a notebook's cells")
    moved = {item for items in made.slots.values() for item in items if isinstance(item, int)}
    for cell, replaces in made.replaces.items():
        if cell in made.gone - moved:
            raise FixError(f"cell {cell} would be changed and dropped at once")
        replaces.sort(key=lambda replace: replace.span)
        for before, after in pairwise(replaces):
            if _end(before.span) > _start(after.span) or _start(before.span) == _start(after.span):
                raise FixError(f"two edits of cell {cell} overlap at line {after.span.line}")
    return made


def offsets(span: Span, lines: Sequence[str], cell: int) -> tuple[int, int]:
    """Where ``span`` starts and ends in the text whose lines are ``lines``, counted in characters.

    Raises:
        FixError: it is not within the text.
    """
    start, end = _start(span), _end(span)
    if start > end or not (_within(start, lines) and _within(end, lines)):
        raise FixError(f"the edit of cell {cell} at line {span.line} is outside its source")
    return _offset(start, lines), _offset(end, lines)


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def _within(place: tuple[int, int], lines: Sequence[str]) -> bool:
    return 1 <= place[0] <= len(lines) and 1 <= place[1] <= len(lines[place[0] - 1]) + 1


def _offset(place: tuple[int, int], lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines[: place[0] - 1]) + place[1] - 1


def _check(index: int, last: int) -> None:
    if not 0 <= index <= last:
        raise FixError(f"there is no cell {index} to edit")


def _leave(made: Plan, cell: int) -> None:
    if cell in made.gone:
        raise FixError(f"cell {cell} would be moved or dropped twice")
    made.gone.add(cell)
