"""Whether a cell shows the same: text with tolerances, tables, figures; not what differs by nature."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from nbdebt.export.compare import close, lines_of, same_text
from nbdebt.export.contents import PIXELS, pixels_apart

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# Ids that libraries make up anew for each display: pandas' styles, plotly, bokeh, scikit-learn, UUIDs.
_IDS = re.compile(
    r"\bT_[0-9a-f]{5}|sk-container-id-\d+|sk-estimator-id-\d+|altair-viz-[0-9a-f]+"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\bp\d{4,}\b"
)
_OBJECT = re.compile(r"<[\w.]+(?: object)? at 0x>|alt\.\w+\(\.\.\.\)|^<IPython\.core\.display\.\w+ object>$")
_VIEW = "application/vnd.jupyter.widget-view+json"
_DATA = re.compile(
    r"application/vnd\.(?:plotly|vegalite|vega)\b.*json$|application/json$|application/geo\+json$"
)
_PICTURES = ("image/png", "image/jpeg")
_NAMED = {"uid", "uirevision", "usermeta", "data", "name"}


class Look(NamedTuple):
    """What a cell shows, in order, without what differs by nature.

    Args:
        text: the lines that it prints.
        shown: its results and displays, each as a mime bundle.
        error: class and message of what it raised.
    """

    text: list[str]
    shown: list[Mapping[str, Any]]
    error: tuple[str, str] | None


class Contrast(NamedTuple):
    """How two looks differ: in words, and the first that differs of each."""

    what: str
    was: str
    now: str


def look(outputs: Sequence[Mapping[str, Any]]) -> Look:
    """A cell's outputs (as nbformat has them) without standard error, times, addresses and made-up ids."""
    printed: list[str] = []
    shown: list[Mapping[str, Any]] = []
    error: tuple[str, str] | None = None
    for output in outputs:
        kind = output.get("output_type")
        if kind == "stream":
            if output.get("name", "stdout") == "stdout":
                printed.append(_joined(output.get("text", "")))
        elif kind in ("display_data", "execute_result"):
            data = output.get("data") or {}
            if data and _VIEW not in data:
                shown.append(data)
        elif kind == "error":
            error = str(output.get("ename", "")), _plain(str(output.get("evalue", "")))
    return Look(lines_of([_plain(_overwritten("".join(printed)))]), shown, error)


def contrast(one: Look, other: Look) -> Contrast | None:
    """How the second differs from the first; None where it doesn't."""
    if other.error != one.error:
        if other.error is None:
            return Contrast("raises nothing", one.error[0] if one.error else "", "no error")
        said = ": ".join(filter(None, other.error))
        if one.error is None or one.error[0] != other.error[0]:
            return Contrast(
                f"raises {other.error[0]}", ": ".join(one.error) if one.error else "no error", said
            )
        if not same_text(one.error[1], other.error[1]):
            return Contrast("raises with another message", ": ".join(one.error), said)
    for was, now in _lines(one.text, other.text):
        if was is None or now is None or not _same_line(was, now):
            what = "prints something else" if was is not None and now is not None else "prints more"
            return Contrast("prints less" if now is None else what, was or "nothing", now or "nothing")
    for before, after in zip(one.shown, other.shown, strict=False):
        found = _bundles(before, after)
        if found is not None:
            return found
    if len(one.shown) != len(other.shown):
        less = len(other.shown) < len(one.shown)
        left, right = (
            _first(side.shown[len(rest.shown)]) if len(side.shown) > len(rest.shown) else "nothing"
            for side, rest in ((one, other), (other, one))
        )
        return Contrast("shows less" if less else "shows more", left, right)
    return None


def _same_line(one: str, other: str) -> bool:
    """Columns of a table are as wide as their widest value: how far apart words stand is no result."""
    return same_text(" ".join(one.split()), " ".join(other.split()))


def _lines(one: list[str], other: list[str]) -> list[tuple[str | None, str | None]]:
    most = max(len(one), len(other))
    padded = ([*lines, *[None] * (most - len(lines))] for lines in (one, other))
    return list(zip(*padded, strict=True))


def _bundles(one: Mapping[str, Any], other: Mapping[str, Any]) -> Contrast | None:
    """Two displays: by what of them can be compared best."""
    for mime in one.keys() & other.keys():
        if _DATA.match(mime):
            same = close(_unnamed(_loaded(one[mime])), _unnamed(_loaded(other[mime])))
            return None if same else Contrast("shows another chart", _first(one), _first(other))
    pictures = [mime for mime in _PICTURES if mime in one and mime in other]
    if pictures:
        if any(_same_picture(one[mime], other[mime]) is False for mime in pictures):
            return Contrast("shows another figure", _first(one), _first(other))
        return None
    left, right = (_plain(_joined(side.get("text/plain", ""))) for side in (one, other))
    for was, now in _lines(left.splitlines(), right.splitlines()):
        if was is None or now is None or not _same_line(was, now):
            return Contrast("shows something else", was or "nothing", now or "nothing")
    if left and not _OBJECT.search(left):
        return None
    pages = [_IDS.sub("", _plain(_joined(side.get("text/html", "")))) for side in (one, other)]
    if all(pages) and not same_text(*pages):
        was, now = next(
            (
                pair
                for pair in zip(*(page.splitlines() for page in pages), strict=False)
                if pair[0] != pair[1]
            ),
            (_first(one), _first(other)),
        )
        return Contrast("shows something else", was.strip(), now.strip())
    return None


def _same_picture(one: str, other: str) -> bool | None:
    """Whether two pictures look the same; None where that can't be known."""
    if one.strip() == other.strip():
        return True
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        left, right = (
            Image.open(BytesIO(base64.b64decode(picture))).convert("RGB") for picture in (one, other)
        )
    except (OSError, ValueError):
        return None
    if abs(left.width - right.width) > 4 or abs(left.height - right.height) > 4:
        return False
    size = min(left.width, right.width), min(left.height, right.height)
    return pixels_apart(left.crop((0, 0, *size)), right.crop((0, 0, *size))) <= PIXELS


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _unnamed(value: Any) -> Any:
    """Without the names that plotting libraries make up."""
    if isinstance(value, Mapping):
        return {k: _unnamed(v) for k, v in value.items() if not (k in _NAMED and isinstance(v, str))}
    return [_unnamed(item) for item in value] if isinstance(value, list) else value


def _first(bundle: Mapping[str, Any]) -> str:
    text = _plain(_joined(bundle.get("text/plain", ""))) or ", ".join(sorted(bundle))
    return text.splitlines()[0]


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _plain(text: str) -> str:
    return _ADDRESS.sub("0x", _ANSI.sub("", text))


def _overwritten(text: str) -> str:
    """A line as a terminal leaves it: what stands behind the last carriage return."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
