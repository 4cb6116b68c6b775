"""Records runs: IPython's hooks on one side, :class:`RunRecord` on the other.

Work happens at cell boundaries only. Whatever goes wrong in here is noted once in ``failures`` and never
reaches the user's cell.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar

from nbdebt.flow.effects import Registry
from nbdebt.flow.magics import Magic
from nbdebt.flow.reader import Parsed, Reader, parse
from nbdebt.live import scripts
from nbdebt.live.calls import Calls, may_print, reachable, used
from nbdebt.live.databases import Databases
from nbdebt.live.displayed import shows_plain
from nbdebt.live.earlier import Earlier, earlier_of
from nbdebt.live.files import FileWatch, cell_may_touch
from nbdebt.live.fingerprints import Fingerprinter
from nbdebt.live.going import Active, Going
from nbdebt.live.interrupt import Stop
from nbdebt.live.loading import running_cell
from nbdebt.live.namespace import Namespace
from nbdebt.live.observed import Boundary, belated, finish
from nbdebt.live.own_modules import OwnModules
from nbdebt.live.randomness import Streams
from nbdebt.live.record import Outline, RunRecord, before_line, outline, shown, source_key
from nbdebt.live.seen import RandomSeen, Seen
from nbdebt.live.settings import SettingsSensor
from nbdebt.live.states import State
from nbdebt.model.history import Outcome, Run
from nbdebt.model.patterns import later

T = TypeVar("T")
registry = Registry()
# Trees are large, and parsing is quick: those of the cells that are worked on are kept.
_TREES = 100
_PATIENCE = 30.0
_AUTOMAGIC = later(r"get_ipython\(\)\.run_line_magic\((['\"])(\w+)\1, (['\"])(.*)\3\)\s*\Z")


class Recorder:
    """Turns what an IPython shell does into run records.

    Args:
        shell: the shell.
        finished: called with each record when its run has ended.
    """

    def __init__(self, shell: Any, finished: Callable[[RunRecord], None]) -> None:
        self.shell = shell
        self.finished = finished
        self.fingerprinter = Fingerprinter()
        self.namespace = Namespace(shell.user_ns, shell.user_ns_hidden, self.fingerprinter)
        self.streams = Streams()
        self.settings = SettingsSensor()
        self.files = FileWatch()
        self.databases = Databases(self.files.digest, self.files.quiet)
        self.modules = OwnModules(self.files.quiet)
        self.calls = Calls()
        self.reader = Reader(registry)
        self.records: dict[int, RunRecord] = {}
        self.failures: list[str] = []
        self.paused = False
        self.sequence = 0
        self.earlier = Earlier()
        self.initial_settings: dict[str, bytes] = {}
        # For what runs in a process of its own; told to nobody, and never written down.
        self.environ = dict(os.environ)
        self.made_settings: dict[str, int] = {}
        self.made_streams: dict[str, int] = {}
        self.made_files: dict[str, int] = {}
        self.belated = 0
        self.shown: State | None = None
        self.going = Going()
        self._turn = threading.RLock()
        self._stop: Stop | None = None
        self._parsed: dict[str, Parsed] = {}

    # Life

    def start(self) -> None:
        """Begin to record; what the namespace holds already is of unknown origin."""
        loading = running_cell(self.shell)
        with self._guarded("starting"):
            self.namespace.adopt()
            self.earlier = earlier_of(self.shell, self.namespace.states, loading is not None)
            self.initial_settings = self.settings.snapshot()
            self.streams.start()
            self.files.start()
            self.calls.start(getattr(type(self.shell), "run_code", None))
        events = self.shell.events
        events.register("pre_run_cell", self.pre_run_cell)
        events.register("post_run_cell", self.post_run_cell)
        if loading is not None:
            self.pre_run_cell(loading)

    def stop(self) -> None:
        """Stop, and leave no trace in the shell."""
        for event, callback in (("pre_run_cell", self.pre_run_cell), ("post_run_cell", self.post_run_cell)):
            try:
                self.shell.events.unregister(event, callback)
            except ValueError:
                continue
        with self._guarded("stopping"):
            self.streams.stop()
            self.files.stop()
            self.calls.stop()

    @contextmanager
    def _guarded(self, doing: str) -> Iterator[None]:
        """Our own failures are noted once, and never raised into the user's cell."""
        try:
            yield
        except Exception as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
            self._fail(f"{doing}: {type(error).__name__}: {error} ({where})")

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Subshells begin and end runs in threads of their own: what one left belongs to no other. A process
        that was forked meanwhile finds the lock held for good, and goes on without."""
        held = self._turn.acquire(timeout=_PATIENCE)
        try:
            yield
        finally:
            if held:
                self._turn.release()

    @contextmanager
    def at_rest(self) -> Iterator[bool]:
        """Let no run begin or end meanwhile. Says whether none is going on: only then is the session to be
        looked into from another thread than that of the cells."""
        with self._in_turn():
            yield not self.going.runs and not self.paused

    def _ask(self, doing: str, question: Callable[[], T], otherwise: T) -> T:
        """What a sensor says; ``otherwise`` where it fails."""
        with self._guarded(doing):
            return question()
        return otherwise

    def _fail(self, text: str) -> None:
        if text not in self.failures and len(self.failures) < 100:
            self.failures.append(text)

    # Hooks

    def pre_run_cell(self, info: Any) -> None:
        """IPython's ``pre_run_cell``: a run begins."""
        if self.paused:
            return
        began = time.perf_counter()
        try:
            with self._guarded("before a run"), self._in_turn():
                self._begin(info, began)
        except KeyboardInterrupt:
            self._stop = Stop(self.shell)

    def _begin(self, info: Any, began: float) -> None:
        lost = self.going.abandoned()
        if lost is not None:
            self._ended(lost, lost.info, began)
        source = info.raw_cell or ""
        transformed = getattr(info, "transformed_cell", "") or ""
        self.sequence += 1
        sequence = self.sequence
        parsed = self._as_run(source, transformed)._replace(cell=sequence)
        outer = self.going.around()
        with self._undisturbed():
            flow = self.reader.read(parsed)
        summary = outline(before_line(flow, 0))
        cell_id = getattr(info, "cell_id", None) or ""
        active = Active(sequence, info, cell_id, source, parsed, flow, summary, began, transformed)
        if outer is not None:
            # A run within a run is part of it (`%%capture`, `get_ipython().run_cell(...)`).
            active.within = outer.sequence
            self.going.enter(active)
            return
        with self._guarded("reading scripts"):
            active.inner = list(scripts.outlines(parsed, self.parse, registry))
        namespace = self.namespace
        namespace.begin(summary.names)
        if self.shown is not None:
            namespace.states["_"] = self.shown
        active.before = {name: namespace.states[name] for name in summary.names if name in namespace.states}
        self.going.enter(active)
        with self._guarded("looking at settings"):
            active.settings = self._settings(summary)
        with self._guarded("looking at random streams"):
            active.streams = self.streams.begin()
            active.heard = True
        with self._guarded("looking at files"):
            self.files.begin(sequence, self._may_touch(parsed))
        with self._guarded("looking at calls"):
            self.calls.begin()
        active.spent = time.perf_counter() - began
        active.started = time.perf_counter()

    def _as_run(self, source: str, transformed: str) -> Parsed:
        """The source, or what IPython made of it where that is another program: by automagic, or by
        transformations of the user's own."""
        parsed = self.parse(source)
        other = transformed.strip()
        if not other or other == source.strip() or parsed.masked.magics or parsed.masked.dedent:
            return parsed
        automagic = _AUTOMAGIC.match(other)
        if automagic is not None:
            return self.parse(f"%{automagic[2]} {automagic[4]}")
        found = self.parse(transformed)
        return parsed if found.error else found

    def _may_touch(self, parsed: Parsed) -> bool:
        """Whether a cell may touch what lies outside; whatever else than its own code runs with it may."""
        return bool(self.shell.ast_transformers) or cell_may_touch(parsed, self.namespace.values)

    def post_run_cell(self, result: Any) -> None:
        """IPython's ``post_run_cell``: a run has ended."""
        ended = time.perf_counter()
        try:
            if self._stop is not None:
                self._stop.withdraw()
                self._stop = None
            with self._in_turn():
                active = self.going.leave(result)
                if active is not None:
                    self._ended(active, result, ended)
        except KeyboardInterrupt:
            # The cell is over, and there is nothing else to stop.
            self._fail("interrupted after a run")

    def _ended(self, active: Active, result: Any, ended: float) -> None:
        record: RunRecord | None = None
        with self._guarded("after a run"):
            if active.within:
                self._include(active, result)
            else:
                record = self._end(active, result, ended)
        if record is not None:
            self.records[record.run.sequence] = record
            with self._guarded("reporting"):
                self.finished(record)

    def _include(self, active: Active, result: Any) -> None:
        """What a run within another did is that one's doing."""
        outer = self.going.runs.get(active.within)
        if outer is not None:
            outcome, error = self._outcome(active, result)
            summary = active.outline
            if outcome != "ok":
                finished = outline(before_line(active.flow, error[1], finished=True))
                summary = outline(before_line(active.flow, error[1]))._replace(binds=finished.binds)
            outer.inner += [summary, *active.inner]
            head = _head(outer.parsed)
            if outcome != "ok" and head and head.name == "capture":
                outer.stopped = max(error[1], 0) + head.line

    def _end(self, active: Active, result: Any, ended: float) -> RunRecord:
        codes = self._ask("looking at calls", self.calls.end, list[CodeType]())
        files = self._ask("looking at files", partial(self.files.end, active.sequence), list[Seen]())
        random = self._ask("looking at random streams", self.streams.end, RandomSeen())
        streams = self.streams.after or active.streams
        if not active.heard:
            # What stood at its beginning isn't known, and so isn't what changed.
            random, streams = RandomSeen(), active.streams
        settings = self._ask("looking at settings", partial(self._settings, active.outline), active.settings)
        outcome, error = self._outcome(active, result)
        run = Run(
            active.sequence,
            None,
            active.cell_id,
            active.source,
            outcome,
            ended - active.started,
            "observed",
        )
        key = source_key(active.parsed)
        record = RunRecord(run, key, active.flow, transformed=active.transformed, error=error)
        record.text = active.parsed.source
        record.tolerated = _tolerated(active.info)
        with self._guarded("keeping random streams"):
            record.stood, record.entropies = self.streams.kept.end(random.drew)
        record.prints = not self.calls.watching or may_print(codes) or bool(active.inner)
        if getattr(active.info, "store_history", True):
            record.count = getattr(result, "execution_count", None)
        value = getattr(result, "result", None)
        record.shows = shown(active.flow, active.source, value is not None or outcome != "ok")
        if value is not None:
            record.result = self.fingerprinter.take(value).digest
            self.shown = State(record.result, maker=active.sequence)
        summary = finished = active.outline
        stopped = error[1] if outcome != "ok" else active.stopped
        if stopped:
            summary = outline(before_line(active.flow, stopped))
            finished = outline(before_line(active.flow, stopped, finished=True))
        elif outcome != "ok":
            # Where it was then, nobody knows.
            finished = outline(())
        inner = active.inner
        boundary = Boundary(
            summary=summary,
            flow=active.flow,
            before=active.before,
            streams=(active.streams, streams),
            settings=(active.settings, settings),
            random=random,
            files=files,
            sure=finished.binds.union(*(o.binds for o in inner)),
            given=frozenset(finished.surely_sets),
            called=(called := self._called(active, codes)) - active.outline.names,
            used=called,
            others=self.going.others(active),
            parsed=active.parsed,
            libraries=self._libraries(active, value),
            plain=shows_plain(active.parsed, active.flow, self.namespace.values, value),
        )
        finish(record, boundary, self)
        with self._guarded("looking at what earlier runs left going"):
            for sequence, seen in self.files.late().items():
                if sequence in self.records:
                    belated(self.records[sequence], seen, self)
                    self.belated += 1
        record.seconds = active.spent + time.perf_counter() - ended
        return record

    def _settings(self, summary: Outline) -> dict[str, bytes]:
        """Settings, and attributes of modules that a cell speaks of (patched ones are settings, too)."""
        found = self.settings.snapshot()
        for name in (*(base[9:] for base in summary.settings), *self.made_settings):
            module, _, attribute = name.rpartition(".")
            if name not in found and (owner := sys.modules.get(module)) is not None:
                values = vars(owner)
                if attribute in values:
                    found[name] = self.fingerprinter.take(values[attribute]).digest
                    if name not in self.made_settings:
                        self.initial_settings.setdefault(name, found[name])
        return found

    def _called(self, active: Active, codes: list[CodeType]) -> frozenset[str]:
        """Names that called functions use."""
        values = self.namespace.values
        if not self.calls.watching:
            known = self.reader.env.values
            unread = [
                values[name]
                for name in active.outline.names
                if name in values and (name not in known or known[name].function is None)
            ]
            codes = reachable(unread, values)
        found = used(codes, values)
        for inner in active.inner:
            found.update(take.base for take in inner.takes if take.base in values)
        return frozenset(found)

    def _libraries(self, active: Active, shown: object) -> frozenset[str]:
        """Libraries of the modules and objects that a cell uses."""
        values = [self.namespace.values.get(name) for name in active.outline.names]
        modules = [v.__name__.partition(".")[0] for v in values if type(v) is ModuleType]
        modules += [str(v.__module__).partition(".")[0] for v in values if type(v) is FunctionType]
        return frozenset((*modules, *(_module(type(value)) for value in (*values, shown))))

    def _outcome(self, active: Active, result: Any) -> tuple[Outcome, tuple[str, int]]:
        """How a run ended: ok, or the class of the exception and the line of the cell it left by; line 0
        where that isn't known, -1 where nothing ran."""
        if result is None:
            # A cell that waits is cancelled by an interrupt.
            return "interrupted", ("CancelledError", 0)
        before, during = getattr(result, "error_before_exec", None), getattr(result, "error_in_exec", None)
        error = during or before
        if error is None:
            return "ok", ("", 0)
        outcome: Outcome = "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
        if during is None:
            return outcome, (type(error).__name__, -1)
        head, line = _head(active.parsed), 0
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            mine = head is None or frame.f_code.co_filename == "<timed exec>"
            if mine and frame.f_globals is self.shell.user_ns:
                line = (trace.tb_lineno or 0) + (head.line if head is not None else 0)
                break
            trace = trace.tb_next
        return outcome, (type(error).__name__, line)

    # What the code says

    def parse(self, source: str) -> Parsed:
        """A source, masked and parsed."""
        found = self._parsed.pop(source, None)
        if found is None:
            with self._undisturbed():
                found = parse(0, source)
            if len(self._parsed) >= _TREES:
                del self._parsed[next(iter(self._parsed))]
        self._parsed[source] = found
        return found

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """A recursion too deep in the user's text is no failure of the session."""
        try:
            yield
        except RecursionError as error:
            raise ValueError("code nested too deeply to be followed") from error


def _head(parsed: Parsed) -> Magic | None:
    """The cell magic above a cell's Python; None where there is none."""
    return next((m for m in parsed.masked.magics if m.kind == "cell"), None)


def _tolerated(info: Any) -> bool:
    """Whether the front end says that a cell may raise."""
    meta = getattr(info, "cell_meta", None)
    tags = meta.get("tags") if isinstance(meta, dict) else None
    return isinstance(tags, list) and "raises-exception" in tags


_MODULE: Any = type.__dict__["__module__"]


def _module(kind: type) -> str:
    """The top-level module of a type, read without running anything of the user's."""
    found = _MODULE.__get__(kind)
    return found.partition(".")[0] if isinstance(found, str) else ""
