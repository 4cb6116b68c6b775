"""Where the nodes of the map stand: layers from left to right or downward, in the order of the flow.

The classical way (K. Sugiyama et al., *Methods for visual understanding of hierarchical system structures*,
IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981): loops are cut, nodes put into layers, layers
ordered by the middle of their neighbours, and columns aligned. What isn't connected is laid out apart, and
packed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 200, 44
"""Of a node."""
_WINDOW = (1050, 800)
"""About what is seen of the page at once."""
_SWEEPS = 6
_TALL = 24
"""More nodes than this in a layer, and more than its share of a square, stand in several columns."""
_GAP = 60
"""Between pieces that aren't connected."""


class Place(NamedTuple):
    """Where a node's upper left corner is."""

    x: int
    y: int


class Layout(NamedTuple):
    """Places of all nodes, and whether the flow goes downward rather than to the right."""

    places: dict[str, Place]
    down: bool


def lay_out(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layout:
    """Places for all nodes, none of which overlap. The flow goes where more of it can be read at once.

    Args:
        nodes: ids, in an order that is kept where nothing speaks against it.
        edges: (from, to), loops allowed.
    """
    known = set(nodes)
    real = list(dict.fromkeys((a, b) for a, b in edges if a != b and a in known and b in known))
    pieces = [_piece(part, links) for part, links in _components(nodes, real)]
    right = _pack([_drawn(piece, down=False) for piece in pieces])
    down = _pack([_drawn(piece, down=True) for piece in pieces])
    return Layout(down, True) if _scale(down) > _scale(right) else Layout(right, False)


def _drawn(piece: Mapping[str, tuple[float, float]], *, down: bool) -> dict[str, Place]:
    """Layers and rows as places on the page."""
    if down:
        return {node: Place(round(row * 224), round(layer * 100)) for node, (layer, row) in piece.items()}
    return {node: Place(round(layer * 264), round(row * 62)) for node, (layer, row) in piece.items()}


def _scale(places: Mapping[str, Place]) -> float:
    """How large the whole can be shown."""
    wide = max((place.x for place in places.values()), default=0) + WIDTH
    tall = max((place.y for place in places.values()), default=0) + HEIGHT
    return min(_WINDOW[0] / wide, _WINDOW[1] / tall, 1)


def _components(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]]
) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """What is connected, the largest first; nodes without an edge are one piece each."""
    group = {node: node for node in nodes}

    def top(node: str) -> str:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    for a, b in edges:
        group[top(a)] = top(b)
    members: dict[str, list[str]] = {}
    for node in nodes:
        members.setdefault(top(node), []).append(node)
    within: dict[str, list[tuple[str, str]]] = {head: [] for head in members}
    for edge in edges:
        within[top(edge[0])].append(edge)
    found = [(part, within[head]) for head, part in members.items()]
    return sorted(found, key=lambda piece: -len(piece[0]))


# One piece


