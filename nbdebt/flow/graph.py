"""The versioned data flow of a notebook: which cell takes what from which, and what comes from and goes to the outside."""

from typing import Literal

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reasons import Replay, order_text
from nbdebt.flow.simulate import simulate
from nbdebt.flow.steps import Step, compile_cell
from nbdebt.model.finding import CellState
from nbdebt.model.history import File, History, Package, RandomStream, Resource, Table, Url
from nbdebt.model.notebook import Notebook

NodeKind = Literal["cell", "file", "url", "table", "stream", "package"]
EdgeKind = Literal["replay", "session", "both", "outside"]

_KINDS: dict[type, NodeKind] = {
    File: "file",
    Url: "url",
    Table: "table",
    RandomStream: "stream",
    Package: "package",
}


class Node(msgspec.Struct, frozen=True):
    """A cell, or something outside the notebook.

    Args:
        id: stable within the graph: ``c3`` for the cell with document index 3, ``file:out.csv``.
        kind: what it is.
        label: for people: ``cell [7]``, ``out.csv``.
        cell: document index of a cell.
        state: the replay's state of a cell.
        text: a cell's first line of code.
    """

    id: str
    kind: NodeKind
    label: str
    cell: int | None = None
    state: CellState | None = None
    text: str = ""


class Edge(msgspec.Struct, frozen=True):
    """Something flows from ``source`` to ``target``.

    Args:
        source: id of a node.
        target: id of a node.
        names: which names (for cells); empty for the outside.
        kind: ``both`` in the session and top to bottom; ``session`` only as it was run, which a replay does not
            repeat; ``replay`` only top to bottom; ``outside`` from or to something outside.
    """

    source: str
    target: str
    names: tuple[str, ...] = ()
    kind: EdgeKind = "both"


class Graph(msgspec.Struct, frozen=True):
    """Nodes in document order (the outside last) and edges."""

    path: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def build_graph(notebook: Notebook, flows: dict[int, CellFlow], history: History, replay: Replay) -> Graph:
    """The graph of a notebook: versions of names between cells, in the session and in a replay, and the outside."""
    steps: dict[int, list[Step]] = {
        index: compile_cell(notebook.cells[index].source, flow)
        for index, flow in flows.items()
        if not flow.error
    }
    counted = {run.cell for run in history.runs}
    document = [i for i in sorted(steps) if i in counted or not counted]
    forward = _edges(document and [(i, n) for n, i in enumerate(document)], steps)
    lost = replay.lost
    backward = _edges(lost.order, steps) if lost is not None else forward
    nodes: list[Node] = []
    for index in sorted(flows):
        cell = notebook.cells[index]
        if cell.source.strip():
            state = replay.cells[index].state if index in replay.cells else None
            first = next((line.strip() for line in cell.source.split("\n") if line.strip()), "")
            nodes.append(Node(f"c{index}", "cell", order_text(index, notebook), index, state, first))
    edges: list[Edge] = []
    for pair in sorted({*forward, *backward}):
        in_replay, in_session = forward.get(pair, set()), backward.get(pair, set())
        for names, kind in (
            (in_replay & in_session, "both"),
            (in_replay - in_session, "replay"),
            (in_session - in_replay, "session"),
        ):
            if names:
                edges.append(Edge(f"c{pair[0]}", f"c{pair[1]}", tuple(sorted(names)), kind))  # type: ignore[arg-type]
    outside: dict[str, Node] = {}
    for index, flow in flows.items():
        for access in flow.accesses:
            node = _outside(access.resource)
            if node is None:
                continue
            outside.setdefault(node.id, node)
            into = access.mode in ("write", "delete", "mutate", "seed")
            edge = (
                Edge(f"c{index}", node.id, (), "outside")
                if into
                else Edge(node.id, f"c{index}", (), "outside")
            )
            if edge not in edges:
                edges.append(edge)
    return Graph(notebook.path, (*nodes, *outside.values()), tuple(edges))


def _outside(resource: Resource) -> Node | None:
    kind = _KINDS.get(resource.__class__)
    if kind is None:
        return None
    label = resource.stream if isinstance(resource, RandomStream) else str(resource)
    return Node(f"{kind}:{label}", kind, label)


def _edges(order: list[tuple[int, int]], steps: dict[int, list[Step]]) -> dict[tuple[int, int], set[str]]:
    """Which names flow from which cell to which, when the cells run in this order."""
    trace = simulate("graph", order, steps)
    edges: dict[tuple[int, int], set[str]] = {}
    for cell, taken in trace.runs.items():
        for take in taken.takes:
            version = take.version
            if version is not None and version.cell >= 0 and version.cell != cell and take.base[0] != "<":
                edges.setdefault((version.cell, cell), set()).add(take.base + take.part)
    return edges
