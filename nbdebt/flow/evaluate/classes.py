"""The notebook's own functions, classes and instances, as values of the evaluator.

They forward Python's protocols to the machine, so that ``sorted`` or ``repr`` of a list of instances asks the
notebook's own ``__lt__`` and ``__repr__``.
"""

import ast
from collections.abc import Callable
from typing import Any, Protocol

from nbdebt.flow.evaluate.static import Scope
from nbdebt.flow.evaluate.tables import words
from nbdebt.flow.evaluate.values import (
    MISSING,
    UNKNOWN,
    Raised,
    Unknowable,
)


class Runner(Protocol):
    """What the values ask of the machine that runs them."""

    hashing: int

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any: ...
    def tick(self, cost: int = 1) -> None: ...
    def resume(self, generator: Any) -> Any: ...


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
