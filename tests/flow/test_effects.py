"""The declarations of library effects: good files, true signatures, what they say of calls people write."""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.flow import effects
from nbdebt.flow.effects import (
    STREAMS,
    UNKNOWN,
    Effect,
    Library,
    Registry,
    holds,
    index_library,
    load_library,
    parse_library,
)

FILES = sorted((Path(effects.__file__).parent / "effects").glob("*.toml"))
# Declared for notebooks that other versions of a library ran, or of a base class by what all its types share.
ELSEWHERE = {
    "datetime.datetime.utcnow",
    "display",
    "networkx.random_lobster",
    "numpy.ndarray.itemset",
    "numpy.random.random_integers",
    "pandas.DataFrame.applymap",
    "pandas.DataFrame.to_gbq",
    "pandas.DataFrame.to_iceberg",
    "pandas.Timestamp.utcnow",
    "pandas.read_gbq",
    "pandas.read_iceberg",
    "pathlib.Path.copy",
    "pathlib.Path.move",
    "pathlib.Path.walk",
    "plotly.express.line_mapbox",
    "plotly.express.scatter_mapbox",
    "polars.DataFrame.write_iceberg",
    "polars.LazyFrame.fetch",
    "polars.read_csv_batched",
    "random.binomialvariate",
    "sklearn.impute.IterativeImputer",
    "sqlalchemy.engine.Engine.execute",
    "uuid.uuid6",
    "uuid.uuid7",
}
SHARED = (
    "sklearn.base.BaseEstimator.",
    "imblearn.base.BaseSampler.",
    "sklearn.linear_model.PassiveAggressive",
    # Kinds of values that no class of that name stands for.
    "boto3.Client.",
    "boto3.Resource.",
    "boto3.Bucket.",
    "boto3.Object.",
    "psycopg.connection.",
    "psycopg.cursor.",
)
PARAMETER_LISTS = (
    "reads",
    "writes",
    "deletes",
    "moves",
    "copies",
    "lists",
    "makes",
    "mutates",
    "unless",
    "pinned_by",
    "pending",
)
PARAMETERS = (
    "opens",
    "mode",
    "queries",
    "writes_table",
    "connection",
    "seed",
    "generator",
    "installs",
    "append",
)


def library(name: str) -> Library:
    found = load_library(name)
    assert found is not None
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_index_says_what_the_strict_parser_says(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    strict, indexed = parse_library(text, file.name), index_library(text, file.name)
    assert dict(indexed.functions) == dict(strict.functions)
    assert (indexed.aliases, indexed.bases) == (strict.aliases, strict.bases)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_streams_aliases_and_bases_are_known(file: Path) -> None:
    declared = library(file.stem)
    registry = Registry()
    for name, effect in declared.functions.items():
        assert set(effect.draws) <= STREAMS | {"self", "pending"}, name
        assert set(effect.seeds) <= STREAMS | {"self"}, name
        assert not effect.draws_if or effect.draws or effect.generator, name
        assert not effect.late or effect.draws or effect.pending, name
    types = {name.rpartition(".")[0] for name in declared.functions}
    for target in declared.aliases.values():
        home = registry.library(target.partition(".")[0])
        assert home is not None, target
        known = {*home.functions, *home.aliases, *home.bases}
        assert registry.result(target) or any(k == target or k.startswith(target + ".") for k in known), (
            target
        )
    for target in declared.bases.values():
        home = registry.library("builtins" if "." not in target else target.partition(".")[0])
        assert home is not None, target
        inherited = {n.rpartition(".")[0] for n in home.functions} | types | set(home.bases)
        assert target in inherited, target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[m]\n'f(x)' = { raeds = 'x' }", "unknown field 'raeds'"),
        ("[m]\n'f(x)' = { reads = 1 }", "f(x)"),
        ("[m]\n'f(x)' = { late = 'yes' }", "f(x)"),
        ("[m]\n'f(x)' = { attribute = true }", "unknown field 'attribute'"),
        ("[m\n", "here.toml"),
    ],
)
def test_a_bad_file_is_an_error_that_names_the_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_library(text, "here.toml")


