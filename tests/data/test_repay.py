"""Declarations and pins are added to the files, and nothing else in them changes."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbdebt.config import forget_settings, load_settings
from nbdebt.data.declaring import Said, declare
from nbdebt.data.repay import apply_outside_edits
from nbdebt.data.versions import Resolver
from nbdebt.data.versions.lock import pin_file, read_lock
from nbdebt.model.errors import FixError
from nbdebt.model.finding import Declare, Drop, PinFile
from nbdebt.model.history import File

FULL = """seed = 7

[outputs]  # ours
'a.csv' = {owner='A'} # keep

# about paths
[per-path-ignores]
'x' = []
"""
BEFORE = [
    ("nbdebt.toml", None),
    ("nbdebt.toml", ""),
    ("nbdebt.toml", "seed = 7"),
    ("nbdebt.toml", FULL),
    ("nbdebt.toml", "[outputs]\r\n'a.csv' = {owner='A'}\r\n"),
    ("nbdebt.toml", "[outputs]"),
    ("nbdebt.toml", "[tool.nbdebt]\nseed = 7\n"),
    ("pyproject.toml", "[project]\nname = 'x'\n\n[tool.nbdebt]\nseed = 7\n\n[tool.other]\na = 1\n"),
    ("pyproject.toml", "[tool.nbdebt.outputs]\n'a.csv' = { }\n[tool.ruff]\nline-length = 100\n"),
]


@pytest.mark.parametrize(("name", "text"), BEFORE)
def test_a_declaration_is_added_and_all_else_stays(repository: Any, name: str, text: str | None) -> None:
    root = repository.root
    if text is not None:
        (root / name).write_bytes(text.encode())
    forget_settings()
    settings = load_settings(root)
    edits = [Declare("results/*.csv"), Declare('od"d.csv'), Declare("results/*.csv"), Drop(0)]
    assert apply_outside_edits(edits, str(root / "a.ipynb"), settings) == [root / name]
    after = (root / name).read_bytes().decode()
    kept = [line for line in (text or "").splitlines() if line.strip()]
    assert [line for line in after.splitlines() if line in kept] == kept
    forget_settings()
    declared = {output.pattern: output for output in load_settings(root).outputs}
    assert declared["results/*.csv"].owner == declared['od"d.csv'].owner == "Ada Lovelace"
    assert ("a.csv" in declared) == ("a.csv" in (text or ""))
    assert load_settings(root).seed == (7 if "seed" in (text or "") else 42)
    apply_outside_edits(edits, str(root / "a.ipynb"), load_settings(root))
    assert (root / name).read_bytes().decode() == after, "declaring again changes nothing"


def test_what_cannot_be_added_to_is_left_alone(repository: Any) -> None:
    text = "[outputs]\n"
    (repository.root / "nbdebt.toml").write_text(text)
    forget_settings()
    settings = load_settings(repository.root)
    (repository.root / "nbdebt.toml").write_text("outputs = 3\n")
    with pytest.raises(FixError, match="must be a table"):
        apply_outside_edits([Declare("b.csv")], str(repository.root / "a.ipynb"), settings)
    assert (repository.root / "nbdebt.toml").read_text() == "outputs = 3\n"


def test_files_are_pinned_in_the_projects_lock(repository: Any) -> None:
    repository.write("data/x.csv")
    repository.write("notebooks/y.csv")
    forget_settings()
    notebook = repository.root / "notebooks" / "a.ipynb"
    settings = load_settings(notebook.parent)
    edits = [PinFile("../data/x.csv"), PinFile("y.csv")]
    assert apply_outside_edits(edits, str(notebook), settings) == [repository.root / "nbdebt.lock"]
    assert list(read_lock(repository.root / "nbdebt.lock")) == ["data/x.csv", "notebooks/y.csv"]
    for path in ("../data/x.csv", "y.csv"):
        assert Resolver().versioned(File(path), notebook.parent).by == "nbdebt.lock"


KEYS = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
TABLES = st.dictionaries(
    st.sampled_from(["a", "tool.x", "outputs", "per-path-ignores"]), st.integers(0, 9), max_size=4
)


@settings(deadline=None)
@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_declarations_end_up_in_their_table(
    tmp_path_factory: pytest.TempPathFactory, tables: dict[str, int], newline: str, ended: bool
) -> None:
    text = newline.join(f"[{name}]{newline}k = {value}" for name, value in tables.items()) + (
        newline if ended else ""
    )
    file = tmp_path_factory.mktemp("declared") / "nbdebt.toml"
    file.write_bytes(text.encode())
    declare(file, [Said("p", "A"), Said('q"', "A")])
    expected = tomllib.loads(text)
    place = expected.setdefault("tool", {}).setdefault("nbdebt", {}) if "tool" in expected else expected
    place.setdefault("outputs", {}).update({"p": {"owner": "A"}, 'q"': {"owner": "A"}})
    assert tomllib.loads(file.read_bytes().decode()) == expected


@settings(deadline=None)
@given(names=st.lists(KEYS.filter(lambda n: n not in (".", "..")), unique=True, max_size=4))
def test_pins_survive_whatever_the_files_are_called(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("pins")
    pinned: list[Path] = []
    for name in names:
        path = root / ("f" + name)
        try:
            path.write_text(name, encoding="utf-8", newline="")
        except OSError:
            continue
        pin_file(path, root / "nbdebt.lock")
        pinned.append(path)
    if pinned:
        assert sorted(read_lock(root / "nbdebt.lock")) == sorted(path.name for path in pinned)
