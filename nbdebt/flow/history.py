"""From saved execution counts to a history of runs, with its gaps."""

from collections import Counter

from nbdebt.model.history import History, Run
from nbdebt.model.notebook import Cell, Notebook


def infer_history(notebook: Notebook) -> History:
    """The history that a saved notebook still shows.

    Each code cell with a count is one run, ordered by count. Counts that no cell bears are gaps: runs of
    cells that were deleted since, or earlier runs of cells that ran again. Counts that several cells bear
    are ambiguous (two sessions merged, or a cell copied with its output); such runs keep the document's
    order.

    Args:
        notebook: any notebook; without counts the history is empty.

    Returns:
        Runs with basis ``inferred``.
    """
    counted = [c for c in notebook.cells if c.kind == "code" and c.execution_count is not None]
    counted.sort(key=lambda c: (c.execution_count or 0, c.index))
    runs = tuple(
        Run(c.execution_count or 0, c.index, c.id, c.source, "error" if failed(c) else "ok") for c in counted
    )
    if not runs:
        return History(())
    numbers = Counter(run.sequence for run in runs)
    last = runs[-1].sequence
    # A notebook whose counts run into the thousands was not developed by hand; its gaps say nothing.
    gaps = tuple(n for n in range(1, last) if n not in numbers) if last <= 20_000 else ()
    ambiguous = tuple(sorted(n for n, times in numbers.items() if times > 1))
    return History(runs, gaps, ambiguous)


def failed(cell: Cell) -> bool:
    """Whether the cell's saved output is a traceback that was not expected (the ``raises-exception`` tag)."""
    return any(o.kind == "error" for o in cell.outputs) and "raises-exception" not in cell.tags
