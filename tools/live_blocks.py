"""Notebooks in the documentation, run in a real kernel under nbdebt.

A block is a Markdown fence ``ipython``: a notebook as it stands on the screen. ``In [3]:`` begins a cell,
with the execution count that it shows, and lines that begin with ``...:`` go on with it; below stands what
the cell prints and displays. Cells stand in the order of the document and are run in the order of their
counts, in one kernel, in the workplace of their page. The kernel knows the notebook's file, as Jupyter Server
tells it.

Long lines of nbdebt are folded, here and there alike. A line ``…`` stands for any lines.
"""

import queue
import re
import textwrap
from pathlib import Path
from typing import Any

import msgspec

from tools.console_blocks import ELISION, Workplace, fits

WIDTH = 118
_FENCE = re.compile(r"^```ipython\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"In \[(?P<count>\d+)\]: ?(?P<code>.*)")
_MORE = re.compile(r" *\.\.\.: ?(?P<code>.*)")
_VARYING = re.compile(r"took [\d.]+ ms")
_SECONDS = 120


class Shown(msgspec.Struct):
    """A cell of a block: its count, its source, and what the page shows below it."""

    count: int
    source: list[str]
    output: list[str]

    def text(self) -> str:
        """The cell as it stands on the page."""
        head = f"In [{self.count}]: "
        more = "...: ".rjust(len(head))
        lines = [f"{more if at else head}{line}".rstrip() for at, line in enumerate(self.source)]
        return "\n".join([*lines, *self.output]) + "\n"


def cells_of(body: str) -> list[Shown]:
    """The cells of a block."""
    cells: list[Shown] = []
    for line in body.splitlines():
        if found := _PROMPT.fullmatch(line):
            cells.append(Shown(int(found["count"]), [found["code"]], []))
        elif cells and not cells[-1].output and (found := _MORE.fullmatch(line)):
            cells[-1].source.append(found["code"])
        elif cells:
            cells[-1].output.append(line)
    for cell in cells:
        while cell.output and not cell.output[-1]:
            cell.output.pop()
    return cells


def ran(cells: list[Shown], place: Workplace) -> dict[int, list[str]]:
    """Run cells in the order of their counts, in a kernel of their own.

    Args:
        cells: in the order of the document; the counts are 1, 2, 3…
        place: where they run: in ``example_notebooks``.

    Returns:
        What each printed and displayed, by count.
    """
    from jupyter_client.manager import KernelManager
    from nbformat import v4

    directory = place.directory / "example_notebooks"
    path = directory / "live.ipynb"
    nbformat: Any = v4
    made = [nbformat.new_code_cell("\n".join(cell.source), id=f"cell-{cell.count}") for cell in cells]
    path.write_text(nbformat.writes(nbformat.new_notebook(cells=made)), encoding="utf-8")
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(
        cwd=str(directory),
        env=place.environment | {"JPY_SESSION_NAME": str(path)},
        extra_arguments=["--quiet"],
    )
    client: Any = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=_SECONDS)
        return {cell.count: _run(client, cell) for cell in sorted(cells, key=lambda c: c.count)}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        path.unlink()


def _run(client: Any, cell: Shown) -> list[str]:
    content = {"code": "\n".join(cell.source), "silent": False, "store_history": True, "allow_stdin": False}
    asked = client.session.msg("execute_request", content, metadata={"cellId": f"cell-{cell.count}"})
    client.shell_channel.send(asked)
    printed = ""
    while True:
        try:
            message = client.get_iopub_msg(timeout=_SECONDS)
        except queue.Empty:
            raise RuntimeError(f"cell [{cell.count}] did not end") from None
        if message["parent_header"].get("msg_id") != asked["header"]["msg_id"]:
            continue
        content, kind = message["content"], message["msg_type"]
        if kind == "status" and content["execution_state"] == "idle":
            lines = printed.rstrip("\n").split("\n") if printed else []
            return [folded for line in lines for folded in _folded(line)]
        if kind == "execute_input" and content["execution_count"] != cell.count:
            raise RuntimeError(f"counts have gaps: [{cell.count}] is run {content['execution_count']}")
        if kind == "stream":
            printed += content["text"]
        elif kind in ("display_data", "execute_result"):
            printed += content["data"].get("text/plain", "") + "\n"
        elif kind == "error":
            printed += f"{content['ename']}: {content['evalue']}\n"


def _folded(line: str) -> list[str]:
    """A line of nbdebt's, folded; all others as they are."""
    if not line.startswith("nbdebt: "):
        return [line.rstrip()]
    return textwrap.wrap(
        line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _settled(lines: list[str]) -> list[str]:
    return [_VARYING.sub("took 1.0 ms", line) for line in lines]


def _fits(cell: Shown, printed: list[str]) -> bool:
    return fits(_settled(cell.output), "\n".join(_settled(printed)))


def complaints(text: str, place: Workplace) -> list[str]:
    """Run the notebooks of a page; where what happens is not what it shows."""
    found: list[str] = []
    for block in _FENCE.finditer(text):
        cells = cells_of(block["body"])
        printed = ran(cells, place)
        found += [
            f"In [{cell.count}] prints something else than the page shows:\n" + "\n".join(printed[cell.count])
            for cell in cells
            if not _fits(cell, printed[cell.count])
        ]
    return found


def refreshed(text: str, place: Workplace) -> str:
    """The page with what its notebooks print now. Shortened output stays as it is."""

    def renewed(block: re.Match[str]) -> str:
        cells = cells_of(block["body"])
        printed = ran(cells, place)
        for cell in cells:
            if ELISION not in map(str.strip, cell.output) and not _fits(cell, printed[cell.count]):
                cell.output = printed[cell.count]
        return "```ipython\n" + "\n".join(cell.text() for cell in cells) + "```"

    return _FENCE.sub(renewed, text)


def has_notebooks(page: Path) -> bool:
    """Whether a page shows notebooks."""
    return _FENCE.search(page.read_text(encoding="utf-8")) is not None
