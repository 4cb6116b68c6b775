"""Using a value without changing it leaves its digest as it is, whatever the library remembers in it."""

import abc
import collections
import enum
import functools
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.twins import take


class Flags(enum.Flag):
    A = 1
    B = 2


class Base(abc.ABC):
    @abc.abstractmethod
    def f(self) -> int: ...


class Derived(Base):
    @functools.cached_property
    def expensive(self) -> int:
        return 1

    def f(self) -> int:
        return 1


@functools.singledispatch
def dispatched(value: object) -> int:
    return 1


def frame() -> Any:
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(
        {"a": [1, 2, 2], "s": ["x", "y", None], "t": pd.date_range("2020", periods=3), "c": list("uvw")},
        index=["i", "j", "k"],
    ).astype({"c": "category"})


def look_at_frame(df: Any) -> None:
    repr(df), df._repr_html_(), df.describe(include="all"), df.info(buf=__import__("io").StringIO())
    df["a"].mean(), df.a, df.loc["i"], df.loc["i", "a"], df.iloc[0], df.values, df.T, df.dtypes
    (
        df.index.get_loc("i"),
        df.index.is_unique,
        df.index.is_monotonic_increasing,
        "i" in df.index,
        df.columns.tolist(),
    )
    df.groupby("s")["a"].sum(), df.sort_values("a"), df.query("a > 1"), df.merge(df), df["s"].str.upper()
    (
        df["t"].dt.year,
        df["c"].cat.codes,
        df.isna().sum(),
        df.copy(),
        df.reset_index(),
        df.memory_usage(deep=True),
    )
    (
        df.to_dict(),
        df.to_numpy(),
        list(df.itertuples()),
        hash(tuple(df.index)),
        df["a"].value_counts(),
    )


def estimator() -> Any:
    pytest.importorskip("sklearn")
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(n_estimators=3).fit([[1], [2], [3]], [1, 2, 3])


def regression() -> Any:
    sm = pytest.importorskip("statsmodels.api")
    return sm.OLS([1.0, 2.0, 4.0, 3.0], sm.add_constant([1.0, 2.0, 3.0, 5.0])).fit()


def graph() -> Any:
    nx = pytest.importorskip("networkx")
    return nx.path_graph(5)


def formula() -> Any:
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y", positive=True)
    return sympy.sin(x) ** 2 + y / 3


def image() -> Any:
    return pytest.importorskip("PIL.Image").new("RGB", (4, 4), "red")


def network() -> Any:
    torch = pytest.importorskip("torch")
    return torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout()).eval()


def fitted() -> Any:
    keras = pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    np = pytest.importorskip("numpy")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    return model


def lazily(value: Any) -> None:
    list(value), len(value), value == value, repr(value), hash(repr(value))


Use = Callable[[Any], object]
USES: dict[str, tuple[Callable[[], Any], Use]] = {
    "list": (lambda: [[1], "a"], lazily),
    "dict": (lambda: {"a": [1]}, lambda d: (lazily(d), d.get("b"), d.items(), "c" in d)),
    "Counter": (lambda: collections.Counter("ab"), lambda c: (c["z"], c.most_common(), c + c)),
    "flags": (lambda: Flags, lambda f: (f.A | f.B, f(3), f["A"], list(f))),
    "a flag": (lambda: Flags.A, lambda f: (f | Flags.B, ~f, repr(f))),
    "an abstract class": (lambda: Base, lambda c: (isinstance(1, c), issubclass(int, c))),
    "an instance": (Derived, lambda d: (d.expensive, d.f(), repr(d), vars(d), isinstance(d, Base))),
    "single dispatch": (lambda: dispatched, lambda f: (f(1), f("a"), f(None))),
    "a cached function": (lambda: functools.lru_cache(lambda x: x), lambda f: (f(1), f(2))),
    "a function": (lambda: lambda x=1: x, lambda f: (f(), f.__dict__, f.__annotations__, f.__doc__)),
    "a namespace": (lambda: types.SimpleNamespace(a=1), lambda n: (n.a, repr(n), vars(n))),
    "frame": (frame, look_at_frame),
    "index": (
        lambda: frame().index,
        lambda i: (i.get_loc("j"), i.is_unique, i.values, i.str.upper(), i.dtype),
    ),
    "date index": (
        lambda: frame().set_index("t").index,
        lambda i: (i.year, i.freq, i.inferred_freq, i.is_unique),
    ),
    "levels": (
        lambda: frame().set_index(["a", "c"]).index,
        lambda i: (i.values, i.is_unique, i.get_loc(1), i.levels),
    ),
    "series": (
        lambda: frame()["s"],
        lambda s: (s.str.len(), s.unique(), s.map(str), s.values, s.index, s.hasnans),
    ),
    "groups": (
        lambda: frame().groupby("a"),
        lambda g: (g.sum(numeric_only=True), g.groups, g.ngroups, list(g)),
    ),
    "estimator": (
        estimator,
        lambda m: (m.predict([[1]]), m.score([[1], [2]], [1, 2]), repr(m), m.feature_importances_),
    ),
    "regression": (regression, lambda r: (r.params, r.rsquared, r.summary(), r.predict())),
    "graph": (
        graph,
        lambda g: (g.nodes, g.adj, g.degree, g.edges, g.number_of_nodes(), list(g.neighbors(1))),
    ),
    "formula": (formula, lambda f: (hash(f), f.is_positive, f.free_symbols, f.expand(), f.evalf(), str(f))),
    "image": (image, lambda i: (i.resize((2, 2)), i.getpixel((0, 0)), i.size, i._repr_png_())),
    "model": (
        fitted,
        lambda m: (
            m.predict(m.get_weights()[0], verbose=0),
            m.evaluate(m.get_weights()[0], m.get_weights()[0], verbose=0),
            m.summary(print_fn=str),
            m.get_config(),
            m.layers,
            m.trainable_variables,
            m(m.get_weights()[0]),
        ),
    ),
    "network": (
        network,
        lambda n: (n(__import__("torch").ones(2)), n.state_dict(), list(n.parameters()), repr(n)),
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", USES)
def test_looking_is_not_changing(name: str) -> None:
    make, use = USES[name]
    value = make()
    before = take(value)
    use(value)
    after = take(value)
    assert (before.digest, before.parts, before.exactness) == (after.digest, after.parts, after.exactness)
    use(value)
    assert take(value).digest == before.digest
    assert before.exactness == "exact" or before.why


def test_images() -> None:
    one, twin, other = image(), image(), image()
    other.putpixel((0, 0), (0, 0, 0))
    assert take(one).digest == take(twin).digest != take(other).digest
    assert take(one).exactness == "exact"


def test_formulas() -> None:
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x")
    assert take(formula()).digest == take(formula()).digest
    assert take(x + 1).digest != take(x + 2).digest
    assert take(x).digest != take(sympy.Symbol("x", positive=True)).digest
    assert take(sympy.Integer(1)).digest != take(sympy.Rational(1, 2)).digest
