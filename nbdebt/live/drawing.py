"""``%nbdebt graph``: how data flows between the cells of a session, drawn, printed or written."""

import os
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.graph import Edge, Graph, build_graph
from nbdebt.live.inline import has_front_end
from nbdebt.live.own import is_own
from nbdebt.live.shown import present
from nbdebt.model.errors import NbdebtError
from nbdebt.report import graph as reports
from nbdebt.rules.analysis import Analysis

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_FORMS = {
    "text": reports.text,
    "mermaid": reports.mermaid,
    "dot": reports.dot,
    "json": reports.as_json,
    "html": reports.html,
}
_SCHEMES = "".join(
    f'[data-jp-theme-light="{light}"] .nbdebt-flow iframe, .vscode-{scheme} .nbdebt-flow iframe '
    f"{{ color-scheme: {scheme} }} "
    for light, scheme in (("true", "light"), ("false", "dark"))
)
_MOVED = ("other-version", "missing")
_SUFFIXES = {".html": "html", ".dot": "dot", ".gv": "dot", ".json": "json", ".mmd": "mermaid"}


def drawn(session: "Session") -> Graph:
    """The graph of a session: what was seen beside what the code says, and who provided what when it ran."""
    seen = session.analysis()
    flows: dict[int, CellFlow] = {}
    for index, flow in seen.flows.items():
        cell = seen.notebook.cells[index]
        if not is_own(cell.source):
            flows[index] = flow
    for exchange in session.io():
        known = flows.get(exchange.cell.index)
        if known is not None and exchange.access not in known.accesses:
            accesses = [*known.accesses, exchange.access]
            flows[exchange.cell.index] = msgspec.structs.replace(known, accesses=accesses)
    graph = build_graph(seen.notebook, flows, seen.history, seen.replay)
    path = os.path.basename(graph.path) if seen.placed else "this session"
    return msgspec.structs.replace(graph, path=path, edges=tuple(_as_it_ran(graph.edges, seen)))


def _as_it_ran(edges: Iterable[Edge], seen: Analysis) -> Iterator[Edge]:
    """Edges between cells: those of a replay, and where a cell took something from elsewhere, from where."""
    ran: dict[tuple[str, str], set[str]] = {}
    elsewhere: dict[tuple[str, str], set[str]] = {}
    for index, cell in seen.replay.cells.items():
        for reason in cell.reasons:
            if reason.kind not in _MOVED or reason.then in (reason.now, index):
                continue
            if reason.then is not None:
                ran.setdefault((f"c{reason.then}", f"c{index}"), set()).add(reason.name)
            if reason.now is not None:
                elsewhere.setdefault((f"c{reason.now}", f"c{index}"), set()).add(reason.name)
    for edge in edges:
        moved = elsewhere.get((edge.source, edge.target), set()) & set(edge.names)
        kept = tuple(name for name in edge.names if name not in moved)
        if moved:
            yield Edge(edge.source, edge.target, tuple(sorted(moved)), "replay")
        if kept or not moved:
            yield msgspec.structs.replace(edge, names=kept)
    for (source, target), names in sorted(ran.items()):
        yield Edge(source, target, tuple(sorted(names)), "session")


def show(session: "Session", form: str | None, file: str | None) -> None:
    """Draw it; in a format, print it; into a file, write it, in the format of its name.

    Args:
        session: the session.
        form: a format.
        file: where to write it.

    Raises:
        NbdebtError: the file can't be written.
    """
    graph = drawn(session)
    if file is not None:
        chosen = form or _SUFFIXES.get(Path(file).suffix, "text")
        try:
            Path(file).write_text(_FORMS[chosen](graph), encoding="utf-8")
        except OSError as error:
            raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None
        print(f"{file} written")
    elif form is not None or not has_front_end(session.shell):
        print(_FORMS[form or "text"](graph), end="")
    else:
        cells = sum(node.kind == "cell" for node in graph.nodes)
        # In a frame of its own, which reaches nothing of the page around it, and is as light or dark as that.
        frame = (
            f'<div class="nbdebt-flow"><style>{_SCHEMES}</style><iframe title="data flow" '
            f'sandbox="allow-scripts" srcdoc="{escape(reports.html(graph))}" '
            f'style="width:100%;height:{min(130 + 68 * cells, 640)}px;border:0"></iframe></div>'
        )
        present({"text/plain": reports.text(graph), "text/html": frame}, raw=True)
