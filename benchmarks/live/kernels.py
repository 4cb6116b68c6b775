"""Real kernels, started from an interpreter of one's choice, and what they spend."""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
_WAIT = 600.0


class CellError(RuntimeError):
    """A cell of the benchmark raised."""


class Kernel:
    """A kernel in a process of its own.

    Args:
        name: how tables call it.
        python: the interpreter to run it with; it needs ipykernel.
        folder: where its kernel specification, its profile and its files go.
        setup: a cell that is run first.
    """

    def __init__(self, name: str, python: str, folder: Path, setup: str = "") -> None:
        self.name = name
        home = folder / f"{name}-{len(list(folder.iterdir()))}"
        spec = home / "kernels" / "bench"
        spec.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": name, "language": "python"}), encoding="utf-8"
        )
        specs = KernelSpecManager(kernel_dirs=[str(home / "kernels")])
        self.manager = KernelManager(kernel_name="bench", kernel_spec_manager=specs)
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env |= {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)}
        self.manager.start_kernel(env=env, cwd=str(home))
        self._clock = _clock_of(int(getattr(self.manager.provisioner, "pid", 0) or 0))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=_WAIT)
        self.run("1", "first")
        self.setup_seconds = self.run(setup, "setup") if setup else 0.0

    def run(self, source: str, cell_id: str, silent: bool = False) -> float:
        """Run a cell as a front end does.

        Returns:
            CPU seconds that the kernel's process spent on it; where the system doesn't tell, the time
            between the kernel's messages that it is busy and that it is idle again.

        Raises:
            CellError: the cell raised.
        """
        return self._run(source, cell_id, silent)[0]

    def ask(self, expression: str) -> Any:
        """The value of an expression, without that it becomes part of the session."""
        _, said = self._run(f"import json as _json; print(_json.dumps({expression}))", "ask", True)
        return json.loads(said)

    def _run(self, source: str, cell_id: str, silent: bool) -> tuple[float, str]:
        client = self.client
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = client.session.msg("execute_request", content, metadata={"cellId": cell_id})
        began = time.clock_gettime(self._clock) if self._clock else 0.0
        client.shell_channel.send(message)
        asked = message["header"]["msg_id"]
        busy: datetime | None = None
        text = ""
        error = ""
        while True:
            told = client.get_iopub_msg(timeout=_WAIT)
            if told["parent_header"].get("msg_id") != asked:
                continue
            kind, what = told["msg_type"], told["content"]
            if kind == "error":
                error = f"{source[:80]!r}: {what['ename']}: {what['evalue']}"
            elif kind == "stream":
                text += what["text"]
            elif kind == "status" and what["execution_state"] == "busy":
                busy = told["header"]["date"]
            elif kind == "status" and what["execution_state"] == "idle":
                while client.get_shell_msg(timeout=_WAIT)["parent_header"].get("msg_id") != asked:
                    continue
                spent = time.clock_gettime(self._clock) - began if self._clock else 0.0
                if error:
                    raise CellError(f"{self.name}: {error}")
                assert busy is not None
                return spent or (told["header"]["date"] - busy).total_seconds(), text

    def memory(self) -> float:
        """Private memory of its process in MB; 0 where the system doesn't say."""
        path = "/proc/self/smaps_rollup"
        total = (
            f"sum(int(line.split()[1]) for line in open({path!r}) if line.startswith('Private')) "
            f"if __import__('os').path.exists({path!r}) else 0"
        )
        return float(self.ask(total)) / 1024

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def _clock_of(process: int) -> int:
    """The CPU clock of another process (``clock_getcpuclockid(3)``); 0 where there is none.

    On Linux its number is made of the process's (``include/linux/posix-timers.h``: ``CPUCLOCK_SCHED``).
    """
    return (~process << 3) | 2 if sys.platform == "linux" and process else 0


Start = Callable[[], Kernel]


def starters(folder: Path, peers: dict[str, str]) -> dict[str, Start]:
    """What starts each kind of kernel: ``plain``, ``nbdebt`` and the peers.

    Args:
        folder: where their files go.
        peers: the peers' interpreters, by the extension that each loads.
    """
    found: dict[str, Start] = {
        "plain": lambda: Kernel("plain", sys.executable, folder),
        "nbdebt": lambda: Kernel("nbdebt", sys.executable, folder, "%load_ext nbdebt"),
    }
    for name, python in peers.items():
        found[name] = lambda name=name, python=python: Kernel(  # type: ignore[misc]
            name, python, folder, f"%load_ext {name}"
        )
    return found
