"""The cell that loads nbdebt is a run like any other, from the load on."""

import sys
import types
from typing import Any


def running_cell(shell: Any) -> Any:
    """What IPython knows of the cell that is running now (its ``ExecutionInfo``); None where none is.

    IPython tells of a cell before it runs it, and that was before anybody listened. So the information is
    looked up where IPython keeps it: in the frame of its ``run_cell_async``.

    Args:
        shell: the shell whose cell is wanted.
    """
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "run_cell_async" and frame.f_locals.get("self") is shell:
            info = frame.f_locals.get("info")
            silent = getattr(info, "silent", True)
            return info if not silent and isinstance(getattr(info, "raw_cell", None), str) else None
        frame = frame.f_back
    return None
