"""The pure part of the standard library; each table is made when a notebook first uses its module."""

import ast
import functools
import itertools
import math
import operator
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import Any, Final

from nbdebt.flow.evaluate import MODULES
from nbdebt.flow.evaluate.classes import (
    Class,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.copy import Copier
from nbdebt.flow.evaluate.declared import abstract, declared
from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
    Handler,
    known,
    mapping_of,
    plain,
)
from nbdebt.flow.evaluate.objects import (
    OWN,
    Metered,
    Native,
    Wrapped,
    poisoned,
)
from nbdebt.flow.evaluate.random import randoms
from nbdebt.flow.evaluate.tables import words
from nbdebt.flow.evaluate.texts import datetimes, decimals, fractions, jsons, regular, wrapping
from nbdebt.flow.evaluate.values import (
    BINARY,
    MISSING,
    UNKNOWN,
    Exhausted,
    Raised,
    Unknowable,
)

Table = dict[str, Any]


def lifted(m: Generators, value: Any) -> Any:
    """An argument as the real function may have it: what can be called goes through the machine."""
    if type(value) is range and len(value) > m.size:
        raise Exhausted
    if type(value) is Instance and value.cls.find("__iter__") is not MISSING:
        return m.iterate(value)
    if type(value) is Native or (callable(value) and type(value) not in OWN):
        return m.callback(value)
    return value


def pure(function: Any) -> Handler:
    """A handler for a function that depends on its arguments alone and leaves them as they are."""

    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        return m.native(
            function, *(lifted(m, a) for a in args), **{k: lifted(m, v) for k, v in kwargs.items()}
        )

    return handler


def lazy(function: Any) -> Handler:
    """A handler for a function that gives an iterator over its arguments."""

    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if any(a is UNKNOWN or poisoned(a) for a in (*args, *kwargs.values())):
            raise Unknowable
        for value in args:
            if isinstance(value, set | frozenset):
                m.iterate(value)
        result = m.native(
            function, *(lifted(m, a) for a in args), **{k: lifted(m, v) for k, v in kwargs.items()}
        )
        return Metered(iter(result), m, tuple(args))

    return handler


