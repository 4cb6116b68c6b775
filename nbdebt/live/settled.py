"""Runs that found what their own cell had made before: running it again is nothing.

``x[x < 0] = 0`` comes to the same on its own result, and ``if not path.exists(): write()`` writes once. A
cell to which only a display was added made what an earlier run of it made.
"""

from collections.abc import Callable, Iterable, Mapping

from nbdebt.flow.reader import Parsed
from nbdebt.live.environment import Env, Outside
from nbdebt.live.record import Read, RunRecord, only_shows, working_key
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


def worked(
    last: RunRecord,
    runs: Iterable[RunRecord],
    env: Env,
    fits: Callable[[RunRecord, Env], bool],
    same: Callable[[Read, Env], bool],
    parse: Callable[[str], Parsed],
) -> RunRecord | None:
    """A run that stands for another of its cell from which it differs in displays only.

    Args:
        last: the run that is stood for.
        runs: runs of the same cell, newest first.
        env: what a replay provides.
        fits: says whether all that a run read is provided.
        same: says whether one read is.
        parse: parses a source.

    Returns:
        A run that fits and left what ``last`` left; then what is displayed last finds what it found.
    """
    parsed = parse(last.text)
    if last.run.outcome != "ok" or parsed.tree is None or parsed.masked.magics:
        return None
    if len(last.flow.statements) != len(parsed.tree.body):
        return None
    working, done = None, 0
    for node, statement in zip(parsed.tree.body, last.flow.statements, strict=True):
        if not only_shows(node, last.flow.accesses[statement.first : statement.last]):
            done = statement.last
    differ = [read for read in last.reads if not same(read, env)]
    for earlier in runs:
        if earlier is last or earlier.key == last.key or earlier.run.outcome != "ok":
            continue
        shows = [r for r in differ if not 0 <= r.access < done]
        if any(read.maker != earlier.run.sequence for read in shows) or not _left_alike(earlier, last):
            continue
        working = working or working_key(parsed, last.flow)
        if working == working_key(parse(earlier.text), earlier.flow) and fits(earlier, env):
            return earlier if not _shown_before(last, parsed, differ, done) else None
    return None


def _left_alike(earlier: RunRecord, last: RunRecord) -> bool:
    """Whether a later run of a cell left what an earlier one left, of names and of all else."""
    for base in earlier.effects.keys() | last.effects.keys():
        if base == "_":
            continue
        mine, theirs = earlier.effects.get(base), last.effects.get(base)
        if theirs is not None and theirs.kind == "changed" and theirs.before == theirs.after:
            continue
        if mine is None or (theirs is None and mine.kind != "changed"):
            return False
        if theirs is not None and (
            mine.after is None or theirs.after is None or not mine.after.equals(theirs.after)
        ):
            return False
    return True


def _shown_before(last: RunRecord, parsed: Parsed, differ: list[Read], done: int) -> bool:
    """Whether a statement that shows something in between, before all is made, found something else."""
    assert parsed.tree is not None
    places = {read.access for read in differ}
    return any(
        only_shows(node, last.flow.accesses[statement.first : statement.last])
        and any(statement.first <= place < statement.last for place in places)
        for node, statement in zip(parsed.tree.body, last.flow.statements, strict=True)
        if statement.first < done
    )


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
