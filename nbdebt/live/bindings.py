"""Which objects the user's names hold, found out at the price of a few C loops.

A session of a thousand cells has thousands of names, for the shell adds some with each cell. Only those that
came since the last look are read one by one; the others are compared by the addresses of what they hold.
No object is kept.
"""

from collections.abc import Iterable
from itertools import compress
from operator import is_, itemgetter, ne
from typing import Any

from nbdebt.live.fingerprints.peek import token
from nbdebt.model.patterns import later

_SHELL = later(r"_+|_i+|_i\d+|_\d+|_dh|_oh|_ih|_exit_code|__\w+__")
_PROVIDED = frozenset(("In", "Out", "get_ipython", "exit", "quit", "open", "display"))


class Bindings:
    """What names hold: the address of each object, and that of its type for names that are spoken of (an
    address may be used again, but not where a value is made before it takes the place of another).

    Args:
        values: the shell's ``user_ns``.
        hidden: its ``user_ns_hidden``: what the shell itself put there.
    """

    def __init__(self, values: dict[str, Any], hidden: dict[str, Any]) -> None:
        self._values = values
        self._hidden = hidden
        self._sorted: list[str] = []
        self._place: dict[str, int] = {}
        self._names: list[str] = []
        # Of each name of the user's, in the same order; None where it isn't known.
        self._objects: list[int | None] = []
        self._types: list[int | None] = []
        # Of names that are the shell's.
        self._others: dict[str, tuple[int, int]] = {}
        # Of names of the user's that are gone, until that is forgotten.
        self._lost: dict[str, tuple[int | None, int | None]] = {}
        self._get: Any = None

    def names(self) -> list[str]:
        """Names that the user made."""
        self._catch_up()
        veiled = self._veils()
        return [name for name in self._names if name not in veiled] if veiled else list(self._names)

    def holds(self, name: str) -> bool:
        """Whether a name holds what it held when it was last looked at."""
        value = self._values[name]
        if name in self._lost:
            self._catch_up()
        place = self._place.get(name)
        if place is None:
            return self._others.get(name) == (token(value), token(type(value)))
        return self._objects[place] == token(value) and self._types[place] == token(type(value))

    def hold(self, name: str) -> None:
        """Remember what a name holds."""
        value = self._values[name]
        if name not in self._place and _is_users(name):
            self._catch_up()
        place = self._place.get(name)
        if place is None:
            self._others[name] = token(value), token(type(value))
        else:
            self._objects[place], self._types[place] = token(value), token(type(value))

    def forget(self, name: str) -> None:
        """It is not known any more what a name holds."""
        self._others.pop(name, None)
        self._lost.pop(name, None)
        place = self._place.get(name)
        if place is not None:
            self._objects[place] = self._types[place] = None

    def look(self) -> tuple[set[str], set[str]]:
        """Look at all names.

        Returns:
            Names of the user's that hold another object than they held, and names that held one and are gone.
        """
        self._catch_up()
        other = set(compress(self._names, map(ne, self._addresses(), self._objects)))
        veiled = self._veils()
        gone = {name for name in veiled if self._objects[self._place[name]] is not None}
        return other - veiled, gone.union(self._lost, self._others)

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are the user's, in the order in which they came to be."""
        place = self._place
        return sorted((name for name in names if name in place), key=place.__getitem__)

    def _addresses(self) -> list[int]:
        for _ in range(3):
            try:
                found = self._get(self._values) if self._get is not None else ()
            except KeyError:
                # A thread of the user's deleted a name meanwhile.
                self._sort_anew(list(self._values))
                continue
            return [*map(token, found)]
        raise RuntimeError("names come and go while they are looked at")

    def _catch_up(self) -> None:
        """Sort the names that came since the last look."""
        there = list(self._values)
        known = len(self._sorted)
        # A dictionary keeps its order: where all that was there still is, what is new stands behind it.
        if len(there) < known or not all(map(is_, self._sorted, there)):
            self._sort_anew(there)
        elif len(there) > known:
            self._add(there[known:])

    def _add(self, names: Iterable[str]) -> None:
        for name in names:
            self._sorted.append(name)
            if _is_users(name):
                self._place[name] = len(self._names)
                self._names.append(name)
                held = self._lost.pop(name, (None, None))
                self._objects.append(held[0])
                self._types.append(held[1])
        self._prepare()

    def _sort_anew(self, there: list[str]) -> None:
        """Names are gone, or came in another order."""
        held = zip(self._names, self._objects, self._types, strict=True)
        self._lost |= {name: (value, kind) for name, value, kind in held if value is not None}
        self._sorted, self._place, self._names, self._objects, self._types = [], {}, [], [], []
        self._add(there)

    def _prepare(self) -> None:
        names = self._names
        if len(names) == 1:
            only = names[0]
            self._get = lambda values: (values[only],)
        else:
            self._get = itemgetter(*names) if names else None

    def _veils(self) -> set[str]:
        """Names of the user's kind that hold what the shell itself put there."""
        hidden, values = self._hidden, self._values
        both = self._place.keys() & hidden.keys()
        return {name for name in both if hidden[name] is values.get(name, _GONE)}


_GONE = object()


def _is_users(name: object) -> bool:
    """Whether a name may be of the user's making, by the looks of it."""
    return type(name) is str and not (name[:1] == "_" and _SHELL.fullmatch(name)) and name not in _PROVIDED