@pytest.mark.parametrize(
    ("condition", "arguments", "expected"),
    [
        ("", {}, True),
        ("shuffle", {}, False),
        ("shuffle", {"shuffle": True}, True),
        ("shuffle", {"shuffle": False}, False),
        ("shuffle", {"shuffle": UNKNOWN}, None),
        ("shuffle!=False", {}, True),
        ("shuffle!=False", {"shuffle": False}, False),
        ("shuffle!=False", {"shuffle": UNKNOWN}, None),
        ("solver=sag|saga", {}, False),
        ("solver=sag|saga", {"solver": "saga"}, True),
        ("solver=sag|saga", {"solver": "lbfgs"}, False),
        ("copy=False", {"copy": False}, True),
        ("?out", {}, False),
        ("?out", {"out": None}, False),
        ("?out", {"out": UNKNOWN}, True),
    ],
)
def test_conditions(condition: str, arguments: dict[str, Any], expected: bool | None) -> None:
    assert holds(condition, arguments) is expected


CASES: list[tuple[str, dict[str, Any]]] = [
    ("open", {"opens": "file", "mode": "mode", "returns": "io.TextIOWrapper"}),
    ("list.append", {"mutates": ("self",)}),
    ("collections.Counter.pop", {"mutates": ("self",)}),
    ("collections.deque.appendleft", {"mutates": ("self",)}),
    ("os.listdir", {"lists": ("path",)}),
    ("os.makedirs", {"makes": ("name",)}),
    ("os.environ.__setitem__", {"sets": "environ:{key}"}),
    ("os.chdir", {"sets": "cwd"}),
    ("shutil.move", {"moves": ("src", "dst")}),
    ("shutil.copytree", {"copies": ("src", "dst")}),
    ("pathlib.Path.write_text", {"writes": ("self",)}),
    ("pathlib.PosixPath.read_bytes", {"reads": ("self",)}),
    ("pathlib.Path.open", {"opens": "self", "params": ("mode",)}),
    ("pickle.load", {"mutates": ("file",)}),
    ("sqlite3.Cursor.execute", {"queries": "sql", "connection": "self", "returns": "self"}),
    ("urllib.request.urlretrieve", {"reads": ("url",), "writes": ("filename",)}),
    ("random.seed", {"seeds": ("python",), "seed": "a"}),
    ("random.shuffle", {"draws": ("python",), "mutates": ("x",)}),
    ("random.Random.gauss", {"draws": ("self",)}),
    ("random.SystemRandom.random", {"draws": ("os",)}),
    ("random.SystemRandom.gauss", {"draws": ("os",)}),
    ("uuid.uuid4", {"draws": ("uuid",)}),
    ("datetime.datetime.now", {"draws": ("time",)}),
    ("datetime.datetime.strftime", {"draws": (), "returns": "str"}),
    ("warnings.filterwarnings", {"sets": "warnings"}),
    ("numpy.random.randn", {"draws": ("numpy",)}),
    ("numpy.random.mtrand.randn", {"draws": ("numpy",)}),
    ("numpy.random.seed", {"seeds": ("numpy",), "seed": "seed"}),
    ("numpy.random.default_rng", {"generator": "seed", "returns": "numpy.random.Generator"}),
    ("numpy.random.Generator.integers", {"draws": ("self",)}),
    ("numpy.random.Generator.bit_generator", {"draws": (), "attribute": True}),
    ("numpy.random.RandomState.get_state", {"draws": ()}),
    ("numpy.ndarray.sort", {"mutates": ("self",), "idempotent": True}),
    ("numpy.memmap.reshape", {"returns": "view"}),
    ("numpy.add.at", {"mutates": ("a",)}),
    ("numpy.save", {"writes": ("file",)}),
    ("pandas.read_csv", {"reads": ("filepath_or_buffer",), "returns": "pandas.DataFrame"}),
    ("pandas.read_sql", {"queries": "sql", "connection": "con", "params": ("sql", "con")}),
    ("pandas.DataFrame.to_sql", {"writes_table": "name", "append": "if_exists"}),
    ("pandas.DataFrame.dropna", {"mutates": ("self",), "when": "inplace", "idempotent": True}),
    ("pandas.DataFrame.sample", {"draws": ("numpy",), "unless": ("random_state",)}),
    ("pandas.DataFrame.insert", {"mutates": ("self",)}),
    ("pandas.DataFrame.head", {"displays": True, "returns": "pandas.DataFrame"}),
    ("pandas.DataFrame.isnull", {"returns": "pandas.DataFrame"}),
    ("pandas.DataFrame.T", {"attribute": True}),
    ("pandas._Plot.get_figure", {"returns": "matplotlib.figure.Figure"}),
    ("geopandas.GeoDataFrame.to_csv", {"writes": ("path_or_buf",)}),
    ("polars.LazyFrame.sink_parquet", {"writes": ("path",)}),
    ("pyarrow.parquet.write_table", {"writes": ("where",), "params": ("table", "where")}),
    ("duckdb.DuckDBPyConnection.execute", {"queries": "query", "connection": "self"}),
    ("scipy.stats.norm.rvs", {"draws": ("numpy",), "unless": ("random_state",)}),
    ("scipy.io.savemat", {"writes": ("file_name",)}),
    ("sklearn.model_selection.train_test_split", {"draws": ("numpy",), "draws_if": "shuffle!=False"}),
    ("sklearn.model_selection.KFold", {"draws": ("numpy",), "draws_if": "shuffle", "late": True}),
    ("sklearn.model_selection.KFold.split", {"draws": ("pending",)}),
    ("sklearn.ensemble.RandomForestClassifier", {"draws": ("numpy",), "late": True, "draws_if": ""}),
    ("sklearn.ensemble.RandomForestClassifier.fit", {"mutates": ("self",), "draws": ("pending",)}),
    ("sklearn.linear_model.LogisticRegression", {"draws_if": "solver=sag|saga"}),
    ("sklearn.model_selection.GridSearchCV", {"late": True, "pending": ("estimator", "cv"), "draws": ()}),
    ("sklearn.model_selection.cross_val_score", {"pending": ("estimator", "cv"), "late": False}),
    ("sklearn.datasets.fetch_openml", {"pinned_by": ("data_id",)}),
    ("imblearn.over_sampling.SMOTE.fit_resample", {"draws": ("pending",)}),
    ("imblearn.ensemble.BalancedRandomForestClassifier.fit", {"draws": ("pending",)}),
    ("xgboost.XGBClassifier.fit", {"mutates": ("self",), "draws": ()}),
    ("catboost.CatBoostClassifier.save_model", {"writes": ("fname",)}),
    ("matplotlib.pyplot.savefig", {"writes": ("fname",)}),
    ("matplotlib.pyplot.rcParams.update", {"sets": "matplotlib.rcParams"}),
    ("matplotlib.pyplot.style.use", {"sets": "matplotlib.rcParams"}),
    ("seaborn.load_dataset", {"reads": ("seaborn://{name}",)}),
    ("plotly.graph_objs.Figure.write_html", {"writes": ("file",)}),
    ("torch.nn.Linear", {"draws": ("torch",)}),
    ("torch.nn.Linear.eval", {"mutates": ("self",), "idempotent": True}),
    ("torch.optim.Adam.step", {"mutates": ("self",)}),
    ("torch.utils.data.DataLoader", {"draws_if": "shuffle", "unless": ("generator",)}),
    ("tensorflow.keras.utils.set_random_seed", {"seeds": ("python", "numpy", "tensorflow")}),
    ("tensorflow.keras.models.Sequential.fit", {"mutates": ("self",), "draws": ("tensorflow",)}),
    ("lightning.pytorch.seed_everything", {"seeds": ("python", "numpy", "torch")}),
    (
        "transformers.AutoTokenizer.from_pretrained",
        {"reads": ("hf://models/{pretrained_model_name_or_path}@{revision}",)},
    ),
    ("datasets.load_dataset", {"reads": ("hf://datasets/{path}@{revision}",)}),
    ("kagglehub.dataset_download", {"reads": ("kaggle://{handle}",)}),
    ("pooch.retrieve", {"reads": ("url",), "pinned_by": ("known_hash",)}),
    ("h5py.File", {"opens": "name", "mode": "mode"}),
    ("h5py.File.create_dataset", {"mutates": ("self",)}),
    ("boto3.Client.upload_file", {"reads": ("Filename",), "writes": ("s3://{Bucket}/{Key}",)}),
    ("mlflow.sklearn.load_model", {"reads": ("mlflow:{model_uri}",)}),
    ("pyspark.sql.SparkSession.read", {"attribute": True, "returns": "pyspark.sql.DataFrameReader"}),
    ("pyspark.sql.DataFrameReader.option", {"returns": "self"}),
    ("pyspark.sql.DataFrameWriter.parquet", {"writes": ("path",), "append": "mode"}),
    ("networkx.DiGraph.add_edge", {"mutates": ("self",)}),
    ("networkx.erdos_renyi_graph", {"draws": ("python",), "unless": ("seed",)}),
]


