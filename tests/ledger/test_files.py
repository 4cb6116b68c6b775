"""The ledger's files: whole lines, whenever the kernel that writes them is killed, and no two in one file."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbdebt.ledger.entries import VERSION, Accessed, Began, Ended, Entry, Ran, decode, encode
from nbdebt.ledger.files import ledger_files, read_file
from nbdebt.ledger.openlineage import ledger_sessions
from nbdebt.ledger.writer import PART, Writer

BEGAN = Began("5e55", "/n.ipynb", "2026-11-23T10:00:00.000Z")


def access(run: int, name: str = "/d/x.csv") -> Accessed:
    return Accessed(run, "read", "file", name, "2026-11-23T10:00:01.000Z", f"sha256:{run}")


@given(
    st.lists(
        st.builds(
            Accessed,
            st.integers(1, 9),
            st.sampled_from(["read", "write", "delete"]),
            st.text(),
            st.text(),
            st.text(),
            bytes=st.none() | st.integers(0, 2**60),
        )
        | st.builds(Ran, st.integers(1, 9), st.text(), st.text(), st.floats(0, 1e9))
        | st.builds(Ended, st.text())
    )
)
@settings(max_examples=50)
def test_lines_are_read_as_they_were_written(entries: list[Entry]) -> None:
    for entry in entries:
        line = encode(entry)
        assert b"\n" not in line and decode(line) == entry


def test_a_session_that_goes_on_gets_more_parts(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "made", BEGAN)
    long = "x" * (PART // 8)
    for run in range(1, 30):
        writer.write([access(run, f"/{long}")])
    files = list(ledger_files(tmp_path / "made"))
    assert len(files) == 4 and all(file.size < 2 * PART for file in files)
    contents = [read_file(file.path) for file in files]
    assert [content.began.part for content in contents if content.began] == [0, 1, 2, 3]
    runs = [e.run for content in contents for _, e in content.entries if isinstance(e, Accessed)]
    assert runs == list(range(1, 30))
    assert not any(content.problem for content in contents)


def test_nothing_is_written_before_there_is_something(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "made", BEGAN)
    writer.write([])
    writer.close()
    assert not (tmp_path / "made").exists()


def test_a_ledger_that_cannot_be_written_raises_nothing_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writer = Writer(tmp_path / "file" / "ledger", BEGAN)
    writer.write([access(1)])
    assert "can't be written" in writer.failure
    (tmp_path / "file").unlink()
    writer.write([access(2)])
    assert not writer.failure
    assert len(read_file(writer.file).entries) == 2, "what could not be written then is written now"


def test_a_slow_place_is_left_to_a_thread(tmp_path: Path) -> None:
    writer = Writer(tmp_path, BEGAN)
    writer._later = True
    for run in range(1, 200):
        writer.write([access(run)])
    writer.close()
    assert [e.run for _, e in read_file(writer.file).entries if isinstance(e, Accessed)] == list(
        range(1, 200)
    )


@pytest.mark.parametrize(
    ("data", "entries", "problem"),
    [
        (b"", 0, "it doesn't say which session it is of"),
        (
            encode(BEGAN) + b"\n" + encode(access(1)) + b"\n" + encode(access(2))[:20],
            1,
            "its last line is not whole",
        ),
        (encode(BEGAN) + b"\n{broken\n" + encode(access(1)) + b"\n", 1, "line 2 can't be read"),
        (encode(BEGAN) + b'\n{"kind":"of tomorrow","x":1}\n' + encode(access(1)) + b"\n", 1, ""),
        (encode(access(1)) + b"\n", 0, "it doesn't say which session it is of"),
        (b"\xff\xfe\n", 0, "line 1 can't be read"),
    ],
)
def test_other_peoples_files_are_read_with_care(
    data: bytes, entries: int, problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.ndjson"
    file.write_bytes(data)
    content = read_file(file)
    assert (len(content.entries), content.problem) == (entries, problem)


def test_files_of_a_later_version_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "x.ndjson"
    file.write_bytes(encode(Began("s", "j", "t", version=VERSION + 1, nbdebt="9.0")) + b"\n")
    content = read_file(file)
    assert content.began is None and "later version of nbdebt (9.0)" in content.problem


KERNEL = """
import sys
from pathlib import Path
from nbdebt.ledger.entries import Accessed, Began, Ran
from nbdebt.ledger import writer as module
from nbdebt.ledger.writer import Writer

# However busy the machine: what is written is on disk before the next line is printed.
module._SLOW = float("inf")
directory, number, runs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
writer = Writer(directory, Began(f"session-{number}", f"/n{number}.ipynb", "2026-11-23T10:00:00.000Z"))
for run in range(1, runs + 1):
    at = "2026-11-23T10:00:01.000Z"
    accesses = [Accessed(run, "write", "file", f"/d/{number}/{run}/{n}" + "x" * 40, at) for n in range(5)]
    writer.write([Ran(run, "c", at, 0.1), *accesses])
    print(run, flush=True)
writer.close()
"""


def start(directory: Path, number: int, runs: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", KERNEL, str(directory), str(number), str(runs)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_eight_write_at_once_and_killing_one_loses_nothing(tmp_path: Path) -> None:
    """What a process said it had written is there, whole, whenever it was killed; the others don't notice."""
    chance = random.Random(20261123)
    runs = 80
    others = [start(tmp_path, number, runs) for number in range(1, 8)]
    for attempt in range(6):
        number = 100 + attempt
        victim = start(tmp_path, number, 100_000)
        assert victim.stdout is not None
        said = 0
        for _ in range(chance.randint(1, 200)):
            said = int(victim.stdout.readline())
        victim.send_signal(signal.SIGKILL)
        # Not communicate(), which forgets what was read ahead.
        rest = victim.stdout.read().split(b"\n")
        victim.communicate()
        said = int(rest[-2]) if len(rest) > 1 else said
        found = runs_of(tmp_path, number)
        assert found in (list(range(1, said + 1)), list(range(1, said + 2)))
    for process in others:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    for number in range(1, 8):
        assert runs_of(tmp_path, number) == list(range(1, runs + 1))


def runs_of(directory: Path, number: int) -> list[int]:
    """The runs of a process that are in the ledger, each with all that it did."""
    runs: list[int] = []
    for file in ledger_files(directory):
        if f"-session-{number}-" in file.name:
            content = read_file(file.path)
            assert content.began is not None and not content.problem
            entries = [entry for _, entry in content.entries]
            for place, entry in enumerate(entries):
                if isinstance(entry, Ran):
                    runs.append(entry.run)
                    done = entries[place + 1 : place + 6]
                    assert [e.run for e in done if isinstance(e, Accessed)] == [entry.run] * 5
    return runs


def test_what_a_killed_kernel_leaves_lying_is_no_file_of_the_ledger(tmp_path: Path) -> None:
    Writer(tmp_path, BEGAN).write([access(1)])
    (tmp_path / ".20261123T100000-x-0000.ndjson.tmp").write_bytes(b'{"kind":')
    (tmp_path / "notes.txt").write_text("")
    assert len(list(ledger_files(tmp_path))) == 1
    assert len(ledger_sessions(tmp_path)) == 1


@pytest.mark.skipif(os.name == "nt", reason="modes of files are POSIX's")
def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        writer = Writer(tmp_path, BEGAN)
        writer.write([access(1)])
    finally:
        os.umask(before)
    assert writer.file.stat().st_mode & 0o777 == 0o640
