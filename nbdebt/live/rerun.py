"""``%nbdebt stale``: what to run again, in which order, and why."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbdebt.flow.steps import DELETE
from nbdebt.live.record import Outline, before_line, outline
from nbdebt.live.shown import Shown
from nbdebt.model.finding import CellRef
from nbdebt.report.words import STATES, cell_label, plural
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.live.session import Session


def plan(seen: Analysis, session: "Session") -> list[tuple[CellRef, str]]:
    """Which cells to run again, in the order that makes the session what a replay gives, and why each.

    Cells whose result is out of date, those that were edited since they ran, and those that must run again
    so that the others find what they are to find. What would fail needs an edit and is not among them.
    """
    outlines = {i: outline(before_line(f, 0)) for i, f in seen.flows.items()}
    why: dict[int, str] = {}
    for index, cell in seen.replay.cells.items():
        edited = _edited(session, seen, index)
        if cell.state in ("stale", "differs") or (edited and cell.state not in ("never-run", "fails")):
            because = next((r.text for r in cell.reasons if r.text), "")
            why[index] = because or ("was edited since it ran" if edited else STATES[cell.state])
    waiting = list(why)
    index_of = {cell.id: cell.index for cell in seen.notebook.code_cells}
    while waiting:
        index = waiting.pop()
        for take in outlines[index].takes if index in outlines else ():
            if take.base[0] == "<" or take.code == DELETE:
                continue
            for needed in _restore(take.base, index, outlines, session, index_of, why):
                if needed not in why:
                    why[needed] = f"makes `{take.base}` as {seen.label(index)} is to find it"
                    waiting.append(needed)
    return [(seen.ref(index), why[index]) for index in sorted(why)]


def _edited(session: "Session", seen: Analysis, index: int) -> bool:
    cell = seen.notebook.cells[index]
    last = session.last.get(cell.id)
    return last is not None and last.run.source != cell.source


def _restore(
    name: str,
    reader: int,
    outlines: dict[int, Outline],
    session: "Session",
    index_of: dict[str, int],
    again: Iterable[int],
) -> Sequence[int]:
    """The cells above a reader that make a name what it is to be there, unless it is that already."""
    makers = [i for i in sorted(outlines) if i < reader and name in outlines[i].binds]
    if not makers:
        return ()
    chain = [
        makers[-1],
        *(i for i in sorted(outlines) if makers[-1] < i < reader and name in outlines[i].mutates),
    ]
    state = session.recorder.namespace.states.get(name)
    record = session.recorder.records.get(state.maker) if state is not None else None
    holder = index_of.get(record.run.cell_id, -1) if record is not None else -1
    return () if holder == chain[-1] and not set(chain) & set(again) else chain


def stale(session: "Session") -> Shown:
    """``%nbdebt stale``: what to run again, in which order, and what needs an edit first."""
    seen = session.analysis()
    again = plan(seen, session)
    rows = tuple((str(n), cell_label(ref), because) for n, (ref, because) in enumerate(again, 1))
    failing = []
    for index, cell in seen.replay.cells.items():
        if cell.state == "fails":
            because = "; ".join(dict.fromkeys(r.text for r in cell.reasons if r.text))
            failing.append(f"{cell_label(seen.ref(index))} {STATES['fails']}: {because}")
    if not rows and not failing:
        return Shown("✓ nothing to run again, as far as is known")
    title = f"{plural(len(rows), 'cell')} to run again, in this order" if rows else "nothing to run again"
    lines = ["an edit is needed, running again does not help:", *failing] if failing else []
    return Shown(title, (), ("", "cell", "why") if rows else (), rows, tuple(lines))
