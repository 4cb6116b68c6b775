"""The verdict on a live session: a symbolic Restart & Run All over recorded runs.

The environment starts empty. A cell whose reads find there what they found in one of the recorded runs of
the same code is taken to do what that run did; that need not be the cell's last run. Where no recorded run
matches, nothing is run to find out: what the cell makes is tainted, and the taint travels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Literal

from nbdebt.flow.reader import Parsed
from nbdebt.flow.reasons import CellReplay, Reason
from nbdebt.live import databases
from nbdebt.live.beside import Beside
from nbdebt.live.concrete import Concrete, Known, Walk
from nbdebt.live.environment import Env, Found, Outcome, Outside, Place
from nbdebt.live.left import left
from nbdebt.live.own_modules import Used
from nbdebt.live.proof import contradicted
from nbdebt.live.record import SHAPE, THERE, Effect, Read, RunRecord, key_in, shown, working_key
from nbdebt.live.settled import settled, worked
from nbdebt.live.shapes import shaped
from nbdebt.live.states import ABSENT, State
from nbdebt.live.why import Why
from nbdebt.live.within import Spread, changed_in_place, showing, spread

Cause = Literal["stale", "differs", "random", "origin"]


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
        self.why = Why(runs, now)
        self.beside = Beside(parse, self.why)
        self.runs = runs
        self.last = last
        self.by_key = by_key
        self.by_cell: dict[str, list[RunRecord]] = {}
        self.outside = outside
        self.parse = parse
        self.concrete = concrete
        self.walk: Walk | None = Walk() if concrete is not None else None
        self.earlier: Mapping[str, int] = {}
        self.straight = False
        self.adopted: Mapping[str, State] = {}
        self.database: Callable[[str], State | None] = lambda path: None
        self.places: list[Place] = []
        self.done = Outcome()
        self.edited_module: Callable[[Iterable[Used]], str] = lambda used: ""

    def replay(self, document: Iterable[Place]) -> Outcome:
        """The document from top to bottom."""
        places = list(document)
        self.why.know(places)
        done = Outcome()
        for place in places:
            done.marks[place.index] = len(done.env.journal)
            self.step(place, done)
        self.places, self.done = places, done
        return done

    def ran(self, record: RunRecord) -> None:
        """There is one more run."""
        if self.by_cell:
            self.by_cell.setdefault(record.run.cell_id, []).insert(0, record)

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
            cell = done.cells[place.index] = self.beside.compared(place, chosen, last, done.quiet)
            if cell.state == "same" and (module := self.edited_module(chosen.modules)):
                cell.reasons.append(Reason("vague", module, text=_EDITED_MODULE.format(module)))
            hidden = contradicted(chosen, self.by_key.get(place.key, ()))
            for base in sorted(hidden):
                done.env[base] = Found(None, place.index, "differs")
            if hidden and cell.state == "same":
                cell.state = "differs"
                names = ", ".join(f"`{base}`" for base in sorted(hidden))
                cell.reasons.append(Reason("output", text=_HIDDEN.format(names)))
            if foreign and cell.state == "same":
                cell.state = "unknown"
                cell.reasons += [Reason("opaque", base, text=_FOREIGN.format(base)) for base in foreign]
            return
        others = self._edited_runs(place.cell_id) if last.key == place.key else ()
        if others and (standing := worked(last, others, env, self._fits, self._same, self.parse)):
            done.chosen[place.index] = last
            done.cells[place.index] = CellReplay(place.index, "same")
            self._apply(standing, place.index, env)
            return
        if last.key != place.key:
            done.edited.add(place.index)
            self._edited(place, last, done, known)
            return
        self._differs(place, last, done, known)

    def _edited_runs(self, cell_id: str) -> Sequence[RunRecord]:
        """The runs of a cell whose code was edited in between, newest first."""
        if not self.by_cell:
            for record in reversed([*self.runs.values()]):
                self.by_cell.setdefault(record.run.cell_id, []).append(record)
        found = self.by_cell.get(cell_id, [])
        return found if any(record.key != found[0].key for record in found) else ()

    def _without_run(self, place: Place, done: Outcome) -> None:
        """A cell of which no run was recorded: it never ran, or before recording began."""
        if place.cell_id not in self.earlier:
            done.cells[place.index] = CellReplay(place.index, "never-run")
            done.idle.update(dict.fromkeys((b for b in place.outline.binds if b[0] != "<"), place))
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
        fitting: RunRecord | None = None
        mine = [last] if last.key == place.key else []
        for record in (*mine, *reversed(self.by_key.get(place.key, ()))):
            if (record is not last or fitting is None) and self._fits(record, env):
                if self._found(record, env):
                    return record
                fitting = fitting or record
        return fitting

    def _found(self, record: RunRecord, env: Env) -> bool:
        """Whether a run found what it then changed as a replay provides it: run twice, it may do nothing."""
        for base, effect in record.effects.items():
            if effect.before is None or (effect.kind == "bound" and base[0] != "<"):
                continue
            found = env.get(base)
            if found is not None:
                if found.state is None or found.state.key != effect.before.key:
                    return False
            elif base.startswith("<Setting>") and self.outside(base) != effect.before.key:
                return False
        return True

    def _fits(self, record: RunRecord, env: Env) -> bool:
        return all(
            self._same(read, env) or settled(record, read, env, self.runs, self.outside, self._same)
            for read in record.reads
        )

    def _same(self, read: Read, env: Env) -> bool:
        """Whether a read would find what it found."""
        if read.key is None:
            return False
        found = env.get(read.base)
        if found is None:
            if read.part == THERE:
                return (THERE.encode() if self.outside(read.base) else ABSENT) == read.key
            if read.base.startswith(("<Setting>", "<File>")):
                if not read.part and self.outside(read.base) == read.key:
                    return True
                there = self.database(read.base[6:]) if read.base[1] == "F" else None
                return there is not None and key_in(there, read.part) == read.key
            if read.base[0] == "<":
                return False
            return read.key == ABSENT or self._foreign(read) or (read.access < 0 and not read.certain)
        if found.state is None:
            if read.part == SHAPE and found.shape:
                return found.shape == read.key
            if read.part == THERE:
                # Whatever it holds, something made it.
                return read.key != ABSENT
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
        self._do(record, index, env)

    def _do(self, record: RunRecord, index: int, env: Env) -> None:
        told = {read.base for read in record.reads if read.certain or read.access >= 0}
        for base, effect in record.effects.items():
            if effect.after is None:
                env.drop(base)
                continue
            if effect.kind == "changed" and base[0] != "<" and base not in env and base not in told:
                # Another name for what it changed, which is not made yet.
                continue
            env[base] = Found(self._after(base, effect, env.get(base)), index)
            env.follow(base, effect.kind == "bound", record.effects)

    def _after(self, base: str, effect: Effect, found: Found | None) -> State:
        """The version that a run's effect makes of what is there."""
        return left(base, effect, found, self.outside, self.database)

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
                if (idle := done.idle.get(take.base)) is not None:
                    text = _IDLE.format(take.base, idle.label)
                    cell.reasons.append(Reason("opaque", take.base, take.access, text=text))
                    continue
                self.why.missing(cell, place, take.base, take.access, None, env)
        if cell.state == "fails":
            return
        for base in (
            place.outline.binds | place.outline.may_bind | place.outline.mutates | set(place.outline.sets)
        ):
            if base[0] != "<" or base.startswith("<random>"):
                env[base] = Found(None, place.index, "edited")
        for base in last.effects:
            if base.startswith("<File>"):
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
            held = effect.after if effect is not None else last.found.get(name)
            if held is not None and (effect is not None or name in place.outline.may_bind):
                env[name] = Found(held, place.index)
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
        why: Cause = "stale"
        differ = [read for read in last.reads if not self._same(read, env)]
        for read in differ:
            found = env.get(read.base)
            if read.base[0] != "<" and found is None:
                if (read.maker == -1 and read.key != ABSENT) or read.base in done.idle:
                    foreign.append(read)
                elif read.access >= 0 and "guarded" in last.flow.accesses[read.access].detail:
                    # It does without.
                    text = f"found `{read.base}` there, which nothing above makes"
                    cell.reasons.append(Reason("other-version", read.base, read.access, text=text))
                    stale = False
                elif read.certain or read.key != ABSENT:
                    self.why.missing(cell, place, read.base, read.access, read, env)
                continue
            if read.base.startswith("<random>") and (read.key is None or found is None):
                why = "random"
            self.why.reason(cell, read, found, place)
            stale = stale and self.why.present(read, found)
        if cell.state == "fails":
            self._until(place, last, env, differ)
            return
        if foreign and not cell.reasons:
            # It was there before recording began, or no run made it: where it comes from, nobody knows.
            cell.state, why = "unknown", "origin"
            for read in foreign:
                text = f"found `{read.base}` there, which no recorded run made"
                if (idle := done.idle.get(read.base)) is not None:
                    text = _IDLE.format(read.base, idle.label)
                cell.reasons.append(Reason("opaque", read.base, read.access, text=text))
        elif why != "random" and stale and cell.reasons:
            cell.state = "stale"
        elif why != "random":
            why = "differs"
        self._spread(place, last, done, differ, why)
        for read in differ:
            if read.base in place.outline.may_bind and read.base not in env and read.base in last.found:
                # Made where it isn't there.
                env[read.base] = Found(None, place.index, why)
        equal, same_text = self._equal(last, known, env, place)
        if same_text and _touched(last, place) <= equal:
            done.cells[place.index] = CellReplay(place.index, "same")

    def _spread(self, place: Place, last: RunRecord, done: Outcome, differ: list[Read], why: Cause) -> None:
        """What the cell makes of a difference: only statements that take it in make something else."""
        env, quiet = done.env, done.quiet
        parts = self.beside.parts(last) if last.run.outcome == "ok" else None
        found = spread(parts, differ, changed_in_place(last)) if parts is not None else None
        if parts is not None and found is not None and not {*showing(parts, last)} & {*found.parts}:
            quiet.add(place.index)
        kept = {base: found_ for base, found_ in env.items() if found and base in _sources(found)}
        chance = all(r.base.startswith("<random>") or ((f := env.get(r.base)) and f.shape) for r in differ)
        keep = shaped(found.parts) if found is not None and chance else ()
        # Through another name or a class, without a word of it: what comes of another value isn't known.
        hidden = {b for b, e in last.effects.items() if not e.parts_only and _elsewhere(e, env.get(b))}
        self._do(last, place.index, env)
        for base, effect in last.effects.items():
            spared = found is not None and base not in hidden and _spared(base, found)
            if effect.after is None or spared:
                continue
            if (
                effect.after.frame == databases.FRAME
                and (there := env[base].state) is not None
                and there.parts
            ):
                env[base] = Found(databases.doubtful(there, effect), place.index)
                continue
            env[base] = Found(None, place.index, why, effect.after.shaped() if base in keep else b"")
        for base in _touched(last, place):
            if base not in last.effects and base in env and not (found is not None and _spared(base, found)):
                env[base] = Found(None, place.index, why)
        for target, source in found.copies if found is not None else ():
            if (held := kept.get(source)) is not None and held.state is not None:
                env[target] = Found(held.state, place.index)
                env.link(target, source)

    def _until(self, place: Place, last: RunRecord, env: Env, differ: list[Read]) -> None:
        """The cell fails: what its statements make before it does."""
        parts = self.beside.parts(last) or []
        absent = {read.access for read in differ if read.base[0] != "<" and read.base not in env}
        before = takewhile(lambda part: not any(part.first <= n < part.last for n in absent), parts)
        if min(absent) >= 0:
            for base in spread(before, differ, changed_in_place(last)).clean:
                effect = last.effects.get(base)
                if effect is not None and effect.after is not None:
                    env[base] = Found(self._after(base, effect, env.get(base)), place.index)


_HIDDEN = "ran twice on the same values and made another {}: something that was not seen decides it"
_EDITED_MODULE = "used `{}` as it was before it was edited"
_IDLE = "reads `{}`, which {} above makes, and that never ran"
_FOREIGN = "reads `{}`, which was there before recording began"


def _sources(found: Spread) -> set[str]:
    return {source for _, source in found.copies}


def _spared(base: str, found: Spread) -> bool:
    """Whether a difference in a cell did not reach this."""
    if base in found.keys:
        return False
    # What no statement names was done by what it calls.
    return base in found.clean or not any(part.calls for part in found.parts)


def _elsewhere(effect: Effect, found: Found | None) -> bool:
    """Whether a replay finds another value where a run changed one in place."""
    if effect.kind != "changed" or effect.before is None or found is None:
        return False
    return found.state is None or found.state.key != effect.before.key


def _touched(last: RunRecord, place: Place) -> set[str]:
    """Names that a cell changed when it last ran, and those that its code may change."""
    found = place.outline
    names = {*last.effects, *found.binds, *found.may_bind, *found.mutates, *found.sets}
    return {n for n in names if n[0] != "<"}
