"""Finds outputs that replace what other notebooks read, as the ledger knows.

## Why it matters
Whoever reads the file gets other numbers from now on, and is not told. The harm shows far from its cause:
in a report, a model, a dashboard of somebody else, days later. The code of the reader stands elsewhere, so
that no search of this project finds it; only a record of who read what does.

## What to do
Tell the readers before the content changes: `nbdebt ledger readers PATH` names them, and
`nbdebt ledger impact PATH` what they make of it. Write a new version beside the old one where they need time.
Declare the output with its consumers, and what is agreed upon is not reported. In a kernel, neither is
writing the same content once more.

## Example
Without a ledger nothing is known of readers, and nothing is said:

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_parquet("features.parquet")
```

With one, and three notebooks that have read it in the last 30 days, the same line would be reported. A file
that nobody has read is not:

```toml
[ledger]
dir = "ledger"
```

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_parquet("features.parquet")
```

## Known limits
Only reads that kernels with a ledger have recorded are known ([keep a ledger](../how-to/ledger.md)), and only
of the last 30 days (`days` under `[tool.nbdebt.ledger]`). A script, a dashboard and a colleague with a text
editor leave no trace there. In a kernel the ledger is read beside the work: a warning can come a cell late.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 2: "undeclared
consumers".
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.data.declared import is_declared_consumer
from nbdebt.data.digests import file_digest
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import replaces
from nbdebt.rules.surroundings import Surroundings, Touch

if TYPE_CHECKING:
    from nbdebt.ledger.local import Reader

_SHOWN = 5
_LARGE = 64 << 20


@rule("NBD320", needs=Needs.PROJECT)
def overwrites_what_others_read(seen: Surroundings) -> Iterator[Finding]:
    """An output replaces what other notebooks have read of late."""
    ledger = seen.settings.ledger
    if not ledger.dir:
        return
    # Loaded only where there is a ledger: it takes as long as checking a notebook.
    from nbdebt.ledger.local import local_of
    from nbdebt.ledger.names import dataset_of

    local = local_of(ledger)
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.exact or touch.target in said or not replaces(touch):
            continue
        name = dataset_of(touch.resource, seen.directory)
        if name is None:
            continue
        said.add(touch.target)
        readers = _others(local.readers(name), seen, touch)
        if local.in_kernel and readers:
            readers = _with_other_content(readers, touch)
        if not readers:
            continue
        yield seen.finding(
            touch.exchange,
            f"{_who(readers)} read `{touch.text}` in the last {ledger.days} days, and it is overwritten here",
            f"Tell them first: `nbdebt ledger readers {touch.text}` names them.",
            basis="observed",
            evidence=tuple(_evidence(reader) for reader in readers[:_SHOWN]),
        )


def _others(readers: "list[Reader]", seen: Surroundings, touch: Touch) -> "list[Reader]":
    """Those who read it, but for this notebook and for declared consumers."""
    own = os.path.realpath(seen.directory / Path(seen.result.path).name)
    here = os.path.join(os.path.realpath(seen.directory), "")
    declared = touch.declared
    return [
        reader
        for reader in readers
        if reader.job not in (own, here)
        and not (declared is not None and is_declared_consumer(declared, reader.job))
    ]


def _with_other_content(readers: "list[Reader]", touch: Touch) -> "list[Reader]":
    """Those who read another content than there is now: who writes the same again breaks nobody."""
    if not touch.local:
        return readers
    try:
        path = Path(touch.target)
        if path.stat().st_size > _LARGE:
            return readers
        now = f"sha256:{file_digest(path, 'sha256')}"
    except (OSError, ValueError):
        return readers
    return [reader for reader in readers if reader.digest != now]


def _who(readers: "list[Reader]") -> str:
    """``3 notebooks of 2 people``."""
    jobs = len({reader.job for reader in readers})
    actors = len({reader.actor for reader in readers if reader.actor})
    text = f"{jobs} other notebook{'s' if jobs > 1 else ''}"
    return f"{text} of {actors} {'people' if actors > 1 else 'person'}" if actors else text


def _evidence(reader: "Reader") -> str:
    who = f" ({reader.actor})" if reader.actor else ""
    job = f"a session in {reader.job}" if reader.job.endswith("/") else reader.job
    return f"{job}{who} read it last on {reader.at[:10]}"
