# ruff: noqa: E501 -- a row of a table is one line
"""Draws are reported as undetermined if and only if two fresh processes differ."""

import json
import linecache
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbdebt
from nbdebt.live.monitoring import AVAILABLE, monitor
from nbdebt.live.randomness import Streams

PY = "import random\n"
NP = "import numpy as np\n"
PD = NP + "import pandas as pd\ndf = pd.DataFrame({'a': range(50)})\n"
SK = NP + "X = np.arange(60.0).reshape(30, 2) % 7\ny = np.arange(30) % 2\n"
SP = NP + "from scipy import stats\n"

# Each script leaves what it computed in ``r``.
UNSEEDED = [
    PY + "r = random.random()",
    PY + "r = random.randint(0, 10**9)",
    PY + "r = random.sample(range(10**6), 3)",
    PY + "r = list(range(50))\nrandom.shuffle(r)",
    PY + "r = random.choice(range(10**9))",
    PY + "r = random.choices(range(10**9), k=3)",
    PY + "r = random.gauss(0, 1)",
    PY + "r = [random.uniform(0, 1) for _ in range(700)][-1]",
    PY + "r = random.Random().random()",
    PY + "g = random.Random()\nr = [g.random() for _ in range(3)]",
    PY + "random.seed()\nr = random.random()",
    PY + "random.seed(None)\nr = random.random()",
    PY + "r = random.random()\nrandom.seed(1)",
    NP + "r = np.random.rand()",
    NP + "r = np.random.randn(3).tolist()",
    NP + "np.random.randn()\nr = np.random.randn()",
    NP + "r = np.random.randint(0, 10**9)",
    NP + "r = np.random.choice(10**9)",
    NP + "r = np.random.permutation(50).tolist()",
    NP + "r = np.random.normal(size=2000).sum()",
    NP + "a = np.arange(50)\nnp.random.shuffle(a)\nr = a.tolist()",
    NP + "r = np.random.default_rng().random()",
    NP + "rng = np.random.default_rng(None)\nr = rng.random()",
    NP + "seed = None\nr = np.random.default_rng(seed).random()",
    NP + "r = np.random.RandomState().rand()",
    NP + "r = np.random.RandomState(None).rand()",
    NP + "r = np.random.Generator(np.random.PCG64()).random()",
    NP + "from numpy.random import default_rng\nr = default_rng().random()",
    NP + "r = np.random.random_sample(624 * 2).sum()",
    PD + "r = df.sample(5).index.tolist()",
    PD + "r = df.sample(frac=1).index.tolist()",
    PD + "r = df['a'].sample(5).tolist()",
    PD + "r = df.groupby(df.a % 2).sample(3).index.tolist()",
    SK + "from sklearn.model_selection import train_test_split\nr = train_test_split(X)[0].tolist()",
    SK
    + "from sklearn.model_selection import KFold\nr = [t.tolist() for t, _ in KFold(3, shuffle=True).split(X)]",
    SK
    + "from sklearn.model_selection import ShuffleSplit\nr = [t.tolist() for t, _ in ShuffleSplit(3).split(X)]",
    SK + "from sklearn.ensemble import ExtraTreesClassifier as F\n"
    "r = [t.tree_.threshold.tolist() for t in F(5).fit(X, y).estimators_]",
    SK + "from sklearn.utils import shuffle\nr = shuffle(np.arange(30)).tolist()",
    SK + "from sklearn.utils import resample\nr = resample(np.arange(30)).tolist()",
    SK + "from sklearn.datasets import make_blobs\nr = make_blobs(5)[0].tolist()",
    SK + "from sklearn.random_projection import GaussianRandomProjection as P\n"
    "r = P(1).fit(X).components_.tolist()",
    SP + "r = stats.norm.rvs(size=3).tolist()",
    SP + "r = stats.poisson.rvs(10**12)",
    SP + "r = stats.multivariate_normal.rvs([0, 0]).tolist()",
    SP + "r = float(stats.bootstrap((np.arange(20.0),), np.mean, n_resamples=50).standard_error)",
    SP + "r = stats.permutation_test((np.arange(9.0), np.arange(9.0)[::-1] ** 2), lambda a, b, axis: "
    "np.mean(a, axis=axis) - np.median(b, axis=axis), n_resamples=50, vectorized=True).null_distribution.tolist()",
]

