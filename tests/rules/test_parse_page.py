"""What a page says, and what it may not say."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.rules.pages import BesideFile, PageError, parse_page

PAGE = textwrap.dedent(
    """\
    Finds what it finds.

    ## Why it matters
    It does.

    ## Example
    With words around it:

    ```toml
    seed = 7
    ```

    ```files
    data/x.csv tracked
    y.csv
    ```

    ```python
    # %% [markdown]
    # A title
    # %% [3] tags=["raises-exception"]
    total = 1  # <- NBD101, NBD102
    print(total)  # a comment that stays
    # Out: 1
    # Out:
    # Out: two
    # %%
    1 / 0  # <- NBD107
    # Raises: ZeroDivisionError: division by zero
    # %% [4]
    %time total
    # Result: 1
    ```

    ```python fixed
    # %%
    total = 2
    ```

    ```python
    a_snippet = "without cells is no example"
    ```

    ## Source
    A book.
    """
)


def test_a_page_is_taken_apart() -> None:
    page = parse_page(PAGE)
    assert page.title == "Finds what it finds."
    assert list(page.sections) == ["Why it matters", "Example", "Source"]
    assert page.sections["Why it matters"] == "It does."
    (example,) = page.examples
    assert example.marks == {
        1: {1: frozenset({"NBD101", "NBD102"})},
        2: {1: frozenset({"NBD107"})},
    }
    assert example.expected("NBD102") == {(1, 1)}
    assert example.fixed_sources() == ["total = 2"]
    assert example.files == (BesideFile("data/x.csv", True), BesideFile("y.csv"))
    assert example.toml == "seed = 7"


def test_an_example_is_a_notebook() -> None:
    notebook = parse_page(PAGE).examples[0].notebook("n.ipynb")
    assert [(c.kind, c.execution_count, c.source) for c in notebook.cells] == [
        ("markdown", None, "A title"),
        ("code", 3, "total = 1\nprint(total)  # a comment that stays"),
        ("code", None, "1 / 0"),
        ("code", 4, "%time total"),
    ]
    assert notebook.cells[1].tags == ("raises-exception",)
    (printed,) = notebook.cells[1].outputs
    assert (printed.kind, printed.name, printed.text) == ("stream", "stdout", "1\n\ntwo\n")
    (raised,) = notebook.cells[2].outputs
    assert (raised.name, raised.value) == ("ZeroDivisionError", "division by zero")
    (shown,) = notebook.cells[3].outputs
    assert (shown.kind, shown.text) == ("execute_result", "1")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("T.\n```python\n# %%\nx = 1", "not closed"),
        ("T.\n```python fixed\n# %%\nx = 1\n```", "without an example"),
        ("T.\n```python\n# %%\nx = 1\n```\n```python fixed\n```\n```python fixed\n```", "without an example"),
        ("T.\n```python\n# %%\nx = 1  # <- NBD1\n```", "a mark that is none"),
        ("T.\n```python\n# %%\nx = 1  # <- NBD101 here\n```", "a mark that is none"),
        ("T.\n```files\na.csv untracked\n```", "a file is given as its path"),
    ],
)
def test_a_page_that_says_nonsense_is_refused(page: str, reason: str) -> None:
    with pytest.raises(PageError, match=reason):
        parse_page(page)


LINES = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n\r`#%"), max_size=20), max_size=5)


@given(st.lists(st.tuples(st.integers(1, 99) | st.none(), LINES), min_size=1, max_size=4))
def test_sources_survive_the_page(cells: list[tuple[int | None, list[str]]]) -> None:
    text = "\n".join(
        "\n".join([f"# %% [{count}]" if count else "# %%", "x = 0", *lines, "y = 1  # <- NBD999"])
        for count, lines in cells
    )
    (example,) = parse_page(f"T.\n```python\n{text}\n```").examples
    notebook = example.notebook()
    assert [c.execution_count for c in notebook.cells] == [count for count, _ in cells]
    assert [c.source.split("\n")[1:-1] for c in notebook.cells] == [lines for _, lines in cells]
    assert all(c.source.endswith("y = 1") for c in notebook.cells)
    assert example.marks == {i: {len(lines) + 2: frozenset({"NBD999"})} for i, (_, lines) in enumerate(cells)}
