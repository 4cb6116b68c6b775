"""The data-flow graph as text, Mermaid, DOT, JSON, and a page to explore."""

import html as escape
import importlib.resources
import json

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


def as_json(graph: Graph) -> str:
    """``{"version": 1, "path", "nodes", "edges"}``; fields as in :mod:`nbdebt.flow.graph`."""
    return json.dumps({"version": 1, **msgspec.to_builtins(graph)}, indent=2, ensure_ascii=False) + "\n"


def text(graph: Graph) -> str:
    """Cell by cell: its state, what it takes from where, and what goes in and out."""
    labels = {node.id: clean(node.label) for node in graph.nodes}
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
        for edge in incoming.get(node.id, []):
            lines.append(f"    ← {_names(edge)}{labels[edge.source]}{_remark(edge)}")
        for edge in outgoing.get(node.id, []):
            if edge.kind == "outside":
                lines.append(f"    → {labels[edge.target]}")
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
        label = _mermaid(node.label + (f": {node.text[:40]}" if node.text else ""))
        shape = {"cell": f'["{label}"]', "stream": f'{{{{"{label}"}}}}'}.get(node.kind, f'[("{label}")]')
        lines.append(f"  {ids[node.id]}{shape}")
    for edge in graph.edges:
        names = _mermaid(", ".join(edge.names))
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


def _mermaid(text: str) -> str:
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
        lines.append(f"  {_dot(node.id)} [label={_dot(label)}{shape}{bold}];")
    for edge in graph.edges:
        style = {"session": ", style=dashed", "replay": ", style=bold"}.get(edge.kind, "")
        lines.append(
            f"  {_dot(edge.source)} -> {_dot(edge.target)} [label={_dot(', '.join(edge.names))}{style}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _dot(text: str) -> str:
    shown = "\n".join(clean(line) for line in text.split("\n"))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# The page

_WIDTH, _HEIGHT, _GAP, _SIDE = 250, 46, 26, 210


def html(graph: Graph) -> str:
    """A page with the graph drawn: cells in document order down the middle, sources left, outputs right."""
    cells = [n for n in graph.nodes if n.kind == "cell"]
    sources = {e.source for e in graph.edges if e.kind == "outside"}
    left = [n for n in graph.nodes if n.kind != "cell" and n.id in sources]
    right = [n for n in graph.nodes if n.kind != "cell" and n.id not in sources]
    places: dict[str, tuple[int, int, int]] = {}
    middle = _SIDE + 150
    for row, node in enumerate(cells):
        places[node.id] = (middle, 20 + row * (_HEIGHT + _GAP), _WIDTH)
    rows = {
        e.target: places[e.source][1] for e in graph.edges if e.source in places and e.target not in places
    }
    rows |= {
        e.source: places[e.target][1]
        for e in reversed(graph.edges)
        if e.target in places and e.source not in places
    }
    for column, nodes in ((20, left), (middle + _WIDTH + 150, right)):
        below = 20
        for node in sorted(nodes, key=lambda n: rows.get(n.id, 0)):
            y = max(below, rows.get(node.id, 20))
            places[node.id] = (column, y, _SIDE)
            below = y + _HEIGHT + 10
    tall = max((y for _, y, _ in places.values()), default=0) + _HEIGHT + 30
    wide = middle + _WIDTH + 150 + _SIDE + 20
    body = "".join(_edge(edge, places) for edge in graph.edges) + "".join(
        _node(node, places[node.id]) for node in graph.nodes
    )
    page = importlib.resources.files("nbdebt.report").joinpath("graph.html").read_text(encoding="utf-8")
    return (
        page.replace("{{title}}", escape.escape(clean(graph.path)))
        .replace("{{size}}", f'viewBox="0 0 {wide} {tall}"')
        .replace("{{graph}}", body)
    )


def _edge(edge: Edge, places: dict[str, tuple[int, int, int]]) -> str:
    x1, y1, w1 = places[edge.source]
    x2, y2, w2 = places[edge.target]
    a, b = y1 + _HEIGHT // 2, y2 + _HEIGHT // 2
    if x1 == x2:
        # Between cells: an arc on the right, the wider the further.
        reach = min(30 + abs(y2 - y1) // 5, 130)
        start, end = x1 + w1, x2 + w2
        path = f"M{start},{a} C{start + reach},{a} {end + reach},{b} {end + 4},{b}"
    else:
        start, end = (x1 + w1, x2 - 4) if x1 < x2 else (x1, x2 + w2 + 4)
        half = (start + end) // 2
        path = f"M{start},{a} C{half},{a} {half},{b} {end},{b}"
    label = escape.escape(clean(", ".join(edge.names)) + _remark(edge), quote=True)
    return (
        f'<path class="edge {edge.kind}" d="{path}" data-from="{escape.escape(edge.source, quote=True)}" '
        f'data-to="{escape.escape(edge.target, quote=True)}"><title>{label}</title></path>'
    )


def _node(node: Node, place: tuple[int, int, int]) -> str:
    x, y, w = place
    head = clean(node.label)
    if node.state:
        head += f" · {_STATES[node.state]}"
    lines = [head if len(head) < 34 else head[:32] + "…"]
    if node.text:
        shown = clean(node.text)
        lines.append(shown if len(shown) < 38 else shown[:36] + "…")
    spans = "".join(
        f'<text x="{x + 10}" y="{y + (20 if len(lines) == 2 else 28) + 16 * i}" class="{"head" if not i else "code"}">{escape.escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    title = escape.escape(clean(f"{node.label}\n{node.text}".strip()))
    return (
        f'<g class="node {node.kind} {node.state or ""}" tabindex="0" data-id="{escape.escape(node.id, quote=True)}">'
        f'<title>{title}</title><rect x="{x}" y="{y}" width="{w}" height="{_HEIGHT}" rx="{4 if node.kind == "cell" else 14}"/>{spans}</g>'
    )
