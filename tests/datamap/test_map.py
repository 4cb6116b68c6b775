"""The map of a repository: which file is meant, who makes and who reads it, and every form that shows it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import nbdebt
from nbdebt.cli import cli
from nbdebt.config import forget_settings, load_settings
from nbdebt.data.loops import loop_through
from nbdebt.datamap.build import build_map
from nbdebt.datamap.layout import HEIGHT, WIDTH, lay_out
from nbdebt.datamap.model import Book, Data, DataMap, Link, Loop, Noted, Use
from nbdebt.datamap.targets import Places, changed_directory, safe_address
from nbdebt.discover import discover
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.live.evidence import recorded
from nbdebt.report import datamap as reports

FORMS: dict[str, Callable[[DataMap], str]] = {
    "text": reports.text,
    "mermaid": reports.mermaid,
    "dot": reports.dot,
    "json": reports.as_json,
    "html": reports.html,
}
PANDAS = "import pandas as pd"


def write_notebook(path: Path, *sources: str) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "source": source,
            "outputs": [],
            "metadata": {},
            "execution_count": index + 1,
        }
        for index, source in enumerate(sources)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project."""
    forget_settings()
    project = tmp_path / "project"
    project.mkdir()
    (project / "nbdebt.toml").write_text("")
    return project


def mapped(root: Path, *paths: str) -> DataMap:
    named = [str(root / path) for path in paths] or [str(root)]
    files, problems = discover(named, (), scripts=True)
    assert not problems
    report = check_paths(files, CheckOptions(cache=False, jobs=1))
    return build_map(report, lambda directory: load_settings(directory), named)


def flow(found: DataMap) -> set[str]:
    """The links in words."""
    names = {node.id: node.label for node in found.nodes}
    return {f"{names[link.source]} {link.kind} {names[link.target]}" for link in found.links}


def called(found: DataMap, ids: tuple[str, ...]) -> list[str]:
    names = {node.id: node.label for node in found.nodes}
    return [names[one] for one in ids]


# Which file is meant


@pytest.mark.parametrize(
    ("source", "stands"),
    [
        ('os.chdir("..")', "/p"),
        ("os.chdir('sub')", "/p/notebooks/sub"),
        ("%cd ../data", "/p/data"),
        ("%cd /abs", "/abs"),
        ("os.chdir(r'/abs')", "/abs"),
        ("os.chdir(where)", None),
        ("os.chdir(f'{where}')", None),
        ("%cd $where", None),
        ("%cd -", None),
    ],
)
def test_changes_of_directory(source: str, stands: str | None) -> None:
    after = changed_directory(source, Path("/p/notebooks"))
    assert after == (Path(stands) if stands else None)
    assert changed_directory("os.chdir('sub')", None) is None


ADDRESSES = [
    ("https://ada:pw@example.org:8/x.csv?a=1", "https://example.org:8/x.csv?a=1"),
    (
        "https://b.s3.amazonaws.com/x?X-Amz-Signature=S&versionId=3",
        "https://b.s3.amazonaws.com/x?versionId=3",
    ),
    ("https://a.blob.core.windows.net/c/x?sv=1&sig=S", "https://a.blob.core.windows.net/c/x?sv=1"),
    ("https://api.example.org/x?api_key=S&q=a%20b", "https://api.example.org/x?q=a+b"),
    ("abfss://raw@acme.dfs.core.windows.net/x", "abfss://raw@acme.dfs.core.windows.net/x"),
    ("postgresql://ada:pw@h:5/shop#orders", "postgresql://h:5/shop#orders"),
    ("postgresql://ada@h/shop?password=pw#orders", "postgresql://h/shop#orders"),
    ("s3://b/{name}.csv", "s3://b/{name}.csv"),
    ("sqlite:///shop.db#orders", "sqlite:///shop.db#orders"),
    ("engine#orders", "engine#orders"),
    ("http://[", "http://…"),
]


@pytest.mark.parametrize(("address", "shown"), ADDRESSES)
def test_addresses_are_shown_without_their_secrets(address: str, shown: str) -> None:
    assert safe_address(address) == shown


