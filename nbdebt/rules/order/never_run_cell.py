"""Finds cells that were never run in a notebook whose other cells were.

## Why it matters
Restart & Run All runs them too. What they do to the names that the cells below use is in none of the saved
results.

## What to do
Run the cell, or drop it, or make it Markdown if it is kept as a note.

## Example
A later cell uses what the cell changes, so that the saved result leaves it out:

```python
# %% [1]
rows = [3, None, 5]
# %%
rows = [row for row in rows if row]  # <- NBD106
# %% [2]
print(len(rows))
```

Several in a row are reported once, as a note where nothing depends on them:

```python
# %% [1]
x = 1
# %% [2]
print(x)
# %%
x * 2  # <- NBD106
# %%
x * 3
# %% [3]
print("done")
```

Comments, empty cells and installing packages are no work that is missing:

```python
# %%
%pip install pandas
# %% [1]
x = 1
# %%
# x = 2
```

A notebook of which only a little was run is a template or is still being written:

```python
# %% [1]
x = 1
# %%
x + 1
# %%
x + 2
```

## Known limits
Clearing a cell's output removes its count as well: such a cell looks as if it never ran.

## Source
The Jupyter Notebook format, `execution_count`: null for a cell that was not run. Rule, Tabard and Hollan,
"Exploration and Explanation in Computational Notebooks" (CHI 2018).
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Name
from nbdebt.model.notebook import Cell
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis

_SKIPPED = frozenset(("skip-execution", "skip", "parameters", "raises-exception"))
_PREPARES = re.compile(r"\s*(?:#.*|[%!].*)?\Z")


@rule("NBD106", needs=Needs.HISTORY, severity="note")
def never_run_cell(seen: Analysis) -> Iterator[Finding]:
    """A cell was never run, though others were."""
    code = [c for c in seen.notebook.code_cells if c.source.strip()]
    never = [c for c in code if c.execution_count is None and _works(c)]
    if not seen.history.executed or 2 * len(never) > len(code):
        return
    groups: list[list[Cell]] = []
    positions = {cell.index: place for place, cell in enumerate(code)}
    for cell in never:
        user = _user(seen, cell)
        if groups and user is None and positions[cell.index] == positions[groups[-1][-1].index] + 1:
            groups[-1].append(cell)
        else:
            groups.append([cell])
    for group in groups:
        first = group[0]
        user = _user(seen, first)
        if user is not None:
            name, reader = user
            if _alone(seen, first.index, name):
                # It must have run: what is below ran on it. Its count was lost, or another cell stood here.
                message = (
                    f"no run of this cell is saved, and {seen.label(reader)} below reads `{name}`, "
                    "which only this cell makes"
                )
                advice = "Run it, and then the cells below that need it."
            else:
                message = (
                    f"this cell was never run, and {seen.label(reader)} below reads `{name}`, which it makes"
                )
                advice = "Run it and the cells below that need it, or drop it."
            severity = "warning"
        else:
            extent = f"these {len(group)} cells were" if len(group) > 1 else "this cell was"
            message = (
                f"{extent} never run, though the notebook was; Restart & Run All runs {_them(group)} too"
            )
            severity = "note"
            advice = "Run it, or drop it." if len(group) == 1 else "Run them, or drop them."
        yield seen.finding(
            first.index,
            seen.whole(first.index),
            message,
            advice,
            basis="inferred",
            severity="warning" if severity == "warning" else "note",
            evidence=(f"{len(code) - len(never)} of {len(code)} code cells have an execution count",),
            related=tuple(seen.related(c.index, "never run either", seen.whole(c.index)) for c in group[1:]),
        )


def _them(group: list[Cell]) -> str:
    return "them" if len(group) > 1 else "it"


def _works(cell: Cell) -> bool:
    """Whether the cell does anything but comment, install or set the session up."""
    return not _SKIPPED & set(cell.tags) and not all(_PREPARES.match(t) for t in cell.source.split("\n"))


def _user(seen: Analysis, cell: Cell) -> tuple[str, int] | None:
    """A name that the cell changes, and a cell below that ran and takes it in; None where there is none."""
    flow = seen.flows.get(cell.index)
    if flow is None:
        return None
    changed = {
        a.resource.name
        for a in flow.accesses
        if a.mode in ("write", "mutate") and a.resource.__class__ is Name and a.via == ""
    }
    own = {name for name in changed if name not in flow.imports or _alone(seen, cell.index, name)}
    # Those that no cell in between has made anew.
    wanted = set(own)
    for index in sorted(seen.flows):
        if not wanted:
            break
        if index <= cell.index or seen.notebook.cells[index].execution_count is None:
            continue
        for access in seen.flows[index].accesses:
            if not isinstance(access.resource, Name) or access.resource.name not in wanted:
                continue
            if access.mode == "read":
                return access.resource.name, index
            if access.mode == "write" and not access.resource.part and access.certain:
                wanted.discard(access.resource.name)
    return None


def _alone(seen: Analysis, cell: int, name: str) -> bool:
    """Whether no cell above that ran makes the name."""
    return not any(
        index < cell and seen.notebook.cells[index].execution_count is not None
        for index in seen.replay.writers.get(name, ())
    )
