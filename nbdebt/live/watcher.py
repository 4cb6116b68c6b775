"""Whether a run changed anything that rules could speak of: what makes a report cost what the run changed.

The replay is kept from run to run and taken up at the cell that ran. Where that cell does nothing but
compute, comes out as it should, and no other cell's state changes, there is nothing new to say: in a
notebook with debts, too.
"""

import builtins
from collections.abc import Iterable, Mapping

import msgspec

from nbdebt.flow.reasons import CellReplay, order_text
from nbdebt.live.document import Shown, as_notebook
from nbdebt.live.environment import Found, Outcome, Place
from nbdebt.live.own import is_own
from nbdebt.live.record import RunRecord
from nbdebt.live.understanding import Understanding
from nbdebt.live.verdict import Replayer
from nbdebt.model.finding import Finding, Report
from nbdebt.model.history import Name

_BUILTINS = frozenset(dir(builtins))
_GOOD = ("same", "never-run")


class Watcher:
    """Follows a session's verdict run by run.

    Args:
        understanding: the session as a whole.
    """

    def __init__(self, understanding: Understanding) -> None:
        self.understanding = understanding
        self.told: frozenset[str] = frozenset()
        self._shown: list[Shown] = []
        self._places: list[Place | None] = []
        self._marks: list[int] = []
        self._end = 0
        self._position: dict[str, int] = {}
        self._replayer: Replayer | None = None
        self._done = Outcome()
        self._odd = True
        self._belated = 0
        self._in_debt = False
        self._owed: set[str] = set()
        self._differ: frozenset[str] = frozenset()

    def heard(self, report: Report, findings: Iterable[Finding]) -> None:
        """What the report on the session says, which was just made."""
        self._odd = True
        self.told = frozenset(f.cell.id for f in findings if f.cell is not None)
        verdict = report.notebooks[0].verdict if report.notebooks else None
        cells = verdict.cells.values() if verdict is not None else ()
        self._in_debt = any(cell.state not in _GOOD for cell in cells)
        if self._in_debt:
            self._odd = not self._adopt()

    def settled(self, record: RunRecord) -> bool:
        """Whether there is surely nothing new to say after this run."""
        cell_id = record.run.cell_id
        belated = self.understanding.session.recorder.belated
        if not plain(record) or cell_id in self.told or belated != self._belated:
            self._belated = belated
            self._odd = True
            return False
        if self.understanding.session.document.origin == "runs":
            # No order is known, and so no order rule speaks.
            return True
        if self._in_debt:
            self._odd = self._odd or not self._as_before(record)
            return not self._odd
        shown = self.understanding.shown()
        anew = self._odd or self._replayer is None or not self._same_document(shown, cell_id)
        if anew and not self._append(shown, cell_id):
            self._restart(shown)
        position = self._position.get(cell_id)
        if position is None or shown[position].source != record.run.source:
            self._odd = True
            return False
        # A replay from the top has this run in it.
        return not self._odd if anew else self._resume(shown, position)

    # In a notebook with debts

    def _adopt(self) -> bool:
        """Go on from the report's replay; False where what it says rests on more than the runs of cells."""
        understanding, last = self.understanding, self.understanding.session.last
        replayer, understanding.first = understanding.first, None
        if replayer is None or replayer.done.env.linked:
            return False
        done, ran = replayer.done, [p for p in replayer.places if p.cell_id in last]
        records = [*(last[p.cell_id] for p in ran), *done.chosen.values()]
        if not ran or any(record.run.outcome != "ok" for record in records):
            return False
        shown = understanding.shown()
        places = {p.index: p for p in replayer.places}
        self._replayer, self._shown, self._position = replayer, shown, replayer.why.cell_of
        self._places = [places.get(n) for n in range(len(shown))]
        self._end = ran[-1].index + 1
        self._marks = []
        length = len(done.env.journal)
        for position in reversed(range(len(shown))):
            length = done.marks.get(position, length)
            self._marks.append(length)
        self._marks.reverse()
        cells = {n: cell for n, cell in done.cells.items() if n < self._end}
        self._done = Outcome(cells, done.env, {**done.chosen}, {*done.edited}, {*done.quiet})
        self._back_to(self._end)
        self._owed = set()
        for place in ran:
            if cells[place.index].state not in _GOOD:
                self._owed.update(read.base for read in last[place.cell_id].reads)
                self._owed.update(take.base for take in place.outline.takes)
        self._differ = understanding.differ
        return True

    def _as_before(self, record: RunRecord) -> bool:
        """Whether a run had nothing to do with the debts, and they are what they were."""
        cell_id, done, replayer = record.run.cell_id, self._done, self._replayer
        if replayer is None or self._owed & record.effects.keys() or self._differ & record.effects.keys():
            return False
        replayer.ran(record)
        shown, was = self.understanding.shown(), self._shown
        if not self._same_document(shown, cell_id):
            return self._append(shown, cell_id) and not self._odd and self._comes_to(record)
        position = self._position.get(cell_id)
        if position is None or shown[position].source != record.run.source:
            return False
        before = done.cells.get(position)
        again = before is not None and before.state != "never-run"
        if again and (before != CellReplay(position, "same") or was[position].source != record.run.source):
            return False
        good = self._resume(shown, position, again)
        return good and done.cells[position].state == "same" and self._comes_to(record)

    def _comes_to(self, record: RunRecord) -> bool:
        """Whether a replay ends with the values that a run left."""
        now = self.understanding.session.recorder.namespace.states
        for base in record.effects:
            found = self._done.env.get(base)
            if found is None or found.state is None or base not in now or not found.state.equals(now[base]):
                return False
        return True

    # The replay

    def _same_document(self, shown: list[Shown], cell_id: str) -> bool:
        """Whether the document is as it was, but perhaps for this cell."""
        if shown is self._shown:
            return True
        if len(shown) != len(self._shown):
            return False
        return shown == self._shown or all(
            one == other or (one.cell_id == cell_id == other.cell_id)
            for one, other in zip(shown, self._shown, strict=True)
        )

    def _append(self, shown: list[Shown], cell_id: str) -> bool:
        """Replay what was written and run at the end of the document, this cell among it; False where that
        isn't all that is new."""
        if self._odd or self._replayer is None:
            return False
        kept = len(self._shown)
        while kept and self._places[kept - 1] is None:
            kept -= 1
        if len(shown) < kept or shown[:kept] != self._shown[:kept]:
            return False
        if not any(cell.cell_id == cell_id for cell in shown[kept:]):
            return False
        last = self.understanding.session.last
        notebook = as_notebook("", shown[kept:], last)
        added: list[Place | None] = [None] * len(notebook.cells)
        for cell in notebook.code_cells:
            if not cell.source.strip() or is_own(cell.source):
                continue
            record = last.get(cell.id)
            if record is None or record.run.source != cell.source or not plain(record):
                return False
            moved = msgspec.structs.replace(cell, index=kept + cell.index)
            label = order_text(cell.index, notebook)
            added[cell.index] = self.understanding.place(moved, record.flow, label)
        why = self._replayer.why
        for place in added:
            if place is not None:
                why.cell_of[place.cell_id] = place.index
                why.labels[place.index] = place.label
        self._back_to(kept)
        self._shown, self._places[kept:] = shown, added
        self._end = max((p.index + 1 for p in added if p is not None), default=min(self._end, kept))
        self._odd = not self._go(len(self._marks))
        return True

    def _restart(self, shown: list[Shown]) -> None:
        """Replay from the top."""
        understanding = self.understanding
        notebook = as_notebook("", shown, understanding.session.last)
        flows = understanding.flows(notebook)
        replayer = understanding.replayer()
        places = {p.index: p for p in understanding.places(notebook, flows)}
        replayer.why.know(places.values())
        self._replayer, self._shown, self._done = replayer, shown, Outcome()
        self._places = [places.get(n) for n in range(len(shown))]
        self._position = replayer.why.cell_of
        self._marks, self._end = [], 0
        for position, place in enumerate(self._places):
            if place is not None and place.cell_id in understanding.session.last:
                self._end = position + 1
        self._odd = not self._go(0)

    def _resume(self, shown: list[Shown], position: int, again: bool = True) -> bool:
        """Replay from the cell that ran, again or for the first time."""
        understanding, session = self.understanding, self.understanding.session
        self._shown = shown
        cell_id = shown[position].cell_id
        alone = as_notebook("", shown[position : position + 1], session.last)
        label = order_text(0, alone)
        cell = msgspec.structs.replace(alone.cells[0], index=position)
        place = self._places[position] = understanding.place(cell, session.last[cell_id].flow, label)
        assert self._replayer is not None
        self._replayer.why.labels[position] = label
        if again and self._comes_out_alike(place, position):
            return True
        self._end = max(self._end, position + 1)
        done = self._done
        before, quiet, edited = dict(done.cells), done.quiet, done.edited
        self._back_to(position)
        self._odd = not self._go(len(self._marks), before if self._in_debt else {})
        if self._in_debt:
            self._odd = self._odd or done.quiet != quiet or done.edited != edited
        return not self._odd

    def _back_to(self, position: int) -> None:
        """Take the replay back to where this cell begins."""
        done = self._done
        if position < len(self._marks):
            done.env.rewind(self._marks[position])
            del self._marks[position:]
        if self._in_debt:
            done.quiet = {n for n in done.quiet if n < position}
            done.edited = {n for n in done.edited if n < position}
            done.idle = {}
            for place in self._places[: len(self._marks)]:
                if place is not None and done.cells[place.index].state == "never-run":
                    done.idle.update(dict.fromkeys((b for b in place.outline.binds if b[0] != "<"), place))

    def _comes_out_alike(self, place: Place, position: int) -> bool:
        """Whether a cell that ran again leaves what it left before: then nothing below it is touched."""
        marks, done = self._marks, self._done
        if position + 1 >= len(marks) or self._replayer is None:
            return False
        trial = Outcome(env=done.env.at(marks[position]))
        self._replayer.step(place, trial)
        if trial.cells[position].state != "same":
            return False
        before = done.env.written(marks[position], marks[position + 1])
        now = trial.env.written(0, len(trial.env.journal))
        if before.keys() != now.keys() or not all(_alike(before[base], now[base]) for base in now):
            return False
        done.cells.update(trial.cells)
        done.chosen.update(trial.chosen)
        return True

    def _go(self, start: int, before: Mapping[int, CellReplay] | None = None) -> bool:
        """Replay the cells from here on, up to the last that ran; whether all are as they should be, or as
        before."""
        done, replayer = self._done, self._replayer
        assert replayer is not None
        good = True
        for position in range(start, self._end):
            self._marks.append(len(done.env.journal))
            place = self._places[position]
            if place is not None:
                replayer.step(place, done)
                cell, was = done.cells[position], (before or {}).get(position)
                new = was is None or was.state == "never-run"
                good = good and (cell.state in _GOOD if new else cell == was)
        return good


def _alike(one: Found | None, other: Found | None) -> bool:
    """Whether a replay would find the same: whichever run made it."""
    if one is None or other is None or one.state is None or other.state is None:
        return one == other
    return one.state._replace(maker=other.state.maker) == other.state and one[1:] == other[1:]


def plain(record: RunRecord) -> bool:
    """Whether a run only computed: nothing in it that a rule about code, streams or the outside speaks of."""
    flow = record.flow
    return (
        record.run.outcome == "ok"
        and not (flow.calls or flow.imports or flow.opaque or flow.magics or flow.error or record.accesses)
        and not (record.vague or "nbdebt" in record.run.source or "noqa" in record.run.source)
        and all(isinstance(a.resource, Name) for a in flow.accesses)
        and not any(name in _BUILTINS for name in record.effects)
        and all(base[0] != "<" for base in record.effects)
    )
