"""A symbolic run of cells in some order: every value is a hash of how it came about, so equal hashes are
equal values.

A statement's outcome is the hash of its text and of the versions of all it takes in (a Merkle tree over the
history). Running a cell again on the same inputs therefore gives the same versions, and running ``x += 1``
again does not. Where the concrete evaluator knows a value, its digest is the version, so that different
ways to one value are one.
"""

from collections.abc import Iterable
from typing import NamedTuple

from nbdebt.flow.steps import DELETE, DRAW, ENTROPY, MUTATE, READ, SEED, VAGUE, Step


class Version(NamedTuple):
    """A version of a resource: its hash, and the run (cell index, sequence number) that made it."""

    id: int
    cell: int
    sequence: int


class Take(NamedTuple):
    """A version that a run took in: through which access, of what; ``version`` None where nothing provided
    it."""

    access: int
    base: str
    part: str
    version: Version | None
    certain: bool


class Taken(NamedTuple):
    """One run of a simulation: what it took in, in order, and the hash of all that."""

    cell: int
    sequence: int
    takes: list[Take]
    digest: int


class World:
    """The resources as they are at one moment of a simulated session."""

    def __init__(self, label: str, lenient: bool = False) -> None:
        self.label = label
        self.lenient = lenient
        self.base: dict[str, Version] = {}
        self.parts: dict[str, dict[str, Version]] = {}
        self.made: dict[tuple[str, str], tuple[int, tuple[int, ...]]] = {}
        self.deleted: dict[str, int] = {}
        self.origin: dict[str, int] = {}
        self.sums: dict[str, int] = {}
        self.arrivals: dict[str, int] = {}
        self.latest: dict[str, Version] = {}

    def look_up(self, base: str, part: str) -> Version | None:
        """The version of a resource; of a whole, its parts included."""
        whole = self.base.get(base)
        if whole is None:
            return None
        parts = self.parts.get(base)
        if part:
            if parts is not None and part in parts:
                return parts[part]
            if self.lenient:
                # A column that nobody set is as it came, whatever became of the rows.
                return Version(self.origin.get(base, whole.id), whole.cell, whole.sequence)
            return whole
        if not parts:
            return whole
        latest = self.latest[base]
        if whole.sequence > latest.sequence:
            latest = whole
        # The order in which parts came (of a frame's columns) is part of the whole; kept as sums, so that a
        # whole with thousands of parts is looked up as quickly as one with two.
        order = 0 if self.lenient else self.arrivals[base]
        return Version(hash((whole.id, self.sums[base], order)), latest.cell, latest.sequence)

    def exact(self, base: str, part: str) -> int:
        """The hash of a resource's own version, its parts left out."""
        if not part:
            return self.base[base].id
        version = self.parts.get(base, {}).get(part)
        return version.id if version is not None else self.origin.get(base, 0)

    def put(self, base: str, part: str, version: Version) -> None:
        """A new version of a resource."""
        if part:
            parts = self.parts.setdefault(base, {})
            old = parts.get(part)
            total = self.sums.get(base, 0) + hash((part, version.id))
            if old is not None:
                total -= hash((part, old.id))
            else:
                self.arrivals[base] = hash((self.arrivals.get(base, 0), part))
            self.sums[base] = total
            self.latest[base] = version
            parts[part] = version
        else:
            self.base[base] = version
            self.origin[base] = version.id
            self.deleted.pop(base, None)
            self._forget_parts(base)

    def _forget_parts(self, base: str) -> None:
        if self.parts.pop(base, None) is not None:
            del self.sums[base], self.arrivals[base], self.latest[base]

    def drop(self, base: str, cell: int) -> None:
        """The resource is gone."""
        self.base.pop(base, None)
        self._forget_parts(base)
        self.deleted[base] = cell

    def run(self, cell: int, sequence: int, steps: Iterable[Step]) -> Taken:
        """Run a cell: each step takes in versions and puts out new ones."""
        takes: list[Take] = []
        digests: list[int] = []
        for step in steps:
            inputs: list[int] = []
            sources: list[str] = []
            own: dict[tuple[str, str], int] = {}
            pending: list[tuple[str, str, bool, int]] = []
            local: set[str] = set()
            for code, base, part, certain, guarded, access in step.ops:
                if code == READ:
                    if base in local:
                        continue
                    version = self.look_up(base, part)
                    if base[0] != "<" or version is not None or base[1] in "FS":
                        takes.append(Take(access, base, part, version, certain and not guarded))
                    identity = version.id if version is not None else 0
                    inputs.append(identity)
                    sources.append(base)
                    own[base, part] = identity
                elif code == DRAW:
                    if base in VAGUE:
                        continue
                    version = self.look_up(base, "")
                    if version is None or base[8:] in ENTROPY:
                        version = Version(hash((self.label, base, sequence, access)), -1, -1)
                    takes.append(Take(access, base, "", version, certain))
                    inputs.append(version.id)
                    sources.append(base)
                    pending.append((base, "", certain, code))
                elif code == SEED:
                    pending.append((base, "", certain, code))
                elif code == DELETE:
                    version = self.look_up(base, part)
                    if base[0] != "<" and base not in local:
                        takes.append(Take(access, base, part, version, certain and not guarded))
                    pending.append((base, part, certain, code))
                else:
                    if (code == MUTATE or part) and base not in local:
                        version = self.look_up(base, part)
                        whole = version if version is not None else self.base.get(base)
                        if base[0] != "<":
                            takes.append(
                                Take(
                                    access,
                                    base,
                                    part if code == MUTATE else "",
                                    whole,
                                    certain and not guarded,
                                )
                            )
                        if code == MUTATE:
                            identity = whole.id if whole is not None else 0
                            inputs.append(identity)
                            sources.append(base)
                            own[base, part] = identity
                    elif not part:
                        local.add(base)
                    pending.append((base, part, certain, code))
            digests.extend(inputs)
            if not pending:
                continue
            outcome = hash((step.key, *inputs))
            for ordinal, (base, part, certain, code) in enumerate(pending):
                if code == DELETE and not part:
                    if certain:
                        self.drop(base, cell)
                    continue
                old = self.look_up(base, part)
                others = tuple(i for i in inputs if i != own.get((base, part)))
                if step.idempotent or (base, part) not in own:
                    # Run again on the same inputs it gives what it gave, whichever branch that took.
                    made = (step.key, others)
                    if old is not None and self.made.get((base, part)) == made and old.cell == cell:
                        continue
                    self.made[base, part] = made
                else:
                    self.made.pop((base, part), None)
                identity = hash((outcome, base, part, ordinal if code == DRAW else 0))
                if self.lenient and base in step.commuting and (base, part) in own and old is not None:
                    # A sum has no order: the same changes in any order come to the same version.
                    foreign = tuple(i for i, source in zip(inputs, sources, strict=True) if source != base)
                    summed = (self.exact(base, part) + hash((step.key, foreign))) & 0x7FFFFFFFFFFFFFFF
                    version = Version(summed, cell, sequence)
                    if part:
                        self.put(base, part, version)
                    else:
                        self.base[base] = version
                    continue
                if not certain:
                    identity = hash((identity, old.id if old is not None else 0))
                if part and base not in self.base:
                    continue
                if code == DRAW and (old is None or old.sequence == -1):
                    # Nothing has seeded the stream yet: it stays without an origin.
                    self.put(base, part, Version(identity, -1, -1))
                    continue
                self.put(base, part, Version(identity, cell, sequence))
        return Taken(cell, sequence, takes, hash(tuple(digests)))


