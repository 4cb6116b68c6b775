"""Operations on plain values: by Python itself, within bounds, and only where nothing unknown is touched."""

import ast
import operator
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from nbdebt.flow.evaluate.classes import (
    Instance,
)
from nbdebt.flow.evaluate.formatting import DIGITS, Formatting
from nbdebt.flow.evaluate.objects import (
    HAS_OWN,
    HAS_UNKNOWN,
    HAS_UNORDERED,
    OWN,
    Generator,
    Metered,
    poisoned,
    unordered,
)
from nbdebt.flow.evaluate.tables import METHODS, PLAIN_ATTRIBUTES, STORING, VIEWS
from nbdebt.flow.evaluate.values import (
    ATOMS,
    BINARY,
    INPLACE,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

_NUMBERS: Final = frozenset((int, float, bool, complex))
_INTS: Final = 40_000


_REPEATED: Final = frozenset((str, bytes, list, tuple, deque))


class Natives(Formatting):
    """Operators, subscripts, iteration and methods of plain values."""

    # text

    # operators

    def binary(self, op: type[ast.operator], left: Any, right: Any, inplace: bool = False) -> Any:
        """``left op right``; UNKNOWN where it isn't known."""
        if left is UNKNOWN or right is UNKNOWN or poisoned(left) or poisoned(right):
            for side in (left, right):
                if type(side) is Instance or (inplace and type(side) not in ATOMS):
                    self.poison((side,))
            return self.unknown()
        try:
            if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
                self._bounds(op, left, right)
            elif isinstance(left, int) and isinstance(right, int):
                if op is ast.Pow and abs(left) > 1 and abs(right) * left.bit_length() > _INTS:
                    raise Exhausted
                if op is ast.LShift and right > _INTS:
                    raise Exhausted
            return self.native((INPLACE if inplace else BINARY)[op], left, right)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            if inplace:
                self.poison((left, right))
            return self.unknown()

    def _bounds(self, op: type[ast.operator], left: Any, right: Any) -> None:
        if op is ast.Mult:
            for value, times in ((left, right), (right, left)):
                repeats = type(value) in _REPEATED and type(times) in (int, bool)
                if repeats and len(value) * max(times, 0) > self.size:
                    raise Exhausted
        elif op is ast.Mod and type(left) in (str, bytes):
            if DIGITS.search(str(left)) or "*" in str(left):
                raise Unknowable
            if self.survey(right) & HAS_UNORDERED:
                raise Unknowable
        elif op is ast.Pow and type(left).__module__ in ("decimal", "fractions", "_decimal"):
            if type(right) is not int or abs(right) > 100:
                raise Unknowable
        elif op is ast.Add and (type(left) in (set, frozenset) or type(right) in (set, frozenset)):
            return
        if not self.decimals and "decimal" in (type(left).__module__, type(right).__module__):
            raise Unknowable

    def equal(self, left: Any, right: Any) -> Any:
        """``left == right``; an unknown part makes it unknown, even where it is the same object."""
        if type(left) in ATOMS and type(right) in ATOMS:
            return left == right
        if self.survey(left) & HAS_UNKNOWN or self.survey(right) & HAS_UNKNOWN:
            return self.unknown()
        return self.native(lambda a, b: a == b, left, right)

    def contains(self, item: Any, container: Any) -> Any:
        """``item in container``."""
        if item is UNKNOWN or container is UNKNOWN or poisoned(container):
            return self.unknown()
        if type(item) not in ATOMS and self.survey(item) & HAS_UNKNOWN:
            return self.unknown()
        if type(container) in OWN and type(container) is not Instance:
            return self.native(lambda i, c: i in iter(c), item, container)
        if type(container) in (list, tuple, deque):
            self.tick(len(container) >> 6)
        else:
            self.bounded(item)
        return self.native(lambda i, c: i in c, item, container)

    def truth(self, value: Any) -> bool:
        """``bool(value)``.

        Raises:
            Unknowable: when it isn't known.
        """
        if value is True or value is False:
            return bool(value)
        if value is UNKNOWN or poisoned(value):
            raise Unknowable
        result: bool = self.native(bool, value)
        return result

    def item(self, value: Any, key: Any) -> Any:
        """``value[key]``; UNKNOWN where it isn't known."""
        if value is UNKNOWN or key is UNKNOWN or poisoned(value):
            if value is not UNKNOWN and type(value) not in ATOMS:
                # any of its parts may be what comes out, and be changed through it
                self.poison((value,) if type(value) is Instance else self._parts(value))
            return self.unknown()
        kind = type(value)
        if kind in OWN and kind is not Instance:
            if isinstance(value, Metered | Generator):
                raise Raised(TypeError(UNKNOWN))
            return self.unknown()
        if isinstance(value, type):
            return self.unknown()
        self.bounded(key)
        result = self.native(lambda v, k: v[k], value, key)
        return self.unknown() if poisoned(result) else result

    def _parts(self, value: Any) -> list[Any]:
        return list(value.values()) if isinstance(value, dict) else list(value)

    def set_item(self, value: Any, key: Any, item: Any) -> None:
        """``value[key] = item``."""
        if value is UNKNOWN or poisoned(value):
            if type(item) not in ATOMS:
                self.poison((item,))
            self.doubt()
            return
        if key is UNKNOWN or (type(value) in OWN and type(value) is not Instance):
            self.poison((value, item))
            self.doubt()
            return
        try:
            if type(value) is Instance:
                value.need("__setitem__", key, item)
                return
            self.bounded(key)
            self.native(operator.setitem, value, key, item)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.poison((value, item))
            self.doubt()

    def delete_item(self, value: Any, key: Any) -> None:
        """``del value[key]``."""
        if value is UNKNOWN or poisoned(value):
            self.doubt()
        elif key is UNKNOWN:
            self.poison((value,))
            self.doubt()
        elif type(value) is Instance:
            value.need("__delitem__", key)
        else:
            self.bounded(key)
            self.native(operator.delitem, value, key)

    # iteration

    def iterate(self, value: Any) -> Iterator[Any]:
        """An iterator over a value.

        Raises:
            Unknowable: when what it holds, or the order in which it comes, isn't known.
        """
        kind = type(value)
        if kind is list or kind is tuple or kind is str or kind is dict or kind is range:
            if poisoned(value):
                raise Unknowable
            return iter(value)
        if kind is Generator or kind is Metered:
            return value  # type: ignore[no-any-return]
        if value is UNKNOWN or poisoned(value):
            raise Unknowable
        if kind is set or kind is frozenset:
            if unordered(value):
                raise Unknowable
            return iter(value)
        if kind is Instance:
            return self._iterate_instance(value)
        if kind in OWN or isinstance(value, type):
            raise Raised(TypeError(UNKNOWN))
        if kind in VIEWS:
            # the dictionary behind a view may have been lost meanwhile
            return Metered(iter(value), self.runner(), (value.mapping,))
        result: Iterator[Any] = self.native(iter, value)
        return result

    def _iterate_instance(self, value: Instance) -> Iterator[Any]:
        result = value.ask("__iter__")
        if result is NotImplemented:
            if value.cls.find("__getitem__") is NotImplemented:
                raise Raised(TypeError(UNKNOWN))
            return Metered(self._by_index(value), self.runner())
        if type(result) is Instance:
            return Metered(self._by_next(result), self.runner())
        return self.iterate(result)

    def _by_next(self, value: Instance) -> Iterator[Any]:
        while True:
            try:
                yield value.need("__next__")
            except Raised as error:
                if isinstance(error.value, StopIteration):
                    return
                raise

    def _by_index(self, value: Instance) -> Iterator[Any]:
        index = 0
        while True:
            try:
                yield value.need("__getitem__", index)
            except Raised as error:
                if isinstance(error.value, IndexError | StopIteration):
                    return
                raise
            index += 1

    def listed(self, value: Any) -> list[Any]:
        """All that iterating over a value gives."""
        if type(value) in (list, tuple):
            if poisoned(value):
                raise Unknowable
            return list(value)
        if type(value) is range and len(value) > self.size:
            raise Exhausted
        result: list[Any] = self.native(list, self.iterate(value))
        return result

    # methods and attributes of plain values

    def plain_attribute(self, value: Any, name: str) -> Any:
        """A data attribute of a plain value; UNKNOWN when it isn't one that is known."""
        if name in PLAIN_ATTRIBUTES.get(type(value), ()):
            return getattr(value, name)
        if isinstance(value, BaseException):
            return (
                getattr(value, name)
                if name in ("args", "value", "code", "name") and hasattr(value, name)
                else UNKNOWN
            )
        if isinstance(value, tuple) and name in getattr(type(value), "_fields", ()):
            return getattr(value, name)
        if not name.startswith("_") and type(value) in METHODS and not hasattr(value, name):
            raise Raised(AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'"))
        return UNKNOWN

    def method(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of an allowed method of a plain value.

        Raises:
            Unknowable: where an unknown argument decides; the value and the arguments are then lost.
        """
        kind = type(value)
        if isinstance(value, dict | set | frozenset):
            self.bounded(*args)
        if kind is str:
            return self.text_method(value, name, args, kwargs)
        try:
            if name not in STORING or (name == "insert" and args and args[0] is UNKNOWN):
                if name in ("count", "index", "remove") and self.survey(args) & HAS_UNKNOWN:
                    raise Unknowable
                args = [self._readable(a, name) for a in args]
            elif (name in ("get", "pop", "setdefault") and args and args[0] is UNKNOWN) or (
                name == "pop" and kind in (set, frozenset) and unordered(value)
            ):
                raise Unknowable
            if len(value) > self.size if hasattr(value, "__len__") else False:
                raise Exhausted
            result = self.native(getattr(value, name), *args, **kwargs)
            if name == "pop" and poisoned(result):
                return self.unknown()
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.poison((value, *args, *kwargs.values()))
            return self.unknown()
        if name == "elements":
            return Metered(result, self.runner(), (value,))
        if name == "get" and poisoned(result):
            return self.unknown()
        return result

    def _readable(self, argument: Any, name: str) -> Any:
        """An argument that a method iterates over: bounded, in a known order."""
        kind = type(argument)
        if kind in ATOMS:
            if kind is range and len(argument) > self.size:
                raise Exhausted
            return argument
        if poisoned(argument) or argument is UNKNOWN:
            raise Unknowable
        if name in ("extend", "extendleft", "update", "fromkeys", "subtract") and isinstance(
            argument, set | frozenset
        ):
            if unordered(argument) and name != "update":
                raise Unknowable
        elif name in ("extend", "update") and kind is Instance:
            return self.iterate(argument)
        return argument


__all__ = ["HAS_OWN", "Natives"]
