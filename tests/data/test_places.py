"""Where outputs land, what they are called, and which are declared."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.config import Output
from nbdebt.data.declared import declaration_of, is_declared_consumer
from nbdebt.data.places import place_of, project_root
from nbdebt.data.targets import as_pattern, has_hole, is_absolute, is_unknown, resolve_target
from nbdebt.data.versions.uris import judge_uri
from nbdebt.model.history import File, Table, Url

PLACES = [
    ("x.csv", "project"),
    ("out/x.csv", "project"),
    ("./out/../x.csv", "project"),
    ("out/{name}.csv", "project"),
    ("../x.csv", "project"),
    ("../../x.csv", "outside"),
    ("{name}.csv", "unknown"),
    ("<unknown>", "unknown"),
    ("/tmp/x.csv", "temporary"),
    ("/tmp/{name}/x.csv", "temporary"),
    ("/dev/shm/x", "temporary"),
    ("/mnt/share/x.csv", "shared"),
    ("/dbfs/x.csv", "shared"),
    ("\\\\server\\share\\x.csv", "shared"),
    ("~/x.csv", "home"),
    ("/home/ada/x.csv", "home"),
    ("C:\\Users\\ada\\x.csv", "home"),
    ("/Users/ada/x.csv", "home"),
    ("~/.cache/x/y.pkl", "cache"),
    ("/dev/null", "nowhere"),
    ("/opt/x.csv", "outside"),
    ("/etc/x.csv", "outside"),
]


@pytest.mark.parametrize(("text", "place"), PLACES)
def test_place(text: str, place: str) -> None:
    root = Path("/nowhere/project")
    target = resolve_target(File(text), root / "notebooks")
    assert place_of(text, target, root) == place


def test_a_project_in_a_temporary_directory_is_a_project(tmp_path: Path) -> None:
    target = resolve_target(File(str(tmp_path / "x.csv")), tmp_path)
    assert place_of(str(tmp_path / "x.csv"), target, project_root(str(tmp_path), tmp_path)) == "project"


def test_a_directory_that_everybody_may_write_to_is_shared(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "own").mkdir(mode=0o755)
    for name, place in (("open", "shared"), ("own", "temporary")):
        # Below /tmp the name decides before the permissions do.
        text = str(tmp_path / name / "x.csv")
        expected = "temporary" if text.startswith("/tmp/") else place
        assert place_of(text, text, Path("/nowhere")) == expected


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("x.csv", "/nowhere/p/x.csv"),
        ("./a/../x.csv", "/nowhere/p/x.csv"),
        ("/nowhere/p/x.csv", "/nowhere/p/x.csv"),
        ("data\\x.csv", "/nowhere/p/data/x.csv"),
        ("out/{i}.csv", "/nowhere/p/out/{i}.csv"),
    ],
)
def test_one_file_has_one_target(text: str, target: str) -> None:
    assert resolve_target(File(text), Path("/nowhere/p")) == target


def test_links_to_directories_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert resolve_target(File("link/x.csv"), tmp_path) == resolve_target(File("real/x.csv"), tmp_path)


def test_other_resources_are_their_own_targets() -> None:
    assert resolve_target(Url("s3://b/k"), Path("/nowhere")) == "s3://b/k"
    assert resolve_target(Table("t", "con"), Path("/nowhere")) == "con#t"


DECLARED = [
    ("out/*.csv", "out/x.csv", True),
    ("out/*.csv", "out/deep/x.csv", False),
    ("out/**", "out/deep/x.csv", True),
    ("out/**/x.csv", "out/x.csv", True),
    ("**/x.csv", "a/b/x.csv", True),
    ("out", "out/deep/x.csv", True),
    ("out/", "out/x.csv", True),
    ("./out/x.csv", "out/x.csv", True),
    ("x.csv", "out/x.csv", False),
    ("*.csv", "x.csv", True),
    ("*.csv", "x.parquet", False),
    ("out/*.csv", "out/{i}.csv", True),
    ("../shared/*.csv", "../shared/x.csv", True),
    ("/mnt/team/*.csv", "/mnt/team/x.csv", True),
    ("x?.csv", "x1.csv", True),
    ("a[1].csv", "a[1].csv", True),
]


@pytest.mark.parametrize(("pattern", "text", "holds"), DECLARED)
def test_declared_files(pattern: str, text: str, holds: bool) -> None:
    base = Path("/nowhere/p")
    outputs = (Output("other"), Output(pattern, base=str(base)))
    found = declaration_of(File(text), resolve_target(File(text), base), outputs)
    assert (found is not None) == holds


@pytest.mark.parametrize(
    ("pattern", "resource", "holds"),
    [
        ("s3://b/**", Url("s3://b/deep/x.csv"), True),
        ("s3://b/*.csv", Url("s3://b/x.csv"), True),
        ("s3://b/*.csv", Url("s3://c/x.csv"), False),
        ("orders", Table("orders", "con"), True),
        ("shop.*", Table("shop.orders", "con"), True),
        ("con#orders", Table("orders", "con"), True),
        ("orders", Table("customers", "con"), False),
    ],
)
def test_declared_elsewhere(pattern: str, resource: Url | Table, holds: bool) -> None:
    target = resolve_target(resource, Path("/nowhere"))
    assert (declaration_of(resource, target, (Output(pattern, base="/nowhere"),)) is not None) == holds


@pytest.mark.parametrize("consumer", ["b.ipynb", "b", "reports/b.ipynb", "reports/*"])
def test_consumers_are_named_as_people_do(tmp_path: Path, consumer: str) -> None:
    output = Output("x", consumers=("somebody", consumer), base=str(tmp_path))
    assert is_declared_consumer(output, str(tmp_path / "reports" / "b.ipynb"))
    assert not is_declared_consumer(output, str(tmp_path / "c.ipynb"))


TEXT = st.text(max_size=60) | st.text(alphabet="ab{}~/\\.:*?#@\0é", max_size=30)


@given(TEXT)
def test_no_text_is_too_strange(text: str) -> None:
    target = resolve_target(File(text), Path("/nowhere/p"))
    place_of(text, target, Path("/nowhere/p"))
    is_absolute(text), is_unknown(text), has_hole(text), as_pattern(text)
    declaration_of(File(text), target, (Output(text or "x", base="/nowhere"),))
    assert resolve_target(File(target), Path("/elsewhere")) == target


@given(
    TEXT, st.sampled_from(["", "https://", "hf://", "s3://", "mlflow:", "kaggle://", "https://github.com/"])
)
def test_no_uri_is_too_strange(text: str, start: str) -> None:
    answer = judge_uri(start + text)
    assert answer.state in ("versioned", "unversioned", "unknown")
