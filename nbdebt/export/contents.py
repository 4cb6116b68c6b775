"""What files hold, by their formats: read, compared in words, summarised."""

import csv
import gzip
import io
import json
import math
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import PurePath
from typing import Any

import msgspec

from nbdebt.export.compare import close, data_differ, same_text, short
from nbdebt.export.summaries import column, digest

_ROWS = 1_000_000
_SMALL = 300
# How much of a picture may differ: other fonts and another antialiasing are no other result.
PIXELS, _SHADE = 0.01, 24
_TILES = 8


class Table(msgspec.Struct):
    """Rows under names of columns, with the columns' types where the format has them."""

    columns: dict[str, list[Any]]
    types: dict[str, str] = {}


class Parts(msgspec.Struct):
    """Several contents under names: sheets, tables, arrays, members."""

    word: str
    parts: dict[str, Any]


class Picture(msgspec.Struct):
    """An image of PIL's, in RGB."""

    image: Any


class Data(msgspec.Struct):
    """Nested plain values."""

    value: Any


class Array(msgspec.Struct):
    """Numbers, or what else an array holds, in their order."""

    dtype: str
    shape: list[int]
    values: list[Any]


class Text(msgspec.Struct):
    """Lines."""

    text: str


Content = Table | Parts | Picture | Data | Array | Text


def content_of(data: bytes, name: str) -> Content | None:
    """What a file holds; None for a format that isn't known, or whose library isn't installed.

    Nothing in it is run or unpickled.

    Args:
        data: its bytes.
        name: its name: the suffix tells the format.
    """
    reader = _READERS.get(PurePath(name.lower()).suffix)
    if reader is None:
        return None
    try:
        return reader(data, name)
    except Exception:
        # Libraries have errors of their own for files that are not what their names say.
        return None


def contents_differ(was: Content, now: Content) -> str:
    """How two contents differ, in words: the first place where they do; empty where they don't."""
    if type(was) is not type(now):
        return "has another form"
    if isinstance(was, Table) and isinstance(now, Table):
        return _tables_differ(was, now)
    if isinstance(was, Parts) and isinstance(now, Parts):
        for name, part in was.parts.items():
            if name not in now.parts:
                return f"has no {was.word} `{name}` any more"
            if how := contents_differ(part, now.parts[name]):
                return f"{how} in {was.word} `{name}`"
        new = [name for name in now.parts if name not in was.parts]
        return f"has a {was.word} `{new[0]}` more" if new else ""
    if isinstance(was, Picture) and isinstance(now, Picture):
        return _pictures_differ(was, now)
    if isinstance(was, Array) and isinstance(now, Array):
        if (was.dtype, was.shape) != (now.dtype, now.shape):
            return f"holds {now.dtype} {now.shape} and held {was.dtype} {was.shape}"
        for place, (before, after) in enumerate(zip(was.values, now.values, strict=True)):
            if not close(before, after):
                return f"has {after!r} in place {place} and had {before!r}"
        return ""
    if isinstance(was, Data) and isinstance(now, Data):
        return data_differ(was.value, now.value, "")
    if isinstance(was, Text) and isinstance(now, Text):
        return _texts_differ(was.text, now.text)
    return ""


def content_summary(content: Content) -> dict[str, Any]:
    """A content in a few numbers and digests (see :mod:`nbdebt.export.summaries`)."""
    if isinstance(content, Table):
        rows = len(next(iter(content.columns.values()), []))
        columns = {
            name: {**({"dtype": content.types[name]} if name in content.types else {}), **column(values)}
            for name, values in content.columns.items()
        }
        return {"rows": rows, "columns": columns}
    if isinstance(content, Parts):
        return {f"{content.word}s": {name: content_summary(part) for name, part in content.parts.items()}}
    if isinstance(content, Picture):
        # A shade for each of 64 tiles: what can be seen, and no more.
        tiles = content.image.convert("L").resize((_TILES, _TILES), 4)
        return {"shape": list(content.image.size), "shades": list(tiles.tobytes())}
    if isinstance(content, Array):
        return {"dtype": content.dtype, "shape": content.shape, **column(content.values)}
    if isinstance(content, Data):
        small = len(repr(content.value)) <= _SMALL
        return {**({"data": content.value} if small else {}), "digest": digest([_rounded(content.value)])}
    lines = content.text.splitlines()
    return {"rows": len(lines), "digest": digest(lines)}


