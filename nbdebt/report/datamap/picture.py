"""The map as a picture within another page: no script, for as many nodes as can be read there."""

from html import escape

from nbdebt.datamap.layout import HEIGHT, WIDTH, Place, lay_out
from nbdebt.datamap.model import Book, Data, DataMap
from nbdebt.report.plain import clean, shortened

_MOST = 60
_MARGIN = 8
_LETTERS = 27
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
)


def picture(found: DataMap) -> str:
    """The map as SVG; empty where it has nothing to draw, or too much to be read."""
    linked = {end for link in found.links for end in (link.source, link.target)}
    nodes = [node for node in found.nodes if node.id in linked]
    if not nodes or len(nodes) > _MOST:
        return ""
    links = [(link.source, link.target) for link in found.links]
    places, down = lay_out([node.id for node in nodes], links)
    wide = max(place.x for place in places.values()) + WIDTH
    tall = max(place.y for place in places.values()) + HEIGHT
    looped = {one for loop in found.loops for one in (*loop.books, *loop.data)}
    lines = "".join(
        _line(places[link.source], places[link.target], down, {link.source, link.target} <= looped)
        for link in found.links
        if link.source != link.target
    )
    boxes = "".join(_box(node, places[node.id], found) for node in nodes)
    box = f"{-_MARGIN} {-_MARGIN} {wide + 2 * _MARGIN} {tall + 2 * _MARGIN}"
    label = f"{len(found.books)} notebooks, {len(found.data)} data sets, and the flow between them"
    return (
        f'<figure class="map"><svg viewBox="{box}" style="max-width:{wide + 2 * _MARGIN}px" role="img" '
        f'aria-label="{label}">'
        f"{_ARROW}{lines}{boxes}</svg></figure>"
    )


def _line(source: Place, target: Place, down: bool, is_loop: bool) -> str:
    if down:
        x1, y1 = source.x + WIDTH // 2, source.y + HEIGHT
        x2, y2 = target.x + WIDTH // 2, target.y
        bend = max(24, abs(y2 - y1) // 2)
        curve = f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    else:
        x1, y1 = source.x + WIDTH, source.y + HEIGHT // 2
        x2, y2 = target.x, target.y + HEIGHT // 2
        bend = max(24, abs(x2 - x1) // 2)
        curve = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    is_back = target.y <= source.y if down else target.x <= source.x
    if is_back:
        # Against the flow: around the outside, from below to below, or from side to side.
        curve = _around(source, target, down)
    kind = f"link{' back' if is_back else ''}{' loop' if is_loop else ''}"
    return f'<path class="{kind}" d="{curve}" marker-end="url(#arrow)"/>'


def _around(source: Place, target: Place, down: bool) -> str:
    if down:
        x1, y1 = source.x + WIDTH, source.y + HEIGHT // 2
        x2, y2 = target.x + WIDTH, target.y + HEIGHT // 2
        return f"M{x1} {y1}C{x1 + 50} {y1} {x2 + 50} {y2} {x2} {y2}"
    x1, y1 = source.x + WIDTH // 2, source.y + HEIGHT
    x2, y2 = target.x + WIDTH // 2, target.y + HEIGHT
    return f"M{x1} {y1}C{x1} {y1 + 40} {x2} {y2 + 40} {x2} {y2}"


def _box(node: Book | Data, place: Place, found: DataMap) -> str:
    name = clean(node.label)
    if isinstance(node, Book):
        kind = {True: "book good", False: "book bad", None: "book"}[node.reproduces]
        severe = sum(noted.severity != "note" for noted in node.findings)
        below = f"{severe} finding{'' if severe == 1 else 's'}" if severe else ""
        corner = 6
    else:
        kind = "set"
        below = "nobody reads it" if node.id in found.unread else node.versioned.replace("-", " ")
        corner = HEIGHT // 2
    first = place.y + (19 if below else 27)
    text = f'<text x="{place.x + 14}" y="{first}">{escape(_short(name))}</text>'
    if below:
        text += f'<text class="less" x="{place.x + 14}" y="{place.y + 35}">{escape(below)}</text>'
    return (
        f'<g><title>{escape(name)}</title><rect class="{kind}" x="{place.x}" y="{place.y}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="{corner}"/>{text}</g>'
    )


def _short(name: str) -> str:
    """The end of a name says more than its beginning."""
    if len(name) <= _LETTERS:
        return name
    last = name.rstrip("/").rpartition("/")[2]
    return f"…/{last}" if len(last) < _LETTERS - 2 and last != name else shortened(name, _LETTERS)
