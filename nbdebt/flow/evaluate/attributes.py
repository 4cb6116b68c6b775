"""Attributes: read, set and deleted."""

import ast
from typing import Any

from nbdebt.flow.evaluate.classes import (
    Class,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.natives import (
    Natives,
)
from nbdebt.flow.evaluate.objects import (
    OWN,
    Bound,
    Module,
    Native,
    Stream,
    Super,
    Wrapped,
    poisoned,
)
from nbdebt.flow.evaluate.tables import (
    METHODS,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    UNKNOWN,
    Raised,
    Unknowable,
)


class Attributes(Natives):
    """Looks attributes up, as the notebook's classes define them."""

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
        if (
            name in METHODS.get(kind, ())
            or (name == "sort" and kind is list)
            or self.namedtuple_method(kind, name)
        ):
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
            return Native("__init__", lambda m, args, kwargs: m.base_init(cls, owner, args, kwargs), (owner,))
        if name in ("__str__", "__repr__") and type(owner) is Instance and cls.exception is not None:
            return self.unknown()
        if name == "__init_subclass__":
            return Native(name, lambda m, args, kwargs: None)
        return self.unknown()

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

            return Native(name, build, (value,))
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
                self.doubt()
            elif value.lost:
                self.poison((item,))
                self.doubt()
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
            if kind is Module:
                raise Unknowable
            self.poison((value, item))
            self.doubt()
        elif kind in ATOMS or kind in (list, dict, tuple, set):
            raise Raised(AttributeError(f"'{kind.__name__}' object has no attribute '{name}'"))
        else:
            self.poison((value, item))
            self.doubt()

    def delete_attribute(self, value: Any, name: str) -> None:
        """``del value.name``."""
        if type(value) is Instance and not value.lost and name in value.fields:
            del value.fields[name]
        elif type(value) is Instance and not value.lost and value.cls.find(name) is MISSING:
            raise Raised(AttributeError(UNKNOWN))
        else:
            self.poison((value,))
            self.doubt()

    def module_attribute(self, module: Module, name: str) -> Any:
        """An attribute of a module of the standard library."""
        raise NotImplementedError

    def type_attribute(self, kind: type, name: str) -> Any:
        """An attribute of a builtin type."""
        raise NotImplementedError

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``function(*args, **kwargs)``."""
        raise NotImplementedError
