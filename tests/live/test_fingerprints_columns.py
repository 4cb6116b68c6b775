"""polars and pyarrow: twins and cousins, however their columns are cut."""

from typing import Any

import pytest

from tests.live.twins import Make, changed, check, rows, take


def polars(**columns: Any) -> Any:
    pl = pytest.importorskip("polars")
    return pl.DataFrame({"a": [1, None], "s": ["x", None], "l": [[1], [2, 3]], **columns})


POLARS = rows(
    ("frame", polars, lambda: polars(a=[1, 2])),
    ("null", polars, lambda: polars(a=[1, 0])),
    ("texts", polars, lambda: polars(s=["y", None])),
    ("lists", polars, lambda: polars(l=[[1], [2, 4]])),
    ("dtype", polars, lambda: polars(a=[1.0, None])),
    ("order", polars, lambda: polars()["s", "a", "l"]),
    (
        "chunks",
        lambda: polars().vstack(polars()),
        lambda: polars(),
        lambda: polars().vstack(polars()).rechunk(),
    ),
    ("series", lambda: polars()["a"], lambda: polars()["a"].rename("b")),
    ("empty", lambda: polars()[:0], lambda: polars()[:1]),
)


@pytest.mark.parametrize(("value", "other", "twin"), POLARS)
def test_polars(value: Make, other: Make, twin: Make) -> None:
    check(value(), other(), twin())


def test_lazy_frames_are_not_computed() -> None:
    pl = pytest.importorskip("polars")
    ran: list[int] = []
    lazy = pl.DataFrame({"a": [1]}).lazy().map_batches(lambda df: [ran.append(1), df][1])
    assert take(lazy).exactness == "identity"
    assert ran == []


def test_columns_of_polars_are_parts() -> None:
    df = polars()
    before = take(df)
    assert changed(before, take(df.with_columns(z=1))) == {"['z']"}
    df[0, "a"] = 5
    assert changed(before, take(df)) == {"['a']"}


def table(**columns: Any) -> Any:
    pa = pytest.importorskip("pyarrow")
    return pa.table({"a": [1, None], "s": ["x", None], "b": [True, None], "l": [[1], None], **columns})


def chunked(*chunks: Any) -> Any:
    return pytest.importorskip("pyarrow").chunked_array(chunks)


ARROW = rows(
    ("table", table, lambda: table(a=[1, 2])),
    ("null", table, lambda: table(a=[1, 0])),
    ("texts", table, lambda: table(s=["x", ""])),
    ("bools", table, lambda: table(b=[True, False])),
    ("lists", table, lambda: table(l=[[2], None])),
    ("metadata", table, lambda: table().replace_schema_metadata({"a": "b"})),
    (
        "chunks",
        lambda: chunked(["a", "bc"], ["d"]),
        lambda: chunked(["a", "b"], ["cd"]),
        lambda: chunked(["a"], ["bc", "d"]),
    ),
    (
        "null chunks",
        lambda: chunked([1, None], [3]),
        lambda: chunked([1, 3], [None]),
        lambda: chunked([1], [None, 3]),
    ),
    (
        "slices",
        lambda: table()["s"].slice(1),
        lambda: table()["s"].slice(0, 1),
        lambda: table(s=["y", None])["s"].slice(1),
    ),
    ("scalar", lambda: table()["a"][0], lambda: table()["a"][1]),
    ("schema", lambda: table().schema, lambda: table(z=[1, 2]).schema),
)


@pytest.mark.parametrize(("value", "other", "twin"), ARROW)
def test_arrow(value: Make, other: Make, twin: Make) -> None:
    check(value(), other(), twin())