@given(st.text(max_size=30), st.sampled_from(["sig", "token", "X-Amz-Credential", "password", "api_key"]))
def test_no_secret_is_shown(text: str, key: str) -> None:
    for address in (f"https://ada:S3CRET@h/{text}", f"s3://b/k?{key}=S3CRET&v=1"):
        assert "S3CRET" not in safe_address(address)


def test_where_a_relative_path_leads(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "x.csv").write_text("a")
    (root / "notebooks" / "own").mkdir(parents=True)
    (root / "notebooks" / "own" / "y.csv").write_text("a")
    at, places = root / "notebooks", Places()
    places.made.add(str(root / "out" / "made.csv"))
    for text, writes, leads in [
        ("own/y.csv", False, "notebooks/own/y.csv"),
        ("data/x.csv", False, "data/x.csv"),
        ("../data/x.csv", False, "data/x.csv"),
        ("out/made.csv", False, "out/made.csv"),
        ("absent.csv", False, "notebooks/absent.csv"),
        ("data/new.csv", True, "data/new.csv"),
        ("own/new.csv", True, "notebooks/own/new.csv"),
        ("new.csv", True, "notebooks/new.csv"),
        ("nowhere/new.csv", True, "notebooks/nowhere/new.csv"),
    ]:
        assert places.file(text, at, root, writes=writes) == str(root / leads), text


def test_one_file_is_one_node_whatever_it_is_called(root: Path) -> None:
    (root / "out").mkdir()
    (root / "linked").symlink_to("out")
    (root / "alias.csv").symlink_to("out/x.csv")
    write_notebook(root / "a.ipynb", PANDAS, "pd.DataFrame().to_csv('out/x.csv')")
    readers = ["../out/x.csv", "out/x.csv", "../linked/x.csv", "../alias.csv", str(root / "out" / "x.csv")]
    for number, path in enumerate(readers):
        write_notebook(root / "deep" / f"{number}.ipynb", PANDAS, f"pd.read_csv({path!r})")
    (root / "out" / "x.csv").write_text("a")
    found = mapped(root)
    assert [one.label for one in found.data] == ["out/x.csv"]
    assert len(found.links) == 6 and not found.unread and not found.unmade


# Who makes what, and who reads it


@pytest.fixture
def tree(root: Path) -> Path:
    """Notebooks that stand in a loop, a script, a pattern, a table, an address, what is computed."""
    (root / "data").mkdir()
    (root / "data" / "sales.csv").write_text("a\n1\n")
    write_notebook(
        root / "notebooks" / "features.ipynb",
        PANDAS,
        "d = pd.read_csv('../data/sales.csv')",
        "d.to_parquet('../out/features.parquet')",
    )
    write_notebook(
        root / "notebooks" / "train.ipynb",
        PANDAS,
        "d = pd.read_parquet('../out/features.parquet'); l = pd.read_csv('../out/labels.csv')",
        "d.to_pickle('../out/model.pkl')",
    )
    write_notebook(
        root / "label.ipynb",
        PANDAS,
        "m = pd.read_pickle('out/model.pkl')",
        "m.to_csv('out/labels.csv')",
        "for i in range(3):\n    m.to_csv(f'out/parts/{i}.csv')",
        "where = input()\nm.to_csv(where)",
        "m.to_csv('out/nobody.csv')",
    )
    (root / "report.py").write_text(
        "# %% [markdown]\n# Report\n# %%\nimport pandas as pd\npd.read_csv('out/parts/2.csv')\n"
        "pd.read_sql('select * from orders', 'postgresql://ada:pw@h/shop')\n"
        "pd.read_csv('https://ada:pw@example.org/x.csv?sig=S')\n"
    )
    (root / "plain.py").write_text("import pandas as pd\npd.read_csv('data/sales.csv')\n")
    write_notebook(root / "all.ipynb", "%run label.ipynb", "import time")
    return root


