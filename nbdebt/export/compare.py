"""What is equal: values with tolerances, files by their format, printed text line by line."""

import gzip
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from nbdebt.export.model import Held

RELATIVE = 1e-9
ABSOLUTE = 1e-12
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_STAMPED = re.compile(
    rb"<dc:date>.*?</dc:date>|/CreationDate \(.*?\)|(?<=[\"#])[a-z]{1,2}[0-9a-f]{10}(?=[\")])", re.DOTALL
)
_NOT_OURS = re.compile(
    r"(?:Over)?[Ww]rit(?:ing|ten to) |Appending to |CPU times: |Wall time: |env: |/|[A-Z]:\\"
)
_TIMED = re.compile(r"\S+ [mnμµ]?s ± .* per loop")


def differ(one: Held, other: Held) -> str:
    """How two values differ; empty where they are equal, as far as can be seen."""
    if one.digest == other.digest:
        return ""
    if one.kind != other.kind:
        return f"is a {other.kind} and was a {one.kind}"
    if one.plain is not None and other.plain is not None:
        return "" if close(one.plain, other.plain) else "has another value"
    return "has another value"


def comparable(one: Held, other: Held) -> bool:
    """Whether anything of the values can be seen at all."""
    return "identity" not in (one.exactness, other.exactness) or one.digest != other.digest


def close(one: Any, other: Any) -> bool:
    """Deep equality: numbers within a tolerance, NaN equal to NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return (
            one == other
            or (math.isnan(one) and math.isnan(other))
            or math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(close(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


def files_differ(one: Path, other: Path) -> str:
    """How two files differ, by their format; empty where they don't."""
    if not other.is_file():
        return "was not written"
    if not one.is_file():
        return "is not there any more to compare with"
    before, after = one.read_bytes(), other.read_bytes()
    if before == after:
        return ""
    reader = _FORMATS.get(one.suffix.lower())
    if reader is not None:
        try:
            if reader(before, after):
                return ""
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            pass
    return "has another content"


def _texts(one: bytes, other: bytes) -> bool:
    return same_text(one.decode(), other.decode())


def same_text(left: str, right: str) -> bool:
    """Equal but for the last digits of numbers."""
    if left == right:
        return True
    return _NUMBER.split(left) == _NUMBER.split(right) and all(
        a == b or close(float(a), float(b))
        for a, b in zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    )


def _json(one: bytes, other: bytes) -> bool:
    return close(json.loads(one), json.loads(other))


def _gzip(one: bytes, other: bytes) -> bool:
    left, right = gzip.decompress(one), gzip.decompress(other)
    return left == right or _texts(left, right)


def _zip(one: bytes, other: bytes) -> bool:
    left, right = (zipfile.ZipFile(BytesIO(data)) for data in (one, other))
    return left.namelist() == right.namelist() and all(
        left.read(name) == right.read(name) or name == "docProps/core.xml" for name in left.namelist()
    )


def _stamped(one: bytes, other: bytes) -> bool:
    return _STAMPED.sub(b"", one) == _STAMPED.sub(b"", other)


_FORMATS: dict[str, Callable[[bytes, bytes], bool]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".md", ".html", ".dat"), _texts),
    **dict.fromkeys((".json", ".geojson"), _json),
    **dict.fromkeys((".gz",), _gzip),
    **dict.fromkeys((".zip", ".xlsx", ".docx", ".npz"), _zip),
    **dict.fromkeys((".svg", ".pdf"), _stamped),
}


def missing_line(expected: Sequence[str], printed: Iterable[str]) -> str | None:
    """The first of the expected lines that isn't printed after those before it; None where all are."""
    rest = iter([without_addresses(line) for line in printed])
    for line in expected:
        wanted = without_addresses(line)
        if not any(line == wanted for line in rest):
            return line
    return None


def without_addresses(line: str) -> str:
    """A line as every process prints it."""
    return _ADDRESS.sub("0x", line.rstrip())


def lines_of(texts: Iterable[str]) -> list[str]:
    """The lines of texts that a script prints too: not those in which IPython speaks of files and times."""
    return [
        line
        for text in texts
        for line in text.splitlines()
        if line.strip() and not _NOT_OURS.match(line) and not _TIMED.match(line)
    ]
