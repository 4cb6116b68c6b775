"""What a replay says, and why: the words in which the verdict speaks."""

from typing import Literal

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.lost import LostRuns
from nbdebt.model.finding import CellState, CellVerdict, Verdict
from nbdebt.model.history import Name
from nbdebt.model.notebook import Notebook

ReasonKind = Literal[
    "missing",
    "other-version",
    "stale",
    "rerun",
    "output",
    "random",
    "error",
    "upstream",
    "opaque",
    "never-run",
    "vague",
    "mixed",
    "commuting",
    "silent",
    "raises",
]


class Reason(msgspec.Struct, frozen=True):
    """Why a cell does not come out the same, or cannot be known to.

    Args:
        kind: what happened.
        name: the resource, as text.
        access: index of the cell's access that shows it, -1 where there is none.
        then: cell that provided the resource when this cell ran; None where no cell shows it any more.
        now: cell that provides it in a replay; None where none does.
        text: what is known, for people.
    """

    kind: ReasonKind
    name: str = ""
    access: int = -1
    then: int | None = None
    now: int | None = None
    text: str = ""


class CellReplay(msgspec.Struct):
    """What the replay says of one cell."""

    cell: int
    state: CellState
    reasons: list[Reason] = []


class Replay(msgspec.Struct):
    """The verdict of the whole notebook.

    Args:
        cells: by document index, for each non-empty code cell.
        reproduces: True, False, or None for unknown.
        names: names that would come out differently, and why.
        left_over: names in the session that no cell of the document makes or reads.
        missing: for an unknown: the evidence that would decide it.
        lost: what is known of runs that no cell shows any more.
        writers: for each name, the cells that surely bind it, in document order.
    """

    cells: dict[int, CellReplay]
    reproduces: bool | None
    names: dict[str, str] = {}
    left_over: list[str] = []
    missing: list[str] = []
    lost: LostRuns | None = None
    writers: dict[str, list[int]] = {}

    def verdict(self, notebook: Notebook) -> Verdict:
        """The verdict as reports carry it."""
        return Verdict(
            self.reproduces,
            {
                notebook.cells[c.cell].id: CellVerdict(
                    c.state, tuple(dict.fromkeys(r.text for r in c.reasons if r.text))
                )
                for c in self.cells.values()
            },
            self.names,
            tuple(self.left_over),
            tuple(self.missing),
        )


def order_text(cell: int, notebook: Notebook) -> str:
    """How a cell is called in messages: ``cell [7]``, or ``cell 3`` (its place among all cells, from 1)
    without a count."""
    count = notebook.cells[cell].execution_count
    return f"cell [{count}]" if count is not None else f"cell {cell + 1}"


def unseeded_text(stream: str) -> str:
    """What a cell does that draws from a stream which nothing seeds, or which nothing can seed."""
    if stream == "os":
        return "makes a generator without a seed, or asks the system for random numbers"
    if stream == "uuid":
        return "makes a UUID, another one in every run"
    return f"draws from the unseeded {stream} random stream"


def root_of(name: str) -> str:
    """The name that a part belongs to: ``df`` of ``df['a']``."""
    return name.partition("[")[0].partition(".")[0]


def perhaps(reason: Reason) -> Reason:
    """A reason that rests on runs which are only likely."""
    text = reason.text.replace("ran more than once, and changes", "may have run more than once, and changes")
    return Reason(reason.kind, reason.name, reason.access, reason.then, reason.now, text)


def writers_of(flows: dict[int, CellFlow]) -> dict[str, list[int]]:
    """For each name, the cells that bind it, in document order."""
    writers: dict[str, list[int]] = {}
    for index in sorted(flows):
        for access in flows[index].accesses:
            resource = access.resource
            if access.mode == "write" and isinstance(resource, Name) and not resource.part:
                cells = writers.setdefault(resource.name, [])
                if not cells or cells[-1] != index:
                    cells.append(index)
    return writers
