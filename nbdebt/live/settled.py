"""Runs that found what their own cell had made before: running it again is nothing.

``x[x < 0] = 0`` comes to the same on its own result, and ``if not path.exists(): write()`` writes once.
"""

from collections.abc import Callable, Mapping

from nbdebt.live.environment import Env, Outside
from nbdebt.live.record import Read, RunRecord
from nbdebt.live.states import ABSENT
from nbdebt.model.history import File


def settled(
    record: RunRecord,
    read: Read,
    env: Env,
    runs: Mapping[int, RunRecord],
    outside: Outside,
    same: Callable[[Read, Env], bool],
) -> bool:
    """Whether a read is of what this cell made itself in an earlier run, and running it again is nothing.

    Then it comes to the same where that run's read is provided.

    Args:
        record: the run.
        read: a read of its that a replay doesn't provide.
        env: what the replay provides.
        runs: all records, by their number.
        outside: key of a file as a fresh kernel would find it.
        same: says whether a read would find what it found.
    """
    if read.base.startswith("<File>"):
        return _cached(record, read, env, outside)
    if read.maker < 0 or read.access < 0 or read.key == ABSENT or not _idempotent(record, read.access):
        return False
    if record.run.outcome != "ok":
        return False
    earlier = runs.get(read.maker)
    if earlier is None or earlier.run.cell_id != record.run.cell_id or earlier is record:
        return False
    effect = record.effects.get(read.base)
    if effect is not None and effect.kind != "bound" and effect.before != effect.after:
        return False
    return any(r.base == read.base and r.part == read.part and same(r, env) for r in earlier.reads)


def _cached(record: RunRecord, read: Read, env: Env, outside: Outside) -> bool:
    """Whether a run made a file because it was not there, and a replay finds what it made."""
    effect = record.effects.get(read.base)
    if effect is None or effect.after is None or read.key != ABSENT or record.run.outcome != "ok":
        return False
    found = env.get(read.base)
    there = outside(read.base) if found is None else found.state.key if found.state is not None else b""
    writes = [a for a in record.flow.accesses if type(a.resource) is File and a.mode == "write"]
    sure = any(a.certain and "unless-returned" not in a.detail for a in writes)
    return there == effect.after.key and bool(writes) and not sure


def _idempotent(record: RunRecord, access: int) -> bool:
    return any(s.idempotent for s in record.flow.statements if s.first <= access < s.last)
