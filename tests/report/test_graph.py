"""Every form of the graph is what its readers take, whatever the notebook is called and contains."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from nbdebt.cli import cli
from nbdebt.flow.graph import Edge, Graph, Node
from nbdebt.report import graph as reports

EXAMPLES = sorted((Path(__file__).parents[2] / "example_notebooks").glob("**/*.ipynb"))
FORMS = {
    "text": reports.text,
    "mermaid": reports.mermaid,
    "dot": reports.dot,
    "json": reports.as_json,
    "html": reports.html,
}
GRAPH = Graph(
    "n.ipynb",
    (
        Node("c0", "cell", "cell [2]", 0, "differs", "a = b"),
        Node("c1", "cell", "cell [1]", 1, "same", "b = open('in.csv').read()"),
        Node("c2", "cell", "cell 3", 2, "never-run", "print(a)"),
        Node("file:in.csv", "file", "in.csv"),
        Node("stream:numpy", "stream", "numpy"),
    ),
    (
        Edge("c1", "c0", ("b",), "session"),
        Edge("c0", "c2", ("a", "c"), "replay"),
        Edge("c1", "c2", ("d",)),
        Edge("file:in.csv", "c1", (), "outside"),
        Edge("c0", "stream:numpy", (), "outside"),
    ),
)


def hostile(text: str) -> Graph:
    """The same with this text wherever a notebook's author can put one."""
    nodes = [
        msgspec.structs.replace(
            n, label=f"cell {text}" if n.kind == "cell" else text, text=text and n.text + text
        )
        for n in GRAPH.nodes
    ]
    nodes += [Node(f"file:{text}", "file", text)]
    edges = [msgspec.structs.replace(e, names=e.names and (*e.names, text)) for e in GRAPH.edges]
    return Graph(text, tuple(nodes), (*edges, Edge(f"file:{text}", "c0", (), "outside")))


def test_text() -> None:
    assert reports.text(GRAPH) == (
        "n.ipynb\n"
        "  cell [2]  (≠ differs)  a = b\n"
        "    ← b from cell [1]  (only as it was run)\n"
        "    → numpy random stream\n"
        "  cell [1]  (✓ same)  b = open('in.csv').read()\n"
        "    ← in.csv\n"
        "  cell 3  (○ never run)  print(a)\n"
        "    ← a, c from cell [2]  (only when run top to bottom)\n"
        "    ← d from cell [1]\n"
    )


def test_json() -> None:
    shown = json.loads(reports.as_json(GRAPH))
    assert shown.keys() == {"version", "path", "nodes", "edges"} and shown["version"] == 1
    assert all(node.keys() == set(Node.__struct_fields__) for node in shown["nodes"])
    assert all(edge.keys() == set(Edge.__struct_fields__) for edge in shown["edges"])
    assert msgspec.convert({k: v for k, v in shown.items() if k != "version"}, Graph) == GRAPH


MERMAID = [
    r"flowchart TD",
    r'  n\d+(\["[^"<>]*"\]|\{\{"[^"<>]*"\}\}|\[\("[^"<>]*"\)\])',
    r'  n\d+ (-->|-\.->|==>)(\|"[^"<>]*"\|)? n\d+',
    r"  class n\d+(,n\d+)* (stale|differs|fails)",
    r"  classDef (stale|differs|fails) stroke-[-a-z]+: \w+",
]


def mermaid_holds(text: str) -> None:
    for line in text.rstrip("\n").split("\n"):
        assert any(re.fullmatch(form, line) for form in MERMAID), line


def test_mermaid() -> None:
    shown = reports.mermaid(GRAPH)
    mermaid_holds(shown)
    assert '  n1 -.->|"b"| n0\n' in shown and '  n0 ==>|"a, c"| n2\n' in shown
    assert "  class n0 differs\n" in shown


