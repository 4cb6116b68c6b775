"""Applying fixes: the edit is there, and every other byte is as it was."""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.model.errors import FixError
from nbdebt.model.finding import Declare, Drop, Insert, Move, Replace
from nbdebt.model.history import Span
from nbdebt.read import read_notebook
from nbdebt.read.edit import DocumentEdit, apply_edits, write_atomic


def code(*lines: str, number: int = 0) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 3,
        "id": f"cell{number}",
        "metadata": {"tags": ["é"]},
        "outputs": [{"name": "stdout", "output_type": "stream", "text": ["a\n", "é"]}],
        "source": list(lines),
    }


DOCUMENT: dict[str, Any] = {
    "cells": [
        code("import numpy as np\n", "x = 1\n", "y = 'é'", number=0),
        {"cell_type": "markdown", "id": "text", "metadata": {}, "source": ["# T"]},
        code("z", number=2),
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
FORMATS: dict[str, dict[str, Any]] = {
    "jupyter": {"indent": 1, "ensure_ascii": False},
    "ascii": {"indent": 2, "ensure_ascii": True},
    "tabs": {"indent": "\t", "ensure_ascii": False},
    "minified": {"separators": (",", ":")},
    "spaced": {},
}


def written(document: dict[str, Any], style: str) -> bytes:
    return json.dumps(document, **FORMATS[style]).encode() + (b"\n" if style == "jupyter" else b"")


def replace(cell: int, line: int, column: int, end_line: int, end_column: int, text: str) -> Replace:
    return Replace(cell, Span(line, column, end_line, end_column), text)


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


CASES: list[tuple[str, list[DocumentEdit], list[str]]] = [
    ("a word", [replace(0, 2, 5, 2, 6, "é2")], ["import numpy as np\nx = é2\ny = 'é'", "# T", "z"]),
    (
        "an insertion",
        [replace(0, 2, 1, 2, 1, "s()\n")],
        ["import numpy as np\ns()\nx = 1\ny = 'é'", "# T", "z"],
    ),
    (
        "at the end",
        [replace(0, 3, 8, 3, 8, "\nw\n")],
        ["import numpy as np\nx = 1\ny = 'é'\nw\n", "# T", "z"],
    ),
    ("a line goes", [replace(0, 2, 1, 3, 1, "")], ["import numpy as np\ny = 'é'", "# T", "z"]),
    ("lines joined", [replace(0, 1, 19, 2, 1, "; ")], ["import numpy as np; x = 1\ny = 'é'", "# T", "z"]),
    ("all goes", [replace(0, 1, 1, 3, 8, "")], ["", "# T", "z"]),
    (
        "two in a cell and one elsewhere",
        [replace(0, 3, 1, 3, 2, "v"), replace(2, 1, 1, 1, 2, 'a\n"b\\"'), replace(0, 1, 1, 1, 1, "#\n")],
        ["#\nimport numpy as np\nx = 1\nv = 'é'", "# T", 'a\n"b\\"'],
    ),
    ("a cell above", [Insert(0, "a = 'é'\nb\n")], ["a = 'é'\nb\n", DOCUMENT["cells"][0], "# T", "z"]),
    ("a cell below", [Insert(3, "a")], [DOCUMENT["cells"][0], "# T", "z", "a"]),
    ("the same twice", [Insert(3, "a"), Insert(3, "a")], [DOCUMENT["cells"][0], "# T", "z", "a"]),
    ("two cells", [Insert(1, "a"), Insert(1, "b")], [DOCUMENT["cells"][0], "a", "b", "# T", "z"]),
    ("up", [Move(2, 0)], ["z", DOCUMENT["cells"][0], "# T"]),
    ("down", [Move(0, 3)], ["# T", "z", DOCUMENT["cells"][0]]),
    ("nowhere", [Move(1, 1)], [DOCUMENT["cells"][0], "# T", "z"]),
    ("a drop", [Drop(2)], [DOCUMENT["cells"][0], "# T"]),
    ("all dropped", [Drop(0), Drop(1), Drop(2)], []),
    (
        "all at once",
        [Drop(1), Move(2, 0), replace(2, 1, 1, 1, 2, "y"), Insert(0, "s")],
        ["y", "s", DOCUMENT["cells"][0]],
    ),
]


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize(("edits", "sources"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("as_strings", [False, True], ids=["lines", "string"])
def test_edits_are_what_a_reader_and_writer_would_make(
    style: str, edits: list[DocumentEdit], sources: list[Any], as_strings: bool
) -> None:
    """A file as ``json`` writes it stays one: decoding and encoding the result gives the same bytes."""
    document = copy.deepcopy(DOCUMENT)
    for cell in document["cells"]:
        if as_strings:
            cell["source"] = "".join(cell["source"])
    data = written(document, style)
    result = apply_edits(data, "n.ipynb", edits)
    after = json.loads(result)
    texts = [text if isinstance(text, str) else "".join(text["source"]) for text in sources]
    assert ["".join(cell["source"]) for cell in after["cells"]] == texts
    for cell in after["cells"]:
        assert cell["source"] == (
            "".join(cell["source"]) if as_strings else lines_of("".join(cell["source"]))
        )
    if "\\u" not in data.decode() or style != "minified":
        assert result == written(after, style)
    nbformat.validate(nbformat.from_dict(after))
    untouched = {"".join(cell["source"]): cell for cell in document["cells"]}
    assert all(untouched.get("".join(cell["source"]), cell) == cell for cell in after["cells"])


def test_a_new_cell_looks_like_its_neighbours() -> None:
    document = copy.deepcopy(DOCUMENT)
    keys = ["source", "cell_type", "metadata", "outputs", "id", "execution_count"]
    document["cells"] = [{key: code("a", number=0)[key] for key in keys}]
    after = json.loads(apply_edits(written(document, "jupyter"), "n.ipynb", [Insert(0, "b\nc")]))["cells"]
    assert list(after[0]) == keys
    assert after[0]["source"] == ["b\n", "c"]
    assert (after[0]["execution_count"], after[0]["outputs"], after[0]["metadata"]) == (None, [], {})
    assert len(after[0]["id"]) == 8
    again = apply_edits(written(document, "jupyter"), "n.ipynb", [Insert(0, "b\nc")])
    assert json.loads(again)["cells"][0]["id"] == after[0]["id"]


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize("minor", [0, 4, 5])
def test_a_cell_in_a_notebook_without_code_cells(style: str, minor: int) -> None:
    for cells in ([], [{"cell_type": "markdown", "metadata": {}, "source": []}]):
        if cells and minor >= 5:
            cells[0]["id"] = "a"
        document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
        result = apply_edits(written(document, style), "n.ipynb", [Insert(0, "a\nb")])
        after = json.loads(result)
        assert ("id" in after["cells"][0]) == (minor >= 5)
        assert result == written(after, style)
        nbformat.validate(nbformat.from_dict(after))


def test_old_format() -> None:
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("a\nb", prompt_number=1)]),
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("c")]),
        ]
    )
    data = nbformat.writes(old, version=3).encode()
    edits = [replace(0, 2, 1, 2, 2, "B"), Insert(1, "n"), Insert(2, "last")]
    result = apply_edits(data, "n.ipynb", edits)
    assert [cell.source for cell in read_notebook(result, "n.ipynb").cells] == ["a\nB", "n", "c", "last"]
    nbformat.validate(nbformat.reads(result.decode(), as_version=3))


