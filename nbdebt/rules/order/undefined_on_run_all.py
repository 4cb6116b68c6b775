"""Finds names that a cell uses and that no cell above it makes.

## Why it matters
The session still holds the name, so everything works for you. The next person restarts, runs all cells and
is stopped by a NameError. The name was made by a cell further down, by a cell that was deleted since, or
under another name.

## What to do
Move the cell that makes the name above the first use, or write the definition back. With `--unsafe-fixes`
the cell that makes it is moved where that alone puts things right.

## Example
The cell that makes `rate` stands below its use:

```python
# %% [2]
price = 20 * rate  # <- NBD101
# %% [1]
rate = 1.21
```

```python fixed
# %%
rate = 1.21
# %%
price = 20 * rate
```

No cell makes `frame` any more; its only trace is the gap in the counts:

```python
# %% [1]
import pandas as pd
# %% [3]
total = frame["amount"].sum()  # <- NBD101
```

The run that is missing, as a live session saw it:

```python seen
# %% [2]
frame = pd.DataFrame({"amount": [5, 7]})
```

A cell above deletes what is used below:

```python
# %% [1]
rows = [1, 2, 3]
# %% [3]
del rows
# %% [2]
print(len(rows))  # <- NBD101
```

A function is defined above and called below all that it needs:

```python
# %% [1]
def gross(net):
    return net * rate
# %% [2]
rate = 1.21
# %% [3]
gross(100)
```

A name that is perhaps not there is asked for politely:

```python
# %% [1]
try:
    cache
except NameError:
    cache = {}
# %% [2]
cache["a"] = 1
```

Several names that nothing makes are one finding a cell, for the first of them stops it:

```python
# %% [1]
total = 3
# %% [4]
print(total, rows)  # <- NBD101
print(columns)
```

```python seen
# %% [2]
rows = [1, 2, 3]
# %% [3]
columns = ["a"]
```

A star import brings names that nobody can see here:

```python
# %% [1]
from math import *
print(cos(pi))
# %% [2]
print(sin(pi))
```

What a cell above makes that never ran is there after Restart & Run All (never-run-cell speaks of it):

```python
# %%
rate = 1.21
# %% [2]
price = 20 * rate
# %% [3]
print(price)
```

## Known limits
Names that `exec`, `%run` or a star import bring in are not known; in such a cell and below it nothing is
reported.
Without execution counts the finding rests on the code alone and is a warning.
In a live session, a cell that was just stopped by a NameError is not reported on top.

## Source
The Python Language Reference, "Naming and binding". Pimentel, Murta, Braganholo and Freire, "A Large-Scale
Study About Quality and Reproducibility of Jupyter Notebooks" (MSR 2019), where NameError is among the most
common reasons for which notebooks fail when they are run again.
"""

import builtins
from collections.abc import Iterator

from nbdebt.flow.reasons import Reason
from nbdebt.model.finding import Finding, Fix, Move
from nbdebt.model.history import Name
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import base_name, listing, place, reasons, touches

_PROVIDED = frozenset(dir(builtins)) | {"display", "get_ipython", "exit", "quit"}


@rule("NBD101", needs=Needs.HISTORY, severity="error")
def undefined_on_run_all(seen: Analysis) -> Iterator[Finding]:
    """A name is used that no cell above makes."""
    uses: dict[str, list[tuple[int, Reason]]] = {}
    for cell, reason in reasons(seen, "missing"):
        name = base_name(seen, cell, reason)
        if "raises-exception" not in seen.notebook.cells[cell].tags and not _perhaps_above(seen, name, cell):
            uses.setdefault(name, []).append((cell, reason))
    ran = seen.history.executed
    nowhere: dict[int, list[str]] = {}
    for name, places in uses.items():
        if _made_nowhere(*places[0]):
            nowhere.setdefault(places[0][0], []).append(name)
    for name, places in uses.items():
        cell, reason = places[0]
        together = nowhere.get(cell, []) if _made_nowhere(cell, reason) else [name]
        if name != together[0]:
            continue
        message, advice, evidence = _told(seen, together, cell, reason)
        provider = reason.then
        related = tuple(
            seen.related(c, f"`{name}` is used here too", place(seen, c, r)) for c, r in places[1:]
        )
        if provider is not None and provider != cell:
            related = (seen.related(provider, f"`{name}` is made here", seen.whole(provider)), *related)
        yield seen.finding(
            cell,
            place(seen, cell, reason),
            message,
            advice,
            basis="inferred" if ran else "parsed",
            severity="error" if ran else "warning",
            evidence=evidence,
            related=related,
            fix=_move(seen, name, cell, provider),
        )


