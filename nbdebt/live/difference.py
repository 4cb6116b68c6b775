"""The end of a replay beside the session: which names would come out differently."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nbdebt.live.environment import Outcome
from nbdebt.live.states import State


class Difference(NamedTuple):
    """What a replay's end and the session's differ in.

    Args:
        names: names whose value would come out differently, and why.
        unknown: names of which that can't be known, and why.
        left_over: names that only an older version of the document made and that no cell reads.
    """

    names: dict[str, str]
    unknown: dict[str, str]
    left_over: tuple[str, ...]


def compare(
    done: Outcome,
    now: Mapping[str, State],
    names: Iterable[str],
    read: set[str],
    makers: Mapping[str, Sequence[int]],
    labels: Mapping[int, str],
) -> Difference:
    """Compare the replay's end with the namespace as it is.

    Args:
        done: the replay.
        now: versions of the names as they are.
        names: names that the user made.
        read: names that cells of the document read.
        makers: for each name, the cells whose code binds it.
        labels: how cells are called.
    """
    differ: dict[str, str] = {}
    unknown: dict[str, str] = {}
    left: list[str] = []
    present = set(names)
    for name in sorted(present):
        found = done.env.get(name)
        if found is None:
            failing = next(
                (i for i in makers.get(name, ()) if i in done.cells and done.cells[i].state == "fails"), None
            )
            if failing is not None:
                differ[name] = f"{labels.get(failing, 'a cell')} fails before it makes it"
            elif any(i in done.cells and done.cells[i].state != "never-run" for i in makers.get(name, ())):
                differ[name] = "the cell that made it makes it no more"
            elif name in now and now[name].maker == -1:
                if name in read:
                    unknown[name] = "was there before recording began"
                else:
                    left.append(name)
            elif name in read:
                differ[name] = "no cell of the document makes it any more"
            else:
                left.append(name)
        elif found.state is None:
            label = labels.get(found.cell, "a cell")
            if found.why == "edited":
                unknown[name] = f"{label} was edited since it ran"
            elif found.why == "origin":
                unknown[name] = f"{label} read what no recorded run made"
            else:
                differ[name] = f"{label} comes out differently"
        elif name in now and not found.state.equals(now[name]):
            differ[name] = f"{labels.get(found.cell, 'a cell')} makes another value of it"
    for name, found in done.env.items():
        if name[0] not in "<_" and name not in present and found.state is not None:
            differ[name] = f"{labels.get(found.cell, 'a cell')} makes it; the session has it no more"
    return Difference(differ, unknown, tuple(left))
