"""Reading notebook files: sound ones, odd ones, and what is said of broken ones."""

import copy
import json
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbdebt.model.errors import NotebookError
from nbdebt.model.notebook import Notebook, Output
from nbdebt.read import read_notebook
from nbdebt.read.ipynb import TEXT_LIMIT, read_ipynb


def code(source: object = "x = 1", **rest: object) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    } | rest


def notebook(*cells: object, **rest: object) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | rest


def read(document: object, path: str = "n.ipynb") -> Notebook:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_ipynb(data, path)


def test_a_whole_notebook() -> None:
    found = read(
        notebook(
            {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# T\n", "text"]},
            code(
                ["x = 1\n", "x"],
                id="c",
                execution_count=3,
                metadata={"tags": ["a", "b"], "nbdebt": {"hash": "1"}, "collapsed": True},
                outputs=[
                    {"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]},
                    {
                        "output_type": "execute_result",
                        "execution_count": 3,
                        "data": {"text/plain": ["1"], "image/png": "aGk="},
                        "metadata": {},
                    },
                    {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {}},
                    {
                        "output_type": "error",
                        "ename": "KeyError",
                        "evalue": "'x'",
                        "traceback": ["\x1b[0;31mKeyError\x1b[0m", "'x'"],
                    },
                ],
            ),
            metadata={"kernelspec": {"name": "python3", "language": "python"}, "nbdebt": {"a": 1}},
        )
    )
    assert [(cell.index, cell.id, cell.kind) for cell in found.cells] == [
        (0, "m", "markdown"),
        (1, "c", "code"),
    ]
    cell = found.cells[1]
    assert (cell.source, cell.execution_count, cell.tags) == ("x = 1\nx", 3, ("a", "b"))
    assert cell.recorded == {"hash": "1"} and found.recorded == {"a": 1}
    assert cell.outputs == (
        Output("stream", "a\nb", "stderr"),
        Output("execute_result", "1", mimes=("text/plain", "image/png")),
        Output("display_data", None, mimes=("image/png",)),
        Output("error", "KeyError\n'x'", "KeyError", "'x'"),
    )
    assert (found.nbformat, found.language, found.form) == ((4, 5), "python", "ipynb")


def test_ids_are_given_and_made_unique() -> None:
    cells = [code(id="a"), code(), code(id="a"), code(id="a-2"), code(id="a"), code(id="")]
    assert [cell.id for cell in read(notebook(*cells)).cells] == [
        "a",
        "cell-1",
        "a-3",
        "a-2",
        "a-4",
        "cell-5",
    ]


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "python3"}}, "python"),
        ({"kernelspec": {"name": "conda-env-x-py"}}, "python"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": {"name": "julia-1.9"}}, "julia"),
        ({"kernelspec": {"name": ".net-csharp"}}, "csharp"),
        ({"kernelspec": {"name": "javaproject"}}, "python"),
        ({"kernelspec": {"name": "x", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "ir"}, "language_info": {"name": "python"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"kernelspec": None, "language_info": {"name": "scala"}}, "scala"),
    ],
)
def test_language(metadata: dict[str, Any], language: str) -> None:
    assert read(notebook(code(), metadata=metadata)).language == language


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("metadata",), None),
        (("metadata",), 3),
        (("metadata", "x"), float("nan")),
        (("nbformat_minor",), "5"),
        (("nbformat_minor",), 99),
        (("nbformat",), 4.0),
        (("cells", 0, "metadata"), []),
        (("cells", 0, "metadata", "tags"), "a"),
        (("cells", 0, "metadata", "tags"), [1, None]),
        (("cells", 0, "metadata", "nbdebt"), 7),
        (("cells", 0, "id"), 5),
        (("cells", 0, "outputs"), None),
        (("cells", 0, "outputs"), [3, None, "x"]),
        (("cells", 0, "outputs"), [{"output_type": 3, "text": {}, "data": 3}]),
        (("cells", 0, "outputs"), [{"output_type": "stream", "text": "\ud800"}]),
        (("cells", 0, "outputs"), [{"output_type": "display_data", "data": {"text/plain": {"a": 1}}}]),
        (("cells", 0, "execution_count"), "x"),
        (("cells", 0, "execution_count"), True),
        (("cells", 0, "execution_count"), 1 << 70),
    ],
)
def test_odd_fields_that_do_not_matter(where: tuple[Any, ...], value: object) -> None:
    document = notebook(code(["x = 1\n", "y"]))
    place: Any = document
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    found = read(document)
    assert [cell.source for cell in found.cells] == ["x = 1\ny"]
    assert found.cells[0].execution_count is None


@pytest.mark.parametrize(("count", "expected"), [(3, 3), (3.0, 3), ("12", 12), (None, None), (2.5, None)])
def test_execution_counts(count: object, expected: int | None) -> None:
    assert read(notebook(code(execution_count=count))).cells[0].execution_count == expected


SOUND = json.dumps(notebook(code("é\n")), ensure_ascii=False, indent=1)


