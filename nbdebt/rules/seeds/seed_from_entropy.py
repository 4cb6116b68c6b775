"""Finds seeds that come from the clock, the operating system or another source that is never the same.

## Why it matters
A seed from the clock looks like a seed and determines nothing: each run gives other numbers.

## What to do
Use a constant. If every run is meant to differ, print the seed, so that a run can be repeated.

## Example

```python
# %% [1]
import time
import numpy as np
np.random.seed(int(time.time()))  # <- NBD204
```

```python fixed
# %%
import time
import numpy as np
np.random.seed(42)
```

The hash of a text is another number in each process, unless `PYTHONHASHSEED` says which:

```python
# %% [1]
import numpy as np
rng = np.random.default_rng(abs(hash("run 1")))  # <- NBD204
```

```python fixed
# %%
import numpy as np
rng = np.random.default_rng(42)
```

Called without a number, `seed` takes one from the operating system:

```python
# %% [1]
import random
random.seed()  # <- NBD204
```

```python fixed
# %%
import random
random.seed(42)
```

A key of JAX, by way of a name:

```python
# %% [1]
import time
import jax
stamp = time.time_ns()
# %% [2]
key = jax.random.PRNGKey(stamp)  # <- NBD204
```

```python fixed
# %%
import time
import jax
stamp = time.time_ns()
# %%
key = jax.random.PRNGKey(42)
```

The seed is printed, and so the run can be repeated:

```python
# %% [1]
import secrets
import numpy as np
seed = secrets.randbits(64)
print("seed:", seed)
rng = np.random.default_rng(seed)
```

The clock is only looked at:

```python
# %% [1]
import time
import numpy as np
start = time.time()
np.random.seed(1)
print(time.time() - start)
```

## Known limits
A name is followed one step, to the statement that makes it. That a seed is printed is taken from the code's
text.

## Source
NumPy reference, "BitGenerators", on seeding and entropy; JAX documentation, "Pseudorandom numbers".
"""

import re
from collections.abc import Iterator

from nbdebt.flow.facts import Argument, CellFlow
from nbdebt.model.finding import Finding, Fix, Replace
from nbdebt.model.history import Access, Name, RandomStream
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import ENTROPY, argument_edit, call_at, within

_ARGUMENTS = frozenset(("seed", "random_state", "entropy", "a", "x", "s"))
# They take no number: others do.
_NUMBERLESS = {"torch.seed": "torch.manual_seed", "torch.Generator.seed": "manual_seed"}
_SHORT = frozenset(("a", "x", "s"))
_SOURCES = {
    "time": "the clock",
    "os": "the operating system",
    "uuid": "a fresh UUID",
    "hash": "the hash of a text, which differs in each process",
}


@rule("NBD204", needs=Needs.SOURCE)
def seed_from_entropy(seen: Analysis) -> Iterator[Finding]:
    """A seed comes from the clock or another source that differs in every run."""
    tainted: dict[str, str] = {}
    for cell, flow in seen.cells():
        index = cell.index
        draws = [access for access in flow.accesses if access.mode == "draw"]
        if not draws and not tainted:
            continue
        for access in draws:
            if not access.get("unseeding"):
                continue
            call = call_at(seen, index, access)
            other = _NUMBERLESS.get(access.via, "")
            edit = argument_edit(seen, index, call, "seed", True) if call is not None and not other else None
            if call is not None and call.arguments and edit is not None:
                given = next((a for a in call.arguments.values() if a.known and a.value is None), None)
                edit = Replace(index, given.span, str(seen.settings.seed)) if given is not None else None
            yield seen.finding(
                index,
                access.span,
                f"`{_short(access.via)}` without a number seeds from the operating system: every run differs",
                f"Pass a number: `{other or _short(access.via)}({seen.settings.seed})`.",
                fix=Fix(f"Seed with {seen.settings.seed}", (edit,), "unsafe") if edit is not None else None,
            )
        # What this cell binds matters to the calls below, and to those of the cell itself.
        _taint(flow, tainted)
        for call in flow.calls:
            for key, argument in call.arguments.items():
                if key not in _ARGUMENTS or (key in _SHORT and not call.function.startswith("random.")):
                    continue
                source = _source(flow, argument, tainted)
                if source is None or (argument.name and _printed(seen, argument.name)):
                    continue
                seed = str(seen.settings.seed)
                yield seen.finding(
                    index,
                    call.span,
                    f"the seed of `{_short(call.function)}` comes from {source}: every run differs",
                    "Use a constant, or print the seed, so that a run can be repeated.",
                    evidence=(f"the seed is `{argument.text}`",),
                    fix=Fix(f"Seed with {seed}", (Replace(index, argument.span, seed),), "unsafe"),
                )


def _taint(flow: CellFlow, tainted: dict[str, str]) -> None:
    """Note the names that a statement binds and in which it draws from a source that is never the same."""
    for statement in flow.statements:
        accesses = flow.accesses[statement.first : statement.last]
        streams = [
            a.resource.stream
            for a in accesses
            if a.mode == "draw" and isinstance(a.resource, RandomStream) and _counts(a)
        ]
        source = next(iter(streams), None)
        for access in accesses:
            if access.mode == "write" and isinstance(access.resource, Name) and not access.resource.part:
                if source is not None and statement.kind in ("Assign", "AnnAssign"):
                    tainted[access.resource.name] = source
                else:
                    tainted.pop(access.resource.name, None)


def _counts(access: Access) -> bool:
    """Whether what is drawn is never the same; the order of a set is another rule's."""
    stream = access.resource.stream if isinstance(access.resource, RandomStream) else ""
    return stream in ENTROPY or (stream == "hash" and access.via == "hash")


def _source(flow: CellFlow, argument: Argument, tainted: dict[str, str]) -> str | None:
    """The source that an argument comes from, in words; None where it comes from none."""
    if argument.known:
        return None
    if argument.name:
        found = tainted.get(argument.name)
        return _SOURCES.get(found, found) if found is not None else None
    for access in flow.accesses:
        resource = access.resource
        if access.mode != "draw" or not isinstance(resource, RandomStream) or not _counts(access):
            continue
        if within(access.span, argument.span) and not access.get("unseeded-generator"):
            return _SOURCES[resource.stream]
    return None


def _printed(seen: Analysis, name: str) -> bool:
    pattern = re.compile(rf"\b(?:print|display|info|log\w*)\(.*\b{re.escape(name)}\b")
    return any(pattern.search(cell.source) for cell in seen.notebook.code_cells)


def _short(function: str) -> str:
    return ".".join(function.split(".")[-2:])
