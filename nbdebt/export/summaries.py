"""What of a value can stand in a test: small plain values themselves, of large ones a few numbers.

A summary is a ``dict`` of plain values. It says nothing that isn't a number, a name of a type or column, a
length or a digest: rows and texts of the data don't land in a file.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from nbdebt.export.compare import close, data_differ

RELATIVE = 1e-9
_LONGEST = 2_000_000
# What another font or antialiasing makes of a tile of a picture, at most.
_SHADES = 6
_SCALED = frozenset(("min", "max", "mean", "order"))


def summary(value: object, kind: str) -> dict[str, Any]:
    """A value in a few words: its type; of tables and arrays their shape and what describes the columns.

    No code of the user's is run: what isn't of a known library's own types is known by its type only.

    Args:
        value: any value.
        kind: the name of its type, with its module.
    """
    found: dict[str, Any] = {"type": kind}
    top = type(value).__module__.partition(".")[0]
    if top in ("pandas", "polars", "numpy") and top in sys.modules:
        found.update(_of_library(value, top))
    elif type(value) in (str, bytes):
        found.update(length=len(value), digest=digest([value]))  # type: ignore[arg-type]
    elif type(value) in (list, tuple, set, frozenset, dict):
        found["length"] = len(value)  # type: ignore[arg-type]
        if type(value) in (list, tuple) and 0 < len(value) <= _LONGEST:  # type: ignore[arg-type]
            items = list(value)  # type: ignore[call-overload]
            if all(type(item) in (int, float, bool) for item in items):
                found.update(column(items))
    return found


def _of_library(value: Any, top: str) -> dict[str, Any]:
    name = type(value).__name__
    if top == "numpy" and name == "ndarray":
        found = {"dtype": str(value.dtype), "shape": list(value.shape)}
        if value.dtype.kind in "biuf" and value.size <= _LONGEST:
            found |= column(value.ravel().tolist())
        elif value.dtype.kind in "USMm" and value.size <= _LONGEST:
            found |= {"digest": digest(value.ravel().tolist())}
        return found
    if top == "pandas" and name in ("DataFrame", "Series") and value.size <= _LONGEST:
        if name == "Series":
            return {"dtype": str(value.dtype), "rows": len(value), **_series(value)}
        columns = {str(n): {"dtype": str(c.dtype), **_series(c)} for n, c in value.items()}
        return {"shape": list(value.shape), "columns": columns, "index": _series(value.index)}
    if top == "polars" and name in ("DataFrame", "Series") and len(value) <= _LONGEST:
        if name == "Series":
            return {"dtype": str(value.dtype), "rows": len(value), **column(value.to_list())}
        columns = {c.name: {"dtype": str(c.dtype), **column(c.to_list())} for c in value.get_columns()}
        return {"shape": list(value.shape), "columns": columns}
    return {}


def _series(values: Any) -> dict[str, Any]:
    """A pandas column; what it can't spell in plain values is known by its length."""
    kind = getattr(values.dtype, "kind", "O")
    if kind in "biuf":
        return column(values.to_numpy(dtype=float, na_value=math.nan).tolist())
    return column([None if item is None or item != item else _plain(item) for item in values.tolist()])


def _plain(item: object) -> object:
    kind = type(item)
    if kind in (str, int, float, bool, bytes):
        return item
    return (
        str(item)
        if kind.__module__ in ("datetime", "decimal") or "pandas" in kind.__module__
        else kind.__name__
    )


def column(values: Sequence[Any]) -> dict[str, Any]:
    """A column of plain values: numbers by extremes, mean, and what their order makes; texts by digest."""
    there = [v for v in values if v is not None and v == v]
    found: dict[str, Any] = {"missing": len(values) - len(there)} if len(there) < len(values) else {}
    if there and all(isinstance(v, int | float) for v in there):
        count = len(there)
        if any(math.isinf(v) for v in there):
            return found | {"digest": digest(values)}
        order = math.fsum(n * float(v) for n, v in enumerate(there, 1)) / count**2
        numbers = {"min": min(there), "max": max(there), "mean": math.fsum(there) / count, "order": order}
        return found | {key: float(number) for key, number in numbers.items()}
    return found | {"digest": digest(values)} if there else found


def digest(values: Iterable[object]) -> str:
    """Sixteen letters that stand for texts."""
    found = blake2b(digest_size=8)
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()


def summaries_differ(was: Mapping[str, Any], now: Mapping[str, Any], where: str = "") -> str:
    """How two summaries differ, in words; empty where they don't.

    Args:
        was: what is pinned.
        now: what is there.
        where: what they are summaries of, within what is compared: ``column `a` ``.
    """
    place = f"{where}: " if where else ""
    for key, word in (("rows", "rows"), ("length", "items")):
        if was.get(key) != now.get(key) and was.get("type") == now.get("type"):
            return f"{place}it has {_said(now.get(key))} {word}, had {_said(was.get(key))}"
    for key in ("type", "dtype", "shape", "rows", "length"):
        if was.get(key) != now.get(key):
            return f"{place}its {key} is {_said(now.get(key))}, was {_said(was.get(key))}"
    for key in was:
        before, after = was[key], now.get(key)
        if key == "data":
            if "data" in now and (how := data_differ(before, after)):
                return f"{place}it {how}"
        elif isinstance(before, Mapping):
            how = _parts_differ(key, before, after if isinstance(after, Mapping) else {}, where)
            if how:
                return how
        elif key in _SCALED:
            scale = max(abs(was.get("min", 0.0)), abs(was.get("max", 0.0)))
            same = isinstance(after, float | int) and math.isclose(
                before, after, rel_tol=RELATIVE, abs_tol=RELATIVE * scale
            )
            if not same and key == "order":
                return f"{place}the same numbers, in another order"
            if not same:
                return f"{place}its {key} is {_said(after)}, was {_said(before)}"
        elif key == "digest" and before != after:
            return f"{place}another content than before"
        elif key == "shades":
            if any(abs(a - b) > _SHADES for a, b in zip(before, after or (), strict=True)):
                return f"{place}another picture than before"
        elif key == "missing" and before != after:
            return f"{place}{_said(after or 0)} values are missing, were {_said(before)}"
        elif not close(before, after):
            return f"{place}its {key} is {_said(after)}, was {_said(before)}"
    if now.get("missing") and not was.get("missing"):
        return f"{place}{now['missing']} values are missing, were none"
    return ""


def _parts_differ(key: str, was: Mapping[str, Any], now: Mapping[str, Any], where: str) -> str:
    """Columns, sheets, tables, members by their names."""
    word = {
        "columns": "column",
        "sheets": "sheet",
        "tables": "table",
        "arrays": "array",
        "members": "member",
    }.get(key)
    if word is None:
        return summaries_differ(was, now, f"{where}, {key}" if where else key)
    inside = f" of {where}" if where else ""
    if gone := [name for name in was if name not in now]:
        return f"{word} `{gone[0]}`{inside} is not there any more"
    if new := [name for name in now if name not in was]:
        return f"{word} `{new[0]}`{inside} is new"
    if list(was) != list(now):
        return f"the {key}{inside} are in another order: {', '.join(now)}"
    for name in was:
        if how := summaries_differ(was[name], now[name], f"{word} `{name}`{inside}"):
            return how
    return ""


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list):
        return " × ".join(map(str, value))
    return "none" if value is None else str(value)
