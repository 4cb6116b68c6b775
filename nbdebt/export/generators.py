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
        faithful: they get what they took from the system in the session, where that is known.

    Attributes:
        left: runs that make generators in a loop or a function: one seed would make them all the same.
    """

    def __init__(self, seed: int | None, faithful: bool = False) -> None:
        self.next = seed
        self.faithful = faithful
        self.left: list[str] = []

    def edits(self, entry: Entry, lines: Lines) -> Iterator[Edit]:
        """What gives the generators of a run their seeds."""
        calls = {call.span: call for call in entry.flow.calls}
        found = unseeded(entry.flow) if self.next is not None or self.faithful else []
        # Of numpy's generators alone what they take from the system can be given again.
        fits = len(found) == len(entry.entropies) and all(a.via.endswith("default_rng") for a in found)
        taken = iter(entry.entropies if fits else ())
        for access in found:
            call = calls.get(access.span)
            seed = next(taken, None) if self.faithful else self.next
            edit = self._edit(call, access.get("argument"), lines, seed) if call is not None else None
            if edit is not None:
                yield edit
            elif entry.label not in self.left:
                self.left.append(entry.label)

    def _edit(self, call: Call, name: str, lines: Lines, seed: int | None) -> Edit | None:
        if call.loop or call.function_scope or call.spread or seed is None:
            return None
        given = call.arguments.get(name)
        if given is not None and not (given.known and given.value is None):
            return None
        text = str(seed)
        self.next = None if self.next is None else self.next + 1
        if given is not None:
            span = given.span
            return Edit(
                lines.offset(span.line, span.column), lines.offset(span.end_line, span.end_column), text
            )
        line, column, before = call.insert
        place = lines.offset(line, column)
        return Edit(place, place, before + (text if not call.arguments else f"{name}={text}"))