def test_byte_order_mark_line_ends_and_odd_spelling_stay() -> None:
    data = (
        b'\xef\xbb\xbf{ "nbformat":4,\r\n"cells" :[\r\n  '
        b'{"source":["caf\\u00e9 = \\"1\\"\\r\\n" ,\r\n "b\\/c"],'
        b'"cell_type":"code", "x":1.50}\r\n]}\r\n\r\n'
    )
    result = apply_edits(data, "n.ipynb", [replace(0, 1, 9, 1, 10, "é\n2"), replace(0, 2, 2, 2, 3, "+")])
    assert result == data.replace(b'\\"1\\"\\r\\n" ,', b'\\"\\u00e9\\r\\n" ,\r\n "2\\"\\r\\n" ,').replace(
        b"b\\/c", b"b+c"
    )


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([replace(0, 1, 1, 1, 5, "a"), replace(0, 1, 4, 1, 6, "b")], "overlap"),
        ([replace(0, 1, 1, 1, 1, "a"), replace(0, 1, 1, 1, 1, "b")], "overlap"),
        ([replace(0, 9, 1, 9, 1, "a")], "outside"),
        ([replace(0, 1, 1, 1, 99, "a")], "outside"),
        ([replace(0, 2, 3, 1, 1, "a")], "outside"),
        ([replace(7, 1, 1, 1, 1, "a")], "no cell 7"),
        ([Insert(4, "a")], "no cell 4"),
        ([Drop(0), Move(0, 2)], "twice"),
        ([Move(0, 1), Move(0, 2)], "twice"),
        ([Drop(0), replace(0, 1, 1, 1, 1, "a")], "changed and dropped"),
        ([Declare("x")], "no edit of a notebook"),
    ],
)
def test_edits_that_do_not_go_together(edits: list[Any], message: str) -> None:
    for data, path in (
        (written(DOCUMENT, "jupyter"), "n.ipynb"),
        (b"# %%\nabcdefg\nb\n# %%\nc\n# %%\nd", "a.py"),
    ):
        with pytest.raises(FixError, match=message):
            apply_edits(data, path, edits)


