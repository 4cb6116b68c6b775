"""What lies at the other end of a session's exchanges: on disk, in version control, declared."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nbdebt.data.versions import Resolver
from nbdebt.rules.surroundings import Surroundings, Touch

if TYPE_CHECKING:
    from nbdebt.live.session import Session


class Look(NamedTuple):
    """One exchange, and what is known of its other end.

    Args:
        touch: the exchange, its target resolved.
        state: for a read, whether the source is versioned (``versioned``, ``unversioned``, …).
        reason: why not.
        by: by what.
        declared: for a write, the declaration in words.
    """

    touch: Touch
    state: str = ""
    reason: str = ""
    by: str = ""
    declared: str = ""


def looked_up(session: "Session") -> list[Look]:
    """All exchanges of a session with files, URLs and tables, looked up."""
    report = session.report()
    if not report.notebooks:
        return []
    result = report.notebooks[0]
    path = session.document.path
    directory = Path(path).parent if path else Path.cwd()
    resolver = Resolver()
    resolver.prepare([(e.access.resource, directory, e.access.detail) for e in result.exchanges])
    around = Surroundings(
        result, directory, session.settings, {result.path: result}, {}, {}, resolver.versioned
    )
    found = []
    for touch in around.touches:
        if touch.mode == "read":
            state = around.state(touch)
            found.append(Look(touch, state.state, state.reason, state.by))
        else:
            declared = touch.declared
            words = (
                f"declared ({declared.owner})"
                if declared and declared.owner
                else "declared"
                if declared
                else "not declared"
            )
            found.append(Look(touch, declared=words if touch.mode == "write" else ""))
    return found
