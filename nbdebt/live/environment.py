"""The environment of a symbolic Restart & Run All: which version of each resource a replay would find."""

from collections.abc import Callable, Collection
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
        tolerated: it is tagged ``raises-exception``.
    """

    index: int
    cell_id: str
    key: bytes
    outline: Outline
    label: str
    parse: Callable[[], Parsed]
    flow: CellFlow
    tolerated: bool = False


class Found(NamedTuple):
    """What the environment of the replay holds of a resource: ``state`` None where it can't be known.

    ``cell`` is the document index of the cell that provides it, -1 for what was there at the start; ``shape``
    is what can be known nonetheless of a value that is drawn at random.
    """

    state: State | None
    cell: int
    why: Literal["", "stale", "differs", "edited", "random", "origin"] = ""
    shape: bytes = b""


Outside = Callable[[str], bytes]


class Env(dict[str, Found]):
    """The environment of a replay; keeps a journal, so that it can be taken back to an earlier cell.

    ``links`` are names that a replay makes other names for what a name holds, where no run did; they aren't
    taken back, and ``linked`` says whether there ever were any.
    """

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[tuple[str, Found | None]] = []
        self.links: dict[str, str] = {}
        self.linked = False

    def link(self, name: str, source: str) -> None:
        """A name is another one for what a name holds."""
        self.links[name] = source
        self.linked = True

    def follow(self, base: str, anew: bool, others: Collection[str]) -> None:
        """A name was made anew, or what it holds was changed: what its other names hold was, too.

        Args:
            base: the name.
            anew: it was made anew.
            others: names of which it is known what became of them.
        """
        if not self.links:
            return
        if anew:
            self.links = {name: source for name, source in self.links.items() if base not in (name, source)}
            return
        for name, source in self.links.items():
            other = source if name == base else name if source == base else ""
            if other and other not in others:
                self[other] = self[base]

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

    def written(self, first: int, last: int) -> dict[str, Found | None]:
        """What became of all that was touched while the journal grew from one length to another; None for
        what was gone then."""
        then = self if last == len(self.journal) else self.at(last)
        return {base: then.get(base) for base, _ in self.journal[first:last]}


class Outcome(msgspec.Struct):
    """What a replay found.

    Args:
        cells: by document index.
        env: the resources as they would be at its end.
        chosen: the recorded run that stands for each cell.
        edited: cells that were edited since they ran, with no run of the new code that fits.
        idle: names that a cell makes which never ran.
        quiet: cells that leave other values than they left, and surely show what they showed.
        marks: how long the environment's journal was before each cell.
    """

    cells: dict[int, CellReplay] = {}
    env: Env = msgspec.field(default_factory=Env)
    chosen: dict[int, RunRecord] = {}
    edited: set[int] = set()
    quiet: set[int] = set()
    idle: dict[str, Place] = {}
    marks: dict[int, int] = {}
