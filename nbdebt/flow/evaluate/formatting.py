"""Calls of Python's own functions within bounds, and the text of values."""

import re
from collections.abc import Callable
from typing import Any, Final

from nbdebt.flow.evaluate.objects import (
    HAS_UNKNOWN,
    HAS_UNORDERED,
    survey,
)
from nbdebt.flow.evaluate.state import State
from nbdebt.flow.evaluate.values import (
    ATOMS,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
)

_NUMBERS: Final = frozenset((int, float, bool, complex))
_INTS: Final = 40_000
#: Messages of Python's own exceptions that have been the same since 3.8; others differ by version.
_STABLE: Final = re.compile(
    r"division by zero$|invalid literal for int\(\) with base 10: |could not convert string to float: |"
    r"(?:list|tuple|string) index out of range$|pop from (?:empty list|an empty set)$|"
    r"name '\w+' is not defined$|unsupported operand type\(s\) for [-+*/%|&<>=]+: |"
    r"can only concatenate \w+ \(not |'\w+' object has no attribute '\w+'$|"
    r"'\w+' object is not (?:iterable|subscriptable|callable)$"
)
DIGITS: Final = re.compile(r"\d{5,}")


CONVERSIONS: Final[dict[str, Callable[[Any], str]]] = {"r": repr, "s": str, "a": ascii}


class Formatting(State):
    """Bounded calls of harmless functions; ``str``, ``repr`` and ``format``."""

    def survey(self, value: Any) -> int:
        """What a value holds that makes its text or its comparison unknown; looking is charged.

        Raises:
            Exhausted: when it is too large.
        """
        return survey(value, self.size, self.runner())

    def bounded(self, *values: Any) -> None:
        """Checks that values can be hashed and compared in reasonable time: shared parts count each time.

        Raises:
            Exhausted: when they can't.
        """
        for value in values:
            if type(value) not in ATOMS:
                self.survey(value)

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
        """The program's exception for one of Python's own; a message of no fixed wording is dropped."""
        if isinstance(error, RecursionError | MemoryError):
            return Exhausted()
        bits = self.survey([*args, *kwargs.values()])
        if bits & HAS_UNKNOWN:
            return Unknowable()
        if isinstance(error, KeyError) and not bits:
            return Raised(error)
        if isinstance(error, StopIteration):
            return Raised(error)
        if isinstance(error, AttributeError) and getattr(error, "name", None):
            # a fresh one: it must not keep the object alive
            error = AttributeError(*error.args)
        if bits or not (
            len(error.args) == 1 and isinstance(error.args[0], str) and _STABLE.match(error.args[0])
        ):
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
        elif kind in (str, bytes, list, tuple, dict, set, frozenset):
            if len(value) > self.size:
                raise Exhausted
            if len(value) > 256:
                self.tick(len(value) >> 8)
        elif (
            kind.__module__ == "fractions"
            and value.numerator.bit_length() + value.denominator.bit_length() > 4000
        ):
            raise Exhausted
        return value

    def text(self, value: Any, how: Callable[[Any], str] = str) -> str:
        """``str`` or ``repr`` of a value.

        Raises:
            Unknowable: when it isn't the same everywhere, or not known.
        """
        if type(value) is str and how is str:
            return value
        if type(value) not in _NUMBERS and value is not None:
            bits = self.survey(value)
            if bits & (HAS_UNKNOWN | HAS_UNORDERED):
                raise Unknowable
            if isinstance(value, type) and value.__module__ not in ("builtins", "collections", "datetime"):
                raise Unknowable
        elif type(value) is int and value.bit_length() > 14_000:
            raise Unknowable  # newer versions refuse
        text: str = self.native(how, value)
        if (" at 0x" in text and "object at 0x" in text) or text.startswith(
            ("<built-in", "<function", "<method")
        ):
            raise Unknowable
        return text

    def formatted(self, value: Any, spec: str) -> str:
        """``format(value, spec)``."""
        if value is UNKNOWN or DIGITS.search(spec):
            raise Unknowable
        if not spec:
            return self.text(value)
        if type(value) not in ATOMS:
            bits = self.survey(value)
            if bits & (HAS_UNKNOWN | HAS_UNORDERED):
                raise Unknowable
        elif type(value) is int and value.bit_length() > 14_000:
            raise Unknowable
        if spec.endswith("n"):
            raise Unknowable  # by locale
        result: str = self.native(format, value, spec)
        return result

    def text_method(self, value: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
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
            for dot, name, key in re.findall(
                r"(\.)(\w+)|\[([^\]]*)\]", field[len(head.group() if head else "") :]
            ):
                value = (
                    self.attribute(value, name)
                    if dot
                    else self.item(value, int(key) if key.isdigit() else key)
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
                value = self.text(value, CONVERSIONS[conversion])
            out.append(self.formatted(value, spec or ""))
        return "".join(out)

    def runner(self) -> Any:
        """The machine, as the values see it."""
        return self

    # what the layers above provide

    def attribute(self, value: Any, name: str) -> Any:
        """``value.name``."""
        raise NotImplementedError

    def item(self, value: Any, key: Any) -> Any:
        """``value[key]``."""
        raise NotImplementedError

    def listed(self, value: Any) -> list[Any]:
        """All that iterating over a value gives."""
        raise NotImplementedError
