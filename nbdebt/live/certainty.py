"""What a run was seen to do, in place of what its code may do: so that rules speak of what happened."""

from collections.abc import Collection

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.live.seen import Seen
from nbdebt.model.history import Access, File, RandomStream

_OPEN_ENDS = ("{", "<", "*", "?")


def certain(
    flow: CellFlow,
    drew: Collection[str],
    undetermined: Collection[str],
    files: Collection[Seen],
    loaded: Collection[str],
    unsettled: Collection[str] = (),
    generators: Collection[str] = (),
) -> CellFlow | None:
    """A cell's flow as it came true in a run.

    Args:
        flow: what its code does.
        drew: streams that were drawn from.
        undetermined: of these, the ones that no seed determined.
        files: files, URLs and tables that were touched.
        loaded: streams whose states are known, be it that their library isn't there.
        unsettled: streams whose seed was none: a state that nothing had determined.
        generators: what was seen to make a generator without a seed.

    Returns:
        The flow without draws that didn't happen, with draws and generators that no line shows added, and
        computed paths as they were; None if it is no other.
    """
    kept: list[Access] = []
    told: set[str] = set()
    changed = False
    for access in flow.accesses:
        resource = access.resource
        if access.mode == "draw" and isinstance(resource, RandomStream) and resource.stream in loaded:
            told.add(resource.stream)
            if resource.stream not in drew:
                # It stays in its place, for others point at accesses by their number.
                access = msgspec.structs.replace(access, mode="read", basis="observed")
                changed = True
            elif not access.certain or "branch" in access.detail:
                detail = tuple(d for d in access.detail if d != "branch")
                access = msgspec.structs.replace(access, certain=True, basis="observed", detail=detail)
                changed = True
        elif access.mode == "seed" and isinstance(resource, RandomStream) and resource.stream in unsettled:
            access = msgspec.structs.replace(access, mode="read", basis="observed")
            changed = True
        elif isinstance(resource, File) and any(mark in resource.path for mark in _OPEN_ENDS):
            seen = _one(access, files)
            if seen is not None:
                access = msgspec.structs.replace(access, resource=seen.resource, basis="observed")
                changed = True
        kept.append(access)
    statements = list(flow.statements)
    extra = sorted(set(undetermined) - told)
    if extra and statements:
        last = statements[-1]
        kept += [Access(RandomStream(stream), "draw", last.span, "observed") for stream in extra]
    made = [name for name in generators if not any(access.get("unseeded-generator") for access in kept)]
    if made and statements:
        last = statements[-1]
        detail = ("unseeded-generator", "argument=seed")
        kept.append(Access(RandomStream("os"), "draw", last.span, "observed", via=made[0], detail=detail))
    if len(kept) > len(flow.accesses):
        statements[-1] = msgspec.structs.replace(statements[-1], last=len(kept))
        changed = True
    return msgspec.structs.replace(flow, accesses=kept, statements=statements) if changed else None


def _one(access: Access, files: Collection[Seen]) -> Seen | None:
    """The only thing that was seen of an access whose path the code computes."""
    found = [
        s for s in files if isinstance(s.resource, File) and s.mode == access.mode and s.via == access.via
    ]
    return found[0] if len(found) == 1 else None
