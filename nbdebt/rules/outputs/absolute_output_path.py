"""Finds files that are written to an absolute path or into somebody's home directory.

## Why it matters
The path exists on one machine. Elsewhere the notebook fails at this cell, or, worse, writes to a place that
happens to exist and belongs to something else.

## What to do
Use a path relative to the notebook; where results must go elsewhere, take the directory from one setting at
the top.

## Example
```python
# %% [1]
import pandas as pd
from pathlib import Path
table = pd.DataFrame({"a": [1]})
table.to_csv("/home/ada/results/table.csv")  # <- NBD303
table.to_parquet(Path.home() / "table.parquet")  # <- NBD303
table.to_csv("C:\\\\Users\\\\ada\\\\table.csv")  # <- NBD303
```

A relative path holds everywhere:

```python
# %% [1]
import pandas as pd
from pathlib import Path
results = Path("results")
pd.DataFrame({"a": [1]}).to_csv(results / "table.csv")
```

What nobody will read is no output, and a cache is where caches belong:

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("/dev/null")
pd.DataFrame({"a": [1]}).to_pickle("~/.cache/table.pkl")
```

## Known limits
Paths below the working directories of hosted notebooks (`/kaggle/working`, `/content`) are notes: they hold
there. Shared and temporary places are reported as `shared-output`.

## Source
A. Rule et al., *Ten simple rules for writing and sharing computational analyses in Jupyter Notebooks*, PLOS
Computational Biology 15(7), 2019, rules 5 and 7. J. F. Pimentel et al., *A large-scale study about quality
and reproducibility of Jupyter notebooks*, MSR 2019, found absolute paths to be a common cause of notebooks
that cannot be run elsewhere.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.surroundings import Surroundings

# Working directories of hosted notebooks: the same for all who use them.
HOSTED = ("/kaggle/", "/content/", "/home/jovyan/", "/opt/ml/", "/databricks/", "/home/sagemaker-user/")


@rule("NBD303", needs=Needs.OUTSIDE)
def absolute_output_path(seen: Surroundings) -> Iterator[Finding]:
    """A file is written to an absolute path or into a home directory."""
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.absolute or touch.place not in ("project", "outside", "home"):
            continue
        if touch.declared or touch.target in said or seen.discards(touch):
            continue
        said.add(touch.target)
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is a path of this machine: elsewhere the write fails or lands in another place",
            "Use a path relative to the notebook.",
            severity="note" if touch.text.startswith(HOSTED) else None,
        )
