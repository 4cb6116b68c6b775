"""Which of the user's functions a run called, and which global names they use.

Seen through ``sys.monitoring`` (PEP 669), on the code of the user's cells alone: the first call of a function
in a run is an event, which then is switched off until the next run. So a loop that calls a function a million
times costs one event, and what libraries do costs nothing.
"""

import dis
import sys
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from itertools import islice
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from nbdebt.live.fingerprints.peek import is_user_class, own_dict

_NAME = "nbdebt calls"
_MANY = 5_000
_GLOBAL = frozenset(("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"))


@lru_cache(maxsize=1024)
def global_names(code: CodeType) -> frozenset[str]:
    """Global names that a function's own code loads, stores or deletes."""
    return frozenset(i.argval for i in dis.get_instructions(code) if i.opname in _GLOBAL)


class Calls:
    """Sees the first call of each of the user's functions, run by run."""

    def __init__(self) -> None:
        self._seen: dict[CodeType, None] = {}
        self._off: list[weakref.ref[CodeType]] = []
        self._learned: list[weakref.ref[CodeType]] = []
        self._many = _MANY
        self._runner: CodeType | None = None
        self._tool: int | None = None

    @property
    def watching(self) -> bool:
        """Whether calls are seen at all (Python 3.12 and newer, and a tool id is free)."""
        return self._tool is not None and self._runner is not None

    def start(self, run_code: object) -> None:
        """Take a tool id, where there is one.

        Args:
            run_code: the shell's function of this name: it is handed the code of each cell.
        """
        if sys.version_info < (3, 12) or self._tool is not None:
            return
        monitoring = sys.monitoring
        for tool in (4, 3, 2):
            if monitoring.get_tool(tool) is None:
                monitoring.use_tool_id(tool, _NAME)
                self._tool = tool
                monitoring.register_callback(tool, monitoring.events.PY_START, self._started)
                if isinstance(run_code, FunctionType):
                    self._runner = run_code.__code__
                    monitoring.set_local_events(tool, self._runner, monitoring.events.PY_START)
                return

    def stop(self) -> None:
        """Give the tool id back; nothing stays instrumented."""
        if self._tool is not None and sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            for code in (self._runner, *(ref() for ref in self._learned)):
                if code is not None:
                    monitoring.set_local_events(self._tool, code, 0)
            monitoring.register_callback(self._tool, monitoring.events.PY_START, None)
            monitoring.free_tool_id(self._tool)
            self._tool = self._runner = None
        self._seen.clear()
        self._off.clear()
        self._learned.clear()

    def learn(self, code: CodeType) -> None:
        """A cell's code is about to run: watch the functions that are written in it."""
        if self._tool is None or sys.version_info < (3, 12):
            return
        stack = [code]
        while stack:
            for inner in stack.pop().co_consts:
                if isinstance(inner, CodeType):
                    stack.append(inner)
                    self._learned.append(weakref.ref(inner))
                    sys.monitoring.set_local_events(self._tool, inner, sys.monitoring.events.PY_START)
        if len(self._learned) > self._many:
            self._learned = [ref for ref in self._learned if ref() is not None]
            self._many = max(_MANY, 2 * len(self._learned))

    def _started(self, code: CodeType, _offset: int) -> Any:
        if code is self._runner:
            with suppress(Exception):
                found = sys._getframe(1).f_locals.get("code_obj")
                if type(found) is CodeType:
                    self.learn(found)
            return None
        self._seen[code] = None
        self._off.append(weakref.ref(code))
        return _DISABLE

    def begin(self) -> None:
        """A run begins: what was switched off is watched again."""
        self._seen.clear()
        if self._tool is not None and sys.version_info >= (3, 12):
            off, self._off = self._off, []
            for ref in off:
                code = ref()
                if code is not None:
                    sys.monitoring.set_local_events(self._tool, code, 0)
                    sys.monitoring.set_local_events(self._tool, code, sys.monitoring.events.PY_START)

    def end(self) -> list[CodeType]:
        """The run has ended: code of the functions that were called."""
        seen, self._seen = self._seen, {}
        return list(seen)


_DISABLE: Any = getattr(getattr(sys, "monitoring", None), "DISABLE", None)


def _of_a_cell(filename: str) -> bool:
    """Whether code comes from a cell: IPython calls cells ``<ipython-input-…>``, ipykernel names a file."""
    return filename.startswith("<ipython-input") or "ipykernel_" in filename


def used(codes: Iterable[CodeType], names: Mapping[str, Any]) -> set[str]:
    """The names of the namespace that these functions use."""
    found: set[str] = set()
    for code in codes:
        found.update(global_names(code))
    return {name for name in found if name in names}


def may_print(codes: Iterable[CodeType]) -> bool:
    """Whether one of these functions may print."""
    return any(not _PRINTING.isdisjoint(global_names(code)) for code in codes)


_PRINTING = frozenset(("print", "display", "sys", "exec", "eval"))
_CACHED: type = type(lru_cache(used))


def reachable(values: Iterable[Any], names: Mapping[str, Any]) -> list[CodeType]:
    """Code that may be called through these values: what there is to know without seeing calls.

    Functions, methods, partials and what wrappers wrap; what they use in turn is followed, and so is what
    containers and instances of the user's classes hold: a list of handlers, an object that calls back.
    """
    found: dict[CodeType, None] = {}
    stack = list(values)
    entered: set[int] = set()
    while stack and len(found) < _MOST_CODES:
        value = stack.pop()
        kind = type(value)
        if kind is MethodType:
            stack.append(value.__func__)
        elif kind is partial:
            stack.append(value.func)
        elif kind is FunctionType:
            code = value.__code__
            if code in found or not _of_a_cell(code.co_filename):
                continue
            found[code] = None
            stack += [names[name] for name in global_names(code) if name in names]
            for cell in value.__closure__ or ():
                try:
                    stack.append(cell.cell_contents)
                except ValueError:
                    continue
        elif kind is _CACHED:
            stack.append(value.__wrapped__)
        elif id(value) not in entered and len(entered) < _MOST_HOLDERS:
            held = _held(value, kind)
            if held is not None:
                entered.add(id(value))
                stack += held
    return list(found)


def _held(value: Any, kind: type) -> Iterable[Any] | None:
    """What a value holds that may have functions in it; None where it is nothing that holds."""
    if any(kind is known for known in _MAPPINGS):
        return islice(dict.values(value), _MOST_HELD)
    if any(kind is known for known in _SEQUENCES):
        return islice(kind.__iter__(value), _MOST_HELD)  # type: ignore[attr-defined]
    if is_user_class(kind):
        return islice(own_dict(value).values(), _MOST_HELD)
    return None


# Compared by identity, for a metaclass of the user's may have an `__eq__` of its own.
_MAPPINGS: Final = (dict, defaultdict, OrderedDict)
_SEQUENCES: Final = (list, tuple, set, frozenset, deque)
_MOST_CODES: Final = 200
_MOST_HOLDERS: Final = 200
_MOST_HELD: Final = 64
