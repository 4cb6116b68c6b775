"""What the machine does in place of calling a function: the register, and what its entries share."""

from collections.abc import Callable
from typing import Any, Final

from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.objects import (
    HAS_UNKNOWN,
    HAS_UNORDERED,
    poisoned,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
)

Handler = Callable[[Any, list[Any], dict[str, Any]], Any]


HANDLERS: Final[dict[Any, Handler]] = {}


def handles(*functions: Any) -> Callable[[Handler], Handler]:
    """Registers what the machine does in place of calling ``functions``."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(functions, handler))
        return handler

    return register


def known(m: Generators, args: list[Any], kwargs: dict[str, Any], ordered: bool = True) -> None:
    """Checks that a builtin may look into its arguments.

    Raises:
        Unknowable: when one of them holds something unknown, or has no known order.
        Exhausted: when one is too large.
    """
    for value in (*args, *kwargs.values()) if kwargs else args:
        kind = type(value)
        if kind is range:
            if len(value) > m.size:
                raise Exhausted
        elif kind not in ATOMS:
            bits = m.survey(value)
            if bits & HAS_UNKNOWN or (ordered and bits & HAS_UNORDERED):
                raise Unknowable


def members(m: Generators, value: Any) -> list[Any]:
    """All items of a value, for a use to which their order makes no difference."""
    if isinstance(value, set | frozenset) and not poisoned(value):
        return list(value)
    return m.listed(value)


def plain(function: Any) -> Handler:
    """A handler that calls the builtin itself once its arguments are known."""

    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        return m.native(function, *args, **kwargs)

    return handler


def exactly(args: list[Any], *counts: int) -> list[Any]:
    if len(args) not in counts:
        raise Raised(TypeError(UNKNOWN))
    return args


def mapping_of(m: Generators, kind: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``dict(...)`` and what is made like one."""
    if args and not isinstance(args[0], dict):
        args = [[tuple(m.listed(pair)) for pair in m.listed(args[0])], *args[1:]]
    elif args and poisoned(args[0]):
        raise Unknowable
    m.bounded(args)
    return m.native(kind, *args, **kwargs)
