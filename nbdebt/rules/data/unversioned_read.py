"""Finds files that are read although no version control holds them and no pin records their content.

## Why it matters
The results rest on a file that is on this machine only. Nobody else can get it, and when it is replaced,
nothing says so: the same notebook gives other numbers, and nobody can tell which file gave the old ones.

## What to do
Commit small files. Track large ones with DVC, git-LFS or git-annex. Or record the file's digest: `--fix`, or
`nbdebt pin`, writes it into `nbdebt.lock`, and from then on a changed file is reported
(`changed-since-pinned`). The lock file is made to be committed.

## Example
```files
prices.csv
rates.csv tracked
```

```python
# %% [1]
import pandas as pd
prices = pd.read_csv("prices.csv")  # <- NBD401
rates = pd.read_csv("rates.csv")
again = pd.read_csv("./prices.csv")
```

Files in version control are fine, and so is what the notebook makes itself:

```files
rates.csv tracked
step.parquet
```

```python
# %% [1]
import pandas as pd
rates = pd.read_csv("rates.csv")
rates.to_parquet("step.parquet")
# %% [2]
step = pd.read_parquet("step.parquet")
```

To look whether a file is there, or to show a picture, is no reading of data:

```files
prices.csv
chart.png
```

```python
# %% [1]
import os
from IPython.display import Image
os.path.exists("prices.csv")
Image("chart.png")
```

## Known limits
More than three in one notebook are one finding, at the first. A path that is computed is not known, and what
git can't tell (git isn't installed, the repository is damaged) is not reported. Files that another notebook
of the run writes are left to `undeclared-consumer`; absolute paths out of the project to
`absolute-data-path`.

## Source
G. Wilson et al., *Good enough practices in scientific computing*, PLOS Computational Biology 13(6), 2017,
section "Data management". D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS
2015, section 3: unstable data dependencies are cured by versioned copies.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nbdebt.data.pins.model import NAME
from nbdebt.data.versions.answer import Versioned
from nbdebt.model.finding import Finding, Fix, PinFile
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._pinnable import NO_DATA
from nbdebt.rules.data._words import MOST, fold, unversioned
from nbdebt.rules.surroundings import Surroundings, Touch

_TABLES = ("delta", "iceberg")
_NOWHERE = "is in no version control"
_NEW = (_NOWHERE, "is not tracked by git", "is ignored by git", "is added to git but not committed")


@rule("NBD401", needs=Needs.OUTSIDE)
def unversioned_read(seen: Surroundings) -> Iterator[Finding]:
    """A file is read that no version control holds and no pin records."""
    found = unversioned(seen, _candidates(seen))
    reasons = {touch.target: state for touch, state in found}
    # What differs from its pin is told by `changed-since-pinned`.
    found = [(touch, state) for touch, state in found if state.by != NAME]
    changed = [touch for touch, state in found if state.by and not _can_be_pinned(state)]
    fresh = [touch for touch, state in found if not (state.by and not _can_be_pinned(state))]

    def one(touch: Touch) -> str:
        return (
            f"`{touch.text}` {reasons[touch.target].reason}: when it changes, "
            "nobody can tell what these results came from"
        )

    def many(touch: Touch, more: int) -> str:
        files = "1 more file" if more == 1 else f"{more} more files"
        return (
            f"`{touch.text}` and {files} are read without a version: when they change, "
            "nobody can tell what these results came from"
        )

    def evidence(touch: Touch) -> tuple[str, ...]:
        return (f"{touch.text} {reasons[touch.target].reason}",)

    for touch in changed:
        state = reasons[touch.target]
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` {state.reason}: the next reader may get other data than these results came from",
            "Read it at a version." if state.by in _TABLES else "Commit the change.",
            evidence=evidence(touch),
        )
    # Without any version control it is one fact about the project, not one about each file.
    nowhere = bool(fresh) and all(reasons[touch.target].reason == _NOWHERE for touch in fresh)
    yield from fold(
        seen,
        fresh,
        one,
        many,
        "Commit it, track it with DVC or git-LFS, or record its digest in nbdebt.lock.",
        most=1 if nowhere else MOST,
        evidence=evidence,
        fix=_pin,
    )


def _candidates(seen: Surroundings) -> Iterator[Touch]:
    for touch in seen.data_reads():
        if not touch.local or not touch.exact or touch.place == "nowhere" or touch.has("mode-unknown"):
            continue
        if touch.absolute and touch.place != "project":
            continue
        if touch.text.endswith(NO_DATA) or seen.makes(touch) or seen.writers(touch.target):
            continue
        yield touch


def _can_be_pinned(state: Versioned) -> bool:
    """Whether nothing holds the file yet: what changed under its version is not pinned without a question."""
    return state.reason in _NEW


def _pin(touches: Sequence[Touch]) -> Fix | None:
    files = [touch for touch in touches if Path(touch.target).is_file()]
    if not files:
        return None
    what = f"`{files[0].text}`" if len(files) == 1 else f"{len(files)} files"
    return Fix(f"Pin {what} in nbdebt.lock", tuple(PinFile(touch.text) for touch in files))
