"""A hook for Jupyter's server: what is saved is without the lines that nbdebt showed under cells.

In ``jupyter_server_config.py``::

    c.FileContentsManager.pre_save_hook = "nbdebt.live.presave.strip"

or, beside hooks that are there already, ``contents_manager.register_pre_save_hook(strip)``. The server is not
the kernel: this needs nbdebt where the server runs, and loads nothing of IPython.
"""

from collections.abc import Mapping
from typing import Any

from nbdebt.read.clean import strip_cells


def strip(model: Mapping[str, Any] | None = None, **others: Any) -> None:
    """Take our lines out of the notebook that is about to be saved.

    Signature and moment are those of ``ContentsManager.pre_save_hook`` of jupyter_server. Never raises: a
    notebook that is not understood is saved as it is.

    Args:
        model: the contents model; only that of a notebook is touched, in place.
        others: ``path`` and ``contents_manager``, which are not needed.
    """
    if not isinstance(model, Mapping) or model.get("type") != "notebook":
        return
    content = model.get("content")
    cells = content.get("cells") if isinstance(content, Mapping) else None
    if isinstance(cells, list):
        strip_cells(cells)
