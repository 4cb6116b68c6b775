"""Finds cells whose inputs were made again after they ran.

## Why it matters
The saved output still shows what the cell computed from the older input. If the input changed, the notebook
shows a result that goes with none of its cells as they are now.

## What to do
Run the cell again, or restart and run all.

## Example
`prices` was made again, by a later run of the first cell, after the sum was taken:

```python
# %% [4]
prices = [10, 20, 30]
# %% [2]
total = sum(prices)  # <- NBD103
# %% [3]
print(total)
```

The first cell had other prices before. The file doesn't say so, a live session knows it:

```python seen
# %% [1] in cell 1
prices = [1, 2, 3]
```

What was read comes from a cell above that shows no count; that a cell below makes it anew changes nothing:

```python
# %%
prices = [10, 20, 30]
# %% [2]
total = sum(prices)
# %% [4]
prices = [1, 2, 3]
```

A cell that imports ran again; that changes nothing:

```python
# %% [3]
import math
# %% [2]
print(math.pi)
```

The cell that uses the new input ran after it:

```python
# %% [2]
prices = [10, 20, 30]
# %% [3]
total = sum(prices)
```

## Known limits
A saved notebook doesn't keep by which code the input was made before: if the cell merely ran again
unchanged, the output is still right. Where the saved output is exactly what the code as it stands prints,
nothing is reported. A live session compares the values, and reports only inputs that have changed.

## Source
Macke, Gong, Lee, Head, Xin and Parameswaran, "Fine-Grained Lineage for Safer Notebook Interactions" (PVLDB
2021), on cells that are stale.
"""

from collections.abc import Iterator

from nbdebt.flow.reasons import Reason
from nbdebt.model.finding import Finding
from nbdebt.model.history import File, Table, Url
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import (
    base_name,
    earlier_runs,
    is_import,
    lacked,
    listing,
    of_two_sessions,
    place,
    reasons,
    unexplained,
)


@rule("NBD103", needs=Needs.HISTORY)
def stale_output(seen: Analysis) -> Iterator[Finding]:
    """An input of the cell was made again after the cell ran."""
    groups: dict[int, dict[int, list[Reason]]] = {}
    for cell, reason in reasons(seen, "stale"):
        maker = reason.now if reason.now is not None else reason.then
        if maker is None or is_import(seen, maker, base_name(seen, cell, reason)):
            continue
        if (
            unexplained(seen, cell, reason)
            or lacked(seen, cell, reason)
            or of_two_sessions(seen, cell, reason)
        ):
            continue
        if _from_unrun(seen, cell, maker, base_name(seen, cell, reason)):
            continue
        groups.setdefault(maker, {}).setdefault(cell, []).append(reason)
    for maker, cells in groups.items():
        first, found = next(iter(cells.items()))
        names = listing([f"`{n}`" for n in dict.fromkeys(base_name(seen, first, r) for r in found)])
        again = seen.label(maker)
        earlier = [] if seen.observed else earlier_runs(seen, maker)
        verb = "were" if len({base_name(seen, first, r) for r in found}) > 1 else "was"
        yield seen.finding(
            first,
            place(seen, first, found[0]),
            f"{names} {verb} made again by {again} after this ran; "
            f"what this cell {_did(seen, first)} may be out of date",
            "Run this cell again, or restart and run all.",
            basis="inferred",
            evidence=(
                f"{again} ran after {seen.label(first)}",
                *(
                    (f"an earlier run of {again} had count {earlier[0]}, which no cell bears any more",)
                    if earlier
                    else ()
                ),
            ),
            related=(
                seen.related(maker, "made again here", seen.whole(maker)),
                *(
                    seen.related(c, "also ran before that", place(seen, c, r[0]))
                    for c, r in list(cells.items())[1:]
                ),
            ),
        )


def _did(seen: Analysis, cell: int) -> str:
    """What of a cell may be out of date: what it shows, or what it wrote or made where it shows nothing."""
    flow, source = seen.flows[cell], seen.notebook.cells[cell].source
    if "print" in flow.builtins or flow.magics or any("display" in a.via for a in flow.accesses):
        return "shows"
    outside = [a for a in flow.accesses if isinstance(a.resource, File | Table | Url)]
    written = [a.span.line for a in outside if a.mode in ("write", "mutate")]
    last = flow.displayed
    # What writes gives back nothing that is worth a look.
    if last is not None and not source.rstrip().endswith(";") and last.line not in written:
        return "shows"
    return "wrote" if written else "made"


def _from_unrun(seen: Analysis, cell: int, maker: int, name: str) -> bool:
    """Whether the name may come from a cell above that shows no count, and the other maker stands below."""
    return maker > cell and any(
        index < cell and seen.notebook.cells[index].execution_count is None
        for index in seen.replay.writers.get(name, ())
    )
