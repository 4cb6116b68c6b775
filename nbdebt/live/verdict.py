"""The verdict on a live session: a symbolic Restart & Run All over recorded runs.

The environment starts empty. A cell whose reads find there what they found in one of the recorded runs of
the same code is taken to do what that run did; that need not be the cell's last run. Where no recorded run
matches, nothing is run to find out: what the cell makes is tainted, and the taint travels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from nbdebt.flow.reader import Parsed
from nbdebt.flow.reasons import CellReplay, Reason, ReasonKind
from nbdebt.live.concrete import Concrete, Known, Walk
from nbdebt.live.disk import applied, directory_state, spoken
from nbdebt.live.environment import Env, Found, Outcome, Outside, Place
from nbdebt.live.record import FRAME, GIVEN, THERE, Effect, Read, RunRecord, key_in, shown, working_key
from nbdebt.live.states import ABSENT, State


class Replayer:
    """Replays a document over the runs that were recorded.

    Args:
        runs: all records, by their number.
        last: the last run of each cell id.
        by_key: the runs of each code, oldest first.
        outside: key of a setting or file as a fresh kernel would find it now.
        alias: document index of the cell that a run belongs to, None where no cell shows it any more.
    """

    def __init__(
        self,
        runs: Mapping[int, RunRecord],
        last: Mapping[str, RunRecord],
        by_key: Mapping[bytes, Sequence[RunRecord]],
        outside: Outside,
        now: Mapping[str, State],
        parse: Callable[[str], Parsed],
        concrete: Concrete | None = None,
    ) -> None:
        self.runs = runs
        self.last = last
        self.by_key = by_key
        self.outside = outside
        self.now = now
        self.parse = parse
        self.concrete = concrete
        self.walk: Walk | None = Walk() if concrete is not None else None
        self.earlier: Mapping[str, int] = {}
        self.straight = False
        self.adopted: Mapping[str, State] = {}
        self.cell_of: dict[str, int] = {}
        self.labels: dict[int, str] = {}

    def replay(self, document: Iterable[Place]) -> Outcome:
        """The document from top to bottom."""
        places = list(document)
        self.cell_of = {p.cell_id: p.index for p in places}
        self.labels = {p.index: p.label for p in places}
        done = Outcome()
        for place in places:
            self.step(place, done)
        return done

    def step(self, place: Place, done: Outcome) -> None:
        """The next cell."""
        last = self.last.get(place.cell_id)
        if last is None:
            self._without_run(place, done)
            return
        env = done.env
        chosen = self._fitting(place, last, env)
        known = self._step(place, last)
        if chosen is not None:
            done.chosen[place.index] = chosen
            foreign = [r.base for r in chosen.reads if r.base not in env and self._foreign(r)]
            self._apply(chosen, place.index, env)
            cell = done.cells[place.index] = self._compared(place, chosen, last)
            if foreign and cell.state == "same":
                cell.state = "unknown"
                cell.reasons += [Reason("opaque", base, text=_FOREIGN.format(base)) for base in foreign]
            return
        if last.key != place.key:
            done.edited.add(place.index)
            self._edited(place, last, done, known)
            return
        self._differs(place, last, done, known)

    def _without_run(self, place: Place, done: Outcome) -> None:
        """A cell of which no run was recorded: it never ran, or before recording began."""
        if place.cell_id not in self.earlier:
            done.cells[place.index] = CellReplay(place.index, "never-run")
            return
        cell = done.cells[place.index] = CellReplay(place.index, "same")
        found = place.outline
        made = {*found.binds, *found.may_bind, *found.mutates, *found.sets}
        if not self.straight and found.names:
            cell.state = "unknown"
            cell.reasons.append(Reason("opaque", text="ran before recording began"))
        if self.straight and place.cell_id == list(self.earlier)[-1]:
            # What no code names, a star import brought or a script.
            made |= set(self.adopted) - set(done.env)
        for base in sorted(made & set(self.adopted)):
            done.env[base] = Found(self.adopted[base], place.index)

    def _step(self, place: Place, last: RunRecord) -> tuple[Known, Known] | None:
        """What is known of the values after the cell, in the replay and after its last run."""
        if self.walk is None or self.concrete is None:
            return None
        names = _touched(last, place)
        now = self.walk.step(place.parse(), place.flow, names)
        then = self.concrete.known.get(last.run.sequence)
        return (now, then) if then is not None else None

    # Which run stands for the cell

    def _fitting(self, place: Place, last: RunRecord, env: Env) -> RunRecord | None:
        """The run of this code whose reads are provided: the cell's last, or another, newer ones first."""
        if last.key == place.key and self._fits(last, env):
            return last
        for record in reversed(self.by_key.get(place.key, ())):
            if record is not last and self._fits(record, env):
                return record
        return None

    def _fits(self, record: RunRecord, env: Env) -> bool:
        return all(self._same(read, env) or self._settled(record, read, env) for read in record.reads)

    def _settled(self, record: RunRecord, read: Read, env: Env) -> bool:
        """Whether a read is of what this cell made itself in an earlier run, and running it again is nothing.

        Then it comes to the same where that run's read is provided: ``x[x < 0] = 0``.
        """
        if read.maker < 0 or read.access < 0 or read.key == ABSENT or not _idempotent(record, read.access):
            return False
        earlier = self.runs.get(read.maker)
        if earlier is None or earlier.run.cell_id != record.run.cell_id or earlier is record:
            return False
        if read.base in record.effects and record.effects[read.base].kind != "bound":
            return False
        return any(r.base == read.base and r.part == read.part and self._same(r, env) for r in earlier.reads)

    def _same(self, read: Read, env: Env) -> bool:
        """Whether a read would find what it found."""
        if read.key is None:
            return False
        found = env.get(read.base)
        if found is None:
            if read.part == THERE:
                return (THERE.encode() if self.outside(read.base) else ABSENT) == read.key
            if read.base.startswith(("<Setting>", "<File>")):
                return self.outside(read.base) == read.key
            if read.base[0] == "<":
                return False
            return read.key == ABSENT or self._foreign(read)
        if found.state is None:
            return not read.certain and read.key == ABSENT
        return key_in(found.state, read.part) == read.key

    def _foreign(self, read: Read) -> bool:
        """Whether a read found what no recorded run made: it was there before, or a thread made it."""
        return read.base[0] != "<" and read.maker == -1 and bool(read.key)

    # What the run then does

    def _apply(self, record: RunRecord, index: int, env: Env) -> None:
        for read in record.reads:
            # What it found settled is what it leaves.
            if read.base[0] != "<" and read.base not in record.effects and not self._same(read, env):
                left = record.found.get(read.base)
                if left is not None:
                    env[read.base] = Found(left, index)
        for base, effect in record.effects.items():
            if effect.after is None:
                env.drop(base)
                continue
            env[base] = Found(self._after(base, effect, env.get(base)), index)

    def _after(self, base: str, effect: Effect, found: Found | None) -> State:
        """The version that a run's effect makes of what is there."""
        after = effect.after
        assert after is not None
        if effect.parts_only and base.startswith("<File>"):
            before = found.state if found is not None else directory_state(base[6:])
            return applied(before, effect) if before is not None and before.parts is not None else after
        if not effect.parts_only or found is None or found.state is None or effect.before is None:
            return after
        if found.state.parts is None or found.state.key == effect.before.key:
            return after
        return found.state.changed(effect.before, after, after.maker, effect.given)

    def _compared(self, place: Place, chosen: RunRecord, last: RunRecord) -> CellReplay:
        """Another run than the cell's last stands for it: did that one do the same?"""
        cell = CellReplay(place.index, "same")
        for stream in chosen.vague:
            cell.reasons.append(Reason("vague", stream, text=_VAGUE[stream]))
        if chosen is last:
            return cell
        names = {b for b in (*chosen.effects, *last.effects) if b[0] != "<"}
        changed = [b for b in sorted(names) if not _alike(_left(chosen, b), _left(last, b))]
        ended = chosen.run.outcome != last.run.outcome
        if not (changed or ended or _shows_other(chosen, last)):
            return cell
        edited = last.key != place.key
        for read in last.reads:
            theirs = next((r for r in chosen.reads if (r.base, r.part) == (read.base, read.part)), None)
            if theirs is None or theirs.key == read.key:
                continue
            cell.state = "differs"
            self._reason(cell, read, Found(None, self._maker(theirs)), place)
        if cell.state == "same":
            cell.state = "stale" if edited else "differs"
            text = "was edited since it ran" if edited else "came out otherwise in its last run"
            cell.reasons.append(Reason("output", text=text))
        return cell

    # Where no run fits

    def _edited(
        self, place: Place, last: RunRecord, done: Outcome, known: tuple[Known, Known] | None
    ) -> None:
        """The cell's code is not what ran."""
        if self._shows_otherwise(place, last) and self._fits(last, done.env):
            # What it makes is what it made; only what it shows was edited.
            done.edited.discard(place.index)
            self._apply(last, place.index, done.env)
            cell = CellReplay(place.index, "stale")
            cell.reasons.append(Reason("output", text="was edited since it ran"))
            done.cells[place.index] = cell
            return
        cell = CellReplay(place.index, "unknown")
        cell.reasons.append(Reason("opaque", text="was edited since it ran"))
        done.cells[place.index] = cell
        env = done.env
        for take in place.outline.takes:
            if take.certain and not take.after_maybe and take.base[0] != "<" and take.base not in env:
                self._missing(cell, place, take.base, take.access, None, env)
        if cell.state == "fails":
            return
        for base in (
            place.outline.binds | place.outline.may_bind | place.outline.mutates | set(place.outline.sets)
        ):
            if base[0] != "<" or base.startswith("<random>"):
                env[base] = Found(None, place.index, "edited")
        equal, same_text = self._equal(last, known, env, place)
        if same_text and _touched(last, place) <= equal:
            done.edited.discard(place.index)
            done.cells[place.index] = CellReplay(place.index, "same")
        elif known is not None:
            others = {n for n, d in known[0].names.items() if known[1].names.get(n, d) != d}
            if others:
                cell.state = "stale"
                for name in others:
                    env[name] = Found(None, place.index, "stale")

    def _shows_otherwise(self, place: Place, last: RunRecord) -> bool:
        """Whether a cell's code differs from what ran in statements only that show something."""
        return last.run.outcome == "ok" and working_key(place.parse(), place.flow) == working_key(
            self.parse(last.text), last.flow
        )

    def _equal(
        self,
        last: RunRecord,
        known: tuple[Known, Known] | None,
        env: Env,
        place: Place,
    ) -> tuple[set[str], bool]:
        """Names that surely come out as they did in the cell's last run, and whether its text does."""
        shows = shown(place.flow, place.parse().source)
        if known is None:
            return set(), not (last.shows or shows)
        now, then = known
        equal = {n for n, digest in now.names.items() if then.names.get(n) == digest}
        for name in equal:
            effect = last.effects.get(name)
            if effect is not None and effect.after is not None:
                env[name] = Found(effect.after, place.index)
        silent = not (last.shows or shows)
        return equal, silent or (now.text is not None and now.text == then.text)

    def _differs(
        self, place: Place, last: RunRecord, done: Outcome, known: tuple[Known, Known] | None
    ) -> None:
        """What it reads is not what it read when it ran."""
        env = done.env
        cell = CellReplay(place.index, "differs")
        done.cells[place.index] = cell
        stale = True
        foreign: list[Read] = []
        why: Literal["stale", "differs", "random", "origin"] = "stale"
        for read in last.reads:
            if self._same(read, env):
                continue
            found = env.get(read.base)
            if read.base[0] != "<" and found is None:
                if read.maker == -1 and read.key != ABSENT:
                    foreign.append(read)
                elif read.certain or read.key != ABSENT:
                    self._missing(cell, place, read.base, read.access, read, env)
                continue
            if read.base.startswith("<random>") and (read.key is None or found is None):
                why = "random"
            self._reason(cell, read, found, place)
            stale = stale and self._present(read, found)
        if cell.state == "fails":
            return
        if foreign and not cell.reasons:
            # It was there before recording began, or no run made it: where it comes from, nobody knows.
            cell.state, why = "unknown", "origin"
            for read in foreign:
                text = f"found `{read.base}` there, which no recorded run made"
                cell.reasons.append(Reason("opaque", read.base, read.access, text=text))
        elif why != "random" and stale and cell.reasons:
            cell.state = "stale"
        elif why != "random":
            why = "differs"
        for base, effect in last.effects.items():
            if effect.after is None:
                env.drop(base)
            else:
                env[base] = Found(None, place.index, why)
        for base in _touched(last, place):
            if base not in last.effects and base in env:
                env[base] = Found(None, place.index, why)
        equal, same_text = self._equal(last, known, env, place)
        if same_text and _touched(last, place) <= equal:
            done.cells[place.index] = CellReplay(place.index, "same")

    def _missing(
        self, cell: CellReplay, place: Place, base: str, access: int, read: Read | None, env: Env
    ) -> None:
        cell.state = "fails"
        maker = self.runs.get(read.maker) if read is not None else None
        then = self.cell_of.get(maker.run.cell_id) if maker is not None else None
        text = f"`{base}` is not defined above"
        if then is not None and then > place.index:
            text += f"; {self.labels[then]} below makes it"
        cell.reasons.append(Reason("missing", base, access, then, None, text))

    def _present(self, read: Read, found: Found | None) -> bool:
        """Whether the namespace holds now what the replay provides: running the cell again would do."""
        if found is None or read.base[0] == "<":
            return False
        if found.state is None:
            return found.why == "stale"
        now = self.now.get(read.base)
        return now is not None and key_in(now, read.part) == key_in(found.state, read.part)

    def _maker(self, read: Read) -> int:
        record = self.runs.get(read.maker)
        return self.cell_of.get(record.run.cell_id, -1) if record is not None else -1

    def _reason(self, cell: CellReplay, read: Read, found: Found | None, place: Place) -> None:
        """Why a read would find something else."""
        now = found.cell if found is not None and found.cell >= 0 else None
        made = self._maker(read)
        then = made if made >= 0 else None
        name = read.base + (read.part if not read.part.startswith((FRAME, GIVEN)) else "")
        kind: ReasonKind = "other-version"
        if read.base.startswith("<random>"):
            stream = read.base[8:]
            if read.key is None or found is None:
                text = f"draws from the unseeded {stream} random stream"
                cell.reasons.append(Reason("random", stream, read.access, text=text))
                return
            text = f"the {stream} random stream stands elsewhere"
            kind = "upstream" if then == now else "other-version"
            cell.reasons.append(Reason(kind, read.base, read.access, then, now, text))
            return
        if read.base[0] == "<":
            name = spoken(read.base)
            text = f"`{name}` would not be what it was when this ran"
        elif then == place.index and now != place.index:
            kind, text = "rerun", f"ran more than once, and changes `{name}`, which it reads"
            earlier = self.runs.get(read.maker)
            if earlier is not None and earlier.key != place.key:
                text = f"reads `{name}`, which it changed itself before it was edited"
        elif found is not None and found.state is not None and self._present(read, found):
            kind = "stale"
            text = (
                f"`{name}` was made again"
                + (f" by {self.labels[now]}" if now is not None else "")
                + " after this ran"
            )
        elif found is not None and found.state is None:
            kind = "upstream"
            text = f"`{name}`" + (f" from {self.labels[now]}" if now is not None else "") + " differs"
        elif then is not None and now is not None and then != now:
            text = (
                f"`{name}` came from {self.labels[then]}; run top to bottom it comes from {self.labels[now]}"
            )
        elif now is not None and then == now:
            text = f"`{name}` from {self.labels[now]} would hold another value"
        elif now is not None:
            text = (
                f"run top to bottom `{name}` comes from {self.labels[now]}; what this read is made by no cell"
            )
        else:
            text = f"`{name}` would be another version"
        cell.reasons.append(Reason(kind, name, read.access, then, now, text))


