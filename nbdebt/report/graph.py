"""The data-flow graph as text, Mermaid, DOT, JSON, and a page to explore."""

import html as escape
import importlib.resources
import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from nbdebt.flow.graph import Edge, Graph, Node
from nbdebt.report.plain import clean

_STATES = {
    "same": "✓ same",
    "stale": "~ stale",
    "differs": "≠ differs",
    "fails": "✗ fails",
    "unknown": "? unknown",
    "never-run": "○ never run",
}

_STREAM = {"stream": " random stream"}


def as_json(graph: Graph) -> str:
    """``{"version": 1, "path", "nodes", "edges"}``; fields as in :mod:`nbdebt.flow.graph`."""
    return json.dumps({"version": 1, **msgspec.to_builtins(graph)}, indent=2, ensure_ascii=False) + "\n"


def flow_object(graph: Graph, ids: Sequence[str]) -> dict[str, Any]:
    """The graph for the panel of JupyterLab: ``flow`` of ``wire.schema.json``.

    Args:
        graph: the graph.
        ids: of the cells, by document index.
    """
    nodes = [
        {
            "id": node.id,
            "kind": node.kind,
            "label": node.label + _STREAM.get(node.kind, ""),
            "cell": "" if node.cell is None else ids[node.cell],
            "index": node.cell,
            "state": node.state,
            "text": node.text,
        }
        for node in graph.nodes
    ]
    return {"nodes": nodes, "edges": msgspec.to_builtins(graph.edges)}


def text(graph: Graph) -> str:
    """Cell by cell: its state, what it takes from where, and what goes in and out."""
    labels = {node.id: clean(node.label) + _STREAM.get(node.kind, "") for node in graph.nodes}
    incoming: dict[str, list[Edge]] = {}
    outgoing: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        incoming.setdefault(edge.target, []).append(edge)
        outgoing.setdefault(edge.source, []).append(edge)
    lines = [clean(graph.path)]
    for node in graph.nodes:
        if node.kind != "cell":
            continue
        state = f"  ({_STATES[node.state]})" if node.state else ""
        lines.append(f"  {labels[node.id]}{state}  {clean(node.text)[:70]}")
        lines += [
            f"    ← {_names(edge)}{labels[edge.source]}{_remark(edge)}" for edge in incoming.get(node.id, [])
        ]
        lines += [
            f"    → {labels[edge.target]}" for edge in outgoing.get(node.id, []) if edge.kind == "outside"
        ]
    return "\n".join(lines) + "\n"


def _names(edge: Edge) -> str:
    return clean(", ".join(edge.names)) + " from " if edge.names else ""


def _remark(edge: Edge) -> str:
    if edge.kind == "session":
        return "  (only as it was run)"
    return "  (only when run top to bottom)" if edge.kind == "replay" else ""


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart; dashed edges are those of the session that a replay does not repeat."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for node in graph.nodes:
        label = mermaid_text(node.label + (f": {node.text[:40]}" if node.text else ""))
        shape = {"cell": f'["{label}"]', "stream": f'{{{{"{label}"}}}}'}.get(node.kind, f'[("{label}")]')
        lines.append(f"  {ids[node.id]}{shape}")
    for edge in graph.edges:
        names = mermaid_text(", ".join(edge.names))
        arrow = {"session": "-.->", "replay": "==>"}.get(edge.kind, "-->")
        lines.append(
            f"  {ids[edge.source]} {arrow}" + (f'|"{names}"|' if names else "") + f" {ids[edge.target]}"
        )
    for state in ("stale", "differs", "fails"):
        members = [ids[n.id] for n in graph.nodes if n.state == state]
        if members:
            lines.append(f"  class {','.join(members)} {state}")
    lines += [
        "  classDef stale stroke-dasharray: 4",
        "  classDef differs stroke-width: 3px",
        "  classDef fails stroke-width: 4px",
    ]
    return "\n".join(lines) + "\n"


def mermaid_text(text: str) -> str:
    """Text as it can stand in quotes in a Mermaid diagram."""
    return (
        clean(text)
        .replace("&", "#amp;")
        .replace('"', "#quot;")
        .replace("<", "#lt;")
        .replace(">", "#gt;")
        .replace("`", "#96;")
    )


