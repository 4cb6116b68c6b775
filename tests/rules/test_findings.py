"""What findings say and how many there are, where a page's marks can't show it."""

import textwrap

import pytest

from nbdebt.analyse import analyse
from nbdebt.config import Settings
from nbdebt.model.finding import Finding
from nbdebt.read import read_notebook
from nbdebt.rules import catalogue


def found(source: str, code: str, seed: int = 42) -> tuple[Finding, ...]:
    notebook = read_notebook(textwrap.dedent(source).encode(), "n.py")
    return analyse(notebook, Settings(seed=seed), frozenset({code})).findings


@pytest.mark.parametrize(
    ("imports", "draw", "line"),
    [
        ("import numpy", "numpy.random.rand(3)", "numpy.random.seed(42)"),
        ("import numpy as np", "np.random.rand(3)", "np.random.seed(42)"),
        ("import numpy.random", "numpy.random.rand(3)", "numpy.random.seed(42)"),
        ("import numpy.random as npr", "npr.rand(3)", "npr.seed(42)"),
        ("from numpy import random", "random.rand(3)", "random.seed(42)"),
        ("import random as rnd", "rnd.random()", "rnd.seed(42)"),
        ("from random import choice", "choice([1, 2])", "import random\n\nrandom.seed(42)"),
        ("from numpy.random import randn", "randn(3)", "import numpy as np\n\nnp.random.seed(42)"),
        ("import torch", "torch.rand(3)", "torch.manual_seed(42)"),
        ("import tensorflow as tf", "tf.random.normal([3])", "tf.random.set_seed(42)"),
        ("import cupy as cp", "cp.random.rand(3)", "cp.random.seed(42)"),
    ],
)
def test_the_seed_speaks_the_notebooks_own_words(imports: str, draw: str, line: str) -> None:
    (finding,) = found(f"# %% [1]\n{imports}\n# %% [2]\nx = {draw}\n", "NBD201")
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    assert getattr(edit, "source", "") == line
    assert finding.fix.safety == "safe"


def test_the_seed_is_the_configured_one() -> None:
    (finding,) = found("# %% [1]\nimport random\n# %% [2]\nrandom.random()\n", "NBD201", seed=7)
    assert finding.fix is not None and "random.seed(7)" in finding.fix.title


def test_streams_are_told_one_by_one() -> None:
    source = """\
        # %% [1]
        import random
        import numpy as np
        # %% [2]
        [random.random() for _ in range(3)], np.random.rand(), np.random.rand()
        """
    assert [f.message.split("`")[1] for f in found(source, "NBD201")] == ["random", "numpy.random"]


@pytest.mark.parametrize(("calls", "findings", "edits"), [(1, 1, 1), (5, 5, 1), (6, 1, 6), (20, 1, 20)])
def test_many_estimators_are_one_finding(calls: int, findings: int, edits: int) -> None:
    lines = "\n".join(f"a{i} = train_test_split(X)" for i in range(calls))
    source = f"# %% [1]\nfrom sklearn.model_selection import train_test_split\nX = [1, 2, 3]\n{lines}\n"
    told = found(source, "NBD203")
    assert len(told) == findings
    assert told[0].fix is not None and len(told[0].fix.edits) == edits


@pytest.mark.parametrize(
    "draws",
    [
        "from scipy.stats import norm\nx, y = norm.rvs(size=3), norm.rvs(size=3)",
        "import numpy as np\nx = np.random.rand(3)",
    ],
)
def test_variates_get_a_seed_of_the_stream(draws: str) -> None:
    """With one ``random_state`` for each, two samples would be the same numbers."""
    assert len(found(f"# %% [1]\n{draws}\n", "NBD201")) == 1
    assert not found(f"# %% [1]\n{draws}\n", "NBD203")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("# %% [2]\nprint(a)\n# %% [1]\na = 1\n", "made only below, by cell [1]"),
        ("# %% [1]\na = 1\ndel a\n# %% [2]\nprint(a)\n", "deleted by cell [1]"),
        ("# %% [3]\nprint(a)\n", "made by no cell: what made it was deleted or renamed"),
        ("# %%\nprint(a)\n", "made by no cell; Restart"),
    ],
)
def test_a_missing_name_says_what_became_of_it(source: str, says: str) -> None:
    (finding,) = found(source, "NBD101")
    assert says in finding.message


def test_a_missing_name_is_told_once_with_its_other_uses() -> None:
    source = "# %% [2]\nprint(frame)\n# %% [3]\nprint(frame)\n# %% [4]\nframes = 1\n"
    (finding,) = found(source, "NBD101")
    assert [r.cell.index for r in finding.related if r.cell is not None] == [1]
    assert "`frames`" in finding.advice


@pytest.mark.parametrize(
    ("between", "moves"),
    [("print(1)", True), ("print(base)", True), ("base = 3", False), ("rate = 5", False)],
)
def test_a_cell_is_moved_only_where_nothing_minds(between: str, moves: bool) -> None:
    source = f"# %% [3]\nprice = rate\n# %% [4]\n{between}\n# %% [2]\nbase = 2\nrate = base\n"
    findings = [f for f in found(source, "NBD101") if "`rate`" in f.message]
    assert [f.fix is not None for f in findings] in ([moves], [])


def test_without_counts_a_missing_name_is_a_warning() -> None:
    assert [(f.severity, f.basis) for f in found("# %%\nprint(a)\n", "NBD101")] == [("warning", "parsed")]
    assert [(f.severity, f.basis) for f in found("# %% [1]\nprint(a)\n", "NBD101")] == [("error", "inferred")]


def test_names_and_codes_are_stable() -> None:
    names = {code: rule.name for code, rule in catalogue().items() if rule.family in ("order", "seeds")}
    assert names == {
        "NBD101": "undefined-on-run-all",
        "NBD102": "out-of-order-read",
        "NBD103": "stale-output",
        "NBD104": "rerun-not-idempotent",
        "NBD105": "lost-runs",
        "NBD106": "never-run-cell",
        "NBD107": "error-output",
        "NBD108": "shadowed-builtin",
        "NBD109": "redefined-import",
        "NBD110": "contradicted-output",
        "NBD111": "duplicated-count",
        "NBD112": "count-order",
        "NBD201": "unseeded-draw",
        "NBD202": "unseeded-generator",
        "NBD203": "unseeded-estimator",
        "NBD204": "seed-from-entropy",
        "NBD205": "seed-after-draw",
        "NBD206": "conditional-seed",
        "NBD207": "reseed-in-loop",
        "NBD208": "nondeterministic-torch",
        "NBD209": "entropy-in-results",
        "NBD210": "set-order",
    }