_FOREIGN = "reads `{}`, which was there before recording began"
_VAGUE = {
    "<random>time": "reads the clock",
    "<random>hash": "depends on the order of a set, which changes from session to session for texts",
}


def _idempotent(record: RunRecord, access: int) -> bool:
    return any(s.idempotent for s in record.flow.statements if s.first <= access < s.last)


def _touched(last: RunRecord, place: Place) -> set[str]:
    """Names that a cell changed when it last ran, and those that its code may change."""
    found = place.outline
    names = {*last.effects, *found.binds, *found.may_bind, *found.mutates, *found.sets}
    return {n for n in names if n[0] != "<"}


def _left(record: RunRecord, base: str) -> State | None:
    """What a run left of a name: as it made it, or as it found it; None where it wasn't there."""
    effect = record.effects.get(base)
    return effect.after if effect is not None else record.found.get(base)


def _alike(one: State | None, other: State | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.equals(other)


def _shows_other(one: RunRecord, other: RunRecord) -> bool:
    """Whether two runs of a cell may have shown different things: they read other versions, and show them."""
    if not (one.shows or other.shows):
        return False
    theirs = {(r.base, r.part): r.key for r in other.reads}
    differ = [r for r in one.reads if theirs.get((r.base, r.part), r.key) != r.key]
    if one.result and one.result == other.result and "print" not in other.flow.builtins:
        # The same value, shown in the same way unless a setting says otherwise.
        return any(r.base.startswith("<Setting>") for r in differ)
    return bool(differ)
