"""What runs prove: two of the same code that found the same, and made something else."""

from collections.abc import Sequence

from nbdebt.live.record import RunRecord

_RUNS = 5
"""How many runs back to look."""


def contradicted(chosen: RunRecord, runs: Sequence[RunRecord]) -> set[str]:
    """Names of which another run of the same code made another value, although it found the same.

    What they hold is determined by something that was not seen: a generator hidden in a library, the weather.

    Args:
        chosen: a run.
        runs: the runs of its code, oldest first.
    """
    if chosen.vague or chosen.run.outcome != "ok":
        return set()
    found: set[str] = set()
    reads = {(r.base, r.part): r.key for r in chosen.reads}
    for other in runs[-_RUNS:]:
        if other is chosen or other.run.outcome != "ok" or other.modules != chosen.modules:
            continue
        if {(r.base, r.part): r.key for r in other.reads} != reads or None in reads.values():
            continue
        names = {base for base, part in reads if base[0] != "<" and part}
        if any(_key(chosen, name) != _key(other, name) for name in names):
            # What was read is a part of something else: the result may hold more of it.
            continue
        for base in chosen.effects.keys() & other.effects.keys():
            mine, theirs = chosen.effects[base], other.effects[base]
            if base[0] == "<" or base == "_" or mine.after is None or theirs.after is None:
                continue
            if mine.kind == theirs.kind == "bound" and not mine.after.equals(theirs.after):
                found.add(base)
    return found


def _key(record: RunRecord, name: str) -> bytes:
    state = record.found.get(name)
    return state.key if state is not None else b""
