"""Whatever the value: no exception, none of its code run, no reference kept, an end in sight."""

import gc
import sys
import types
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest

from nbdebt.live.fingerprints import LATE, Budget, Fingerprinter
from nbdebt.live.namespace import Namespace

take = Fingerprinter().take

CALLS: list[str] = []


def noted(name: str) -> Callable[..., Any]:
    def method(*arguments: object, **keywords: object) -> Any:
        CALLS.append(name)
        raise RuntimeError(name)

    return method


SPECIAL = [
    "__repr__",
    "__str__",
    "__eq__",
    "__ne__",
    "__lt__",
    "__hash__",
    "__getattr__",
    "__getattribute__",
    "__len__",
    "__iter__",
    "__next__",
    "__bool__",
    "__contains__",
    "__getitem__",
    "__setattr__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__copy__",
    "__deepcopy__",
    "__sizeof__",
    "__dir__",
    "__bytes__",
    "__index__",
    "__int__",
    "__float__",
    "__complex__",
    "__array__",
    "__array_interface__",
    "__array_struct__",
    "__dataframe__",
    "__arrow_c_stream__",
    "__fspath__",
    "__buffer__",
    "__length_hint__",
    "__format__",
    "__call__",
    "__instancecheck__",
    "__subclasscheck__",
    "__del_not__",
    "items",
    "keys",
    "values",
    "get",
    "copy",
    "tolist",
    "tobytes",
    "getvalue",
    "view",
]
METHODS = {name: noted(name) for name in SPECIAL}


class Meta(type):
    __hash__ = noted("Meta.__hash__")  # type: ignore[assignment]
    __eq__ = noted("Meta.__eq__")  # type: ignore[assignment]
    __getattribute__ = noted("Meta.__getattribute__")  # type: ignore[assignment]
    __instancecheck__ = noted("Meta.__instancecheck__")
    __subclasscheck__ = noted("Meta.__subclasscheck__")
    __repr__ = noted("Meta.__repr__")
    __iter__ = noted("Meta.__iter__")
    __len__ = noted("Meta.__len__")
    mro_ = property(noted("Meta.mro"))


def hostile(*bases: type, meta: type = type, **names: object) -> type:
    def body(space: dict[str, Any]) -> None:
        space.update(METHODS)
        space["__class__"] = property(noted("__class__"))
        space["__module__"] = "__main__"
        space["x"] = property(noted("x"))
        space.update(names)

    return types.new_class("Hostile", bases, {"metaclass": meta}, body)


def new(cls: type, base: type, *arguments: object) -> Any:
    value = base.__new__(cls, *arguments)
    if base in (list, set, dict, OrderedDict, deque, bytearray):
        base.__init__(value, *arguments)
    return value


def filled(value: Any, name: str = "x", content: object = 1) -> Any:
    value_dict = type.__dict__["__mro__"].__get__(type(value))
    for cls in value_dict:
        getter = type.__dict__["__dict__"].__get__(cls).get("__dict__")
        if isinstance(getter, types.GetSetDescriptorType):
            getter.__get__(value)[name] = content
            break
    return value


class Descriptor:
    __get__ = __set__ = __delete__ = noted("descriptor")


def counting(n: int = 0) -> Any:
    CALLS.append("generator")
    while True:
        yield n


