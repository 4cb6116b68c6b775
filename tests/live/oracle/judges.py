"""Who can be asked about a session: trackers that were loaded while it was played, and two baselines."""

from collections.abc import Callable

from benchmarks.oracle.baselines import Ran, in_order, same_makers
from tests.live.oracle.cases import Case, Oracle
from tests.live.oracle.play import Said
from tests.live.oracle.truth import plain

Judge = Callable[[Case, Oracle], Said]


def _tracker(name: str) -> Judge:
    return lambda case, oracle: oracle.said(case.document, case.ops, name, case.entropy)


def _ran(case: Case) -> list[Ran]:
    cells = [cell for cell in case.left.code if cell.count is not None]
    return [Ran(place, cell.count or 0, plain(cell.source)) for place, cell in enumerate(cells)]


def counts(case: Case, oracle: Oracle) -> Said:
    """False if the counts don't rise; a cell is bad if one above it ran later."""
    ran = _ran(case)
    latest = [max((cell.number for cell in ran[: cell.place]), default=0) for cell in ran]
    states = ["stale" if cell.number < above else "same" for cell, above in zip(ran, latest, strict=True)]
    return Said(in_order(ran), dict(zip(case.ran, states, strict=True)))


def def_use(case: Case, oracle: Oracle) -> Said:
    """False if a name is read from another cell in the order of the document than in that of the counts."""
    return Said(same_makers(_ran(case)))


JUDGES: dict[str, Judge] = {
    "nbdebt": _tracker("nbdebt"),
    "ipyflow": _tracker("ipyflow"),
    "counts": counts,
    "def-use": def_use,
}