# Comparing


def _tables_differ(was: Table, now: Table) -> str:
    if list(was.columns) != list(now.columns):
        gone = [name for name in was.columns if name not in now.columns]
        new = [name for name in now.columns if name not in was.columns]
        if gone:
            return f"has no column `{gone[0]}` any more"
        return f"has a column `{new[0]}` more" if new else "has its columns in another order"
    for name, kind in was.types.items():
        if now.types.get(name) != kind:
            return f"has a column `{name}` of {now.types.get(name)}, which was {kind}"
    sizes = [len(next(iter(table.columns.values()), [])) for table in (was, now)]
    if sizes[0] != sizes[1]:
        return f"has {sizes[1]} rows and had {sizes[0]}"
    for name, before in was.columns.items():
        for row, (old, new) in enumerate(zip(before, now.columns[name], strict=True), 1):
            if not _same_item(old, new):
                return f"has {new!r} in row {row} of column `{name}` and had {old!r}"
    return ""


def _same_item(old: Any, new: Any) -> bool:
    if isinstance(old, str) and isinstance(new, str):
        return same_text(old, new)
    return close(old, new) or (old != old and new != new)


def _texts_differ(was: str, now: str) -> str:
    before, after = was.splitlines(), now.splitlines()
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if not same_text(old, new):
            return f"has {short(new)} in line {number} and had {short(old)}"
    return f"has {len(after)} lines and had {len(before)}" if len(before) != len(after) else ""


def _pictures_differ(was: Picture, now: Picture) -> str:
    sizes = [" × ".join(map(str, picture.image.size)) for picture in (was, now)]
    if sizes[0] != sizes[1]:
        return f"is {sizes[1]} pixels and was {sizes[0]}"
    share = pixels_apart(was.image, now.image)
    return f"is another picture: {max(share, 0.01):.0%} of its pixels differ" if share > PIXELS else ""


def pixels_apart(one: Any, other: Any) -> float:
    """The share of pixels in which two images (PIL's, in RGB, of one size) can be seen to differ."""
    from PIL import ImageChops

    histogram = ImageChops.difference(one, other).convert("L").histogram()
    return float(sum(histogram[_SHADE:]) / max(1, one.width * one.height))