def bounded(function: Any, largest: int) -> Handler:
    """A handler for a function of whole numbers whose result grows fast."""

    def handler(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if any(isinstance(a, int) and abs(a) > largest for a in args):
            raise Exhausted
        return m.native(function, *args)

    return handler


def _register(functions: dict[str, Any], how: Callable[[Any], Handler]) -> Table:
    for function in functions.values():
        HANDLERS.setdefault(function, how(function))
    return functions


def _maths() -> Table:
    table = {n: getattr(math, n) for n in dir(math) if not n.startswith("_")}
    _register(
        {n: v for n, v in table.items() if n in ("factorial", "comb", "perm")}, lambda f: bounded(f, 3000)
    )

    def product(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        total = kwargs.get("start", 1)
        for item in m.listed(args[0]):
            total = m.binary(ast.Mult, total, item)
        return total

    HANDLERS[math.prod] = product
    _register({n: v for n, v in table.items() if callable(v)}, pure)
    return table


def _statistics() -> Table:
    import statistics

    names = words(
        """
    mean median median_low median_high mode multimode fmean geometric_mean harmonic_mean
    """
    )
    table = _register({n: getattr(statistics, n) for n in names}, pure)
    for name in ("stdev", "pstdev", "variance", "pvariance"):
        function = getattr(statistics, name)
        other = getattr(statistics, name.replace("stdev", "variance")) if "stdev" in name else None

        def spread(
            m: Generators, args: list[Any], kwargs: dict[str, Any], f: Any = function, v: Any = other
        ) -> Any:
            known(m, args, kwargs)
            values = [m.listed(args[0])]
            result = m.native(f, *values)
            # before 3.11 the root was taken of the rounded variance
            if v is not None and m.python is None and result != m.native(math.sqrt, v(*values)):
                raise Unknowable
            return result

        table[name] = function
        HANDLERS[function] = spread
    return table


def _itertools() -> Table:
    names = words(
        """
    accumulate chain combinations combinations_with_replacement compress count cycle dropwhile
    filterfalse groupby islice pairwise permutations product repeat starmap takewhile zip_longest
    """
    )
    table = _register({n: getattr(itertools, n) for n in names}, lazy)

    def flattened(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        outer = m.iterate(args[0])
        return Metered((item for part in m.steps_of(outer) for item in m.iterate(part)), m, tuple(args))

    HANDLERS[itertools.chain.from_iterable] = flattened
    return table


def _functools() -> Table:
    def reduce(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if args[0] is UNKNOWN:
            raise Unknowable
        items = m.iterate(args[1])
        total = args[2] if len(args) > 2 else MISSING
        for item in m.steps_of(items):
            total = item if total is MISSING else m.call(args[0], [total, item], {})
        if total is MISSING:
            raise Raised(TypeError(UNKNOWN))
        return total

    def partial(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return Wrapped("partial", args[0], m, (args[1:], kwargs))

    def cache(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if len(args) == 1 and type(args[0]) is Function and not kwargs:
            return Wrapped("cache", args[0], m)
        size = kwargs.get("maxsize", args[0] if args else 128)
        if size is not None and (type(size) is not int or size < 128):
            raise Unknowable  # what a small cache forgets is computed again
        return Native("cache", lambda m, a, k: Wrapped("cache", a[0], m))

    def wraps(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        wrapped = args[0]

        def decorate(m: Generators, inner: list[Any], k: dict[str, Any]) -> Any:
            function = inner[0]
            if type(function) is not Function:
                raise Unknowable
            if type(wrapped) is Function:
                function.name, function.qualname = wrapped.name, wrapped.qualname
                function.attributes.update(wrapped.attributes)
                function.attributes["__doc__"] = m.attribute(wrapped, "__doc__")
            function.attributes["__wrapped__"] = wrapped
            return function

        return Native("wraps", decorate, (wrapped,))

    def to_key(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        function = args[0]
        return Native("key", lambda m, a, k: functools.cmp_to_key(m.callback(function))(a[0]), (function,))

    table: Table = {
        "reduce": functools.reduce,
        "partial": functools.partial,
        "cache": functools.cache,
        "lru_cache": functools.lru_cache,
        "wraps": functools.wraps,
        "cmp_to_key": functools.cmp_to_key,
    }
    for name, handler in zip(table, (reduce, partial, cache, cache, wraps, to_key), strict=True):
        HANDLERS[table[name]] = handler
    return table


def _operating(op: type[ast.operator]) -> Handler:
    return lambda m, args, kwargs: m.binary(op, *args)


def _operators() -> Table:
    table: Table = {}
    for op, function in BINARY.items():
        table[function.__name__] = function
        HANDLERS[function] = _operating(op)

    def itemgetter(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        def get(m: Generators, a: list[Any], k: dict[str, Any]) -> Any:
            found = [m.item(a[0], key) for key in args]
            return found[0] if len(found) == 1 else tuple(found)

        return Native("itemgetter", get, tuple(args))

    def attrgetter(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if not all(type(a) is str for a in args):
            raise Unknowable

        def get(m: Generators, a: list[Any], k: dict[str, Any]) -> Any:
            found = [functools.reduce(m.attribute, path.split("."), a[0]) for path in args]
            return found[0] if len(found) == 1 else tuple(found)

        return Native("attrgetter", get, tuple(args))

    HANDLERS[operator.itemgetter], HANDLERS[operator.attrgetter] = itemgetter, attrgetter
    table.update(itemgetter=operator.itemgetter, attrgetter=operator.attrgetter)
    HANDLERS[operator.getitem] = lambda m, args, kwargs: m.item(*args)
    HANDLERS[operator.eq] = lambda m, args, kwargs: m.equal(*args)
    table.update(getitem=operator.getitem, eq=operator.eq)
    names = ("lt", "le", "gt", "ge", "neg", "not_", "truth")
    table.update(_register({n: getattr(operator, n) for n in names}, plain))
    return table


def _collections() -> Table:
    def counter(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if args and isinstance(args[0], dict):
            return mapping_of(m, Counter, args, kwargs)
        items = [m.listed(a) for a in args]
        m.bounded(items)
        return m.native(Counter, *items, **kwargs)

    def ordered(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return mapping_of(m, OrderedDict, args, kwargs)

    def default(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        factory = args[0] if args else None
        if type(factory) not in (Function, Class) and factory not in _FACTORIES:
            raise Unknowable
        content = mapping_of(m, dict, args[1:], kwargs)
        return defaultdict(factory, content)

    def queue(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        limit = args[1] if len(args) > 1 else kwargs.get("maxlen")
        if limit is UNKNOWN:
            raise Unknowable
        return m.native(deque, m.listed(args[0]) if args else (), limit)

    def named(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known(m, args, kwargs)
        if kwargs.keys() - {"defaults"} or len(args) != 2 or type(args[0]) is not str:
            raise Unknowable
        fields = args[1].replace(",", " ").split() if type(args[1]) is str else m.listed(args[1])
        if len(fields) > 50:
            raise Exhausted
        kind = m.native(namedtuple, args[0], fields, **kwargs)
        kind.__module__ = "__main__"
        HANDLERS[kind] = lambda m, a, k: m.native(kind, *a, **k)
        return kind

    table: Table = {
        "Counter": Counter,
        "OrderedDict": OrderedDict,
        "defaultdict": defaultdict,
        "deque": deque,
        "namedtuple": namedtuple,
    }
    for name, handler in zip(table, (counter, ordered, default, queue, named), strict=True):
        HANDLERS[table[name]] = handler
    return table


_FACTORIES: Final = (None, list, int, dict, set, str, float, tuple, bool)


def _strings() -> Table:
    import string

    return {n: v for n in dir(string) if isinstance(v := getattr(string, n), str) and not n.startswith("_")}


def _copies() -> Table:
    import copy

    def deep(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return Copier(m, m).copy(args[0])

    def shallow(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        value = args[0]
        if type(value) is Instance and not value.lost:
            twin = Instance(value.cls)
            twin.fields.update(value.fields)
            return twin
        if poisoned(value) or value is UNKNOWN or type(value) in OWN:
            raise Unknowable
        return m.native(copy.copy, value)

    HANDLERS[copy.deepcopy], HANDLERS[copy.copy] = deep, shallow
    return {"deepcopy": copy.deepcopy, "copy": copy.copy}


_TABLES: Final[dict[str, Callable[[], Table]]] = {
    "abc": abstract,
    "collections": _collections,
    "copy": _copies,
    "dataclasses": declared,
    "datetime": datetimes,
    "decimal": decimals,
    "fractions": fractions,
    "functools": _functools,
    "itertools": _itertools,
    "json": jsons,
    "math": _maths,
    "operator": _operators,
    "random": randoms,
    "re": regular,
    "statistics": _statistics,
    "string": _strings,
    "textwrap": wrapping,
}
KNOWN: Final = MODULES


@functools.cache
def table_of(name: str) -> Table:
    """What is known of a module."""
    return _TABLES[name]()
