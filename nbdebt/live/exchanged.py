"""What a session was seen to read and write, as ``%nbdebt save`` writes it: no secrets, no values."""

from typing import TYPE_CHECKING, Literal

from nbdebt.datamap.targets import safe_address
from nbdebt.flow.recorded import RecordedAccess
from nbdebt.model.history import File, Table, Url

if TYPE_CHECKING:
    from nbdebt.live.session import Session

# What is touched, but not as data.
_NO_DATA = frozenset(
    ("listing", "script", "storage", "shown", "local", "absent", "package", "temporary", "failed")
)


def accesses_of(session: "Session") -> tuple[RecordedAccess, ...]:
    """All reads and writes of files, addresses and tables that were observed, each once."""
    report = session.report()
    found: dict[RecordedAccess, None] = {}
    for exchange in report.notebooks[0].exchanges if report.notebooks else ():
        access = exchange.access
        resource = access.resource
        if access.basis != "observed" or access.mode not in ("read", "write"):
            continue
        if not _NO_DATA.isdisjoint(access.detail):
            continue
        kind: Literal["file", "url", "table"]
        connection = ""
        if isinstance(resource, File):
            kind, target = "file", resource.path
        elif isinstance(resource, Url):
            kind, target = "url", safe_address(resource.url)
        elif isinstance(resource, Table):
            kind, target, connection = "table", resource.table, safe_address(resource.connection)
        else:
            continue
        line = access.span.line
        found[RecordedAccess(exchange.cell.id, access.mode, kind, target, access.via, line, connection)] = (
            None
        )
    return tuple(found)
