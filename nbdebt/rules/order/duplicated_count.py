"""Finds execution counts that several cells bear.

## Why it matters
A session gives each count once. Two cells with the same count come from two sessions: the kernel was
restarted in between, notebooks were merged, or a cell was copied with its output. Which results go
together, nobody can say.

## What to do
Restart and run all, so that all results come from one session.

## Example

```python
# %% [1]
a = 1
# %% [2]
b = 2
# %% [1]
c = 3  # <- NBD111
```

One session:

```python
# %% [1]
a = 1
# %% [2]
b = 2
```

Cells that never ran bear no count:

```python
# %% [1]
a = 1
# %%
b = 2
# %%
c = 3
```

## Known limits
Two sessions whose counts don't meet leave no such trace. Not on by default: select it with `--extend-select
NBD111`. In a live session it says nothing, for one session gives no count twice.

## Source
The Jupyter messaging protocol, `execution_count`: it grows by one with each request that is stored in the
history.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import listing


@rule("NBD111", needs=Needs.HISTORY, severity="note", default=False)
def duplicated_count(seen: Analysis) -> Iterator[Finding]:
    """Several cells bear the same execution count."""
    shared = set(seen.history.ambiguous)
    places: dict[int, list[int]] = {}
    for cell in seen.notebook.code_cells:
        if cell.execution_count in shared and cell.source.strip():
            places.setdefault(cell.execution_count or 0, []).append(cell.index)
    repeated = {count: cells for count, cells in places.items() if len(cells) > 1}
    if not repeated:
        return
    cells = next(iter(repeated.values()))
    counts = listing([f"[{n}]" for n in repeated])
    yield seen.finding(
        cells[1],
        seen.whole(cells[1]),
        f"more than one cell bears the count {counts}: the results come from more than one session",
        "Restart and run all.",
        basis="inferred",
        evidence=(f"{sum(map(len, repeated.values()))} cells share their counts with others",),
        related=tuple(
            seen.related(c, f"bears the count [{n}] as well", seen.whole(c))
            for n, some in repeated.items()
            for c in some
            if c != cells[1]
        ),
    )
