"""What lies at the other end of a session's exchanges: on disk, in version control, declared."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nbdebt.data.exposure.answer import Exposure
from nbdebt.data.exposure.onlooker import Onlooker
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
        exposed: for a write, who can read it, where that is worth telling.
    """

    touch: Touch
    state: str = ""
    reason: str = ""
    by: str = ""
    declared: str = ""
    exposed: str = ""


def looked_up(session: "Session") -> list[Look]:
    """All exchanges of a session with files, URLs and tables, looked up."""
    report = session.report()
    if not report.notebooks:
        return []
    result = report.notebooks[0]
    path = session.document.path
    directory = Path(path).parent if path else Path.cwd()
    resolver = session.pins.resolver()
    resolver.prepare([(e.access.resource, directory, e.access.detail) for e in result.exchanges])
    onlooker = Onlooker(git=True)
    around = Surroundings(
        result,
        directory,
        session.settings,
        {result.path: result},
        {},
        {},
        resolver.versioned,
        lambda: onlooker,
    )
    onlooker.foresee(t.target for t in around.touches if t.mode == "write" and t.local and t.exact)
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
            written = touch.mode == "write"
            found.append(
                Look(
                    touch,
                    declared=words if written else "",
                    exposed=_told(around.exposure(touch)) if written else "",
                )
            )
    return found


def _told(exposed: Exposure | None) -> str:
    """Who can read it, where others than its author do, or it is pushed; not what holds for every file."""
    return exposed.words if exposed is not None and (exposed.notable or "git" in exposed.places) else ""
