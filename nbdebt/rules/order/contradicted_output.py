"""Finds saved outputs that the code as it stands cannot have printed.

## Why it matters
The cell was edited after it ran, or it ran on values that the notebook no longer makes. What the reader
sees is not what the code says.

## What to do
Run the cell again, or restart and run all, and check that the text around the result still holds.

## Example
The price was edited after the cells ran:

```python
# %% [1]
price = 25
# %% [2]
print(price * 2)  # <- NBD110
# Out: 40
```

An output that goes with the code:

```python
# %% [1]
price = 20
# %% [2]
print(price * 2)
# Out: 40
```

An output that was cleared:

```python
# %% [1]
price = 25
# %% [2]
print(price * 2)
# %% [3]
print("done")
# Out: done
```

An error that another machine need not show, and the time that a magic prints:

```python
# %% [1]
import a_module_that_is_not_there
# Raises: ModuleNotFoundError: No module named 'a_module_that_is_not_there'
# %% [2]
%%time
print("done")
# Out: done
# Out: CPU times: user 132 µs, sys: 57 µs, total: 189 µs
```

What is printed can't be known without running the code:

```python
# %% [1]
import random
# %% [2]
print(random.random())
# Out: 0.5
```

## Known limits
Nothing is run: only values that follow from constants, plain Python operations and a few pure functions are
known. Long outputs are not compared. In a live session it says nothing: what a cell shows is what its last
run showed, and stale-output tells what became of that.

## Source
Pimentel, Murta, Braganholo and Freire, "A Large-Scale Study About Quality and Reproducibility of Jupyter
Notebooks" (MSR 2019), where results that differ from the saved ones are counted as not reproduced.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import reasons

# What was shown is taken back or replaced later, or a magic prints more beside it.
_REPLACES = re.compile(
    r"%%?(?:time|timeit|prun|memit|mprun|lprun)\b|clear_output|display_id|update_display|\.update\(|tqdm|end=['\"]\\r"
)


# Errors that say something of the machine, the session or the network rather than of the code.
_ELSEWHERE = frozenset(
    (
        *(
            "KeyboardInterrupt",
            "MemoryError",
            "TimeoutError",
            "ModuleNotFoundError",
            "ImportError",
            "OSError",
        ),
        *(
            "FileNotFoundError",
            "FileExistsError",
            "PermissionError",
            "ConnectionError",
            "HTTPError",
            "URLError",
        ),
    )
)


@rule("NBD110", needs=Needs.HISTORY)
def contradicted_output(seen: Analysis) -> Iterator[Finding]:
    """The saved output can't come from the code as it stands."""
    stripped = not any(cell.outputs for cell in seen.notebook.code_cells)
    for cell, reason in reasons(seen, "output"):
        outputs = seen.notebook.cells[cell].outputs
        if _REPLACES.search(seen.notebook.cells[cell].source):
            continue
        if "NameError" in reason.text or any(o.name in _ELSEWHERE for o in outputs if o.kind == "error"):
            # The first is undefined-on-run-all's, the second error-output's.
            continue
        if not outputs and (stripped or not reason.text.startswith("raises")):
            # Outputs can be cleared, and their absence then says nothing.
            continue
        yield seen.finding(
            cell,
            _shows(seen, cell, reason.text),
            _said(reason.text),
            "Run this cell again, and check what the notebook says about the result.",
            basis="inferred",
            evidence=("the output was computed from the code, without running it",),
        )


def _said(text: str) -> str:
    """The reason as a message."""
    text = text.replace("its saved output says ``; run", "its saved output shows nothing printed; run")
    if text.startswith("its saved output starts ``"):
        return "its saved output shows nothing printed, and the code as it stands prints something"
    return text or "the saved output can't come from the code as it stands"


def _shows(seen: Analysis, cell: int, text: str) -> Span:
    """The line that the output comes from, where only one can be meant."""
    flow = seen.flows.get(cell)
    if flow is not None and flow.displayed is not None and " shows `" in text:
        return flow.displayed
    if (
        flow is not None
        and "print" in flow.builtins
        and seen.notebook.cells[cell].source.count("print(") == 1
    ):
        return flow.builtins["print"]
    return seen.whole(cell)
