"""Runs that are going on: which one ends, and which are part of another."""

import asyncio
import sys
import threading
import types
import weakref
from contextvars import ContextVar
from typing import Any

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.live.record import Outline
from nbdebt.live.states import State

_current: ContextVar[int] = ContextVar("nbdebt_going", default=0)


class Active(msgspec.Struct):
    """A run that is going on.

    Args:
        info: what IPython said of it when it began; it says the same thing when it ends.
        within: the run that it is part of, 0 for none.
        inner: what the runs within it do, as their code says.
        stopped: the line at which a run within it stopped with an error that ends nothing but that run
            (``%%capture`` shows it); 0 for none.
        heard: the states of random streams are known, as it found them.
        alone: no other run went on at the same time.
    """

    sequence: int
    info: Any
    cell_id: str
    source: str
    parsed: Parsed
    flow: CellFlow
    outline: Outline
    started: float
    transformed: str = ""
    within: int = 0
    inner: list[Outline] = []
    stopped: int = 0
    before: dict[str, State] = {}
    streams: dict[str, bytes] = {}
    settings: dict[str, bytes] = {}
    spent: float = 0.0
    heard: bool = False
    alone: bool = True
    thread: int = 0
    task: "weakref.ref[asyncio.Task[Any]] | None" = None


class Going:
    """The runs that are going on in a shell.

    Attributes:
        runs: by sequence number, in the order in which they began.
    """

    def __init__(self) -> None:
        self.runs: dict[int, Active] = {}

    def enter(self, active: Active) -> None:
        """A run begins here."""
        active.thread = threading.get_ident()
        active.task = _task()
        for other in self.runs.values():
            other.alone = active.alone = False
        self.runs[active.sequence] = active
        _current.set(active.sequence)

    def around(self) -> Active | None:
        """The run that calls for another one here: that one is part of it then."""
        return self.runs.get(_current.get())

    def outermost(self) -> Active | None:
        """The run of the cell that is running here."""
        active = self.around()
        while active is not None and active.within in self.runs:
            active = self.runs[active.within]
        return active

    def abandoned(self) -> Active | None:
        """A run that began here and whose end nobody told of, taken out: who calls ``run_cell_async`` has to
        trigger ``post_run_cell``, and may not."""
        active = self.runs.get(_current.get())
        if active is None or active.thread != threading.get_ident() or _within_a_cell(sys._getframe(1)):
            return None
        task = _task()
        if (task() if task else None) is not (active.task() if active.task else None):
            return None
        return self._out(active)

    def leave(self, result: Any) -> Active | None:
        """The run whose end IPython tells of; None for one that wasn't recorded.

        An interrupt may leave IPython with another ``info``, or with no result at all.
        """
        info = getattr(result, "info", None)
        found = next((a for a in self.runs.values() if a.info is info), None) if info is not None else None
        if found is None:
            text = getattr(info, "raw_cell", None)
            if text is not None and (not text or text.isspace()):
                return None
            mine = [
                a
                for a in self.runs.values()
                if a.thread == threading.get_ident() and (text is None or a.source == text)
            ]
            found = mine[-1] if mine else None
        return self._out(found) if found is not None else None

    def others(self, active: Active) -> frozenset[str]:
        """Names that runs going on at the same time speak of to make or change them, and this one doesn't."""
        if active.alone:
            return frozenset()
        makes = [a.outline for a in self.runs.values() if a.sequence != active.sequence and not a.within]
        found = frozenset[str]().union(*(o.binds | o.may_bind | o.mutates for o in makes))
        return found - active.outline.names

    def _out(self, active: Active) -> Active:
        del self.runs[active.sequence]
        if _current.get() == active.sequence:
            _current.set(active.within)
        return active


def _task() -> "weakref.ref[asyncio.Task[Any]] | None":
    """The task of this context, if there is one."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return weakref.ref(task) if task is not None else None


def _within_a_cell(frame: types.FrameType) -> bool:
    """Whether IPython is about another cell further down on the stack than the one that begins here."""
    current: types.FrameType | None = frame
    seen = 0
    while current is not None and seen < 2:
        seen += current.f_code.co_name == "run_cell_async"
        current = current.f_back
    return seen > 1