class Trace(NamedTuple):
    """A whole simulated session: what each run took in (last run of each cell), and the world at its end."""

    runs: dict[int, Taken]
    world: World


def simulate(
    label: str,
    order: Iterable[tuple[int, int]],
    steps: dict[int, list[Step]],
    lenient: bool = False,
    builtins: Iterable[str] = (),
) -> Trace:
    """Run cells in the given order.

    Args:
        label: distinguishes sessions where entropy comes in.
        order: (cell, sequence number) pairs.
        steps: the steps of each cell.
        lenient: changes of frames and mappings in place commute.
        builtins: names that mean a builtin until a cell binds them.
    """
    world = World(label, lenient)
    for name in builtins:
        world.base[name] = Version(hash(("builtin", name)), -1, -2)
    runs: dict[int, Taken] = {}
    for cell, sequence in order:
        runs[cell] = world.run(cell, sequence, steps[cell])
    return Trace(runs, world)


class Sessions:
    """Simulated sessions of one notebook, each simulated once.

    Args:
        steps: the steps of each cell.
        builtins: names that mean a builtin until a cell binds them.
    """

    def __init__(self, steps: dict[int, list[Step]], builtins: Iterable[str] = ()) -> None:
        self.steps = steps
        self.builtins = tuple(builtins)
        self._done: dict[tuple[str, bool, tuple[tuple[int, int], ...]], Trace] = {}

    def trace(self, label: str, order: list[tuple[int, int]], lenient: bool = False) -> Trace:
        """The trace of these runs; arguments as for :func:`simulate`."""
        key = (label, lenient, tuple(order))
        found = self._done.get(key)
        if found is None:
            found = self._done[key] = simulate(label, order, self.steps, lenient, self.builtins)
        return found
