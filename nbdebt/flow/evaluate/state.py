"""The state of the evaluator, and what becomes of it when something unknown happens."""

import ast
import builtins
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from nbdebt.flow.evaluate.classes import (
    Class,
    Env,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.objects import (
    Bound,
    Generator,
    Metered,
    Module,
    Native,
    Stream,
    Super,
    Wrapped,
    poisoned,
)
from nbdebt.flow.evaluate.static import Scope, Uses, scope_of, uses_of
from nbdebt.flow.evaluate.tables import words
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    POISON,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

#: Builtins that no library's star import replaces.
_NEVER_SHADOWED: Final = words(
    """
    print len range str list dict tuple set enumerate zip isinstance type sorted repr map filter
    """
)
#: Names that IPython itself provides.
_SHELL: Final = words(
    """
    In Out get_ipython exit quit _dh __builtins__ open input
    """
)


class State:
    """Names, streams, output and budget of a machine.

    Args:
        steps: statements, calls and iterations that one cell may take.
        size: elements (or characters, or bits) that one value may have.
        python: version of the Python that the notebook was run by, where known. Some results differ by
        version
            (``sum`` of floats since 3.12); without it, those are unknown where the versions disagree.
    """

    def __init__(
        self, steps: int = 20_000, size: int = 100_000, python: tuple[int, int] | None = None
    ) -> None:
        self.names: dict[str, Any] = {}
        self.open = False
        #: Names of which it isn't known that they exist: their value is UNKNOWN.
        self.uncertain: set[str] = set()
        self.stream = Stream()
        self.python = python
        self.max_steps = steps
        self.size = size
        self.steps = steps
        self.depth = 0
        self.tries = 0
        self.complete = True
        self.printed: list[str | None] = []
        self.env: Env | None = None
        self.decimals = True
        self.strangers = False
        self.touched = False
        self.hashing = 0
        self.doubtful = False
        self.libraries: dict[str, str] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.uses: dict[ast.AST, Uses] = {}

    # budget and output

    def tick(self, cost: int = 1) -> None:
        """Charges the budget.

        Raises:
            Exhausted: when it is used up.
        """
        self.steps -= cost
        if self.steps < 0:
            raise Exhausted

    def emit(self, text: str | None) -> None:
        """Adds a piece to standard output; None for a piece that is not known."""
        if self.printed:
            last = self.printed[-1]
            if text is None and last is None:
                return
            if text is not None and last is not None:
                if len(self.printed[-1] or "") > self.size:
                    raise Exhausted
                self.printed[-1] = last + text
                return
        if text != "":
            self.printed.append(text)

    # names

    def scope(self, node: ast.AST) -> Scope:
        """The scope that a node opens, read once."""
        found = self.scopes.get(node)
        if found is None:
            found = self.scopes[node] = scope_of(node)
        return found

    def uses_in(self, node: ast.AST) -> Uses:
        """What a node may do to names, read once."""
        found = self.uses.get(node)
        if found is None:
            found = self.uses[node] = uses_of(node)
        return found

    def find(self, name: str, env: Env | None) -> Any:
        """The value of a name as code in ``env`` sees it, or ``MISSING``."""
        while env is not None:
            scope = env.scope
            if name in scope.globals:
                break
            if name in scope.bound:
                value = env.vars.get(name, MISSING)
                if value is not MISSING or env.cls is None:
                    return value
                break
            env = env.parent
        if name in self.names:
            return self.names[name]
        return self.builtin(name)

    def builtin(self, name: str) -> Any:
        """A builtin by its name, or ``MISSING``."""
        if name.startswith("_") or name in _SHELL:
            return "__main__" if name == "__name__" else MISSING if name == "__file__" else UNKNOWN
        if name == "display":
            return MISSING
        value = getattr(builtins, name, MISSING)
        if self.open and (value is MISSING or name not in _NEVER_SHADOWED):
            return UNKNOWN
        return value

    def bind(self, name: str, value: Any) -> None:
        """Binds a name in the running scope."""
        if self.uncertain:
            self.uncertain.discard(name)
        env = self.env
        if env is None:
            self.names[name] = value
            if self.libraries and value is not UNKNOWN:
                self.libraries.pop(name, None)
            return
        scope = env.scope
        if name in scope.nonlocals:
            outer = env.parent
            while outer is not None and name not in outer.scope.bound:
                outer = outer.parent
            if outer is None:
                raise Unknowable
            outer.vars[name] = value
        elif name in scope.globals:
            self.names[name] = value
        elif name in scope.bound:
            env.vars[name] = value
        elif env.parent is not None:
            # a walrus in a comprehension binds outside it
            outside, self.env = env, env.parent
            try:
                self.bind(name, value)
            finally:
                self.env = outside
        else:
            self.names[name] = value

    def unbind(self, name: str) -> None:
        """Deletes a name of the running scope.

        Raises:
            Raised: NameError where it doesn't exist.
            Doubted: inside a ``try``, where nobody knows whether it exists.
        """
        env = self.env
        space = self.names if env is None or name in env.scope.globals else env.vars
        missing = space.pop(name, MISSING) is MISSING
        if name in self.uncertain:
            self.uncertain.discard(name)
            self.doubt()
        elif missing:
            if self.open:
                self.doubt()
                return
            if space is not self.names:
                raise Raised(UnboundLocalError(UNKNOWN))
            raise Raised(NameError(f"name '{name}' is not defined"))

    # doubt

    def doubt(self) -> None:
        """Something happens that could raise: inside ``try``, nobody knows what runs next.

        Raises:
            Doubted: inside a ``try`` with handlers.
        """
        self.doubtful = True
        if self.tries:
            raise Doubted

    def unknown(self) -> Any:
        """The result of an operation that isn't known, and could as well have raised."""
        self.doubtful = True
        if self.tries:
            raise Doubted
        return UNKNOWN

    def sweep(self, node: ast.AST) -> None:
        """The code of ``node`` may have run, in part, any number of times, or not at all.

        Raises:
            Unknowable: when it could also have left the code around it.
        """
        self.complete = False
        self.doubtful = True
        uses = self.uses_in(node)
        self.escape(uses, self.env)
        for name in uses.stores:
            known = self.find(name, self.env) is not MISSING
            self.bind(name, UNKNOWN)
            if not known or uses.deletes:
                self.uncertain.add(name)
        for name in uses.globals:
            if name in self.names:
                self.names[name] = UNKNOWN
        if uses.calls:
            self.emit(None)
        self.doubt()
        if uses.jumps or uses.breaks:
            raise Unknowable

    def escape(self, uses: Uses, env: Env | None) -> None:
        """Whatever the code with these uses can reach may have been changed."""
        found = []
        for name in uses.loads:
            value = self.find(name, env)
            if type(value) in ATOMS or value is MISSING or value is UNKNOWN:
                continue
            if name not in uses.suspects and self.flat(value):
                continue
            found.append(value)
        if found:
            self.poison(found)

    def flat(self, value: Any) -> bool:
        """Whether it is a plain container of immutable atoms."""
        if type(value) in (list, tuple, set, frozenset, deque):
            return all(type(item) in ATOMS for item in value)
        return type(value) is dict and all(type(item) in ATOMS for item in value.values())

    def everything(self) -> None:
        """Any name may have been made or changed: nothing is known any more."""
        self.poison(list(self.names.values()))
        for name in self.names:
            self.names[name] = UNKNOWN
        self.stream.rng = None
        self.open = True
        self.complete = False

    def poison(self, values: Iterable[Any]) -> None:
        """Something unknown has these objects: what they and all they reach hold is no longer known."""
        stack = list(values)
        seen: set[int] = set()
        kept: list[Any] = []
        while stack:
            value = stack.pop()
            kind = type(value)
            if kind in ATOMS or value is UNKNOWN or value is POISON or id(value) in seen:
                continue
            seen.add(id(value))
            kept.append(value)
            if isinstance(value, list | deque):
                self.touched = True
                stack.extend(value)
                value.clear()
                value.append(POISON)
            elif isinstance(value, dict):
                if poisoned(value):
                    continue
                self.touched = True
                stack.extend(value.keys())
                stack.extend(value.values())
                stack.append(getattr(value, "default_factory", None))
                value.clear()
                dict.__setitem__(value, POISON, POISON)
            elif isinstance(value, set):
                self.touched = True
                stack.extend(value)
                value.clear()
                value.add(POISON)
            elif isinstance(value, tuple | frozenset):
                stack.extend(value)
            elif kind is Instance:
                stack.extend(value.fields.values())
                stack.append(value.cls)
                value.fields.clear()
                value.lost = True
            elif kind is Class:
                for name, item in value.namespace.items():
                    if type(item) in (Function, Wrapped):
                        stack.append(item)
                    elif not name.startswith("__"):
                        stack.append(item)
                        value.namespace[name] = UNKNOWN
                stack.extend(value.bases)
            elif kind is Function:
                self._poison_function(value, stack)
            elif kind is Bound:
                stack.extend((value.owner, value.function))
            elif kind is Wrapped:
                stack.append(value.function)
                stack.append(value.parts)
                if value.kind == "cache":
                    value.memo = None
            elif kind is Metered:
                value.lost = True
                stack.extend(value.sources)
            elif kind is Generator:
                value.lost = True
                self._poison_env(value.env, stack)
                self._poison_uses(self.uses_in(value.node), value.env, stack)
            elif kind is Module and value.name == "random":
                self.stream.rng = None
            elif kind is Stream:
                value.rng = None
            elif kind is Native:
                stack.extend(value.holds)
            elif kind is Super:
                stack.append(value.owner)
            elif isinstance(value, BaseException):
                stack.extend(value.args)
        # half a job would leave wrong values behind: it is charged, and the next step pays
        self.steps -= len(kept) >> 5

    def _poison_env(self, env: Env, stack: list[Any]) -> None:
        for name, value in env.vars.items():
            stack.append(value)
            env.vars[name] = UNKNOWN

    def _poison_function(self, function: Function, stack: list[Any]) -> None:
        stack.extend(function.defaults)
        stack.extend(function.keyword_defaults.values())
        stack.extend(function.attributes.values())
        self._poison_uses(self.uses_in(function.node), function.env, stack)

    def _poison_uses(self, uses: Uses, env: Env | None, stack: list[Any]) -> None:
        for name in uses.loads:
            value = self.find(name, env)
            if type(value) not in ATOMS and (name in uses.suspects or not self.flat(value)):
                stack.append(value)
        for name in uses.globals:
            owner = env
            while owner is not None and name not in owner.vars:
                owner = owner.parent
            space = owner.vars if owner is not None else self.names
            if name in space:
                stack.append(space[name])
                space[name] = UNKNOWN