HOSTILE: dict[str, Callable[[], Any]] = {
    "an object": lambda: filled(new(hostile(), object)),
    "of a hostile class": lambda: filled(new(hostile(meta=Meta), object)),
    "a hostile class": lambda: hostile(meta=Meta),
    "with __dict__ of its own": lambda: new(hostile(__dict__=property(noted("__dict__"))), object),
    "with a descriptor": lambda: filled(new(hostile(d=Descriptor()), object), "d"),
    "in slots": lambda: new(hostile(__slots__=("a", "b")), object),
    "a list": lambda: new(hostile(list), list, [1, 2]),
    "a tuple": lambda: new(hostile(tuple), tuple, (1, 2)),
    "a dict": lambda: new(hostile(dict), dict, {1: 2}),
    "a set": lambda: new(hostile(set), set, {1, 2}),
    "a frozenset": lambda: new(hostile(frozenset), frozenset, {1, 2}),
    "a deque": lambda: new(hostile(deque), deque, [1]),
    "a text": lambda: new(hostile(str), str, "a"),
    "bytes": lambda: new(hostile(bytes), bytes, b"a"),
    "a bytearray": lambda: new(hostile(bytearray), bytearray, b"ab"),
    "a number": lambda: new(hostile(int), int, 5),
    "a float": lambda: new(hostile(float), float, 5.5),
    "a complex": lambda: new(hostile(complex), complex, 1j),
    "an exception": lambda: new(hostile(ValueError), ValueError, 1),
    "a module": lambda: types.ModuleType.__new__(hostile(types.ModuleType)),
    "an endless iterable": lambda: new(hostile(__iter__=lambda self: counting()), object),
    "a generator": counting,
    "a weak proxy": lambda: weakref.proxy(KEPT),
    "a method": lambda: types.MethodType(noted("method"), new(hostile(), object)),
    "pretending": lambda: filled(new(hostile(__module__="pandas", __qualname__="DataFrame"), object)),
    "pretending to be an array": lambda: filled(
        new(hostile(__module__="numpy", __qualname__="ndarray"), object)
    ),
    "names that are no texts": lambda: filled(new(hostile(), object), content=2, name=5),  # type: ignore[arg-type]
}
KEPT = new(hostile(__slots__=("__weakref__",)), object)
WRAPS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "in a list": lambda x: [x] * 20,
    "in a dict": lambda x: {"a": x, "b": [x]},
    "in a closure": lambda x: lambda: x,
    "as a default": lambda x: types.FunctionType((lambda y: y).__code__, {}, "f", (x,)),
    "in an iterator": lambda x: iter([x]),
    "in a generator": lambda x: (x for _ in [1]),
    "in a slice": lambda x: slice(x),
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_code_runs(name: str, wrap: str) -> None:
    value = WRAPS[wrap](HOSTILE[name]())
    CALLS.clear()
    found = take(value)
    assert CALLS == []
    assert len(found.digest) == 16
    assert take(value).digest == found.digest
    assert "could not be read" not in found.why


def test_keys_are_not_hashed() -> None:
    class Key:
        def __hash__(self) -> int:
            CALLS.append("hash")
            return 1

        def __eq__(self, other: object) -> bool:
            CALLS.append("eq")
            return self is other

    keys = [Key(), Key()]
    values: list[Any] = [dict.fromkeys(keys, 1), set(keys), frozenset(keys), OrderedDict.fromkeys(keys)]
    CALLS.clear()
    for value in values:
        take(value)
        take([value])
    assert CALLS == []


@pytest.mark.parametrize("build", ["list", "tuple", "dict", "instances", "closures", "generators"])
def test_deep_nesting(build: str) -> None:
    value: Any = 1
    for _ in range(100_000 if build in ("list", "tuple", "dict") else 5_000):
        if build == "list":
            value = [value]
        elif build == "tuple":
            value = (value, None)
        elif build == "dict":
            value = {"a": value}
        elif build == "instances":
            value = types.SimpleNamespace(a=value)
        elif build == "closures":
            value = (lambda inner: lambda: inner)(value)
        else:
            value = (lambda inner: (inner for _ in [1]))(value)
    patient = Fingerprinter(Budget(patience=60)).take
    found = patient(value)
    assert found.exactness in ("sampled", "exact")
    assert found.digest == patient(value).digest
    while True:  # Python itself would recurse in freeing it.
        if (build == "list" and type(value) is list) or (build == "tuple" and type(value) is tuple):
            value = value[0]
        elif build == "dict" and type(value) is dict:
            value = value["a"]
        else:
            break


class Held:
    """Something that can be told to be gone."""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: x,
        lambda x: [x],
        lambda x: {"a": x},
        lambda x: (i for i in [x]),
        lambda x: lambda: x,
        lambda x: types.SimpleNamespace(x=x, me=[x]),
    ],
)
def test_nothing_is_kept(wrap: Callable[[Any], Any]) -> None:
    held = Held()
    gone = weakref.ref(held)
    value = wrap(held)
    fingerprinter = Fingerprinter()
    found = fingerprinter.take(value)
    if isinstance(value, types.GeneratorType):
        next(value)
    del held, value
    gc.collect()
    assert gone() is None
    assert found.reach is not None


def test_classes_are_not_kept() -> None:
    def made() -> "weakref.ref[type]":
        cls = type("C", (), {"f": lambda self: 1})
        take(cls())
        take(cls)
        return weakref.ref(cls)

    gone = made()
    gc.collect()
    assert gone() is None


def test_reference_counts_stay() -> None:
    value = [object(), {"a": object()}]
    before = [sys.getrefcount(x) for x in (value, value[0], value[1])]
    take(value)
    assert [sys.getrefcount(x) for x in (value, value[0], value[1])] == before


def test_generators_keep_no_snapshot_of_their_names() -> None:
    def numbers(held: Any) -> Any:
        yield 1
        held = None  # noqa: F841
        yield 2

    held = Held()
    gone = weakref.ref(held)
    generator = numbers(held)
    del held
    next(generator)
    take(generator)
    next(generator)
    assert gone() is None


