"""Finds reads of files that are not there and that the notebook does not make.

## Why it matters
Restart & Run All stops at this cell. The file was renamed, moved, or never left the machine of the person who
wrote the notebook.

## What to do
Correct the path, or add the file, or say in the notebook where to get it.

## Example
```files
data/sales_2026.csv tracked
```

```python
# %% [1]
import pandas as pd
sales = pd.read_csv("data/sales_2025.csv")  # <- NBD406
```

Files that are there, or that the notebook makes:

```files
data/sales_2026.csv tracked
```

```python
# %% [1]
import pandas as pd
sales = pd.read_csv("data/sales_2026.csv")
sales.to_parquet("step.parquet")
# %% [2]
step = pd.read_parquet("step.parquet")
```

A file that is read only if it is there, and one whose name is computed:

```python
# %% [1]
import os
import pandas as pd
if os.path.exists("cache.csv"):
    cached = pd.read_csv("cache.csv")
for name in sorted(os.listdir(".")):
    if name.endswith(".csv"):
        part = pd.read_csv(f"./{name}")
```

## Known limits
Where nothing speaks for the data being here at all (its directory is not there, or holds no file of the kind:
a checkout without data) this is a note; likewise where the notebook downloads or unpacks something, which may
bring the file, and where another notebook of the run writes it. After `%cd` or `os.chdir` relative paths are
left out.

## Source
J. F. Pimentel et al., *A large-scale study about quality and reproducibility of Jupyter notebooks*, MSR 2019:
missing files are among the most frequent reasons why notebooks can't be run again.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from nbdebt.model.finding import Finding, Related
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import MOST, fold
from nbdebt.rules.surroundings import Surroundings, Touch

_UNPACKS = ("extractall", "extract", "unpack_archive", "dataset_download", "snapshot_download")
_ENTRIES = 2000


@rule("NBD406", needs=Needs.OUTSIDE)
def missing_file(seen: Surroundings) -> Iterator[Finding]:
    """A file is read that is not there and that the notebook does not make."""
    absent: dict[str, Touch] = {}
    present = False
    for touch in seen.data_reads():
        if not touch.local or not touch.exact or touch.absolute or touch.place in ("nowhere", "unknown"):
            continue
        if seen.makes(touch) or touch.has("mode-unknown"):
            continue
        if seen.state(touch).state != "absent":
            present = True
        elif touch.exchange.access.certain:
            absent.setdefault(touch.target, touch)
    brought = any(touch.has("download") or touch.via.endswith(_UNPACKS) for touch in seen.touches)
    lost: list[Touch] = []
    elsewhere: list[Touch] = []
    for touch in absent.values():
        writers = seen.writers(touch.target)
        if writers:
            path, exchange = writers[0]
            yield seen.finding(
                touch.exchange,
                f"`{touch.text}` is not there until `{path}` has run",
                f"Run `{path}` first.",
                severity="note",
                related=(Related("it is written here", path, exchange.cell, exchange.access.span),),
            )
        elif not brought and (present or _is_data_here(touch)):
            lost.append(touch)
        else:
            elsewhere.append(touch)
    few = len(lost) <= MOST
    for touch in lost if few else ():
        similar = _similar(touch)
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is not there, and no cell makes it: Restart & Run All stops here",
            f"Use `{similar}`, if that is meant." if similar else "Correct the path, or add the file.",
        )
    for hits, note in ((() if few else lost, False), (elsewhere, True)):
        yield from fold(
            seen,
            hits,
            lambda touch: f"`{touch.text}` is not there, and no cell makes it",
            lambda touch, more: f"`{touch.text}` and {more} more files are not there, and no cell makes them",
            "Say in the notebook where to get it, or add it.",
            severity="note" if note else None,
        )


def _is_data_here(touch: Touch) -> bool:
    """Whether the directory that should hold the file holds others of its kind."""
    path = Path(touch.target)
    return bool(path.suffix) and any(Path(name).suffix == path.suffix for name in _names(path.parent))


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return [entry.name for _, entry in zip(range(_ENTRIES), entries, strict=False)]
    except (OSError, ValueError):
        return []


def _similar(touch: Touch) -> str:
    """A file beside it with almost the same name, as the code would write it."""
    path = Path(touch.target)
    names = _names(path.parent)
    same = [name for name in names if name.lower() == path.name.lower()]
    from difflib import get_close_matches

    close = same or get_close_matches(path.name, names, n=1, cutoff=0.8)
    if not close:
        return ""
    before, separator, _ = touch.text.replace("\\", "/").rpartition("/")
    return before + separator + close[0]
