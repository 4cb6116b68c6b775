"""Finds draws that stand above the first seed of their stream.

## Why it matters
The seed comes too late: what was drawn above it differs in every run, although the notebook looks seeded.

## What to do
Put the seed right after the imports. With `--unsafe-fixes` a cell that does nothing but seed is moved above
the draw.

## Example

```python
# %% [1]
import numpy as np
# %% [2]
weights = np.random.rand(3)  # <- NBD205
# %% [3]
np.random.seed(0)
# %% [4]
noise = np.random.rand(3)
```

```python fixed
# %%
import numpy as np
# %%
np.random.seed(0)
# %%
weights = np.random.rand(3)
# %%
noise = np.random.rand(3)
```

Seeded above, and once more below:

```python
# %% [1]
import random
random.seed(1)
# %% [2]
random.random()
# %% [3]
random.seed(2)
random.random()
```

Another stream is seeded below:

```python
# %% [1]
import numpy as np
import random
random.seed(1)
# %% [2]
random.random()
# %% [3]
np.random.seed(1)
np.random.rand()
```

## Known limits
The order is that of the document, which is the order of Restart & Run All. A seed under a condition counts
as one.

## Source
NumPy reference, "Legacy random generation"; Python library reference, `random.seed`.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding, Fix, Move
from nbdebt.model.history import Name
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import Use, streams


@rule("NBD205", needs=Needs.SOURCE)
def seed_after_draw(seen: Analysis) -> Iterator[Finding]:
    """A stream is drawn from above its first seed."""
    for stream in streams(seen).values():
        draws = stream.bare
        if not draws or not stream.seeds:
            continue
        first, seed = draws[0], stream.seeds[0]
        others = f", like {len(draws) - 1} more," if len(draws) > 1 else ""
        where = "below in this cell" if seed.cell == first.cell else f"in {seen.label(seed.cell)}"
        yield seen.finding(
            first.cell,
            first.access.span,
            f"this draw{others} comes before `{stream.shown}` is seeded {where}: it differs in every run",
            f"Seed `{stream.shown}` above the first draw.",
            evidence=(f"`{seed.access.via}` {where} is the first seed",),
            related=(seen.related(seed.cell, f"`{stream.shown}` is seeded here", seed.access.span),),
            fix=_move(seen, seed, first),
        )


def _move(seen: Analysis, seed: Use, draw: Use) -> Fix | None:
    """Move the cell of the seed up, if it does nothing else and has all that it reads there."""
    if seed.cell <= draw.cell:
        return None
    flow = seen.flows[seed.cell]
    for statement in flow.statements:
        accesses = flow.accesses[statement.first : statement.last]
        seeds = all(a.mode in ("seed", "read") for a in accesses) and any(a.mode == "seed" for a in accesses)
        if not seeds and statement.kind not in ("Import", "ImportFrom"):
            return None
    made = {
        a.resource.name
        for index in seen.flows
        if index < draw.cell or index == seed.cell
        for a in seen.flows[index].accesses
        if a.mode == "write" and isinstance(a.resource, Name)
    }
    if any(
        a.mode == "read" and isinstance(a.resource, Name) and a.resource.name not in made
        for a in flow.accesses
    ):
        return None
    title = f"Move {seen.label(seed.cell)} above {seen.label(draw.cell)}"
    return Fix(title, (Move(seed.cell, draw.cell),), "unsafe")
