"""Files are compared by their format, and the difference is said in words; summaries see the same."""

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbdebt.export.files import bytes_differ, file_summary
from nbdebt.export.summaries import summaries_differ


def csv_of(rows: list[list[Any]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def zipped(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, text in members.items():
            file.writestr(zipfile.ZipInfo(f"{name}.txt"), text)
    return data.getvalue()


ROWS = [["name", "v"], ["a", 1.5], ["b", 2.0]]
# The file's name, what it holds, what is the same, what is another, and the words for that.
CASES: list[tuple[str, bytes, bytes, bytes, str]] = [
    (
        "a.csv",
        csv_of(ROWS),
        b"name,v\na,1.5000000000001\nb,2\n",
        b"name,v\na,1.5\nb,3\n",
        "has 3.0 in row 2 of column `v` and had 2.0",
    ),
    ("a.csv", csv_of(ROWS), csv_of(ROWS), b"name,v\na,1.5\n", "has 1 rows and had 2"),
    ("a.csv", csv_of(ROWS), csv_of(ROWS), b"name,w\na,1.5\nb,2\n", "has no column `v` any more"),
    ("a.csv", csv_of(ROWS), csv_of(ROWS), b"v,name\n1.5,a\n2,b\n", "has its columns in another order"),
    (
        "a.tsv",
        b"a\tb\n1\tx\n",
        b"a\tb\n1.0\tx\n",
        b"a\tb\n1\ty\n",
        "has 'y' in row 1 of column `b` and had 'x'",
    ),
    (
        "a.json",
        b'{"a": {"b": [1, 2.0]}}',
        b'{"a":{"b":[1,2.00]}}',
        b'{"a": {"b": [1, 3.0]}}',
        "has 3.0 at a.b[1] and had 2.0",
    ),
    ("a.json", b'{"a": 1}', b'{ "a": 1 }', b'{"a": 1, "c": 2}', "has c, which it hadn't"),
    ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', b'{"a":1}\n{"a":2}\n', b'{"a": 1}\n', "has 1 items and had 2"),
    (
        "a.txt",
        b"one 1.0\ntwo\n",
        b"one 1.00000000000001\ntwo\n",
        b"one 1.0\nthree\n",
        "has 'three' in line 2 and had 'two'",
    ),
    (
        "a.csv.gz",
        gzip.compress(csv_of(ROWS), mtime=1),
        gzip.compress(csv_of(ROWS), mtime=2),
        gzip.compress(b"name,v\na,1.5\nb,9\n", mtime=1),
        "has 9.0 in row 2",
    ),
    (
        "a.zip",
        zipped(x="one", y="two"),
        zipped(x="one", y="two"),
        zipped(x="one", y="2"),
        "in line 1 and had 'two' in member `y.txt`",
    ),
    (
        "a.svg",
        b"<dc:date>1</dc:date>x",
        b"<dc:date>2</dc:date>x",
        b"<dc:date>1</dc:date>y",
        "has another content",
    ),
    ("a.bin", b"\x00\x01", b"\x00\x01", b"\x00\x02", "has another content"),
    ("a.json", b"no json", b"no json", b"not json", "has another content"),
]


def told(name: str, was: bytes, now: bytes) -> str:
    return summaries_differ(json.loads(json.dumps(file_summary(was, name))), file_summary(now, name))


@pytest.mark.parametrize(("name", "was", "same", "other", "words"), CASES)
def test_what_differs_is_said(name: str, was: bytes, same: bytes, other: bytes, words: str) -> None:
    assert bytes_differ(was, same, name) == ""
    assert words in bytes_differ(was, other, name)
    assert told(name, was, was) == "" and told(name, was, other) != ""


def _parquet(rows: list[float], kind: str = "parquet") -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    table, data = pyarrow.table({"k": ["a", "b"], "v": rows}), io.BytesIO()
    if kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, data)
    else:
        pytest.importorskip("pyarrow.feather").write_feather(table, data)
    return data.getvalue()


def _npz(values: list[float]) -> bytes:
    numpy, data = pytest.importorskip("numpy"), io.BytesIO()
    numpy.savez(data, first=numpy.array(values), second=numpy.arange(3))
    return data.getvalue()


def _excel(values: list[float]) -> bytes:
    openpyxl, data = pytest.importorskip("openpyxl"), io.BytesIO()
    book = openpyxl.Workbook()
    book.active.title = "data"
    for row in (["k", "v"], *zip("ab", values, strict=True)):
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def _sqlite(values: list[float]) -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (k text, v real)")
        connection.executemany("insert into t values (?, ?)", zip("ab", values, strict=True))
        connection.execute("create table u (x integer)")
        return bytes(connection.serialize())


def _png(values: list[float]) -> bytes:
    image, data = pytest.importorskip("PIL.Image"), io.BytesIO()
    picture = image.new("RGB", (40, 30), "white")
    picture.paste((int(values[1] * 10),) * 3, (5, 5, 25, 25))
    picture.save(data, "PNG", compress_level=int(values[0]))
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "made", "words"),
    [
        ("a.parquet", _parquet, "has 9.0 in row 2 of column `v` and had 2.0"),
        ("a.feather", lambda values: _parquet(values, "feather"), "has 9.0 in row 2 of column `v`"),
        ("a.npz", _npz, "has 9.0 in place 1 and had 2.0 in array `first`"),
        ("a.xlsx", _excel, "in row 2 of column `v`"),
        ("a.sqlite", _sqlite, "has 9.0 in row 2 of column `v` and had 2.0 in table `t`"),
        ("a.db", _sqlite, "in table `t`"),
        ("a.png", _png, "is another picture: 33% of its pixels differ"),
    ],
)
def test_formats_that_libraries_write(name: str, made: Callable[[list[float]], bytes], words: str) -> None:
    was, other = made([1.0, 2.0]), made([1.0, 9.0])
    same = made([2.0, 2.0]) if name == "a.png" else made([1.0, 2.0000000000001])
    assert bytes_differ(was, same, name) == ""
    assert words in bytes_differ(was, other, name)
    assert told(name, was, same) == "" and told(name, was, other) != ""


def test_what_is_no_such_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.npz", "a.xlsx", "a.db", "a.png", "a.zip", "a.csv.gz", "a.csv"):
        assert bytes_differ(b"\xff\x00", b"\xff\x00", name) == ""
        assert bytes_differ(b"\xff\x00", b"\xff\x01", name) == "has another content"
