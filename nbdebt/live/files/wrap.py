"""Python 3.11, which can't tell of calls: declared functions are replaced by wrappers, and put back on
stop."""

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

Told = Callable[[Mapping[str, object]], None]


class Wrapper:
    """Replaces functions in modules and classes, and looks out for modules being loaded.

    Args:
        loaded: called with the name of each module of a watched library that has been loaded.
        around: called when the code of a module is about to run that no other module imports; gives what to
            call with the module when it has run.
    """

    def __init__(
        self,
        loaded: Callable[[str], None],
        around: Callable[[], Callable[[object], None] | None] | None = None,
    ) -> None:
        self._loaded = loaded
        self._around = around
        self._within = False
        self._undo: list[tuple[object, str, object, object]] = []
        self._libraries: set[str] = set()

    def start(self, libraries: set[str]) -> None:
        """Be told of imports from now on."""
        self._libraries = libraries
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Put everything back, last first; what somebody else has replaced since is left to them."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for holder, name, original, wrapper in reversed(self._undo):
            if vars(holder).get(name) is wrapper:
                if original is None:
                    delattr(holder, name)
                else:
                    setattr(holder, name, original)
        self._undo.clear()

    def wrap(self, holder: object, name: str, params: Sequence[str], method: bool, told: Told) -> None:
        """Have ``told`` called with the declared arguments before the function runs."""
        found: Any = vars(holder).get(name)
        if found is None and isinstance(holder, type):
            original: Any = next((vars(c)[name] for c in holder.__mro__ if name in vars(c)), None)
        else:
            original = found
        kind = type(original) if isinstance(original, staticmethod | classmethod) else None
        function = original.__func__ if kind is not None else original
        if not callable(function):
            return
        offset = 1 if method and kind is not staticmethod else 0

        def call(*args: Any, **kwargs: Any) -> Any:
            with contextlib.suppress(Exception):
                told({**dict(zip(params, args[offset:], strict=False)), **kwargs})
            return function(*args, **kwargs)

        wrapper: Any = functools.wraps(function)(call)
        if kind is not None:
            wrapper = kind(wrapper)
        try:
            setattr(holder, name, wrapper)
        except (AttributeError, TypeError):  # classes written in C can't be changed
            return
        self._undo.append((holder, name, found, wrapper))
        if isinstance(holder, types.ModuleType):
            # Other modules of the library that hold the very same function under the same name.
            top = holder.__name__.partition(".")[0]
            for other, module in list(sys.modules.items()):
                if other.partition(".")[0] != top or not isinstance(module, types.ModuleType):
                    continue
                if vars(module).get(name) is original:
                    setattr(module, name, wrapper)
                    self._undo.append((module, name, original, wrapper))

    def replace(self, holder: types.ModuleType, name: str, value: object) -> None:
        """Put something else in the place of what a module holds under a name, until the stop."""
        self._undo.append((holder, name, vars(holder)[name], value))
        setattr(holder, name, value)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """As a finder of :data:`sys.meta_path`: finds nothing itself, but is told when the module is
        there."""
        others = [finder for finder in sys.meta_path if isinstance(finder, Wrapper)]
        listening = [other for other in others if name.partition(".")[0] in other._libraries]
        around = [other for other in others if other._around is not None and not other._within]
        # Sensors and sessions of this process may each have one: the first asks for all of them.
        if self is not next((other for other in others if other in listening or other in around), None):
            return None

        def run(module: types.ModuleType, execute: Callable[[types.ModuleType], None]) -> None:
            ended = [other._begins() for other in around]
            try:
                execute(module)
            finally:
                for other in around:
                    other._within = False
            for end in ended:
                with contextlib.suppress(Exception):
                    if end is not None:
                        end(module)
            for other in listening:
                with contextlib.suppress(Exception):
                    other._loaded(name)

        for finder in sys.meta_path:
            if finder in others or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _run_by(spec, run)
                return spec
        return None

    def _begins(self) -> Callable[[object], None] | None:
        self._within = True
        with contextlib.suppress(Exception):
            return self._around() if self._around is not None else None
        return None


def _run_by(
    spec: ModuleSpec, run: Callable[[types.ModuleType, Callable[[types.ModuleType], None]], None]
) -> None:
    """Have the module's code run by ``run``, through its own loader, which stays what it is."""
    loader: Any = spec.loader
    execute = getattr(loader, "exec_module", None)
    if execute is None or not hasattr(loader, "__dict__") or "exec_module" in vars(loader):
        return

    def exec_module(module: types.ModuleType) -> None:
        del loader.exec_module
        run(module, execute)

    loader.exec_module = exec_module
