"""``%nbdebt stale``: what to run again, in which order, and why."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from nbdebt.flow.reasons import CellReplay, root_of
from nbdebt.flow.steps import DELETE
from nbdebt.live.disk import spoken
from nbdebt.live.record import Outline, before_line, outline
from nbdebt.live.shown import Shown
from nbdebt.model.finding import CellRef
from nbdebt.report.words import LIVE_STATES, cell_label, plural
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_MOST = 5
# What nothing can seed.
_SEED = {"os": ": give it a seed", "uuid": ""}


def plan(seen: Analysis, session: "Session") -> list[tuple[CellRef, str]]:
    """Which cells to run again, in the order that makes the session what a replay gives, and why each.

    Cells whose result is out of date, those that were edited since they ran, and those that must run again
    so that the others find what they are to find. What needs an edit first (:func:`to_mend`) is not among
    them, nor is what only follows from that: running it again changes nothing.
    """
    useless = _no_use(seen, session)
    outlines = {i: outline(before_line(f, 0)) for i, f in seen.flows.items()}
    why: dict[int, str] = {}
    for index, cell in seen.replay.cells.items():
        edited = _edited(session, seen, index)
        if index in useless and not edited:
            continue
        stale = cell.state in ("stale", "differs") or (
            _waits(cell) and any(r.kind not in ("error", "opaque", "random") for r in cell.reasons)
        )
        if stale or (edited and cell.state not in ("never-run", "fails")):
            # What running it again mends; that it draws, too, is said apart.
            because = next((r.text for r in cell.reasons if r.text and r.kind not in ("random", "error")), "")
            why[index] = because or ("was edited since it ran" if edited else LIVE_STATES[cell.state])
    index_of = {cell.id: cell.index for cell in seen.notebook.code_cells}
    ran = {index_of[cell_id] for cell_id in session.last if cell_id in index_of}
    does = {index: found for index, found in outlines.items() if index in ran}
    ends = {root_of(name) for name in seen.replay.names}
    added = True
    while added:
        added = False
        for reader in [*sorted(why), len(seen.notebook.cells)]:
            at_end = reader == len(seen.notebook.cells)
            for name in sorted(ends | _touched(does, why) if at_end else _needed(reader, does)):
                chain = _makers(name, reader, does)
                if not chain or _is_there(name, reader, chain, does, why, session, index_of):
                    continue
                label = f"as {seen.label(reader)} is to find it" if reader in does else "as it is at the end"
                for index in chain:
                    if index not in why:
                        why[index] = f"makes `{name}` {label}"
                        added = True
    return [(seen.ref(index), why[index]) for index in sorted(why)]


def _needed(reader: int, does: dict[int, Outline]) -> set[str]:
    """The names that a cell takes in."""
    takes = does[reader].takes if reader in does else ()
    return {t.base for t in takes if t.base[0] != "<" and t.code != DELETE}


def _touched(does: dict[int, Outline], again: Iterable[int]) -> set[str]:
    """The names that running these cells again touches."""
    return {name for index in again if index in does for name in _writes(does[index]) if name[0] != "<"}


def _writes(done: Outline) -> frozenset[str]:
    return done.binds | done.may_bind | done.mutates | done.sets.keys()


def _makers(name: str, reader: int, does: dict[int, Outline]) -> list[int]:
    """The cells above a reader that make a name what it is to be there: who binds it, and who changes it."""
    binding = [i for i in does if i < reader and name in does[i].binds]
    if not binding:
        return []
    first = max(binding)
    return [first, *sorted(i for i in does if first < i < reader and name in _writes(does[i]))]


def _is_there(
    name: str,
    reader: int,
    chain: Sequence[int],
    does: dict[int, Outline],
    again: Collection[int],
    session: "Session",
    index_of: dict[str, int],
) -> bool:
    """Whether a reader finds a name as its makers leave it, once those that run again have run."""
    if any(i < reader and i in does and name in _writes(does[i]) for i in again):
        return all(index in again for index in chain)
    state = session.recorder.namespace.states.get(name)
    record = session.recorder.records.get(state.maker) if state is not None else None
    return record is not None and index_of.get(record.run.cell_id, -1) == chain[-1]


def _waits(cell: CellReplay) -> bool:
    """Whether a cell only fails because Run All stops above it."""
    kinds = {r.kind for r in cell.reasons}
    stopped = any(r.kind == "error" and r.then not in (None, cell.cell) for r in cell.reasons)
    return cell.state == "fails" and stopped and kinds.isdisjoint(("missing", "raises"))


def _edited(session: "Session", seen: Analysis, index: int) -> bool:
    cell = seen.notebook.cells[index]
    last = session.last.get(cell.id)
    return last is not None and last.run.source != cell.source


def _no_use(seen: Analysis, session: "Session") -> dict[int, int]:
    """The cells that running again does not help, by the one at whose root it lies.

    That one draws unseeded, or reads a file that this notebook replaces; the others only follow from it.
    """
    replaced = _replaced(session)
    roots: dict[int, int] = {}
    for index, cell in sorted(seen.replay.cells.items()):
        if cell.state in ("differs", "stale") and cell.reasons:
            found = {
                index
                if r.kind == "random" or (r.now is None and r.name in replaced)
                else roots.get(-1 if r.now is None else r.now, -1)
                if r.kind == "upstream"
                else -1
                for r in cell.reasons
            }
            if -1 not in found:
                roots[index] = min(found)
    return roots


def _replaced(session: "Session") -> dict[str, str]:
    """The files that cells of the session wrote, by whose run."""
    return {
        spoken(base): record.run.cell_id
        for record in session.runs
        for base, effect in record.effects.items()
        if base.startswith("<File>") and effect.after is not None
    }


def to_mend(seen: Analysis, session: "Session") -> list[tuple[CellRef, str]]:
    """Cells that running again does not help, and what is wrong with each."""
    found: list[tuple[CellRef, str]] = []
    roots, replaced = _no_use(seen, session), _replaced(session)
    index_of = {cell.id: cell.index for cell in seen.notebook.code_cells}
    for index, cell in sorted(seen.replay.cells.items()):
        texts = dict.fromkeys(r.text for r in cell.reasons if r.text and r.kind != "random")
        if cell.state == "fails" and _waits(cell):
            # Once the one above is mended it may be as it was.
            continue
        if cell.state == "fails":
            found.append((seen.ref(index), f"{LIVE_STATES['fails']}: {'; '.join(texts)}"))
        elif cell.state in ("differs", "stale"):
            wrong = [r.text + _SEED.get(r.name, ": seed it") for r in cell.reasons if r.kind == "random"]
            for name in dict.fromkeys(r.name for r in cell.reasons if r.now is None and r.name in replaced):
                writer = index_of.get(replaced[name])
                label = cell_label(seen.ref(writer)) if writer is not None else "a cell"
                wrong.append(
                    f"changes `{name}`, which it finds as an earlier run left it: write it as a whole"
                    if writer == index
                    else f"reads `{name}`, which {label} replaces: write to another path"
                )
            if wrong:
                after = [cell_label(seen.ref(i)) for i, root in roots.items() if root == index != i]
                follow = f"; {listed(after)} {'follow' if after[1:] else 'follows'} from it" if after else ""
                found.append((seen.ref(index), "; ".join(dict.fromkeys(wrong)) + follow))
    return found


def listed(labels: Sequence[str]) -> str:
    """Labels in a row, of many the first."""
    most = _MOST if len(labels) > _MOST + 1 else len(labels)
    return ", ".join(labels[:most]) + (f" and {len(labels) - most} more" if labels[most:] else "")


def stale(session: "Session") -> Shown:
    """``%nbdebt stale``: what to run again, in which order, and what needs an edit first."""
    seen = session.analysis()
    again = plan(seen, session)
    rows = tuple((str(n), cell_label(ref), because) for n, (ref, because) in enumerate(again, 1))
    mend = [f"{cell_label(ref)} {what}" for ref, what in to_mend(seen, session)]
    if not rows and not mend:
        return Shown("✓ nothing to run again, as far as is known")
    title = f"{plural(len(rows), 'cell')} to run again, in this order" if rows else "nothing to run again"
    lines = ("running again does not mend this, an edit does:", *mend) if mend else ()
    if not rows:
        return Shown(title, lines)
    return Shown(title, (), ("", "cell", "why"), rows, lines)
