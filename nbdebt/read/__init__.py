"""Reading documents, and writing fixes back without touching anything else."""

from nbdebt.model.notebook import Notebook
from nbdebt.read.ipynb import is_ipynb, read_ipynb
from nbdebt.read.percent import is_script_notebook, read_percent

__all__ = ["is_ipynb", "is_script_notebook", "read_ipynb", "read_notebook", "read_percent"]


def read_notebook(data: bytes, path: str) -> Notebook:
    """Read a notebook or a script, whichever the name says, or the content where it says nothing.

    Args:
        data: the file's bytes.
        path: the file as the user named it; ``-`` for standard input.

    Raises:
        NotebookError: it cannot be read; says why.
    """
    return read_ipynb(data, path) if is_ipynb(data, path) else read_percent(data, path)