SCRIPT = "# a header\n\n# %% [1]\nx = 1\n# !ls\n\n\n# %% [markdown]\n# text\n# more\n\n# %%\nz"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([replace(1, 1, 5, 1, 6, "2\ny")], SCRIPT.replace("x = 1", "x = 2\ny")),
        ([replace(1, 1, 1, 2, 1, "")], SCRIPT.replace("x = 1\n", "")),
        ([replace(1, 2, 2, 2, 4, "cd")], SCRIPT.replace("ls", "cd")),
        ([replace(1, 2, 1, 2, 4, "import a")], SCRIPT.replace("# !ls", "import a")),
        ([replace(1, 2, 1, 2, 1, "import a\n")], SCRIPT.replace("# !ls", "import a\n# !ls")),
        ([replace(2, 1, 5, 1, 5, "\nnew")], SCRIPT.replace("# text", "# text\n# new")),
        ([Insert(1, "s")], SCRIPT.replace("# %% [1]", "# %%\ns\n\n# %% [1]")),
        ([Insert(4, "%cd a")], SCRIPT + "\n\n# %%\n# %cd a"),
        ([Drop(2)], SCRIPT.replace("# %% [markdown]\n# text\n# more\n\n", "")),
        ([Drop(3)], SCRIPT.replace("\n\n# %%\nz", "")),
        (
            [Move(3, 1)],
            "# a header\n\n# %%\nz\n\n# %% [1]\nx = 1\n# !ls\n\n\n# %% [markdown]\n# text\n# more",
        ),
        ([Insert(0, "s")], "# %%\ns\n\n# %%\n" + SCRIPT),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_scripts(edits: list[DocumentEdit], expected: str, newline: str, mark: str) -> None:
    data = (mark + SCRIPT.replace("\n", newline)).encode()
    assert apply_edits(data, "a.py", edits) == (mark + expected.replace("\n", newline)).encode()


def test_light_scripts() -> None:
    data = b"# +\na\n\nb\n# -\n\nc\n\nd\n"
    assert apply_edits(data, "a.py", [Insert(1, "s")]) == b"# +\na\n\nb\n# -\n\ns\n\nc\n\nd\n"
    assert apply_edits(data, "a.py", [Insert(3, "s\n\nt")]) == data + b"\n# +\ns\n\nt\n# -\n"
    assert apply_edits(data, "a.py", [Drop(0)]) == b"c\n\nd\n"


def test_a_cell_in_another_language() -> None:
    data = b'# %% language="bash"\n# ls a\n# cd'
    assert apply_edits(data, "a.py", [replace(0, 2, 4, 2, 5, "b\nx")]) == data.replace(b"s a", b"s b\n# x")
    with pytest.raises(FixError, match="marker's language"):
        apply_edits(data, "a.py", [replace(0, 1, 1, 1, 1, "b")])


