"""Systems that version data, each asked about the real thing: tables, buckets, annexes, jobs."""

import importlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbdebt.data.versions
from nbdebt.data.pins.fetching import compare_url, pin_url
from nbdebt.data.pins.lockfile import LockError
from nbdebt.data.versions import Resolver, Versioned
from nbdebt.data.versions.pachyderm import judge as judge_pachyderm
from nbdebt.data.versions.uris import SYSTEMS, judge_uri
from nbdebt.model.history import File, Table
from tests.buckets import serving_bucket


def ask(directory: Path, path: str, *detail: str) -> Versioned:
    return Resolver().versioned(File(path), directory, detail)


# The registry


def test_every_system_is_one_file_and_every_scheme_has_one_system() -> None:
    schemes = [scheme for named in SYSTEMS.values() for scheme in named]
    assert len(schemes) == len(set(schemes))
    for name, named in SYSTEMS.items():
        module = importlib.import_module(f"{nbdebt.data.versions.__name__}.{name}")
        assert module.__doc__ and module.judge.__doc__
        for scheme in named:
            answer = judge_uri(f"{scheme}://x/y/z.csv")
            assert answer.state in ("versioned", "unversioned", "unknown")
            assert answer.reason or answer.state == "versioned", scheme


# Delta and Iceberg


def test_a_delta_table(repository: Any) -> None:
    deltalake = pytest.importorskip("deltalake")
    pandas = pytest.importorskip("pandas")
    table = repository.root / "sales"
    for rows in (1, 2):
        deltalake.write_deltalake(str(table), pandas.DataFrame({"a": range(rows)}), mode="overwrite")
    answer = ask(repository.root, "sales")
    assert (answer.state, answer.by) == ("unversioned", "delta")
    assert answer.reason == "is read at its newest version, now 1"
    assert ask(repository.root, "sales", "pinned").state == "versioned"
    assert len(deltalake.DeltaTable(str(table), version=0).to_pandas()) == 1
    repository.commit("sales")
    assert ask(repository.root, "sales").by == "git"


def test_an_iceberg_table(tmp_path: Path) -> None:
    (tmp_path / "sales" / "metadata").mkdir(parents=True)
    assert ask(tmp_path, "sales").by == ""
    (tmp_path / "sales" / "metadata" / "v1.metadata.json").write_text("{}")
    assert ask(tmp_path, "sales").reason == "is read at its newest version"
    assert ask(tmp_path, "sales", "pinned").state == "versioned"


# Databases


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        ((), "unversioned"),
        (("snapshot",), "versioned"),
        (("pinned",), "versioned"),
        (("computed",), "unknown"),
    ],
)
def test_queries(tmp_path: Path, detail: tuple[str, ...], state: str) -> None:
    assert Resolver().versioned(Table("sales", "postgresql://h/db"), tmp_path, detail).state == state


# Pachyderm

COMMIT = "7f3cd988429894000bdad549dfe2d09b"
PACHYDERM = [
    (f"pfs://images@{COMMIT}:/x.csv", "versioned"),
    (f"pfs://default/images/{COMMIT}/x.csv", "versioned"),
    (f"pfs://images@master={COMMIT}:/x.csv", "versioned"),
    ("pfs://images@master:/x.csv", "unversioned"),
    ("pachyderm://images@master^:/x.csv", "unversioned"),
    ("pfs://images:/x.csv", "unversioned"),
    ("pfs://images@{commit}:/x.csv", "unknown"),
]


@pytest.mark.parametrize(("uri", "state"), PACHYDERM)
def test_pachyderm(uri: str, state: str) -> None:
    assert judge_uri(uri).state == state
    assert judge_pachyderm(uri, uri.partition("://")[2]).by == "pachyderm"


# Buckets


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with serving_bucket("team", monkeypatch) as client:
        yield client


def test_versions_of_a_bucket(bucket: Any) -> None:
    first = bucket.put_object(Bucket="team", Key="x.csv", Body=b"a\n1\n")["VersionId"]
    assert judge_uri(f"s3://team/x.csv?versionId={first}") == Versioned("versioned", "s3", first)
    assert judge_uri("s3://team/x.csv").state == "unversioned"
    # By signed addresses, which need no client; with s3fs, by s3:// ones too.
    asked: list[dict[str, str]] = [{}, {"VersionId": first}]
    pairs = [
        tuple(
            bucket.generate_presigned_url("get_object", Params={"Bucket": "team", "Key": "x.csv", **more})
            for more in asked
        )
    ]
    if importlib.util.find_spec("s3fs") is not None:
        pairs.append(("s3://team/x.csv", f"s3://team/x.csv?versionId={first}"))
    pins = [(pin_url(now), pin_url(then)) for now, then in pairs]
    for one, other in pins:
        assert one.sha256 == other.sha256 and "Signature" not in one.name + other.name
        assert first in other.name and first not in one.name, "a version is no secret"
    bucket.put_object(Bucket="team", Key="x.csv", Body=b"a\n1\n2\n")
    if len(pairs) > 1:
        importlib.import_module("s3fs").S3FileSystem.clear_instance_cache()
    for (now, then), (one, other) in zip(pairs, pins, strict=True):
        assert compare_url(one, now).state == "changed"
        assert compare_url(other, then).state == "same"


def test_what_a_bucket_does_not_give_is_said(bucket: Any) -> None:
    pytest.importorskip("s3fs")
    with pytest.raises(LockError, match=r"s3://team/nothing\.csv can't be fetched"):
        pin_url("s3://team/nothing.csv")


def test_other_stores_are_reached_through_fsspec() -> None:
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://team/x.csv", "wb") as file:
        file.write(b"a\n1\n")
    pin = pin_url("memory://team/x.csv")
    assert compare_url(pin).state == "same"
    with fsspec.open("memory://team/x.csv", "wb") as file:
        file.write(b"a\n2\n")
    assert compare_url(pin).state == "changed"


# Tools


def test_git_annex_itself(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git-annex") is None:
        pytest.skip("git-annex is not installed")
    monkeypatch.setenv("HOME", str(repository.root.parent))
    repository.write("x.csv", "content")
    repository.git("annex", "init", "-q")
    repository.git("annex", "add", "-q", "x.csv")
    repository.git("commit", "-qm", "data")
    answer = ask(repository.root, "x.csv")
    assert (answer.state, answer.by) == ("versioned", "git-annex")
    # What is in the annex can't be written to; so that the directory can be removed again.
    subprocess.run(["chmod", "-R", "u+w", str(repository.root)], check=True)
    assert os.path.islink(repository.root / "x.csv")
