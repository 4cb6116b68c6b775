"""True lines: where a line of a cell stands in its file."""

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.model.errors import NotebookError
from nbdebt.read import read_notebook
from nbdebt.read.spans import SourceMap, file_line, scan

CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "metadata": {"a": {"source": ["no"]}}, "source": ["# T\n", "\n", "t"]},
    {"outputs": [{"text": ['}]\\"', "{"]}], "cell_type": "code", "source": ["one\n", "two"]},
    {"cell_type": "code", "source": "one\ntwo", "outputs": []},
    {"cell_type": "code", "source": [], "outputs": []},
    {"cell_type": "code", "source": ["one\ntwo\n", "th", "ree\n", "four\n"], "outputs": []},
]


def written(indent: int | None) -> bytes:
    return json.dumps({"metadata": {"cells": []}, "cells": CELLS, "nbformat": 4}, indent=indent).encode()


@pytest.mark.parametrize(
    ("cell", "line", "text"),
    [
        (0, 1, '"# T\\n",'),
        (0, 3, '"t"'),
        (1, 1, '"one\\n",'),
        (1, 2, '"two"'),
        (2, 1, '"source": "one\\ntwo",'),
        (2, 2, '"source": "one\\ntwo",'),
        (3, 1, '"source": [],'),
        (4, 2, '"one\\ntwo\\n",'),
        (4, 3, '"th",'),
        (4, 4, '"four\\n"'),
    ],
)
def test_line_in_a_file_of_many_lines(cell: int, line: int, text: str) -> None:
    data = written(1)
    assert data.decode().split("\n")[file_line(data, "n.ipynb", cell, line) - 1].strip() == text
    assert file_line(b"\xef\xbb\xbf" + data, "n.ipynb", cell, line) == file_line(data, "n.ipynb", cell, line)
    windows = data.replace(b"\n", b"\r\n")
    assert file_line(windows, "n.ipynb", cell, line) == file_line(data, "n.ipynb", cell, line)


@pytest.mark.parametrize(("cell", "line"), [(0, 1), (4, 3), (9, 1)])
def test_a_minified_file_has_one_line(cell: int, line: int) -> None:
    assert file_line(written(None), "n.ipynb", cell, line) == 1


def test_lines_beyond_the_cell_are_its_nearest() -> None:
    places = SourceMap(written(1), "n.ipynb")
    assert places.line(1, 99) == places.line(1, 2)
    assert places.line(1, 0) == places.line(1, 1)


def test_script_lines() -> None:
    data = b"# %%\nx\ny\n\n# %% [markdown]\n# a\n# %%\nz\n"
    places = SourceMap(data, "a.py")
    assert [places.line(0, 1), places.line(0, 2), places.line(1, 1), places.line(2, 1)] == [2, 3, 6, 8]


def test_old_format() -> None:
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("a\nb")]),
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_text_cell("markdown", "c\nd")]),
        ]
    )
    data = nbformat.writes(old, version=3).encode()
    lines = data.decode().split("\n")
    places = SourceMap(data, "n.ipynb")
    assert lines[places.line(0, 2) - 1].strip() == '"b"'
    assert lines[places.line(1, 1) - 1].strip() == '"c\\n",'


def test_what_cannot_be_read_is_line_one() -> None:
    assert file_line(b"{", "n.ipynb", 3, 3) == 1
    with pytest.raises(NotebookError):
        scan(b'{"cells": [}', "n.ipynb")


def test_a_key_that_is_there_twice_and_numbers_that_are_none() -> None:
    data = b'{"cells": [], "nbformat": 4, "x": NaN, "cells": [{"source": "no", "source":\n["a\\n",\n"b"]}]}'
    (cell,) = scan(data, "n.ipynb").cells
    assert [data[slice(*string)] for string in cell.strings] == [b'"a\\n"', b'"b"']
    assert file_line(data, "n.ipynb", 0, 2) == 3


@given(
    st.lists(st.lists(st.text(alphabet='ab"\\\n\ré{}[],:', max_size=5), max_size=4), max_size=4),
    st.sampled_from([None, 0, 1, 4]),
    st.booleans(),
)
def test_places_hold_what_the_reader_reads(
    found: list[list[str]], indent: int | None, ensure_ascii: bool
) -> None:
    document = {
        "nbformat": 4,
        "metadata": {'"cells"': found},
        "cells": [{"source": source, "cell_type": "code", "outputs": found} for source in found],
    }
    data = json.dumps(document, indent=indent, ensure_ascii=ensure_ascii).encode()
    places = scan(data, "n.ipynb").cells
    assert [json.loads(data[slice(*place.source)]) for place in places if place.source] == found
    assert [json.loads(data[place.start : place.end]) for place in places] == document["cells"]
    lines = SourceMap(data, "n.ipynb")
    for cell in read_notebook(data, "n.ipynb").cells:
        numbers = [lines.line(cell.index, line + 1) for line in range(cell.source.count("\n") + 1)]
        assert numbers == sorted(numbers)
        assert numbers[0] >= 1 and numbers[-1] <= data.count(b"\n") + 1
