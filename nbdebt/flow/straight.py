"""The common case, decided without versions.

Cells that ran once each, from top to bottom, and take in nothing that is not provided above.
"""

from collections.abc import Iterable

from nbdebt.flow.facts import CellFlow
from nbdebt.model.history import History, Name, RandomStream


def in_order(history: History, ran: list[int]) -> bool:
    """Whether the counts tell of one run of each of these cells, from top to bottom, and of nothing else."""
    return (
        not history.gaps
        and not history.ambiguous
        and len(history.runs) == len(ran)
        and all(run.cell == cell for run, cell in zip(history.runs, ran, strict=True))
    )


def provided(flows: Iterable[CellFlow]) -> bool:
    """Whether all that these cells surely take in is provided above, and no draw is left to chance.

    Args:
        flows: what the cells do, in document order.
    """
    defined: set[str] = set()
    seeded: set[str] = set()
    for flow in flows:
        if flow.opaque:
            return False
        for access in flow.accesses:
            resource, mode = access.resource, access.mode
            if resource.__class__ is Name:
                name = resource.name
                if mode == "write" and not resource.part:
                    defined.add(name)
                elif name not in defined:
                    if access.certain and "guarded" not in access.detail:
                        return False
                elif mode == "delete" and not resource.part:
                    defined.discard(name)
            elif resource.__class__ is RandomStream:
                if mode == "seed":
                    seeded.add(resource.stream)
                elif resource.stream not in seeded:
                    return False
    return True
