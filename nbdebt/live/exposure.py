"""What lies at the other end of a session's exchanges: on disk, in version control, declared."""

from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.live.understanding import is_told
from nbdebt.model.finding import Exchange
from nbdebt.report.inout import Look, looked_up
from nbdebt.rules.surroundings import Surroundings

if TYPE_CHECKING:
    from nbdebt.live.session import Session


def around(session: "Session") -> Surroundings | None:
    """A session among its files; None where nothing is known of its notebook yet."""
    report = session.report()
    if not report.notebooks:
        return None
    result = report.notebooks[0]
    path = session.document.path
    directory = Path(path).parent if path else Path.cwd()
    resolver = session.pins.resolver()
    resolver.prepare([(e.access.resource, directory, e.access.detail) for e in result.exchanges])
    onlooker = Onlooker(git=True)
    return Surroundings(
        result,
        directory,
        session.settings,
        {result.path: result},
        {},
        {},
        resolver.versioned,
        lambda: onlooker,
    )


def looks(session: "Session") -> list[Look]:
    """All exchanges of a session with files, URLs and tables, looked up."""
    found = around(session)
    return looked_up(found) if found is not None else []


def was_seen(session: "Session", exchange: Exchange) -> bool:
    """Whether what the code says of a file or an address was seen when it ran, too."""
    record = session.last.get(exchange.cell.id)
    access = exchange.access
    told = {(type(access.resource), str(access.resource), access.mode)}
    return record is not None and any(is_told(a, told) for a in record.accesses)
