"""Real kernels, driven as front ends do: with cell ids, and all that comes back."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nbdebt.read.clean import MIME

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120
_QUIET = frozenset(("status", "execute_input"))


class Answer(msgspec.Struct):
    """What a kernel said to one request: its reply, and what it published, in order."""

    reply: dict[str, Any]
    messages: list[tuple[str, dict[str, Any]]]

    def text(self, name: str = "stdout") -> str:
        """What was written to a stream."""
        return "".join(c["text"] for kind, c in self.messages if kind == "stream" and c["name"] == name)

    def results(self) -> list[str]:
        """What was shown as the result of the cell, or displayed."""
        return [
            c["data"].get("text/plain", "")
            for kind, c in self.messages
            if kind in ("execute_result", "display_data") and MIME not in c["data"]
        ]

    def told(self) -> list[str]:
        """Codes of the findings that were shown under the cell."""
        return [
            new["code"]
            for _, c in self.messages
            if MIME in c.get("data", ())
            for new in c["data"][MIME]["new"]
        ]


class Kernel:
    """One kernel and a front end of its own.

    Args:
        directory: where it works.
        environ: variables beside those of this process.
    """

    def __init__(self, directory: Path, environ: Mapping[str, str] | None = None) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        self.manager = KernelManager()
        self.manager.kernel_spec.argv = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        self.manager.start_kernel(
            cwd=str(directory),
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONHASHSEED": "0",
                "IPYTHONDIR": str(directory / ".ipython"),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                **(environ or {}),
            },
            extra_arguments=["--InteractiveShell.colors=nocolor", "--HistoryManager.enabled=False"],
        )
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def send(self, code: str, cell_id: str = "", subshell: str | None = None, **content: Any) -> str:
        """Ask for a cell to be run; the id of the request."""
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": False,
                "stop_on_error": False,
                **content,
            },
            metadata={"cellId": cell_id} if cell_id else None,
        )
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def answers(self, *requests: str) -> list[Answer]:
        """Wait for the answers to these requests."""
        found = {request: Answer({}, []) for request in requests}
        idle: set[str] = set()
        while len(idle) < len(requests):
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            parent = message["parent_header"].get("msg_id")
            if parent not in found:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                idle.add(parent)
            elif message["msg_type"] not in _QUIET:
                found[parent].messages.append((message["msg_type"], message["content"]))
        waiting = set(requests)
        while waiting:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            parent = message["parent_header"].get("msg_id")
            if parent in waiting:
                waiting.remove(parent)
                found[parent].reply = message["content"]
        return [found[request] for request in requests]

    def run(self, code: str, cell_id: str = "", **content: Any) -> Answer:
        """Run a cell and wait for all it has to say."""
        return self.answers(self.send(code, cell_id, **content))[0]

    def control(self, kind: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask on the control channel."""
        message = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])

    def load(self) -> None:
        """Load the extension, outside the history."""
        answer = self.run("%load_ext nbdebt", silent=True, store_history=False)
        assert answer.reply["status"] == "ok", answer.reply

    def ask(self, expression: str) -> str:
        """The repr of what an expression gives, without any cell being run."""
        answer = self.run("", silent=True, store_history=False, user_expressions={"asked": expression})
        found = answer.reply["user_expressions"]["asked"]
        assert found["status"] == "ok", found
        return str(found["data"]["text/plain"])

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_UUID = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{24}_\d+_\d+)"
    r"(?![0-9a-f])"
)
_PROCESS = re.compile(r"(?<=ipykernel_)\d+|(?<=pid=)\d+")


def plain(value: Any) -> Any:
    """A message's content without addresses, ids of widgets and process ids."""
    if isinstance(value, str):
        return _UUID.sub("uuid", _PROCESS.sub("N", _ADDRESS.sub("0xN", value)))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