def test_a_tree(tree: Path) -> None:
    found = mapped(tree)
    assert [(b.label, b.kind) for b in found.books] == [
        ("all.ipynb", "notebook"),
        ("label.ipynb", "notebook"),
        ("report.py", "script"),
        ("notebooks/features.ipynb", "notebook"),
        ("notebooks/train.ipynb", "notebook"),
    ]
    assert flow(found) == {
        "data/sales.csv reads notebooks/features.ipynb",
        "notebooks/features.ipynb writes out/features.parquet",
        "out/features.parquet reads notebooks/train.ipynb",
        "out/labels.csv reads notebooks/train.ipynb",
        "notebooks/train.ipynb writes out/model.pkl",
        "out/model.pkl reads label.ipynb",
        "label.ipynb writes out/labels.csv",
        "label.ipynb writes out/parts/*.csv",
        "label.ipynb writes a computed target",
        "label.ipynb writes out/nobody.csv",
        "out/parts/*.csv part out/parts/2.csv",
        "out/parts/2.csv reads report.py",
        "postgresql://h/shop#orders reads report.py",
        "https://example.org/x.csv reads report.py",
        "label.ipynb runs all.ipynb",
    }
    assert called(found, found.unread) == ["out/nobody.csv"]
    assert sorted(called(found, found.unmade)) == [
        "data/sales.csv",
        "https://example.org/x.csv",
        "postgresql://h/shop#orders",
    ]
    (loop,) = found.loops
    assert called(found, loop.books) == ["label.ipynb", "notebooks/train.ipynb"]
    assert called(found, loop.data) == ["out/labels.csv", "out/model.pkl"]
    model = next(one for one in found.data if one.label == "out/model.pkl")
    assert {noted.name for noted in model.findings} >= {"undeclared-consumer", "feedback-loop"}
    sales = next(one for one in found.data if one.label == "data/sales.csv")
    assert (sales.exists, sales.versioned) == (True, "unversioned")
    uses = next(link.uses for link in found.links if link.source == sales.id)
    assert [(use.cell, use.where, use.text, use.via) for use in uses] == [
        (1, "cell [2] line 1", "../data/sales.csv", "pandas.read_csv")
    ]


PARTS = [
    # what one writes, what the other reads, and what flows from which to which
    ("to_parquet('parts/0.parquet')", "pd.read_parquet('parts')", "parts/0.parquet part parts"),
    ("to_parquet('parts', partition_cols=['a'])", "pd.read_parquet('parts/a=1')", "parts part parts/a=1"),
    (
        "to_csv('parts/0.csv')",
        "import glob\nfor f in glob.glob('parts/*.csv'): pd.read_csv(f)",
        "parts/0.csv part parts/*.csv",
    ),
    ("to_csv('parts/0.csv')", "pd.read_csv('other/0.csv')", None),
]


@pytest.mark.parametrize(("write", "read", "part"), PARTS)
def test_files_of_directories_and_patterns(root: Path, write: str, read: str, part: str | None) -> None:
    write_notebook(root / "a.ipynb", PANDAS, f"pd.DataFrame().{write}")
    write_notebook(root / "b.ipynb", PANDAS, read)
    found = mapped(root)
    assert {link for link in flow(found) if " part " in link} == ({part} if part else set())
    assert bool(found.unread) == bool(found.unmade) == (part is None)


def test_tables_of_a_database_file(root: Path) -> None:
    source = "import pandas as pd\nd = pd.read_csv('x.csv')\nd.to_sql('t', 'sqlite:///shop.db')"
    write_notebook(root / "a" / "1.ipynb", source)
    write_notebook(root / "a" / "2.ipynb", PANDAS, "pd.read_sql('select * from t', 'sqlite:///shop.db')")
    write_notebook(root / "b" / "3.ipynb", PANDAS, "pd.read_sql('select * from t', 'sqlite:///shop.db')")
    assert {link for link in flow(mapped(root)) if "#" in link} == {
        "a/1.ipynb writes a/shop.db#t",
        "a/shop.db#t reads a/2.ipynb",
        "b/shop.db#t reads b/3.ipynb",
    }


def test_equal_patterns_are_one_node(root: Path) -> None:
    write_notebook(root / "a.ipynb", PANDAS, "for i in range(3): pd.DataFrame().to_csv(f'out/{i}.csv')")
    write_notebook(root / "b.ipynb", PANDAS, "for n in range(3): pd.read_csv(f'out/{n}.csv')")
    found = mapped(root)
    assert [(one.kind, one.label) for one in found.data] == [("pattern", "out/*.csv")]


