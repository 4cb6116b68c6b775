"""Finds data read from an absolute path or from somebody's home directory.

## Why it matters
The path exists on one machine, often for one user. Everybody else gets a FileNotFoundError, or another file
that happens to lie there.

## What to do
Put the data below the project, or take its directory from one setting at the top, and use relative paths.

## Example
```python
# %% [1]
import pandas as pd
from pathlib import Path
sales = pd.read_csv("/home/ada/data/sales.csv")  # <- NBD405
costs = pd.read_excel("C:/Users/ada/costs.xlsx")  # <- NBD405
rates = pd.read_csv(Path.home() / "rates.csv")  # <- NBD405
```

Relative paths hold everywhere:

```files
data/sales.csv tracked
```

```python
# %% [1]
import pandas as pd
from pathlib import Path
data = Path("data")
sales = pd.read_csv(data / "sales.csv")
```

What every system of the kind has, and what the notebook made itself:

```python
# %% [1]
import pandas as pd
words = open("/usr/share/dict/words").read()
memory = open("/proc/meminfo").read()
pd.DataFrame({"a": [1]}).to_csv("/tmp/part.csv")
part = pd.read_csv("/tmp/part.csv")
```

## Known limits
Data of hosted notebooks (`/kaggle/input`, `/content/drive`, `/dbfs`) is a note: the path holds for all who
work there. More than three are one finding.

## Source
J. F. Pimentel et al., *A large-scale study about quality and reproducibility of Jupyter notebooks*, MSR 2019.
A. Rule et al., *Ten simple rules for writing and sharing computational analyses in Jupyter Notebooks*, PLOS
Computational Biology 15(7), 2019, rule 7.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import fold
from nbdebt.rules.surroundings import Surroundings, Touch

# What belongs to the system, not to a person.
_SYSTEM = (
    "/usr/",
    "/etc/",
    "/proc/",
    "/sys/",
    "/dev/",
    "/lib",
    "/opt/conda/",
    "/System/",
    "C:/Windows/",
    "C:\\Windows\\",
)
_HOSTED = (
    "/kaggle/",
    "/content/",
    "/dbfs/",
    "/databricks",
    "/home/jovyan/",
    "/opt/ml/",
    "/home/sagemaker-user/",
)


@rule("NBD405", needs=Needs.OUTSIDE)
def absolute_data_path(seen: Surroundings) -> Iterator[Finding]:
    """Data is read from an absolute path or a home directory."""
    hits: dict[str, Touch] = {}
    for touch in seen.data_reads():
        if not touch.absolute or touch.place in ("cache", "nowhere") or touch.text.startswith(_SYSTEM):
            continue
        if seen.makes(touch) or (touch.exact and seen.state(touch).by == "package"):
            continue
        hits.setdefault(touch.target, touch)
    for hosted in (False, True):
        yield from fold(
            seen,
            [touch for touch in hits.values() if touch.text.startswith(_HOSTED) is hosted],
            lambda touch: f"`{touch.text}` is a path of this machine: elsewhere the cell fails",
            lambda touch, more: (
                f"`{touch.text}` and {more} more paths are of this machine: elsewhere the cells fail"
            ),
            "Put the data below the project and use a relative path.",
            severity="note" if hosted else None,
        )
