"""What a run's effect makes of what a replay finds: names, files, directories, databases."""

from collections.abc import Callable

from nbdebt.live import databases
from nbdebt.live.disk import LONGER, applied, directory_state, longer
from nbdebt.live.environment import Found, Outside
from nbdebt.live.record import Effect
from nbdebt.live.states import State


def left(
    base: str,
    effect: Effect,
    found: Found | None,
    outside: Outside,
    database: Callable[[str], State | None],
) -> State:
    """The version that a run leaves.

    Args:
        base: of which resource.
        effect: what the run did to it when it ran.
        found: what a replay finds of it; None for what no cell above made.
        outside: key of a file as a fresh kernel would find it.
        database: what lies in a database now.
    """
    after = effect.after
    assert after is not None
    there = found.state if found is not None else None
    if effect.parts_only and after.frame == databases.FRAME:
        there = there if found is not None else database(base[6:])
        return after if there is None or there.parts is None else databases.applied(there, effect)
    if effect.given is LONGER:
        key = outside(base) if found is None else there.key if there is not None else b"?"
        return longer(key, effect)
    if effect.parts_only and base.startswith("<File>"):
        there = there if found is not None else directory_state(base[6:])
        return applied(there, effect) if there is not None and there.parts is not None else after
    if not effect.parts_only or there is None or effect.before is None:
        return after
    if there.parts is None or there.key == effect.before.key:
        return after
    return there.changed(effect.before, after, after.maker, effect.given)