SEEDED = [
    PY + "random.seed(0)\nr = random.random()",
    PY + "random.seed('a')\nr = random.random()",
    PY + "random.seed(a=7)\nr = random.gauss(0, 1)",
    PY + "from random import seed\nseed(3)\nr = random.choice(range(100))",
    PY + "def f(n):\n    random.seed(n)\nf(2)\nr = random.random()",
    PY + "r = random.Random(3).random()",
    PY + "g = random.Random(3)\nr = [g.random() for _ in range(9)]",
    PY + "random.seed(1)\ns = random.getstate()\nrandom.random()\nrandom.setstate(s)\nr = random.random()",
    PY + "random.seed(1)\nr = [random.random() for _ in range(2000)]",
    NP + "np.random.seed(0)\nr = np.random.rand()",
    NP + "from numpy.random import seed\nseed(0)\nr = np.random.rand()",
    NP + "np.random.seed([1, 2])\nr = np.random.rand()",
    NP + "np.random.seed(0)\nr = np.random.normal(size=5000).sum()",
    NP + "np.random.seed(seed=4)\nr = np.random.rand()",
    NP + "def seed_everything(s):\n    np.random.seed(s)\nseed_everything(4)\nr = np.random.rand()",
    NP + "f = lambda s: np.random.seed(s)\nf(4)\nr = np.random.rand()",
    NP + "np.random.seed(1)\ns = np.random.get_state()\nnp.random.rand()\nnp.random.set_state(s)\n"
    "r = np.random.rand()",
    NP + "r = np.random.default_rng(0).random()",
    NP + "r = np.random.default_rng([1, 2]).random()",
    NP + "r = np.random.default_rng(seed=3).random()",
    NP + "r = np.random.RandomState(0).rand()",
    NP + "r = np.random.RandomState(seed=0).rand()",
    NP + "seed = 3\nr = np.random.RandomState(seed).rand()",
    NP + "r = np.random.Generator(np.random.PCG64(3)).random()",
    NP + "r = np.random.Generator(np.random.MT19937(3)).random()",
    NP + "a, b = np.random.SeedSequence(4).spawn(2)\nr = np.random.default_rng(b).random()",
    NP + "g = np.random.default_rng(3)\nr = [c.random() for c in g.spawn(2)]",
    NP + "import copy\ng = copy.deepcopy(np.random.RandomState(3))\nr = g.rand()",
    NP + "import pickle\ng = pickle.loads(pickle.dumps(np.random.default_rng(3)))\nr = g.random()",
    PD + "r = df.sample(5, random_state=0).index.tolist()",
    PD + "np.random.seed(0)\nr = df.sample(5).index.tolist()",
    PD + "r = df.sample(5, random_state=np.random.RandomState(1)).index.tolist()",
    PD + "r = df.groupby(df.a % 2).sample(3, random_state=1).index.tolist()",
    SK + "from sklearn.model_selection import train_test_split\n"
    "r = train_test_split(X, random_state=0)[0].tolist()",
    SK + "from sklearn.model_selection import KFold\n"
    "r = [t.tolist() for t, _ in KFold(3, shuffle=True, random_state=1).split(X)]",
    SK + "from sklearn.ensemble import RandomForestClassifier as F\n"
    "r = F(5, random_state=0).fit(X, y).predict(X).tolist()",
    SK + "np.random.seed(0)\nfrom sklearn.ensemble import RandomForestClassifier as F\n"
    "r = F(5).fit(X, y).predict(X).tolist()",
    SK
    + "from sklearn.cluster import KMeans\nr = KMeans(2, n_init=1, random_state=0).fit(X).labels_.tolist()",
    SK + "from sklearn.base import clone\nfrom sklearn.ensemble import RandomForestClassifier as F\n"
    "r = clone(F(5, random_state=np.random.RandomState(1))).fit(X, y).predict(X).tolist()",
    SK + "from sklearn.datasets import make_blobs\nr = make_blobs(5, random_state=1)[0].tolist()",
    SP + "r = stats.norm.rvs(size=3, random_state=0).tolist()",
    SP + "np.random.seed(1)\nr = stats.norm.rvs(size=3).tolist()",
    SP + "r = stats.norm.rvs(size=3, random_state=np.random.default_rng(1)).tolist()",
    SP
    + "r = float(stats.bootstrap((np.arange(20.0),), np.mean, n_resamples=50, random_state=1).standard_error)",
]

