"""Texts, dates and exact numbers of the standard library, for the tables of ``evaluate_modules``."""

import math
import re
from typing import Any, Final

from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
    Handler,
    known,
)
from nbdebt.flow.evaluate.objects import (
    Metered,
)
from nbdebt.flow.evaluate.tables import (
    METHODS,
    PLAIN_ATTRIBUTES,
    words,
)
from nbdebt.flow.evaluate.values import (
    Unknowable,
)

Table = dict[str, Any]


def _pure(function: Any, longest: int = 20_000) -> Handler:
    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if any(type(a) is str and len(a) > longest for a in args):
            raise Unknowable
        if any(type(a) is int and abs(a) > 10_000_000 for a in (*args, *kwargs.values())):
            raise Unknowable
        return m.native(function, *args, **kwargs)

    return handler


# regular expressions: some take exponential time, so what may be run is decided before it is

_QUANTIFIED: Final = re.compile(r"[*+}]")
_GROUPED: Final = re.compile(r"\)[*+{]")


def cost(pattern: str, length: int) -> float:
    """At most how many steps matching takes, about; infinite where nothing bounds it."""
    bare = re.sub(r"\\.", "_", pattern)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "_", bare)
    bare = re.sub(r"\(\?(?:P?<\w+>|[:=!]|<[=!])", "(", bare)
    if "(?" in bare:
        return math.inf
    if _GROUPED.search(bare) and _nested(bare):
        return math.inf
    count = len(_QUANTIFIED.findall(bare))
    optional = bare.count("?")
    if optional > 8 or re.search(r"\\[1-9]|\(\?P=", pattern):
        return math.inf
    return float((length + 1) ** (count + 1) / math.factorial(count + 1) * 2**optional) * max(
        1, bare.count("|")
    )


def _nested(bare: str) -> bool:
    """Whether a repeated group repeats something itself, or has alternatives."""
    opened: list[int] = []
    for index, character in enumerate(bare):
        if character == "(":
            opened.append(index)
        elif character == ")" and opened:
            start = opened.pop()
            if bare[index + 1 : index + 2] in ("*", "+", "{") and re.search(
                r"[*+{?|]", bare[start + 1 : index]
            ):
                return True
    return False


def _afford(m: Generators, pattern: Any, texts: list[Any]) -> None:
    length = max((len(t) for t in texts if isinstance(t, str)), default=0)
    price = cost(pattern, length) if type(pattern) is str else math.inf
    if price > 1e7:
        raise Unknowable
    m.tick(int(price / 2000))


def _searching(name: str) -> Handler:
    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if not args:
            raise Unknowable
        pattern = args[0]
        return _search(m, name, pattern.pattern if isinstance(pattern, re.Pattern) else pattern, args, kwargs)

    return handler


