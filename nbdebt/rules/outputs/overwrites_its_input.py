"""Finds outputs that replace what the notebook read: the next run works on its own result.

## Why it matters
The input is gone. A second run cleans what is already clean, scales what is already scaled, drops a column
that is no longer there; no run gives what the first one gave.

## What to do
Write to another path, and keep the input as it came.

## Example
```files
survey.csv tracked
```

```python
# %% [1]
import pandas as pd
survey = pd.read_csv("survey.csv")
# %% [2]
survey = survey.drop(columns="name")
survey.to_csv("survey.csv", index=False)  # <- NBD306
```

Input and output apart:

```python
# %% [1]
import pandas as pd
survey = pd.read_csv("survey.csv")
survey.drop(columns="name").to_csv("survey_clean.csv")
```

A file that the notebook makes itself and reads again, and a cache:

```python
# %% [1]
import os
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("step.csv")
step = pd.read_csv("step.csv")
step.to_csv("step.csv")
# %% [2]
if os.path.exists("cache.csv"):
    table = pd.read_csv("cache.csv")
else:
    table = step * 2
    table.to_csv("cache.csv")
```

## Known limits
Only targets that are written out are compared. A notebook that keeps a state on purpose (a list of what was
already fetched) is reported too: say so with `# nbdebt: ignore[overwrites-its-input]` and the reason.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 4: feedback
loops. G. Wilson et al., *Good enough practices in scientific computing*, PLOS Computational Biology 13(6),
2017: save the raw data as they came.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Table
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import TABLE_WRITERS, replaces
from nbdebt.rules.surroundings import Surroundings, Touch, cell_label


@rule("NBD306", needs=Needs.OUTSIDE)
def overwrites_its_input(seen: Surroundings) -> Iterator[Finding]:
    """An output replaces what the notebook read."""
    data = {touch.order for touch in seen.data_reads()}
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.exact or touch.target in said or not replaces(touch):
            continue
        if isinstance(touch.resource, Table) and not touch.via.endswith(TABLE_WRITERS):
            continue
        read = _first_read(seen, touch, data)
        if read is None or _is_cache(seen, read, touch):
            continue
        said.add(touch.target)
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` was read in {cell_label(read.exchange.cell)} and is replaced here: "
            "the next run works on its own result",
            "Write to another path and keep the input as it came.",
            related=(seen.related(read, f"`{read.text}` is read here"),),
        )


def _first_read(seen: Surroundings, write: Touch, data: set[int]) -> Touch | None:
    """The read before the write, where nothing in the notebook had made the target before."""
    for other in seen.touching(write.target):
        if other.order >= write.order:
            return None
        if other.mode == "write":
            return None
        if other.order in data and not other.has("mode-unknown"):
            same_call = other.cell == write.cell and other.exchange.access.span == write.exchange.access.span
            return None if same_call else other
    return None


def _is_cache(seen: Surroundings, read: Touch, write: Touch) -> bool:
    """Read if it is there, made otherwise: the two happen in different runs."""
    if read.exchange.access.certain or write.exchange.access.certain:
        return False
    return read.cell == write.cell or any(t.has("listing") for t in seen.touching(write.target))