def test_computed_paths_are_told_apart_by_notebook(root: Path) -> None:
    for name in ("a", "b"):
        write_notebook(
            root / f"{name}.ipynb", PANDAS, "where = input()", "pd.read_csv(where)", "pd.read_csv(where)"
        )
    found = mapped(root)
    assert [(one.kind, one.label) for one in found.data] == [("unknown", "a computed source")] * 2
    assert [len(link.uses) for link in found.links] == [2, 2]
    assert not found.unmade, "nothing can be said of it"
    assert "b.ipynb cell [3] line 1 reads where" in reports.text(found)


def test_what_was_recorded_stands_for_what_is_computed(root: Path) -> None:
    (root / "x.csv").write_text("a\n1\n")
    shell_module = pytest.importorskip("IPython.core.interactiveshell")
    pytest.importorskip("pandas")
    sources = [
        "import os, pandas as pd\nwhere = os.environ['NBDEBT_TEST_ROOT'] + '/x.csv'",
        "d = pd.read_csv(where)",
        "for i in range(2): d.to_csv(f'{os.path.dirname(where)}/{i}.csv')",
    ]
    shell = shell_module.InteractiveShell()
    os.environ["NBDEBT_TEST_ROOT"] = str(root)
    try:
        session = nbdebt.load(shell)
        session.level = "quiet"
        session.set_document([(f"c{i}", source) for i, source in enumerate(sources)])
        for i, source in enumerate(sources):
            assert shell.run_cell(source, cell_id=f"c{i}", store_history=True).success
        evidence = json.loads(json.dumps(recorded(session)))
        session.close()
    finally:
        del os.environ["NBDEBT_TEST_ROOT"]
    path = write_notebook(root / "a.ipynb", *sources)
    assert {one.kind for one in mapped(root).data} == {"unknown"}
    document = json.loads(path.read_text())
    document["metadata"]["nbdebt"] = {"evidence": evidence}
    path.write_text(json.dumps(document))
    assert flow(mapped(root)) == {
        "x.csv reads a.ipynb",
        "a.ipynb writes 0.csv",
        "a.ipynb writes 1.csv",
    }
    document["cells"][1]["source"] += "\n"
    path.write_text(json.dumps(document))
    assert {one.kind for one in mapped(root).data} == {"unknown"}, "it was edited since"


def test_after_a_change_of_directory(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "x.csv").write_text("a")
    write_notebook(
        root / "n" / "a.ipynb", "import os, pandas as pd", "os.chdir('..')", "pd.read_csv('data/x.csv')"
    )
    write_notebook(
        root / "n" / "b.ipynb", PANDAS, "import os\nos.chdir(os.environ['X'])", "pd.read_csv('y.csv')"
    )
    assert flow(mapped(root)) == {"data/x.csv reads n/a.ipynb", "a computed source reads n/b.ipynb"}


def test_what_is_removed_again_is_no_data_set(root: Path) -> None:
    write_notebook(
        root / "a.ipynb", "import os", "open('x', 'w').write('a')", "os.remove('x')", "open('/dev/null', 'w')"
    )
    assert mapped(root).data == ()


def test_scripts_are_those_with_cells_and_without_a_notebook(tree: Path) -> None:
    (tree / "label.py").write_text("# %%\nimport pandas\n")
    found, _ = discover([str(tree)], (), scripts=True)
    assert [Path(p).name for p in found if p.endswith(".py")] == ["report.py"]
    assert not [p for p in discover([str(tree)])[0] if p.endswith(".py")], "a check finds notebooks only"


def test_what_can_t_be_read_is_on_the_map_with_the_reason(root: Path) -> None:
    (root / "bad.ipynb").write_text("{")
    found = mapped(root)
    assert [(book.label, bool(book.problem)) for book in found.books] == [("bad.ipynb", True)]


# Loops