def _search(m: Generators, name: str, pattern: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    _afford(m, pattern, [a for a in (*args[1:], *kwargs.values()) if isinstance(a, str)])
    if name == "sub" and callable(args[1]):
        args = [args[0], m.callback(args[1]), *args[2:]]
    elif name == "sub" and isinstance(args[1], str) and len(args[1]) * len(args[2]) > m.size:
        raise Unknowable
    result = m.native(getattr(re, name), *args, **kwargs)
    return Metered(iter(list(result)), m) if name == "finditer" else result


_SEARCHES: Final = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")


def regular() -> Table:
    """``re``."""
    table: Table = {name: getattr(re, name) for name in (*_SEARCHES, "compile", "escape")}
    for name in _SEARCHES:
        HANDLERS[table[name]] = _searching(name)
    HANDLERS[re.escape] = _pure(re.escape)

    def build(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if type(args[0]) is not str or len(args[0]) > 500:
            raise Unknowable
        return m.native(re.compile, *args, **kwargs)

    HANDLERS[re.compile] = build
    METHODS[re.Pattern] = frozenset(_SEARCHES)
    METHODS[re.Match] = frozenset(["group", "groups", "groupdict", "start", "end", "span", "expand"])
    PLAIN_ATTRIBUTES[re.Pattern] = frozenset(("pattern", "groups"))
    PLAIN_ATTRIBUTES[re.Match] = frozenset(("string", "lastindex", "lastgroup"))
    for name in ["I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE", "A", "ASCII"]:
        table[name] = getattr(re, name)
    return table


def pattern_method(m: Generators, pattern: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of a method of a compiled pattern."""
    known(m, args, kwargs)
    return _search(m, name, pattern.pattern, [pattern, *args], kwargs)


def jsons() -> Table:
    """``json``."""
    import json

    def dumps(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if "cls" in kwargs:
            raise Unknowable
        if "default" in kwargs:
            kwargs = {**kwargs, "default": m.callback(kwargs["default"])}
        return m.native(json.dumps, *args, **kwargs)

    HANDLERS[json.dumps] = dumps
    HANDLERS[json.loads] = _pure(json.loads)
    return {"dumps": json.dumps, "loads": json.loads, "JSONDecodeError": json.JSONDecodeError}


def wrapping() -> Table:
    """``textwrap``."""
    import textwrap

    table: Table = {n: getattr(textwrap, n) for n in ("dedent", "fill", "wrap", "indent", "shorten")}
    for function in table.values():
        HANDLERS[function] = _pure(function, 5000)
    return table


def datetimes() -> Table:
    """``datetime``: what doesn't ask for the time, or the locale."""
    import datetime as dt

    for kind in (dt.date, dt.datetime, dt.time, dt.timedelta):
        HANDLERS[kind] = _pure(kind)
    for function in (
        dt.date.fromisoformat,
        dt.datetime.fromisoformat,
        dt.date.fromordinal,
        dt.datetime.combine,
    ):
        HANDLERS[function] = _pure(function)
    HANDLERS[dt.datetime.strptime] = _pure(dt.datetime.strptime, 100)
    days = words(
        """
    isoformat weekday isoweekday replace toordinal isocalendar strftime ctime
    """
    )
    METHODS[dt.date] = frozenset(days)
    METHODS[dt.datetime] = frozenset([*days, "date", "time"])
    METHODS[dt.time] = frozenset(("isoformat", "replace", "strftime"))
    METHODS[dt.timedelta] = frozenset(("total_seconds",))
    PLAIN_ATTRIBUTES[dt.date] = frozenset(("year", "month", "day"))
    PLAIN_ATTRIBUTES[dt.time] = frozenset(("hour", "minute", "second", "microsecond"))
    PLAIN_ATTRIBUTES[dt.datetime] = PLAIN_ATTRIBUTES[dt.date] | PLAIN_ATTRIBUTES[dt.time]
    PLAIN_ATTRIBUTES[dt.timedelta] = frozenset(("days", "seconds", "microseconds"))
    return {"date": dt.date, "datetime": dt.datetime, "time": dt.time, "timedelta": dt.timedelta}


def decimals() -> Table:
    """``decimal``, at the default precision: whoever asks for the context makes it unknown."""
    import decimal

    def make(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if not m.decimals or (args and type(args[0]) is str and len(args[0]) > 100):
            raise Unknowable
        return m.native(decimal.Decimal, *args)

    HANDLERS[decimal.Decimal] = make
    METHODS[decimal.Decimal] = words(
        """
    quantize sqrt copy_abs is_nan is_zero is_finite to_integral_value compare as_tuple normalize
    """
    )
    rounding = {n: getattr(decimal, n) for n in dir(decimal) if n.startswith("ROUND_")}
    return {"Decimal": decimal.Decimal, "InvalidOperation": decimal.InvalidOperation, **rounding}


def fractions() -> Table:
    """``fractions``."""
    import fractions as module

    def make(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if any(type(a) is str and (len(a) > 100 or "e" in a.lower()) for a in args):
            raise Unknowable
        return m.native(module.Fraction, *args)

    HANDLERS[module.Fraction] = make
    METHODS[module.Fraction] = frozenset(("limit_denominator", "as_integer_ratio"))
    PLAIN_ATTRIBUTES[module.Fraction] = frozenset(("numerator", "denominator"))
    return {"Fraction": module.Fraction}
