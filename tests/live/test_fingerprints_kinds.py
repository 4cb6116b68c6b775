"""For each kind of value: an equal twin has the same digest, a different cousin another one."""

import array
import collections
import dataclasses
import decimal
import enum
import fractions
import functools
import io
import itertools
import os
import pathlib
import random
import re
import types
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from nbdebt.live.fingerprints import Fingerprint, Fingerprinter

take = Fingerprinter().take


def made(source: str, name: str, module: str = "__main__", line: int = 0) -> Any:
    """What ``name`` is after running the source, as in a notebook."""
    space: dict[str, Any] = {"__name__": module, "functools": functools, "dataclasses": dataclasses}
    exec(compile("\n" * line + source, f"cell-{line}", "exec"), space)
    return space[name]


class Point:
    def __init__(self, x: object, y: object = 0) -> None:
        self.x = x
        self.y = y


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: object) -> None:
        self.a = a


@dataclasses.dataclass
class Data:
    a: int
    b: list[int] = dataclasses.field(default_factory=list)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


Pair = collections.namedtuple("Pair", "a b")


class Text(str):
    """A text of its own kind."""


class Listing(list[Any]):
    """A list of its own kind."""


def loop(value: list[Any]) -> list[Any]:
    value.append(value)
    return value


def advanced(iterator: Any, steps: int = 1) -> Any:
    for _ in range(steps):
        next(iterator)
    return iterator


def numbers(stop: int) -> Any:
    for i in range(stop):
        yield i
        yield i


def counter() -> tuple[Callable[[], int], Callable[[], int]]:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return count

    def read() -> int:
        return count

    return step, read


def stepped(times: int) -> Callable[[], int]:
    step, read = counter()
    for _ in range(times):
        step()
    return read


def at(value: io.IOBase, position: int) -> io.IOBase:
    value.seek(position)
    return value


Case = tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]


def case(value: Callable[[], Any], other: Callable[[], Any], twin: Callable[[], Any] | None = None) -> Case:
    return value, twin or value, other


