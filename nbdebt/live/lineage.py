"""``%nbdebt why NAME``: which run made a name, what that run read, and what a replay would give."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nbdebt.flow.reasons import CellReplay, root_of
from nbdebt.live.disk import spoken
from nbdebt.live.record import FRAME, GIVEN, THERE, Read, RunRecord, key_in
from nbdebt.live.shown import Shown
from nbdebt.live.states import ABSENT
from nbdebt.model.history import Access, Name
from nbdebt.report.words import LIVE_STATES, cell_label
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_HERE = "in the session now"
_REPLAY = "run top to bottom"
_AGAIN = "run again in that order"
_OTHER = {"missing": "not there", "random": "other numbers", "opaque": "not known"}


def why(session: "Session", name: str) -> Shown:
    """``%nbdebt why NAME``: which run made it, what that run read, and what a replay would give.

    Of a part (``df["a"]``, ``model.coef_``) it is told by the name that it belongs to.
    """
    name = root_of(name.lstrip("`").rstrip("`"))
    seen = session.analysis()
    touching = [r for r in session.runs if name in r.made or name in r.changed]
    if not touching:
        return _unknown(session, name)
    labels = _Labels(seen, session)
    makers = [n for n, r in enumerate(touching) if name in r.made]
    since = touching[makers[-1] if makers else 0 :]
    last = since[-1]
    lines = []
    for record in since:
        did = "was made by" if name in record.made else "was changed in place by"
        lines.append(f"`{name}` {did} {labels.run(record, name)}")
    lines.append(_verdict(session, name))
    replayed = _replayed(seen, last)
    lines += _state_of(seen, replayed)
    lines += [words] if (words := compared(session, name)) else []
    rows = tuple(_rows(session, last, replayed, labels))
    readers = [r for r in session.runs if name in r.read and r.run.sequence > last.run.sequence]
    after = [f"read since by {', '.join(dict.fromkeys(labels.run(r) for r in readers))}"] if readers else []
    head = (f"{labels.run(last)} read", "made by", _HERE, _REPLAY if seen.placed else _AGAIN)
    return Shown(f"`{name}`", tuple(lines), head, rows, tuple(after))


def compared(session: "Session", name: str) -> str:
    """How much of a value its comparison rests on; empty where that is all of it."""
    namespace = session.recorder.namespace
    state, reason = namespace.states.get(name), namespace.inexact.get(name, "")
    if state is None or not reason:
        return ""
    if state.exactness == "sampled":
        return (
            f"`{name}` was read in part ({reason}): it counts as the same only if what was read is the same "
            "and the same code made it of the same things; a change elsewhere in it can stay unseen"
        )
    return (
        f"`{name}` is not looked into ({reason}): it counts as the same if the same code made it of the same "
        "things; a change within it is not seen"
    )


def _unknown(session: "Session", name: str) -> Shown:
    known = {n for r in session.runs for n in (*r.made, *r.changed)}
    if name in session.recorder.namespace.states:
        return Shown(f"`{name}` was there before recording began, or was made where no run was seen")
    close = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return Shown(f"no run of this session made `{name}`{hint}")


def _verdict(session: "Session", name: str) -> str:
    """What Restart & Run All would give of a name."""
    notebook = session.understanding.notebook()
    _, difference = session.understanding.outcome(notebook, session.understanding.flows(notebook))
    if name in difference.names:
        would = "may" if session.recorder.namespace.inexact.get(name) else "would"
        return f"Restart & Run All {would} give another value: {difference.names[name]}"
    if name in difference.left_over:
        return "no cell of the document makes it any more, and none reads it"
    if name in difference.unknown:
        return f"what Restart & Run All would give is not known: {difference.unknown[name]}"
    if session.document.origin == "runs":
        return "run again in the order of these runs, it would be the same; the document is not known"
    return "Restart & Run All would give the same value"


def _replayed(seen: Analysis, record: RunRecord) -> CellReplay | None:
    for cell in seen.notebook.code_cells:
        if cell.id == record.run.cell_id:
            return seen.replay.cells.get(cell.index)
    return None


def _state_of(seen: Analysis, found: CellReplay | None) -> list[str]:
    """What is said of the cell that made it last."""
    if found is None:
        return ["its cell is not in the document any more"]
    if found.state == "same":
        return []
    # Where it stops, what it would draw doesn't matter.
    told = [r.text for r in found.reasons if r.text and (found.state != "fails" or r.kind != "random")]
    because = "; ".join(dict.fromkeys(told))
    return [
        f"{cell_label(seen.ref(found.cell))} {LIVE_STATES[found.state]}" + (f": {because}" if because else "")
    ]


# What it was made of


def _rows(
    session: "Session", record: RunRecord, replayed: CellReplay | None, labels: "_Labels"
) -> Iterator[tuple[str, str, str, str]]:
    """What a run read, one thing a row: by whom it was made, and whether it is still so."""
    of_parts = {read.base for read in record.reads if _part(read)}
    done: set[tuple[str, str]] = set()
    for read in record.reads:
        base, part = read.base, _part(read)
        named = {r.name: r.kind for r in replayed.reasons} if replayed is not None else {}
        spelled = base + part if base[0] != "<" else spoken(base)
        is_whole = part == "" and base in of_parts and read.part == FRAME
        builtin = read.key == ABSENT and read.access < 0
        if is_whole or builtin or (base, part) in done or (base[0] == "<" and not _counts(read, named)):
            continue
        done.add((base, part))
        maker = _maker(session, record, read)
        if maker is not None and base in maker.flow.imports and base not in named:
            # A module is what it is.
            continue
        kind = next((named[n] for n in (spelled, base, base[8:]) if n in named), None)
        yield (
            _resource(base, spelled),
            labels.run(maker, base) if maker is not None else _from_before(base),
            _now(session, record, read),
            _in_replay(replayed, kind),
        )


def _maker(session: "Session", record: RunRecord, read: Read) -> RunRecord | None:
    """The run that made what was read: of a part, the last one that changed it."""
    part = _part(read)
    if not part:
        return session.recorder.records.get(read.maker)
    for earlier in reversed(session.runs):
        effect = earlier.effects.get(read.base)
        if earlier.run.sequence >= record.run.sequence or effect is None or effect.after is None:
            continue
        if effect.before is None or effect.before.part(part) != effect.after.part(part):
            return earlier
    return session.recorder.records.get(read.maker)


def _part(read: Read) -> str:
    return "" if read.part.startswith((FRAME, GIVEN, THERE)) else read.part


def _counts(read: Read, named: Mapping[str, object]) -> bool:
    """Whether what is no name is worth a row: every run reads settings that nobody ever changed."""
    if read.base.startswith("<Setting>"):
        return read.maker >= 0 or spoken(read.base) in named
    return not (read.base.startswith("<File>") and read.part == THERE)


def _resource(base: str, spelled: str) -> str:
    """A resource for people."""
    if base.startswith("<random>"):
        return f"the {base[8:]} random stream"
    kind = base[1:].partition(">")[0].lower() + " " if base[0] == "<" else ""
    return f"{kind}`{spelled}`"


def _from_before(base: str) -> str:
    if base.startswith("<random>"):
        return "no seed"
    return "outside" if base[0] == "<" else "from before recording"


def _now(session: "Session", record: RunRecord, read: Read) -> str:
    """Whether what was read is still what there is."""
    if read.base[0] == "<":
        return ""
    state = session.recorder.namespace.states.get(read.base)
    if state is None:
        return "deleted since"
    if read.key is not None and key_in(state, read.part) == read.key:
        return "the same"
    return "changed by this run" if state.maker == record.run.sequence else "changed since"


def _in_replay(replayed: CellReplay | None, kind: str | None) -> str:
    """What a replay provides in its place."""
    if replayed is None or replayed.state == "unknown":
        return "not known"
    return "the same" if kind is None else _OTHER.get(kind, "another value")


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
            label = f"an earlier run{count}" + (f" of cell {ref.index + 1}" if ref.placed else "")
        line = next((a.span.line for a in record.flow.accesses if _writes(a, name)), 0) if name else 0
        return f"{label}, line {line}" if line else label


def _writes(access: Access, name: str) -> bool:
    return (
        isinstance(access.resource, Name)
        and access.resource.name == name
        and access.mode in ("write", "mutate", "delete")
    )
