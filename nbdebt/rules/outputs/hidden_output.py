"""Finds files that the notebook writes into the project and that nobody declared.

## Why it matters
A file that appears beside the code looks like data. Somebody will read it, and from then on the notebook
cannot be changed or deleted without breaking them; but nothing says so, and nothing says which notebook to
run again.

## What to do
Declare what is meant to be an output, with its owner; write what is not into a temporary directory. A
declaration is one line in `nbdebt.toml` (or under `[tool.nbdebt.outputs]` in `pyproject.toml`), which `--fix
--unsafe-fixes` adds:

```toml
[outputs]
"results/*.csv" = { owner = "Ada", consumers = ["report.ipynb"], note = "monthly figures" }
```

## Example
```files
sales.csv tracked
```

```python
# %% [1]
import pandas as pd
sales = pd.read_csv("sales.csv")
# %% [2]
sales.describe().to_csv("summary.csv")  # <- NBD301
for region, rows in sales.groupby("region"):
    rows.to_csv(f"regions/{region}.csv")  # <- NBD301
```

A declared output is no debt:

```toml
[outputs]
"results/**" = { owner = "Ada" }
```

```python
# %% [1]
import pandas as pd
table = pd.DataFrame({"a": [1]})
table.to_csv("results/2026/table.csv")
```

Nor are files that the notebook reads again itself, or removes:

```python
# %% [1]
import os
import pandas as pd
pd.DataFrame({"a": [1]}).to_parquet("cache.parquet")
pd.DataFrame({"a": [1]}).to_csv("part.csv")
# %% [2]
table = pd.read_parquet("cache.parquet")
os.remove("part.csv")
```

## Known limits
It is a note, and a warning where others come across the file: on a mount that machines share (NFS, SMB,
Lustre…) where its permissions let them read it, unless that is a home directory, and where a web server hands
it out.
A path that is computed from its beginning on (`df.to_csv(target)`) is not known without running the notebook.
A file that another notebook of the run reads is reported as `undeclared-consumer`, one written by a magic as
`written-by-magic`.

## Source
Undeclared outputs become undeclared dependencies: D. Sculley et al., *Hidden Technical Debt in Machine
Learning Systems*, NeurIPS 2015, section 3.
"""

import re
from collections.abc import Iterator

from nbdebt.data.exposure.answer import Exposure
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare, evident
from nbdebt.rules.surroundings import Surroundings, Touch


@rule("NBD301", needs=Needs.OUTSIDE, severity="note")
def hidden_output(seen: Surroundings) -> Iterator[Finding]:
    """A file is written into the project that nobody declared."""
    said: set[str] = set()
    for touch in seen.writes():
        if touch.place != "project" or touch.declared or touch.by_shell or touch.target in said:
            continue
        if seen.downloads(touch) or seen.reads_again(touch) or seen.discards(touch):
            continue
        if seen.readers(touch.target):
            continue
        said.add(touch.target)
        exposed = seen.exposure(touch)
        told = exposed if exposed is not None and exposed.notable else None
        reached = f", {told.words}," if told is not None and told.words.startswith("readable") else ""
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is left in the project{reached} and nothing says who needs it"
            if reached
            else f"`{touch.text}` is left in the project, and nothing says who needs it",
            "Declare it with its owner, or write it to a temporary directory.",
            severity="warning" if told is not None and _is_out(told, touch) else None,
            evidence=evident(told),
            fix=declare(seen, touch),
        )


def _is_out(exposed: Exposure, touch: Touch) -> bool:
    """Whether others come across it: where a team shares a mount or a web server looks. Not in a home
    directory, which on clusters is on such a mount, too, and open because homes are."""
    home = re.match(
        r"/(?:home|homes|users|Users|u|root)(?:/|$)|/(?:nfs|gpfs|afs)/(?:home|homes|users)/", touch.target
    )
    return "served" in exposed.places or ("mount" in exposed.places and home is None)
