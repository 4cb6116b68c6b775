"""The one live state: a shell's recorder, its document, and what has been said of them."""

import functools
import importlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from nbdebt.config import Settings, load_settings
from nbdebt.live.document import Document, Shown
from nbdebt.live.record import RunRecord
from nbdebt.live.recorder import Recorder
from nbdebt.live.understanding import Understanding
from nbdebt.live.watcher import Watcher
from nbdebt.model.errors import ConfigurationError
from nbdebt.model.finding import Exchange, Finding, Report, Verdict
from nbdebt.model.history import History
from nbdebt.report.fingerprints import Identity, identities
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.export.model import Log

_SPOKEN = re.compile(r"`([^\W\d]\w*)")
Level = Literal["quiet", "normal", "strict"]


class RunReport(msgspec.Struct, frozen=True):
    """What one run changed in what is owed.

    Args:
        record: the run.
        new: findings that were not there before it.
        resolved: findings that are gone.
        owed: all findings there are now.
        seconds: what all of nbdebt's work on this run took.
        report: what they were found in.
    """

    record: RunRecord
    new: tuple[Finding, ...]
    resolved: tuple[Finding, ...]
    seconds: float
    owed: tuple[Finding, ...] = ()
    report: Report | None = None


class FrontEnds(Protocol):
    """Those who show what there is to say, so that nothing need enter the outputs (``nbdebt.live.comm``)."""

    @property
    def listening(self) -> bool:
        """Whether there is any."""
        ...

    @property
    def attached(self) -> bool:
        """Whether the one is there that has the cell run that runs."""
        ...

    def notice(self, said: Any) -> None:
        """Show a :class:`nbdebt.live.inline.Notice` under its cell."""
        ...