def test_plain_scripts() -> None:
    assert apply_edits(b"a\n", "a.py", [replace(0, 1, 1, 1, 2, "b")]) == b"b\n"
    assert apply_edits(b"a\n", "a.py", [Insert(0, "s")]) == b"# %%\ns\n\n# %%\na\n"
    assert apply_edits(b"", "a.py", [Insert(0, "s")]) == b"# %%\ns\n"
    header = b"# ---\n# jupyter:\n#   jupytext:\n#     format_name: light\n# ---\n\n"
    assert apply_edits(header, "a.py", [Insert(0, "s")]) == header + b"s\n"


characters = st.text(alphabet='ab \n\t"\\é\U0001f600{}[],:', max_size=6)


@st.composite
def documents_with_edits(draw: st.DrawFn) -> tuple[bytes, list[str], list[Replace], list[str]]:
    """A file, its sources, edits that don't overlap, and the sources that they should lead to."""
    cells: list[dict[str, Any]] = []
    before: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        text = "".join(draw(st.lists(characters, max_size=4)))
        before.append(text)
        source: Any = draw(st.sampled_from([text, text.split("\n") and _elements(text)]))
        cells.append({**code(number=number), "source": source})
    edits: list[Replace] = []
    after: list[str] = []
    for number, text in enumerate(before):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        new = text
        for start, end in reversed(pairs):
            inserted = draw(characters)
            edits.append(Replace(number, Span(*_place(text, start), *_place(text, end)), inserted))
            new = new[:start] + inserted + new[end:]
        after.append(new)
    style = draw(st.sampled_from(sorted(FORMATS)))
    return written({**DOCUMENT, "cells": cells}, style), before, edits, after


def _elements(text: str) -> list[str]:
    return [line for line in text.replace("\n", "\n\0").split("\0") if line]


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@given(documents_with_edits())
def test_editing_a_file_is_editing_its_sources(
    case: tuple[bytes, list[str], list[Replace], list[str]],
) -> None:
    data, before, edits, after = case
    result = apply_edits(data, "n.ipynb", edits)
    assert [cell.source for cell in read_notebook(data, "n.ipynb").cells] == before
    assert [cell.source for cell in read_notebook(result, "n.ipynb").cells] == after
    changed, original = json.loads(result), json.loads(data)
    for cell, old in zip(changed["cells"], original["cells"], strict=True):
        if isinstance(cell["source"], list):
            assert cell["source"] == _elements("".join(cell["source"]))
        cell["source"] = old["source"] = ""
    assert changed == original
    assert _without_sources(result, len(after)) == _without_sources(data, len(before))
    nbformat.validate(nbformat.from_dict(json.loads(result)))


def _without_sources(data: bytes, count: int) -> list[bytes]:
    """The bytes outside the sources: ``source`` is the last key, so they end at the end of the cell."""
    pieces = data.split(b'"source":')
    assert len(pieces) == count + 1
    decoder = json.JSONDecoder()
    rest: list[bytes] = [pieces[0]]
    for piece in pieces[1:]:
        text = piece.decode()
        lead = len(text) - len(text.lstrip())
        _, end = decoder.raw_decode(text, lead)
        rest.append(text[end:].encode())
    return rest


@given(st.permutations(range(3)), st.sampled_from(sorted(FORMATS)))
def test_reordering_is_undone_by_reordering(order: Sequence[int], style: str) -> None:
    data = written(DOCUMENT, style)
    there = apply_edits(data, "n.ipynb", [Move(cell, 3) for cell in order])
    back = apply_edits(there, "n.ipynb", [Move(list(order).index(cell), 3) for cell in range(3)])
    assert [cell["id"] for cell in json.loads(there)["cells"]] == [
        DOCUMENT["cells"][cell]["id"] for cell in order
    ]
    assert back == data


def test_writing_keeps_mode_and_links(tmp_path: Path) -> None:
    target = tmp_path / "a.ipynb"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "b.ipynb"
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    write_atomic(tmp_path / "c.ipynb", b"first")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "b.ipynb", "c.ipynb"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError):
        write_atomic(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
