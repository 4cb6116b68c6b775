"""The environment of a symbolic Restart & Run All: which version of each resource a replay would find."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.flow.reasons import CellReplay
from nbdebt.live.record import Outline, RunRecord
from nbdebt.live.states import State


class Place(msgspec.Struct, frozen=True):
    """A code cell of the document as it is now.

    Args:
        index: position in the document.
        cell_id: its id.
        key: digest of its code; empty where it is none.
        outline: what its code takes in and makes.
        label: how it is called in messages.
        parse: parses its source.
        flow: what its code does.
    """

    index: int
    cell_id: str
    key: bytes
    outline: Outline
    label: str
    parse: Callable[[], Parsed]
    flow: CellFlow


class Found(NamedTuple):
    """What the environment of the replay holds of a resource: ``state`` None where it can't be known.

    ``cell`` is the document index of the cell that provides it, -1 for what was there at the start.
    """

    state: State | None
    cell: int
    why: Literal["", "stale", "differs", "edited", "random", "origin"] = ""


Outside = Callable[[str], bytes]


class Env(dict[str, Found]):
    """The environment of a replay; keeps a journal, so that it can be taken back to an earlier cell."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[tuple[str, Found | None]] = []

    def __setitem__(self, base: str, found: Found) -> None:
        self.journal.append((base, self.get(base)))
        super().__setitem__(base, found)

    def drop(self, base: str) -> None:
        """The resource is gone."""
        if base in self:
            self.journal.append((base, self[base]))
            del self[base]

    def rewind(self, length: int) -> None:
        """Take back all that was done since the journal had this length."""
        while len(self.journal) > length:
            base, old = self.journal.pop()
            if old is None:
                self.pop(base, None)
            else:
                super().__setitem__(base, old)

    def at(self, length: int) -> "Env":
        """As it was when the journal had this length."""
        found = Env()
        dict.update(found, self)
        for base, old in reversed(self.journal[length:]):
            if old is None:
                dict.pop(found, base, None)
            else:
                dict.__setitem__(found, base, old)
        return found

    def written(self, length: int) -> dict[str, Found | None]:
        """What became of all that was touched since the journal had this length; None for what is gone."""
        return {base: self.get(base) for base, _ in self.journal[length:]}


class Outcome(msgspec.Struct):
    """What a replay found.

    Args:
        cells: by document index.
        env: the resources as they would be at its end.
        chosen: the recorded run that stands for each cell.
        edited: cells that were edited since they ran, with no run of the new code that fits.
    """

    cells: dict[int, CellReplay] = {}
    env: Env = msgspec.field(default_factory=Env)
    chosen: dict[int, RunRecord] = {}
    edited: set[int] = set()
