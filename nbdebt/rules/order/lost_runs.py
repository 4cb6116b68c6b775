"""Finds values still in use that come from a run which no cell shows any more.

## Why it matters
The cell used a value that the notebook can't have given it: no cell above made it by then, and no missing
execution count is left for a run that did. It comes from a cell that was deleted, from an older version of
a cell, or from another session whose results were saved into this file. Nobody can make it again.

## What to do
Restart and run all. If the result changes, the code that made the old one is lost: look for it in version
control.

## Example
The second cell was the very first to run, and yet found `limit`, which ran after it:

```python
# %% [2]
limit = 10
# %% [1]
print([n for n in range(20) if n > limit])  # <- NBD105
# Out: [16, 17, 18, 19]
```

What ran before all that, in a cell that is gone:

```python seen
# %%
limit = 15
```

A gap in the counts where nothing depends on what is lost:

```python
# %% [1]
limit = 10
# %% [7]
print(limit)
```

The cell that made it ran before, and ran again:

```python
# %% [3]
limit = 10
# %% [2]
print([n for n in range(20) if n > limit])
```

The run before:

```python seen
# %% [1] in cell 1
limit = 10
```

## Known limits
A mere gap in the counts is no finding. Startup files and widgets run code without counts; what they bring
is taken for lost. What a live session did not see either, because it was there before recording began, is
not reported there.

## Source
Pimentel, Murta, Braganholo and Freire, "A Large-Scale Study About Quality and Reproducibility of Jupyter
Notebooks" (MSR 2019), on hidden states: values of cells that were removed or changed after they ran.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import (
    base_name,
    is_import,
    of_two_sessions,
    place,
    reasons,
    unexplained,
)


@rule("NBD105", needs=Needs.HISTORY)
def lost_runs(seen: Analysis) -> Iterator[Finding]:
    """A value that is still in use comes from a run that no cell shows any more."""
    told: set[str] = set()
    for cell, reason in reasons(seen, "stale"):
        name = base_name(seen, cell, reason)
        if name in told or is_import(seen, reason.now, name):
            continue
        if of_two_sessions(seen, cell, reason):
            continue
        if not unexplained(seen, cell, reason):
            continue
        told.add(name)
        maker = reason.now
        yield seen.finding(
            cell,
            place(seen, cell, reason),
            f"`{name}` was made by a run that no cell shows any more"
            + (f": {seen.label(maker)}, which makes it now, ran only later" if maker is not None else ""),
            "Restart and run all, and check that the result is still the one you mean.",
            basis="inferred",
            evidence=tuple(filter(None, (reason.text,))),
            related=(seen.related(maker, f"`{name}` is made here now", seen.whole(maker)),)
            if maker is not None
            else (),
        )
