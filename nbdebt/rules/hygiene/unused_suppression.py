"""A suppression that suppresses nothing.

## Why it matters

A suppression that outlives its finding hides the next one: the comment stays, the code around it changes,
and what it now silences was never looked at.

## What to do

Remove it. Write the reason beside those that stay.

## Example

```python
# %% [1]
import numpy as np
np.random.seed(0)
# %% [2]
x = np.random.rand(3)  # nbdebt: ignore[unseeded-draw] the seed is set above  # <- NBD901
```

A suppression that is needed is not reported:

```python
# %% [1]
import numpy as np
x = np.random.rand(3)  # nbdebt: ignore[unseeded-draw] any numbers will do
```

Neither is what is written for other tools too:

```python
# %% [1]
import os  # noqa
```

## Known limits

A rule that is not selected finds nothing, so what silences it counts as unused. Run it with the selection
that you use.

## Source

The idea is that of flake8's and ruff's unused `noqa`.
"""

from collections.abc import Iterator
from typing import Any

from nbdebt.model.finding import Finding
from nbdebt.model.history import Span
from nbdebt.rules import Needs, rule


@rule("NBD901", needs=Needs.SUPPRESSIONS, severity="note", default=False)
def unused_suppression(seen: Any) -> Iterator[Finding]:
    """A suppression that suppresses nothing."""
    result = seen.record.result
    cells = {cell.index: cell for cell in result.cells}
    for item in seen.unused:
        cell = cells.get(item.cell) if item.cell is not None else None
        yield Finding(
            "NBD901",
            "unused-suppression",
            "nbdebt",
            "note",
            "parsed",
            result.path,
            cell,
            Span(item.comment_line, 1, item.comment_line, 1) if cell is not None else None,
            f"`{item.form}` suppresses nothing",
            "Remove it.",
        )