@pytest.mark.parametrize(
    ("flows", "start", "loop"),
    [
        ({"a": [("x", "b")], "b": [("y", "a")]}, "a", ["axb", "bya"]),
        ({"a": [("x", "b")], "b": [("y", "c")], "c": [("z", "a")]}, "b", ["byc", "cza", "axb"]),
        ({"a": [("x", "b")], "b": [("y", "c")]}, "a", []),
        ({"a": [("x", "a")]}, "a", []),
        ({"a": [("x", "b"), ("w", "c")], "b": [("y", "c")], "c": [("z", "a")]}, "a", ["awc", "cza"]),
        ({"a": [("x", "b")], "b": [("y", "c")], "c": [("z", "b")]}, "a", []),
    ],
)
def test_loops(flows: dict[str, list[tuple[str, str]]], start: str, loop: list[str]) -> None:
    assert ["".join(step) for step in loop_through(start, lambda book: flows.get(book, []))] == loop


def loops_told(root: Path) -> list[tuple[str, str]]:
    report = check_paths([str(root)], CheckOptions(select=("NBD330",), cache=False, jobs=1))
    assert not report.problems
    return [(Path(f.path).name, f.message) for f in report.findings]


def test_a_loop_is_one_finding(tree: Path) -> None:
    ((name, message),) = loops_told(tree)
    assert name == "label.ipynb"
    assert (
        message.startswith("`out/model.pkl` is made by ")
        and "train.ipynb` from what this notebook" in message
    )


@pytest.mark.parametrize(
    ("books", "loops"),
    [
        # a file that two notebooks read and add to is no loop: nobody knows whose content is read
        ({"a": ("log.csv", "log.csv"), "b": ("log.csv", "log.csv")}, 0),
        # nor is a chain, or a notebook by itself
        ({"a": ("x", "y"), "b": ("y", "z")}, 0),
        ({"a": ("x", "x")}, 0),
        ({"a": ("x", "y"), "b": ("y", "x")}, 1),
        ({"a": ("x", "y"), "b": ("y", "z"), "c": ("z", "x")}, 1),
        ({"a": ("x", "y"), "b": ("y", "x"), "c": ("v", "w"), "d": ("w", "v")}, 2),
    ],
)
def test_what_is_a_loop(root: Path, books: dict[str, tuple[str, str]], loops: int) -> None:
    for name, (read, write) in books.items():
        write_notebook(root / f"{name}.ipynb", PANDAS, f"d = pd.read_csv('{read}')", f"d.to_csv('{write}')")
    assert len(loops_told(root)) == loops
    assert len(mapped(root).loops) == loops


# Layout

EDGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=70)


@settings(deadline=None)
@given(st.integers(0, 40), EDGES)
def test_no_boxes_overlap(count: int, edges: list[tuple[int, int]]) -> None:
    nodes = [str(i) for i in range(count)]
    places, _ = lay_out(nodes, [(str(a), str(b)) for a, b in edges])
    assert places.keys() == set(nodes)
    found = sorted(places.values())
    for i, one in enumerate(found):
        assert one.x >= 0 and one.y >= 0
        for other in found[i + 1 :]:
            assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=24))
def test_what_has_no_loop_flows_one_way(pairs: set[tuple[int, int]]) -> None:
    edges = [(str(a), str(b)) for a, b in pairs if a < b]
    places, down = lay_out([str(i) for i in range(13)], edges)
    for a, b in edges:
        assert places[a].y < places[b].y if down else places[a].x < places[b].x


def test_a_wide_layer_is_broken() -> None:
    nodes = ["data", *(f"n{i}" for i in range(200))]
    places, _ = lay_out(nodes, [("data", node) for node in nodes[1:]])
    wide = max(p.x for p in places.values()) + WIDTH
    tall = max(p.y for p in places.values()) + HEIGHT
    assert max(wide / tall, tall / wide) < 4


# Every form, whatever notebooks are called

