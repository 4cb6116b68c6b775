"""Finds output files whose name comes from the clock or a fresh UUID.

## Why it matters
Each run writes another file. What reads the results can't know which one is meant, and old ones pile up.

## What to do
Write to a fixed name, and put the time into the file, or let version control keep the old ones. If every
run is meant to leave its own file, silence this with the reason.

## Example

```python
# %% [1]
import pandas as pd
from datetime import datetime
frame = pd.DataFrame({"a": [1]})
frame.to_csv(f"result_{datetime.now():%Y%m%d}.csv")  # <- NBD209
```

By way of a name:

```python
# %% [1]
import uuid
import pandas as pd
target = f"run-{uuid.uuid4()}.csv"
# %% [2]
pd.DataFrame({"a": [1]}).to_csv(target)  # <- NBD209
```

The time is in the file, not in its name:

```python
# %% [1]
import pandas as pd
from datetime import datetime
frame = pd.DataFrame({"at": [datetime.now()]})
frame.to_csv("result.csv")
```

The name comes from the data:

```python
# %% [1]
import pandas as pd
frame = pd.DataFrame({"a": [1]})
for year in (2020, 2021):
    frame.to_csv(f"result_{year}.csv")
```

## Known limits
A name is followed through assignments only, not through functions of your own.

## Source
Wilson et al., "Good enough practices in scientific computing" (PLOS Computational Biology 2017), on naming
files by content.
"""

import re
from collections.abc import Iterator

from nbdebt.flow.facts import Argument, CellFlow, Statement
from nbdebt.model.finding import Finding
from nbdebt.model.history import Access, File, Name, RandomStream
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import within

_SOURCES = {"time": "the clock", "uuid": "a fresh UUID", "os": "the operating system's entropy"}


@rule("NBD209", needs=Needs.SOURCE, severity="note")
def entropy_in_results(seen: Analysis) -> Iterator[Finding]:
    """A file that is written takes its name from the clock or a fresh UUID."""
    tainted: dict[str, str] = {}
    for cell, flow in seen.cells():
        if not tainted and not any(access.mode == "draw" for access in flow.accesses):
            continue
        told: set[int] = set()
        for statement in flow.statements:
            for access in flow.accesses[statement.first : statement.last]:
                if (
                    access.mode != "write"
                    or access.resource.__class__ is not File
                    or not access.get("computed")
                ):
                    continue
                source = _source(flow, access, tainted)
                if source is None or access.span.line in told:
                    continue
                told.add(access.span.line)
                yield seen.finding(
                    cell.index,
                    access.span,
                    f"the name of this file comes from {_SOURCES[source]}: every run writes another file",
                    "Write to a fixed name.",
                    evidence=(f"the path is `{access.resource}`",),
                )
            _taint(flow, statement, tainted)


def _taint(flow: CellFlow, statement: Statement, tainted: dict[str, str]) -> None:
    """Note the names that a statement binds to something which comes from a source that is never the same."""
    accesses = flow.accesses[statement.first : statement.last]
    source: str | None = None
    for access in accesses:
        resource = access.resource
        if access.mode == "draw" and isinstance(resource, RandomStream) and resource.stream in _SOURCES:
            if not access.get("unseeded-generator"):
                source = source or resource.stream
        elif access.mode == "read" and isinstance(resource, Name):
            source = source or tainted.get(resource.name)
    for access in accesses:
        if access.mode == "write" and isinstance(access.resource, Name) and not access.resource.part:
            if source is not None and statement.kind in ("Assign", "AnnAssign"):
                tainted[access.resource.name] = source
            else:
                tainted.pop(access.resource.name, None)


def _source(flow: CellFlow, write: Access, tainted: dict[str, str]) -> str | None:
    """What the path of a write comes from, where that is never the same."""
    for call in flow.calls:
        if call.span == write.span and call.function == write.via:
            for argument in call.arguments.values():
                if (source := _argument_source(flow, argument, tainted)) is not None:
                    return source
    return None


def _argument_source(flow: CellFlow, argument: Argument, tainted: dict[str, str]) -> str | None:
    if argument.known or argument.type not in ("", "str", "pathlib.Path"):
        return None
    for access in flow.accesses:
        resource = access.resource
        if access.mode != "draw" or not isinstance(resource, RandomStream):
            continue
        if resource.stream in _SOURCES and within(access.span, argument.span):
            return resource.stream
    for name in re.findall(r"[A-Za-z_]\w*", argument.text):
        if name in tainted and (argument.name == name or argument.type):
            return tainted[name]
    return None
