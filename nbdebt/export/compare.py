"""What is equal: values with tolerances, printed text line by line."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbdebt.export.model import Held

RELATIVE = 1e-9
ABSOLUTE = 1e-12
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
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


def data_differ(was: Any, now: Any, where: str = "") -> str:
    """How nested plain values differ, in words: the first place; empty where they don't.

    Args:
        was: what it is compared with.
        now: what it is now.
        where: the place within a larger value.
    """
    place = f" at {where}" if where else ""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        if gone := [key for key in was if key not in now]:
            return f"has no {_key(where, gone[0])} any more"
        if new := [key for key in now if key not in was]:
            return f"has {_key(where, new[0])}, which it hadn't"
        if list(was) != list(now):
            return f"has its keys{place} in another order"
        return next(filter(None, (data_differ(was[k], now[k], _key(where, k)) for k in was)), "")
    if isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            return f"has {len(now)} items{place} and had {len(was)}"
        pairs = enumerate(zip(was, now, strict=True))
        return next(filter(None, (data_differ(a, b, f"{where}[{n}]") for n, (a, b) in pairs)), "")
    return "" if close(was, now) else f"has {short(now)}{place} and had {short(was)}"


def _key(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def short(value: object) -> str:
    """How a value is written, cut off where that is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def same_text(left: str, right: str) -> bool:
    """Equal but for the last digits of numbers."""
    if left == right:
        return True
    return _NUMBER.split(left) == _NUMBER.split(right) and all(
        a == b or close(float(a), float(b))
        for a, b in zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    )


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
