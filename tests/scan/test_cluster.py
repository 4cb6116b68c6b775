"""On a cluster of Dask: real scheduler and workers, processes of their own, one of which is killed."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import nbdebt
from benchmarks.trees import grow

pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))
ALONE = nbdebt.Settings()
_SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
_WORKER = "from distributed.cli.dask_worker import main; main()"


def started(code: str, *arguments: str, until: str, place: Path) -> tuple[subprocess.Popen[str], str]:
    """A process, once it has said a line that fits; and what fits."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"},
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if found := re.search(until, line):
            # What it says later must not fill the pipe.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return process, found[0]
    raise AssertionError("".join(lines))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    place = tmp_path_factory.mktemp("cluster")
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    scheduler, address = started(_SCHEDULER, *options, until=r"tcp://127\.0\.0\.1:\d+", place=place)
    processes = [scheduler]
    try:
        for _ in range(2):
            given = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
            processes.append(started(_WORKER, *given, until="Registered to", place=place)[0])
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def rows(scan: nbdebt.Scan) -> list[object]:
    return [msgspec.structs.replace(row, seconds=0.0) for row in scan.notebooks()] + scan.findings()


def test_a_cluster_says_what_one_machine_says_even_when_a_worker_dies(
    cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, workers = cluster
    tree = tmp_path / "company"
    grow(tree, EXAMPLES, 200, seed=13)
    here = nbdebt.scan(tree, settings=ALONE, jobs=1)

    def kill() -> None:
        journal = tmp_path / "out" / "journal.sqlite-wal"
        while not journal.exists() or journal.stat().st_size < 300_000:
            os.sched_yield()
        workers[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    there = nbdebt.scan(
        tree, output=tmp_path / "out", settings=ALONE, engine="dask", scheduler=address, timeout=120
    )
    killer.join(timeout=60)
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    assert rows(there) == rows(here)
    assert there.summary.status == here.summary.status

    # What only the client has goes with what it asks.
    fsspec = pytest.importorskip("fsspec")
    for path in sorted(tree.rglob("*.ipynb"))[:5]:
        fsspec.filesystem("memory").pipe_file(f"/cluster/{path.name}", path.read_bytes())
    shipped = nbdebt.scan("memory://cluster", settings=ALONE, engine="dask", scheduler=address)
    assert shipped.summary.notebooks == 5 and "unreachable" not in shipped.summary.status


def test_no_scheduler_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdebt.scan.cluster._SECONDS_TO_CONNECT", 1)
    (tmp_path / "a.ipynb").write_bytes(EXAMPLES[0].read_bytes())
    with pytest.raises(nbdebt.NbdebtError, match="no scheduler answers"):
        nbdebt.scan(tmp_path, settings=ALONE, engine="dask", scheduler="tcp://127.0.0.1:1")
