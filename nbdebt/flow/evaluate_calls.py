"""Calls: of the notebook's functions and classes, of plain methods, and of what nobody knows."""

import ast
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from nbdebt.flow.evaluate_natives import METHODS, Natives
from nbdebt.flow.evaluate_values import (
    ATOMS,
    MISSING,
    OWN,
    UNKNOWN,
    Bound,
    Class,
    Doubted,
    Env,
    Exhausted,
    Function,
    Generator,
    Instance,
    Module,
    Native,
    Raised,
    Stream,
    Super,
    Unknowable,
    Wrapped,
    poisoned,
)

#: How deep the notebook's own calls may nest.
_DEEPEST = 150

Handler = Callable[[Any, list[Any], dict[str, Any]], Any]


class Calls(Natives):
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
        names = [a.arg for a in (*spec.posonlyargs, *spec.args)] if spec.posonlyargs else [a.arg for a in spec.args]
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

    # attributes

    def attribute(self, value: Any, name: str) -> Any:
        """``value.name``; UNKNOWN when it isn't known."""
        kind = type(value)
        if value is UNKNOWN:
            return self.unknown()
        if kind is Instance:
            return self._instance_attribute(value, name)
        if kind is Class:
            return self._class_attribute(value, name)
        if kind is Module:
            return self.module_attribute(value, name)
        if kind is Super:
            return self._super_attribute(value, name)
        if kind is Function:
            return self._function_attribute(value, name)
        if kind is Wrapped:
            return self._wrapped_attribute(value, name)
        if kind is Stream:
            return Bound(value, None, self.runner(), name)
        if poisoned(value) or kind in OWN:
            return self.unknown()
        if isinstance(value, type):
            return self.type_attribute(value, name)
        if name == "__class__":
            return kind
        if name in METHODS.get(kind, ()) or name == "sort" and kind is list or self.namedtuple_method(kind, name):
            return Bound(value, None, self.runner(), name)
        result = self.plain_attribute(value, name)
        return self.unknown() if result is UNKNOWN else result

    def namedtuple_method(self, kind: type, name: str) -> bool:
        """Whether it is a method that every named tuple has, or a tuple's."""
        return hasattr(kind, "_fields") and name in ("_asdict", "_replace", "count", "index")

    def _bound(self, found: Any, owner: Any, cls: Class) -> Any:
        if type(found) is Function:
            return Bound(owner, found, self.runner()) if type(owner) is Instance else found
        if type(found) is Wrapped:
            if found.kind == "staticmethod":
                return found.function
            if found.kind == "classmethod":
                return Bound(owner.cls if type(owner) is Instance else owner, found.function, self.runner())
            if found.kind == "property":
                return self.call(found.function, [owner], {}) if type(owner) is Instance else found
            if found.kind == "cache" and type(owner) is Instance:
                return Bound(owner, found, self.runner())
        return self.unknown() if found is UNKNOWN or poisoned(found) else found

    def _instance_attribute(self, value: Instance, name: str) -> Any:
        found = value.cls.find(name)
        if type(found) is Wrapped and found.kind == "property":
            return self.call(found.function, [value], {})
        if name in value.fields:
            result = value.fields[name]
            return self.unknown() if result is UNKNOWN or poisoned(result) else result
        if found is not MISSING:
            if value.lost and type(found) not in (Function, Wrapped):
                return self.unknown()
            return self._bound(found, value, value.cls)
        if name == "__class__":
            return value.cls
        if value.lost:
            return self.unknown()
        if name == "__dict__":
            return value.fields
        fallback = value.cls.find("__getattr__")
        if fallback is not MISSING:
            return self.call(fallback, [value, name], {})
        if name.startswith("__"):
            return self.unknown()
        if value.cls.exception is not None and hasattr(value.cls.exception, name):
            return self.unknown()
        raise Raised(AttributeError(f"'{value.cls.name}' object has no attribute '{name}'"))

    def _class_attribute(self, value: Class, name: str) -> Any:
        if name in ("__name__", "__qualname__"):
            return value.name if name == "__name__" else value.qualname
        if name == "__doc__":
            return ast.get_docstring(value.node, clean=False)
        found = value.find(name)
        if found is not MISSING:
            return self._bound(found, value, value)
        if name.startswith("_") or value.exception is not None:
            return self.unknown()
        raise Raised(AttributeError(f"type object '{value.name}' has no attribute '{name}'"))

    def _super_attribute(self, value: Super, name: str) -> Any:
        owner = value.owner
        cls = owner.cls if type(owner) is Instance else owner
        mro = cls.mro
        if value.after not in mro:
            return self.unknown()
        for base in mro[mro.index(value.after) + 1 :]:
            if name in base.namespace:
                return self._bound(base.namespace[name], owner, cls)
        if name == "__init__":
            return Native("__init__", lambda m, args, kwargs: m.base_init(cls, owner, args, kwargs))
        if name in ("__str__", "__repr__") and type(owner) is Instance and cls.exception is not None:
            return self.unknown()
        if name == "__init_subclass__":
            return Native(name, lambda m, args, kwargs: None)
        return self.unknown()

    def base_init(self, cls: Class, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``super().__init__(...)`` where the base is a builtin, or a dataclass."""
        if cls.exception is not None:
            owner.fields["args"] = tuple(args)
        elif cls.fields is not None:
            self._fields(cls, owner, args, kwargs)
        elif args or kwargs:
            raise Raised(TypeError(UNKNOWN))
        return None

    def _function_attribute(self, value: Function, name: str) -> Any:
        if name in value.attributes:
            return value.attributes[name]
        if name == "__name__":
            return value.name
        if name == "__qualname__":
            return value.qualname
        if name == "__doc__" and isinstance(value.node, ast.FunctionDef):
            return ast.get_docstring(value.node, clean=False)
        if name == "__defaults__":
            return tuple(value.defaults) or None
        if name.startswith("__"):
            return self.unknown()
        raise Raised(AttributeError(f"'function' object has no attribute '{name}'"))

    def _wrapped_attribute(self, value: Wrapped, name: str) -> Any:
        if value.kind == "property" and name in ("setter", "deleter"):
            parts = value.parts or (None, None)

            def build(m: Any, args: list[Any], kwargs: dict[str, Any]) -> Wrapped:
                pair = (args[0], parts[1]) if name == "setter" else (parts[0], args[0])
                return Wrapped("property", value.function, self.runner(), pair)

            return Native(name, build)
        if value.kind == "partial" and name in ("func", "args", "keywords"):
            return value.function if name == "func" else value.parts[name == "keywords"]
        if value.kind == "cache" and name in ("__name__", "__doc__", "__qualname__", "__wrapped__"):
            return value.function if name == "__wrapped__" else self.attribute(value.function, name)
        return self.unknown()

    def set_attribute(self, value: Any, name: str, item: Any) -> None:
        """``value.name = item``."""
        kind = type(value)
        if kind is Instance:
            found = value.cls.find(name)
            if type(found) is Wrapped and found.kind == "property":
                setter = (found.parts or (None,))[0]
                if setter is None:
                    raise Raised(AttributeError(UNKNOWN))
                self.call(setter, [value, item], {})
            elif value.cls.frozen:
                from dataclasses import FrozenInstanceError

                raise Raised(FrozenInstanceError(f"cannot assign to field {name!r}"))
            elif value.cls.find("__setattr__") is not MISSING or name == "__class__":
                self.poison((value, item))
            elif value.lost:
                self.poison((item,))
            else:
                value.fields[name] = item
        elif kind is Class:
            if name.startswith("__"):
                self.poison((value, item))
                raise Unknowable
            value.namespace[name] = item
        elif kind is Function:
            value.attributes[name] = item
        elif value is UNKNOWN or kind in OWN or poisoned(value):
            self.poison((item,) if kind is Module else (value, item))
        elif kind in ATOMS or kind in (list, dict, tuple, set):
            raise Raised(AttributeError(f"'{kind.__name__}' object has no attribute '{name}'"))
        else:
            self.poison((value, item))

    def delete_attribute(self, value: Any, name: str) -> None:
        """``del value.name``."""
        if type(value) is Instance and not value.lost and name in value.fields:
            del value.fields[name]
        elif type(value) is Instance and not value.lost and value.cls.find(name) is MISSING:
            raise Raised(AttributeError(UNKNOWN))
        else:
            self.poison((value,))

    # plain methods

    def call_method(self, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``owner.name(...)`` where ``attribute`` found the method allowed."""
        kind = type(owner)
        if kind is list and name == "sort":
            return self.sort(owner, args, kwargs)
        if kind is Stream:
            return self.draw(owner, name, args, kwargs)
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

    def module_attribute(self, module: Module, name: str) -> Any:
        """An attribute of a module of the standard library."""
        raise NotImplementedError

    def type_attribute(self, kind: type, name: str) -> Any:
        """An attribute of a builtin type."""
        raise NotImplementedError

    def draw(self, stream: Stream, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a method of a random stream."""
        raise NotImplementedError


#: Stands among keyword arguments for those of an unknown mapping.
UNKNOWN_KEYS = "**"
