"""Reading documents, and writing fixes back without touching anything else."""

from nbdebt.model.notebook import Notebook
from nbdebt.read.ipynb import is_ipynb, read_ipynb

__all__ = ["is_ipynb", "read_ipynb", "read_notebook"]


def read_notebook(data: bytes, path: str) -> Notebook:
    """Read a notebook or a script, whichever the name says, or the content where it says nothing.

    Args:
        data: the file's bytes.
        path: the file as the user named it; ``-`` for standard input.

    Raises:
        NotebookError: it cannot be read; says why.
    """
    if is_ipynb(data, path):
        return read_ipynb(data, path)
    # Scripts are few: their reader is not worth a part of every start.
    from nbdebt.read.percent import read_percent

    return read_percent(data, path)
