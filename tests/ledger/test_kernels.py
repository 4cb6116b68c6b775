"""Eight real kernels write one ledger at once, and one of them is killed again and again."""

import os
import queue
import random
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("ipykernel")
pytest.importorskip("jupyter_client")

from jupyter_client import BlockingKernelClient, KernelManager

import nbdebt
from nbdebt.ledger.entries import Accessed, Ended, Entry, Ran
from nbdebt.ledger.openlineage import ledger_sessions

ROOT = Path(nbdebt.__file__).parents[1]
KERNELS = 8
CELLS = 6
KILLED = 3
SOURCE = "for n in range(3):\n    with open(f'{me}-{n}.txt', 'a') as file:\n        print('row', file=file)"


def started(place: Path, number: int) -> tuple[KernelManager, BlockingKernelClient]:
    """A kernel of a notebook of its own, as a server starts it."""
    manager = KernelManager(kernel_name="python3")
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    notebook = str(place / f"n{number}.ipynb")
    manager.start_kernel(cwd=str(place), env={**os.environ, "PYTHONPATH": path, "JPY_SESSION_NAME": notebook})
    client = manager.client()
    client.start_channels()
    return manager, client


def ends(client: BlockingKernelClient, request: str) -> bool:
    """Wait until a request is done; False if the kernel is not there any more."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            message = client.get_shell_msg(timeout=0.2)
        except queue.Empty:
            if not client.is_alive():
                return False
            continue
        if message["parent_header"].get("msg_id") == request:
            assert message["content"]["status"] == "ok", message["content"]
            return True
    raise TimeoutError(request)


def told(entries: list[Entry]) -> list[int]:
    """The runs that a ledger tells of, each with all that it did."""
    runs: list[int] = []
    for place, entry in enumerate(entries):
        if isinstance(entry, Ran):
            runs.append(entry.run)
            seen = [e.name for e in entries[place + 1 : place + 4] if isinstance(e, Accessed)]
            if entry.run > 2:
                assert len(seen) == 3, "a run and what it did are written together"
    return runs


def test_eight_kernels_at_once_and_one_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text('[ledger]\ndir = "ledger"\n')
    chance = random.Random(20261123)
    kernels = [started(tmp_path, number) for number in range(KERNELS)]
    try:
        for number, (_, client) in enumerate(kernels):
            client.wait_for_ready(timeout=120)
            client.execute("%load_ext nbdebt", reply=True, timeout=120)
            client.execute(f"me = {number}", reply=True, timeout=120)
        manager, victim = kernels[0]
        kernels += [started(tmp_path, 0) for _ in range(KILLED - 1)]
        for attempt in range(KILLED):
            if attempt:
                manager, victim = kernels[KERNELS + attempt - 1]
                victim.wait_for_ready(timeout=120)
                victim.execute("%load_ext nbdebt", reply=True, timeout=120)
                victim.execute("me = 0", reply=True, timeout=120)
            asked = [client.execute(SOURCE) for _, client in kernels[1:KERNELS]]
            mine = [victim.execute(SOURCE) for _ in range(40)]
            done = 0
            for request in mine[: chance.randint(1, 30)]:
                assert ends(victim, request)
                done += 1
            process = manager.provisioner.process
            process.send_signal(signal.SIGKILL)
            process.wait()
            for (_, client), request in zip(kernels[1:KERNELS], asked, strict=True):
                assert ends(client, request)
            (entries,) = [
                entries
                for began, entries in ledger_sessions(tmp_path / "ledger")
                if began.job.endswith("n0.ipynb")
            ][attempt:]
            assert not any(isinstance(entry, Ended) for entry in entries)
            runs = told(entries)
            assert runs == list(range(1, len(runs) + 1)), "nothing is lost between two runs"
            # The two first cells load nbdebt and name the kernel.
            assert done + 2 <= len(runs) <= done + 2 + len(mine) - done
        for _ in range(CELLS - KILLED):
            asked = [client.execute(SOURCE) for _, client in kernels[1:KERNELS]]
            for (_, client), request in zip(kernels[1:KERNELS], asked, strict=True):
                assert ends(client, request)
    finally:
        for manager, client in kernels:
            client.stop_channels()
            if manager.is_alive():
                manager.shutdown_kernel()
    others = {
        Path(began.job).stem: entries
        for began, entries in ledger_sessions(tmp_path / "ledger")
        if not began.job.endswith("n0.ipynb")
    }
    assert sorted(others) == [f"n{number}" for number in range(1, KERNELS)]
    for entries in others.values():
        assert told(entries) == list(range(1, CELLS + 3))
        assert isinstance(entries[-1], Ended), "a kernel that is shut down says so"
    assert not [file for file in (tmp_path / "ledger").iterdir() if "-0000" not in file.name]
