"""A scan that is killed goes on where it was; a notebook that kills is one row."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import nbdebt
from benchmarks.trees import grow
from tests.repositories import book

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))
# What a rule of another package may do to the process that asks it.
RULE = '''
"""A rule that does what a notebook tells it."""
import os, sys, time
from nbdebt.rules import Needs, rule


@rule("NBD990", needs=Needs.SOURCE)
def poison(seen):
    """It is poison."""
    for cell in seen.notebook.cells:
        if "EXIT" in cell.source:
            os._exit(3)
        if "SIGSEGV" in cell.source:
            os.kill(os.getpid(), 11)
        if "SLEEP" in cell.source:
            time.sleep(1000)
        if "EAT" in cell.source:
            eaten = [bytearray(1 << 20) for _ in range(4000)]
        if "RAISE" in cell.source:
            raise ValueError("bad apple")
        if "PRINT" in cell.source:
            print("among the answers", flush=True)
            os.write(1, b"among the answers")
    yield from ()
'''


@pytest.fixture
def poisonous(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which a package brings that rule."""
    place = tmp_path / "site"
    about = place / "poison-1.dist-info"
    about.mkdir(parents=True)
    (place / "poison.py").write_text(RULE, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: poison\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[nbdebt.rules]\npoison = poison\n", encoding="utf-8")
    yield {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(place)])}


def scan(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbdebt", "scan", *arguments], env=environment, capture_output=True, text=True
    )


def test_what_a_notebook_does_to_its_process_is_said_of_it_alone(
    tmp_path: Path, poisonous: dict[str, str]
) -> None:
    books = tmp_path / "books"
    books.mkdir()
    words = ("EXIT", "SIGSEGV", "SLEEP", "EAT", "RAISE", "PRINT", *(f"x = {i}" for i in range(6)))
    for number, word in enumerate(words):
        book(books / f"{number:02d}.ipynb", f"# {word}")
    book(books / "99.ipynb", "# EXIT")
    given = (
        str(books),
        "-o",
        str(tmp_path / "out"),
        "-j",
        "2",
        "--isolated",
        "--timeout",
        "4",
        "--memory",
        "500",
    )
    done = scan(poisonous, *given)
    assert done.returncode == 0, done.stderr
    rows = sqlite3.connect(tmp_path / "out" / "scan.sqlite").execute(
        "select path, status, problem from notebooks order by path"
    )
    found = {path: (status, problem) for path, status, problem in rows}
    assert [found[f"{n:02d}.ipynb"][0] for n in range(4)] == ["killed", "killed", "timeout", "memory"]
    assert "status 3" in found["00.ipynb"][1] and "signal 11" in found["01.ipynb"][1]
    assert found["02.ipynb"][1] == "took more than 4 s" and "500 MB" in found["03.ipynb"][1]
    # Its other rules were asked.
    assert found["04.ipynb"][0] == "checked" and "bad apple" in found["04.ipynb"][1]
    assert all(found[f"{n:02d}.ipynb"] == ("checked", None) for n in range(5, 12))
    # A copy of what kills is not tried.
    assert found["99.ipynb"] == found["00.ipynb"]
    assert "13 notebooks read" in done.stdout and "12 contents judged" in done.stdout
    more = scan(poisonous, *given, "--retry")
    assert "4 contents judged" in more.stdout, more.stdout


def rows_of(file: Path) -> list[tuple[object, ...]]:
    database = sqlite3.connect(file)
    try:
        names = [row[1] for row in database.execute("pragma table_info(notebooks)") if row[1] != "seconds"]
        books = database.execute(
            "select " + ", ".join('"' + name + '"' for name in names) + " from notebooks"
        ).fetchall()
        return books + database.execute("select * from findings").fetchall()
    finally:
        database.close()


def judged_so_far(journal: Path) -> int:
    """How many answers a dead scan left behind."""
    database = sqlite3.connect(journal)
    try:
        return int(database.execute("select count(*) from items where done > 0").fetchone()[0])
    finally:
        database.close()


def test_a_scan_that_is_killed_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    books = tmp_path / "books"
    grow(books, EXAMPLES, 150, seed=11)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole = scan(environment, str(books), "-o", str(tmp_path / "whole"), "-j", "1", "--isolated")
    assert whole.returncode == 0, whole.stderr
    # What changed within the grain of the clock is read again, whatever is known of it.
    newest = max(path.stat().st_ctime for path in books.rglob("*.ipynb"))
    while time.time() - newest < 2.5:
        time.sleep(0.1)
    output = tmp_path / "out"
    command = [sys.executable, "-m", "nbdebt", "scan", str(books), "-o", str(output), "-j", "2", "--isolated"]
    last = 0
    for more in (5, 40, 20):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            # Killed after some more answers, as its log shows, in the middle of whatever it does.
            wal = output / "journal.sqlite-wal"
            began = None
            while process.poll() is None:
                size = wal.stat().st_size if wal.exists() else 0
                if size and began is None:
                    began = size
                if began is not None and size > began + more * 8_000:
                    break
                os.sched_yield()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = judged_so_far(output / "journal.sqlite")
        assert done >= last
        last = done
    assert last > 0
    final = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert final.returncode == 0, final.stderr
    assert f"{150 - last} notebooks read" in final.stdout, (last, final.stdout)
    assert rows_of(output / "scan.sqlite") == rows_of(tmp_path / "whole" / "scan.sqlite")


def test_what_changed_since_is_judged_anew_and_what_is_gone_is_gone(tmp_path: Path) -> None:
    books = tmp_path / "books"
    paths = grow(books, EXAMPLES, 20, seed=2)
    settings = nbdebt.Settings()
    first = nbdebt.scan(books, output=tmp_path / "out", settings=settings, jobs=1)
    before = untimed(first)
    book(paths[0], "import random\nx = random.random()")
    paths[1].unlink()
    second = nbdebt.scan(books, output=tmp_path / "out", settings=settings, jobs=1)
    assert (second.summary.notebooks, second.summary.judged) == (19, 1)
    fresh = nbdebt.scan(books, settings=settings, jobs=1)
    assert untimed(second) == untimed(fresh) != before
    assert second.findings() == fresh.findings()


def untimed(scan: nbdebt.Scan) -> list[object]:
    return [msgspec.structs.replace(row, seconds=0.0) for row in scan.notebooks()]


def test_what_cannot_be_listed_this_time_keeps_its_rows(tmp_path: Path) -> None:
    grow(tmp_path / "one", EXAMPLES, 3, seed=1)
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(EXAMPLES[0], "x.ipynb")
    settings, named = nbdebt.Settings(), (tmp_path / "one", archive)
    first = nbdebt.scan(*named, output=tmp_path / "out", settings=settings, jobs=1)
    before = untimed(first)
    archive.write_bytes(b"gone bad")
    second = nbdebt.scan(*named, output=tmp_path / "out", settings=settings, jobs=1)
    assert [problem.path for problem in second.summary.problems] == [str(archive)]
    assert untimed(second) == before and len(before) == 4
    with pytest.raises(nbdebt.NbdebtError, match="archive"):
        nbdebt.scan(archive, output=tmp_path / "other", settings=settings)
