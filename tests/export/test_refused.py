"""What can't be exported soundly is refused, with the cell and the line; what never happened is not."""

import pytest

import nbdebt
from tests.export.logs import log


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\n%sql select 1", 2),
        ("%%cython\ndef f(): pass", 1),
        ("name = input()", 1),
        ("lines = !ls\nlines.sort()", 2),
        ("%cd -", 1),
        ("x = 1\n\nprint(In[1])", 3),
        ("print(len(Out))", 1),
        ("_ + 1", 1),
        ("shell = get_ipython()", 1),
        ("%run other.ipynb", 1),
        ("x = 1\nx = = 2", 2),
    ],
)
def test_it_is_refused_with_its_line(source: str, line: int) -> None:
    with pytest.raises(nbdebt.ExportRefused) as refused:
        nbdebt.export(log("y = 2", source))
    assert (refused.value.cell, refused.value.line) == ("cell [2]", line)
    assert refused.value.reason in str(refused.value)


def test_a_magic_that_ipython_did_not_know_did_nothing() -> None:
    text = nbdebt.export(log("y = 2\n%sql select 1\nz = 3", error=("UsageError", 2))).text
    assert "y = 2" in text and "sql" not in text and "z = 3" not in text


def test_what_raised_half_way_is_done_half_way() -> None:
    text = nbdebt.export(
        log("x = []", "for i in (1, 0):\n    x.append(1 / i)\ny = 2", error=("ZeroDivisionError", 2))
    ).text
    names: dict[str, object] = {}
    exec(compile(text, "script", "exec"), names)
    assert names["x"] == [1.0] and "y" not in names
