"""What silences a finding and what doesn't: a table of cells."""

import re
import textwrap
from typing import Any

import pytest

from nbdebt.config import Settings
from nbdebt.engine import check
from nbdebt.read import read_notebook
from nbdebt.read.edit import apply_edits
from nbdebt.suppress import read_suppressions, silencing

BOTH = ("NBD101", "NBD201")
"""``print(missing)`` is undefined when run top to bottom; ``random.random()`` draws with no seed."""

SILENCED = [
    # The line
    ("print(missing)  # nbdebt: ignore", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD101]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[undefined-on-run-all]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[Undefined-On-Run-All]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[nbd101]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD1]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[order]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD201, NBD101] it comes from the start-up file", "NBD101"),
    ("print(missing)  # nbdebt: ignore [NBD101]", "NBD101"),
    ("print(missing)  #nbdebt:ignore[NBD101]", "NBD101"),
    ("print(missing)  # NBDEBT: IGNORE[NBD101]", "NBD101"),
    ("print(missing)  # of the start-up file  # nbdebt: ignore[NBD101]", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD101", "NBD101"),
    ("print(missing)  # nbdebt: ignore[NBD201]", ""),
    ("print(missing)  # nbdebt: ignore[unseeded-draw]", ""),
    ("print(missing)  # nbdebt: ignore[NBD1011]", ""),
    ("print(missing)\nx = 1  # nbdebt: ignore", ""),
    ("print(missing, '# nbdebt: ignore')", ""),
    ("'''\n# nbdebt: ignore-cell\n'''\nprint(missing)", ""),
    ("print(missing)  # nbdebt", ""),
    # A statement of several lines
    ("print(\n    missing,\n)  # nbdebt: ignore[NBD101]", "NBD101"),
    ("print(\n    missing,  # nbdebt: ignore[NBD101]\n)", "NBD101"),
    ("print(  # nbdebt: ignore[NBD101]\n    1,\n    missing,\n)", ""),
    ("print(\n    # nbdebt: ignore[NBD101]\n    missing,\n)", "NBD101"),
    ("x = '''\n'''; print(missing)  # nbdebt: ignore", "NBD101"),
    # Alone above
    ("# nbdebt: ignore[NBD101]\nprint(missing)", "NBD101"),
    ("# nbdebt: ignore[NBD101]\n\n\nprint(missing)", "NBD101"),
    ("# nbdebt: ignore[NBD101]\n# of the start-up file\nprint(missing)", "NBD101"),
    ("# nbdebt: ignore[NBD101]\n# nbdebt: ignore[NBD201]\nprint(missing)", "NBD101"),
    ("# nbdebt: ignore[NBD101]\nprint(\n    1,\n    missing,\n)", "NBD101"),
    ("if True:\n    # nbdebt: ignore[NBD101]\n    print(missing)", "NBD101"),
    ("# nbdebt: ignore[NBD101]\nx = 1\nprint(missing)", ""),
    ("print(missing)\n# nbdebt: ignore[NBD101]", ""),
    # The cell and the file
    ("print(missing)\n# nbdebt: ignore-cell", "NBD101 NBD201"),
    ("# nbdebt: ignore-cell[NBD201] any number will do\nprint(missing)", "NBD201"),
    ("print(missing)\n# nbdebt: ignore-file[NBD101]", "NBD101 NBD101"),
    ("print(missing)\n# nbdebt: ignore-file", "NBD101 NBD201 NBD101"),
    ("print(missing)\n# nbdebt: ignore-notebook[order, seeds]", "NBD101 NBD201 NBD101"),
    # What other tools read too
    ("print(missing)  # noqa", "NBD101"),
    ("print(missing)  # noqa: NBD101", "NBD101"),
    ("print(missing)  # NOQA:E501,NBD101", "NBD101"),
    ("print(missing)  # noqa : NBD101", "NBD101"),
    ("print(missing)  # noqa: F821", ""),
    ("print(missing)  # noqa: NBD201", ""),
    # Beside what is no Python
    ("!ls\nprint(missing)  # nbdebt: ignore[NBD101]", "NBD101"),
    ("%matplotlib inline\n# nbdebt: ignore[NBD101]\nprint(missing)", "NBD101"),
    ("%%time\nprint(missing)  # nbdebt: ignore[NBD101]", "NBD101"),
    ("files = !ls *.csv # it's there\nprint(missing)  # nbdebt: ignore[NBD101]", "NBD101"),
    ("print?\n# nbdebt: ignore[NBD101]\n\nprint(missing)", "NBD101"),
]


def document(source: str, tags: list[str] | None = None, **metadata: Any) -> dict[str, Any]:
    """A cell with the source and an unseeded draw, and a cell with a missing name of its own."""
    sources = ["import random", source + "\na = random.random()", "print(gone)"]
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": ({"tags": tags or []} | metadata) if number == 2 else {},
            "execution_count": number,
            "outputs": [],
            "source": text,
        }
        for number, text in enumerate(sources, 1)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def left(content: dict[str, Any], *codes: str) -> list[str]:
    """Codes that are reported, in order."""
    return [f.code for f in check(content, Settings(select=codes or BOTH)).findings]


@pytest.mark.parametrize(("source", "silenced"), SILENCED, ids=[s for s, _ in SILENCED])
def test_comments(source: str, silenced: str) -> None:
    wanted = ["NBD101", "NBD201", "NBD101"]
    assert left(document("print(missing)")) == wanted
    for code in silenced.split():
        wanted.remove(code)
    assert left(document(source)) == wanted


