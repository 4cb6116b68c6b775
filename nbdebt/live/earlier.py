"""What happened before recording began, as far as the shell still knows: inputs, and the names they left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from nbdebt.live.document import Shown
from nbdebt.live.record import RunRecord
from nbdebt.live.states import State


class Earlier(msgspec.Struct, frozen=True):
    """What was there when recording began.

    Args:
        inputs: sources that ran, by execution count.
        states: versions of the names that there were.
    """

    inputs: tuple[tuple[int, str], ...] = ()
    states: Mapping[str, State] = {}

    def cells(self, shown: Sequence[Shown], last: Mapping[str, RunRecord]) -> dict[str, int]:
        """Cells of the document that ran before, by id, with the count of the last time."""
        counts = {source.strip(): count for count, source in self.inputs}
        return {
            cell.cell_id: counts[cell.source.strip()]
            for cell in shown
            if cell.cell_id not in last and cell.source.strip() in counts
        }

    def straight(self, shown: Sequence[Shown], found: Mapping[str, int]) -> bool:
        """Whether all that ran before are these cells, each once, from top to bottom."""
        order = [found[cell.cell_id] for cell in shown if cell.cell_id in found]
        sources = Counter(source.strip() for _, source in self.inputs)
        return (
            order == sorted(order)
            and len(order) == len(self.inputs)
            and all(times == 1 for times in sources.values())
        )


def earlier_of(shell: Any, states: Mapping[str, State], running: bool) -> Earlier:
    """What a shell knows of its past.

    Args:
        shell: an IPython shell; its ``history_manager`` keeps the inputs of the session.
        states: versions of its names now.
        running: the last input is of a cell that is running: it isn't over.
    """
    inputs = getattr(getattr(shell, "history_manager", None), "input_hist_raw", [])
    kept = [
        (count, source) for count, source in enumerate(inputs) if isinstance(source, str) and source.strip()
    ]
    return Earlier(tuple(kept[:-1] if running else kept), dict(states))
