"""Calls: of the notebook's functions and classes, of plain methods, and of what nobody knows."""

import ast
import re
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from nbdebt.flow.evaluate.attributes import Attributes
from nbdebt.flow.evaluate.classes import (
    Class,
    Env,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.objects import (
    CALL,
    OWN,
    Bound,
    Generator,
    Native,
    Stream,
    Wrapped,
)
from nbdebt.flow.evaluate.tables import (
    METHODS,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

#: How deep the notebook's own calls may nest.
_DEEPEST = 150

#: Builtins that can bind any name.
_WILD = (exec, eval, globals, locals, compile, __import__)

Handler = Callable[[Any, list[Any], dict[str, Any]], Any]


class Calls(Attributes):
    """Calling things, and looking attributes up."""

    handlers: ClassVar[dict[Any, Handler]] = {}

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``function(*args, **kwargs)``; UNKNOWN when the result isn't known.

        Raises:
            Raised: the exception that the call ends in.
        """
        self.tick()
        kind = type(function)
        if kind is Function:
            return self.run(function, args, kwargs)
        if function is UNKNOWN:
            return self.stranger(args, kwargs)
        if kind is Bound:
            if function.name == CALL:
                return self.call(function.owner, args, kwargs)
            if function.name:
                return self.call_method(function.owner, function.name, args, kwargs)
            return self.call(function.function, [function.owner, *args], kwargs)
        if kind is Class:
            return self.construct(function, args, kwargs)
        if kind is Wrapped:
            return self._call_wrapped(function, args, kwargs)
        if kind is Instance:
            method = function.cls.find("__call__")
            if method is MISSING:
                raise Raised(TypeError(f"'{function.cls.name}' object is not callable"))
            return self.call(method, [function, *args], kwargs)
        handler = function.fn if kind is Native else self._handler(function)
        if handler is None:
            if callable(function):
                if function in _WILD:
                    self.everything()
                return self.stranger([function, *args], kwargs)
            raise Raised(TypeError(f"'{kind.__name__}' object is not callable"))
        try:
            return handler(self, args, kwargs)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            # a callback may have been run, and what comes out may be part of what went in
            self.poison(a for a in (*args, *kwargs.values()) if type(a) not in ATOMS and not self.flat(a))
            if any(type(a) in OWN for a in (*args, *kwargs.values())):
                self.poison((*args, *kwargs.values()))
                self.emit(None)
            return self.unknown()

    def _handler(self, function: Any) -> Handler | None:
        try:
            return self.handlers.get(function)
        except TypeError:
            return None

    def stranger(self, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of something unknown: it may print, and change whatever it is given."""
        self.emit(None)
        if self.strangers:
            self.stream.rng = None
        values = [a for a in (*args, *kwargs.values()) if type(a) not in ATOMS]
        if values:
            self.poison(values)
        return self.unknown()

    def _call_wrapped(self, wrapped: Wrapped, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if wrapped.kind == "partial":
            first, named = wrapped.parts
            return self.call(wrapped.function, [*first, *args], {**named, **kwargs})
        if wrapped.kind == "staticmethod":
            return self.call(wrapped.function, args, kwargs)
        if wrapped.kind != "cache":
            return self.stranger([wrapped, *args], kwargs)
        if wrapped.memo is None:
            return self.stranger([wrapped.function, *args], kwargs)
        key = (tuple(args), tuple(kwargs.items()))
        try:
            found = self.native(wrapped.memo.get, key, MISSING)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            wrapped.memo = None
            return self.stranger([wrapped.function, *args], kwargs)
        if found is MISSING:
            found = self.call(wrapped.function, args, kwargs)
            if wrapped.memo is not None:
                wrapped.memo[key] = found
        return found

    # the notebook's functions

    def run(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Runs a function of the notebook; UNKNOWN where its body can't be followed."""
        if self.depth >= _DEEPEST:
            raise Exhausted
        env = Env(function.scope, function.env, function.mangle)
        env.function = function
        self._parameters(function, env.vars, args, kwargs)
        env.first = args[0] if args else MISSING
        if function.scope.generates:
            return Generator(function.node, env, self.runner())
        outside, self.env = self.env, env
        self.depth += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body)
            return self.body(function.node.body)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.env = outside
            self.complete = False
            return self.stranger([function, *env.vars.values(), *args], kwargs)
        finally:
            self.env = outside
            self.depth -= 1

    def _parameters(
        self, function: Function, out: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        spec = function.node.args
        if UNKNOWN_KEYS in kwargs:
            raise Unknowable
        names = (
            [a.arg for a in (*spec.posonlyargs, *spec.args)]
            if spec.posonlyargs
            else [a.arg for a in spec.args]
        )
        count = len(names)
        if len(args) > count:
            if spec.vararg is None:
                raise Raised(TypeError(UNKNOWN))
            out[spec.vararg.arg] = tuple(args[count:])
        elif spec.vararg is not None:
            out[spec.vararg.arg] = ()
        out.update(zip(names, args, strict=False))
        if kwargs:
            rest = {}
            only = {a.arg for a in spec.kwonlyargs}
            positional = {a.arg for a in spec.posonlyargs}
            for name, value in kwargs.items():
                if (name in names and name not in positional) or name in only:
                    if name in out:
                        raise Raised(TypeError(UNKNOWN))
                    out[name] = value
                elif spec.kwarg is not None:
                    rest[name] = value
                else:
                    raise Raised(TypeError(UNKNOWN))
            if spec.kwarg is not None:
                out[spec.kwarg.arg] = rest
        elif spec.kwarg is not None:
            out[spec.kwarg.arg] = {}
        first = count - len(function.defaults)
        for index in range(len(args), count):
            if names[index] not in out:
                if index < first:
                    raise Raised(TypeError(UNKNOWN))
                out[names[index]] = function.defaults[index - first]
        for arg in spec.kwonlyargs:
            if arg.arg not in out:
                if arg.arg not in function.keyword_defaults:
                    raise Raised(TypeError(UNKNOWN))
                out[arg.arg] = function.keyword_defaults[arg.arg]

    def construct(self, cls: Class, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """An instance of a class of the notebook."""
        if cls.abstract and any(
            isinstance(cls.find(name), Function) and cls.find(name).abstract
            for base in cls.mro
            for name in base.namespace
        ):
            raise Raised(TypeError(UNKNOWN))
        instance = Instance(cls)
        if cls.exception is not None:
            instance.fields["args"] = tuple(args)
        init = cls.find("__init__")
        if init is not MISSING:
            if self.call(init, [instance, *args], kwargs) is UNKNOWN:
                self.poison((instance,))
        elif cls.fields is not None:
            self._fields(cls, instance, args, kwargs)
        elif (args or kwargs) and cls.exception is None:
            raise Raised(TypeError(UNKNOWN))
        return instance

    def _fields(self, cls: Class, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
        fields = [f for f in cls.fields or () if f.init]
        if len(args) > len(fields):
            raise Raised(TypeError(UNKNOWN))
        given = {f.name: value for f, value in zip(fields, args, strict=False)}
        for name, value in kwargs.items():
            if name in given or name not in {f.name for f in fields}:
                raise Raised(TypeError(UNKNOWN))
            given[name] = value
        for field in cls.fields or ():
            if field.name in given:
                instance.fields[field.name] = given[field.name]
            elif field.factory is not MISSING:
                instance.fields[field.name] = self.call(field.factory, [], {})
            elif field.default is not MISSING:
                instance.fields[field.name] = field.default
            elif field.init:
                raise Raised(TypeError(UNKNOWN))
        after = cls.find("__post_init__")
        if after is not MISSING:
            self.call(after, [instance], {})

    def base_init(self, cls: Class, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``super().__init__(...)`` where the base is a builtin, or a dataclass."""
        if cls.exception is not None:
            owner.fields["args"] = tuple(args)
        elif cls.fields is not None:
            self._fields(cls, owner, args, kwargs)
        elif args or kwargs:
            raise Raised(TypeError(UNKNOWN))
        return None

    # plain methods

    def call_method(self, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``owner.name(...)`` where ``attribute`` found the method allowed."""
        kind = type(owner)
        if kind is list and name == "sort":
            return self.sort(owner, args, kwargs)
        if kind is Stream:
            return self.draw(owner, name, args, kwargs)
        if kind is re.Pattern:
            return self.pattern_method(owner, name, args, kwargs)
        if kind not in METHODS and hasattr(kind, "_fields") and name == "_replace":
            return owner._replace(**kwargs)
        if kind is str or kind in (list, dict, set, tuple, frozenset, deque) or kind in METHODS:
            try:
                return self.method(owner, name, args, kwargs)
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                self.poison(a for a in (*args, *kwargs.values()) if type(a) not in ATOMS and not self.flat(a))
                return self.unknown()
        return self.native(getattr(owner, name), *args, **kwargs)

    def sort(self, owner: list[Any], args: list[Any], kwargs: dict[str, Any]) -> None:
        """``list.sort``."""
        key = kwargs.get("key")
        self.tick(len(owner) >> 3)
        try:
            if kwargs.keys() - {"key", "reverse"} or args or kwargs.get("reverse") is UNKNOWN:
                raise Unknowable
            self.bounded(owner)
            self.native(list.sort, owner, key=self.callback(key), reverse=bool(kwargs.get("reverse", False)))
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.poison((owner, key))
            self.unknown()

    def callback(self, function: Any) -> Any:
        """A Python callable that runs ``function`` here, for a builtin that takes a function."""
        if function is None:
            return None
        if function is UNKNOWN:
            raise Unknowable
        return lambda *args: self.call(function, list(args), {})

    # what the layers above provide

    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression."""
        raise NotImplementedError

    def body(self, statements: list[ast.stmt]) -> Any:
        """Runs a function's body and gives what it returns."""
        raise NotImplementedError

    def pattern_method(self, pattern: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a method of a compiled regular expression."""
        raise NotImplementedError

    def draw(self, stream: Stream, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a method of a random stream."""
        raise NotImplementedError


#: Stands among keyword arguments for those of an unknown mapping.
UNKNOWN_KEYS = "**"