def _perhaps_above(seen: Analysis, name: str, cell: int) -> bool:
    """Whether Python has the name, a cell above that never ran makes it, or a broken one speaks of it."""
    if name in _PROVIDED:
        return True
    if any(index < cell for index in seen.replay.writers.get(name, ())) and not _deleted(seen, name, cell):
        return True
    if cell in seen.flows and seen.flows[cell].opaque:
        return True
    return any(
        c.index < cell and c.source.strip() and c.index not in seen.flows and name in c.source
        for c in seen.notebook.code_cells
    )


def _deleted(seen: Analysis, name: str, cell: int) -> bool:
    return any(
        access.mode == "delete" and access.resource == Name(name)
        for index, flow in seen.flows.items()
        if index <= cell
        for access in flow.accesses
    )


def _made_nowhere(cell: int, reason: Reason) -> bool:
    """Whether no cell makes the name, above or below."""
    return reason.now is None and (reason.then is None or reason.then <= cell)


def _told(seen: Analysis, names: list[str], cell: int, reason: Reason) -> tuple[str, str, tuple[str, ...]]:
    """Message, advice and evidence; several names are names that no cell makes."""
    name = names[0]
    stops = "Restart & Run All stops here with a NameError"
    if reason.now is not None:
        where = seen.label(reason.now)
        return (
            f"`{name}` is deleted by {where} above; {stops}",
            f"Move the deletion in {where} below this cell, or drop it.",
            (f"{where} deletes `{name}`",),
        )
    if reason.then is not None and reason.then > cell:
        where = seen.label(reason.then)
        return (
            f"`{name}` is made only below, by {where}; {stops}",
            f"Move {where} above this cell.",
            (f"{where} is the first that makes `{name}`",),
        )
    known = [other for other in seen.replay.writers if other != name]
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1, 0.8)
    shown, be = listing([f"`{n}`" for n in names]), "are" if len(names) > 1 else "is"
    evidence = [f"no cell of the notebook makes {'them' if len(names) > 1 else 'it'}"]
    if near:
        evidence.append(f"the nearest name that a cell makes is `{near[0]}`")
    if seen.history.gaps:
        gaps = len(seen.history.gaps)
        evidence.append(
            f"{gaps} execution counts are borne by no cell any more"
            if gaps > 1
            else "one execution count is borne by no cell any more"
        )
    # It lacked the name even then: nothing was lost.
    failed = any(o.kind == "error" and o.name == "NameError" for o in seen.notebook.cells[cell].outputs)
    lost = f": what made {'them' if len(names) > 1 else 'it'} was deleted or renamed"
    return (
        f"{shown} {be} made by no cell{lost if seen.history.executed and not failed else ''}; {stops}",
        f"Use `{near[0]}`, if that is what `{name}` is called now, or write the definition of `{name}` back."
        if near
        else f"Write the definition{'s' if len(names) > 1 else ''} of {shown} back above this cell.",
        tuple(evidence),
    )


def _move(seen: Analysis, name: str, cell: int, provider: int | None) -> Fix | None:
    """Move the cell that makes the name up, where nothing between minds and what it reads is made above."""
    if provider is None or provider <= cell or provider not in seen.flows:
        return None
    if seen.replay.writers.get(name) != [provider] or seen.flows[provider].error:
        return None
    reads, changes = touches(seen, provider)
    between = [i for i in seen.flows if cell <= i < provider]
    above: set[str] = set()
    for index in seen.flows:
        if index < cell:
            above |= touches(seen, index)[1]
    if any(key[0] != "<" and key not in above for key in reads):
        return None
    for index in between:
        their_reads, their_changes = touches(seen, index)
        if their_changes & (reads | changes):
            return None
        # What they read of the moved cell's must be something that only it makes: they lacked it, too.
        if any(key[0] == "<" or seen.replay.writers.get(key) != [provider] for key in their_reads & changes):
            return None
    return Fix(f"Move {seen.label(provider)} above {seen.label(cell)}", (Move(provider, cell),), "unsafe")