TAGS = [
    ("nbdebt-ignore", BOTH),
    ("nbdebt:ignore", BOTH),
    ("nbdebt: ignore", BOTH),
    ("nbdebt-skip", BOTH),
    ("nbdebt-ignore-NBD201", ("NBD201",)),
    ("nbdebt: ignore[unseeded-draw]", ("NBD201",)),
    ("nbdebt:ignore[NBD101,NBD201]", BOTH),
    ("nbdebt:ignore[NBD999]", ()),
    ("nbdebt-ignored", ()),
    ("ignore", ()),
]


@pytest.mark.parametrize(("tag", "silenced"), TAGS)
def test_tags_are_for_their_cell(tag: str, silenced: tuple[str, ...]) -> None:
    content = document("print(missing)", [tag, "other"])
    del content["cells"][2]
    assert left(content) == [code for code in BOTH if code not in silenced]


METADATA: list[tuple[Any, tuple[str, ...]]] = [
    (True, BOTH),
    ("NBD201", ("NBD201",)),
    ("NBD201, NBD101", BOTH),
    (["unseeded-draw"], ("NBD201",)),
    (["order", "seeds"], BOTH),
    ([], ()),
    ("", ()),
    (False, ()),
    (None, ()),
    (5, ()),
    ([5], ()),
    ({"NBD201": True}, ()),
]


@pytest.mark.parametrize("where", ["cell", "notebook"])
@pytest.mark.parametrize(("value", "silenced"), METADATA, ids=repr)
def test_metadata(value: Any, silenced: tuple[str, ...], where: str) -> None:
    content = document("print(missing)", nbdebt={"ignore": value} if where == "cell" else {})
    del content["cells"][2]
    if where == "notebook":
        content["metadata"]["nbdebt"] = {"ignore": value}
    assert left(content) == [code for code in BOTH if code not in silenced]


UNUSED = [
    ("x = 1  # nbdebt: ignore", "`# nbdebt: ignore` suppresses nothing", 1),
    ("y = 2\nx = 1  # nbdebt: ignore[NBD101]", "`# nbdebt: ignore[NBD101]` suppresses nothing", 2),
    ("# nbdebt: ignore-cell[NBD101] why", "`# nbdebt: ignore-cell[NBD101]` suppresses nothing", 1),
    ("print(missing)  # nbdebt: ignore[NBD201]", "`# nbdebt: ignore[NBD201]` suppresses nothing", 1),
    ("x = 1  # noqa", None, 0),
    ("x = 1  # noqa: NBD101", None, 0),
    ("print(missing)  # nbdebt: ignore[NBD101]", None, 0),
    ("# nbdebt: ignore-file[NBD201]", None, 0),
]


@pytest.mark.parametrize(("source", "message", "line"), UNUSED, ids=[s for s, _, _ in UNUSED])
def test_what_silences_nothing_can_be_reported(source: str, message: str | None, line: int) -> None:
    report = check(document(source), Settings(select=(*BOTH, "NBD901")))
    told = [(f.message, f.span.line if f.span else 0) for f in report.findings if f.code == "NBD901"]
    assert told == ([(message, line)] if message else [])


def test_one_draw_that_is_silenced_silences_no_other() -> None:
    text = """
        # %%
        import random
        # %%
        a = random.random()  # nbdebt: ignore[NBD201] for the look of it
        b = random.random()  # noqa: NBD201
        # %% tags=["nbdebt-ignore-NBD201"]
        random.random(), random.random()
        # %%
        d = random.random()
    """
    document = read_notebook(textwrap.dedent(text).encode(), "n.py")
    report = check(document, Settings(select=("NBD201", "NBD901")))
    (found,) = report.findings
    assert found.code == "NBD201" and found.source == "d = random.random()"
    assert "like" not in found.message and found.fix is not None


def test_how_many_were_silenced_is_said() -> None:
    report = check(document("print(missing)\n# nbdebt: ignore-file"), Settings(select=BOTH))
    assert not report.findings and report.suppressed >= 2 and report.exit_status == 0


def test_reasons_are_kept() -> None:
    source = "# %%\nx = 1  # nbdebt: ignore[NBD201] – any number will do\n"
    (found,) = read_suppressions(read_notebook(textwrap.dedent(source).encode(), "n.py"))
    assert (found.codes, found.reason, found.line) == (("NBD201",), "any number will do", 1)


@pytest.mark.parametrize("scope", ["line", "cell"])
@pytest.mark.parametrize(
    "source",
    [
        "print(missing)",
        "x = 1\nprint(missing)",
        "if True:\n    print(missing, \\\n        1)",
        "%time print(missing)",
        "%%time\nprint(missing)",
        '%%time\n\nx = """a\nb"""; print(missing)',
        'x = 1\ny = """a\n\n""", missing, """\n"""',
        "%matplotlib inline\nx = [\n    1,\n    missing,\n]",
    ],
)
def test_a_finding_is_silenced_where_it_stands(source: str, scope: Any) -> None:
    (finding, *_) = found(source)
    data = f"# %%\n{source}\n".encode()
    after = apply_edits(data, "a.py", [silencing(source, finding, scope, "it comes  from\nelsewhere")])
    (cell,) = read_notebook(after, "a.py").cells
    assert "[undefined-on-run-all] it comes from elsewhere" in cell.source
    assert found(cell.source) == []
    # All else is as it was: what is left without the comment is what was there.
    comment = re.compile(r" *# nbdebt: ignore.*elsewhere\n?")
    assert comment.sub("", cell.source).replace("\n", "") == source.rstrip().replace("\n", "")


def found(source: str) -> list[Any]:
    notebook = read_notebook(f"# %%\n{source}\n".encode(), "a.py")
    return list(check(notebook, Settings(select=("NBD101", "NBD901"))).findings)
