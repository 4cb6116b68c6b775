"""The versioned data flow of a notebook: which cell takes what from which, and what comes in and goes out."""

from collections.abc import Iterator
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

_INTO = frozenset(("write", "delete", "mutate", "seed"))
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
        kind: ``both`` in the session and top to bottom; ``session`` only as it was run, which a replay does
            not repeat; ``replay`` only top to bottom; ``outside`` from or to something outside.
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
    """The graph of a notebook: which versions of names flow between cells, and what is outside.

    Args:
        notebook: the document.
        flows: what each code cell does, by document index.
        history: its runs; without any, its cells are taken to run from top to bottom.
        replay: its verdict.
    """
    nodes: list[Node] = []
    for index in sorted(flows):
        cell = notebook.cells[index]
        if cell.source.strip():
            state = replay.cells[index].state if index in replay.cells else None
            first = next(line.strip() for line in cell.source.split("\n") if line.strip())
            nodes.append(Node(f"c{index}", "cell", order_text(index, notebook), index, state, first))
    outside, touching = _exchanges(flows)
    edges = _between_cells(notebook, flows, history, replay)
    return Graph(notebook.path, (*nodes, *outside), (*edges, *touching))


def _between_cells(
    notebook: Notebook, flows: dict[int, CellFlow], history: History, replay: Replay
) -> Iterator[Edge]:
    """What flows between cells in the session and in a replay, in document order."""
    steps: dict[int, list[Step]] = {
        index: compile_cell(notebook.cells[index].source, flow)
        for index, flow in flows.items()
        if not flow.error
    }
    counted = {run.cell for run in history.runs}
    document = [index for index in sorted(steps) if index in counted or not counted]
    now = _edges([(index, number) for number, index in enumerate(document)], steps)
    then = _edges(replay.lost.order, steps) if replay.lost is not None else now
    nothing: set[str] = set()
    for source, target in sorted({*now, *then}):
        in_replay, in_session = now.get((source, target), nothing), then.get((source, target), nothing)
        kinds: dict[EdgeKind, set[str]] = {
            "both": in_replay & in_session,
            "replay": in_replay - in_session,
            "session": in_session - in_replay,
        }
        for kind, names in kinds.items():
            if names:
                yield Edge(f"c{source}", f"c{target}", tuple(sorted(names)), kind)


def _exchanges(flows: dict[int, CellFlow]) -> tuple[list[Node], list[Edge]]:
    """What is outside, and what goes in and out."""
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for index in sorted(flows):
        for access in flows[index].accesses:
            node = _outside(access.resource)
            if node is None:
                continue
            nodes.setdefault(node.id, node)
            cell = f"c{index}"
            ends = (cell, node.id) if access.mode in _INTO else (node.id, cell)
            edges[Edge(*ends, (), "outside")] = None
    return list(nodes.values()), list(edges)


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
