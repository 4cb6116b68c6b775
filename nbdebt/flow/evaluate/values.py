"""The values that the evaluator computes with, beside Python's own plain ones.

Plain values (numbers, text, containers, dates...) stand for themselves. What a notebook defines
(functions, classes, instances, generators) is modelled by the small classes here, which forward Python's
protocols to the machine, so that ``sorted`` or ``repr`` of a list of instances asks the notebook's own
``__lt__`` and ``__repr__``.
"""

import ast
import operator
from collections import deque
from collections.abc import Callable
from typing import Any, Final


class Unknowable(BaseException):
    """What would come out here is not known. Not an ``Exception``: no library's ``except`` may swallow it."""


class Exhausted(Unknowable):
    """The budget is used up: the rest of the cell is not followed."""


class Doubted(Unknowable):
    """Inside ``try``, something happened that may have raised: which handler ran is not known."""


class Raised(BaseException):
    """An exception of the program that is followed.

    Args:
        value: a builtin exception, or an instance of the notebook's own exception class.
    """

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Unknown:
    """A value of which nothing is known: whatever would look into it raises :class:`Unknowable`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: Any) -> Any:
        raise Unknowable

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __repr__ = __str__ = __format__ = __len__ = __iter__ = __next__ = __contains__ = (
        __getitem__
    ) = _refuse
    __index__ = __int__ = __float__ = __complex__ = __round__ = __call__ = _refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __divmod__ = __matmul__ = (
        _refuse
    )
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rdivmod__ = (
        _refuse
    )
    __and__ = __or__ = __xor__ = __lshift__ = __rshift__ = __rmatmul__ = _refuse
    __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = _refuse
    __neg__ = __pos__ = __abs__ = __invert__ = __reversed__ = _refuse

    def __hash__(self) -> int:
        if self is POISON:
            return id(self)
        raise Unknowable


UNKNOWN: Final[Any] = _Unknown("UNKNOWN")
#: The only element of a container that something unknown may have changed: nobody knows what it holds any
#: more.
POISON: Final[Any] = _Unknown("POISON")
MISSING: Final[Any] = object()

ATOMS: Final = frozenset((int, float, bool, str, bytes, type(None), complex, type(...), range, slice))
SEQUENCES: Final = frozenset((list, tuple, deque))


BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.MatMult: operator.matmul,
}
INPLACE: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv,
    ast.Mod: operator.imod,
    ast.Pow: operator.ipow,
    ast.BitAnd: operator.iand,
    ast.BitOr: operator.ior,
    ast.BitXor: operator.ixor,
    ast.LShift: operator.ilshift,
    ast.RShift: operator.irshift,
    ast.MatMult: operator.imatmul,
}