def _piece(nodes: list[str], edges: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Column and row of each node of what is connected."""
    if len(nodes) == 1:
        return {nodes[0]: (0, 0)}
    down = _acyclic(nodes, edges)
    layer = _layers(nodes, down)
    columns, before, after = _with_dummies(nodes, down, layer)
    _order(columns, before, after)
    rows = _rows(columns, before, after)
    return _spread(nodes, columns, rows, len(nodes))


def _acyclic(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges, those turned round that lead back into what a search is in the middle of."""
    onward: dict[str, list[str]] = {node: [] for node in nodes}
    degree = dict.fromkeys(nodes, 0)
    for a, b in edges:
        onward[a].append(b)
        degree[b] += 1
    state = dict.fromkeys(nodes, 0)
    back: set[tuple[str, str]] = set()
    # Sources first, so that a loop is cut where the flow comes in.
    for start in sorted(nodes, key=lambda node: degree[node] > 0):
        if state[start]:
            continue
        stack = [(start, iter(onward[start]))]
        state[start] = 1
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if state[other] == 1:
                    back.add((node, other))
                elif not state[other]:
                    state[other] = 1
                    stack.append((other, iter(onward[other])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return list(dict.fromkeys((b, a) if (a, b) in back else (a, b) for a, b in edges))


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a source; sources stand just before what they flow into first."""
    onward: dict[str, list[str]] = {node: [] for node in nodes}
    waits = dict.fromkeys(nodes, 0)
    for a, b in edges:
        onward[a].append(b)
        waits[b] += 1
    sources = [node for node in nodes if not waits[node]]
    layer = dict.fromkeys(nodes, 0)
    todo = list(sources)
    for node in todo:
        for other in onward[node]:
            layer[other] = max(layer[other], layer[node] + 1)
            waits[other] -= 1
            if not waits[other]:
                todo.append(other)
    for node in sources:
        layer[node] = min((layer[other] for other in onward[node]), default=1) - 1
    return layer


Neighbours = dict[str, list[str]]


def _with_dummies(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], layer: Mapping[str, int]
) -> tuple[list[list[str]], Neighbours, Neighbours]:
    """Columns of nodes, with a stand-in in each layer that an edge only passes."""
    columns: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        columns[layer[node]].append(node)
    links: list[tuple[str, str]] = []
    for number, (a, b) in enumerate(edges):
        last = a
        for passed in range(layer[a] + 1, layer[b]):
            stand_in = f"\0{number} {passed}"
            columns[passed].append(stand_in)
            links.append((last, stand_in))
            last = stand_in
        links.append((last, b))
    before: Neighbours = {}
    after: Neighbours = {}
    for a, b in links:
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    return columns, before, after


def _order(columns: list[list[str]], before: Neighbours, after: Neighbours) -> None:
    """Sort columns by where neighbours stand, there and back, so that few edges cross."""
    rank = {node: i for column in columns for i, node in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        beside = before if forth else after
        for column in columns if forth else reversed(columns):
            middle = {
                node: (sum(rank[n] for n in beside[node]) / len(beside[node]))
                if node in beside
                else rank[node]
                for node in column
            }
            column.sort(key=lambda node: middle[node])
            rank.update({node: i for i, node in enumerate(column)})


def _rows(columns: list[list[str]], before: Neighbours, after: Neighbours) -> dict[str, float]:
    """The height of each node: as near to its neighbours as those of its own column let it."""
    row = {node: float(i) for column in columns for i, node in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        beside = before if forth else after
        for column in columns if forth else reversed(columns):
            wanted = [
                sum(row[n] for n in beside[node]) / len(beside[node]) if node in beside else row[node]
                for node in column
            ]
            sizes = [0.35 if node.startswith("\0") else 1.0 for node in column]
            row.update(zip(column, _apart(wanted, sizes), strict=True))
    return row


def _apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Heights in order, each at least its share below the one before, and together as near to what is wanted
    as can be: blocks that would overlap are joined and stand at the mean of their wishes (pool adjacent
    violators)."""
    offsets: list[float] = []
    at = 0.0
    for i, size in enumerate(sizes):
        if i:
            at += (sizes[i - 1] + size) / 2
        offsets.append(at)
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wanted, offsets, strict=True):
        mean, count = wish - offset, 1
        while blocks and blocks[-1][0] >= mean:
            before, members = blocks.pop()
            mean = (before * members + mean * count) / (members + count)
            count += members
        blocks.append((mean, count))
    heights = [mean for mean, count in blocks for _ in range(count)]
    return [height + offset for height, offset in zip(heights, offsets, strict=True)]


def _spread(
    nodes: Sequence[str], columns: list[list[str]], rows: Mapping[str, float], count: int
) -> dict[str, tuple[float, float]]:
    """Columns side by side; a very long one is broken into several."""
    limit = max(_TALL, int((count * 3) ** 0.5))
    real = set(nodes)
    places: dict[str, tuple[float, float]] = {}
    x = 0.0
    for column in columns:
        members = [node for node in column if node in real]
        if len(members) <= limit:
            places.update({node: (x, rows[node]) for node in members})
            x += 1
            continue
        parts = -(-len(members) // limit)
        height = -(-len(members) // parts)
        middle = sum(rows[node] for node in members) / len(members) - height / 2
        for i, node in enumerate(members):
            places[node] = (x + i // height * 0.85, middle + i % height)
        x += 1 + (parts - 1) * 0.85
    if any(len([n for n in c if n in real]) > limit for c in columns):
        _squeeze(places)
    top = min(y for _, y in places.values())
    return {node: (x, y - top) for node, (x, y) in places.items()}


def _squeeze(places: dict[str, tuple[float, float]]) -> None:
    """Where long columns were broken, their neighbours needn't stand as far apart as before."""
    by_column: dict[float, list[str]] = {}
    for node, (x, _) in places.items():
        by_column.setdefault(x, []).append(node)
    for x, members in by_column.items():
        members.sort(key=lambda node: places[node][1])
        places.update({node: (x, i - len(members) / 2) for i, node in enumerate(members)})


def _pack(pieces: Sequence[Mapping[str, Place]]) -> dict[str, Place]:
    """Pieces on shelves that together have about the shape of the window, the tallest first."""
    sized = []
    for piece in pieces:
        wide = max(place.x for place in piece.values()) + WIDTH
        tall = max(place.y for place in piece.values()) + HEIGHT
        sized.append((piece, wide + _GAP, tall + _GAP))
    sized.sort(key=lambda item: -item[2])
    area = sum(wide * tall for _, wide, tall in sized)
    room = max((area * _WINDOW[0] / _WINDOW[1]) ** 0.5, *(wide for _, wide, _ in sized), 1)
    found: dict[str, Place] = {}
    x = y = shelf = 0
    for piece, wide, tall in sized:
        if x and x + wide > room:
            x, y, shelf = 0, y + shelf, 0
        found.update({node: Place(x + place.x, y + place.y) for node, place in piece.items()})
        x += wide
        shelf = max(shelf, tall)
    return found