def tangle(size: int) -> list[Any]:
    nodes = [types.SimpleNamespace(name=i) for i in range(size)]
    for i, node in enumerate(nodes):
        node.others = [nodes[(i * 7 + j) % size] for j in range(5)]
    return nodes


def test_a_tangle_of_objects() -> None:
    found = take(tangle(1000))
    assert found.digest == take(tangle(1000)).digest
    other = tangle(1000)
    other[500].name = "x"
    assert take(other).digest != found.digest or found.exactness == "sampled"


def test_shared_doubling() -> None:
    value: Any = [1]
    for _ in range(200):
        value = [value, value]
    assert take(value).exactness in ("exact", "sampled")
    value = Held()
    for _ in range(200):
        value = [value, value]
    assert take(value).exactness == "exact"


SMALL = Budget(seconds=0.0005, bytes=10_000, elements=500)
LARGE: dict[str, Callable[[], Any]] = {
    "numbers": lambda: list(range(100_000)),
    "texts": lambda: [f"name {i}" for i in range(100_000)],
    "a text": lambda: "a" * 10_000_000,
    "bytes": lambda: bytes(10_000_000),
    "a bytearray": lambda: bytearray(10_000_000),
    "a dict": lambda: {i: str(i) for i in range(100_000)},
    "a set": lambda: set(range(100_000)),
    "objects": lambda: [Held() for _ in range(10_000)],
    "a dict of objects": lambda: {str(i): Held() for i in range(10_000)},
    "lists of objects": lambda: [[Held() for _ in range(100)] for _ in range(100)],
    "attributes": lambda: types.SimpleNamespace(**{f"a{i}": [Held()] for i in range(2000)}),
    "several": lambda: {"a": list(range(100_000)), "b": 1, "c": [Held() for _ in range(10_000)]},
}


@pytest.mark.parametrize("name", LARGE)
def test_beyond_the_budget(name: str) -> None:
    fingerprinter = Fingerprinter(SMALL)
    value = LARGE[name]()
    found = fingerprinter.take(value)
    assert found.exactness == "sampled"
    assert found.why
    assert found.digest == fingerprinter.take(value).digest == fingerprinter.take(LARGE[name]()).digest
    assert found.size <= 2 * SMALL.bytes


def test_what_was_given_up_says_nothing() -> None:
    """Where a busy machine ended a walk is an accident: not a change of the value."""
    impatient, patient = Fingerprinter(Budget(patience=0)), Fingerprinter()
    value = [types.SimpleNamespace(i=i) for i in range(1_000)]
    found = impatient.take(value)
    assert (found.exactness, found.why) == ("identity", LATE)

    def changes(*looks: Fingerprinter) -> list[bool]:
        namespace = Namespace({}, {}, looks[0])
        namespace.values["rows"] = value
        namespace.end({"rows"}, 0, b"", {"rows"})
        told = []
        for run, fingerprinter in enumerate(looks[1:], 1):
            namespace.fingerprinter = fingerprinter
            told.append(bool(namespace.end({"rows"}, run, b"", set())))
        return told

    assert changes(patient, impatient, patient, impatient) == [False] * 3
    assert changes(impatient, patient, patient, impatient) == [False] * 3
    namespace = Namespace({"rows": value}, {}, patient)
    namespace.adopt()
    namespace.fingerprinter = impatient
    namespace.end({"rows"}, 0, b"", set())
    value[7].i = 8
    namespace.fingerprinter = patient
    assert [change.kind for change in namespace.end({"rows"}, 1, b"", set())] == ["changed"]


def test_what_is_small_is_read_beside_what_is_large() -> None:
    fingerprinter = Fingerprinter(SMALL)
    value = LARGE["several"]()
    before = fingerprinter.take(value)
    value["b"] = 2
    after = fingerprinter.take(value)
    assert before.parts is not None and after.parts is not None
    assert {p for p in before.parts if before.parts[p] != after.parts[p]} == {"['b']"}


def test_reach_is_bounded() -> None:
    assert take([[] for _ in range(5000)]).reach is None
    assert take({i: [] for i in range(5000)}).reach is None
    assert len(take([[] for _ in range(100)]).reach or ()) == 101


def test_no_audit_events_for_each_element() -> None:
    events: list[str] = []
    watching = [True]
    sys.addaudithook(lambda event, _: events.append(event) if watching[0] else None)
    take([Held() for _ in range(1000)])
    take({i: [i] for i in range(1000)})
    watching[0] = False
    assert len(events) < 50