def draw(text: str) -> str:
    return subprocess.run(
        ["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout


needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")


@needs_dot
def test_dot() -> None:
    assert draw(reports.dot(GRAPH)).count('class="edge"') == len(GRAPH.edges)


class Page(HTMLParser):
    """Elements that are open, and what is on the page."""

    VOID = frozenset(("meta", "input", "path", "rect"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.nodes: list[dict[str, str | None]] = []
        self.edges: list[dict[str, str | None]] = []
        self.scripts = 0
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)
        kinds = (given.get("class") or "").split()
        if "data-id" in given:
            self.nodes.append(given)
        elif "edge" in kinds and "data-from" in given:
            self.edges.append(given)
        self.scripts += tag == "script"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data


def page_holds(graph: Graph) -> Page:
    page = Page()
    page.feed(reports.html(graph))
    page.close()
    assert page.open == [] and page.scripts == 1
    ids = [node["data-id"] for node in page.nodes]
    assert sorted(ids, key=str) == sorted((str(n) for n in range(len(graph.nodes))), key=str)
    assert len(page.edges) == len(graph.edges)
    assert {edge[end] for edge in page.edges for end in ("data-from", "data-to")} <= set(ids)
    return page


def boxes(graph: Graph) -> list[tuple[int, int, int, int]]:
    found = re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', reports.html(graph))
    return [(int(x), int(y), int(x) + int(w), int(y) + int(h)) for x, y, w, h in found]


def test_html() -> None:
    page = page_holds(GRAPH)
    assert "cell [2] · ≠ differs" in page.shown and "in.csv" in page.shown
    assert all(node["tabindex"] == "0" and node["role"] == "button" for node in page.nodes)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_boxes_do_not_overlap(path: Path) -> None:
    shown = json.loads(CliRunner().invoke(cli, ["graph", str(path), "--format", "json"]).stdout)
    del shown["version"]
    found = boxes(msgspec.convert(shown, Graph))
    for number, (left, top, right, bottom) in enumerate(found):
        for other in found[:number]:
            assert other[2] <= left or right <= other[0] or other[3] <= top or bottom <= other[1]


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"'`",
    '" onload="alert(1)',
    "]]>",
    "-->",
    '"] --> n0; click n0 "javascript:alert(1)"',
    "%%{init: {}}%%",
    "a\nb\r\nc",
    "\x1b[31m\x07",
    "\\",
    '\\"',
    "\\N\\G\\E",
    "{{title}}{{graph}}",
    "&amp;&lt;#quot;",
    "\u202e\u2066",
    "end",
    "",
    "ä 漢 🙂",
    "x" * 500,
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text(text: str) -> None:
    graph = hostile(text)
    page_holds(graph)
    mermaid_holds(reports.mermaid(graph))
    assert json.loads(reports.as_json(graph))["path"] == text
    assert len(reports.text(graph).splitlines()) == len(reports.text(hostile("x")).splitlines())
    for form in ("text", "mermaid", "dot", "html"):
        assert not {"\x1b", "\x07", "\r", "\u202e", "\u2066"} & set(FORMS[form](graph)), form


@needs_dot
def test_hostile_text_in_dot() -> None:
    for text in HOSTILE:
        assert draw(reports.dot(hostile(text))).count('class="edge"') == len(GRAPH.edges) + 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    graph = hostile(text)
    page_holds(graph)
    mermaid_holds(reports.mermaid(graph))
    assert len(reports.dot(graph).splitlines()) == 4 + len(graph.nodes) + len(graph.edges)


def test_nothing_to_draw() -> None:
    empty = Graph("n.ipynb", (), ())
    assert reports.text(empty) == "n.ipynb\n"
    page_holds(empty)
    mermaid_holds(reports.mermaid(empty))


# The command


@pytest.mark.parametrize("form", FORMS)
def test_the_command_shows_and_writes_the_same(form: str, tmp_path: Path) -> None:
    target = tmp_path / "graph"
    shown = CliRunner().invoke(cli, ["graph", str(EXAMPLES[0]), "--format", form])
    written = CliRunner().invoke(cli, ["graph", str(EXAMPLES[0]), "--format", form, "-o", str(target)])
    assert (shown.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert target.read_text(encoding="utf-8") == shown.stdout


def test_the_command_reads_standard_input() -> None:
    given = EXAMPLES[0].read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "nbdebt", "graph", "-"], input=given, capture_output=True, check=True
    )
    assert done.stdout.startswith(b"-\n")


def test_the_command_s_problems(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ipynb"
    bad.write_text("{")
    deep = tmp_path / "deep.py"
    deep.write_text("# %%\nx = " + "-" * 20_000 + "1\n")
    for arguments in (
        [str(bad)],
        [str(tmp_path / "missing.ipynb")],
        [str(tmp_path)],
        ["/dev/zero"],
        [str(EXAMPLES[0]), "--format", "pdf"],
        [str(EXAMPLES[0]), "-o", str(tmp_path / "no" / "where")],
    ):
        done = CliRunner().invoke(cli, ["graph", *arguments])
        assert done.exit_code == 2, arguments
        assert "Traceback" not in done.output and done.output.count("\n") <= 5
    assert CliRunner().invoke(cli, ["graph", str(deep)]).exit_code in (0, 2)
