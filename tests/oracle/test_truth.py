"""The oracle's truth on sessions whose truth anyone can see: it judges the product, so it is judged first."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

np = pytest.importorskip("numpy")
for needed in ("pandas", "sklearn", "IPython"):
    pytest.importorskip(needed)

from benchmarks.oracle.document import (  # noqa: E402
    Cell,
    Delete,
    Document,
    Edit,
    Insert,
    Move,
    Op,
    Run,
    RunAll,
    to_ipynb,
)
from benchmarks.oracle.generate import Oracle, generate, seeds, split_of  # noqa: E402


class Case(NamedTuple):
    """Cells named a, b, c ... in document order; what is done; whether a restart gives the same."""

    cells: list[str]
    ops: list[Op]
    reproduces: bool
    outputs_equal: bool = True


ALL = RunAll()


def runs(letters: str) -> list[Op]:
    return [Run(letter) for letter in letters]


CASES = {
    "straight": Case(["n = 0", "n += 1\nn"], [ALL], True),
    "counter run twice": Case(["n = 0", "n += 1"], runs("abb"), False),
    "idempotent cell run twice": Case(["n = 2", "m = n + 1\nm"], runs("abb"), True),
    "all run twice": Case(["n = 0", "n += 1", "print(n)"], [ALL, ALL], True),
    "list grown twice": Case(["xs = []", "xs.append(1)"], runs("abb"), False),
    "grown through an alias": Case(["xs = []\nys = xs", "ys.append(1)"], runs("abb"), False),
    "set grown twice by the same": Case(["s = set()", "s.add(1)"], runs("abb"), True),
    "definition deleted": Case(["n = 1", "m = n + 1"], [ALL, Delete("a")], False, False),
    "unused definition deleted": Case(["n = 1", "m = 2"], [ALL, Delete("a")], True),
    "deleted, but a function still reads it": Case(
        ["k = 3", "def f():\n    return k", "1"], [ALL, Delete("a")], False
    ),
    "name of a deleted cell in a comprehension only": Case(
        ["x = 1", "ys = [x for x in range(3)]"], [ALL, Delete("a")], True
    ),
    "moved above what it needs": Case(["n = 1", "m = n + 1"], [ALL, Move("b", 0)], False, False),
    "moved where it does not matter": Case(["n = 1", "m = 2"], [ALL, Move("b", 0)], True),
    "edited, not run, another value": Case(["n = 1"], [ALL, Edit("a", "n = 2")], False),
    "edited, not run, the same value": Case(["n = 2"], [ALL, Edit("a", "n = 1 + 1")], True),
    "edited, not run, another output": Case(["print(1)"], [ALL, Edit("a", "print(2)")], True, False),
    "edited and run, readers not": Case(["n = 1", "m = n + 1"], [ALL, Edit("a", "n = 5"), Run("a")], False),
    "edited and run with readers": Case(["n = 1", "m = n + 1"], [ALL, Edit("a", "n = 5"), *runs("ab")], True),
    "edited and run, only an output is stale": Case(
        ["n = 1", "n"], [ALL, Edit("a", "n = 5"), Run("a")], True, False
    ),
    "edit undone, not run again": Case(
        ["n = 1"], [ALL, Edit("a", "n = 2"), Run("a"), Edit("a", "n = 1")], False
    ),
    "edit undone and run again": Case(
        ["n = 1", "m = n"], [ALL, Edit("a", "n = 2"), Run("a"), Edit("a", "n = 1"), Run("a")], True
    ),
    "unseeded draw": Case(["import random\nx = random.random()"], [ALL], False, True),
    "unseeded draw, only shown": Case(["import numpy as np", "np.random.rand()"], [ALL], True, False),
    "unseeded generator": Case(["import numpy as np\nx = np.random.default_rng().random()"], [ALL], False),
    "seeded draw": Case(["import numpy as np\nnp.random.seed(0)", "x = np.random.rand(3)"], [ALL], True),
    "seeded draw run twice": Case(
        ["import numpy as np\nnp.random.seed(0)", "x = np.random.rand(3)"], runs("abb"), False
    ),
    "imported random function, stream moved": Case(
        ["from random import random, seed\nseed(1)", "random() > 2"], runs("abb"), True
    ),
    "order of a set of strings": Case(["xs = list(set('abcdefgh'))"], [ALL], False, True),
    "generator consumed twice": Case(["g = iter([1, 2, 3, 4])", "x = next(g)"], runs("abb"), False),
    "generator left elsewhere": Case(["g = (i for i in range(5))", "_ = next(g)"], runs("abb"), False),
    "view written twice": Case(
        ["import numpy as np\na = np.arange(4)\nv = a[:2]", "v += 1"], runs("abb"), False
    ),
    "column added twice": Case(
        ["import pandas as pd\ndf = pd.DataFrame({'x': [1]})", "df['y'] = df['x'] * 2"], runs("abb"), True
    ),
    "column changed in place twice": Case(
        ["import pandas as pd\ndf = pd.DataFrame({'x': [1]})", "df['x'] = df['x'] * 2"], runs("abb"), False
    ),
    "run in another order, independent": Case(["n = 1", "m = 2", "k = n + m"], runs("bac"), True),
    "run in another order, dependent": Case(["n = 1", "m = n + 1", "n = 10"], runs("acb"), False),
    "instance of an older class": Case(
        ["class A:\n    k = 1", "a = A()"], [ALL, Edit("a", "class A:\n    k = 2"), Run("a")], False
    ),
    "function defined with an older default": Case(
        ["d = 1", "def f(x=d):\n    return x"], [ALL, Edit("a", "d = 2"), Run("a")], False
    ),
    "comment added to a function": Case(
        ["def f():\n    return 1"], [ALL, Edit("a", "def f():\n    # one\n    return 1")], True
    ),
    "renamed, old name gone unread": Case(["n = 1"], [ALL, Edit("a", "m = 1"), Run("a")], True),
    "renamed, old name still read": Case(
        ["n = 1", "k = n"], [ALL, Edit("a", "m = 1"), Run("a")], False, False
    ),
    "inserted and run": Case(["n = 1"], [ALL, Insert(1, "z", "n += 1"), Run("z")], True),
    "inserted above its need": Case(["n = 1"], [ALL, Insert(0, "z", "m = n"), Run("z")], False, False),
    "never-run cell left out": Case(["n = 1", "n = 2"], runs("a"), True),
    "failed, then fixed": Case(["n = 1", "m = nn"], [ALL, Edit("b", "m = n"), Run("b")], True),
    "failed half-way, then fixed": Case(
        ["n = 0", "n += 1\nmm"], [ALL, Edit("b", "n += 1\nn"), Run("b")], False, False
    ),
    "an error that comes again": Case(["n = 1", "1 / 0"], [ALL], True),
    "an error with an empty message": Case(["n = 1", "assert n == 2", "n = 3"], [ALL, Run("c")], False),
    "an error that is gone": Case(["print(n)", "n = 1"], runs("ab") + runs("a"), False, False),
    "file appended twice": Case(
        ["with open('f', 'a') as f:\n    n = f.write('x')", "k = len(open('f').read())"], runs("aab"), False
    ),
    "environment variable of another run": Case(
        [
            "import os",
            "s = os.environ.get('STAGE', 'none')",
            "os.environ['STAGE'] = 'dev'",
        ],
        runs("acb"),
        False,
    ),
    "address in an output": Case(["object()"], [ALL], True),
    "class with a cycle": Case(
        ["class A:\n    def __init__(self):\n        super().__init__()\n        self.me = self", "a = A()"],
        [ALL],
        True,
    ),
}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("oracle"))
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_truth_of_plain_sessions(oracle: Oracle, case: Case) -> None:
    cells = [Cell(chr(ord("a") + place), source) for place, source in enumerate(case.cells)]
    _, found = oracle.judge(Document("case", cells), case.ops)
    assert found.reproduces == case.reproduces, (found.names, found.errors)
    assert all(found.cells.values()) == case.outputs_equal, found.cells


def test_counts_and_outputs_are_those_of_jupyter(oracle: Oracle) -> None:
    cells = [Cell("a", "n = 1\nprint(n)\nprint(n)\nn"), Cell("t", "text", "markdown"), Cell("b", "1 +")]
    session = oracle.play(Document("case", cells), [*runs("abb"), Run("a")], 0)
    saved = json.loads(to_ipynb(session.document))
    shown, text, failed = saved["cells"]
    assert [shown["execution_count"], failed["execution_count"]] == [4, 3]
    assert "outputs" not in text
    assert shown["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": "1\n1\n"},
        {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 4},
    ]
    assert failed["outputs"][0]["ename"] == "SyntaxError"


def test_sessions_come_out_the_same_for_a_seed(oracle: Oracle) -> None:
    documents = seeds()[:5]
    first, second = (
        [(truth, _steady(to_ipynb(played.document))) for truth, played in generate(25, 4, documents, oracle)]
        for _ in range(2)
    )
    assert len(first) == 25
    assert first == second
    for truth, _ in first:
        assert truth.reproduces == (truth.reason == "none") == (not truth.why)


def _steady(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def test_seed_notebooks_run_from_top_to_bottom(oracle: Oracle) -> None:
    documents = seeds()
    assert len(documents) >= 45
    held_out = sum(split_of(document.name) == "held-out" for document in documents)
    assert 0.2 < held_out / len(documents) < 0.45
    for document in documents:
        session = oracle.play(document, [ALL], 0)
        errors = [
            out for cell in session.document.cells for out in cell.outputs if out["output_type"] == "error"
        ]
        assert not errors, (document.name, errors)
        assert 5 <= len(document.code) <= 14, document.name


def test_saved_notebooks_are_valid(oracle: Oracle, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    for document in seeds()[::12]:
        path = tmp_path / "saved.ipynb"
        path.write_text(to_ipynb(oracle.play(document, [ALL], 0).document), encoding="utf-8")
        nbformat.validate(nbformat.read(path, as_version=4))
