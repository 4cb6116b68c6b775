"""Generators that a notebook made without a seed: each gets one of its own."""

from collections.abc import Iterator

from nbdebt.export.edits import Edit, Lines
from nbdebt.export.model import Entry
from nbdebt.flow.facts import Call, CellFlow
from nbdebt.model.history import Access

STREAM = "generators"
"""What ``Log.unseeded`` calls them."""


def unseeded(flow: CellFlow) -> list[Access]:
    """The generators that a cell makes without a seed, as far as its code says."""
    return [
        access
        for access in flow.accesses
        if access.mode == "draw" and access.get("unseeded-generator") and "SystemRandom" not in access.via
    ]


class Generators:
    """Gives seeds.

    Args:
        seed: the first; each further generator gets the next number, so that no two draw the same. None
            leaves them unseeded.

    Attributes:
        left: runs that make generators in a loop or a function: one seed would make them all the same.
    """

    def __init__(self, seed: int | None) -> None:
        self.next = seed
        self.left: list[str] = []

    def edits(self, entry: Entry, lines: Lines) -> Iterator[Edit]:
        """What gives the generators of a run their seeds."""
        calls = {call.span: call for call in entry.flow.calls}
        for access in unseeded(entry.flow) if self.next is not None else ():
            call = calls.get(access.span)
            edit = self._edit(call, access.get("argument"), lines) if call is not None else None
            if edit is not None:
                yield edit
            elif entry.label not in self.left:
                self.left.append(entry.label)

    def _edit(self, call: Call, name: str, lines: Lines) -> Edit | None:
        if call.loop or call.function_scope or call.spread or self.next is None:
            return None
        given = call.arguments.get(name)
        if given is not None and not (given.known and given.value is None):
            return None
        text = str(self.next)
        self.next += 1
        if given is not None:
            span = given.span
            return Edit(
                lines.offset(span.line, span.column), lines.offset(span.end_line, span.end_column), text
            )
        line, column, before = call.insert
        place = lines.offset(line, column)
        return Edit(place, place, before + (text if not call.arguments else f"{name}={text}"))
