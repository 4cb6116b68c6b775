"""One tool of :mod:`sys.monitoring` for all sensors (PEP 669, Python 3.12 and later).

Only code objects that a sensor names are instrumented, and only for the one event it asks for; the rest of
the program runs as if nothing was there. Python 3.11 has no such thing: :data:`AVAILABLE` is False there,
and the sensors do with what else they have.
"""

import sys
import types
import weakref
from collections.abc import Callable

EntryHandler = Callable[[types.FrameType], None]
CellHandler = Callable[[types.CodeType], None]
CallHandler = Callable[[object, types.FrameType], None]
ReturnHandler = Callable[[object, types.FrameType], None]

AVAILABLE = sys.version_info >= (3, 12)
"""Whether this Python can tell of calls without wrapping anything."""

_NAME = "nbdebt"
# Debuggers, coverage, profilers and optimizers have numbers of their own (PEP 669).
_TOOL_IDS = (3, 4, 2)
_MANY = 5000


FIND_AND_LOAD: types.FunctionType = vars(sys.modules["importlib._bootstrap"])["_find_and_load"]
"""What ``import`` comes down to for a module that is not loaded yet."""


class Monitor:
    """Tells sensors of calls.

    Args (attributes):
        failures: what went wrong in a handler; never raised into the user's code.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._tool = -1
        # By identity: hashing a code object reads all of it. The objects are kept, so that no id is used
        # anew.
        self._entries: dict[int, tuple[types.CodeType, list[EntryHandler]]] = {}
        self._calls: dict[int, tuple[object, CallHandler]] = {}
        self._returns: dict[int, tuple[types.CodeType, list[ReturnHandler]]] = {}
        self._watched: list[weakref.ref[types.CodeType]] = []
        self._users = 0

    @property
    def active(self) -> bool:
        """Whether calls are told of."""
        return self._tool >= 0

    def start(self) -> bool:
        """Take a tool id; several sensors may, each stops for itself.

        Returns:
            Whether there is one: False before Python 3.12 and where other tools hold them all.
        """
        if sys.version_info >= (3, 12):
            self._users += 1
            if self._tool < 0:
                self.failures.clear()
                for number in _TOOL_IDS:
                    if sys.monitoring.get_tool(number) is None:
                        sys.monitoring.use_tool_id(number, _NAME)
                        self._tool = number
                        break
                else:
                    return False
                events = sys.monitoring.events
                register = sys.monitoring.register_callback
                register(self._tool, events.PY_START, self._started)
                register(self._tool, events.PY_RETURN, self._returned)
                register(self._tool, events.CALL, self._called)
            return True
        return False

    def stop(self) -> None:
        """Give the tool id back when the last sensor stops; nothing stays instrumented."""
        if sys.version_info >= (3, 12):
            self._users = max(self._users - 1, 0)
            if self._users or self._tool < 0:
                return
            events = sys.monitoring.events
            codes = [code for code, _ in self._entries.values()]
            codes += [code for code, _ in self._returns.values()]
            codes += [code for ref in self._watched if (code := ref()) is not None]
            for code in codes:
                sys.monitoring.set_local_events(self._tool, code, 0)
            for event in (events.PY_START, events.PY_RETURN, events.CALL):
                sys.monitoring.register_callback(self._tool, event, None)
            sys.monitoring.free_tool_id(self._tool)
            self._tool = -1
            self._entries.clear()
            self._returns.clear()
            self._calls.clear()
            self._watched.clear()

    def on_entry(self, code: types.CodeType, handler: EntryHandler) -> None:
        """Call ``handler`` with the frame whenever a function with this code object begins."""
        if sys.version_info >= (3, 12) and self._tool >= 0:
            self._entries.setdefault(id(code), (code, []))[1].append(handler)
            self._set(code, sys.monitoring.events.PY_START)

    def on_return(self, code: types.CodeType, handler: ReturnHandler) -> None:
        """Call ``handler`` with result and frame whenever a function with this code object returns."""
        if sys.version_info >= (3, 12) and self._tool >= 0:
            self._returns.setdefault(id(code), (code, []))[1].append(handler)
            self._set(code, sys.monitoring.events.PY_RETURN)

    def on_call(self, function: object, handler: CallHandler) -> None:
        """Call ``handler`` with the first argument whenever watched code calls this very function, which
        may be written in C."""
        self._calls[id(function)] = (function, handler)

    def on_cell(self, handler: CellHandler) -> None:
        """Call ``handler`` with the code of each piece of a cell before IPython executes it. Without IPython,
        never."""
        shell = vars(sys.modules.get("IPython.core.interactiveshell", types)).get("InteractiveShell")
        function = vars(shell).get("run_code") if isinstance(shell, type) else None
        if isinstance(function, types.FunctionType):
            self.on_entry(function.__code__, lambda frame: _hand_on(frame, handler))

    def watch_calls(self, code: types.CodeType) -> None:
        """Watch the calls that stand in a code object and in those within it. Those to functions that nobody
        asked for are looked at once."""
        if sys.version_info >= (3, 12) and self._tool >= 0:
            if len(self._watched) > _MANY:
                self._watched = [ref for ref in self._watched if ref() is not None]
            waiting = [code]
            while waiting:
                current = waiting.pop()
                self._set(current, sys.monitoring.events.CALL)
                self._watched.append(weakref.ref(current))
                waiting.extend(const for const in current.co_consts if type(const) is types.CodeType)

    def _set(self, code: types.CodeType, event: int) -> None:
        if sys.version_info >= (3, 12):
            events = sys.monitoring.get_local_events(self._tool, code)
            sys.monitoring.set_local_events(self._tool, code, events | event)

    def _started(self, code: types.CodeType, offset: int) -> None:
        try:
            frame = sys._getframe(1)
            for handler in self._entries[id(code)][1]:
                handler(frame)
        except Exception as error:
            self._failed("at the start of", code, error)

    def _returned(self, code: types.CodeType, offset: int, result: object) -> None:
        try:
            frame = sys._getframe(1)
            for handler in self._returns[id(code)][1]:
                handler(result, frame)
        except Exception as error:
            self._failed("at the end of", code, error)

    def _called(self, code: types.CodeType, offset: int, function: object, first: object) -> object:
        if sys.version_info >= (3, 12):
            try:
                found = self._calls.get(id(function))
                if found is None:
                    return sys.monitoring.DISABLE
                found[1](None if first is sys.monitoring.MISSING else first, sys._getframe(1))
            except Exception as error:
                self._failed("in a call of", code, error)
        return None

    def _failed(self, doing: str, code: types.CodeType, error: Exception) -> None:
        if len(self.failures) < 20:
            self.failures.append(f"{doing} {code.co_qualname}: {type(error).__name__}: {error}")


def _hand_on(frame: types.FrameType, handler: CellHandler) -> None:
    code = frame.f_locals.get("code_obj")
    if type(code) is types.CodeType:
        handler(code)


monitor = Monitor()
"""The process's one."""
