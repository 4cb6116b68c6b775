"""``dataclasses`` and ``abc``: classes that a decorator completes."""

import ast
from typing import Any

from nbdebt.flow.evaluate.classes import (
    Class,
    Field,
    Function,
)
from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
)
from nbdebt.flow.evaluate.objects import (
    Native,
    Wrapped,
)
from nbdebt.flow.evaluate.values import (
    MISSING,
    UNKNOWN,
    Raised,
    Unknowable,
)

Table = dict[str, Any]


def declared() -> Table:
    import dataclasses

    def decorate(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if not args:
            return Native("dataclass", lambda m, a, k: decorated(m, a[0], kwargs))
        return decorated(m, args[0], kwargs)

    def describe(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if kwargs.keys() - {"default", "default_factory", "repr", "compare", "init"}:
            raise Unknowable
        field = Field(
            "",
            kwargs.get("default", MISSING),
            kwargs.get("default_factory", MISSING),
            bool(kwargs.get("init", True)),
            bool(kwargs.get("repr", True)),
        )
        field.compare = bool(kwargs.get("compare", True))
        return field

    HANDLERS[dataclasses.dataclass], HANDLERS[dataclasses.field] = decorate, describe
    return {"dataclass": dataclasses.dataclass, "field": dataclasses.field}


def decorated(m: Generators, cls: Any, options: dict[str, Any]) -> Any:
    """A class made a dataclass.

    Raises:
        Unknowable: for what isn't modelled.
    """
    if (
        type(cls) is not Class
        or options.keys() - {"frozen", "eq", "repr"}
        or options.get("eq", True) is not True
    ):
        raise Unknowable
    if options.get("repr", True) is not True:
        raise Unknowable
    generated = ("__init__", "__repr__", "__eq__", "__hash__")
    if any(n in base.namespace for base in cls.mro[1:] for n in generated) or "__eq__" in cls.namespace:
        raise Unknowable
    fields = {f.name: f for f in cls.fields or ()}
    for statement in cls.node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        annotation = ast.unparse(statement.annotation)
        if "ClassVar" in annotation:
            continue
        if "InitVar" in annotation or "KW_ONLY" in annotation:
            raise Unknowable
        name = statement.target.id
        value = cls.namespace.get(name, MISSING)
        if type(value) is Field:
            field = value
            field.name = name
            if field.default is MISSING:
                del cls.namespace[name]
            else:
                cls.namespace[name] = field.default
        else:
            if isinstance(value, list | dict | set):
                raise Raised(ValueError(UNKNOWN))
            if value is UNKNOWN:
                raise Unknowable
            field = Field(name, value)
        fields[name] = field
    cls.fields = list(fields.values())
    cls.frozen = bool(options.get("frozen", False))
    return cls


def abstract() -> Table:
    import abc

    def mark(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        target = args[0].function if type(args[0]) is Wrapped else args[0]
        if type(target) is not Function:
            raise Unknowable
        target.abstract = True
        return args[0]

    HANDLERS[abc.abstractmethod] = mark
    return {"ABC": abc.ABC, "abstractmethod": abc.abstractmethod}
