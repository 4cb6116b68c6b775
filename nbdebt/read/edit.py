"""Applying fixes to documents and touching nothing else: every byte outside the edits stays as it is."""

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from nbdebt.read.edit_ipynb import edit_ipynb
from nbdebt.read.edit_script import edit_script
from nbdebt.read.ipynb import is_ipynb
from nbdebt.read.plan import DocumentEdit


def apply_edits(data: bytes, path: str, edits: Sequence[DocumentEdit]) -> bytes:
    """Apply ``edits`` to a notebook or script and give its new bytes.

    Indices and spans are those of the document before the edits. The same edit given twice counts once; new
    cells and moved cells for one place keep the order in which they are given. Formatting, key order,
    escapes, line ends, ids and outputs stay byte for byte; new text is written as its neighbours are.

    Args:
        data: the file's bytes.
        path: the file as the user named it; tells notebooks from scripts as `read_notebook` does.
        edits: what to change.

    Raises:
        FixError: the edits overlap, or do not fit the document.
        NotebookError: the document cannot be read.
    """
    edits = list(dict.fromkeys(edits))
    if not edits:
        return data
    return edit_ipynb(data, path, edits) if is_ipynb(data, path) else edit_script(data, path, edits)


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a crash leaves the old file or the new one, whole; links stay links.

    The mode bits of a file that is there are kept.

    Raises:
        OSError: the file or its directory can't be written.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                temporary.chmod(target.stat().st_mode & 0o7777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    """Make the rename itself last; not all systems can open directories, and the file is whole without it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


__all__ = ["DocumentEdit", "apply_edits", "write_atomic"]
