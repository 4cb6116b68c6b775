# ruff: noqa: E501 -- a row of a table is one line
"""A setting's digest changes when the setting does, and comes back with it."""

from typing import Any

import pytest

import nbdebt
from nbdebt.live.settings import SettingsSensor

CASES = [
    ("environ:NBDEBT_A", "", "import os; os.environ['NBDEBT_A'] = 'x'", "del os.environ['NBDEBT_A']"),
    ("cwd", "", "import os; here = os.getcwd(); os.chdir('/')", "os.chdir(here)"),
    ("sys.path", "", "import sys; sys.path.append('/nowhere')", "sys.path.remove('/nowhere')"),
    (
        "sys.recursionlimit",
        "",
        "import sys; n = sys.getrecursionlimit(); sys.setrecursionlimit(n + 1)",
        "sys.setrecursionlimit(n)",
    ),
    (
        "warnings",
        "",
        "import warnings; old = warnings.filters[:]; warnings.simplefilter('ignore', UserWarning)",
        "warnings.filters[:] = old",
    ),
    (
        "decimal",
        "",
        "import decimal; p = decimal.getcontext().prec; decimal.getcontext().prec = 5",
        "decimal.getcontext().prec = p",
    ),
    (
        "logging",
        "",
        "import logging; old = logging.root.level; logging.root.setLevel(3)",
        "logging.root.setLevel(old)",
    ),
    (
        "pandas.options",
        "pandas",
        "import pandas as pd; pd.set_option('display.max_rows', 7)",
        "pd.reset_option('display.max_rows')",
    ),
    (
        "pandas.options",
        "pandas",
        "import pandas as pd; pd.set_option('display.float_format', lambda x: f'{x:.1f}')",
        "pd.reset_option('display.float_format')",
    ),
    (
        "numpy.printoptions",
        "numpy",
        "import numpy as np; np.set_printoptions(precision=3)",
        "np.set_printoptions(precision=8)",
    ),
    ("numpy.err", "numpy", "import numpy as np; old = np.seterr(all='ignore')", "np.seterr(**old)"),
    (
        "matplotlib.rcParams",
        "matplotlib",
        "import matplotlib as mpl; old = mpl.rcParams['lines.linewidth']; mpl.rcParams['lines.linewidth'] = 9",
        "mpl.rcParams['lines.linewidth'] = old",
    ),
    (
        "matplotlib.rcParams",
        "matplotlib",
        "import matplotlib as mpl; from cycler import cycler; old = mpl.rcParams['axes.prop_cycle']; mpl.rcParams['axes.prop_cycle'] = cycler(color='rg')",
        "mpl.rcParams['axes.prop_cycle'] = old",
    ),
    (
        "sklearn.config",
        "sklearn",
        "import sklearn; sklearn.set_config(display='text')",
        "sklearn.set_config(display='diagram')",
    ),
    ("torch.grad", "torch", "import torch; torch.set_grad_enabled(False)", "torch.set_grad_enabled(True)"),
    (
        "torch.flags",
        "torch",
        "import torch; torch.use_deterministic_algorithms(True)",
        "torch.use_deterministic_algorithms(False)",
    ),
]


@pytest.mark.parametrize(
    "name, library, change, back", CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_change_and_back(name: str, library: str, change: str, back: str) -> None:
    if library:
        pytest.importorskip(library)
    sensor = SettingsSensor()
    names: dict[str, object] = {}
    exec(change.partition(";")[0], names)
    before = sensor.snapshot()
    exec(change, names)
    try:
        changed = sensor.snapshot()
    finally:
        exec(back, names)
    after = sensor.snapshot()
    assert sensor.failures == []
    assert changed.get(name) != before.get(name)
    assert {k for k in changed if changed[k] != before.get(k)} <= {name, "matplotlib.rcParams"}
    assert after.get(name) == before.get(name)


class Hostile(str):
    """A text whose every method fails."""

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __repr__(self) -> str:
        raise RuntimeError("repr")


def test_objects_of_the_user_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", [*sys.path, Hostile("x")])
    sensor = SettingsSensor()
    assert sensor.snapshot()["sys.path"]
    assert sensor.failures == []


def test_reading_matplotlib_options_chooses_no_backend() -> None:
    """``rcParams["backend"]`` by subscript would."""
    matplotlib = pytest.importorskip("matplotlib")
    before = dict.__getitem__(matplotlib.rcParams, "backend")
    SettingsSensor().snapshot()
    assert dict.__getitem__(matplotlib.rcParams, "backend") is before


def test_a_setting_that_a_rerun_changes_again_gets_advice_that_fits(shell: Any) -> None:
    session = nbdebt.load(shell)
    source = "import os\nos.makedirs('sub', exist_ok=True)\nos.chdir('sub')\nhere = os.getcwd()"
    session.set_document([("a", source)])
    for _ in range(2):
        shell.run_cell(source, cell_id="a")
    advice = {finding.code: finding.advice for finding in session.report().findings}
    assert advice["NBD104"] == "Change `cwd` only where that isn't done yet, or restart before it runs again."
