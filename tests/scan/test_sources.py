"""The same notebooks wherever they lie: directories, patterns, archives, git, addresses."""

import contextlib
import functools
import http.server
import os
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nbdebt
from benchmarks.trees import grow
from nbdebt.scan.git import Repository
from tests.buckets import serving_bucket
from tests.repositories import begun, committed, git

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))
ALONE = nbdebt.Settings()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("company")
    grow(directory, EXAMPLES, 12, seed=5)
    odd = directory / "team000" / "a b 'ü.ipynb"
    odd.write_bytes(EXAMPLES[0].read_bytes())
    return directory


def said(scan: nbdebt.Scan) -> dict[str, list[str]]:
    """Contents by path below what was named, with codes."""
    codes: dict[str, list[str]] = {}
    for row in scan.findings():
        codes.setdefault(row.content, []).append(row.code)
    return {
        os.path.basename(row.path): [str(row.content), row.status, *codes.get(row.content or "", [])]
        for row in scan.notebooks()
    }


def directory(tree: Path, place: Path) -> str:
    return str(tree)


def pattern(tree: Path, place: Path) -> str:
    return str(tree / "**" / "*.ipynb")


def zipped(tree: Path, place: Path) -> str:
    with zipfile.ZipFile(place / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(tree.rglob("*.ipynb")):
            archive.write(path, path.relative_to(tree))
    return str(place / "all.zip")


def tarred(tree: Path, place: Path) -> str:
    with tarfile.open(place / "all.tar.gz", "w:gz") as archive:
        archive.add(tree, "all")
    return str(place / "all.tar.gz")


def bare(tree: Path, place: Path) -> str:
    work = place / "work"
    shutil.copytree(tree, work)
    begun(work)
    committed(work, "all")
    git(place, "clone", "-q", "--bare", "work", "all.git")
    return str(place / "all.git")


def in_memory(tree: Path, place: Path) -> str:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for path in tree.rglob("*.ipynb"):
        memory.pipe_file(f"/company/{path.relative_to(tree)}", path.read_bytes())
    return "memory://company"


def pattern_in_memory(tree: Path, place: Path) -> str:
    in_memory(tree, place)
    return "memory://company/**/*.ipynb"


def zipped_in_memory(tree: Path, place: Path) -> str:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe_file("/all.zip", Path(zipped(tree, place)).read_bytes())
    return "memory://all.zip"


@pytest.mark.parametrize(
    "source",
    [pattern, zipped, tarred, bare, in_memory, pattern_in_memory, zipped_in_memory],
    ids=lambda f: f.__name__,
)
def test_where_notebooks_lie_changes_nothing(
    source: Callable[[Path, Path], str], tree: Path, tmp_path: Path
) -> None:
    here = said(nbdebt.scan(tree, settings=ALONE, jobs=1))
    assert len(here) == 13
    there = nbdebt.scan(source(tree, tmp_path), settings=ALONE, jobs=2)
    assert not there.summary.problems and said(there) == here


def test_buckets(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    here = said(nbdebt.scan(tree, settings=ALONE, jobs=1))
    with serving_bucket("company", monkeypatch) as client:
        for path in tree.rglob("*.ipynb"):
            client.put_object(Bucket="company", Key=f"all/{path.relative_to(tree)}", Body=path.read_bytes())
        client.put_object(Bucket="company", Key="all.zip", Body=Path(zipped(tree, tmp_path)).read_bytes())
        for address in ("s3://company/all", "s3://company/all/**/*.ipynb", "s3://company/all.zip"):
            there = nbdebt.scan(address, settings=ALONE, jobs=2)
            assert not there.summary.problems and said(there) == here, address
        with pytest.raises(nbdebt.NbdebtError, match="s3://nowhere"):
            nbdebt.scan("s3://nowhere/all", settings=ALONE, jobs=1)


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_addresses_are_fetched_and_secrets_of_theirs_are_written_nowhere(tree: Path, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    one = sorted((tree / "team000").glob("nb*.ipynb"))[0]
    with serving(tree) as host:
        below = nbdebt.scan(f"http://{host}/team000/", settings=ALONE, jobs=1)
        assert {k: v for k, v in said(below).items() if "ü" not in k and "%" not in k}.items() <= said(
            nbdebt.scan(tree, settings=ALONE, jobs=1)
        ).items()
        signed = f"http://{host}/team000/{one.name}?X-Amz-Signature=hushhush"
        single = nbdebt.scan(signed, output=tmp_path, formats=("csv", "sqlite"), settings=ALONE, jobs=1)
        assert [row.status for row in single.notebooks()] == ["checked"]
        gone = nbdebt.scan(f"http://{host}/none.ipynb", settings=ALONE, jobs=1)
        assert [row.status for row in gone.notebooks()] == ["unreachable"]
    assert not any(b"hushhush" in file.read_bytes() for file in tmp_path.iterdir())


def test_history_gives_every_content_that_was_ever_there(tmp_path: Path) -> None:
    work = begun(tmp_path / "work")
    book = work / "a.ipynb"
    book.write_bytes(EXAMPLES[0].read_bytes())
    first = committed(work, "one")
    book.write_bytes(EXAMPLES[1].read_bytes())
    second = committed(work, "two", "2026-02-05T12:00:00+00:00")
    book.write_bytes(EXAMPLES[0].read_bytes())
    committed(work, "one again")
    git(work, "checkout", "-q", "-b", "side")
    (work / "b.ipynb").write_bytes(EXAMPLES[1].read_bytes())
    third = committed(work, "a copy")
    git(work, "checkout", "-q", "main")
    found = nbdebt.scan(work, history=True, settings=ALONE, jobs=1)
    rows = [(row.path, row.revision, row.duplicate_of is None) for row in found.notebooks()]
    assert sorted(rows) == sorted(
        [
            ("a.ipynb", first, True),
            ("a.ipynb", second, rows_first(second, third)),
            ("b.ipynb", third, rows_first(third, second)),
        ]
    )
    assert {row.revised for row in found.notebooks() if row.revision == second} == {
        "2026-02-05T12:00:00+00:00"
    }
    at_first = nbdebt.scan(work, ref=first, settings=ALONE, jobs=1)
    assert [row.location for row in at_first.notebooks()] == [f"{work}@{first}:a.ipynb"]
    with pytest.raises(nbdebt.NbdebtError, match="no commit"):
        Repository(str(work)).commit("--output=x")


def rows_first(one: str, other: str) -> bool:
    return one < other


def test_names_that_are_no_text_are_read_and_shown(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.ipynb"
    try:
        with open(name, "wb") as file:
            file.write(EXAMPLES[0].read_bytes())
    except OSError:
        pytest.skip("this file system has no such names")
    (row,) = nbdebt.scan(tmp_path, settings=ALONE, jobs=1).notebooks()
    assert row.status == "checked" and row.path == "\\udcff.ipynb"
