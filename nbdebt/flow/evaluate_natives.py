"""Operations on plain values: by Python itself, within bounds, and only where nothing unknown is touched."""

import ast
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from nbdebt.flow.evaluate_state import State
from nbdebt.flow.evaluate_values import (
    ATOMS,
    BINARY,
    HAS_OWN,
    HAS_UNKNOWN,
    HAS_UNORDERED,
    INPLACE,
    OWN,
    UNKNOWN,
    Doubted,
    Exhausted,
    Generator,
    Instance,
    Metered,
    Raised,
    Unknowable,
    poisoned,
    survey,
    unordered,
)

_NUMBERS: Final = frozenset((int, float, bool, complex))
#: Messages of Python's own exceptions that have been the same since 3.8; others differ by version.
_STABLE: Final = re.compile(
    r"division by zero$|invalid literal for int\(\) with base 10: |could not convert string to float: |"
    r"(?:list|tuple|string) index out of range$|pop from empty (?:list|an empty set)$|name '\w+' is not defined$|"
    r"unsupported operand type\(s\) for [-+*/%|&<>=]+: |can only concatenate \w+ \(not |"
    r"'\w+' object has no attribute '\w+'$|'\w+' object is not (?:iterable|subscriptable|callable)$"
)
_INTS: Final = 40_000
_DIGITS: Final = re.compile(r"\d{5,}|\*")

_STR = """capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii
isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition
removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase
title translate upper zfill"""
_SET = """copy difference intersection isdisjoint issubset issuperset symmetric_difference union"""
_DICT = "clear copy fromkeys get items keys pop popitem setdefault update values"
#: Methods of plain types that may be called. What isn't here is unknown, not wrong.
METHODS: Final[dict[type, frozenset[str]]] = {
    str: frozenset(_STR.split()),
    bytes: frozenset("decode hex startswith endswith split strip count find replace join upper lower".split()),
    int: frozenset("bit_length bit_count conjugate is_integer as_integer_ratio to_bytes from_bytes".split()),
    bool: frozenset("bit_length conjugate".split()),
    float: frozenset("is_integer hex as_integer_ratio conjugate fromhex".split()),
    complex: frozenset(("conjugate",)),
    list: frozenset("append clear copy count extend index insert pop remove reverse".split()),
    tuple: frozenset("count index".split()),
    dict: frozenset(_DICT.split()),
    set: frozenset(
        (_SET + " add clear difference_update discard intersection_update pop remove update"
         " symmetric_difference_update").split()
    ),
    frozenset: frozenset(_SET.split()),
    range: frozenset("count index".split()),
    deque: frozenset(
        "append appendleft clear copy count extend extendleft index insert pop popleft remove reverse rotate".split()
    ),
    Counter: frozenset((_DICT + " most_common elements subtract total").split()) - {"fromkeys"},
    defaultdict: frozenset(_DICT.split()),
    OrderedDict: frozenset((_DICT + " move_to_end").split()),
    type({}.keys()): frozenset(("isdisjoint",)),
}
_ATTRIBUTES: Final[dict[type, frozenset[str]]] = {
    int: frozenset(("real", "imag", "numerator", "denominator")),
    float: frozenset(("real", "imag")),
    complex: frozenset(("real", "imag")),
    range: frozenset(("start", "stop", "step")),
    slice: frozenset(("start", "stop", "step")),
    deque: frozenset(("maxlen",)),
}
#: Methods that only store, hand out or count what they are given: an unknown argument stays where it is put.
_STORING: Final = frozenset(
    "append appendleft insert pop popleft clear get setdefault keys values items copy reverse move_to_end rotate".split()
)
_VIEWS: Final = (type({}.keys()), type({}.values()), type({}.items()))


