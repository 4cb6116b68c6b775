"""Finds draws from a random stream that nothing in the notebook seeds.

## Why it matters
Each run gives other numbers. A result that depends on them can be repeated by nobody, and a change of the
result says nothing: it may be your change, or chance.

## What to do
Seed the stream once, right after the imports; `--fix` does it. Better still, where the library has them,
draw from a generator with a seed of its own (`rng = np.random.default_rng(42)`), which no other cell can
disturb.

## Example
All draws of a stream are one finding, at the first of them:

```python
# %% [1]
import numpy as np
import pandas as pd
# %% [2]
noise = np.random.normal(size=100)  # <- NBD201
more = np.random.rand(3)
```

```python fixed
# %%
import numpy as np
import pandas as pd
# %%
np.random.seed(42)
# %%
noise = np.random.normal(size=100)
more = np.random.rand(3)
```

Import and draw in one cell:

```python
# %% [1]
import random
deck = list(range(52))
random.shuffle(deck)  # <- NBD201
```

```python fixed
# %%
import random
random.seed(42)
deck = list(range(52))
random.shuffle(deck)
```

A seed above, be it in a helper of your own:

```python
# %% [1]
import random
import numpy as np

def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)

seed_everything(7)
# %% [2]
np.random.rand(3), random.random()
```

A generator with a seed of its own:

```python
# %% [1]
import numpy as np
rng = np.random.default_rng(42)
# %% [2]
rng.normal(size=3)
```

A function that is called when somebody presses a button:

```python
# %% [1]
import random
from ipywidgets import Button

button = Button(description="Roll")
button.on_click(lambda _: print(random.randint(1, 6)))
```

A function that draws and is never called:

```python
# %% [1]
import random

def roll():
    return random.randint(1, 6)
```

A draw that only one branch makes is a note:

```python
# %% [1]
import os
import random

if "CI" in os.environ:
    values = [random.random(), random.random()]  # <- NBD201
else:
    values = [1, 2]
```

```python fixed
# %%
import os
import random
random.seed(42)

if "CI" in os.environ:
    values = [random.random(), random.random()]
else:
    values = [1, 2]
```

## Known limits
Draws by estimators and other functions that take a `random_state` are unseeded-estimator's. Draws in
modules of your own are not seen. A call whose name says that it seeds (`set_seed`, `seed_everything`) is
believed. In a live session, a branch that was not taken is not reported. A draw counts, whatever
becomes of it: one that is thrown away or sorted back is reported, for what is drawn next is another number.

## Source
NumPy reference, "Random sampling" and "Legacy random generation"; NumPy Enhancement Proposal 19; Python
library reference, `random`; PyTorch documentation, "Reproducibility"; TensorFlow API, `tf.random.set_seed`.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import Use, call_at, seed_fix, streams, text_at


@rule("NBD201", needs=Needs.SOURCE)
def unseeded_draw(seen: Analysis) -> Iterator[Finding]:
    """A random stream is drawn from and never seeded."""
    for stream in streams(seen).values():
        draws = stream.bare
        if not draws or stream.seeds:
            continue
        # Draws that are silenced are not counted, nor do they silence the others.
        silenced = {id(use) for use in draws if seen.silenced(use.cell, use.access.span)}
        for use in draws:
            if id(use) in silenced:
                yield seen.finding(use.cell, use.access.span, f"`{stream.shown}` is never seeded")
        draws = [use for use in draws if id(use) not in silenced]
        if not draws:
            continue
        first = _clearest(seen, draws)
        others = len(draws) - 1
        more = f", like {others} more," if others else ""
        branch = all(_in_a_branch(seen, use) for use in draws)
        fix = seed_fix(seen, stream, draws[0])
        cells = len({use.cell for use in draws})
        yield seen.finding(
            first.cell,
            first.access.span,
            f"`{stream.shown}` is never seeded: this draw{more} gives other numbers in every run"
            + (" that takes this branch" if branch else ""),
            f"Seed `{stream.shown}` once, right after the imports.",
            evidence=(
                f"{len(draws)} draw{'s' * bool(others)} in {cells} cell{'s' * (cells > 1)}, by "
                + ", ".join(f"`{via}`" for via in list(dict.fromkeys(u.access.via for u in draws))[:5]),
                f"no cell seeds `{stream.shown}`",
            ),
            severity="note" if branch else None,
            fix=fix,
        )


def _in_a_branch(seen: Analysis, use: Use) -> bool:
    """Whether the draw stands under a condition, which may never hold, as in a branch for quick tests."""
    call = call_at(seen, use.cell, use.access)
    return call is not None and not (call.certain or call.loop or call.function_scope)


def _clearest(seen: Analysis, draws: list[Use]) -> Use:
    """The first draw that certainly happens where it is written; else the first.

    A draw in one branch of a condition, or in a function that is only handed over, would be the wrong one to
    show.
    """
    certain = [use for use in draws if use.access.certain]
    written = [use for use in certain if call_at(seen, use.cell, use.access) is not None]
    called = [use for use in certain or draws if text_at(seen, use).find("(") > 0]
    return (written or called or certain or draws)[0]
