"""Where random streams stood when runs began that drew from them, kept for ``%nbdebt export --faithful``.

A run's states are held while it goes on; those of streams that it drew from are packed then, as long as there
is room. So are the numbers that numpy's generators took from the system when they were made without a seed.
"""

from collections.abc import Collection, Mapping

from nbdebt.live.random_states import packed

# States of some five thousand runs.
_ROOM = 2**24
_MANY = 1000


class Kept:
    """What is kept of the run that goes on.

    Args (attributes):
        asked: a generator of the user's own code is about to take a number from the system.
        entropies: the numbers that such generators took, in order.
    """

    def __init__(self) -> None:
        self.asked = False
        self.entropies: list[int] = []
        self._states: dict[str, object] = {}
        self._size = 0

    def begin(self, states: Mapping[str, object]) -> None:
        """A run begins, with the streams in these states."""
        self._states = dict(states)
        self.entropies.clear()
        self.asked = False

    def loaded(self, states: Mapping[str, object]) -> None:
        """A library was loaded: so its stream stands before the run draws from it."""
        for stream, state in states.items():
            self._states.setdefault(stream, state)

    def given(self, value: object, _: object = None) -> None:
        """The system gave a number."""
        if self.asked and type(value) is int and len(self.entropies) < _MANY:
            self.entropies.append(value)
        self.asked = False

    def end(self, drew: Collection[str]) -> tuple[dict[str, bytes], tuple[int, ...]]:
        """The run is over.

        Args:
            drew: the streams that it drew from.

        Returns:
            Where these stood, packed, as long as there is room; the numbers that generators took.
        """
        states, self._states = self._states, {}
        found: dict[str, bytes] = {}
        for stream in sorted(set(drew) & states.keys()) if self._size < _ROOM else ():
            state = packed(stream, states[stream])
            if state is not None:
                found[stream] = state
                self._size += len(state)
        return found, tuple(self.entropies)
