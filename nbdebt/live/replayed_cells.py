"""Runs an exported notebook in a fresh kernel, and has it write down what its names hold then.

``python -m nbdebt.live.replayed_cells [--summaries] NOTEBOOK RESULT NAME...``: what verification starts.
What the cells print and show is printed. Source: the Jupyter messaging protocol; ``jupyter_client``'s
documentation.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

_START = 120
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_TELL = "__import__('nbdebt.live.replayed', fromlist=['tell']).tell(get_ipython().user_ns, {!r}, {!r}, {!r})"


def main(notebook: str, result: str, names: Sequence[str], summarised: bool = False) -> int:
    """Run the notebook's cells, then have the kernel write what the names hold.

    Args:
        notebook: its path.
        result: where the kernel writes (see :mod:`nbdebt.live.replayed`).
        names: names of its own.
        summarised: with summaries.

    Returns:
        An exit status: 1 where a cell raises, with a word about it on standard error.
    """
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    manager = KernelManager()
    # This Python's, whatever is installed under a name.
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=command, display_name="Python 3", language="python")
    # What the kernel says of itself is for nobody.
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=_START)
        for number, cell in enumerate(cells, 1):
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and source.strip():
                reply = client.execute_interactive(source, allow_stdin=False, output_hook=_print)["content"]
                if reply["status"] != "ok":
                    return _said(f"cell {number}: {_error(reply)}")
        sys.stdout.flush()
        code = _TELL.format(result, list(names), summarised)
        reply = client.execute_interactive(code, silent=True, store_history=False, output_hook=_ignore)
        if reply["content"]["status"] != "ok":
            return _said(f"the values can't be read: {_error(reply['content'])}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return 0


def _error(reply: Mapping[str, Any]) -> str:
    return _ANSI.sub("", f"{reply.get('ename', 'it was')}: {reply.get('evalue', 'aborted')}")


def _said(text: str) -> int:
    print(" ".join(text.split()), file=sys.stderr)
    return 1


def _print(message: Mapping[str, Any]) -> None:
    """What a cell prints and shows, as text."""
    kind, content = message["header"]["msg_type"], message["content"]
    if kind == "stream" and content["name"] == "stdout":
        print(content["text"], end="")
    elif kind in ("execute_result", "display_data"):
        print(content["data"].get("text/plain", ""))


def _ignore(message: Mapping[str, Any]) -> None:
    """Nobody asked."""


if __name__ == "__main__":
    wanted = sys.argv[1:]
    asked = wanted[0] == "--summaries"
    sys.exit(main(wanted[asked], wanted[asked + 1], wanted[asked + 2 :], asked))
