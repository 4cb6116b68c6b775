"""Where Restart & Run All stops: at a cell that raised when it ran, and would raise again."""

from collections.abc import Mapping, Sequence

from nbdebt.flow.reasons import Reason
from nbdebt.live.environment import Outcome, Place
from nbdebt.live.record import RunRecord


def stop(done: Outcome, places: Sequence[Place], last: Mapping[str, RunRecord]) -> None:
    """Say of the cells that raise again, and of those below the first, that they fail.

    A cell that is tagged ``raises-exception`` stops nothing. What was interrupted is unknown: nobody knows
    what it would have come to.

    Args:
        done: the replay, which goes on behind an error as a front end does that stops at none.
        places: the document's cells.
        last: the last run of each cell id.
    """
    stopped: Place | None = None
    for place in places:
        cell = done.cells.get(place.index)
        if cell is None or cell.state == "never-run":
            continue
        if stopped is not None:
            cell.state = "fails"
            cell.reasons.append(Reason("error", then=stopped.index, text=f"Run All stops at {stopped.label}"))
            continue
        tolerated = place.tolerated or (place.cell_id in last and last[place.cell_id].tolerated)
        if cell.state == "fails" and last[place.cell_id].run.outcome == "error" and not tolerated:
            stopped = place
        record = done.chosen.get(place.index)
        if record is None or record.run.outcome == "ok" or cell.state in ("fails", "unknown"):
            continue
        if record.run.outcome == "interrupted":
            if cell.state == "same":
                cell.state = "unknown"
                cell.reasons.append(Reason("error", text="was interrupted"))
        elif not tolerated:
            cell.state = "fails"
            text = f"raises {record.error[0] or 'an error'}, and would again: Run All stops there"
            cell.reasons.append(Reason("raises", text=text))
            stopped = place
