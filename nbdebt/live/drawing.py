"""``%nbdebt graph``: how data flows between the cells of a session, drawn, printed or written."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.flow.graph import build_graph
from nbdebt.live.inline import has_front_end
from nbdebt.live.shown import present
from nbdebt.model.errors import NbdebtError
from nbdebt.report import graph as reports

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_FORMS = {
    "text": reports.text,
    "mermaid": reports.mermaid,
    "dot": reports.dot,
    "json": reports.as_json,
    "html": reports.html,
}
_SUFFIXES = {".html": "html", ".dot": "dot", ".gv": "dot", ".json": "json", ".mmd": "mermaid"}


def show(session: "Session", form: str | None, file: str | None) -> None:
    """Draw it; in a format, print it; into a file, write it, in the format of its name.

    Args:
        session: the session.
        form: a format.
        file: where to write it.

    Raises:
        NbdebtError: the file can't be written.
    """
    seen = session.analysis()
    graph = build_graph(seen.notebook, seen.flows, seen.history, seen.replay)
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
        # In a frame of its own, which reaches nothing of the page around it.
        frame = (
            f'<iframe title="data flow" sandbox="allow-scripts" srcdoc="{escape(reports.html(graph))}" '
            f'style="width:100%;height:{min(130 + 68 * cells, 640)}px;border:0"></iframe>'
        )
        present({"text/plain": reports.text(graph), "text/html": frame}, raw=True)
