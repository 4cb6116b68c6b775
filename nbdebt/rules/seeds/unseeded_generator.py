"""Finds random generators that are made without a seed.

## Why it matters
A generator without a seed takes its first state from the operating system: each run gives other numbers,
and seeding the global stream does not help.

## What to do
Give it a seed; `--fix` does it.

## Example

```python
# %% [1]
import numpy as np
rng = np.random.default_rng()  # <- NBD202
# %% [2]
rng.normal(size=3)
```

```python fixed
# %%
import numpy as np
rng = np.random.default_rng(42)
# %%
rng.normal(size=3)
```

None is no seed either:

```python
# %% [1]
import random
dice = random.Random(None)  # <- NBD202
```

```python fixed
# %%
import random
dice = random.Random(42)
```

A seed from the notebook's configuration:

```python
# %% [1]
import numpy as np
SEED = 7
# %% [2]
rng = np.random.default_rng(SEED)
```

A generator that can't be seeded, and is not meant to be:

```python
# %% [1]
import random
token = random.SystemRandom().randrange(10 ** 6)
```

## Known limits
A seed that is None at run time is not seen unless the code says None.

## Source
NumPy reference, `numpy.random.default_rng`: "If None, then fresh, unpredictable entropy will be pulled from
the OS"; Python library reference, `random.Random`.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding, Fix
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import argument_edit, call_at


@rule("NBD202", needs=Needs.SOURCE)
def unseeded_generator(seen: Analysis) -> Iterator[Finding]:
    """A random generator is made without a seed."""
    for cell, flow in seen.cells():
        told = set()
        for access in flow.accesses:
            if access.mode != "draw" or not access.get("unseeded-generator") or access.span in told:
                continue
            told.add(access.span)
            short = access.via.rpartition(".")[2]
            call = call_at(seen, cell.index, access)
            if short == "SystemRandom" or "SystemRandom" in seen.line(cell.index, access.span.line):
                continue
            seed = seen.settings.seed
            edit = argument_edit(cell.index, call, access.get("argument"), seed, True) if call else None
            yield seen.finding(
                cell.index,
                access.span,
                f"`{short}` has no seed here: what is drawn from it differs in every run",
                f"Give it a seed: `{short}({seed})`.",
                evidence=(f"`{access.via}` takes its first state from the operating system",),
                fix=Fix(f"Give `{short}` the seed {seed}", (edit,)) if edit is not None else None,
            )
