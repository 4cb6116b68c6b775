"""``%nbdebt why NAME``: which run made a name, what that run read, and what a replay would give."""

import difflib
from typing import TYPE_CHECKING

from nbdebt.live.record import RunRecord
from nbdebt.live.shown import Shown
from nbdebt.model.history import Access, Name
from nbdebt.report.words import STATES, cell_label
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.live.session import Session


def why(session: "Session", name: str) -> Shown:
    """``%nbdebt why NAME``: which run made it, what that run read, and what a replay would give."""
    seen = session.analysis()
    touching = [r for r in session.runs if name in r.made or name in r.changed]
    if not touching:
        return _unknown(session, name)
    labels = _Labels(seen, session)
    makers = [n for n, r in enumerate(touching) if name in r.made]
    since = touching[makers[-1] if makers else 0 :]
    lines = []
    for record in since:
        did = "was made by" if name in record.made else "was changed in place by"
        lines.append(f"`{name}` {did} {labels.run(record, name)}")
    verdict = session.verdict()
    if name in verdict.names:
        lines.append(f"Restart & Run All would give another value: {verdict.names[name]}")
    elif name in verdict.left_over:
        lines.append("no cell of the document makes it any more, and none reads it")
    elif verdict.reproduces is None:
        missing = "; ".join(verdict.missing[:2])
        lines.append(f"what Restart & Run All would give is not known everywhere: {missing}")
    else:
        lines.append("Restart & Run All would give the same value")
    last = since[-1]
    lines += _state_of(seen, last)
    rows = []
    for read in dict.fromkeys((r.base, r.maker) for r in last.reads):
        base, maker = read
        found = session.recorder.records.get(maker)
        rows.append(
            (
                _resource(base),
                labels.run(found, base) if found is not None else _from_before(base),
                _now(session, base, maker),
            )
        )
    readers = [r for r in session.runs if name in r.read and r.run.sequence > last.run.sequence]
    after = [f"read since by {', '.join(dict.fromkeys(labels.run(r) for r in readers))}"] if readers else []
    return Shown(f"{name}", tuple(lines), ("it was made of", "from", "now"), tuple(rows), tuple(after))


def _unknown(session: "Session", name: str) -> Shown:
    known = {n for r in session.runs for n in (*r.made, *r.changed)}
    if name in session.recorder.namespace.states:
        return Shown(f"`{name}` was there before recording began, or was made where no run was seen")
    close = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return Shown(f"no run of this session made `{name}`{hint}")


def _state_of(seen: Analysis, record: RunRecord) -> list[str]:
    for cell in seen.notebook.code_cells:
        if cell.id == record.run.cell_id and (found := seen.replay.cells.get(cell.index)) is not None:
            if found.state == "same":
                return []
            because = "; ".join(dict.fromkeys(r.text for r in found.reasons if r.text))
            return [
                f"{cell_label(seen.ref(cell.index))}: {STATES[found.state]}"
                + (f": {because}" if because else "")
            ]
    return ["its cell is not in the document any more"]


def _resource(base: str) -> str:
    """A resource's key for people."""
    if base.startswith("<random>"):
        return f"the {base[8:]} random stream"
    if base[0] == "<":
        kind, _, rest = base[1:].partition(">")
        return f"{kind.lower()} {rest}"
    return f"`{base}`"


def _from_before(base: str) -> str:
    return "outside" if base[0] == "<" else "from before recording"


def _now(session: "Session", base: str, maker: int) -> str:
    """Whether what was read is still what there is."""
    if base[0] == "<":
        return ""
    state = session.recorder.namespace.states.get(base)
    if state is None:
        return "deleted since"
    return "the same" if state.maker == maker else "made anew or changed since"


class _Labels:
    """How runs are called: by their cell, where the document still shows it."""

    def __init__(self, seen: Analysis, session: "Session") -> None:
        self.refs = {cell.id: seen.ref(cell.index) for cell in seen.notebook.code_cells}
        self.last = session.last

    def run(self, record: RunRecord, name: str = "") -> str:
        """``cell 3 [5], line 2``; for an older run of the cell, which one."""
        ref = self.refs.get(record.run.cell_id)
        count = f" [{record.count}]" if record.count is not None else ""
        if ref is None:
            label = f"a cell{count} that is gone"
        elif self.last.get(ref.id) is record:
            label = cell_label(ref)
        else:
            label = f"an earlier run{count} of cell {ref.index + 1}"
        line = next((a.span.line for a in record.flow.accesses if _writes(a, name)), 0) if name else 0
        return f"{label}, line {line}" if line else label


def _writes(access: Access, name: str) -> bool:
    return (
        isinstance(access.resource, Name)
        and access.resource.name == name
        and access.mode in ("write", "mutate", "delete")
    )
