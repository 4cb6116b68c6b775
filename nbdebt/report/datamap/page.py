"""The map as one page that holds all it needs: data, drawing, no address of any other place."""

import html as escape
import importlib.resources
import json
import re
from typing import Any

from nbdebt.datamap.layout import Place, lay_out
from nbdebt.datamap.model import Book, Data, DataMap, Link, Noted
from nbdebt.report.datamap.plain import summary, title, version_words
from nbdebt.report.plain import clean

_KINDS = {"notebook": 0, "script": 1, "file": 2, "pattern": 3, "url": 4, "table": 5, "unknown": 6}
_WHAT = {
    "notebook": "notebook",
    "script": "script",
    "file": "file",
    "pattern": "files, by a path that is partly computed",
    "url": "address",
    "table": "table",
    "unknown": "computed, so not known without running the notebook",
}
_ROOM = 700_000
"""About so many characters of findings are shown; of a thousand notebooks the first few each."""
_USES = 8


def html(found: DataMap) -> str:
    """The page."""
    linked = {end for link in found.links for end in (link.source, link.target)}
    # A notebook that touches no data has no place in the flow: it is listed.
    nodes = [node for node in found.nodes if node.id in linked]
    places, down = lay_out([node.id for node in nodes], [(link.source, link.target) for link in found.links])
    number = {node.id: i for i, node in enumerate(nodes)}
    most = max(2, _ROOM // (len(nodes) * 160 + 1))
    shown = {
        "down": down,
        "quiet": [clean(book.label) for book in found.books if book.id not in linked],
        "nodes": [
            _book(node, places[node.id], most)
            if isinstance(node, Book)
            else _data(node, places[node.id], found, most)
            for node in nodes
        ],
        "links": [_link(link, number) for link in found.links],
        "loops": [
            [number[i] for pair in zip(loop.books, loop.data, strict=True) for i in pair]
            for loop in found.loops
        ],
    }
    files = importlib.resources.files("nbdebt.report.datamap")
    filled = {
        "title": escape.escape(title(found)),
        "summary": escape.escape(summary(found)),
        "map": _json(shown),
        "script": files.joinpath("map.js").read_text(encoding="utf-8"),
    }
    page = files.joinpath("map.html").read_text(encoding="utf-8")
    # In one go: what is filled in may look like a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], page)


def _json(shown: Any) -> str:
    """JSON as it can stand in a script element: no character begins a tag, a comment or an entity."""
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _book(book: Book, place: Place, most: int) -> list[Any]:
    verdict = {
        True: "✓ Restart & Run All gives the saved results",
        False: "✗ Restart & Run All gives other results",
    }
    more: dict[str, Any] = {"what": _WHAT[book.kind], "reproduces": book.reproduces}
    if book.reproduces is not None:
        more["verdict"] = verdict[book.reproduces]
    if book.problem:
        more["problem"] = clean(book.problem)
    return [_KINDS[book.kind], clean(book.label), *place, more | _findings(book.findings, most)]


def _data(data: Data, place: Place, found: DataMap, most: int) -> list[Any]:
    more: dict[str, Any] = {"what": _WHAT[data.kind]}
    lines = [version_words(data), data.declared, data.exposed]
    if data.exists is False and data.versioned != "absent":
        lines.append("not there now")
    if said := [clean(line) for line in lines if line]:
        more["lines"] = said
    if data.id in found.unread:
        more["unread"] = True
    if data.id in found.unmade:
        more["unmade"] = True
    return [_KINDS[data.kind], clean(data.label), *place, more | _findings(data.findings, most)]


def _findings(findings: tuple[Noted, ...], most: int) -> dict[str, Any]:
    if not findings:
        return {}
    # Notes last: of many, the first are shown.
    ordered = sorted(findings, key=lambda noted: noted.severity == "note")
    shown = [[n.code, n.name, n.severity, clean(n.where), clean(n.message)] for n in ordered[:most]]
    return {"findings": shown} | ({"more": len(ordered) - most} if len(ordered) > most else {})


def _link(link: Link, number: dict[str, int]) -> list[Any]:
    uses = [[clean(use.where), clean(use.text), clean(use.via)] for use in link.uses[:_USES]]
    return [number[link.source], number[link.target], link.kind, *([uses] if uses else [])]