CASES: dict[str, Case] = {
    "none": case(lambda: None, lambda: False),
    "bool": case(lambda: True, lambda: 1),
    "int": case(lambda: 1, lambda: 1.0),
    "large int": case(lambda: 10**5000, lambda: 10**5000 + 1),
    "float": case(lambda: 0.1 + 0.2, lambda: 0.3),
    "nan": case(lambda: float("nan"), lambda: float("inf")),
    "complex": case(lambda: 1 + 2j, lambda: 1 + 3j),
    "str": case(lambda: "aé\ud800", lambda: "ae"),
    "long str": case(lambda: "a" * 9999, lambda: "a" * 9998 + "b"),
    "str of a class": case(lambda: Text("a"), lambda: "a"),
    "bytes": case(lambda: b"a", lambda: "a"),
    "bytearray": case(lambda: bytearray(b"ab"), lambda: b"ab"),
    "empty bytearray": case(lambda: bytearray(), lambda: bytearray(1)),
    "ellipsis": case(lambda: ..., lambda: NotImplemented),
    "range": case(lambda: range(3), lambda: range(0, 3, 2)),
    "slice": case(lambda: slice(1, 2), lambda: slice(1, 3)),
    "list": case(lambda: [1, "a", None], lambda: (1, "a", None)),
    "empty list": case(list, lambda: ()),
    "list of bools": case(lambda: [True, 2], lambda: [1, 2]),
    "list order": case(lambda: [1, 2], lambda: [2, 1]),
    "nested": case(lambda: [[1, (2, {"a": [3]})]], lambda: [[1, (2, {"a": [4]})]]),
    "nested tuple and list": case(lambda: [[1]], lambda: [(1,)]),
    "list of objects": case(lambda: [Point(1)], lambda: [Point(2)]),
    "list of many objects": case(
        lambda: [Point(i) for i in range(100)], lambda: [Point(i) for i in range(99)] + [Point(-1)]
    ),
    "list of a class": case(lambda: Listing([1]), lambda: [1]),
    "sharing": case(lambda: [[0]] * 2, lambda: [[0], [1]], lambda: [[0], [0]]),
    "shared objects": case(
        lambda: [Point(1)] * 2, lambda: [Point(1), Point(2)], lambda: [Point(1), Point(1)]
    ),
    "a cycle": case(lambda: loop([1]), lambda: loop([2])),
    "a longer cycle": case(lambda: loop([loop([1])]), lambda: loop([loop([2])])),
    "tuple": case(lambda: (1, (2,)), lambda: (1, 2)),
    "namedtuple": case(lambda: Pair(1, 2), lambda: (1, 2)),
    "dict": case(lambda: {"a": 1}, lambda: {"a": 2}),
    "dict keys": case(lambda: {1: 0}, lambda: {True: 0}),
    "dict in a list": case(lambda: [{1: 0}], lambda: [{1.0: 0}]),
    "dict order in a list": case(lambda: [{"a": 1, "b": 2}], lambda: [{"b": 2, "a": 1}]),
    "dict of objects": case(lambda: {Colour.RED: Point(1)}, lambda: {Colour.BLUE: Point(1)}),
    "large dict": case(lambda: {i: [i] for i in range(3000)}, lambda: {i: [i] for i in range(3001)}),
    "defaultdict": case(
        lambda: collections.defaultdict(list, a=[1]), lambda: collections.defaultdict(set, a=[1])
    ),
    "OrderedDict": case(lambda: collections.OrderedDict(a=1, b=2), lambda: collections.OrderedDict(b=2, a=1)),
    "Counter": case(lambda: collections.Counter("aab"), lambda: {"a": 2, "b": 1}),
    "ChainMap": case(lambda: collections.ChainMap({"a": 1}), lambda: collections.ChainMap({"a": 2})),
    "mappingproxy": case(lambda: types.MappingProxyType({"a": 1}), lambda: types.MappingProxyType({"a": 2})),
    "dict view": case(lambda: {"a": 1}.keys(), lambda: {"a": 1}.items()),
    "set": case(lambda: {1, 2, 300}, lambda: {1, 2, 301}, lambda: {300, 2, 1}),
    "set of texts": case(lambda: {"a", "b", "c"}, lambda: {"a", "b"}, lambda: {"c", "b", "a"}),
    "mixed set": case(lambda: {1, "a", None}, lambda: {1, "b", None}, lambda: {None, "a", 1}),
    "set of tuples": case(lambda: {(1, 2), (3, 4)}, lambda: {(1, 2), (3, 5)}, lambda: {(3, 4), (1, 2)}),
    "frozenset": case(lambda: frozenset({1}), lambda: {1}),
    "empty set": case(lambda: set(), lambda: frozenset()),
    "deque": case(lambda: collections.deque([1]), lambda: collections.deque([1], 5)),
    "array": case(lambda: array.array("i", [1]), lambda: array.array("l", [1])),
    "memoryview": case(lambda: memoryview(b"ab"), lambda: memoryview(b"ab")[:1]),
    "date": case(lambda: date(2020, 1, 1), lambda: datetime(2020, 1, 1)),
    "datetime": case(lambda: datetime(2020, 1, 1), lambda: datetime(2020, 1, 1, tzinfo=UTC)),
    "fold": case(lambda: datetime(2020, 1, 1), lambda: datetime(2020, 1, 1, fold=1)),
    "time": case(lambda: time(1), lambda: time(2)),
    "timedelta": case(lambda: timedelta(1), lambda: timedelta(0, 1), lambda: timedelta(hours=24)),
    "timezone": case(lambda: timezone(timedelta(hours=1)), lambda: UTC),
    "Decimal": case(lambda: decimal.Decimal("1.0"), lambda: decimal.Decimal("1.00")),
    "Fraction": case(lambda: fractions.Fraction(1, 2), lambda: fractions.Fraction(1, 3)),
    "UUID": case(lambda: uuid.UUID(int=1), lambda: uuid.UUID(int=2)),
    "Path": case(lambda: pathlib.Path("a/b"), lambda: pathlib.Path("a/c"), lambda: pathlib.Path("a", "b")),
    "a path in use": case(
        lambda: pathlib.Path("a/b"),
        lambda: pathlib.PurePosixPath("a"),
        lambda: [p := pathlib.Path("a/b"), str(p), p.parts, hash(p)][0],
    ),
    "a parent path": case(
        lambda: pathlib.Path("a/b"), lambda: pathlib.Path("a"), lambda: pathlib.Path("a/b/c").parent
    ),
    "pattern": case(lambda: re.compile("a"), lambda: re.compile("a", re.I)),
    "match": case(lambda: re.match("a", "ab"), lambda: re.match("ab", "ab")),
    "SimpleNamespace": case(lambda: types.SimpleNamespace(a=1), lambda: types.SimpleNamespace(a=2)),
    "exception": case(lambda: ValueError(1), lambda: TypeError(1)),
    "BytesIO": case(lambda: io.BytesIO(b"ab"), lambda: at(io.BytesIO(b"ab"), 1)),
    "StringIO": case(lambda: io.StringIO("ab"), lambda: at(io.StringIO("ab"), 1)),
    "random": case(lambda: random.Random(1), lambda: random.Random(2)),
    "enum member": case(lambda: Colour.RED, lambda: Colour.BLUE),
    "int enum": case(lambda: Number.ONE, lambda: Number.TWO),
    "int enum and int": case(lambda: Number.ONE, lambda: 1),
    "instance": case(lambda: Point(1), lambda: Point(1.0)),
    "more attributes": case(lambda: Point(1), lambda: [p := Point(1), setattr(p, "z", 1)][0]),
    "slots": case(lambda: Slotted(1), lambda: Slotted(2)),
    "dataclass": case(lambda: Data(1), lambda: Data(1, [2])),
    "object": case(lambda: object(), lambda: object),
    "function": case(
        lambda: made("def f(x): return x + 1", "f"), lambda: made("def f(x): return x + 2", "f")
    ),
    "moved function": case(
        lambda: made("def f(x):\n  return [y for y in x]", "f"),
        lambda: made("def f(x):\n  return {y for y in x}", "f"),
        lambda: made("def f(x):\n  return [y for y in x]", "f", line=7),
    ),
    "defaults": case(lambda: made("def f(x=1): pass", "f"), lambda: made("def f(x=True): pass", "f")),
    "keyword defaults": case(
        lambda: made("def f(*, x=[1]): pass", "f"), lambda: made("def f(*, x=[2]): pass", "f")
    ),
    "constants": case(lambda: made("def f(): return 1", "f"), lambda: made("def f(): return 1.0", "f")),
    "a set in code": case(
        lambda: made("def f(x): return x in {'a', 'b', 'c'}", "f"),
        lambda: made("def f(x): return x in {'a', 'b', 'd'}", "f"),
        lambda: made("def f(x): return x in {'c', 'b', 'a'}", "f"),
    ),
    "lambda": case(lambda: made("f = lambda x: x.a", "f"), lambda: made("f = lambda x: x.b", "f")),
    "closure": case(lambda: stepped(1), lambda: stepped(2)),
    "function attributes": case(
        lambda: made("def f(): pass\nf.a = 1", "f"), lambda: made("def f(): pass\nf.a = 2", "f")
    ),
    "decorated": case(
        lambda: made("@functools.lru_cache\ndef f(): return 1", "f"),
        lambda: made("@functools.lru_cache\ndef f(): return 2", "f"),
    ),
    "class": case(
        lambda: made("class C:\n  a = 1\n  def f(self): return self.a", "C"),
        lambda: made("class C:\n  a = 2\n  def f(self): return self.a", "C"),
        lambda: made("class C:\n  a = 1\n  def f(self): return self.a", "C", line=3),
    ),
    "class in a function": case(
        lambda: made("def f():\n  class C:\n    a = 1\n  return C", "f"),
        lambda: made("def f():\n  class C:\n    a = 3\n  return C", "f"),
        lambda: made("def f():\n  class C:\n    a = 1\n  return C", "f", line=5),
    ),
    "class with super": case(
        lambda: made("class C:\n  def __init__(self): super().__init__()", "C"),
        lambda: made("class C:\n  def __init__(self): super().__init__(1)", "C"),
    ),
    "base class": case(
        lambda: made("class A: x = 1\nclass C(A): pass", "C"),
        lambda: made("class A: x = 2\nclass C(A): pass", "C"),
    ),
    "instance of another class": case(
        lambda: made("class C:\n  def f(self): return 1\nc = C()", "c"),
        lambda: made("class C:\n  def f(self): return 2\nc = C()", "c"),
    ),
    "dataclass itself": case(
        lambda: made("@dataclasses.dataclass\nclass C:\n  a: int = 1", "C"),
        lambda: made("@dataclasses.dataclass\nclass C:\n  a: int = 2", "C"),
    ),
    "property": case(
        lambda: made("class C:\n  @property\n  def f(self): return 1", "C"),
        lambda: made("class C:\n  @property\n  def f(self): return 2", "C"),
    ),
    "static and class methods": case(
        lambda: made("class C:\n  @staticmethod\n  def f(): return 1", "C"),
        lambda: made("class C:\n  @classmethod\n  def f(): return 1", "C"),
    ),
    "cached property": case(
        lambda: made("class C:\n  @functools.cached_property\n  def f(self): return 1\nc = C()", "c"),
        lambda: made("class C:\n  @functools.cached_property\n  def f(self): return 2\nc = C()", "c"),
        lambda: made("class C:\n  @functools.cached_property\n  def f(self): return 1\nc = C()\nc.f", "c"),
    ),
    "library class": case(lambda: decimal.Decimal, lambda: fractions.Fraction),
    "library function": case(lambda: re.compile, lambda: re.match),
    "builtin": case(lambda: len, lambda: print),
    "method": case(lambda: Point(1).__init__, lambda: Point(2).__init__),
    "builtin method": case(lambda: [1].append, lambda: [2].append),
    "descriptor": case(lambda: str.upper, lambda: str.lower),
    "partial": case(lambda: functools.partial(print, 1), lambda: functools.partial(print, 2)),
    "module": case(lambda: re, lambda: io),
    "alias": case(lambda: list[int], lambda: list[str]),
    "union": case(lambda: int | str, lambda: int | None),
    "list iterator": case(lambda: iter([1, 2]), lambda: advanced(iter([1, 2]))),
    "tuple iterator": case(lambda: iter((1, 2)), lambda: advanced(iter((1, 2)))),
    "text iterator": case(lambda: iter("é€"), lambda: advanced(iter("é€"))),
    "range iterator": case(lambda: iter(range(9)), lambda: advanced(iter(range(9)))),
    "dict iterator": case(lambda: iter({1: 2}), lambda: advanced(iter({1: 2}))),
    "items iterator": case(lambda: iter({1: 2}.items()), lambda: advanced(iter({1: 2}.items()))),
    "set iterator": case(lambda: iter({1}), lambda: advanced(iter({1}))),
    "reversed": case(lambda: reversed([1, 2]), lambda: advanced(reversed([1, 2]))),
    "enumerate": case(lambda: enumerate([1, 2]), lambda: advanced(enumerate([1, 2]))),
    "zip": case(lambda: zip([1], [2], strict=True), lambda: zip([1], [3], strict=True)),
    "zip moved on": case(lambda: zip([1], [2], strict=True), lambda: advanced(zip([1], [2], strict=True))),
    "map": case(lambda: map(str, [1, 2]), lambda: advanced(map(str, [1, 2]))),
    "filter": case(lambda: filter(None, [1, 2]), lambda: advanced(filter(None, [1, 2]))),
    "count": case(lambda: itertools.count(1), lambda: advanced(itertools.count(1))),
    "repeat": case(lambda: itertools.repeat(1, 2), lambda: advanced(itertools.repeat(1, 2))),
    "chain": case(lambda: itertools.chain([1], [2]), lambda: advanced(itertools.chain([1], [2]))),
    "islice": case(lambda: itertools.islice([1, 2], 2), lambda: advanced(itertools.islice([1, 2], 2))),
    "product": case(lambda: itertools.product([1], [2]), lambda: itertools.product([1], [3])),
    "groupby": case(lambda: itertools.groupby([1, 2]), lambda: advanced(itertools.groupby([1, 2]))),
    "generator": case(lambda: numbers(3), lambda: advanced(numbers(3))),
    "generator position": case(lambda: advanced(numbers(3), 1), lambda: advanced(numbers(3), 2)),
    "generator argument": case(lambda: numbers(3), lambda: numbers(4)),
    "generator expression": case(lambda: (i for i in [1, 2]), lambda: (i + 1 for i in [1, 2])),
    "finished generator": case(lambda: advanced(numbers(1), 2), lambda: numbers(1)),
}


