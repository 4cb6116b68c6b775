"""Arrays of numpy: twins and cousins, views, what is too large."""

from pathlib import Path
from typing import Any

import pytest

from nbdebt.live.fingerprints import Budget, Fingerprinter
from tests.live.twins import Make, check, meets, rows, take

np: Any = pytest.importorskip("numpy")


def masked(mask: list[bool]) -> Any:
    return np.ma.array([1, 2], mask=mask)


class Units(np.ndarray):
    """An array of an own class."""


def with_units(unit: str) -> Any:
    array = np.arange(3).view(Units)
    array.unit = unit
    return array


RECORD = [("a", "i4"), ("b", "f8")]
PADDED = np.dtype({"names": ["a", "b"], "formats": ["i1", "f8"], "offsets": [0, 8], "itemsize": 24})


def padded(fill: int) -> Any:
    array = np.full(48, fill, np.uint8).view(PADDED)
    array["a"], array["b"] = 1, 2.0
    return array


ARRAYS = rows(
    ("array", lambda: np.arange(5), lambda: np.arange(6)),
    ("dtype", lambda: np.arange(5), lambda: np.arange(5.0)),
    (
        "every other record",
        lambda: np.array([(1, 2.0), (3, 4.0)], RECORD),
        lambda: np.array([(1, 2.0), (3, 5.0)], RECORD),
        lambda: np.array([(1, 2.0), (0, 0), (3, 4.0), (0, 0)], RECORD)[::2],
    ),
    ("width", lambda: np.arange(5, dtype="i4"), lambda: np.arange(5, dtype="u4")),
    ("byte order", lambda: np.arange(5, dtype=">i4"), lambda: np.arange(5, dtype="<i4")),
    ("shape", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2))),
    ("zero-dimensional", lambda: np.array(1), lambda: np.array([1])),
    ("empty", lambda: np.zeros((0, 3)), lambda: np.zeros((3, 0))),
    (
        "columns first",
        lambda: np.arange(6).reshape(2, 3),
        lambda: np.zeros((2, 3), int),
        lambda: np.asfortranarray(np.arange(6).reshape(2, 3)),
    ),
    (
        "transposed",
        lambda: np.arange(6).reshape(2, 3).T,
        lambda: np.arange(6).reshape(3, 2),
        lambda: np.arange(6).reshape(2, 3).T.copy(),
    ),
    ("reversed", lambda: np.arange(9)[::-2], lambda: np.arange(9)[::2], lambda: np.array([8, 6, 4, 2, 0])),
    (
        "large and strided",
        lambda: np.arange(600_000).reshape(300, 2000).T,
        lambda: np.arange(600_000).reshape(2000, 300),
        lambda: np.arange(600_000).reshape(300, 2000).T.copy(),
    ),
    (
        "three dimensions",
        lambda: np.arange(240_000).reshape(40, 60, 100).transpose(2, 0, 1),
        lambda: np.arange(240_000).reshape(100, 40, 60),
        lambda: np.ascontiguousarray(np.arange(240_000).reshape(40, 60, 100).transpose(2, 0, 1)),
    ),
    (
        "broadcast",
        lambda: np.broadcast_to(1, (3, 3)),
        lambda: np.broadcast_to(2, (3, 3)),
        lambda: np.ones((3, 3), int),
    ),
    ("nan", lambda: np.array([np.nan]), lambda: np.array([0.0])),
    ("bools", lambda: np.array([True]), lambda: np.array([1], "u1")),
    ("complex", lambda: np.array([1j]), lambda: np.array([1.0])),
    ("extended", lambda: np.array([1.5], np.longdouble), lambda: np.array([1.25], np.longdouble)),
    ("texts", lambda: np.array(["a", "b"]), lambda: np.array(["a", "c"])),
    ("dates", lambda: np.array(["2020"], "M8[D]"), lambda: np.array(["2020"], "M8[s]")),
    ("objects", lambda: np.array([1, "a", None], object), lambda: np.array([1.0, "a", None], object)),
    ("records", lambda: np.array([(1, 2.0)], RECORD), lambda: np.array([(1, 3.0)], RECORD)),
    ("padded records", lambda: padded(0), lambda: np.zeros(2, PADDED), lambda: padded(7)),
    ("record array", lambda: np.rec.array([(1, 2.0)], RECORD), lambda: np.array([(1, 2.0)], RECORD)),
    ("matrix", lambda: np.asmatrix([[1]]), lambda: np.array([[1]])),
    ("masked", lambda: masked([True, False]), lambda: masked([False, True])),
    ("own class", lambda: with_units("m"), lambda: with_units("s")),
    ("number", lambda: np.float64(1), lambda: 1.0),
    ("integer", lambda: np.int64(1), lambda: np.int32(1)),
    ("text", lambda: np.str_("a"), lambda: "a"),
    ("moment", lambda: np.datetime64("2020"), lambda: np.datetime64("2021")),
    ("record", lambda: np.array([(1, 2.0)], RECORD)[0], lambda: np.array([(1, 3.0)], RECORD)[0]),
    ("dtype itself", lambda: np.dtype("i4"), lambda: np.dtype("i8")),
    ("ufunc", lambda: np.add, lambda: np.subtract),
    ("function", lambda: np.mean, lambda: np.sum),
    ("generator", lambda: np.random.default_rng(0), lambda: np.random.default_rng(1)),
    ("drawn from", lambda: np.random.default_rng(0), lambda: [g := np.random.default_rng(0), g.random()][0]),
    ("RandomState", lambda: np.random.RandomState(0), lambda: [g := np.random.RandomState(0), g.randn()][0]),
    (
        "Gaussian kept",
        lambda: [g := np.random.RandomState(0), g.randn()][0],
        lambda: [g := np.random.RandomState(0), g.randn(), g.randn()][0],
    ),
    ("list of numbers", lambda: [np.float64(1)], lambda: [np.float32(1)]),
    (
        "list of arrays",
        lambda: [np.arange(2)] * 2,
        lambda: [np.arange(2), np.arange(3)],
        lambda: [np.arange(2), np.arange(2)],
    ),
)


