"""Sparse matrices, estimators, labelled arrays, tensors, drawings."""

import subprocess
import sys
from typing import Any

import pytest

from tests.live.twins import check, meets, take

np: Any = pytest.importorskip("numpy")


def test_sparse_matrices() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    for kind in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        one, twin, other = (sparse.eye(3).asformat(kind) * 1.0 for _ in range(3))
        other = (other * 2).asformat(kind)
        check(one.asformat(kind), other, twin.asformat(kind))
    matrix = sparse.csr_array(np.eye(3))
    before = take(matrix)
    _ = matrix.has_sorted_indices, matrix.has_canonical_format
    assert take(matrix).digest == before.digest
    matrix.data[0] = 5
    assert take(matrix).digest != before.digest
    assert meets(matrix, matrix.data)


def test_estimators() -> None:
    pytest.importorskip("sklearn")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = np.random.default_rng(0).random((30, 3)), [0, 1] * 15
    for make in (
        lambda **k: LogisticRegression(**k),
        lambda **k: RandomForestClassifier(3, random_state=0, **k),
        lambda **k: make_pipeline(StandardScaler(), LogisticRegression(**k)),
        lambda **k: KNeighborsClassifier(algorithm="kd_tree", **k),
    ):
        check(make().fit(x, y), make(), make().fit(x, y))
        check(make().fit(x, y), make().fit(x * [1, 2, -3], y[::-1]), make().fit(x, y))
    model = LogisticRegression().fit(x, y)
    before = take(model)
    model.predict(x), model.score(x, y), repr(model)
    assert take(model).digest == before.digest


def test_a_search_is_not_told_by_the_time_it_took() -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    x, y = np.random.default_rng(0).random((30, 3)), [0, 1] * 15
    one, twin, other = (GridSearchCV(LogisticRegression(), {"C": [1, c]}, cv=2).fit(x, y) for c in (2, 2, 3))
    assert one.cv_results_["mean_fit_time"].tolist() != twin.cv_results_["mean_fit_time"].tolist()
    check(one, other, twin)
    twin.cv_results_["mean_test_score"][0] = 2
    assert take(one).digest != take(twin).digest
    assert meets(one, one.cv_results_)


def test_functions_that_cython_compiled() -> None:
    check(np.random.default_rng, np.random.seed, np.random.default_rng)
    found = take(np.random.default_rng)
    assert found.exactness == "exact"
    program = (
        "from tests.live.twins import take; import numpy as n; print(take(n.random.default_rng).digest.hex())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found.digest.hex()


def test_labelled_arrays() -> None:
    xr = pytest.importorskip("xarray")

    def made(value: int, **attrs: Any) -> Any:
        return xr.DataArray(np.full((2, 2), value), dims=["x", "y"], coords={"x": [1, 2]}, attrs=attrs)

    check(made(1), made(2), made(1))
    check(made(1), made(1, unit="m"), made(1))
    check(xr.Dataset({"a": made(1)}), xr.Dataset({"a": made(2)}), xr.Dataset({"a": made(1)}))
    array = made(1)
    before = take(array)
    array.mean(), array.sel(x=1), repr(array), array.x
    assert take(array).digest == before.digest


def test_keras() -> None:
    keras = pytest.importorskip("keras")
    tensorflow = pytest.importorskip("tensorflow")
    np = pytest.importorskip("numpy")
    x = np.arange(8.0).reshape(4, 2)

    def model(value: float, activation: str = "relu") -> Any:
        start = keras.initializers.Constant(value)
        layers = [keras.layers.Dense(n, activation, kernel_initializer=start) for n in (2, 1)]
        net = keras.Sequential([keras.Input((2,)), *layers])
        net.compile("sgd", "mse", metrics=["mae"])
        return net

    check(model(1), model(2), model(1))
    check(model(1), model(1, "tanh"), model(1))
    net = model(1)
    told = net.fit(x, x[:, 0], verbose=0)
    before, history = take(net), take(told)
    assert before.exactness == "exact"
    net.fit(x, x[:, 1], verbose=0)
    assert take(net).digest != before.digest
    assert take(told).digest == history.digest
    check(tensorflow.constant([1, 2]), tensorflow.constant([1, 3]), tensorflow.constant([1, 2]))
    check(tensorflow.Variable(1.0), tensorflow.Variable(2.0), tensorflow.Variable(1.0))


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    check(torch.arange(4), torch.arange(5), torch.arange(4))
    check(torch.arange(4), torch.arange(4.0), torch.arange(4))
    check(
        torch.arange(6).reshape(2, 3).T,
        torch.arange(6).reshape(3, 2),
        torch.arange(6).reshape(2, 3).T.contiguous(),
    )
    check(
        torch.ones(2, dtype=torch.bfloat16),
        torch.zeros(2, dtype=torch.bfloat16),
        torch.ones(2, dtype=torch.bfloat16),
    )
    check(torch.zeros(2), torch.zeros(2, requires_grad=True), torch.zeros(2))
    check(torch.zeros(()), torch.zeros((1,)), torch.zeros(()))
    check(
        torch.Generator().manual_seed(1), torch.Generator().manual_seed(2), torch.Generator().manual_seed(1)
    )

    def model(value: float) -> Any:
        layer = torch.nn.Linear(2, 2)
        with torch.no_grad():
            layer.weight.fill_(value)
            layer.bias.fill_(0)
        return torch.nn.Sequential(layer, torch.nn.ReLU())

    check(model(1), model(2), model(1))
    net = model(1)
    before = take(net)
    net(torch.ones(2)).sum().backward()
    assert take(net).digest != before.digest
    base = torch.zeros(4)
    assert meets(base[1:], base)
    assert meets(base.numpy(), base)
    assert meets(torch.from_numpy(array := np.zeros(3)), array)
    assert take(torch.zeros(2, 2).to_sparse()).exactness == "identity"

    class Tensor(torch.Tensor):
        @classmethod
        def __torch_function__(cls, *arguments: Any, **keywords: Any) -> Any:
            raise RuntimeError

    assert take(torch.zeros(2).as_subclass(Tensor)).exactness == "identity"


def test_jax() -> None:
    jnp = pytest.importorskip("jax.numpy")
    check(jnp.arange(4), jnp.arange(5), jnp.arange(4))
    check(jnp.arange(4), jnp.arange(4.0), jnp.arange(4))


def test_drawings_are_what_was_drawn() -> None:
    pytest.importorskip("matplotlib").use("agg")
    import matplotlib.pyplot as plt

    def drawn(*lines: list[int]) -> tuple[Any, ...]:
        figure, axes = plt.subplots()
        for line in lines:
            axes.plot(line)
        found = tuple(map(take, (figure, axes, axes.lines[0])))
        plt.close(figure)
        return found

    for one, same, other in zip(drawn([1, 2]), drawn([1, 2]), drawn([1, 3], [2]), strict=True):
        assert (one.exactness, one.why) == ("sampled", "a drawing")
        assert one.digest == same.digest
        assert one.digest != other.digest


def test_plotly() -> None:
    go = pytest.importorskip("plotly.graph_objects")
    check(go.Figure(go.Bar(y=[1, 2])), go.Figure(go.Bar(y=[1, 3])), go.Figure(go.Bar(y=[1, 2])))


def test_no_library_is_loaded() -> None:
    code = """if True:
        import sys
        from nbdebt.live.fingerprints import Fingerprinter
        Fingerprinter().take([object()])
        print(*sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "polars", "pyarrow", "torch", "scipy", "matplotlib"} & set(
        done.stdout.split()
    )