class Session:
    """Recording in one shell.

    Made by :func:`nbdebt.load`. It holds no reference to any object of the user's.

    Args:
        shell: an IPython shell.
        settings: settings; None takes those of the notebook's directory.
    """

    def __init__(self, shell: Any, settings: Settings | None = None) -> None:
        self.shell = shell
        self.level: Level = "normal"
        self.ignored: dict[str, str] = {}
        self.strict_codes: frozenset[str] = frozenset()
        self.front_ends: FrontEnds | None = None
        self.problems: list[str] = []
        self.document = Document(shell.user_ns)
        self.settings = settings if settings is not None else self._load_settings()
        self.recorder = Recorder(shell, self._finished)
        self.understanding = Understanding(self)
        self.runs: list[RunRecord] = []
        self.last: dict[str, RunRecord] = {}
        self.by_key: dict[bytes, list[RunRecord]] = {}
        self.times: dict[str, float] = {}
        self._subscribers: list[Callable[[RunReport], None]] = []
        self._settled: list[Callable[[RunRecord], None]] = []
        self._endings: list[Callable[[], None]] = []
        self._record_keepers: list[Callable[[RunRecord], None]] = []
        self._told: dict[Identity, Finding] = {}
        self.watcher = Watcher(self.understanding)
        self._unsaid = True
        self.closed = False
        self.on_record(self._look_at_pins)
        self.recorder.start()

    def _load_settings(self) -> Settings:
        try:
            return load_settings(Path.cwd())
        except (ConfigurationError, OSError) as error:
            self.problems.append(f"{error}; the default settings are used")
            return Settings()

    # What others ask

    @property
    def paused(self) -> bool:
        """Whether recording is off; what happens meanwhile has no known origin."""
        return self.recorder.paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self.recorder.paused = value

    @property
    def failures(self) -> list[str]:
        """Failures of nbdebt's own, once each."""
        recorder = self.recorder
        sensors = (recorder.streams, recorder.settings, recorder.files)
        found = [*self.problems, *recorder.failures, *(f for sensor in sensors for f in sensor.failures)]
        return list(dict.fromkeys(found))

    @property
    def document_source(self) -> str:
        """Where the document's order is known from, in words."""
        return self.document.source

    @property
    def history(self) -> History:
        """The runs, in order."""
        return self.understanding.history()

    @property
    def attached(self) -> bool:
        """Whether a front end shows what there is to say, so that nothing need enter the outputs."""
        return self.front_ends is not None and self.front_ends.attached

    @property
    def listened(self) -> bool:
        """Whether any front end listens."""
        return self.front_ends is not None and self.front_ends.listening

    def set_document(self, cells: Iterable[tuple[str, str] | Shown]) -> None:
        """Say what the document is: (cell id, source) of its code cells, in order; or all of its cells, each
        with its kind."""
        self.document.tell(cells)

    def verdict(self) -> Verdict:
        """Would Restart & Run All give what the session holds?"""
        return self.understanding.verdict()

    def analysis(self) -> Analysis:
        """What rules see of the session."""
        return self.understanding.analysis()

    def report(self) -> Report:
        """Findings, verdict and exchanges, as ``nbdebt check`` reports them."""
        return self.understanding.report(self.settings, frozenset(self.ignored))

    def log(self) -> "Log":
        """The runs as they ran, for export."""
        found: Log = importlib.import_module("nbdebt.live.export").log_of(self)
        return found

    def io(self) -> tuple[Exchange, ...]:
        """All reads and writes of what is outside the notebook."""
        return self.understanding.exchanges()

    def foresee(self, source: str) -> Report:
        """What a cell of this source would add, judged by its code alone."""
        return self.understanding.foresee(source, self.settings)

    def subscribe(self, callback: Callable[[RunReport], None]) -> Callable[[], None]:
        """Call back after each run; returns what ends the subscription."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def on_settled(self, callback: Callable[[RunRecord], None]) -> Callable[[], None]:
        """Call back after each run that surely changed nothing in what is owed, which subscribers don't hear
        of; returns what ends that."""
        self._settled.append(callback)
        return lambda: self._settled.remove(callback) if callback in self._settled else None

    def on_record(self, keeper: Callable[[RunRecord], None]) -> Callable[[], None]:
        """Hand over the record of each run, whatever is shown of it; returns what ends that."""
        self._record_keepers.append(keeper)
        return lambda: self._record_keepers.remove(keeper) if keeper in self._record_keepers else None

    @functools.cached_property
    def pins(self) -> Any:
        """What is known of pins and versions, a :class:`nbdebt.live.pins.Pins`: loaded by the first read."""
        return importlib.import_module("nbdebt.live.pins").Pins(self)

    def _look_at_pins(self, record: RunRecord) -> None:
        if any(a.mode == "read" for a in record.accesses):
            self.pins.look(record)

    def on_close(self, ending: Callable[[], None]) -> None:
        """Call this when the session is closed."""
        self._endings.append(ending)

    def close(self) -> None:
        """Stop recording and leave no trace in the shell."""
        if not self.closed:
            self.closed = True
            for ending in self._endings:
                ending()
            self.recorder.stop()
            if getattr(self.shell, "_nbdebt_session", None) is self:
                del self.shell._nbdebt_session

    # What happens

    def _finished(self, record: RunRecord) -> None:
        """A run has ended."""
        began = time.perf_counter()
        record = self._placed(record)
        self.runs.append(record)
        self.last[record.run.cell_id] = record
        self.by_key.setdefault(record.key, []).append(record)
        self.times[record.run.cell_id] = time.time()
        for keep in list(self._record_keepers):
            try:
                keep(record)
            except Exception as error:
                problem = f"keeping a record: {type(error).__name__}: {error}"
                if problem not in self.problems:
                    self.problems.append(problem)
        if not self._subscribers or (self.level == "quiet" and not self.listened):
            self._unsaid = True
            return
        if not self._unsaid and self.watcher.settled(record):
            for hear in list(self._settled):
                hear(record)
            return
        report = self.report()
        self._unsaid = False
        now = dict(zip(identities(report.findings), report.findings, strict=True))
        new = tuple(f for i, f in now.items() if i not in self._told)
        owed = {name for finding in now.values() for name in _names(finding)}
        resolved = tuple(
            f
            for i, f in self._told.items()
            if i not in now and _is_settled(f, report) and owed.isdisjoint(_names(f))
        )
        self._told = now
        self.watcher.heard(report, now.values())
        took = record.seconds + time.perf_counter() - began
        told = RunReport(record, new, resolved, took, tuple(now.values()), report)
        for callback in list(self._subscribers):
            callback(told)

    def _placed(self, record: RunRecord) -> RunRecord:
        """A run whose cell nobody named: that of the same source, in the document's order."""
        if record.run.cell_id:
            return record
        cells = (
            self.document.cells(self.runs, self.last, self.times) if self.document.origin != "runs" else []
        )
        same = [shown.cell_id for shown in cells if shown.source == record.run.source]
        fresh = [cell_id for cell_id in same if cell_id not in self.last]
        cell_id = (fresh or same or [f"run-{record.run.sequence}"])[0]
        record.run = msgspec.structs.replace(record.run, cell_id=cell_id)
        return record


def _is_settled(finding: Finding, report: Report) -> bool:
    """Whether what a finding was about is in order now, and not only told in other words."""
    verdict = report.notebooks[0].verdict if report.notebooks else None
    if finding.family != "order" or verdict is None or finding.cell is None:
        return True
    cell = verdict.cells.get(finding.cell.id)
    return cell is not None and cell.state == "same"


def _names(finding: Finding) -> set[str]:
    """Names that an order finding speaks of."""
    return set(_SPOKEN.findall(finding.message)) if finding.family == "order" else set()


def current(shell: Any) -> Session | None:
    """The session of a shell, where one is being recorded."""
    found = getattr(shell, "_nbdebt_session", None)
    return found if isinstance(found, Session) else None


def disabled() -> bool:
    """Whether the environment says that nothing is to be recorded (``NBDEBT_DISABLE=1``)."""
    return os.environ.get("NBDEBT_DISABLE", "").strip().lower() not in ("", "0", "false", "no")