class Natives(State):
    """Operators, subscripts, iteration and methods of plain values."""

    def native(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls a function of Python's own, already known to be harmless.

        Raises:
            Raised: the exception it raises.
            Unknowable: where that could be due to something unknown among the arguments.
        """
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            raise self.translated(error, args, kwargs) from None
        return self.fit(result)

    def translated(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> BaseException:
        """The program's exception for one of Python's own, without a message that another Python may word otherwise."""
        if isinstance(error, RecursionError | MemoryError):
            return Exhausted()
        bits = survey([*args, *kwargs.values()], self.size)
        if bits & HAS_UNKNOWN:
            return Unknowable()
        if isinstance(error, KeyError) and not bits:
            return Raised(error)
        if isinstance(error, StopIteration):
            return Raised(error)
        if isinstance(error, AttributeError) and getattr(error, "name", None):
            # a fresh one: it must not keep the object alive
            error = AttributeError(*error.args)
        if bits or not (len(error.args) == 1 and isinstance(error.args[0], str) and _STABLE.match(error.args[0])):
            try:
                return Raised(type(error)(UNKNOWN))
            except Exception:
                return Unknowable()
        return Raised(error)

    def fit(self, value: Any) -> Any:
        """The value, when it isn't too large to go on with.

        Raises:
            Exhausted: when it is.
        """
        kind = type(value)
        if kind is int:
            if value.bit_length() > _INTS:
                raise Exhausted
        elif kind in (str, bytes, list, tuple, dict, set, frozenset) and len(value) > self.size:
            raise Exhausted
        return value

    # text

    def text(self, value: Any, how: Callable[[Any], str] = str) -> str:
        """``str`` or ``repr`` of a value.

        Raises:
            Unknowable: when it isn't the same everywhere, or not known.
        """
        if type(value) is str and how is str:
            return value
        if type(value) not in _NUMBERS and value is not None:
            bits = survey(value, self.size)
            if bits & (HAS_UNKNOWN | HAS_UNORDERED):
                raise Unknowable
            if isinstance(value, type) and value.__module__ not in ("builtins", "collections", "datetime"):
                raise Unknowable
        elif type(value) is int and value.bit_length() > 14_000:
            raise Unknowable  # newer versions refuse
        text: str = self.native(how, value)
        if " at 0x" in text and "object at 0x" in text or text.startswith(("<built-in", "<function", "<method")):
            raise Unknowable
        return text

    def formatted(self, value: Any, spec: str) -> str:
        """``format(value, spec)``."""
        if value is UNKNOWN or _DIGITS.search(spec):
            raise Unknowable
        if not spec:
            return self.text(value)
        if type(value) not in ATOMS:
            bits = survey(value, self.size)
            if bits & (HAS_UNKNOWN | HAS_UNORDERED):
                raise Unknowable
        elif type(value) is int and value.bit_length() > 14_000:
            raise Unknowable
        if spec.endswith("n"):
            raise Unknowable  # by locale
        result: str = self.native(format, value, spec)
        return result

    # operators

    def binary(self, op: type[ast.operator], left: Any, right: Any, inplace: bool = False) -> Any:
        """``left op right``; UNKNOWN where it isn't known."""
        if left is UNKNOWN or right is UNKNOWN or poisoned(left) or poisoned(right):
            for side in (left, right):
                if type(side) is Instance or (inplace and type(side) not in ATOMS):
                    self.poison((side,))
            return self.unknown()
        a, b = type(left), type(right)
        if a not in _NUMBERS or b not in _NUMBERS:
            self._bounds(op, left, right)
        elif op is ast.Pow:
            if a is not float and b is not float and isinstance(right, int) and isinstance(left, int):
                if abs(right) * left.bit_length() > _INTS and abs(left) > 1:
                    raise Exhausted
        elif op is ast.LShift and isinstance(right, int) and right > _INTS:
            raise Exhausted
        try:
            result = self.native((INPLACE if inplace else BINARY)[op], left, right)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            if inplace:
                self.poison((left, right))
            return self.unknown()
        return result

    def _bounds(self, op: type[ast.operator], left: Any, right: Any) -> None:
        if op is ast.Mult:
            for value, times in ((left, right), (right, left)):
                if type(times) in (int, bool) and hasattr(value, "__len__") and type(value) not in OWN:
                    if len(value) * max(times, 0) > self.size:
                        raise Exhausted
        elif op is ast.Mod and type(left) in (str, bytes):
            if _DIGITS.search(str(left)):
                raise Unknowable
            if survey(right, self.size) & HAS_UNORDERED:
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
        if survey(left, self.size) & HAS_UNKNOWN or survey(right, self.size) & HAS_UNKNOWN:
            return self.unknown()
        return self.native(lambda a, b: a == b, left, right)

    def contains(self, item: Any, container: Any) -> Any:
        """``item in container``."""
        if item is UNKNOWN or container is UNKNOWN or poisoned(container):
            return self.unknown()
        if type(item) not in ATOMS and survey(item, self.size) & HAS_UNKNOWN:
            return self.unknown()
        if type(container) in OWN and type(container) is not Instance:
            return self.native(lambda i, c: i in iter(c), item, container)
        if type(container) in (list, tuple, deque):
            self.tick(len(container) >> 6)
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
        result = self.native(lambda v, k: v[k], value, key)
        return self.unknown() if poisoned(result) else result

    def _parts(self, value: Any) -> list[Any]:
        return list(value.values()) if isinstance(value, dict) else list(value)

    def set_item(self, value: Any, key: Any, item: Any) -> None:
        """``value[key] = item``."""
        if value is UNKNOWN or poisoned(value):
            if type(item) not in ATOMS:
                self.poison((item,))
            return
        if key is UNKNOWN or (type(value) in OWN and type(value) is not Instance):
            self.poison((value, item))
            return
        try:
            if type(value) is Instance:
                value.need("__setitem__", key, item)
                return
            self.native(lambda: value.__setitem__(key, item))
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.poison((value, item))

    def delete_item(self, value: Any, key: Any) -> None:
        """``del value[key]``."""
        if value is UNKNOWN or poisoned(value):
            return
        if key is UNKNOWN:
            self.poison((value,))
        elif type(value) is Instance:
            value.need("__delitem__", key)
        else:
            self.native(lambda: value.__delitem__(key))

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
        if kind in _VIEWS:
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

    def runner(self) -> Any:
        """The machine, as the values see it."""
        return self

    # methods and attributes of plain values

    def plain_attribute(self, value: Any, name: str) -> Any:
        """A data attribute of a plain value; UNKNOWN when it isn't one that is known."""
        if name in _ATTRIBUTES.get(type(value), ()):
            return getattr(value, name)
        if isinstance(value, BaseException):
            return getattr(value, name) if name in ("args", "value", "code", "name") and hasattr(value, name) else UNKNOWN
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
        if kind is str:
            return self._text_method(value, name, args, kwargs)
        try:
            if name not in _STORING or (name == "insert" and args and args[0] is UNKNOWN):
                if name in ("count", "index", "remove") and survey(args, self.size) & HAS_UNKNOWN:
                    raise Unknowable
                args = [self._readable(a, name) for a in args]
            elif name in ("get", "pop", "setdefault") and args and args[0] is UNKNOWN:
                raise Unknowable
            elif name == "pop" and kind in (set, frozenset) and unordered(value):
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
        if name in ("extend", "extendleft", "update", "fromkeys", "subtract") and isinstance(argument, set | frozenset):
            if unordered(argument) and name != "update":
                raise Unknowable
        elif name in ("extend", "update") and kind is Instance:
            return self.iterate(argument)
        return argument

    def _text_method(self, value: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in ("format", "format_map"):
            if name == "format_map" or kwargs.keys() & {"self"}:
                raise Unknowable
            return self._format(value, args, kwargs)
        for argument in args:
            if argument is UNKNOWN:
                return self.unknown()
            if type(argument) is int and argument > self.size:
                raise Exhausted
        if name == "join" and len(args) == 1:
            items = self.listed(args[0])
            if sum(len(i) for i in items if type(i) is str) + len(value) * len(items) > self.size:
                raise Exhausted
            args = [items]
        elif name == "replace" and len(args) >= 2 and type(args[0]) is str and type(args[1]) is str:
            if (value.count(args[0]) if args[0] else len(value) + 1) * len(args[1]) + len(value) > self.size:
                raise Exhausted
        elif name == "translate":
            self.tick(len(value) >> 4)
        return self.native(getattr(value, name), *args, **kwargs)

    def _format(self, template: str, args: list[Any], kwargs: dict[str, Any], depth: int = 0) -> str:
        from string import Formatter  # only where it is used: it costs start-up time

        out: list[str] = []
        count = 0
        try:
            fields = list(Formatter().parse(template))
        except ValueError as error:
            raise self.translated(error, (), {}) from None
        for literal, field, spec, conversion in fields:
            out.append(literal)
            if field is None:
                continue
            head = re.match(r"[^.\[]*", field)
            first = head.group() if head else ""
            if not first:
                first, count = str(count), count + 1
            try:
                value = args[int(first)] if first.isdigit() else kwargs[first]
            except (IndexError, KeyError) as error:
                raise Raised(type(error)(first if isinstance(error, KeyError) else UNKNOWN)) from None
            for dot, name, key in re.findall(r"(\.)(\w+)|\[([^\]]*)\]", field[len(head.group() if head else "") :]):
                value = (
                    self.attribute(value, name) if dot else self.item(value, int(key) if key.isdigit() else key)
                )
            if value is UNKNOWN:
                raise Unknowable
            if spec and "{" in spec:
                if depth:
                    raise Unknowable
                named = re.findall(r"\{(\w*)\}", spec)
                if "" in named:
                    nested = [args[count + i] for i in range(named.count(""))]
                    count += len(nested)
                    spec = self._format(spec, nested, kwargs, 1)
                else:
                    spec = self._format(spec, args, kwargs, 1)
            if conversion:
                value = self.text(value, {"r": repr, "s": str, "a": ascii}[conversion])
            out.append(self.formatted(value, spec or ""))
        return "".join(out)

    def attribute(self, value: Any, name: str) -> Any:
        """``value.name``."""
        raise NotImplementedError


__all__ = ["HAS_OWN", "METHODS", "Natives"]
