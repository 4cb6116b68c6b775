"""The user's names at cell boundaries: which were bound, changed in place or deleted by a run.

Only what a run may have touched is looked at: what its code names, what its called functions name, and
what shares memory with any of that. No reference to a user's object is kept.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from nbdebt.live.bindings import Bindings
from nbdebt.live.fingerprints import LATE, Fingerprint, Fingerprinter
from nbdebt.live.shapes import shape_of
from nbdebt.live.states import State, state_of


class Change(NamedTuple):
    """What a run did to one name; ``before`` None where it was not there, ``after`` None where it is gone."""

    name: str
    kind: Literal["bound", "changed", "deleted"]
    before: State | None
    after: State | None


class Namespace:
    """What is known of the values of a shell's names.

    Args:
        values: the shell's ``user_ns``.
        hidden: its ``user_ns_hidden``: what the shell itself put there.
        fingerprinter: takes the fingerprints.
    """

    def __init__(self, values: dict[str, Any], hidden: dict[str, Any], fingerprinter: Fingerprinter) -> None:
        self.values = values
        self.hidden = hidden
        self.fingerprinter = fingerprinter
        self.states: dict[str, State] = {}
        self.inexact: dict[str, str] = {}
        self._bindings = Bindings(values, hidden)
        self._reach: dict[str, frozenset[int] | None] = {}
        self._holders: dict[int, set[str]] = {}
        self._endless: set[str] = set()
        self._plain: dict[str, bytes] = {}

    def user_names(self) -> list[str]:
        """Names that the user made."""
        return self._bindings.names()

    def adopt(self) -> None:
        """Take what is there already, as of unknown origin."""
        for name in self.user_names():
            self._take(name, -1, b"")

    def sharing(self, names: Iterable[str]) -> set[str]:
        """These names, and all that share memory with what they hold."""
        found = set(names)
        many = False
        for name in list(found):
            reach = self._reach.get(name, frozenset())
            if reach is None:
                many = True
                continue
            for token in reach:
                holders = self._holders.get(token)
                if holders is not None and len(holders) > 1:
                    found |= holders
        if many:
            found |= self._endless
        return found

    def begin(self, touched: Iterable[str]) -> None:
        """A run begins that names these: know what they hold.

        What another thread, a callback or a silent run changed since the last run has no known origin.
        """
        values, bindings = self.values, self._bindings
        other, gone = bindings.look()
        for name in {*touched, *other}:
            if name in values and not bindings.holds(name):
                self._take(name, -1, b"")
        for name in gone:
            self._drop(name)

    def end(
        self,
        touched: set[str],
        run: int,
        salt: bytes,
        written: set[str],
        others: frozenset[str] = frozenset(),
    ) -> list[Change]:
        """A run has ended.

        Args:
            touched: what it may have changed in place.
            run: its sequence number.
            salt: digest of its code and of what it read.
            written: names that its code surely binds: made anew even where their value is the same.
            others: names that are left alone, for another run goes on that makes them.
        """
        values, states = self.values, self.states
        changes: list[Change] = []
        other, gone = self._bindings.look()
        for name in self._bindings.ordered(other | self.sharing(touched)):
            if name not in values or name in gone or name in others:
                continue
            value = values[name]
            same_object = name not in other
            before = states.get(name)
            if same_object and before is not None and not self._may_change(name, value):
                if name in written:
                    states[name] = after = before._replace(maker=run)
                    changes.append(Change(name, "bound", before, after))
                continue
            plain = self._plain.get(name)
            if not same_object or name in written:
                after = self._take(name, run, salt)
                changes.append(Change(name, "bound", before, after))
                continue
            assert before is not None
            old_exactness = before.exactness
            found = self._fingerprint(name)
            if found.why == LATE or (found.digest == plain and found.exactness == old_exactness):
                continue
            if plain is None:  # It was given up when it was made, so there is nothing to compare this with.
                states[name] = before._replace(exactness=found.exactness)
                continue
            after = state_of(found, run, salt)._replace(shape=shape_of(value))
            states[name] = after
            changes.append(Change(name, "changed", before, after))
        for name in sorted(gone):
            changes.append(Change(name, "deleted", states.get(name), None))
            self._drop(name)
        return changes

    def _may_change(self, name: str, value: Any) -> bool:
        """Whether a value can be changed in place at all."""
        kind = type(value)
        return not any(kind is immutable for immutable in _IMMUTABLE)

    def touch(self, name: str, run: int, salt: bytes) -> Change | None:
        """A run surely changed in place what can't be read (an iterator was moved on): a new version."""
        before = self.states.get(name)
        if before is None or before.exactness == "exact":
            return None
        found = Fingerprint(digest=before.key, exactness=before.exactness)
        after = self.states[name] = state_of(found, run, salt)
        return Change(name, "changed", before, after)

    def _take(self, name: str, run: int, salt: bytes) -> State:
        self._plain.pop(name, None)
        shape = shape_of(self.values[name])
        state = self.states[name] = state_of(self._fingerprint(name), run, salt)._replace(shape=shape)
        self._bindings.hold(name)
        return state

    def _fingerprint(self, name: str) -> Fingerprint:
        found = self.fingerprinter.take(self.values[name])
        if found.why != LATE:
            self._plain[name] = found.digest
        if found.exactness == "exact":
            self.inexact.pop(name, None)
        else:
            self.inexact[name] = found.why
        self._link(name, found.reach)
        return found

    def _link(self, name: str, reach: frozenset[int] | None) -> None:
        old = self._reach.get(name)
        if old == reach and name in self._reach:
            return
        self._unlink(name)
        self._reach[name] = reach
        if reach is None:
            self._endless.add(name)
        for token in reach or ():
            self._holders.setdefault(token, set()).add(name)

    def _unlink(self, name: str) -> None:
        self._endless.discard(name)
        for token in self._reach.pop(name, None) or ():
            holders = self._holders.get(token)
            if holders is not None:
                holders.discard(name)
                if not holders:
                    del self._holders[token]

    def _drop(self, name: str) -> None:
        self._unlink(name)
        self._bindings.forget(name)
        self._plain.pop(name, None)
        self.states.pop(name, None)
        self.inexact.pop(name, None)


# Compared by identity, for a metaclass of the user's may have an `__eq__` or `__hash__` of its own.
_IMMUTABLE = (int, float, str, bool, type(None), bytes, complex, range)
