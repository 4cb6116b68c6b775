"""Two runs of a cell beside each other: did they leave, and show, the same?"""

from collections.abc import Callable

from nbdebt.flow.reader import Parsed
from nbdebt.flow.reasons import CellReplay, Reason
from nbdebt.live.environment import Found, Place
from nbdebt.live.record import RunRecord
from nbdebt.live.states import State
from nbdebt.live.why import Why
from nbdebt.live.within import Part, parts_of, read_in, showing, texts

_VAGUE = {
    "<random>time": "reads the clock",
    "<random>hash": "depends on the order of a set, which changes from session to session for texts",
}


class Beside:
    """Compares a cell's last run with the one that stands for it in a replay.

    Args:
        parse: parses a source.
        why: finds the words.
    """

    def __init__(self, parse: Callable[[str], Parsed], why: Why) -> None:
        self.parse = parse
        self.why = why

    def parts(self, record: RunRecord) -> list[Part] | None:
        """The statements of a run; None where its text doesn't say what it does."""
        return parts_of(self.parse(record.text), record.flow)

    def compared(self, place: Place, chosen: RunRecord, last: RunRecord, quiet: set[int]) -> CellReplay:
        """Say how a cell comes out for which a recorded run stands, its last or another.

        Args:
            place: the cell.
            chosen: the run that stands for it.
            last: its last run.
            quiet: where to note a cell that leaves other values, and shows the same.
        """
        cell = CellReplay(place.index, "same")
        for stream in chosen.vague:
            cell.reasons.append(Reason("vague", stream, text=_VAGUE[stream]))
        if chosen is last:
            return cell
        names = {b for b in (*chosen.effects, *last.effects) if b[0] != "<"}
        changed = any(not _alike(_left(chosen, b), _left(last, b)) for b in names if _known(b, chosen, last))
        ended = chosen.run.outcome != last.run.outcome
        shows = self._shows_other(chosen, last)
        if not (changed or ended or shows):
            return cell
        if not (ended or shows):
            quiet.add(place.index)
        edited = last.key != place.key
        for read in last.reads:
            theirs = next((r for r in chosen.reads if (r.base, r.part) == (read.base, read.part)), None)
            if theirs is None or theirs.key == read.key:
                continue
            cell.state = "differs"
            self.why.reason(cell, read, Found(None, self.why.maker(theirs)), place)
        if cell.state == "same":
            cell.state = "stale" if edited else "differs"
            text = "was edited since it ran" if edited else "came out otherwise in its last run"
            cell.reasons.append(Reason("output", text=text))
        return cell

    def _shows_other(self, one: RunRecord, other: RunRecord) -> bool:
        """Whether two runs of a cell may have shown different things."""
        if not (one.shows or other.shows):
            return False
        prints = "print" in one.flow.builtins or "print" in other.flow.builtins
        theirs = {(r.base, r.part): r.key for r in other.reads}
        differ = [r for r in one.reads if theirs.get((r.base, r.part), r.key) != r.key]
        settings = any(r.base.startswith("<Setting>") for r in differ)
        if one.result and one.result == other.result and not prints:
            # The same value, shown in the same way unless a setting says otherwise.
            return settings
        mine, parts = self.parts(one), self.parts(other)
        if mine is None or parts is None:
            return bool(differ) or one.key != other.key
        shown = showing(parts, other)
        if one.key != other.key and texts(showing(mine, one)) != texts(shown):
            return True
        return settings or bool(read_in(shown, differ))


def _left(record: RunRecord, base: str) -> State | None:
    """What a run left of a name: as it made it, or as it found it; None where it wasn't there."""
    effect = record.effects.get(base)
    return effect.after if effect is not None else record.found.get(base)


def _known(base: str, one: RunRecord, other: RunRecord) -> bool:
    """Whether it is known what both runs left of a name."""
    for record, there in ((one, other), (other, one)):
        effect = there.effects.get(base)
        changed = effect is not None and effect.kind == "changed"
        if changed and base not in record.effects and base not in record.found:
            return False
    return True


def _alike(one: State | None, other: State | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.equals(other)