USE = Use(0, "cell [1] line 1", "x.csv", "pandas.read_csv", "parsed")
MAP = DataMap(
    "/p",
    (
        Book("b0", "a.ipynb", "notebook", "a.ipynb", False, (Noted("NBD1", "n", "error", "cell [1]", "m"),)),
        Book("b1", "b.py", "script", "b.py", True),
        Book("b2", "c.ipynb", "notebook", "c.ipynb", None, (), "is broken"),
    ),
    (
        Data("d0", "file", "x.csv", "/p/x.csv", True, "versioned", "git"),
        Data(
            "d1",
            "pattern",
            "out/*.csv",
            "/p/out/*.csv",
            declared="declared by Ada",
            exposed="readable by all",
        ),
        Data("d2", "unknown", "a computed source"),
        Data("d3", "table", "postgresql://h/db#t", "postgresql://h/db#t"),
        Data("d4", "url", "https://example.org/x", "https://example.org/x"),
    ),
    (
        Link("d0", "b0", "reads", (USE,)),
        Link("b0", "d1", "writes", (USE,)),
        Link("d1", "b1", "reads", (USE, USE)),
        Link("b1", "d0", "writes", (USE,)),
        Link("d2", "b1", "reads", (USE,)),
        Link("d3", "b1", "reads", (USE,)),
        Link("d4", "b1", "reads", (USE,)),
        Link("b1", "b0", "runs", (USE,)),
        Link("d1", "d0", "part"),
    ),
    (Loop(("b0", "b1"), ("d1", "d0")),),
    ("d1",),
    ("d3", "d4"),
)


def hostile(text: str) -> DataMap:
    """The same with this text wherever an author can put one."""
    noted = Noted("NBD1", "n", "error", text, text)
    use = msgspec.structs.replace(USE, text=text, via=text)
    return DataMap(
        "/" + text,
        tuple(
            msgspec.structs.replace(b, label=text, path=text, findings=(noted,), problem=text)
            for b in MAP.books
        ),
        tuple(
            msgspec.structs.replace(d, label=text, target=text, version=text, declared=text, exposed=text)
            for d in MAP.data
        ),
        tuple(msgspec.structs.replace(link, uses=(use,)) for link in MAP.links),
        MAP.loops,
        MAP.unread,
        MAP.unmade,
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--",
    "\"'`",
    '"] --> n0; click n0 "javascript:alert(1)"',
    "a\nb\r\nc",
    "\x1b[31m\x07",
    "\\",
    "{{title}}{{map}}{{script}}",
    "&amp;&lt;#quot;",
    "\u202e\u2066",
    "\u2028",
    "{}{0}",
    "",
    "ä 漢 🙂",
    "x" * 500,
]


