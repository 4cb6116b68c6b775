"""The notebook's own functions, classes, instances and iterators, as values of the evaluator.

They forward Python's protocols to the machine, so that ``sorted`` or ``repr`` of a list of instances asks the
notebook's own ``__lt__`` and ``__repr__``.
"""

import ast
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from nbdebt.flow.evaluate_static import Scope
from nbdebt.flow.evaluate_tables import words
from nbdebt.flow.evaluate_values import (
    ATOMS,
    MISSING,
    POISON,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
    _Unknown,
)


class Runner(Protocol):
    """What the values ask of the machine that runs them."""

    hashing: int

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any: ...
    def tick(self, cost: int = 1) -> None: ...
    def resume(self, generator: "Generator") -> Any: ...


class Env:
    """The names of one running function, class body or comprehension."""

    __slots__ = ("cls", "first", "function", "mangle", "parent", "scope", "vars")

    def __init__(self, scope: Scope, parent: "Env | None", mangle: str = "") -> None:
        self.vars: dict[str, Any] = {}
        self.scope = scope
        self.parent = parent
        self.mangle = mangle
        self.function: Function | None = None
        self.first: Any = MISSING
        self.cls: Class | None = None


class Function:
    """A function or lambda of the notebook."""

    __slots__ = (
        "abstract",
        "attributes",
        "defaults",
        "env",
        "keyword_defaults",
        "machine",
        "mangle",
        "name",
        "node",
        "owner",
        "qualname",
        "scope",
    )

    def __init__(
        self,
        node: ast.FunctionDef | ast.Lambda,
        name: str,
        qualname: str,
        env: Env | None,
        machine: Runner,
        scope: Scope,
    ) -> None:
        self.node = node
        self.name = name
        self.qualname = qualname
        self.env = env
        self.machine = machine
        self.scope = scope
        self.mangle = ""
        self.defaults: list[Any] = []
        self.keyword_defaults: dict[str, Any] = {}
        self.attributes: dict[str, Any] = {}
        self.owner: Env | None = None
        self.abstract = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.machine.call(self, list(args), kwargs)

    def __repr__(self) -> str:
        raise Unknowable


class Class:
    """A class of the notebook."""

    __slots__ = (
        "abstract",
        "bases",
        "exception",
        "fields",
        "frozen",
        "machine",
        "mro",
        "name",
        "namespace",
        "node",
        "qualname",
    )

    def __init__(
        self, node: ast.ClassDef, qualname: str, bases: tuple["Class", ...], machine: Runner
    ) -> None:
        self.node = node
        self.name = node.name
        self.qualname = qualname
        self.bases = bases
        self.machine = machine
        self.namespace: dict[str, Any] = {}
        self.mro: list[Class] = [self]
        self.exception: type[BaseException] | None = None
        self.fields: list[Field] | None = None
        self.frozen = False
        self.abstract = False

    def find(self, name: str) -> Any:
        """The attribute that the class or a base defines, or ``MISSING``."""
        for cls in self.mro:
            if name in cls.namespace:
                return cls.namespace[name]
        return MISSING

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.machine.call(self, list(args), kwargs)

    def __repr__(self) -> str:
        return f"<class '__main__.{self.qualname}'>"


class Field:
    """A field of a dataclass of the notebook."""

    __slots__ = ("compare", "default", "factory", "init", "name", "repr")

    def __init__(
        self, name: str, default: Any = MISSING, factory: Any = MISSING, init: bool = True, repr: bool = True
    ) -> None:
        self.name = name
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.compare = True


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Unknowable
    return value


