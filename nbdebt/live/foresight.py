"""``%%nbdebt dry``: what a cell would do, by its code alone."""

from typing import TYPE_CHECKING

from nbdebt.flow.reader import Reader
from nbdebt.live import markup
from nbdebt.live.record import before_line, outline
from nbdebt.live.recorder import registry
from nbdebt.live.shown import Shown
from nbdebt.model.history import File, Package, RandomStream, Table, Url
from nbdebt.report.words import cell_label

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_DOES = {
    "read": "read",
    "write": "write",
    "delete": "delete",
    "mutate": "change",
    "draw": "draw from",
    "seed": "seed",
}


def foreseen(session: "Session", whole: str, body: str) -> Shown:
    """What running a cell would do.

    Args:
        session: the session.
        whole: the cell with its head, by which it is found in the document.
        body: what would run.
    """
    seen = session.analysis()
    reader = Reader(registry)
    reader.foresee(session.recorder.parse(c.source) for c in seen.notebook.code_cells if c.source != whole)
    flow = reader.read(session.recorder.parse(body))
    if flow.error:
        return Shown(f"not run: line {flow.error_line}: {flow.error}")
    here = next((c for c in seen.notebook.code_cells if c.source.strip() == whole.strip()), None)
    summary = outline(before_line(flow, 0))
    makes = {name for name in (*summary.binds, *summary.may_bind) if name[0] != "<"}
    changes = {name for name in summary.mutates if name[0] != "<"}
    lines = [f"make {_listed(makes)}"] if makes else []
    lines += [f"change in place {_listed(changes)}"] if changes else []
    for access in flow.accesses:
        if isinstance(access.resource, File | Url | Table | Package | RandomStream):
            lines.append(f"{_DOES[access.mode]} {access.resource}")
    rows = []
    for cell, other in seen.cells():
        if (here is not None and cell.index == here.index) or cell.id not in session.last:
            continue
        reads = {take.base for take in outline(before_line(other, 0)).takes} & (makes | changes)
        if reads:
            rows.append((cell_label(seen.ref(cell.index)), _listed(reads)))
    report = session.foresee(body)
    said = [f for f in report.findings if f.severity != "note"]
    after = [
        f"{markup.MARKS[f.severity]} {f.code} {f'line {f.span.line}: ' if f.span else ''}{f.message}"
        for f in said
    ]
    if not rows:
        after.insert(0, "no other cell would be out of date")
    head = ("would be out of date", "as it reads") if rows else ()
    title = "not run; it would" if lines else "not run; it would do nothing that another cell can see"
    return Shown(title, tuple(dict.fromkeys(lines)), head, tuple(rows), tuple(after))


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
