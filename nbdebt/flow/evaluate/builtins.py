"""Python's builtin functions, for values that may be unknown in part and iterators that may have no end."""

import ast
import builtins
from typing import Any

from nbdebt.flow.evaluate.classes import (
    Class,
    Env,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
    Handler,
    exactly,
    handles,
    known,
    mapping_of,
    members,
    plain,
)
from nbdebt.flow.evaluate.objects import (
    OWN,
    Bound,
    Native,
    Super,
    Wrapped,
    poisoned,
)
from nbdebt.flow.evaluate.values import (
    MISSING,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
)


def _raising(kind: type[Exception]) -> Handler:
    return lambda m, args, kwargs: m.native(kind, *args, **kwargs)


for _function in (abs, ord, chr, divmod, round, hex, bin, oct, complex, slice, bytes.fromhex, str.maketrans):
    HANDLERS[_function] = plain(_function)
for _name in dir(builtins):
    _function = getattr(builtins, _name)
    if isinstance(_function, type) and issubclass(_function, Exception):
        # an exception keeps what it is given, whatever that is
        HANDLERS[_function] = _raising(_function)


@handles(int)
def _int(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    known(m, args, kwargs)
    if args and type(args[0]) is str and len(args[0]) > 4000:
        raise Unknowable
    if args and type(args[0]).__module__ == "decimal" and abs(args[0].adjusted()) > 4000:
        raise Unknowable
    return m.native(int, *args, **kwargs)


@handles(float)
def _float(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    known(m, args, kwargs)
    return m.native(float, *args)


@handles(bool)
def _bool(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.truth(args[0]) if args else False


@handles(str)
def _str(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 1 and not kwargs:
        return m.text(args[0])
    known(m, args, kwargs)
    return m.native(str, *args, **kwargs)


@handles(bytes)
def _bytes(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    known(m, args, kwargs)
    if args and type(args[0]) is int and args[0] > m.size:
        raise Exhausted
    return m.native(bytes, *args, **kwargs)


@handles(repr)
def _repr(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.text(exactly(args, 1)[0], repr)


@handles(ascii)
def _ascii(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.text(exactly(args, 1)[0], ascii)


@handles(format)
def _format(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, spec = [*args, ""][:2]
    if type(spec) is not str:
        raise Unknowable
    return m.formatted(value, spec)


@handles(list)
def _list(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.listed(args[0]) if args else []


@handles(tuple)
def _tuple(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return tuple(m.listed(args[0])) if args else ()


def distinct(m: Generators, value: Any) -> list[Any]:
    """What a set is made of, once it is known that hashing it is no endless work."""
    items = members(m, value)
    m.bounded(items)
    return items


@handles(set)
def _set(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.native(set, distinct(m, args[0])) if args else set()


@handles(frozenset)
def _frozenset(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.native(frozenset, distinct(m, args[0])) if args else frozenset()


@handles(dict)
def _dict(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return mapping_of(m, dict, args, kwargs)


@handles(dict.fromkeys)
def _fromkeys(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.native(dict.fromkeys, m.listed(args[0]), *args[1:])


@handles(pow)
def _pow(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 2:
        return m.binary(ast.Pow, *args)
    known(m, args, kwargs)
    if any(isinstance(a, int) and a.bit_length() > 2000 for a in args):
        raise Exhausted
    return m.native(pow, *args, **kwargs)


@handles(isinstance)
def _isinstance(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, kinds = exactly(args, 2)
    if value is UNKNOWN or (poisoned(value) and type(value) is not Instance):
        raise Unknowable
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if type(kind) is Class:
            if type(value) is Instance and kind in value.cls.mro:
                return True
        elif kind is object:
            return True
        elif not isinstance(kind, type):
            raise Unknowable
        elif type(value) is Instance:
            if value.cls.exception is not None and issubclass(value.cls.exception, kind):
                return True
        elif type(value) in OWN:
            if kind.__module__ != "builtins":
                raise Unknowable
        elif isinstance(value, kind):
            return True
    return False


@handles(issubclass)
def _issubclass(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, kind = exactly(args, 2)
    if type(value) is Class and type(kind) is Class:
        return kind in value.mro
    if (
        isinstance(value, type)
        and isinstance(kind, type)
        and kind.__module__ == value.__module__ == "builtins"
    ):
        return issubclass(value, kind)
    raise Unknowable


@handles(type)
def _type(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = args if len(args) == 1 else (UNKNOWN,)
    if type(value) is Instance:
        return value.cls
    if value is UNKNOWN or type(value) in OWN or poisoned(value):
        raise Unknowable
    return type(value)


@handles(callable)
def _callable(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    if value is UNKNOWN:
        raise Unknowable
    if type(value) is Instance:
        return value.cls.find("__call__") is not MISSING
    return type(value) in (Function, Class, Bound, Native) or (type(value) not in OWN and callable(value))


@handles(hash)
def _hash(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = exactly(args, 1)
    if type(value) in (int, bool, float):
        return hash(value)
    if m.hashing:
        known(m, args, kwargs)
        return m.native(hash, value)
    raise Unknowable


@handles(getattr)
def _getattr(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, name = exactly(args, 2, 3)[:2]
    if type(name) is not str:
        raise Unknowable
    try:
        return m.attribute(value, name)
    except Raised as error:
        if len(args) == 3 and isinstance(error.value, AttributeError):
            return args[2]
        raise


@handles(hasattr)
def _hasattr(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        if _getattr(m, args, {}) is UNKNOWN:
            value = args[0]
            if type(value) is Instance and not value.lost and args[1] in value.fields:
                return True
            raise Unknowable
    except Raised as error:
        if isinstance(error.value, AttributeError):
            return False
        raise
    return True


@handles(setattr)
def _setattr(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> None:
    value, name, item = exactly(args, 3)
    if type(name) is not str:
        raise Unknowable
    m.set_attribute(value, name, item)


@handles(delattr)
def _delattr(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> None:
    value, name = exactly(args, 2)
    if type(name) is not str:
        raise Unknowable
    m.delete_attribute(value, name)


@handles(vars)
def _vars(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return m.attribute(args[0], "__dict__") if args and type(args[0]) is Instance else m.unknown()


@handles(super)
def _super(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if args:
        cls, owner = exactly(args, 2)
        if type(cls) is not Class or type(owner) not in (Instance, Class):
            raise Unknowable
        return Super(cls, owner)
    env: Env | None = m.env
    while env is not None:
        function = env.function
        if function is not None and function.owner is not None and function.owner.cls is not None:
            if type(env.first) not in (Instance, Class):
                break
            return Super(function.owner.cls, env.first)
        env = env.parent
    raise Unknowable


def _wrapping(kind: str) -> Handler:
    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if kwargs or not args or args[0] is UNKNOWN:
            raise Unknowable
        return Wrapped(kind, args[0], m, (args[1], None) if len(args) > 1 else None)

    return handler


for _kind in (property, staticmethod, classmethod):
    HANDLERS[_kind] = _wrapping(_kind.__name__)


@handles(object)
def _object(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
    raise Unknowable