class Page(HTMLParser):
    """What stands on the page outside of its own script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.script = ""
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.tags.append(tag)
        self.within = tag if dict(attrs).get("id") == "map" else ""

    def handle_data(self, data: str) -> None:
        if self.within == "script":
            self.script += data


def page_holds(found: DataMap) -> dict[str, list[object]]:
    page = Page()
    text = reports.html(found)
    page.feed(text)
    page.close()
    assert page.tags.count("script") == 2 and "img" not in page.tags
    shown: dict[str, list[object]] = json.loads(page.script)
    assert len(shown["nodes"]) + len(shown["quiet"]) == len(found.nodes)
    assert len(shown["links"]) == len(found.links)
    return shown


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text(text: str) -> None:
    found = hostile(text)
    page_holds(found)
    assert json.loads(reports.as_json(found))["books"][0]["label"] == text
    assert len(reports.mermaid(found).splitlines()) == len(reports.mermaid(MAP).splitlines())
    for form in ("text", "mermaid", "dot", "html"):
        assert not {"\x1b", "\x07", "\r", "\u202e", "\u2066", "\u2028"} & set(FORMS[form](found)), form


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    found = hostile(text)
    page_holds(found)
    assert len(reports.mermaid(found).splitlines()) == len(reports.mermaid(MAP).splitlines())
    assert len(reports.dot(found).splitlines()) == len(reports.dot(MAP).splitlines())
    assert len(reports.text(found).splitlines()) == len(reports.text(hostile("x")).splitlines())


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_takes_it() -> None:
    for text in ("x", *HOSTILE):
        given = reports.dot(hostile(text))
        done = subprocess.run(
            ["dot", "-Tsvg"], input=given, capture_output=True, text=True, check=True, encoding="utf-8"
        )
        assert done.stdout.count('class="edge"') == len(MAP.links)


def test_json_is_the_model() -> None:
    shown = json.loads(reports.as_json(MAP))
    assert (shown.pop("version"), shown.pop("kind")) == (1, "map")
    assert msgspec.convert(shown, DataMap) == MAP


def test_the_page_asks_nothing_of_the_network() -> None:
    text = reports.html(MAP)
    assert "default-src 'none'" in text
    for word in ("fetch(", "XMLHttpRequest", "import(", " src=", "@import", "url(http", "WebSocket"):
        assert word not in text, word


def test_a_thousand_notebooks_are_a_page_of_two_megabytes() -> None:
    """With findings, uses and long names, as real ones have."""
    noted = tuple(
        Noted(
            "NBD310",
            "undeclared-consumer",
            "warning",
            f"cell [{i}] line 1",
            "`features.parquet` is read " * 5,
        )
        for i in range(12)
    )
    books, data, links = [], [], []
    for i in range(1000):
        name = f"experiments/2026/area_{i % 9}/{i:04d}_train_and_evaluate.ipynb"
        books.append(Book(f"b{i}", name, "notebook", name, None, noted))
        for k in range(2):
            made = f"d{2 * i + k}"
            data.append(
                Data(made, "file", f"out/{i:04d}_{k}.parquet", f"/home/ada/project/out/{i:04d}_{k}.parquet")
            )
            links.append(Link(f"b{i}", made, "writes", (USE,)))
            links.append(Link(f"d{i}", f"b{(i * 7 + k + 1) % 1000}", "reads", (USE, USE)))
    text = reports.html(DataMap("/p", tuple(books), tuple(data), tuple(links)))
    assert len(text.encode()) <= 2_000_000


def test_nothing_to_show() -> None:
    empty = DataMap("/p", (), (), ())
    assert reports.text(empty) == "p: 0 notebooks, 0 data sets\n"
    page_holds(empty)


# The command


def run(*arguments: str) -> tuple[int, str]:
    forget_settings()
    done = CliRunner().invoke(cli, ["graph", *arguments])
    assert "Traceback" not in done.output, done.output
    return done.exit_code, done.output


def test_the_command_in_words(tree: Path) -> None:
    status, shown = run(str(tree))
    assert status == 0
    assert "4 notebooks, 1 script, 10 data sets, 1 feedback loop" in shown.split("\n")[0]
    for line in (
        "label.ipynb  (",
        "  ← out/model.pkl  (cell [2])",
        "  out/parts/*.csv flows into out/parts/2.csv",
        "  ↻ label.ipynb → out/labels.csv → notebooks/train.ipynb → out/model.pkl → label.ipynb",
        "Made, and read by no notebook (1):\n  out/nobody.csv",
        "  data/sales.csv  (not versioned",
        "  label.ipynb cell [5] line 2 writes where",
    ):
        assert line in shown, line
    assert "ada" not in shown and "pw" not in shown


@pytest.mark.parametrize("form", FORMS)
def test_the_command_shows_and_writes_the_same(form: str, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "map"
    assert run(str(tree), "--format", form, "-o", str(target)) == (0, "")
    assert target.read_text(encoding="utf-8") == run(str(tree), "--format", form)[1]


def test_the_command_takes_directories_and_several_files(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert run()[1] == run(".")[1]
    status, shown = run("label.ipynb", "notebooks/train.ipynb")
    assert status == 0 and "2 notebooks, " in shown
    assert "1 notebook, " in run("notebooks", "--exclude", "train.ipynb")[1]
    status, shown = run("label.ipynb")
    assert shown.startswith("label.ipynb\n"), "of one notebook its cells"


def test_the_command_s_problems(tree: Path, tmp_path: Path) -> None:
    (tree / "bad.ipynb").write_text("{")
    status, shown = run(str(tree))
    assert status == 2 and "bad.ipynb" in shown and "feedback loop" in shown
    assert run(str(tree / "absent"), str(tree))[0] == 2
    assert run("-", str(tree))[0] == 2
    (tmp_path / "empty").mkdir()
    status, shown = run(str(tmp_path / "empty"))
    assert status == 0 and "no notebooks found" in shown


def test_the_map_is_of_the_project_wherever_one_stands(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    assert flow(mapped(tree)) == flow(mapped(tree, "."))
    assert os.path.basename(mapped(tree).root) == "project"