@pytest.mark.parametrize(
    ("data", "reason", "where"),
    [
        (b"", "is empty", ""),
        (b" \n", "is empty", ""),
        (b"\xef\xbb\xbf", "is empty", ""),
        (b"[]", "it holds a list, not an object", ""),
        (b"{}", "it has no cells", ""),
        (b'{"cells": 3}', "its cells are a number, not a list", "cells"),
        (SOUND[:90].encode(), "is cut off", "line 7"),
        (SOUND.replace('"code",', '"code"').encode(), "is not valid JSON: expecting ',' delimiter", "line 5"),
        (b'{\n "cells": [\n<<<<<<< HEAD\n', "merge conflict markers", "line 3"),
        (b"version https://git-lfs.example/spec/v1\noid sha256:00\nsize 3\n", "git lfs pull", ""),
        (SOUND.encode("latin-1"), "is not UTF-8 text: byte 0xe9 at offset", "line 5"),
        (SOUND.encode("utf-16"), "is UTF-16 text", ""),
        (SOUND.encode("utf-16-le"), "is UTF-16 text", ""),
        (b"<!DOCTYPE html>", "is an HTML or XML page", ""),
        (b"\x1f\x8b\x08", "is compressed with gzip", ""),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply", ""),
        (b'{"a": ' + b"1" * 5_000 + b"}", "too many digits", ""),
        (json.dumps(notebook(3)).encode(), "has a number for a cell", "cells[0]"),
        (json.dumps(notebook({"source": ""})).encode(), "a cell with no type", "cells[0].cell_type"),
        (json.dumps(notebook(code(), {"cell_type": "raw"})).encode(), "no source", "cells[1].source"),
        (json.dumps(notebook(code(None))).encode(), "null for its source", "cells[0].source"),
        (json.dumps(notebook(code(["a", 3]))).encode(), "a number for a line", "cells[0].source[1]"),
        (json.dumps(notebook(nbformat="x")).encode(), "a string for its format version", "nbformat"),
        (json.dumps(notebook(nbformat=1)).encode(), "format 1, too old", "nbformat"),
        (json.dumps({"worksheets": [3], "nbformat": 3}).encode(), "for a worksheet", "worksheets[0]"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, reason: str, where: str) -> None:
    with pytest.raises(NotebookError) as caught:
        read(data)
    assert reason in caught.value.reason
    assert caught.value.where.startswith(where)
    assert caught.value.path == "n.ipynb"


def test_byte_order_mark_and_line_ends() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(notebook(code("a\r\nb\rc"))).encode()
    assert read(data).cells[0].source == "a\nb\nc"
    assert read_notebook(data, "-").cells[0].source == "a\nb\nc"


def test_lone_surrogates_can_be_encoded_afterwards() -> None:
    found = read(notebook(code("s = '\ud800'"))).cells[0].source
    assert found == "s = '\ufffd'"


@pytest.mark.parametrize("text", ["é\U0001f600\n" * 40_000, ["\U0001f600é\n"] * 40_000, '\\"' * 200_000])
@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("indent", [None, 1])
def test_long_outputs_are_cut(text: str | list[str], ensure_ascii: bool, indent: int | None) -> None:
    document = notebook(code(outputs=[{"output_type": "stream", "name": "stdout", "text": text}]))
    data = json.dumps(document, ensure_ascii=ensure_ascii, indent=indent).encode()
    found = read(data).cells[0].outputs[0].text
    assert found is not None
    assert TEXT_LIMIT // 4 < len(found) <= TEXT_LIMIT
    assert "".join(text).startswith(found)


def test_old_format() -> None:
    old = nbformat.v3.new_notebook(
        metadata=nbformat.v3.new_metadata(),
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[
                    nbformat.v3.new_heading_cell("Title"),
                    nbformat.v3.new_code_cell(
                        "x = 1\nx",
                        prompt_number=7,
                        outputs=[
                            nbformat.v3.new_output("stream", output_text="out", stream="stderr"),
                            nbformat.v3.new_output("pyout", output_text="1", output_png="aGk="),
                            nbformat.v3.new_output("pyerr", ename="E", evalue="v", traceback=["t"]),
                        ],
                    ),
                ]
            ),
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_text_cell("markdown", "last")]),
        ],
    )
    found = read(nbformat.writes(old, version=3).encode())
    assert [(cell.kind, cell.source) for cell in found.cells] == [
        ("markdown", "Title"),
        ("code", "x = 1\nx"),
        ("markdown", "last"),
    ]
    assert found.nbformat[0] == 3
    assert found.cells[1].execution_count == 7
    assert found.cells[1].outputs == (
        Output("stream", "out", "stderr"),
        Output("execute_result", "1", mimes=("text/plain", "image/png")),
        Output("error", "t", "E", "v"),
    )


sources = st.text(max_size=30) | st.lists(st.text(max_size=12), max_size=4)
outputs = st.fixed_dictionaries({"output_type": st.sampled_from(["stream", "error"]), "text": sources})
cells = st.builds(lambda source, found: code(source, outputs=found), sources, st.lists(outputs, max_size=2))
documents = st.builds(lambda found: notebook(*found), st.lists(cells, max_size=4))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents, anything, st.data())
def test_any_field_may_hold_anything(document: dict[str, Any], value: object, data: st.DataObject) -> None:
    changed: Any = [copy.deepcopy(document)]
    where = data.draw(st.sampled_from([(0, *place) for place in places(document)]))
    inner = changed
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    try:
        found = read(json.dumps(changed[0]).encode())
    except NotebookError as error:
        assert error.reason
    else:
        assert len({cell.id for cell in found.cells}) == len(found.cells)
        "".join(cell.source for cell in found.cells).encode()


@given(documents, st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 3))
def test_broken_bytes_give_a_reason(document: dict[str, Any], at: int, new: bytes, removed: int) -> None:
    data = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    at %= len(data) + 1
    try:
        read(data[:at] + new + data[at + removed :])
    except NotebookError as error:
        assert error.reason


def test_many_cells_are_read() -> None:
    found = read(notebook(*[code("x", id="same")] * 100_000))
    assert len({cell.id for cell in found.cells}) == 100_000
