"""Modules of the user's own that are edited while a session goes on."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import nbdebt

HELPER = """
FACTOR = 2

def scale(x):
    return x * FACTOR

def other(x):
    return x - 1

class Box:
    def area(self):
        return 3
"""
DOCUMENT = {
    "a": "import nbdebt_helper\nfrom nbdebt_helper import scale",
    "b": "y = scale(4)",
    "c": "z = nbdebt_helper.other(1)",
    "d": "box = nbdebt_helper.Box()",
    "e": "area = box.area()",
    "f": "def twice(x):\n    return 2 * nbdebt_helper.other(x)",
    "g": "w = twice(3)",
}
OF_OTHER = ("return x - 1", "return x - 2")
RELOAD = "import importlib\nimportlib.reload(nbdebt_helper)\nfrom nbdebt_helper import scale"


class Case(NamedTuple):
    """An edit between two lots of runs, and what is said then: cells that used what was edited since."""

    name: str
    edit: tuple[str, str]
    first: str
    then: str
    reproduces: bool | None
    used: str = ""
    reloads: bool = False


CASES = [
    Case("loaded as it stays", OF_OTHER, "a b c", "a b c", None, "c"),
    Case("a constant that a function uses", ("= 2", "= 3"), "a b c", "b", None, "b"),
    Case("loaded again by itself", OF_OTHER, "a b c", "c", True, reloads=True),
    Case("loaded again, a constant", ("= 2", "= 3"), "a b c", "b", True, reloads=True),
    Case("loaded again, and not run again", OF_OTHER, "a b c", "b", None, "c", True),
    Case("loaded again by hand", OF_OTHER, "a b c", "a reload b c", True),
    Case("what nobody used", OF_OTHER, "a b", "b", True),
    Case("a comment", ("return x - 1", "return x - 1  # one less"), "a b c", "b c", True),
    Case("a docstring", ("(x):\n    return x - 1", "(x):\n    'Less.'\n    return x - 1"), "a c", "c", True),
    Case("a function that is new", ("def other", "def third(x): ...\n\ndef other"), "a b c", "b", True),
    Case("a method", ("return 3", "return 4"), "a d e", "e", None, "d e"),
    Case("through a function of the notebook", OF_OTHER, "a f g", "g", None, "g"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_own_modules(case: Case, shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "nbdebt_helper", raising=False)
    helper = tmp_path / "nbdebt_helper.py"
    helper.write_text(HELPER, encoding="utf-8")
    session = nbdebt.load(shell)
    reload = {"reload": RELOAD} if "reload" in case.then else {}
    document = {"a": DOCUMENT["a"], **reload, **DOCUMENT}
    session.set_document(document.items())
    if case.reloads:
        shell.run_cell("%load_ext autoreload\n%autoreload 2", cell_id="auto")
    for cell_id in case.first.split():
        shell.run_cell(document[cell_id], cell_id=cell_id)
    helper.write_text(HELPER.replace(*case.edit), encoding="utf-8")
    for cell_id in case.then.split():
        shell.run_cell(document[cell_id], cell_id=cell_id)
    assert session.failures == []
    verdict = session.verdict()
    told = {name for name, cell in verdict.cells.items() if cell.because}
    assert {cell.state for cell in verdict.cells.values()} <= {"same", "never-run"}
    assert told == set(case.used.split())
    assert verdict.reproduces is case.reproduces
    monkeypatch.delitem(sys.modules, "nbdebt_helper", raising=False)
