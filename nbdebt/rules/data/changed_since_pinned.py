"""Finds data that are not what `nbdebt.lock` has pinned.

## Why it matters
Somebody recorded which content was meant, and something else is there: other rows, another unit, a column
that is gone. What the notebook shows came from the pinned content, or nobody knows any more from which. The
next run takes what is there now, and nothing else says so.

## What to do
`nbdebt pin --check` tells what has changed in a table, column by column. Restore the file where the change
was not meant; where it was, run the notebook again, look at its results, and pin anew:
`nbdebt pin --update FILE`.

## Example
```files
prices.csv pinned
rates.csv changed
```

```python
# %% [1]
import pandas as pd
prices = pd.read_csv("prices.csv")
rates = pd.read_csv("rates.csv")  # <- NBD409
```

What was never pinned is none of this rule's business, and neither is what the notebook makes itself:

```files
prices.csv
step.csv changed
```

```python
# %% [1]
import pandas as pd
prices = pd.read_csv("prices.csv")
prices.to_csv("step.csv")
# %% [2]
step = pd.read_csv("step.csv")
```

Without pins there is nothing to compare with:

```files
prices.csv tracked
```

```python
# %% [1]
import pandas as pd
prices = pd.read_csv("prices.csv")
```

A lock file that can't be read is reported once in each notebook, at the first file that it would be asked of.

## Known limits
`nbdebt check` compares size and digest and reads no table; what has changed in it is told by
`nbdebt pin --check`, and in a live session as soon as the file is read. Addresses are not fetched: for them,
too, ask `nbdebt pin --check`. Files above 4 GiB are compared by size alone.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 3: unstable data
dependencies are cured by versioned copies. S. Schelter et al., *Automating Large-Scale Data Quality
Verification*, PVLDB 11(12), 2018: profiles of columns, compared from one delivery to the next.
"""

from collections.abc import Iterator

from nbdebt.data.pins.drift import sentence
from nbdebt.data.pins.model import NAME
from nbdebt.data.versions.answer import Versioned
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import unversioned
from nbdebt.rules.surroundings import Surroundings, Touch


@rule("NBD409", needs=Needs.OUTSIDE)
def changed_since_pinned(seen: Surroundings) -> Iterator[Finding]:
    """Data are read that are not what nbdebt.lock has pinned."""
    candidates = [touch for touch in seen.data_reads() if not seen.makes(touch)]
    yield from _unreadable(seen, candidates)
    for touch, state in unversioned(seen, iter(candidates)):
        if state.by != NAME:
            continue
        yield seen.finding(
            touch.exchange,
            f"`{_short(touch)}` is not what was pinned{_since(state)}: {sentence(state.changes)}",
            "Restore it, or pin it anew where the change is meant: `nbdebt pin --update`.",
            evidence=state.changes,
        )


def _unreadable(seen: Surroundings, candidates: list[Touch]) -> Iterator[Finding]:
    """A lock file that can't be read says nothing of any file; told once, lest it be taken for a yes."""
    for touch in candidates:
        state = seen.state(touch) if touch.local and touch.exact else None
        if state is not None and state.by == NAME and "can't be read (" in state.reason:
            yield seen.finding(
                touch.exchange,
                f"whether `{_short(touch)}` is what was pinned is not known: {state.reason}",
                f"Mend {NAME}; of both sides of a merge, `nbdebt pin --update` makes one.",
                evidence=(state.reason,),
            )
            return


def _since(state: Versioned) -> str:
    return f" on {state.pinned}" if state.pinned else ""


def _short(touch: Touch) -> str:
    text = touch.text
    return text if len(text) <= 70 else f"{text[:40]}…{text[-29:]}"
