"""Finds notebooks whose cells did not run in the order in which they stand.

## Why it matters
A team may want every notebook to be saved after Restart & Run All, whether or not the order made a
difference. This rule asks for just that, and so it is off by default: most such notebooks would give the
same results.

## What to do
Restart and run all before saving.

## Example

```python
# %% [2]
a = 1
# %% [1]
b = 2  # <- NBD112
```

Gaps don't matter, only the order:

```python
# %% [1]
a = 1
# %% [5]
b = 2
```

Neither do cells that never ran:

```python
# %% [1]
a = 1
# %%
# later
# %% [2]
b = 2
```

## Known limits
Not on by default: select it with `--extend-select NBD112`.

## Source
Pimentel, Murta, Braganholo and Freire, "A Large-Scale Study About Quality and Reproducibility of Jupyter
Notebooks" (MSR 2019), on notebooks with cells executed out of order.
"""

from collections.abc import Iterator
from itertools import pairwise

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis


@rule("NBD112", needs=Needs.HISTORY, severity="note", default=False)
def count_order(seen: Analysis) -> Iterator[Finding]:
    """The cells did not run in the order in which they stand."""
    counted = [c for c in seen.notebook.code_cells if c.execution_count is not None and c.source.strip()]
    back = [
        (above, cell)
        for above, cell in pairwise(counted)
        if (cell.execution_count or 0) < (above.execution_count or 0)
    ]
    if not back:
        return
    above, cell = back[0]
    yield seen.finding(
        cell.index,
        seen.whole(cell.index),
        f"{seen.label(cell.index)} ran before {seen.label(above.index)}, which stands above it",
        "Restart and run all before saving.",
        basis="inferred",
        evidence=(f"the counts step back {len(back)} times",),
        related=(seen.related(above.index, "ran later", seen.whole(above.index)),),
    )
