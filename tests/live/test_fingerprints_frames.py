"""pandas: twins and cousins, parts, and nothing changed by looking."""

import sys
from typing import Any

import pytest

from tests.live.twins import Make, changed, check, meets, rows, take

np: Any = pytest.importorskip("numpy")


def frame(**columns: Any) -> Any:
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({"a": [1, 2], "b": [1.5, np.nan], "s": ["x", None], **columns})


def having(value: Any, **attributes: Any) -> Any:
    for name, content in attributes.items():
        setattr(value, name, content)
    return value


def series(values: Any, **keywords: Any) -> Any:
    return pytest.importorskip("pandas").Series(values, **keywords)


def pandas() -> Any:
    return pytest.importorskip("pandas")


FRAMES = rows(
    ("frame", frame, lambda: frame(a=[1, 3])),
    ("dtypes", frame, lambda: frame(a=[1.0, 2.0])),
    ("order of columns", frame, lambda: frame()[["b", "a", "s"]]),
    ("names of columns", frame, lambda: frame().rename(columns={"a": "z"})),
    ("index", frame, lambda: frame().set_axis([1, 2])),
    ("kind of index", frame, lambda: frame().set_axis([0, 1])),
    ("name of the index", frame, lambda: frame().rename_axis("i")),
    ("name of the columns", frame, lambda: frame().rename_axis(columns="c")),
    ("attrs", frame, lambda: having(frame(), attrs={"a": 1})),
    ("flags", frame, lambda: frame().set_flags(allows_duplicate_labels=False)),
    ("empty", lambda: frame()[:0], lambda: frame()[[]]),
    (
        "categories",
        lambda: frame(c=pandas().Categorical(["u", "v"])),
        lambda: frame(c=pandas().Categorical(["u", "v"], ordered=True)),
    ),
    (
        "codes",
        lambda: frame(c=pandas().Categorical(["u", "v"])),
        lambda: frame(c=pandas().Categorical(["v", "u"])),
    ),
    (
        "times",
        lambda: frame(t=pandas().to_datetime(["2020", "2021"])),
        lambda: frame(t=pandas().to_datetime(["2020", "2022"])),
    ),
    (
        "time zones",
        lambda: frame(t=pandas().to_datetime(["2020", "2021"]).tz_localize("UTC")),
        lambda: frame(t=pandas().to_datetime(["2020", "2021"]).tz_localize("Europe/Berlin")),
    ),
    (
        "durations",
        lambda: frame(t=pandas().to_timedelta([1, 2])),
        lambda: frame(t=pandas().to_timedelta([1, 3])),
    ),
    (
        "masked integers",
        lambda: frame(i=pandas().array([1, None], dtype="Int64")),
        lambda: frame(i=pandas().array([1, 0], dtype="Int64")),
    ),
    (
        "booleans",
        lambda: frame(i=pandas().array([True, None], dtype="boolean")),
        lambda: frame(i=pandas().array([True, False], dtype="boolean")),
    ),
    (
        "intervals",
        lambda: frame(i=pandas().interval_range(0, 2)),
        lambda: frame(i=pandas().interval_range(1, 3)),
    ),
    (
        "periods",
        lambda: frame(i=pandas().period_range("2020", periods=2, freq="D")),
        lambda: frame(i=pandas().period_range("2020", periods=2, freq="M")),
    ),
    (
        "sparse",
        lambda: frame(i=pandas().arrays.SparseArray([0, 1])),
        lambda: frame(i=pandas().arrays.SparseArray([1, 0])),
    ),
    (
        "python strings",
        lambda: frame(i=pandas().array(["a", None], dtype="string[python]")),
        lambda: frame(i=pandas().array(["b", None], dtype="string[python]")),
    ),
    (
        "objects",
        lambda: frame(i=np.array([[1], {"a": 2}], object)),
        lambda: frame(i=np.array([[1], {"a": 3}], object)),
    ),
    (
        "two of a name",
        lambda: pandas().DataFrame([[1, 2]], columns=["a", "a"]),
        lambda: pandas().DataFrame([[2, 1]], columns=["a", "a"]),
    ),
    (
        "levels of columns",
        lambda: frame().set_axis(pandas().MultiIndex.from_tuples([(1, 2), (1, 3), (2, 2)]), axis=1),
        lambda: frame().set_axis(pandas().MultiIndex.from_tuples([(1, 2), (1, 3), (2, 3)]), axis=1),
    ),
    (
        "one block or several",
        lambda: pandas().DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "b"]),
        lambda: pandas().DataFrame(np.zeros((3, 2)), columns=["a", "b"]),
        lambda: pandas().concat(
            [pandas().DataFrame({"a": [0.0, 2, 4]}), pandas().DataFrame({"b": [1.0, 3, 5]})], axis=1
        ),
    ),
    (
        "crosswise",
        lambda: pandas().DataFrame(np.arange(60_000.0).reshape(7500, 8)),
        lambda: pandas().DataFrame(np.zeros((7500, 8))),
        lambda: (
            pandas()
            .DataFrame({i: np.arange(60_000.0).reshape(7500, 8)[:, i].copy() for i in range(8)})
            .set_axis(pandas().RangeIndex(8), axis=1)
        ),
    ),
    (
        "very wide",
        lambda: pandas().DataFrame(np.arange(6000.0).reshape(2, 3000)),
        lambda: pandas().DataFrame(np.zeros((2, 3000))),
        lambda: pandas().concat(
            [
                pandas().DataFrame(np.arange(6000.0).reshape(2, 3000)[:, i : i + 1000])
                for i in (0, 1000, 2000)
            ],
            axis=1,
            ignore_index=True,
        ),
    ),
    ("series", lambda: series([1, 2], name="a"), lambda: series([1, 2], name="b")),
    ("series index", lambda: series([1, 2]), lambda: series([1, 2], index=[5, 6])),
    ("series strings", lambda: series(["a", "é", None]), lambda: series(["a", "e", None])),
    (
        "sliced strings",
        lambda: series(["z", "a", "é", None])[1:],
        lambda: series(["z", "a", "é", ""])[1:],
        lambda: series(["y", "a", "é", None])[1:],
    ),
    ("index itself", lambda: pandas().Index([1, 2]), lambda: pandas().Index([1, 2], name="n")),
    (
        "date range",
        lambda: pandas().date_range("2020", periods=3),
        lambda: pandas().date_range("2020", periods=3, freq="2D"),
    ),
    (
        "levels",
        lambda: pandas().MultiIndex.from_product([[1, 2], ["a"]]),
        lambda: pandas().MultiIndex.from_product([[1, 2], ["b"]]),
    ),
    ("timestamp", lambda: pandas().Timestamp("2020"), lambda: pandas().Timestamp("2020", tz="UTC")),
    ("timedelta", lambda: pandas().Timedelta(1), lambda: pandas().Timedelta(2)),
    ("period", lambda: pandas().Period("2020", "D"), lambda: pandas().Period("2020", "M")),
    ("interval", lambda: pandas().Interval(0, 1), lambda: pandas().Interval(0, 1, closed="left")),
    ("offset", lambda: pandas().offsets.MonthEnd(1), lambda: pandas().offsets.MonthEnd(2)),
    ("missing", lambda: pandas().NA, lambda: pandas().NaT),
    ("groups", lambda: frame().groupby("a"), lambda: frame().groupby("b")),
    (
        "groups in use",
        lambda: frame().groupby("a"),
        lambda: frame(a=[2, 2]).groupby("a"),
        lambda: [g := frame().groupby("a"), g.size(), g.groups][0],
    ),
    ("rolling", lambda: frame().rolling(2), lambda: frame().rolling(1)),
)


