"""Finds files and tables that are appended to: each rerun adds the same rows again.

## Why it matters
The output depends on how often the cell has run. After a rerun rows are there twice, and nothing in the file
says so.

## What to do
Write the whole output each time, or remove what an earlier run left before the first row is written.

## Example
```python
# %% [1]
import pandas as pd
scores = pd.DataFrame({"a": [1]})
scores.to_csv("scores.csv", mode="a", header=False)  # <- NBD307
with open("results.txt", "a") as file:  # <- NBD307
    file.write("done")
```

A log is meant to grow:

```python
# %% [1]
with open("run.log", "a") as file:
    file.write("started")
```

An output that begins anew with each run:

```python
# %% [1]
from pathlib import Path
import pandas as pd
Path("scores.csv").unlink(missing_ok=True)
pd.DataFrame(columns=["model", "score"]).to_csv("table.csv")
# %% [2]
for part in (1, 2):
    pd.DataFrame({"a": [part]}).to_csv("scores.csv", mode="a", header=False)
    pd.DataFrame({"a": [part]}).to_csv("table.csv", mode="a", header=False)
```

## Known limits
What stands in the file before is not looked at: a cell that first checks whether its row is already there is
reported too. A path computed from its beginning on is not known.

## Source
Rerunning must not change the result: A. Rule et al., *Ten simple rules for writing and sharing computational
analyses in Jupyter Notebooks*, PLOS Computational Biology 15(7), 2019, rule 4; the idempotence that workflow
systems ask of their tasks.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Table
from nbdebt.rules import Needs, rule
from nbdebt.rules.surroundings import Surroundings, Touch

_LOG = re.compile(r"(?:^|[/\\_.-])logs?(?:[/\\_.-]|$)|history|journal", re.IGNORECASE)


@rule("NBD307", needs=Needs.OUTSIDE)
def append_output(seen: Surroundings) -> Iterator[Finding]:
    """An output is appended to, so that each rerun adds the same rows again."""
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.has("append") or touch.target in said or not touch.text or touch.text[0] in "<{":
            continue
        if _LOG.search(touch.text) or _begun(seen, touch) or seen.discards(touch):
            continue
        said.add(touch.target)
        what = f"table `{touch.text}`" if isinstance(touch.resource, Table) else f"`{touch.text}`"
        yield seen.finding(
            touch.exchange,
            f"{what} is appended to: a rerun adds the same rows again",
            "Write it as a whole, or remove what an earlier run left first.",
        )


def _begun(seen: Surroundings, touch: Touch) -> bool:
    """Whether the notebook makes or removes the target before it appends to it."""
    return any(
        other.mode == "delete" or (other.mode == "write" and not other.has("append"))
        for other in seen.touching_before(touch)
    )
