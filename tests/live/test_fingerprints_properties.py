"""Over nested built-in values: a deep copy has the same digest; what differs in value or type has another."""

import copy
import os
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbdebt.live.fingerprints import Budget, Fingerprinter

take = Fingerprinter().take

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
KEYS = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2) | st.tuples(st.integers(0, 2))


class Box:
    """An instance, so that no container holds plain values only."""

    def __init__(self, content: Any) -> None:
        self.content = content


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
        inner.map(Box),
    )


VALUES = st.recursive(SCALARS, deeper, max_leaves=12)


def described(value: Any) -> Any:
    """The value with its types, comparable by ``==``."""
    kind = type(value)
    if kind in (list, tuple):
        return kind.__name__, [described(x) for x in value]
    if kind is dict:
        return "dict", [(described(k), described(v)) for k, v in value.items()]
    if kind in (set, frozenset):
        return kind.__name__, sorted(repr(described(x)) for x in value)
    if kind is Box:
        return "Box", described(value.content)
    if kind is float or kind is complex:
        number = complex(value)
        return kind.__name__, number.real.hex(), number.imag.hex()
    return kind.__name__, value


@given(VALUES)
def test_a_copy_is_the_same(value: Any) -> None:
    found = take(value)
    assert found.exactness == "exact"
    assert take(copy.deepcopy(value)).digest == found.digest


@given(VALUES, VALUES)
def test_digests_differ_when_values_do(one: Any, other: Any) -> None:
    same = described(one) == described(other)
    assert (take(one).digest == take(other).digest) == same
    assert (take([one, Box(1)]).digest == take([other, Box(1)]).digest) == same


@given(st.dictionaries(st.text(max_size=3), VALUES, min_size=1, max_size=6), st.data())
def test_only_the_part_that_changed(value: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    before = take(value)
    value[key] = Box("another")
    after = take(value)
    assert before.parts is not None and after.parts is not None
    changed = {p for p in after.parts if before.parts[p] != after.parts[p]}
    assert changed == {f"[{key!r}]"}
    assert before.frame == after.frame
    assert before.digest != after.digest


@given(st.dictionaries(st.text(max_size=3), SCALARS, max_size=6))
def test_a_new_key_leaves_the_others(value: dict[str, Any]) -> None:
    before = take(value)
    value["a new one"] = 1
    after = take(value)
    assert before.parts is not None and after.parts is not None
    assert before.frame == after.frame
    assert {**after.parts, **before.parts} == after.parts
    assert before.digest != after.digest


@given(VALUES)
def test_beyond_the_budget_copies_are_still_the_same(value: Any) -> None:
    fingerprinter = Fingerprinter(Budget(seconds=0.000_01, bytes=20, elements=5))
    assert fingerprinter.take(value).digest == fingerprinter.take(copy.deepcopy(value)).digest


def test_the_hash_seed_does_not_count() -> None:
    code = """if True:
        from nbdebt.live.fingerprints import Fingerprinter
        class A:
            def f(self, x):
                return x in {'a', 'b', 'c', 'd'}
        take = Fingerprinter().take
        values = [{'a', 'b', 'c', 1}, frozenset('abcdef'), {('a', 1), ('b', 2)}, A.f, {'k': {'x', 'y', 'z'}}]
        print([take(v).digest.hex() for v in values])
    """
    printed = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert not done.stderr
        printed.add(done.stdout)
    assert len(printed) == 1
