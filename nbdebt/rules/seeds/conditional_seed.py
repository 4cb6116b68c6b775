"""Finds seeds that are only set under a condition, with draws below that run in any case.

## Why it matters
When the condition doesn't hold, the draws are unseeded, and nothing says so.

## What to do
Set the seed unconditionally, at the top.

## Example

```python
# %% [1]
import sys
import numpy as np
if len(sys.argv) > 3:
    np.random.seed(0)  # <- NBD206
# %% [2]
noise = np.random.rand(3)
```

The condition asks for the seed itself:

```python
# %% [1]
import numpy as np
SEED = 7
if SEED is not None:
    np.random.seed(SEED)
# %% [2]
noise = np.random.rand(3)
```

Both branches seed:

```python
# %% [1]
import sys
import numpy as np
if len(sys.argv) > 3:
    np.random.seed(0)
else:
    np.random.seed(1)
# %% [2]
noise = np.random.rand(3)
```

Seeded in any case, and again under a condition:

```python
# %% [1]
import sys
import numpy as np
np.random.seed(0)
if len(sys.argv) > 3:
    np.random.seed(1)
# %% [2]
noise = np.random.rand(3)
```

## Known limits
Conditions that speak of a seed, of determinism or of a device are taken as meant. Seeds under a condition
inside of functions are not looked at.

## Source
PyTorch documentation, "Reproducibility"; NumPy reference, "Legacy random generation".
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import Use, call_at, statement_of, streams

_MEANT = re.compile(r"seed|determin|reprod|cuda|gpu|mps|tpu|device|random|__name__", re.IGNORECASE)


@rule("NBD206", needs=Needs.SOURCE)
def conditional_seed(seen: Analysis) -> Iterator[Finding]:
    """A stream is seeded under a condition only, and drawn from in any case."""
    for stream in streams(seen).values():
        if not stream.determined or not stream.seeds or any(use.access.certain for use in stream.seeds):
            continue
        seed = stream.seeds[0]
        condition = _condition(seen, seed, stream.seeds)
        if condition is None:
            continue
        draw = next((use for use in stream.determined if use.access.certain), None)
        if draw is None:
            continue
        yield seen.finding(
            seed.cell,
            seed.access.span,
            f"`{stream.shown}` is seeded only if the condition in line {condition} holds; "
            f"the draw in {seen.label(draw.cell)} happens in any case",
            "Set the seed without a condition.",
            related=(seen.related(draw.cell, f"draws from `{stream.shown}`", draw.access.span),),
        )


def _condition(seen: Analysis, seed: Use, seeds: list[Use]) -> int | None:
    """The line of the ``if`` that the seed hangs on; None where there is none that matters."""
    call = call_at(seen, seed.cell, seed.access)
    statement = statement_of(seen, seed.cell, seed.access.span)
    if call is None or call.function_scope or statement is None or statement.kind != "If":
        return None
    line = statement.span.line
    together = [
        u for u in seeds if u.cell == seed.cell and line <= u.access.span.line <= statement.span.end_line
    ]
    above = (seen.line(seed.cell, n) for n in range(line, seed.access.span.line))
    if len(together) > 1 or any(_MEANT.search(text) for text in above):
        return None
    return line
