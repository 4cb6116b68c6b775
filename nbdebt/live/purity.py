"""``%%nbdebt pure``: what a run did beside making names of its own."""

from typing import TYPE_CHECKING

from nbdebt.live.record import RunRecord
from nbdebt.model.history import File, Table, Url
from nbdebt.report.plain import clean

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_DOES = {"write": "writes", "delete": "deletes", "mutate": "changes"}


class Impure(Exception):
    """A cell that was said to be pure is not. It has run; there is no place to point at."""

    def _render_traceback_(self) -> list[str]:
        """How IPython shows it."""
        return [f"nbdebt: the cell ran, and is not pure: {clean(str(self))}"]


def impurities(session: "Session", record: RunRecord) -> list[str]:
    """What a run changed, wrote or drew, a sentence each.

    Args:
        session: the session.
        record: the run.
    """
    found: list[str] = []
    for base, effect in record.effects.items():
        was_others = effect.before is not None and not _made_by_itself(session, record, base)
        if base.startswith("<Setting>"):
            if effect.before != effect.after:
                found.append(f"changes the setting {base[9:]}")
        elif base[0] == "<" or not was_others:
            continue
        elif effect.kind == "changed":
            found.append(f"changes `{base}` in place")
        elif effect.kind == "deleted":
            found.append(f"deletes `{base}`")
        elif effect.kind == "bound":
            found.append(f"gives `{base}`, which another cell made, a new value")
    outside = [*record.accesses, *record.flow.accesses]
    found += [
        f"{_DOES[a.mode]} {a.resource}"
        for a in outside
        if a.mode in _DOES and isinstance(a.resource, File | Url | Table)
    ]
    found += [
        f"draws from the {read.base[8:]} random stream unseeded"
        for read in record.reads
        if read.base.startswith("<random>") and read.maker < 0
    ]
    return list(dict.fromkeys(found))


def _made_by_itself(session: "Session", record: RunRecord, name: str) -> bool:
    """Whether what a name held before a run was made by an earlier run of the same cell."""
    before = (r for r in reversed(session.runs) if r.run.sequence < record.run.sequence and name in r.made)
    maker = next(before, None)
    return maker is not None and maker.run.cell_id == record.run.cell_id