@pytest.mark.parametrize(("value", "other", "twin"), FRAMES)
def test_frames(value: Make, other: Make, twin: Make) -> None:
    pytest.importorskip("pandas")
    check(value(), other(), twin())


def internals(df: Any) -> Any:
    manager = object.__getattribute__(df, "_mgr")
    return (
        id(manager),
        [(id(b), id(b.values), type(b)) for b in manager.blocks],
        {k: (id(v), repr(v)[:200] if k != "_mgr" else "") for k, v in vars(df).items()},
        [sorted(getattr(axis, "_cache", {})) for axis in manager.axes],
        sys.getrefcount(manager.blocks[0].values),
    )


def test_looking_changes_nothing_in_a_frame() -> None:
    df = frame(c=[1, 2])
    df["late"] = [3, 4]
    df["later"] = [5, 6]
    before = internals(df)
    take(df)
    take([df])
    assert internals(df) == before


def test_columns_are_parts() -> None:
    df = frame()
    before = take(df)
    assert before.parts is not None and list(before.parts) == ["['a']", "['b']", "['s']"]
    df["z"] = 1
    added = take(df)
    assert changed(before, added) == {"['z']"}
    assert before.frame == added.frame
    df.loc[0, "b"] = 7.0
    assert changed(added, take(df)) == {"['b']"}
    df.index = [5, 6]
    assert take(df).frame != added.frame
    assert take(df).ordered


def test_consolidation_is_no_change() -> None:
    df = frame()
    for i in range(5):
        df[f"n{i}"] = i * 1.0
    before = take(df)
    df._consolidate_inplace()
    after = take(df)
    assert (before.digest, before.parts, before.frame) == (after.digest, after.parts, after.frame)


def test_a_frame_meets_its_arrays() -> None:
    pd = pandas()
    array = np.zeros((3, 2))
    df = pd.DataFrame(array, copy=False)
    assert meets(df, array)
    column = df[0]
    assert meets(column, df)
    assert meets({"x": df}, df)
    assert not meets(pd.DataFrame({"a": [1]}), df)