@pytest.mark.parametrize(("qualified", "expected"), CASES, ids=[c[0] for c in CASES])
def test_effect_of(qualified: str, expected: dict[str, Any]) -> None:
    effect = Registry().effect(qualified)
    assert effect is not None
    assert {key: getattr(effect, key) for key in expected} == expected


@pytest.mark.parametrize(
    "qualified",
    [
        "sklearn.linear_model.LinearRegression",
        "sklearn.linear_model.LinearRegression.predict",
        "sklearn.datasets.load_iris",
        "sklearn.preprocessing.StandardScaler.transform",
        "numpy.mean",
        "unheard_of.read_csv",
        "append",
        "",
    ],
)
def test_harmless_or_unknown(qualified: str) -> None:
    assert Registry().effect(qualified) is None


@pytest.mark.parametrize(
    ("qualified", "expected"),
    [
        ("pandas.read_csv", "pandas.DataFrame"),
        ("sklearn.cluster.DBSCAN", "sklearn.cluster.DBSCAN"),
        ("sklearn.pipeline.make_pipeline", "sklearn.pipeline.Pipeline"),
        ("tensorflow.keras.Sequential", "keras.Sequential"),
        ("matplotlib.pyplot.subplots", "matplotlib.figure.Figure, matplotlib.axes.Axes"),
        ("numpy.reshape", "view"),
        ("numpy.mean", ""),
        ("unheard_of.Thing", ""),
    ],
)
def test_result_of(qualified: str, expected: str) -> None:
    assert Registry().result(qualified) == expected