class Instance:
    """An instance of a class of the notebook.

    ``lost``: something unknown may have changed it; its attributes are not known.
    """

    __slots__ = ("cls", "fields", "lost")

    def __init__(self, cls: Class) -> None:
        self.cls = cls
        self.fields: dict[str, Any] = {}
        self.lost = False

    def ask(self, name: str, *args: Any) -> Any:
        """The result of the class's own special method, or ``NotImplemented`` where it has none."""
        method = self.cls.find(name)
        if method is MISSING or method is None:
            return NotImplemented
        if not isinstance(method, Function):
            raise Unknowable
        result = self.cls.machine.call(method, [self, *args], {})
        if result is UNKNOWN:
            raise Unknowable
        return result

    def need(self, name: str, *args: Any) -> Any:
        """Like :meth:`ask`, but a missing method is the program's ``TypeError``."""
        result = self.ask(name, *args)
        if result is NotImplemented:
            raise Raised(TypeError(UNKNOWN))
        return result

    def __repr__(self) -> str:
        result = self.ask("__repr__")
        if result is NotImplemented:
            if self.cls.fields is not None and not self.lost:
                shown = (f"{f.name}={self.fields[f.name]!r}" for f in self.cls.fields if f.repr)
                return f"{self.cls.qualname}({', '.join(shown)})"
            if self.cls.exception is not None and not self.lost:
                args = self.fields.get("args", ())
                inner = repr(args[0]) if len(args) == 1 else ", ".join(map(repr, args))
                return f"{self.cls.name}({inner})"
            raise Unknowable  # the default shows an address
        return _text(result)

    def __str__(self) -> str:
        result = self.ask("__str__")
        if result is NotImplemented:
            if self.cls.exception is not None and self.cls.find("__repr__") is MISSING and not self.lost:
                args = self.fields.get("args", ())
                return "" if not args else str(args[0]) if len(args) == 1 else str(args)
            return repr(self)
        return _text(result)

    def __format__(self, spec: str) -> str:
        result = self.ask("__format__", spec)
        if result is NotImplemented:
            if spec:
                raise Raised(TypeError(UNKNOWN))
            return str(self)
        return _text(result)

    def __eq__(self, other: object) -> Any:
        if self.cls.fields is not None and self.cls.find("__eq__") is MISSING:
            if not isinstance(other, Instance) or other.cls is not self.cls:
                return NotImplemented
            if self.lost or other.lost:
                raise Unknowable
            names = [f.name for f in self.cls.fields if f.compare]
            # identical values count as equal inside tuples, and an unknown one is identical to any other
            # unknown
            if any(self.fields[n] is UNKNOWN or other.fields[n] is UNKNOWN for n in names):
                raise Unknowable
            return tuple(self.fields[n] for n in names) == tuple(other.fields[n] for n in names)
        return self.ask("__eq__", other)

    def __ne__(self, other: object) -> Any:
        if self.cls.find("__ne__") is not MISSING:
            return self.ask("__ne__", other)
        result = self.__eq__(other)
        return result if result is NotImplemented else not result

    def __hash__(self) -> int:
        defines = next((c for c in self.cls.mro if {"__hash__", "__eq__"} & c.namespace.keys()), None)
        if defines is not None and defines.namespace.get("__hash__") is not None:
            # what it hashes to is no use to the program but here, so it may be a text's
            self.cls.machine.hashing += 1
            try:
                result = self.ask("__hash__")
            finally:
                self.cls.machine.hashing -= 1
            if type(result) is not int:
                raise Unknowable
            return hash(result)
        if defines is not None or (self.cls.fields is not None and not self.cls.frozen):
            raise Raised(TypeError(f"unhashable type: '{self.cls.name}'"))
        if self.cls.fields is not None:
            if self.lost:
                raise Unknowable
            return hash(tuple(self.fields[f.name] for f in self.cls.fields if f.compare))
        return object.__hash__(self)

    def __bool__(self) -> bool:
        for name in ("__bool__", "__len__"):
            result = self.ask(name)
            if result is not NotImplemented:
                return bool(result)
        return True

    def __len__(self) -> int:
        result = self.need("__len__")
        if type(result) is not int or result < 0:
            raise Unknowable
        return result

    def __contains__(self, item: Any) -> bool:
        result = self.ask("__contains__", item)
        if result is NotImplemented:
            raise Unknowable
        return bool(result)

    def __getitem__(self, key: Any) -> Any:
        return self.need("__getitem__", key)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.cls.machine.call(self, list(args), kwargs)

    def __round__(self, *args: Any) -> Any:
        return self.need("__round__", *args)

    def __abs__(self) -> Any:
        return self.need("__abs__")

    def __int__(self) -> Any:
        return self.need("__int__")

    def __float__(self) -> Any:
        return self.need("__float__")

    def __neg__(self) -> Any:
        return self.need("__neg__")

    def __pos__(self) -> Any:
        return self.need("__pos__")

    def __invert__(self) -> Any:
        return self.need("__invert__")


def _forward(name: str) -> Callable[[Instance, Any], Any]:
    def method(self: Instance, other: Any) -> Any:
        return self.ask(name, other)

    return method


_BINARY = words(
    """
    add sub mul truediv floordiv mod pow matmul and or xor lshift rshift
    """
)


for _name in [*_BINARY, *(f"r{b}" for b in _BINARY), *(f"i{b}" for b in _BINARY), "lt", "le", "gt", "ge"]:
    setattr(Instance, f"__{_name}__", _forward(f"__{_name}__"))


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
