"""Jupyter's servers, as processes of their own on the loopback."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_ADDRESS = re.compile(r"http://[\w.]+:(\d+)/")


def environment(place: Path) -> dict[str, str]:
    """Variables that give Jupyter directories of its own below a place, and this nbdebt."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    names = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")
    own = {name: str(place / name.lower()) for name in names}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(paths)}


@contextlib.contextmanager
def serving(module: str, *options: str, environ: Mapping[str, str]) -> Iterator[str]:
    """A server, from when it listens; its address.

    Args:
        module: what is run, ``jupyter_server`` or ``jupyterlab``.
        options: what it is told beside its port.
        environ: its variables.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    common = ("--ip=127.0.0.1", "--allow-root", "--no-browser", f"--port={port}")
    process = subprocess.Popen(
        [sys.executable, "-m", module, *common, *options],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told: list[str] = []
    for line in process.stderr:
        told.append(line)
        # Where another program took the port meanwhile, the server takes the next one.
        if taken := _ADDRESS.search(line):
            port = int(taken[1])
            break
    assert process.poll() is None, "".join(told)
    # What it says later is read, too: it would wait for that.
    reading = threading.Thread(target=told.extend, args=(process.stderr,), daemon=True)
    reading.start()
    listening = time.monotonic() + 60
    while time.monotonic() < listening:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            break
        assert process.poll() is None, "".join(told)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            # It waits for a kernel that doesn't end; kernels end with their server.
            process.kill()
            process.wait()


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    """Ask a server, and read what it answers as JSON."""
    data = json.dumps(body).encode() if body is not None else None
    given = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data, given, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
