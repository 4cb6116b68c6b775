"""Values without parts: numbers, texts, bytes, dates, paths, patterns."""

import array
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from io import BytesIO, StringIO
from marshal import dumps
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from types import EllipsisType, NoneType, NotImplementedType
from typing import Any
from zoneinfo import ZoneInfo

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.instances import instance
from nbdebt.live.fingerprints.kinds import reads, reads_library
from nbdebt.live.fingerprints.nodes import BLOCKS, BYTE_COST, Node, spread_blocks, words
from nbdebt.live.fingerprints.peek import is_user_class, mro, own_dict, type_name
from nbdebt.live.fingerprints.walk import Walk


def plain(value: object) -> bytes:
    """The digest of a plain value (an exact built-in number or text), as a value by itself."""
    return xxh3_128_digest(dumps(value, 2))  # type: ignore[arg-type]


@reads(bool, NoneType, EllipsisType)
def _constant(walk: Walk, value: Any) -> bytes | Node:
    return plain(value)


@reads(NotImplementedType)
def _not_implemented(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(b"NotImplemented")


@reads(int)
def _int(walk: Walk, value: int) -> bytes | Node:
    return plain(int.__int__(value))


@reads(float)
def _float(walk: Walk, value: float) -> bytes | Node:
    return plain(float.__float__(value))


@reads(complex)
def _complex(walk: Walk, value: complex) -> bytes | Node:
    return plain(complex.__complex__(value))


@reads(str)
def _str(walk: Walk, value: str) -> bytes | Node:
    text = value if type(value) is str else str.__str__(value)
    size = len(text)
    if walk.affords(size * BYTE_COST * 2, size):
        return plain(text)
    most = max(64, min(65_536, int(walk.left / BYTE_COST / 2) // BLOCKS))
    walk.sampled(f"a text of {words(size)}: {BLOCKS} pieces were read")
    pieces = [text[i : i + most] for i in spread_blocks(size, most)]
    return xxh3_128_digest(dumps((size, pieces), 2))


@reads(bytes)
def _bytes(walk: Walk, value: bytes) -> bytes | Node:
    data = value if type(value) is bytes else bytes.__getitem__(value, slice(None))
    return plain(data) if len(data) <= 4096 else walk.memory(b"bytes", data, len(data))


@reads(bytearray)
def _bytearray(walk: Walk, value: bytearray) -> bytes | Node:
    walk.touch(value)
    data = value if type(value) is bytearray else bytearray.__getitem__(value, slice(None))
    return walk.memory(b"bytearray", data, len(data))


@reads(memoryview)
def _memoryview(walk: Walk, value: memoryview) -> bytes | Node:
    walk.touch(value.obj)
    kind = f"memoryview:{value.format}:{value.shape}".encode()
    data = value if value.c_contiguous else value.tobytes()
    return walk.memory(kind, memoryview(data).cast("B") if value.nbytes else b"", value.nbytes)


_array_code = array.array.__dict__["typecode"].__get__


@reads(array.array)
def _array(walk: Walk, value: "array.array[Any]") -> bytes | Node:
    walk.touch(value)
    kind = b"array:" + _array_code(value).encode()
    data = value if type(value) is array.array else array.array.__getitem__(value, slice(None))
    if not data:
        return xxh3_128_digest(kind)
    return walk.memory(kind, memoryview(data).cast("B"), len(data) * data.itemsize)


@reads(range)
def _range(walk: Walk, value: range) -> bytes | Node:
    return Node(b"range", [value.start, value.stop, value.step])


@reads(slice)
def _slice(walk: Walk, value: slice) -> bytes | Node:
    return Node(b"slice", [value.start, value.stop, value.step])


@reads(datetime)
def _datetime(walk: Walk, value: datetime) -> bytes | Node:
    return Node(b"datetime", [*datetime.__reduce__(value)[1], datetime.__dict__["fold"].__get__(value)])


@reads(date)
def _date(walk: Walk, value: date) -> bytes | Node:
    return Node(b"date", list(date.__reduce__(value)[1]))


@reads(time)
def _time(walk: Walk, value: time) -> bytes | Node:
    return Node(b"time", [*time.__reduce__(value)[1], time.__dict__["fold"].__get__(value)])


_days, _seconds, _microseconds = (timedelta.__dict__[n].__get__ for n in ("days", "seconds", "microseconds"))


@reads(timedelta)
def _timedelta(walk: Walk, value: timedelta) -> bytes | Node:
    return Node(b"timedelta", [_days(value), _seconds(value), _microseconds(value)])


@reads(timezone)
def _timezone(walk: Walk, value: timezone) -> bytes | Node:
    return Node(b"timezone", list(timezone.__getinitargs__(value)))  # type: ignore[attr-defined]


@reads(ZoneInfo)
def _zone(walk: Walk, value: ZoneInfo) -> bytes | Node:
    return Node(b"zone", [ZoneInfo.__dict__["key"].__get__(value)])


@reads(Decimal)
def _decimal(walk: Walk, value: Decimal) -> bytes | Node:
    sign, digits, exponent = Decimal.as_tuple(value)
    return Node(b"decimal", [sign, digits, exponent])


@reads_library("uuid:UUID", "fractions:Fraction")
def _by_slots(walk: Walk, value: Any) -> bytes | Node:
    return instance(walk, value)


@reads_library("pathlib:PurePath")
def _path(walk: Walk, value: PurePath) -> bytes | Node:
    # Parsed parts and texts are cached in it as it is used: what it was made of stays the same.
    if hasattr(PurePath, "_raw_paths"):
        raw = list(PurePath.__dict__["_raw_paths"].__get__(value))
        if all(type(x) is str for x in raw):
            kind = PureWindowsPath if PureWindowsPath in mro(type(value)) else PurePosixPath
            raw = [kind.__name__, str(kind(*raw))]
    else:
        raw = [PurePath.__dict__[name].__get__(value) for name in ("_drv", "_root", "_parts")]
    own: list[Any] = [type(value), own_dict(value)] if is_user_class(type(value)) else []
    return Node(b"path:" + type_name(type(value)).encode("utf-8", "replace"), [*own, *raw])


@reads(re.Pattern)
def _pattern(walk: Walk, value: "re.Pattern[Any]") -> bytes | Node:
    return Node(b"pattern", [value.pattern, value.flags])


@reads(re.Match)
def _match(walk: Walk, value: "re.Match[Any]") -> bytes | Node:
    return Node(b"match", [value.re, value.string, value.pos, value.endpos, value.regs])


@reads(BytesIO)
def _bytes_io(walk: Walk, value: BytesIO) -> bytes | Node:
    walk.touch(value)
    if BytesIO.__dict__["closed"].__get__(value):
        return xxh3_128_digest(b"closed BytesIO")
    data = BytesIO.getvalue(value)
    return Node(b"BytesIO", [BytesIO.tell(value), data])


@reads(StringIO)
def _string_io(walk: Walk, value: StringIO) -> bytes | Node:
    walk.touch(value)
    if StringIO.__dict__["closed"].__get__(value):
        return xxh3_128_digest(b"closed StringIO")
    return Node(b"StringIO", [StringIO.tell(value), StringIO.getvalue(value)])
