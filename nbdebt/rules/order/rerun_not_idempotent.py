"""Finds cells that change what they read and ran more than once.

## Why it matters
Each run starts from what the one before left. The session holds the result of several runs; Restart & Run
All runs the cell once and gives another result.

## What to do
Assign to a new name instead of changing the input, or make the input in the same cell, so that running the
cell twice is running it once.

## Example
The count 2 is missing: the second cell ran twice, and doubled `balance` twice.

```python
# %% [1]
balance = 100
# %% [3]
balance = balance * 2  # <- NBD104
# %% [4]
print(balance)
```

The run that no count shows any more:

```python seen
# %% [2] in cell 2
balance = balance * 2
```

A new name makes the cell repeatable:

```python
# %% [1]
balance = 100
# %% [3]
doubled = balance * 2
# %% [4]
print(doubled)
```

A cell that changes what it reads and ran once:

```python
# %% [1]
balance = 100
# %% [2]
balance = balance * 2
```

Doing again what is already done changes nothing:

```python
# %% [1]
words = [" a", "b "]
# %% [3]
words = sorted(words)
```

So does what can't be done twice:

```python
# %% [1]
import pandas as pd
data = {"frame": pd.DataFrame({"a": [1], "b": [2]})}
# %% [3]
data["frame"] = data["frame"].drop(columns="b")
```

## Known limits
That the cell ran more than once is inferred from counts which no cell bears any more and that lie between
those of its neighbours. A deleted cell would leave the same trace.

## Source
Wang, Kuo, Li and Zeller, "Assessing and Restoring Reproducibility of Jupyter Notebooks" (ASE 2020);
Chattopadhyay et al., "What's Wrong with Computational Notebooks?" (CHI 2020).
"""

import ast
import textwrap
from collections.abc import Iterator

from nbdebt.flow.facts import Statement
from nbdebt.flow.idempotence import is_idempotent
from nbdebt.flow.reasons import Reason
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import base_name, earlier_runs, is_import, listing, place, reasons, stream_of


@rule("NBD104", needs=Needs.HISTORY)
def rerun_not_idempotent(seen: Analysis) -> Iterator[Finding]:
    """A cell that changes what it reads ran more than once."""
    cells: dict[int, list[Reason]] = {}
    for cell, reason in reasons(seen, "rerun"):
        if not _idempotent(seen, cell, reason) and not is_import(seen, cell, base_name(seen, cell, reason)):
            cells.setdefault(cell, []).append(reason)
    for cell, reason in reasons(seen, "other-version"):
        if reason.then == cell:
            cells.setdefault(cell, []).append(reason)
    for cell, found in sorted(cells.items()):
        stream = stream_of(seen, cell, found[0])
        earlier = earlier_runs(seen, cell)
        ran = "ran" if seen.observed else "seems to have run"
        counts = ", ".join(f"[{n}]" for n in [*earlier, seen.notebook.cells[cell].execution_count])
        evidence = (f"it ran as {counts}; of these only the last is left",) if earlier else ()
        if stream:
            message = (
                f"this cell {ran} more than once and drew on from the {stream} random stream; "
                "Restart & Run All gives other numbers"
            )
            advice = "Seed the stream in this cell, or draw from a generator that it makes."
        else:
            names = listing([f"`{n}`" for n in dict.fromkeys(base_name(seen, cell, r) for r in found)])
            if _edited_since(seen, cell):
                message = (
                    f"this cell was edited after it had changed {names}, which it reads; "
                    "Restart & Run All runs it only as it is now"
                )
                advice = f"Run the cells that make {names} again, then this one."
            else:
                message = (
                    f"this cell {ran} more than once and changes {names}, which it reads; "
                    "Restart & Run All does that once"
                )
                advice = f"Give the result a new name, or make {names} in this cell."
                if seen.observed and found[0].kind == "other-version":
                    # A file, or a setting.
                    advice = (
                        f"Change {names} only where that isn't done yet, or restart before it runs again."
                    )
        yield seen.finding(
            cell, place(seen, cell, found[0]), message, advice, basis="inferred", evidence=evidence
        )


def _edited_since(seen: Analysis, cell: int) -> bool:
    """Whether all earlier runs that were recorded of a cell ran other code."""
    here = seen.notebook.cells[cell]
    earlier = [run.source for run in seen.history.runs if run.cell_id == here.id and run.cell is None]
    return seen.observed and bool(earlier) and here.source not in earlier


def _idempotent(seen: Analysis, cell: int, reason: Reason) -> bool:
    """Whether the statement that takes the name in leaves its own result as it is, or can't run on it."""
    return any(
        statement.idempotent or _part_idempotent(seen, cell, statement)
        for statement in seen.flows[cell].statements
        if statement.first <= reason.access < statement.last
    )


def _part_idempotent(seen: Analysis, cell: int, statement: Statement) -> bool:
    """The same for a part that takes its own place: ``data['df'] = data['df'].drop(columns='L')``."""
    if statement.kind != "Assign":
        return False
    span = statement.span
    text = "\n".join(seen.notebook.cells[cell].source.split("\n")[span.line - 1 : span.end_line])
    try:
        (node,) = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError):
        return False
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Subscript | ast.Attribute):
        return False
    part = ast.unparse(node.targets[0])
    return is_idempotent(ast.parse(ast.unparse(node).replace(part, "_")).body[0])