@given(st.lists(st.sampled_from(["a", "b", "a.b", "b.a", "a.b.c", "b.*", "a.*"]), min_size=6, max_size=6))
def test_circles_of_aliases_and_bases_end(names: list[str]) -> None:
    odd = Library(
        {}, dict(zip(names[:3], names[3:], strict=True)), dict(zip(names[3:], names[:3], strict=True))
    )
    assert Registry({"a": odd, "b": odd}).effect("a.b.c.d") is None


@given(st.text())
def test_any_name_may_be_asked_for(name: str) -> None:
    effect = Registry().effect(name)
    assert effect is None or isinstance(effect, Effect)


# The declarations against the libraries themselves, where they are installed.


def parameters_named(effect: Effect) -> Iterator[str]:
    named = [n for field in PARAMETER_LISTS for n in getattr(effect, field)]
    named += [getattr(effect, field) for field in PARAMETERS]
    named += [re.split("!?=", c.lstrip("?"))[0] for c in (effect.when, effect.draws_if)]
    for name in named:
        if "{" in name:
            yield from re.findall(r"\{(\w+)\}", name)
        elif name.isidentifier() and name != "self":
            yield name
    for template in (effect.sets, effect.uses):
        yield from re.findall(r"\{(\w+)\}", template)


def find(qualified: str) -> tuple[Any, bool]:
    """The object, and whether it is a method that takes its object first."""
    parts = qualified.split(".")
    if len(parts) == 1 or qualified in library("builtins").functions:
        parts = ["builtins", *parts]
    for end in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        bound = False
        for part in parts[end:]:
            held = inspect.getattr_static(found, part) if inspect.isclass(found) else None
            bound = inspect.isclass(found) and not isinstance(held, classmethod | staticmethod)
            found = getattr(found, part)
        return found, bound
    raise AttributeError(qualified)


