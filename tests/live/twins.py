"""What the tests of fingerprints share: twins and cousins, what changed, what meets."""

from collections.abc import Callable
from typing import Any

import pytest

from nbdebt.live.fingerprints import Fingerprint, Fingerprinter

take = Fingerprinter().take

Make = Callable[[], Any]


def rows(*cases: tuple[str, Make, Make] | tuple[str, Make, Make, Make]) -> Any:
    return [pytest.param(c[1], c[2], c[3] if len(c) > 3 else c[1], id=c[0]) for c in cases]


def check(value: Any, other: Any, twin: Any, exact: bool = True) -> None:
    found, same, different = take(value), take(twin), take(other)
    assert found.digest == same.digest
    assert found.digest == take(value).digest
    assert found.digest != different.digest
    assert (found.exactness, found.why) == ("exact", "") or not exact
    marker = object()
    assert take([value, marker]).digest == take([twin, marker]).digest != take([other, marker]).digest


def changed(before: Fingerprint, after: Fingerprint) -> set[str]:
    assert before.parts is not None and after.parts is not None
    return {p for p in {*before.parts, *after.parts} if before.parts.get(p) != after.parts.get(p)}


def meets(one: Any, other: Any) -> bool:
    a, b = take(one).reach, take(other).reach
    return a is None or b is None or bool(a & b)
