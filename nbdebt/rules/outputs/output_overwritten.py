"""Finds outputs that another cell, or another notebook of the run, writes too: only the last one's stays.

## Why it matters
What the first one wrote is lost before anybody read it. Which of the two is found depends on the order in
which cells or notebooks happened to run.

## What to do
Give each output a path of its own.

## Example
```python
# %% [1]
import pandas as pd
import matplotlib.pyplot as plt
pd.DataFrame({"a": [1]}).to_csv("result.csv")
plt.savefig("figure.png")
# %% [2]
pd.DataFrame({"b": [2]}).to_csv("result.csv")  # <- NBD308
# %% [3]
plt.savefig("figure.png")  # <- NBD308
```

Alternatives, and rows that are added:

```python
# %% [1]
import pandas as pd
small = True
if small:
    pd.DataFrame({"a": [1]}).to_csv("result.csv")
# %% [2]
if not small:
    pd.DataFrame({"b": [2]}).to_csv("result.csv")
pd.DataFrame({"a": [1]}).to_csv("all.csv")
# %% [3]
pd.DataFrame({"a": [2]}).to_csv("all.csv", mode="a")
```

A file that was read before it is written anew:

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("step.csv")
first = pd.read_csv("step.csv")
# %% [2]
pd.DataFrame({"a": [2]}).to_csv("step.csv")
second = pd.read_csv("step.csv")
```

## Known limits
Two writes in one cell are not compared, nor targets whose path is computed, nor directories. Of two notebooks
that write the same file, the later one in the order of the run is reported, and names the other.

## Source
Two producers of one data set are an undeclared dependency between them: D. Sculley et al., *Hidden Technical
Debt in Machine Learning Systems*, NeurIPS 2015, section 3.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from nbdebt.model.finding import Finding, Related
from nbdebt.model.history import Span, Table
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import TABLE_WRITERS, replaces
from nbdebt.rules.surroundings import Surroundings, Touch, cell_label


@rule("NBD308", needs=Needs.PROJECT)
def output_overwritten(seen: Surroundings) -> Iterator[Finding]:
    """Another cell, or another notebook of the run, writes the same output."""
    said: set[str] = set()
    lost: dict[tuple[int, Span, int], list[tuple[Touch, Touch]]] = {}
    for touch in seen.writes():
        if touch.target in said or not _comparable(touch):
            continue
        before = _lost_write(seen, touch)
        if before is not None:
            said.add(touch.target)
            place = touch.cell, touch.exchange.access.span, before.cell
            lost.setdefault(place, []).append((touch, before))
            continue
        others = _earlier_notebooks(seen, touch)
        if others and not seen.downloads(touch):
            said.add(touch.target)
            yield seen.finding(
                touch.exchange,
                f"`{touch.text}` is also written by `{others[0].path}`: the one that runs last wins",
                "Give each output a path of its own.",
                related=others,
            )
    for found in lost.values():
        touch, before = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}`{more} {'were' if more else 'was'} already written in "
            f"{cell_label(before.exchange.cell)}, and what it wrote is lost here",
            "Give each output a path of its own.",
            evidence=tuple(f"`{other.text}` is written twice" for other, _ in found),
            related=(seen.related(before, f"`{before.text}` is written here first"),),
        )


def _comparable(touch: Touch) -> bool:
    """Whether the write puts one whole file or table in place of what was there, whenever its cell runs."""
    if not touch.exact or not touch.exchange.access.certain or not replaces(touch) or touch.has("download"):
        return False
    if isinstance(touch.resource, Table):
        return touch.via.endswith(TABLE_WRITERS)
    # What has no suffix is a directory more often than not, and those are filled by many.
    return bool(PurePosixPath(touch.target.partition("?")[0]).suffix) and not touch.via.endswith("extractall")


def _lost_write(seen: Surroundings, touch: Touch) -> Touch | None:
    """An earlier cell's write of the same target that nobody read."""
    for other in seen.touching_before(touch):
        if other.mode in ("read", "delete"):
            return None
        if other.mode == "write" and _comparable(other):
            return other if other.cell != touch.cell else None
    return None


def _earlier_notebooks(seen: Surroundings, touch: Touch) -> tuple[Related, ...]:
    """Where notebooks that come before this one in the run write the same target."""
    found: dict[str, Related] = {}
    for path, exchange in seen.producers.get(touch.target, ()):
        if path == seen.result.path:
            break
        access = exchange.access
        if access.certain and not {"append", "update", "download", "mode-unknown"} & set(access.detail):
            found.setdefault(path, Related("it is written here too", path, exchange.cell, access.span))
    return tuple(found.values())