def is_checked(name: str) -> bool:
    pseudo = "*" in name or ".__" in name or re.search(r"\._[a-zA-Z]", name)
    return not pseudo and name not in ELSEWHERE and not name.startswith(SHARED)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_signatures(file: Path) -> None:
    if file.stem not in ("builtins", "stdlib"):
        if importlib.util.find_spec(file.stem) is None:
            pytest.skip(f"{file.stem} is not installed")
        pytest.importorskip(file.stem, exc_type=ImportError)
    wrong = []
    for name, effect in library(file.stem).functions.items():
        if not is_checked(name):
            continue
        try:
            found, bound = find(name)
        except AttributeError as error:
            wrong.append(f"{name} is not there: {error}")
            continue
        if effect.attribute:
            continue
        try:
            parameters = list(inspect.signature(found).parameters.values())[bound:]
        except (TypeError, ValueError):
            continue  # Built in C without a signature.
        kinds = {p.kind for p in parameters}
        positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        expected = tuple(positional[: len(effect.params)])
        if effect.params != expected and inspect.Parameter.VAR_POSITIONAL not in kinds:
            wrong.append(f"{name} takes {positional}, not {effect.params}")
        there = {p.name for p in parameters} | set(effect.params)
        if effect.unless and there & set(effect.unless):
            there |= set(effect.unless)  # Other versions call it otherwise.
        absent = set(parameters_named(effect)) - there
        if absent and inspect.Parameter.VAR_KEYWORD not in kinds:
            wrong.append(f"{name} has no {absent}")
    assert not wrong, "\n".join(wrong)


LEGACY = [n for n, e in library("numpy").functions.items() if e.draws == ("numpy",) and not e.params]


def global_stream() -> Any:
    """All of numpy's global stream: a second normal draw may change nothing but what it holds over."""
    state = pytest.importorskip("numpy.random").get_state()
    return (state[1].tolist(), *state[2:])


@pytest.mark.parametrize(
    "name", ["rand", "normal", "permutation", "choice", "random_sample", "standard_normal"]
)
def test_legacy_functions_of_numpy_move_the_global_stream(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    assert f"numpy.random.{name}" in LEGACY
    before = global_stream()
    getattr(numpy.random, name)(*([9] if name in ("permutation", "choice") else []))
    assert global_stream() != before


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "options", "drawn"),
    [
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 2}, True),
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 2, "random_state": 0}, False),
        ("sklearn.linear_model.LogisticRegression", {}, False),
        ("sklearn.linear_model.LinearRegression", {}, False),
        ("sklearn.linear_model.SGDClassifier", {}, True),
        ("sklearn.cluster.KMeans", {"n_clusters": 2}, True),
        ("sklearn.svm.SVC", {}, False),
        ("sklearn.decomposition.PCA", {}, False),
        ("sklearn.decomposition.PCA", {"svd_solver": "randomized"}, True),
        ("sklearn.decomposition.NMF", {"init": "random"}, True),
        ("sklearn.neural_network.MLPClassifier", {"max_iter": 2}, True),
        ("sklearn.mixture.GaussianMixture", {}, True),
    ],
)
def test_estimators_draw_as_declared(name: str, options: dict[str, Any], drawn: bool) -> None:
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("sklearn")
    effect = Registry().effect(name)
    declared = (
        effect is not None
        and bool(effect.draws)
        and not any(options.get(p) is not None for p in effect.unless)
        and holds(effect.draws_if, options) is True
    )
    assert declared is drawn
    data = numpy.random.RandomState(0).uniform(size=(40, 5))
    numpy.random.seed(1)
    before = global_stream()
    find(name)[0](**options).fit(data, (data[:, 0] > 0.5).astype(int))
    assert global_stream() != before or not declared