NOT_DRAWING = [
    "r = 1 + 1",
    "import math\nr = math.sqrt(2)",
    PY + "r = 1",
    PY + "r = len(random.getstate())",
    PY + "random.seed(0)\nr = 0",
    PY + "g = random.Random(2)\nr = 0",
    PY + "r = random.__name__",
    NP + "r = np.arange(3).tolist()",
    NP + "r = len(np.random.get_state())",
    NP + "np.random.seed(0)\nr = 0",
    NP + "r = np.linspace(0, 1, 5).tolist()",
    NP + "g = np.random.default_rng(0)\nr = 0",
    NP + "r = np.linalg.svd(np.eye(3))[1].tolist()",
    NP + "r = np.random.default_rng(0).bit_generator.state['state']['state']",
    PD + "r = df.head(3).a.tolist()",
    PD + "r = int(df.a.sum())",
    PD + "r = df.groupby(df.a % 2).a.sum().tolist()",
    PD + "r = df.sort_values('a', ascending=False).a.tolist()",
    PD + "r = df.describe().a.tolist()",
    PD + "r = df.merge(df, on='a').shape",
    PD + "r = df.to_csv()",
    PD + "r = pd.get_dummies(df.a % 3).shape",
    SK + "from sklearn.linear_model import LinearRegression as L\nr = L().fit(X, y).coef_.round(6).tolist()",
    SK
    + "from sklearn.linear_model import LogisticRegression as L\nr = L().fit(X, y).coef_.round(6).tolist()",
    SK + "from sklearn.model_selection import KFold\nr = [t.tolist() for t, _ in KFold(3).split(X)]",
    SK + "from sklearn.model_selection import cross_val_score as c\n"
    "from sklearn.naive_bayes import GaussianNB\nr = c(GaussianNB(), X, y).tolist()",
    SK + "from sklearn.model_selection import train_test_split\n"
    "r = train_test_split(X, shuffle=False)[0].tolist()",
    SK + "from sklearn.preprocessing import StandardScaler as S\nr = S().fit_transform(X).tolist()",
    SK + "from sklearn.neighbors import KNeighborsClassifier as K\nr = K().fit(X, y).predict(X).tolist()",
    SK + "from sklearn.ensemble import RandomForestClassifier as F\nr = F(5).get_params()['n_estimators']",
    SK + "from sklearn.decomposition import PCA\nr = PCA(1, svd_solver='full').fit(X).mean_.tolist()",
    SK + "from sklearn.datasets import load_iris\nr = load_iris().data.shape",
    SK + "from sklearn.metrics import accuracy_score\nr = float(accuracy_score(y, y))",
    SK + "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
    "r = make_pipeline(StandardScaler()).fit_transform(X).tolist()",
    SP + "r = float(stats.norm.cdf(1.0))",
    SP + "r = float(stats.ttest_ind([1, 2, 3.0], [2, 3, 5.0]).pvalue)",
    SP + "r = [float(v) for v in stats.linregress([1, 2, 3], [1, 2, 4])][:2]",
    SP + "from scipy import optimize\nr = float(optimize.brentq(lambda x: x - 1, 0, 3))",
    SP + "from scipy import integrate\nr = integrate.quad(lambda x: x, 0, 1)[0]",
    SP + "r = float(stats.spearmanr([1, 2, 3], [3, 1, 2]).statistic)",
    "import tempfile\nwith tempfile.NamedTemporaryFile() as f: r = 1",
    "import json\nr = json.dumps({'a': 1})",
]

SCRIPTS = [*UNSEEDED, *SEEDED, *NOT_DRAWING]
TRUTH = """
import json, sys, random, warnings
warnings.simplefilter("ignore")
import numpy
found = []
for script in json.load(sys.stdin):
    # Each script as if the process were fresh.
    random.seed()
    numpy.random.seed()
    names = {"__name__": "__main__"}
    exec(compile(script, "<script>", "exec"), names)
    found.append(repr(names["r"]))
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def truth() -> list[bool]:
    """For each script, whether two processes differ."""
    for library in ("numpy", "pandas", "sklearn", "scipy"):
        pytest.importorskip(library)
    environment = {**os.environ, "PYTHONPATH": str(Path(nbdebt.__file__).parents[1])}
    first, second = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", TRUTH],
                input=json.dumps(SCRIPTS),
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            ).stdout
        )
        for _ in range(2)
    )
    return [a != b for a, b in zip(first, second, strict=True)]


def run(streams: Streams, script: str, number: int) -> object:
    """As IPython does it: the source is known to linecache, the code executed in a module's namespace."""
    name = f"<ipython-input-{number}-0123456789ab>"
    linecache.cache[name] = (len(script), None, script.splitlines(keepends=True), name)
    code = compile(script, name, "exec")
    monitor.watch_calls(code)
    streams.begin()
    exec(code, {"__name__": "__main__"})
    return streams.end()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_reported_if_and_only_if_two_processes_differ(number: int, truth: list[bool]) -> None:
    script = SCRIPTS[number]
    import random

    import numpy

    random.seed()
    numpy.random.seed()
    streams = Streams()
    streams.start()
    try:
        seen = run(streams, script, number)
    finally:
        streams.stop()
    assert streams.failures == []
    reported = bool(seen.unseeded or seen.unseeded_generators)  # type: ignore[attr-defined]
    assert reported == truth[number], (script, seen)
    assert (number < len(UNSEEDED)) == truth[number], "the table is wrong"


IMPORTS = """
import builtins, sys
from nbdebt.live.randomness import Streams
streams = Streams()
streams.start()
streams.begin()
exec(compile(sys.argv[1], "<ipython-input-1-0>", "exec"), {})
print(sorted(streams.end().drew), streams.failures)
"""


@pytest.mark.skipif(not AVAILABLE, reason="imports are not told of before Python 3.12")
@pytest.mark.parametrize(
    "code, drew",
    [
        ("import tempfile; tempfile.mkstemp", "[]"),
        ("from sklearn.datasets import load_iris", "[]"),
        ("import scipy.stats", "[]"),
        ("import drawing", "['python']"),
        ("import random; from sklearn.datasets import load_iris; random.random()", "['python']"),
    ],
)
def test_what_a_library_draws_while_it_is_imported_is_no_draw(code: str, drew: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    (tmp_path / "drawing.py").write_text("import random\nx = random.random()\n")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{Path(nbdebt.__file__).parents[1]}{os.pathsep}{tmp_path}"},
    )
    assert done.stdout.strip() == f"{drew} []"
