"""What has changed in a table, in words; and that every library makes the same profile."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nbdebt.data.pins.drift import drift, percent, sentence
from nbdebt.data.pins.model import Column, Profile
from nbdebt.data.pins.pinning import compare, make_pin, with_changes
from nbdebt.data.pins.profiling import form_of, profile_file, profile_frame

NUMBER = Column("number", 0, None, None, 0, 10, (1, 3, 5, 7, 9))
THEN = Profile(
    1000,
    {
        "id": Column("integer", 0, None, None, 1, 1000, (50, 250, 500, 750, 950)),
        "age": NUMBER,
        "country": Column("text", 0, 2, ("AT", "CH")),
        "city": Column("text", 10, 100),
        "day": Column("time", 0, None, None, "2026-01-01", "2026-01-31"),
    },
)


def changed(**columns: dict[str, Any] | None) -> Profile:
    """The profile with some facts of columns changed; None takes a column out."""
    found = dict(THEN.columns)
    for name, facts in columns.items():
        if facts is None:
            del found[name]
        elif name in found:
            found[name] = msgspec.structs.replace(found[name], **facts)
        else:
            found[name] = Column(**facts)
    return Profile(THEN.rows, found)


CASES: list[tuple[Profile, tuple[str, ...]]] = [
    (THEN, ()),
    (changed(age=None), ("column `age` is gone",)),
    (changed(age=None, city=None), ("columns `age`, `city` are gone",)),
    (changed(sex={"type": "text"}), ("column `sex` is new",)),
    (changed(age={"type": "text"}), ("column `age` was number and is text",)),
    (changed(age={"nulls": 31}), ("column `age` gained nulls (0 → 3.1 %)",)),
    (changed(city={"nulls": 0}), ("column `city` has no nulls any more (1 % before)",)),
    (changed(city={"nulls": 200}), ("column `city` has more nulls (1 % → 20 %)",)),
    (changed(city={"nulls": 12}), ()),
    (
        changed(country={"distinct": 6, "values": ("AT", "CH", "DE", "FR", "IT", "SI")}),
        ("`country` has 4 new values (`DE`, `FR`, `IT`, …)",),
    ),
    (changed(country={"distinct": 1, "values": ("AT",)}), ("`country` has lost 1 value (`CH`)",)),
    (
        changed(country={"distinct": 60, "values": None}),
        ("`country` has 60 different values (2 before)",),
    ),
    (changed(city={"distinct": 103}), ()),
    (changed(city={"distinct": 150}), ("`city` has 150 different values (100 before)",)),
    (changed(age={"high": 140}), ("`age` goes up to 140 (10 before)",)),
    (changed(age={"low": -3}), ("`age` goes down to -3 (0 before)",)),
    (
        changed(age={"quantiles": (1, 3, 8, 9, 9)}),
        ("the median of `age` moved from 5 to 8",),
    ),
    (changed(age={"quantiles": (1, 3, 5.1, 7, 9)}), ()),
    (
        changed(day={"high": "2026-02-28"}),
        ("`day` goes from 2026-01-01 to 2026-02-28 (before from 2026-01-01 to 2026-01-31)",),
    ),
    (msgspec.structs.replace(THEN, rows=999), ("999 rows (1,000 before)",)),
    (Profile(1000, dict(reversed(THEN.columns.items()))), ("the columns are in another order",)),
]


@pytest.mark.parametrize(("now", "words"), CASES)
def test_changes_in_words(now: Profile, words: tuple[str, ...]) -> None:
    assert drift(THEN, now) == words


def test_the_gravest_come_first_and_the_rest_is_counted() -> None:
    now = msgspec.structs.replace(changed(age=None, city={"nulls": 0}, country={"nulls": 9}), rows=900)
    words = drift(THEN, now)
    assert words[0] == "column `age` is gone" and words[-1] == "900 rows (1,000 before)"
    assert sentence(words, 2) == f"{words[0]}, {words[1]}, and 2 more changes"


def test_a_sample_tells_what_it_can_know() -> None:
    now = msgspec.structs.replace(
        changed(country={"values": ("DE",), "distinct": 1}, age={"high": 5, "nulls": 31}), sampled=True
    )
    assert drift(THEN, now) == ("column `age` gained nulls (0 → 3.1 %)", "`country` has 1 new value (`DE`)")


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.00001, "less than 0.1 %"), (0.031, "3.1 %"), (0.9999, "more than 99.9 %")],
)
def test_shares_for_people(share: float, words: str) -> None:
    assert percent(share) == words


# Libraries


def table() -> dict[str, list[Any]]:
    return {
        "n": [1, 2, None, 4],
        "x": [0.5, 1.5, 2.25, 1e9],
        "country": ["a", "b", "a", None],
        "flag": [True, False, True, True],
        "when": [datetime.datetime(2026, 1, day) for day in range(1, 5)],
    }


def test_all_libraries_see_the_same_table() -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(table())
    found = profile_frame(frame)
    assert found is not None
    assert found.columns["n"] == Column("integer", 1, None, None, 1, 4, (1.1, 1.5, 2, 3, 3.8))
    assert found.columns["country"] == Column("text", 1, 2, ("a", "b"))
    assert found == profile_frame(polars.DataFrame(table()))
    assert found == profile_frame(pyarrow.table(table()))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet", ".feather", ".jsonl"])
def test_files_of_tables_are_read(tmp_path: Path, suffix: str) -> None:
    pandas = pytest.importorskip("pandas")
    if suffix in (".parquet", ".feather"):
        pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"n": [1, 2, 3], "c": ["a", "b", "a"]})
    path = tmp_path / f"x{suffix}"
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".csv.gz": lambda: frame.to_csv(path, index=False),
        ".tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        ".parquet": lambda: frame.to_parquet(path),
        ".feather": lambda: frame.to_feather(path),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
    }[suffix]()
    found = profile_file(path)
    assert found is not None and found == profile_frame(frame)


@pytest.mark.parametrize(
    ("name", "form"),
    [("x.CSV", "csv"), ("x.csv.zst", "csv"), ("x.parquet.gz", ""), ("x.txt", ""), ("x", ""), (".csv", "")],
)
def test_what_is_a_table(name: str, form: str) -> None:
    assert form_of(name) == form


def test_what_is_no_table_has_no_profile(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "x.parquet").write_text("no parquet")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "x.bin").write_bytes(b"\0\xff")
    for name in ("x.parquet", "empty.csv", "x.bin", "absent.csv"):
        assert profile_file(tmp_path / name) is None


def test_objects_of_the_users_are_not_asked_anything() -> None:
    pandas = pytest.importorskip("pandas")

    class Trap:
        def __hash__(self) -> int:
            raise AssertionError("asked")

        __eq__ = __repr__ = __str__ = __bool__ = __float__ = __lt__ = __hash__  # type: ignore[assignment]

    class Text(str):
        def __hash__(self) -> int:
            raise AssertionError("asked")

    frame = pandas.DataFrame({"a": [Trap(), None], "b": [[1], {"x": 1}]}, dtype=object)
    frame["c"] = pandas.Series([Text("x"), Text("y")], dtype=object)
    frame["d"] = pandas.Series([Decimal("1.5"), None], dtype=object)
    found = profile_frame(frame)
    assert found is not None
    assert [(c.type, c.nulls) for c in found.columns.values()] == [
        ("other", 1),
        ("other", 0),
        ("other", 0),
        ("number", 1),
    ]


def test_a_named_index_is_a_column_and_repeated_names_are_numbered() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([[1, 2]], columns=["a", "a"], index=pandas.Index([7], name="id"))
    found = profile_frame(frame)
    assert found is not None and list(found.columns) == ["id", "a", "a.1"]


def test_of_many_rows_some_are_looked_at() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [None, 1.5] * 5000})
    found = profile_frame(frame, most_rows=1000)
    assert found is not None and found.sampled and found.rows == 10_000
    assert type(profile_frame(object())) is type(None)


def test_a_changed_table_is_told_in_words(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    path = tmp_path / "x.csv"
    path.write_text("age,country\n" + "30,AT\n" * 50)
    pin = make_pin(path, tmp_path / "nbdebt.lock")
    path.write_text("age,country\n" + "30,AT\n" * 48 + ",AT\n30,DE\n")
    found = with_changes(compare(path, pin), path)
    assert found.changes == ("column `age` gained nulls (0 → 2 %)", "`country` has 1 new value (`DE`)")
    path.write_text('age,country\n"30,AT\n')
    assert with_changes(compare(path, pin), path).changes == ("it can't be read as a table any more",)
