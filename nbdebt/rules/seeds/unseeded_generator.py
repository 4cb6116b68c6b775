"""Finds random generators that are made without a seed.

## Why it matters
A generator without a seed takes its first state from the operating system: each run gives other numbers,
and seeding the global stream does not help.

## What to do
Give it a seed; `--fix` does it. A generator that a function or a loop makes would then give the same
numbers each time: better make one above and hand it over; the fix is unsafe there.

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

A function makes it in another cell:

```python
# %% [1]
import numpy as np

def sample(n):
    rng = np.random.default_rng()  # <- NBD202
    return rng.normal(size=n)
# %% [2]
sample(3), sample(4)
```

```python fixed
# %%
import numpy as np

def sample(n):
    rng = np.random.default_rng(42)
    return rng.normal(size=n)
# %%
sample(3), sample(4)
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

One that stands in for an argument, which every call gives:

```python
# %% [1]
import numpy as np

def walk(steps, rng=None):
    rng = rng or np.random.default_rng()
    return rng.normal(size=steps).cumsum()
# %% [2]
walk(3, np.random.default_rng(1)), walk(4, rng=np.random.default_rng(2))
```

and one that doesn't:

```python
# %% [1]
import numpy as np

def walk(steps, rng=None):
    if rng is None:
        rng = np.random.default_rng()  # <- NBD202
    return rng.normal(size=steps).cumsum()
# %% [2]
walk(3, np.random.default_rng(1)), walk(4)
```

```python fixed
# %%
import numpy as np

def walk(steps, rng=None):
    if rng is None:
        rng = np.random.default_rng(42)
    return rng.normal(size=steps).cumsum()
# %%
walk(3, np.random.default_rng(1)), walk(4)
```

## Known limits
A seed that is None at run time is not seen unless the code says None; in a live session it is. A generator
that is seeded, or given a state, after it was made is reported all the same.

## Source
NumPy reference, `numpy.random.default_rng`: "If None, then fresh, unpredictable entropy will be pulled from
the OS"; Python library reference, `random.Random`.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding, Fix, Replace, Safety
from nbdebt.model.history import Access, Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._left_out import never_needed
from nbdebt.rules.seeds._streams import argument_edit, call_at

# What makes a generator without a seed, and takes none: what to make it with.
_SEEDED = {"tensorflow.random.get_global_generator": "tf.random.Generator.from_seed"}


@rule("NBD202", needs=Needs.SOURCE)
def unseeded_generator(seen: Analysis) -> Iterator[Finding]:
    """A random generator is made without a seed."""
    told: set[tuple[int, Span]] = set()
    for cell, flow in seen.cells():
        for access in flow.accesses:
            if access.mode != "draw" or not access.get("unseeded-generator"):
                continue
            short = access.via.rpartition(".")[2]
            if short == "SystemRandom" or "SystemRandom" in seen.line(cell.index, access.span.line):
                continue
            where, span, edit = _place(seen, cell.index, access, short)
            if (where, span) in told:
                continue
            told.add((where, span))
            if "branch" in access.detail and never_needed(seen, where, span):
                continue
            seed = seen.settings.seed
            call = call_at(seen, where, access)
            # Made again and again with one seed, it gives the same numbers each time: not what was written.
            once = call is not None and not call.loop and not call.function_scope
            safety: Safety = "safe" if once else "unsafe"
            yield seen.finding(
                where,
                span,
                f"`{short}` has no seed here: what is drawn from it differs in every run",
                f"Give it a seed: `{_SEEDED.get(access.via, short)}({seed})`.",
                evidence=(f"`{access.via}` takes its first state from the operating system",),
                fix=Fix(f"Give `{short}` the seed {seed}", (edit,), safety) if edit is not None else None,
            )


def _place(seen: Analysis, cell: int, access: Access, short: str) -> tuple[int, Span, Replace | None]:
    """Where the generator is made, which may be a function in another cell, and the edit that seeds it."""
    call = call_at(seen, cell, access)
    if call is not None:
        return cell, access.span, argument_edit(seen, cell, call, access.get("argument"), True)
    made = re.compile(rf"[\w.]*\b{re.escape(short)}\(\s*(\))")
    places = [
        (other.index, number, match)
        for other, _ in seen.cells()
        for number, line in enumerate(other.source.split("\n"), 1)
        for match in made.finditer(line.partition("#")[0])
    ]
    if len(places) != 1:
        return cell, access.span, None
    index, number, match = places[0]
    end = match.start(1) + 1
    edit = Replace(index, Span(number, end, number, end), str(seen.settings.seed))
    return index, Span(number, match.start() + 1, number, match.end() + 1), edit
