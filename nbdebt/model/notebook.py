"""A notebook as the document has it now: cells in order, and what their outputs say. No run state."""

from typing import Any, Literal

import msgspec

CellKind = Literal["code", "markdown", "raw"]
OutputKind = Literal["stream", "display_data", "execute_result", "error"]


class Output(msgspec.Struct, frozen=True, gc=False):
    """One saved output of a code cell, reduced to what can be compared as text.

    Args:
        kind: the nbformat ``output_type``.
        text: for a stream its text; for a result or display its ``text/plain``; for an error its
            traceback's text. None where the file has no textual form.
        name: for a stream ``stdout`` or ``stderr``; for an error the exception's class name.
        value: for an error the exception's message.
        mimes: the mime types of a result or a display.
    """

    kind: OutputKind
    text: str | None = None
    name: str = ""
    value: str = ""
    mimes: tuple[str, ...] = ()


class Cell(msgspec.Struct, frozen=True):
    """One cell of the document.

    Args:
        index: position over all cells of the document, from 0.
        id: the nbformat id, or ``cell-<index>`` where the file has none.
        kind: ``code``, ``markdown`` or ``raw``.
        source: the text as a person sees it, lines joined with ``\\n``.
        execution_count: the ``[n]`` beside the cell, None where it has none.
        tags: ``metadata.tags``.
        outputs: saved outputs in order.
        recorded: ``metadata.nbdebt`` (recorded evidence and suppressions), empty where absent.
    """

    index: int
    id: str
    kind: CellKind
    source: str
    execution_count: int | None = None
    tags: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    recorded: dict[str, Any] = {}


class Notebook(msgspec.Struct, frozen=True):
    """A document: cells in order, and where it came from.

    Args:
        path: as the user named it; ``-`` for standard input.
        cells: all cells in document order.
        language: the kernel's language in lower case; ``python`` where the file doesn't say.
        nbformat: (major, minor) of the file; (0, 0) for a script in percent or light form.
        recorded: the notebook's ``metadata.nbdebt``, empty where absent.
        form: which reader made it.
    """

    path: str
    cells: tuple[Cell, ...]
    language: str = "python"
    nbformat: tuple[int, int] = (4, 5)
    recorded: dict[str, Any] = {}
    form: Literal["ipynb", "percent", "light"] = "ipynb"

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The code cells in document order."""
        return tuple(cell for cell in self.cells if cell.kind == "code")
