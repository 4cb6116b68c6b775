"""Finds cells that used another version of a name than Restart & Run All gives them.

## Why it matters
The cells ran in another order than they stand. What the cell shows was computed from a value that a reader,
who runs the notebook from top to bottom, will not have at that point: the result changes and no error says
so.

## What to do
Restart and run all, and look whether the result is the one you mean. If it isn't, put the cells in the
order in which they make it.

## Example
`data` was overwritten by the last cell before the mean was taken:

```python
# %% [1]
data = [1, 2, 3]
# %% [3]
mean = sum(data) / len(data)  # <- NBD102
# %% [2]
data = [10, 20, 30]
```

A random stream is drawn from in another order, which gives other numbers:

```python
# %% [1]
import random
random.seed(1)
# %% [3]
first = random.random()  # <- NBD102
# %% [2]
second = random.random()  # <- NBD102
```

Cells that have nothing to do with each other may run in any order:

```python
# %% [1]
a = 1
# %% [3]
b = 2
# %% [2]
c = a + 1
```

The same value in a different name is no debt:

```python
# %% [2]
left = [1, 2]
# %% [1]
right = [3, 4]
# %% [3]
left + right
```

## Known limits
Rests on the saved execution counts. A count tells only when a cell ran last, and not by which code.

## Source
Macke, Gong, Lee, Head, Xin and Parameswaran, "Fine-Grained Lineage for Safer Notebook Interactions" (PVLDB
2021), on stale symbols; Chattopadhyay et al., "What's Wrong with Computational Notebooks?" (CHI 2020).
"""

from collections.abc import Iterator

from nbdebt.flow.reasons import Reason
from nbdebt.model.finding import Finding, Related
from nbdebt.model.history import Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.order._reasons import base_name, is_import, of_two_sessions, place, reasons, stream_of


@rule("NBD102", needs=Needs.HISTORY)
def out_of_order_read(seen: Analysis) -> Iterator[Finding]:
    """A cell used another version of a name than it finds when the notebook is run top to bottom."""
    groups: dict[tuple[str, int | None, int | None, int], list[tuple[int, Reason]]] = {}
    for cell, reason in reasons(seen, "other-version"):
        if reason.then in (cell, reason.now) or of_two_sessions(seen, cell, reason):
            # After its own earlier run: rerun-not-idempotent's. Of one cell, then and now: what is wrong is
            # wrong there. Two sessions have no common order.
            continue
        name = base_name(seen, cell, reason)
        if is_import(seen, reason.then, name) and is_import(seen, reason.now, name):
            continue
        stream = stream_of(seen, cell, reason)
        groups.setdefault((name, reason.then, reason.now, cell if stream else -1), []).append((cell, reason))
    for (name, then, now, _), places in groups.items():
        cell, reason = places[0]
        stream = stream_of(seen, cell, reason)
        yield seen.finding(
            cell,
            place(seen, cell, reason),
            _message(seen, stream, reason),
            "Run all from the top and check the result, or move the cells into the order that gives it.",
            basis="inferred",
            evidence=_order(seen, [i for i in (now, then, cell) if i is not None]),
            related=_related(seen, name, then, now, places),
        )


def _message(seen: Analysis, stream: str, reason: Reason) -> str:
    now = seen.label(reason.now) if reason.now is not None else "no cell"
    if stream:
        if reason.then is None:
            return (
                f"the {stream} random stream was not seeded when this ran; run top to bottom {now} seeds it"
            )
        return (
            f"this draw came after {seen.label(reason.then)} used the {stream} random stream; "
            f"run top to bottom it comes after {now}, and gives other numbers"
        )
    if reason.then is None:
        return f"`{reason.name}` was as it is outside this notebook; run top to bottom {now} makes it first"
    return f"`{reason.name}` came from {seen.label(reason.then)}; run top to bottom it comes from {now}"


def _related(
    seen: Analysis, name: str, then: int | None, now: int | None, places: list[tuple[int, Reason]]
) -> tuple[Related, ...]:
    found: list[Related] = []
    if now is not None:
        found.append(seen.related(now, "run top to bottom it comes from here", _writes(seen, now, name)))
    if then is not None:
        found.append(seen.related(then, "it came from here", _writes(seen, then, name)))
    found += [seen.related(c, f"`{name}` is used here too", place(seen, c, r)) for c, r in places[1:]]
    return tuple(found)


def _writes(seen: Analysis, cell: int, name: str) -> Span:
    """Where a cell makes the name."""
    flow = seen.flows.get(cell)
    for access in flow.accesses if flow is not None else ():
        if (
            access.mode in ("write", "mutate")
            and getattr(access.resource, "name", str(access.resource)) == name
        ):
            return access.span
    return seen.whole(cell)


def _order(seen: Analysis, cells: list[int]) -> tuple[str, ...]:
    """The counts that tell the order in which they ran."""
    counts = {i: seen.notebook.cells[i].execution_count for i in dict.fromkeys(cells)}
    ran = sorted((n, i) for i, n in counts.items() if n is not None)
    return (f"they ran in the order {', '.join(seen.label(i) for _, i in ran)}",) if len(ran) > 1 else ()