@pytest.mark.parametrize("name", CASES)
def test_twins_and_cousins(name: str) -> None:
    value, twin, other = (make() for make in CASES[name])
    found, same, different = take(value), take(twin), take(other)
    assert found.digest == same.digest
    assert found.digest == take(value).digest
    assert found.digest != different.digest
    assert len(found.digest) == 16


@pytest.mark.parametrize("name", CASES)
def test_inside_of_others(name: str) -> None:
    value, twin, other = (make() for make in CASES[name])
    marker = object()
    for wrap in (lambda x: [x, marker], lambda x: {"k": x, "o": marker}, Point):
        found, same, different = take(wrap(value)), take(wrap(twin)), take(wrap(other))
        assert found.digest == same.digest
        assert found.digest != different.digest


INEXACT = {"islice"}


@pytest.mark.parametrize("name", CASES)
def test_they_are_exact(name: str) -> None:
    found = take(CASES[name][0]())
    assert (found.exactness, found.why) == ("exact", "") or name in INEXACT


UNREAD: dict[str, tuple[Callable[[], Any], str]] = {
    "a lock": (lambda: __import__("threading").Lock(), "a lock"),
    "a thread": (lambda: __import__("threading").Thread(), "a thread"),
    "a database": (lambda: __import__("sqlite3").connect(":memory:"), "a database connection"),
    "a socket": (lambda: __import__("socket").socket(), "a connection"),
    "a file": (lambda: open(os.devnull, "w", encoding="utf-8"), "an open file"),  # noqa: SIM115
    "a binary file": (lambda: open(__file__, "rb"), "an open file"),  # noqa: SIM115
    "a logger": (lambda: __import__("logging").getLogger("x"), "a logger"),
    "a weak reference": (lambda: __import__("weakref").ref(Point), "a weak reference"),
    "a weak proxy": (lambda: __import__("weakref").proxy(Point), "a weak reference"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_looked_into(name: str) -> None:
    make, why = UNREAD[name]
    value = make()
    found = take(value)
    assert (found.exactness, found.why) == ("identity", why)
    if hasattr(value, "close") and type(value).__name__ != "weakproxy":
        value.close()


def test_a_binary_file_tells_its_position(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with path.open("rb") as file:
        before = take(file)
        file.read(1)
        after = take(file)
    assert before.exactness == after.exactness == "identity"
    assert before.digest != after.digest


def test_iterators_stay_where_they_are() -> None:
    iterators = [
        iter([1, 2]),
        enumerate([1]),
        (i for i in [1]),
        itertools.count(1),
        zip([1], [2], strict=True),
    ]
    for iterator in iterators:
        take(iterator)
        take([iterator])
    assert [next(iterator) for iterator in iterators] == [1, (0, 1), 1, 1, (1, 2)]


def test_changes_of_what_an_iterator_goes_over() -> None:
    items = [1, 2]
    iterator = iter(items)
    before = take(iterator)
    items.append(3)
    assert take(iterator).digest != before.digest
    assert take(items).reach <= before.reach  # type: ignore[operator]


def test_a_class_changed_by_hand() -> None:
    cls = made("class C:\n  def f(self): return 1\nc = C()", "C")
    before = take(cls)
    cls.f = lambda self: 2
    after = take(cls)
    assert before.digest != after.digest
    assert before.parts is not None and after.parts is not None
    assert {p for p in before.parts if before.parts[p] != after.parts[p]} == {".f"}


def test_functions_that_share_a_cell() -> None:
    step, read = counter()
    before = take(read)
    assert take(step).reach & before.reach  # type: ignore[operator]
    step()
    assert take(read).digest != before.digest


def _same(found: Fingerprint) -> tuple[Any, ...]:
    return found.digest, found.exactness, found.parts, found.frame


def test_a_monitored_function_is_the_same() -> None:
    sys = __import__("sys")
    if not hasattr(sys, "monitoring"):
        pytest.skip("sys.monitoring is new in 3.12")
    function = made("def f(x):\n  return [y + 1 for y in x]", "f")
    before = _same(take(made("def f(x):\n  return [y + 1 for y in x]", "f")))
    tool = next(n for n in range(6) if sys.monitoring.get_tool(n) is None)
    sys.monitoring.use_tool_id(tool, "test")
    try:
        events = sys.monitoring.events.PY_START | sys.monitoring.events.LINE | sys.monitoring.events.CALL
        sys.monitoring.set_local_events(tool, function.__code__, events)
        function([1])
        assert _same(take(function)) == before
    finally:
        sys.monitoring.free_tool_id(tool)


def test_a_warm_function_is_the_same() -> None:
    function = made("def f(x):\n  return x + 1 if x else f(1)", "f")
    for i in range(10_000):
        function(i)
    assert _same(take(function)) == _same(take(made("def f(x):\n  return x + 1 if x else f(1)", "f")))


def test_attributes_are_parts() -> None:
    point = Point([1], 2)
    before = take(point)
    assert before.parts is not None and list(before.parts) == [".x", ".y"]
    assert not before.ordered
    point.y = 3
    after = take(point)
    assert before.frame == after.frame
    assert [p for p in before.parts if before.parts[p] != (after.parts or {})[p]] == [".y"]
    point.z = 1  # type: ignore[attr-defined]
    assert take(point).frame == before.frame
    assert take(types.SimpleNamespace(a=1)).parts is not None


def test_what_the_class_answers_is_no_part() -> None:
    source = "class C:\n  @property\n  def x(self): return 1\nc = C()\nc.__dict__['x'] = 2\nc.y = 3"
    assert list(take(made(source, "c")).parts or ()) == [".y"]
    source = "class C:\n  def __getattr__(self, name): return 1\nc = C()\nc.y = 3"
    assert take(made(source, "c")).parts is None
    assert take(decimal.Context()).parts is None