def dot(graph: Graph) -> str:
    """Graphviz DOT."""
    lines = [
        "digraph notebook {",
        "  rankdir=TB;",
        '  node [fontname="sans-serif", shape=box, style=rounded];',
    ]
    for node in graph.nodes:
        label = node.label + (f"\n{node.text[:40]}" if node.text else "")
        shape = {"cell": "", "stream": ", shape=hexagon"}.get(node.kind, ", shape=cylinder")
        bold = ", penwidth=2" if node.state in ("stale", "differs", "fails") else ""
        lines.append(f"  {dot_text(node.id)} [label={dot_text(label)}{shape}{bold}];")
    for edge in graph.edges:
        style = {"session": ", style=dashed", "replay": ", style=bold"}.get(edge.kind, "")
        ends = f"{dot_text(edge.source)} -> {dot_text(edge.target)}"
        lines.append(f"  {ends} [label={dot_text(', '.join(edge.names))}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def dot_text(text: str) -> str:
    """Text as a quoted string of DOT."""
    shown = "\n".join(clean(line) for line in text.split("\n"))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# The page

_WIDTH, _HEIGHT, _GAP, _SIDE = 340, 46, 22, 220
_LEFT, _ROOM, _RIGHT, _TOP = 20, 110, 170, 20
# Characters that fit in a box, of the fonts of its two lines.
_HEAD, _CODE, _AT_SIDE, _ON_EDGE = 48, 48, 32, 28
_WHAT = {"stream": "random stream", "url": "URL"}

Places = dict[str, tuple[int, int, int]]
"""Where nodes stand: left edge, upper edge, width."""


def html(graph: Graph) -> str:
    """A page with the graph drawn: cells in document order down the middle, sources left, outputs right."""
    places = _places(graph)
    rank = {node.id: number for number, node in enumerate(graph.nodes)}
    drawn = [_edge(edge, places, rank) for edge in graph.edges] + [
        _node(node, places[node.id], rank) for node in graph.nodes
    ]
    tall = max((y for _, y, _ in places.values()), default=0) + _HEIGHT + _TOP
    ends = [
        x + w + (_RIGHT if node.kind == "cell" else _LEFT)
        for node in graph.nodes
        for x, _, w in [places[node.id]]
    ]
    wide = max(ends, default=_LEFT)
    filled = {
        "title": escape.escape(clean(graph.path)),
        "size": f'width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}"',
        "graph": "\n".join(drawn),
    }
    page = importlib.resources.files("nbdebt.report").joinpath("graph.html").read_text(encoding="utf-8")
    # In one go: what is filled in may look like a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], page)


def _places(graph: Graph) -> Places:
    """Cells down the middle; what is outside beside the first cell that touches it, below one another."""
    cells = [node for node in graph.nodes if node.kind == "cell"]
    inside = {node.id for node in cells}
    comes_in = any(e.kind == "outside" and e.source not in inside for e in graph.edges)
    middle = _LEFT + (_SIDE + _ROOM) * comes_in
    places: Places = {
        node.id: (middle, _TOP + row * (_HEIGHT + _GAP), _WIDTH) for row, node in enumerate(cells)
    }
    sources: set[str] = set()
    rows: dict[str, int] = {}
    for edge in graph.edges:
        if edge.kind == "outside":
            into = edge.source in places
            cell, other = (edge.source, edge.target) if into else (edge.target, edge.source)
            row = places[cell][1] if cell in places else _TOP
            rows[other] = min(rows.get(other, row), row)
            if not into:
                sources.add(other)
    outside = sorted((n for n in graph.nodes if n.kind != "cell"), key=lambda n: rows.get(n.id, 0))
    below = {True: _TOP, False: _TOP}
    for node in outside:
        left = node.id in sources
        y = max(below[left], rows.get(node.id, _TOP))
        places[node.id] = (_LEFT if left else middle + _WIDTH + _RIGHT, y, _SIDE)
        below[left] = y + _HEIGHT + 8
    return places


def _edge(edge: Edge, places: Places, rank: dict[str, int]) -> str:
    x1, y1, w1 = places[edge.source]
    x2, y2, w2 = places[edge.target]
    # What goes out leaves the lower half of a box, what comes in enters the upper half.
    a, b = y1 + _HEIGHT * 2 // 3, y2 + _HEIGHT // 3
    names = ""
    if x1 == x2:
        # Between cells: an arc on the right, the wider the further.
        reach = min(24 + abs(y2 - y1) // 6, _RIGHT - 30)
        start, end = x1 + w1, x2 + w2
        path = f"M{start},{a} C{start + reach},{a} {end + reach},{b} {end + 5},{b}"
        shown = escape.escape(_short(clean(", ".join(edge.names)), _ON_EDGE))
        names = f'<text x="{start + reach * 3 // 4 + 5}" y="{(a + b) // 2 + 4}">{shown}</text>'
    else:
        start, end = (x1 + w1, x2 - 5) if x1 < x2 else (x1, x2 + w2 + 5)
        half = (start + end) // 2
        path = f"M{start},{a} C{half},{a} {half},{b} {end},{b}"
    title = escape.escape(clean(", ".join(edge.names)) + _remark(edge))
    return (
        f'<g class="edge {edge.kind}" data-from="{rank[edge.source]}" data-to="{rank[edge.target]}">'
        f'<title>{title}</title><path d="{path}"/>{names}</g>'
    )


def _node(node: Node, place: tuple[int, int, int], rank: dict[str, int]) -> str:
    x, y, w = place
    name = clean(node.label)
    if node.kind == "cell":
        head = name + (f" · {_STATES[node.state]}" if node.state else "")
        lines = [_short(head, _HEAD), _short(clean(node.text), _CODE)]
    else:
        # The end of a path says more than its beginning.
        shown = name if len(name) <= _AT_SIDE else "…" + name[1 - _AT_SIDE :]
        lines = [shown, _WHAT.get(node.kind, node.kind)]
    head, second = (escape.escape(line) for line in lines)
    title = escape.escape(clean(f"{node.label} {node.text}".strip()))
    described = escape.escape(f"{name}, {lines[1]}", quote=True)
    return (
        f'<g class="node {node.kind} {node.state or ""}" tabindex="0" role="button" '
        f'aria-label="{described}" data-id="{rank[node.id]}"><title>{title}</title>'
        f'<rect x="{x}" y="{y}" width="{w}" height="{_HEIGHT}" rx="{4 if node.kind == "cell" else 14}"/>'
        f'<text x="{x + 12}" y="{y + 19}" class="head">{head}</text>'
        f'<text x="{x + 12}" y="{y + 36}" class="code">{second}</text></g>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
