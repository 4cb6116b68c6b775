"""Random streams put where the session had them, so that what was drawn without a seed is drawn again."""

import base64
from collections.abc import Sequence

from nbdebt.export.helpers import Names
from nbdebt.export.model import Kept, Log
from nbdebt.export.texts import literal


class Faithful:
    """Which runs are preceded by what puts streams back.

    A run that follows, among those that draw from a stream, the one that it followed in the session finds the
    stream as it was; for all others the state is written into the script.

    Args:
        log: what ran.
        kept: what of it is kept.
        names: the names that the script may use.
    """

    def __init__(self, log: Log, kept: Sequence[Kept], names: Names) -> None:
        self.states: dict[int, dict[str, bytes]] = {}
        self.names = names
        whole = {item.entry.number for item in kept if item.statements is None}
        there = {item.entry.number for item in kept}
        continued: dict[str, bool] = {}
        for entry in log.entries:
            for stream, state in entry.stood.items():
                if entry.number in there and not continued.get(stream, False):
                    self.states.setdefault(entry.number, {})[stream] = state
                continued[stream] = entry.number in whole

    @property
    def streams(self) -> set[str]:
        """The streams that are put back."""
        return {stream for states in self.states.values() for stream in states}

    def before(self, number: int) -> str:
        """The line that stands before a run; empty where it finds its streams as they were."""
        return f"{self.names.helper('restore_streams')}({number})\n" if number in self.states else ""

    def definitions(self) -> str:
        """The states, as the script holds them."""
        if not self.states:
            return ""
        lines = []
        for number, states in self.states.items():
            said = (f"{literal(s)}: {literal(base64.b85encode(data).decode())}" for s, data in states.items())
            lines.append(f"    {number}: {{{', '.join(said)}}},")
        head = "# Where the random streams of the notebook stood, by run."
        return "\n".join([head, f"{self.names.free('STATES')} = {{", *lines, "}"])
