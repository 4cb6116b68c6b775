"""The evaluator's other values: bound methods, streams, iterators; and what is inside a value."""

import ast
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from nbdebt.flow.evaluate.classes import Class, Env, Function, Instance, Runner
from nbdebt.flow.evaluate.values import (
    ATOMS,
    POISON,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
    _Unknown,
)

#: The name of a :class:`Bound` that stands for calling its owner: what a builtin is given as a callback.
CALL: Final = "()"


class Bound:
    """A bound method: of an instance of the notebook, or of a plain value (``name`` is then set)."""

    __slots__ = ("function", "machine", "name", "owner")

    def __init__(self, owner: Any, function: Any, machine: Runner, name: str = "") -> None:
        self.owner = owner
        self.function = function
        self.machine = machine
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.machine.call(self.owner if self.name == CALL else self, list(args), kwargs)

    def __repr__(self) -> str:
        raise Unknowable


class Wrapped:
    """``staticmethod``, ``classmethod``, ``property``, ``functools.cache`` and ``functools.partial``.

    Args:
        kind: which.
        function: what is wrapped.
        parts: a property's setter and deleter; a partial's arguments.
        memo: what a cache remembers.
    """

    __slots__ = ("function", "kind", "machine", "memo", "parts")

    def __init__(self, kind: str, function: Any, machine: Runner, parts: Any = None) -> None:
        self.kind = kind
        self.function = function
        self.machine = machine
        self.parts = parts
        self.memo: dict[Any, Any] | None = {} if kind == "cache" else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.machine.call(self, list(args), kwargs)

    def __repr__(self) -> str:
        raise Unknowable


class Native:
    """A callable that the evaluator implements itself.

    Args:
        name: for people.
        fn: called with the machine, the arguments and the keyword arguments.
        holds: the objects of the notebook that it uses.
    """

    __slots__ = ("fn", "holds", "name")

    def __init__(
        self, name: str, fn: Callable[[Any, list[Any], dict[str, Any]], Any], holds: tuple[Any, ...] = ()
    ) -> None:
        self.name = name
        self.fn = fn
        self.holds = holds

    def __repr__(self) -> str:
        raise Unknowable


class Super:
    """``super()`` in a method."""

    __slots__ = ("after", "owner")

    def __init__(self, after: Class, owner: Any) -> None:
        self.after = after
        self.owner = owner


class Module:
    """A module of the standard library of which the pure part is known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        raise Unknowable


class Stream:
    """A stream of ``random``, the module's own or another; ``rng`` is None while its state is unknown."""

    __slots__ = ("rng",)

    def __init__(self) -> None:
        self.rng: Any = None

    def __repr__(self) -> str:
        raise Unknowable


class Metered:
    """An iterator whose every step is charged to the machine.

    Args:
        inner: the real iterator.
        sources: the containers that it reads, to notice when something unknown may have changed one.
    """

    __slots__ = ("inner", "lost", "machine", "sources")

    def __init__(self, inner: Iterator[Any], machine: Runner, sources: tuple[Any, ...] = ()) -> None:
        self.inner = inner
        self.machine = machine
        self.sources = sources
        self.lost = False

    def __iter__(self) -> "Metered":
        return self

    def __next__(self) -> Any:
        if self.lost:
            raise Unknowable
        self.machine.tick()
        for source in self.sources:
            if poisoned(source):
                raise Unknowable
        try:
            item = next(self.inner)
        except Raised as error:
            if isinstance(error.value, StopIteration):
                raise StopIteration from None
            raise
        if item is POISON:
            raise Unknowable
        return item

    def __repr__(self) -> str:
        raise Unknowable


class Generator:
    """A generator of the notebook. ``run`` is the interpreter's own generator, once it has begun."""

    __slots__ = ("env", "lost", "machine", "node", "run")

    def __init__(self, node: ast.AST, env: Env, machine: Runner) -> None:
        self.node = node
        self.env = env
        self.machine = machine
        self.run: Iterator[Any] | None = None
        self.lost = False

    def __iter__(self) -> "Generator":
        return self

    def __next__(self) -> Any:
        return self.machine.resume(self)

    def __repr__(self) -> str:
        raise Unknowable


OWN: Final = frozenset(
    (Function, Class, Instance, Bound, Wrapped, Native, Super, Module, Stream, Metered, Generator, _Unknown)
)


def poisoned(value: Any) -> bool:
    """Whether something unknown may have changed the container (or instance)."""
    kind = type(value)
    if kind is list or kind is deque:
        return bool(value) and value[0] is POISON
    if kind is Instance:
        return bool(value.lost)
    if isinstance(value, dict | set):
        return len(value) == 1 and POISON in value
    return False


def unordered(value: Any) -> bool:
    """Whether the order of a set differs from one session to the next (as that of strings does)."""
    return len(value) > 1 and not all(type(item) in (int, bool, float) for item in value)


#: What :func:`survey` finds inside a value.
HAS_UNKNOWN, HAS_UNORDERED, HAS_OWN = 1, 2, 4


def survey(value: Any, limit: int, meter: Runner | None = None) -> int:
    """What a value holds, at any depth, that makes its text or its comparison unknown.

    Args:
        value: any value.
        limit: how large it may be; shared parts count each time, as they would be printed.
        meter: the machine that pays for looking.

    Raises:
        Exhausted: when it is larger.
    """
    if type(value) in ATOMS and type(value) is not str:
        return 0
    bits = 0
    count = 0
    stack = [value]
    while stack:
        item = stack.pop()
        count += 1
        kind = type(item)
        if kind is str or kind is bytes:
            count += len(item) >> 3
        elif kind is int:
            count += item.bit_length() >> 5
        elif kind in ATOMS:
            continue
        elif item is UNKNOWN or item is POISON:
            bits |= HAS_UNKNOWN
        elif kind in OWN:
            bits |= HAS_OWN
            if kind is Instance and item.lost:
                bits |= HAS_UNKNOWN
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list | tuple | deque):
            stack.extend(item)
        elif isinstance(item, set | frozenset):
            if unordered(item):
                bits |= HAS_UNORDERED
            stack.extend(item)
        elif isinstance(item, BaseException):
            stack.extend(item.args)
        if count > limit:
            raise Exhausted
    if meter is not None and count > 32:
        meter.tick(count >> 5)
    return bits
