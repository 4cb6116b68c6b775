"""Configuration: which file counts, what it can say, and what is said of mistakes."""

import json
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbdebt.report
from nbdebt.config import (
    ConfigFile,
    Output,
    Settings,
    codes,
    effective_codes,
    forget_settings,
    load_settings,
    with_options,
)
from nbdebt.model.errors import ConfigurationError

SCHEMA = json.loads((Path(nbdebt.report.__file__).parent / "config.schema.json").read_text(encoding="utf-8"))


class Known(NamedTuple):
    """A rule, as far as selection goes."""

    name: str
    family: str
    default: bool = True


RULES = {
    "NBD101": Known("undefined-on-run-all", "order"),
    "NBD102": Known("out-of-order-read", "order"),
    "NBD111": Known("count-order", "order", False),
    "NBD201": Known("unseeded-draw", "seeds"),
    "NBD301": Known("hidden-output", "outputs"),
}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_settings()


def put(directory: Path, name: str, text: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(text, encoding="utf-8")
    return file


def test_nearest_file_counts_alone(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "[tool.nbdebt]\nselect = ['NBD1']\nseed = 7\n")
    put(tmp_path / "a", "nbdebt.toml", "ignore = ['NBD101']\n")
    put(tmp_path / "a" / "b", "pyproject.toml", "[project]\nname = 'says-nothing-of-us'\n")
    put(tmp_path / "a" / "c", "pyproject.toml", "[tool.nbdebt]\nseed = 3\n")
    put(tmp_path / "a" / "c", "nbdebt.toml", "seed = 4\n")
    (tmp_path / "d").mkdir()
    assert load_settings(tmp_path / "d").select == ("NBD1",)
    near = load_settings(tmp_path / "a" / "b")
    assert (near.select, near.ignore, near.seed) == ((), ("NBD101",), 42)
    assert (near.root, near.source) == (str(tmp_path / "a"), str(tmp_path / "a" / "nbdebt.toml"))
    assert load_settings(tmp_path / "a" / "c").seed == 4


def test_without_a_file_the_root_is_the_work_tree(tmp_path: Path) -> None:
    put(tmp_path, "nbdebt.toml", "seed = 1\n")
    (tmp_path / "w" / ".git").mkdir(parents=True)
    assert load_settings(tmp_path / "w", isolated=True) == Settings(root=str(tmp_path / "w"))
    assert load_settings(tmp_path, isolated=True).seed == 42


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    text = """
    select = ["order", "NBD2"]
    ignore = ["unseeded-draw"]
    extend-select = ["ALL"]
    exclude = ["old/**"]
    seed = 0
    [per-path-ignores]
    "drafts/*" = ["NBD1"]
    [outputs]
    "results/*.csv" = {owner = "ana", consumers = ["report"], note = "weekly", expires = 2027-01-31}
    "s3://bucket/**" = {}
    """
    file = put(tmp_path, "other.toml", text)
    assert load_settings(tmp_path / "elsewhere", file) == Settings(
        select=("order", "NBD2"),
        ignore=("unseeded-draw",),
        extend_select=("ALL",),
        exclude=("old/**",),
        seed=0,
        per_path_ignores={"drafts/*": ("NBD1",)},
        outputs=(
            Output("results/*.csv", "ana", ("report",), "weekly", "2027-01-31", str(tmp_path)),
            Output("s3://bucket/**", base=str(tmp_path)),
        ),
        root=str(tmp_path),
        source=str(file),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slect = []", "unknown key `slect`; did you mean `select`?"),
        ("extend_select = []", "unknown key `extend_select`; did you mean `extend-select`?"),
        ("zzz = 1", "unknown key `zzz`; known are `select`, "),
        ("[outputs]\n'a' = {ownr = 'x'}", "unknown key `outputs.a.ownr`; did you mean `owner`?"),
        ("select = 'NBD1'", "`select`: expected a list, got a string"),
        ("select = [1]", "`select[0]`: expected a string, got a number"),
        ("seed = 'x'", "`seed`: expected a number, got a string"),
        ("seed = -1", "`seed`: expected a number >= 0"),
        ("[outputs]\n'a' = 3", "`outputs[...]`: expected a table, got a number"),
        ("[outputs]\n'a' = {expires = 'soon'}", "`outputs[...].expires`: "),
        ("per-path-ignores = ['x']", "`per-path-ignores`: expected a table, got a list"),
        ("select = [", "is not TOML: "),
        ("select = []\nselect = []", "is not TOML: "),
    ],
)
def test_mistakes_are_named_with_file_key_and_suggestion(tmp_path: Path, text: str, said: str) -> None:
    file = put(tmp_path, "nbdebt.toml", text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(tmp_path)
    assert str(caught.value).startswith(f"{file}: {said}")
    put(tmp_path / "p", "pyproject.toml", "[tool]\nnbdebt = 3\n")
    with pytest.raises(ConfigurationError, match=r"must be a table"):
        load_settings(tmp_path / "p")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_bytes(b"seed = 1 # \xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8, at byte 11"):
        load_settings(tmp_path)
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        load_settings(tmp_path, tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match=r"has no \[tool.nbdebt\] table"):
        load_settings(tmp_path, put(tmp_path, "pyproject.toml", "[project]\n"))
    # A project file that isn't ours to judge is left alone, broken or not.
    put(tmp_path / "x", "pyproject.toml", "not toml")
    (tmp_path / "nbdebt.toml").unlink()
    assert load_settings(tmp_path / "x").source == ""


@pytest.mark.parametrize(
    ("selectors", "meant"),
    [
        (["ALL"], set(RULES)),
        (["all"], set(RULES)),
        (["NBD"], set(RULES)),
        (["NBD1"], {"NBD101", "NBD102", "NBD111"}),
        (["nbd201"], {"NBD201"}),
        (["seeds", "hidden-output"], {"NBD201", "NBD301"}),
        ([], set()),
    ],
)
def test_selectors(selectors: list[str], meant: set[str]) -> None:
    assert codes(selectors, RULES) == meant


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("NBD202", "did you mean `NBD201`?"),
        ("unseeded-drow", "did you mean `unseeded-draw`?"),
        ("unseeded_draw", "did you mean `unseeded-draw`?"),
        ("seed", "did you mean `seeds`?"),
        ("E501", "lists them all"),
        ("", "lists them all"),
    ],
)
def test_unknown_selectors_are_errors_with_a_hint(selector: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        codes([selector], RULES)
    assert f"unknown rule `{selector}`" in str(caught.value)
    assert hint in str(caught.value)


DEFAULT = {"NBD101", "NBD102", "NBD201", "NBD301"}


@pytest.mark.parametrize(
    ("settings", "on"),
    [
        (Settings(), DEFAULT),
        (Settings(select=("order",)), {"NBD101", "NBD102", "NBD111"}),
        (Settings(extend_select=("count-order",)), DEFAULT | {"NBD111"}),
        (Settings(ignore=("NBD2",)), DEFAULT - {"NBD201"}),
        (Settings(ignore=("ALL",)), set()),
        (Settings(select=("ALL",), ignore=("order",)), {"NBD201", "NBD301"}),
        (Settings(select=("NBD101",), ignore=("NBD1",)), {"NBD101"}),
        (Settings(select=("NBD1",), ignore=("NBD101",)), {"NBD102", "NBD111"}),
        (Settings(select=("NBD1",), ignore=("order",)), set()),
        (Settings(select=("NBD101",), ignore=("undefined-on-run-all",)), set()),
        (Settings(ignore=("order",), extend_select=("NBD101",)), {"NBD101", "NBD201", "NBD301"}),
    ],
)
def test_the_more_specific_selector_wins(settings: Settings, on: set[str]) -> None:
    assert effective_codes(settings, RULES) == on


def test_unknown_rules_in_a_file_name_file_and_key() -> None:
    for settings, key in (
        (Settings(select=("NBD9",), source="x/nbdebt.toml"), "select"),
        (Settings(per_path_ignores={"a/*": ("nope",)}, source="x/nbdebt.toml"), "per-path-ignores.a/*"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            effective_codes(settings, RULES)
        assert str(caught.value).startswith(f"x/nbdebt.toml: `{key}`: unknown rule")


def test_options_go_before_the_file() -> None:
    file = Settings(select=("NBD1",), ignore=("NBD101",), exclude=("a",))
    assert with_options(file, ignore=["NBD102"], exclude=["b"]) == Settings(
        select=("NBD1",), ignore=("NBD101", "NBD102"), exclude=("a", "b")
    )
    assert with_options(file, select=["NBD101"]) == Settings(select=("NBD101",), exclude=("a",))


def test_schema_is_that_of_the_loader() -> None:
    made = {key: value for key, value in SCHEMA.items() if key not in ("$schema", "title")}
    assert made == msgspec.json.schema(ConfigFile)


VALUES = st.one_of(
    st.integers(-2, 3),
    st.just("x"),
    st.lists(st.sampled_from(["a", 1]), max_size=2),
    st.dictionaries(
        st.sampled_from(["a", "owner", "note", "consumers"]),
        st.one_of(
            st.just("x"), st.lists(st.just("y"), max_size=1), st.just({"owner": "z"}), st.just({"bad": 1})
        ),
        max_size=2,
    ),
    st.booleans(),
)
KEYS = ["select", "ignore", "extend-select", "exclude", "per-path-ignores", "outputs", "seed", "typo"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3))
def test_schema_and_loader_agree(tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]) -> None:
    forget_settings()
    directory = tmp_path_factory.mktemp("c")
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
    assert tomllib.loads(text) == table
    put(directory, "nbdebt.toml", text)
    try:
        load_settings(directory)
        is_loaded = True
    except ConfigurationError:
        is_loaded = False
    assert is_loaded is jsonschema.Draft202012Validator(SCHEMA).is_valid(table)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
