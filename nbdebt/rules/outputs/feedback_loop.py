"""Finds notebooks of the run that feed one another: what one writes comes back to it by way of others.

## Why it matters
Each run changes what the next run starts from. There is no order in which the notebooks can be run that gives
the same results twice: a model that is trained on labels which its own predictions made drifts, and nobody
sees where a number came from. A loop within one notebook is in view; one that goes through others is not.

## What to do
Break the loop: keep what was measured apart from what was derived from it, or give each round its own file
(`labels_2026-03.csv`), so that a run reads the last round's and writes the next. `nbdebt graph .` shows the
loop with all that hangs on it.

## Example
Checked together with `label.ipynb`, which reads `scores.csv` and writes `labels.csv`, this is reported, at
the read:

```python
# %% [1]
import pandas as pd
labels = pd.read_csv("labels.csv")
# %% [2]
labels.to_csv("scores.csv")
```

A notebook that reads back what it wrote is no loop:

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("step.csv")
step = pd.read_csv("step.csv")
```

## Known limits
Only notebooks that are checked together are seen, and only paths that are written out on both sides. Of
notebooks that write the same file nobody knows whose content is read: they are reported as
`output-overwritten`. Each loop is told once, by the first of its notebooks; of several through the same
notebook the shortest.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 4: direct and
hidden feedback loops.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from nbdebt.data.loops import loop_through
from nbdebt.data.targets import resolve_target
from nbdebt.model.finding import Exchange, Finding, Related
from nbdebt.rules import Needs, rule
from nbdebt.rules.surroundings import Surroundings, cell_label


@rule("NBD330", needs=Needs.PROJECT)
def feedback_loop(seen: Surroundings) -> Iterator[Finding]:
    """What a notebook writes comes back to it by way of other notebooks."""
    own = seen.result.path
    if not any(_feeds(seen, touch.target, own) for touch in seen.data_reads() if touch.exact):
        return

    def onward(path: str) -> Iterator[tuple[str, str]]:
        # Notebooks that come first in order tell their loops themselves.
        for target in _written(seen, path):
            for reader, _ in _readers(seen, target):
                if reader >= own:
                    yield target, reader

    steps = loop_through(own, onward)
    if not steps:
        return
    last_target = steps[-1][1]
    reads = next(exchange for reader, exchange in _readers(seen, last_target) if reader == own)
    text = next((t.text for t in seen.touches if t.exchange is reads), last_target)
    yield seen.finding(
        reads,
        f"`{text}` is made by {_chain(steps)}: each run changes what the next one starts from",
        "Keep what was measured apart from what is derived from it, or give each round its own file.",
        evidence=tuple(
            f"`{maker}` writes `{_shown(target, seen.directory)}`, which `{reader}` reads"
            for maker, target, reader in steps
        ),
        related=tuple(_places(seen, steps)),
    )


def _chain(steps: list[tuple[str, str, str]]) -> str:
    """`b.ipynb`, from what `a.ipynb` made, ... of what this notebook writes."""
    makers = [maker for maker, _, _ in reversed(steps)][:-1]
    by_way = f" by way of {', '.join(f'`{maker}`' for maker in makers[1:])}" if len(makers) > 1 else ""
    return f"`{makers[0]}` from what this notebook writes{by_way}"


def _shown(target: str, directory: Path) -> str:
    try:
        return Path(os.path.relpath(target, directory)).as_posix() if target.startswith("/") else target
    except ValueError:
        return target


def _feeds(seen: Surroundings, target: str, own: str) -> bool:
    """Whether another notebook makes what this one reads, and this one doesn't."""
    makers = {path for path, _ in seen.producers.get(target, ())}
    return bool(makers) and own not in makers


def _readers(seen: Surroundings, target: str) -> Iterator[tuple[str, Exchange]]:
    """Who reads a target, and doesn't make it, at the first read."""
    makers = {path for path, _ in seen.producers.get(target, ())}
    told: set[str] = set()
    for path, exchange in seen.consumers.get(target, ()):
        if path not in makers and path not in told and "script" not in exchange.access.detail:
            told.add(path)
            yield path, exchange


def _written(seen: Surroundings, path: str) -> dict[str, None]:
    """What a notebook writes, as all notebooks call it."""
    directory = Path(os.path.abspath(os.path.dirname(path)))
    return {
        resolve_target(exchange.access.resource, directory): None
        for exchange in seen.project[path].exchanges
        if exchange.access.mode == "write" and "computed" not in exchange.access.detail
    }


def _places(seen: Surroundings, steps: list[tuple[str, str, str]]) -> Iterator[Related]:
    for maker, target, reader in steps:
        for path, exchange in seen.producers.get(target, ()):
            if path == maker:
                where = f"{cell_label(exchange.cell)} writes what `{reader}` reads"
                yield Related(where, path, exchange.cell, exchange.access.span)
                break
