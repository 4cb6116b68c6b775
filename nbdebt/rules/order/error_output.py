r"""Finds cells whose saved output is a traceback.

## Why it matters
Restart & Run All stops at the first cell that raises: nothing below it runs.

## What to do
Repair the cell, or drop it. A cell that shows an error on purpose says so with the tag `raises-exception`,
which nbconvert, nbclient and papermill understand.

## Example

```python
# %% [1]
ages = {"ann": 31}
# %% [2]
ages["bob"]  # <- NBD107
# Raises: KeyError: 'bob'
```

Raised on purpose:

```python
# %% [1] tags=["raises-exception"]
int("many")
# Raises: ValueError: invalid literal for int() with base 10: 'many'
```

Caught and printed:

```python
# %% [1]
try:
    int("many")
except ValueError as error:
    print(error)
# Out: invalid literal for int() with base 10: 'many'
```

## Known limits
An interrupted cell is a note. The line is taken from the traceback; where it doesn't say, the cell's first
line is shown. A NameError that undefined-on-run-all explains, and an error that the code as it stands can't
raise (contradicted-output), are reported there alone.

In a live session it says nothing: the traceback was there to be seen.

## Source
The Jupyter Notebook format, outputs of type `error`; nbclient's documentation, `raises-exception`.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Span
from nbdebt.model.notebook import Cell, Output
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis

_EXPECTED = frozenset(("raises-exception", "nbval-raises-exception"))
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_IN_CELL = re.compile(r"(?:Cell In ?\[(?P<new>\d+)\], line (?P<line>\d+))|<ipython-input-(?P<old>\d+)-\w+>")
_ARROW = re.compile(r"^-+> ?(\d+)", re.MULTILINE)


@rule("NBD107", needs=Needs.HISTORY)
def error_output(seen: Analysis) -> Iterator[Finding]:
    """The saved output of a cell is a traceback."""
    for cell in seen.notebook.code_cells:
        error = next((o for o in cell.outputs if o.kind == "error"), None)
        if error is None or _on_purpose(cell) or _told_elsewhere(seen, cell, error):
            continue
        stopped = error.name == "KeyboardInterrupt"
        name = error.name or "traceback"
        yield seen.finding(
            cell.index,
            _line(seen, cell, error),
            "this cell was interrupted; what it shows is not its whole result"
            if stopped
            else f"the saved output is the error `{name}`; Restart & Run All stops here if it recurs",
            "Run the cell to its end."
            if stopped
            else "Repair the cell, or tag it `raises-exception` if it shows the error on purpose.",
            basis="inferred",
            severity="note" if stopped else "warning",
            evidence=tuple(filter(None, (": ".join(filter(None, (name, error.value[:200]))),))),
        )


def _on_purpose(cell: Cell) -> bool:
    tags = {tag.lower().replace("_", "-") for tag in cell.tags}
    return bool(tags & _EXPECTED) or "NBVAL_RAISES_EXCEPTION" in cell.source


def _told_elsewhere(seen: Analysis, cell: Cell, error: Output) -> bool:
    found = seen.replay.cells.get(cell.index)
    kinds = {reason.kind for reason in found.reasons} if found is not None else set()
    if error.name == "NameError":
        return "missing" in kinds
    return "output" in kinds and error.name != "KeyboardInterrupt"


def _line(seen: Analysis, cell: Cell, error: Output) -> Span:
    """The line of this cell that raised, as the traceback says."""
    text = _COLOUR.sub("", error.text or "")
    for match in _IN_CELL.finditer(text):
        if int(match["new"] or match["old"]) != cell.execution_count:
            continue
        number = match["line"]
        if number is None and (arrow := _ARROW.search(text, match.end())) is not None:
            number = arrow[1]
        line = seen.line(cell.index, int(number)) if number is not None else ""
        if line.strip() and number is not None:
            return Span(int(number), 1 + len(line) - len(line.lstrip()), int(number), len(line) + 1)
    return seen.whole(cell.index)