@pytest.mark.parametrize(("value", "other", "twin"), ARRAYS)
def test_arrays(value: Make, other: Make, twin: Make) -> None:
    check(value(), other(), twin())


def test_views_meet_their_base() -> None:
    base = np.arange(10)
    for view in (
        base[2:5],
        base[::-1],
        base.reshape(2, 5).T,
        base.view("u8"),
        base[3:4].view(Units),
        memoryview(base),
    ):
        assert meets(view, base)
        assert meets([view], {"a": base})
    assert not meets(base.copy(), base)
    assert meets(base[:2], base[5:])
    before = take(view := base[2:5])
    base[3] = 77
    assert take(view).digest != before.digest


def test_a_memmap_is_not_paged_in(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(1 << 36)
    mapped = np.memmap(path, dtype="u1", mode="r+")
    found = take(mapped)
    assert found.exactness == "sampled"
    assert "64 blocks" in found.why
    assert found.size < 1 << 20
    mapped[0] = 1
    assert take(mapped).digest != found.digest


def test_large_arrays_are_sampled() -> None:
    fingerprinter = Fingerprinter(Budget(bytes=100_000))
    for make in (
        lambda: np.zeros(1_000_000),
        lambda: np.zeros((1000, 1000)).T[1:],
        lambda: np.broadcast_to(0, (10**6, 10**6)),
    ):
        found = fingerprinter.take(make())
        assert found.exactness == "sampled"
        assert found.digest == fingerprinter.take(make()).digest
        assert found.digest != fingerprinter.take(make() + 1 if make().nbytes < 1e9 else 1).digest


def test_a_generator_draws_the_same_after() -> None:
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    take(one)
    assert one.random() == other.random()


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2], ["a", "b"], [None, "b"], [True, False]], ids=repr)
def test_a_masked_array_that_was_shown_is_as_it_was(values: list[Any]) -> None:
    """It takes the default of what fills its gaps when that is first asked for."""
    array = np.ma.array(values, mask=[True, False])
    before = take(array).digest
    assert repr(array) and take(array).digest == before
    array.fill_value = values[1]
    assert take(array).digest != before