def _rounded(value: Any) -> Any:
    """Nested values with numbers to nine places, as text stands for them."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.9g}"
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


# Reading


def _csv(data: bytes, name: str) -> Content:
    text = data.decode()
    delimiter = "\t" if PurePath(name.lower()).suffix == ".tsv" else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if (
        not rows
        or len(rows) > _ROWS
        or len({len(row) for row in rows}) > 1
        or len(set(rows[0])) < len(rows[0])
    ):
        return Text(text)
    return Table({head: [_number(row[n]) for row in rows[1:]] for n, head in enumerate(rows[0])})


def _number(text: str) -> float | str | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        return text
    return found if math.isfinite(found) else text


def _json(data: bytes, name: str) -> Content:
    if PurePath(name.lower()).suffix in (".jsonl", ".ndjson"):
        return Data([json.loads(line) for line in data.decode().splitlines() if line.strip()])
    return Data(json.loads(data))


def _gzip(data: bytes, name: str) -> Content | None:
    inner = gzip.decompress(data)
    stem = PurePath(name).stem
    return content_of(inner, stem) or Data([digest([inner])])


def _zip(data: bytes, name: str) -> Content:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {member: file.read(member) for member in file.namelist() if not member.endswith("/")}
    if PurePath(name.lower()).suffix != ".zip":
        # When it was made.
        members.pop("docProps/core.xml", None)
    parts = {key: content_of(inner, key) or Data([digest([inner])]) for key, inner in members.items()}
    return Parts("member", parts)


def _numpy(data: bytes, name: str) -> Content:
    import numpy

    found = numpy.load(io.BytesIO(data), allow_pickle=False)
    if isinstance(found, numpy.ndarray):
        return _array(found)
    with found:
        return Parts("array", {key: _array(found[key]) for key in found.files})


def _array(value: Any) -> Array:
    return Array(str(value.dtype), list(value.shape), value.ravel().tolist())


def _arrow(data: bytes, name: str) -> Content:
    if PurePath(name.lower()).suffix in (".parquet", ".pq"):
        from pyarrow import parquet  # type: ignore[import-untyped, unused-ignore]

        table = parquet.read_table(io.BytesIO(data))
    else:
        from pyarrow import feather  # type: ignore[import-untyped, unused-ignore]

        table = feather.read_table(io.BytesIO(data))
    kinds = {field.name: str(field.type) for field in table.schema}
    return Table({key: [_spelled(v) for v in values] for key, values in table.to_pydict().items()}, kinds)


def _excel(data: bytes, name: str) -> Content:
    try:
        from openpyxl import load_workbook  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return _zip(data, name)

    with closing(load_workbook(io.BytesIO(data), read_only=True)) as book:
        # All numbers of a sheet are of one kind: 2.0 is written as 2, and read as an integer.
        sheets = {
            sheet.title: [
                [float(item) if type(item) is int else item for item in row]
                for row in sheet.iter_rows(values_only=True)
            ]
            for sheet in book
        }
    return Parts("sheet", {title: _rows(rows) for title, rows in sheets.items()})


def _rows(rows: Sequence[Sequence[Any]]) -> Content:
    heads = [str(head) for head in rows[0]] if rows else []
    if len(set(heads)) < len(heads):
        return Data([[_spelled(item) for item in row] for row in rows])
    return Table({head: [_spelled(row[n]) for row in rows[1:]] for n, head in enumerate(heads)})


def _sqlite(data: bytes, name: str) -> Content:
    if not data.startswith(b"SQLite format 3\0"):
        raise ValueError("no SQLite file")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        named = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        parts: dict[str, Any] = {}
        for (table,) in named:
            if table.startswith("sqlite_"):
                continue
            quoted = table.replace('"', '""')
            found = connection.execute(f'SELECT * FROM "{quoted}" LIMIT {_ROWS}')
            heads = [column_[0] for column_ in found.description]
            rows = sorted(found.fetchall(), key=repr)
            parts[table] = Table({h: [_spelled(r[n]) for r in rows] for n, h in enumerate(heads)})
        return Parts("table", parts)


def _spelled(value: Any) -> Any:
    """A cell as a plain value."""
    if value is None or isinstance(value, str | int | float):
        return value
    return digest([value]) if isinstance(value, bytes) else str(value)


def _image(data: bytes, name: str) -> Content:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        shown = image.convert("RGB")
        return Picture(shown)


def _text(data: bytes, name: str) -> Content:
    return Text(data.decode())


_READERS: dict[str, Callable[[bytes, str], Content | None]] = {
    **dict.fromkeys((".csv", ".tsv"), _csv),
    **dict.fromkeys((".json", ".geojson", ".jsonl", ".ndjson"), _json),
    **dict.fromkeys(
        (".txt", ".md", ".html", ".dat", ".log", ".tex", ".yaml", ".yml", ".toml", ".xml"), _text
    ),
    **dict.fromkeys((".gz",), _gzip),
    **dict.fromkeys((".zip", ".docx"), _zip),
    **dict.fromkeys((".npy", ".npz"), _numpy),
    **dict.fromkeys((".parquet", ".pq", ".feather", ".arrow"), _arrow),
    **dict.fromkeys((".xlsx", ".xlsm"), _excel),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), _sqlite),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"), _image),
}
