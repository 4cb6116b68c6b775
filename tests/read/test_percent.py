"""Scripts as notebooks: what jupytext and people write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.model.errors import NotebookError
from nbdebt.read import read_notebook
from nbdebt.read.percent import blocks, is_script_notebook

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: {}
#   kernelspec:
#     language: python
# ---

"""


def cells(text: str) -> list[tuple[str, str]]:
    return [(cell.kind, cell.source) for cell in read_notebook(text.encode(), "a.py").cells]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n\ny = 2\n", [("code", "x = 1\n\ny = 2")]),
        ("# %%\nx = 1\n\n# %%\ny\n", [("code", "x = 1"), ("code", "y")]),
        ("import a\n\n# %%\ny", [("code", "import a"), ("code", "y")]),
        ("# %% [markdown]\n# # Title\n#\n# text\n#%%\nx", [("markdown", "# Title\n\ntext"), ("code", "x")]),
        (
            '# %% [md]\n"""\n# Title\ntext\n"""\n# %% [raw]\n# r',
            [("markdown", "# Title\ntext"), ("raw", "r")],
        ),
        ("# %% a title\nx\n# %%%\ny", [("code", "x"), ("code", "y")]),
        ("# %%\ns = '''\n# %%\n'''\n", [("code", "s = '''\n# %%\n'''")]),
        ("# %%\n# %matplotlib inline\n# !ls\nx", [("code", "%matplotlib inline\n!ls\nx")]),
        ("# %%\nif x:\n    # !ls\n# files = !ls", [("code", "if x:\n    !ls\nfiles = !ls")]),
        ("# %%\n# %%bash\n# echo a\n#\n# ls", [("code", "%%bash\necho a\n\nls")]),
        ("# %%\n# %%time\nx = 1", [("code", "%%time\nx = 1")]),
        ("# %%\n%matplotlib inline\n!ls", [("code", "%matplotlib inline\n!ls")]),
        ("# %%\n# a comment\n# # %no magic", [("code", "# a comment\n# # %no magic")]),
        ("# In[1]:\n\n\nx = 1\n\n\n# In[ ]:\n\n\ny\n", [("code", "x = 1"), ("code", "y")]),
        (HEADER.format("percent") + "# %%\nx\n", [("code", "x")]),
        (
            HEADER.format("light")
            + "# # Title\n\nx = 1\ny = 2\n\n# # %note\nz = 3\n\n\ndef f():\n    a\n\n    b\n",
            [
                ("markdown", "# Title"),
                ("code", "x = 1\ny = 2"),
                ("code", "# # %note\nz = 3"),
                ("code", "def f():\n    a\n\n    b"),
            ],
        ),
        (HEADER.format("light") + "# %cd x\n\n# text\n", [("code", "%cd x"), ("markdown", "text")]),
        ("# +\nx\n\ny\n# -\n\nz\n", [("code", "x\n\ny"), ("code", "z")]),
        ("# + [markdown]\n# a\n# + tags=['t']\nz\n", [("markdown", "a"), ("code", "z")]),
        ('# %% language="bash"\n# echo a\n#\n# ls', [("code", "%%bash\necho a\n\nls")]),
        ('# + magic_args="-i d" language="R"\n# x <- 1', [("code", "%%R -i d\nx <- 1")]),
        ('# + magic_args="-i \\"d\\"" language="R"\n# x <- 1', [("code", '%%R -i "d"\nx <- 1')]),
        ('# + active=""\n# text\n# -\n', [("raw", "text")]),
        (HEADER.format("percent").replace("jupytext", "x") + "x\n\ny", [("code", "x"), ("code", "y")]),
        ("", [("code", "")]),
    ],
)
def test_cells_of_a_script(text: str, expected: list[tuple[str, str]]) -> None:
    assert cells(text) == expected


@pytest.mark.parametrize(
    ("marker", "count", "tags"),
    [
        ("# %%", None, ()),
        ("# %% [3]", 3, ()),
        ("# %% [12] a title", 12, ()),
        ("# In[7]:", 7, ()),
        ('# %% tags=["a", "b"]', None, ("a", "b")),
        ("# %% [2] tags=['a']", 2, ("a",)),
        ('# %% {"tags": ["a"], "x": 1}', None, ("a",)),
        ("# %% tags=[oops", None, ()),
    ],
)
def test_what_a_marker_says(marker: str, count: int | None, tags: tuple[str, ...]) -> None:
    (cell,) = read_notebook(f"{marker}\nx\n".encode(), "a.py").cells
    assert (cell.execution_count, cell.tags) == (count, tags)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n", False),
        ("# %%\nx", True),
        ("'''\n# %%\n'''\n", False),
        ("x = '# %%'\n", False),
        (HEADER.format("light") + "x", True),
        ("# jupytext: is a tool\nx", False),
        ("# %%bash is a magic\nx", False),
        ("# In[3]:\nx", True),
    ],
)
def test_what_is_a_notebook(text: str, expected: bool) -> None:
    assert is_script_notebook(text) is expected


def test_language_encoding_and_line_ends() -> None:
    text = HEADER.format("percent").replace("python", "julia") + "# %%\nx\n"
    found = read_notebook(text.encode(), "a.py")
    assert (found.language, found.form, found.nbformat) == ("julia", "percent", (0, 0))
    data = b"\xef\xbb\xbf# %%\r\nx = 'a'\r\ny\r\n"
    assert read_notebook(data, "a.py").cells[0].source == "x = 'a'\ny"
    assert read_notebook(b"# coding: latin-1\n# \xe9", "a.py").cells[0].source == "# coding: latin-1\n# é"
    with pytest.raises(NotebookError, match="not text in the encoding"):
        read_notebook(b"x = '\xe9'", "a.py")


def test_removed_characters_are_known() -> None:
    (block,) = blocks("# %%\nif x:\n    # !ls\n").blocks
    assert (block.lines, block.removed) == (["if x:", "    !ls"], [0, 2])


@given(st.lists(st.sampled_from(["# %%", "# +", "# -", "", "x = 1", "    y", "'''", "# text", "# !ls"])))
def test_every_line_has_its_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    script: Any = blocks(text)
    end = 0
    for block in script.blocks:
        assert end <= block.start <= block.first <= block.end
        assert len(block.lines) == len(block.removed)
        for offset, (line, removed) in enumerate(zip(block.lines, block.removed, strict=True)):
            raw = lines[block.first + offset] if lines else ""
            assert raw.endswith(line.lstrip()) and len(raw) - len(line) == removed
        end = block.end
