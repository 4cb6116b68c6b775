"""What flows from which cell to which: a table of notebooks and their edges."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbdebt.analyse import understand
from nbdebt.flow.graph import Graph, build_graph
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.rules.pages import Example

EXAMPLES = sorted((Path(__file__).parents[2] / "example_notebooks").glob("**/*.ipynb"))


def graph_of(document: Notebook) -> Graph:
    flows, history, replayed = understand(document)
    return build_graph(document, flows, history, replayed)


def edges(source: str) -> set[str]:
    """Edges as text: ``1 -> 2: a b``, with the kind behind it unless the edge is in session and replay."""
    graph = graph_of(Example(source, {}).notebook())
    found = set()
    for edge in graph.edges:
        ends = [re.sub(r"^c(\d+)$", lambda m: str(int(m[1]) + 1), end) for end in (edge.source, edge.target)]
        names = f": {' '.join(edge.names)}" if edge.names else ""
        kind = f" ({edge.kind})" if edge.kind in ("session", "replay") else ""
        found.add(f"{ends[0]} -> {ends[1]}{names}{kind}")
    return found


CASES = [
    ("nothing shared", "# %% [1]\na = 1\n# %% [2]\nb = 2\n", set()),
    ("a name", "# %% [1]\na = 1\n# %% [2]\nb = a\n", {"1 -> 2: a"}),
    ("two names", "# %% [1]\na = b = 1\n# %% [2]\nc = a + b\n", {"1 -> 2: a b"}),
    ("the nearest version", "# %% [1]\na = 1\n# %% [2]\na = 2\n# %% [3]\nb = a\n", {"2 -> 3: a"}),
    ("a chain", "# %% [1]\na = 1\n# %% [2]\nb = a\n# %% [3]\nc = b\n", {"1 -> 2: a", "2 -> 3: b"}),
    (
        "a change in place is a version",
        "# %% [1]\na = []\n# %% [2]\na.append(1)\n# %% [3]\nb = a\n",
        {"1 -> 2: a", "2 -> 3: a"},
    ),
    (
        "what a called function reads",
        "# %% [1]\nk = 1\n# %% [2]\ndef f():\n    return k\n# %% [3]\nx = f()\n",
        {"1 -> 3: k", "2 -> 3: f"},
    ),
    (
        "out of order",
        "# %% [1]\na = 1\n# %% [3]\na = 2\n# %% [2]\nb = a\n",
        {"1 -> 3: a (session)", "2 -> 3: a (replay)"},
    ),
    ("defined below", "# %% [2]\nb = a\n# %% [1]\na = 1\n", {"2 -> 1: a (session)"}),
    (
        "columns of a frame",
        "# %% [1]\nimport pandas as pd\ndf = pd.DataFrame({'a': [1]})\n# %% [2]\ndf['b'] = 2\n"
        "# %% [3]\nx = df['a']\n# %% [4]\ny = df['b']\n",
        {"1 -> 2: df", "1 -> 3: df['a']", "2 -> 4: df['b']"},
    ),
    ("a cell that never ran has no part", "# %% [1]\na = 1\n# %%\na = 2\n# %% [2]\nb = a\n", {"1 -> 3: a"}),
    ("nothing ran: top to bottom", "# %%\na = 1\n# %%\nb = a\n", {"1 -> 2: a"}),
    (
        "files",
        "# %% [1]\nopen('a.txt', 'w').write('1')\n# %% [2]\nt = open('a.txt').read()\n",
        {"1 -> file:a.txt", "file:a.txt -> 2"},
    ),
    (
        "a stream",
        "# %% [1]\nimport random\nrandom.seed(1)\n# %% [2]\nx = random.random()\n",
        {"1 -> 2: random", "1 -> stream:python", "stream:python -> 2"},
    ),
    (
        "what is touched twice is one edge",
        "# %% [1]\na = open('a.txt').read()\nb = open('a.txt').read()\n",
        {"file:a.txt -> 1"},
    ),
    ("a package", "# %% [1]\n%pip install numpy\n", {"1 -> package:numpy"}),
    ("what is no Python", "# %% [1]\na = 1\n# %% [2]\na = = 2\n# %% [3]\nb = a\n", {"1 -> 3: a"}),
]


@pytest.mark.parametrize(("source", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_edges(source: str, expected: set[str]) -> None:
    assert edges(source) == expected


def test_nodes_are_cells_and_what_is_outside() -> None:
    source = """\
# %% [markdown]
# Title
# %% [2]

# and code
x = missing
# %%
open('out.csv', 'w')
# %% [3]

# %% [4]
import pandas as pd
pd.read_csv('https://example.org/a.csv')
"""
    graph = graph_of(Example(source, {}).notebook())
    assert [(n.id, n.kind, n.label, n.state, n.text) for n in graph.nodes] == [
        ("c1", "cell", "cell [2]", "fails", "# and code"),
        ("c2", "cell", "cell 3", "never-run", "open('out.csv', 'w')"),
        ("c4", "cell", "cell [4]", "same", "import pandas as pd"),
        ("file:out.csv", "file", "out.csv", None, ""),
        ("url:https://example.org/a.csv", "url", "https://example.org/a.csv", None, ""),
    ]


def holds_together(graph: Graph) -> None:
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(ids)
    assert len(set(graph.edges)) == len(graph.edges)
    assert all(bool(edge.names) != (edge.kind == "outside") for edge in graph.edges)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_graphs_of_the_examples_hold_together(path: Path) -> None:
    graph = graph_of(read_notebook(path.read_bytes(), str(path)))
    holds_together(graph)
    assert graph.edges


STATEMENTS = [
    "a = 1",
    "b = a",
    "a += 1",
    "del a",
    "print(a, b)",
    "open('f').read()",
    "open('f', 'w')",
    "x = = 1",
    "",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.none() | st.integers(1, 15), st.sampled_from(STATEMENTS)), max_size=10))
def test_any_graph_holds_together(cells: list[tuple[int | None, str]]) -> None:
    source = "".join(f"# %%{f' [{count}]' if count else ''}\n{text}\n" for count, text in cells)
    holds_together(graph_of(Example(source, {}).notebook()))
