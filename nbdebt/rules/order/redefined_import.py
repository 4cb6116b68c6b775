"""Finds imported names that are bound to something else while a cell below still uses the import.

## Why it matters
After `time = time.time()` the module is gone, and `time.sleep(1)` below raises an AttributeError. In a
session that ran the cells in another order it worked.

## What to do
Choose another name for the value, or import the module under another one.

## Example

```python
# %% [1]
import time
# %% [3]
time = time.time()  # <- NBD109
# %% [2]
time.sleep(0.1)
print(time.time())
```

The class and the module of the same name:

```python
# %% [1]
from datetime import datetime
start = datetime.now()
# %% [2]
import datetime  # <- NBD109
# %% [3]
end = datetime.now()
```

The name is used as what it is bound to now:

```python
# %% [1]
from sklearn import datasets
# %% [2]
datasets = datasets.load_iris()
# %% [3]
datasets.data
```

Another package with the same interface:

```python
# %% [1]
from tqdm import tqdm
# %% [2]
from tqdm.notebook import tqdm
# %% [3]
for i in tqdm(range(3)):
    pass
```

## Known limits
Modules are not looked into: a use counts as one of the import if the same attribute was used on the name
while it was the import, or if the new value is a number, text or container, which has no such attribute.

## Source
The Python Language Reference, "The import statement" and "Naming and binding".
"""

import re
from collections.abc import Iterator

import msgspec

from nbdebt.model.finding import Finding
from nbdebt.model.history import Access, Name
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis

_ATTRIBUTE = re.compile(r"\s*\.\s*(\w+)")
_IMPORTED_AS = re.compile(r"\s*(?:from\s+(?P<module>[\w.]+)\s+import\b|import\b)")


class _Bound(msgspec.Struct):
    """A name that an import made: what it stands for, the attributes used on it, and what took its place."""

    qualified: str
    attributes: set[str] = set()
    taken: tuple[int, Access, str] | None = None


@rule("NBD109", needs=Needs.SOURCE)
def redefined_import(seen: Analysis) -> Iterator[Finding]:
    """An imported name is bound to something else, and a cell below uses the import."""
    rebound = _rebound(seen)
    if not rebound:
        return
    bound: dict[str, _Bound] = {}
    told: set[str] = set()
    for cell, flow in seen.cells():
        for access in flow.accesses:
            if access.resource.__class__ is not Name or access.via:
                continue
            name = access.resource.name
            if name not in rebound:
                continue
            if access.mode == "write" and not access.resource.part:
                qualified = _imported(seen, cell.index, access, name)
                known = bound.get(name)
                if known is None or (qualified and not _kin(known.qualified, qualified)):
                    bound.pop(name, None)
                    if qualified:
                        bound[name] = _Bound(qualified, set())
                elif qualified == known.qualified:
                    known.taken = None
                elif access.certain and known.taken is None:
                    known.taken = (cell.index, access, qualified)
            elif access.mode == "read" and name in bound and name not in told:
                known = bound[name]
                attribute = _attribute(seen, cell.index, access)
                if known.taken is None:
                    known.attributes.add(attribute)
                elif attribute and attribute in known.attributes:
                    told.add(name)
                    yield _finding(seen, name, known, cell.index, access, attribute)
            elif access.mode == "delete":
                bound.pop(name, None)


def _rebound(seen: Analysis) -> set[str]:
    """The names that an import binds and that are bound more than once: few, in most notebooks none."""
    imported = {name for _, flow in seen.cells() for name in flow.imports}
    once: set[str] = set()
    again: set[str] = set()
    for _, flow in seen.cells():
        for access in flow.accesses:
            if access.mode == "write" and access.resource.__class__ is Name:
                name = access.resource.name
                if name in imported:
                    (again if name in once else once).add(name)
    return again


def _finding(seen: Analysis, name: str, known: _Bound, cell: int, use: Access, attribute: str) -> Finding:
    assert known.taken is not None
    where, write, qualified = known.taken
    now = f"the module `{qualified}`" if qualified else "another value"
    return seen.finding(
        where,
        write.span,
        f"`{name}` was imported as `{known.qualified}` and is {now} from here on; "
        f"`{name}.{attribute}` in {seen.label(cell)} does not find it any more",
        f"Give one of the two `{name}` another name.",
        related=(seen.related(cell, f"`{name}.{attribute}` is used here", use.span),),
    )


def _imported(seen: Analysis, cell: int, access: Access, name: str) -> str:
    """What an import binds the name to; empty where the write is no import."""
    qualified = seen.flows[cell].imports.get(name, "")
    text = seen.line(cell, access.span.line)[access.span.column - 1 :]
    match = _IMPORTED_AS.match(text)
    if not qualified or match is None:
        return ""
    module = match["module"]
    # Two imports of a cell may bind the name; the statement itself says which this is.
    if module is not None:
        last = qualified.rpartition(".")[2]
        return qualified if qualified.startswith(module + ".") else f"{module}.{last}"
    return qualified if f"{qualified} as {name}" in text else name


def _kin(first: str, second: str) -> bool:
    """Whether one is a member of the other (``datetime`` and ``datetime.datetime``), or they are the same."""
    return first == second or first.startswith(second + ".") or second.startswith(first + ".")


def _attribute(seen: Analysis, cell: int, access: Access) -> str:
    match = _ATTRIBUTE.match(seen.line(cell, access.span.end_line)[access.span.end_column - 1 :])
    return match[1] if match is not None else ""
