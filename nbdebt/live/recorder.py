"""Records runs: IPython's hooks on one side, :class:`RunRecord` on the other.

Work happens at cell boundaries only. Whatever goes wrong in here is noted once in ``failures`` and never
reaches the user's cell.
"""

import contextvars
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import msgspec

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed, Reader, parse
from nbdebt.live.calls import Calls, reachable, used
from nbdebt.live.earlier import Earlier, earlier_of
from nbdebt.live.files import FileWatch
from nbdebt.live.fingerprints import Fingerprinter
from nbdebt.live.namespace import Namespace
from nbdebt.live.observed import Boundary, finish
from nbdebt.live.randomness import Streams
from nbdebt.live.record import Outline, RunRecord, before_line, outline, shown, source_key
from nbdebt.live.settings import SettingsSensor
from nbdebt.live.states import State
from nbdebt.model.history import Outcome, Run

registry = Registry()
# Trees are large, and parsing is quick: those of the cells that are worked on are kept.
_TREES = 100
_current: contextvars.ContextVar[int] = contextvars.ContextVar("nbdebt_run", default=0)


class Active(msgspec.Struct):
    """A run that is going on."""

    sequence: int
    cell_id: str
    source: str
    parsed: Parsed
    flow: CellFlow
    outline: Outline
    started: float
    transformed: str = ""
    before: dict[str, State] = {}
    streams: dict[str, bytes] = {}
    settings: dict[str, bytes] = {}
    spent: float = 0.0
    alone: bool = True


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
        self.calls = Calls()
        self.reader = Reader(registry)
        self.records: dict[int, RunRecord] = {}
        self.failures: list[str] = []
        self.paused = False
        self.sequence = 0
        self.earlier = Earlier()
        self.initial_settings: dict[str, bytes] = {}
        self.made_settings: dict[str, int] = {}
        self.made_streams: dict[str, int] = {}
        self.made_files: dict[str, int] = {}
        self.shown: State | None = None
        self._active: dict[int, Active] = {}
        self._stack: list[int] = []
        self._parsed: dict[str, Parsed] = {}

    # Life

    def start(self) -> None:
        """Begin to record; what the namespace holds already is of unknown origin."""
        with self._guarded("starting"):
            self.namespace.adopt()
            self.earlier = earlier_of(self.shell, self.namespace.states)
            self.initial_settings = self.settings.snapshot()
            self.streams.start()
            self.files.start()
            self.calls.start()
        events = self.shell.events
        events.register("pre_run_cell", self.pre_run_cell)
        events.register("post_run_cell", self.post_run_cell)

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
            text = f"{doing}: {type(error).__name__}: {error} ({where})"
            if text not in self.failures and len(self.failures) < 100:
                self.failures.append(text)

    # Hooks

    def pre_run_cell(self, info: Any) -> None:
        """IPython's ``pre_run_cell``: a run begins."""
        if self.paused:
            return
        began = time.perf_counter()
        with self._guarded("before a run"):
            self._begin(info, began)

    def _begin(self, info: Any, began: float) -> None:
        source = info.raw_cell or ""
        self.sequence += 1
        sequence = self.sequence
        transformed = getattr(info, "transformed_cell", "") or ""
        parsed = self.parse(source)
        if parsed.error and transformed and transformed != source:
            # Automagic and other transformations of the user's own: what IPython made of it is Python.
            parsed = self.parse(transformed)
        parsed = parsed._replace(cell=sequence)
        with self._undisturbed():
            flow = self.reader.read(parsed)
        summary = outline(before_line(flow, 0))
        active = Active(
            sequence, getattr(info, "cell_id", None) or "", source, parsed, flow, summary, began, transformed
        )
        namespace = self.namespace
        namespace.begin(summary.names)
        if self.shown is not None:
            namespace.states["_"] = self.shown
        active.before = {name: namespace.states[name] for name in summary.names if name in namespace.states}
        active.settings = self._settings(summary)
        for other in self._active.values():
            other.alone = active.alone = False
        self._active[sequence] = active
        self._stack.append(sequence)
        _current.set(sequence)
        active.streams = self.streams.begin()
        self.files.begin(sequence)
        self.calls.begin()
        active.spent = time.perf_counter() - began
        active.started = time.perf_counter()

    def post_run_cell(self, result: Any) -> None:
        """IPython's ``post_run_cell``: a run has ended."""
        ended = time.perf_counter()
        active = self._leaving()
        if active is None:
            return
        record: RunRecord | None = None
        with self._guarded("after a run"):
            record = self._end(active, result, ended)
        if record is not None:
            self.records[record.run.sequence] = record
            with self._guarded("reporting"):
                self.finished(record)

    def _leaving(self) -> Active | None:
        """The run that ends: this context's, or the innermost."""
        sequence = _current.get()
        if sequence not in self._active:
            if not self._stack:
                return None
            sequence = self._stack[-1]
        self._stack.remove(sequence)
        _current.set(self._stack[-1] if self._stack else 0)
        return self._active.pop(sequence, None)

    def _end(self, active: Active, result: Any, ended: float) -> RunRecord:
        codes = self.calls.end()
        outcome, error = self._outcome(result)
        files = self.files.end(active.sequence)
        random = self.streams.end()
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
        record.count = getattr(result, "execution_count", None)
        value = getattr(result, "result", None)
        record.shows = shown(active.flow, active.source, value is not None or outcome != "ok")
        if value is not None:
            record.result = self.fingerprinter.take(value).digest
            if record.count is not None:
                self.shown = State(record.result, maker=active.sequence)
        summary = finished = active.outline
        if outcome != "ok":
            summary = outline(before_line(active.flow, error[1]))
            finished = outline(before_line(active.flow, error[1], finished=True))
        boundary = Boundary(
            summary=summary,
            flow=active.flow,
            before=active.before,
            streams=(active.streams, self.streams.after),
            settings=(active.settings, self._settings(active.outline)),
            random=random,
            files=files,
            sure=finished.binds,
            given=frozenset(finished.surely_sets),
            called=self._called(active, codes),
            libraries=self._libraries(active, value),
        )
        finish(record, boundary, self)
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
        """Names that called functions use, beyond those that the code was read to use."""
        values = self.namespace.values
        if not self.calls.watching:
            known = self.reader.env.values
            unread = [
                values[name]
                for name in active.outline.names
                if name in values and (name not in known or known[name].function is None)
            ]
            codes = reachable(unread, values)
        return frozenset(used(codes, values) - active.outline.names)

    def _libraries(self, active: Active, shown: object) -> frozenset[str]:
        """Libraries of the modules and objects that a cell uses."""
        values = [self.namespace.values.get(name) for name in active.outline.names]
        modules = [v.__name__.partition(".")[0] for v in values if type(v) is ModuleType]
        return frozenset((*modules, *(_module(type(value)) for value in (*values, shown))))

    def _outcome(self, result: Any) -> tuple[Outcome, tuple[str, int]]:
        """How a run ended: ok, or the class of the exception and the line of the cell it left by."""
        before, during = getattr(result, "error_before_exec", None), getattr(result, "error_in_exec", None)
        error = during or before
        if error is None:
            return "ok", ("", 0)
        outcome: Outcome = "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
        if during is None:
            return outcome, (type(error).__name__, -1)
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals is self.shell.user_ns:
                return outcome, (type(error).__name__, trace.tb_lineno or 0)
            trace = trace.tb_next
        return outcome, (type(error).__name__, 0)

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


_MODULE: Any = type.__dict__["__module__"]


def _module(kind: type) -> str:
    """The top-level module of a type, read without running anything of the user's."""
    found = _MODULE.__get__(kind)
    return found.partition(".")[0] if isinstance(found, str) else ""
