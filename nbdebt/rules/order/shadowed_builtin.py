"""Finds assignments to the name of a builtin that a cell below still calls.

## Why it matters
After `list = [1, 2]` there is no `list` to call any more: the cell below raises a TypeError when it runs
after the assignment, as it does on Restart & Run All.

## What to do
Choose another name, `rows` for `list`, `total` for `sum`.

## Example

```python
# %% [1]
scores = [3, 1, 2]
# %% [3]
max = scores[0]  # <- NBD108
# %% [2]
print(max(scores))
```

Nobody needs the builtin:

```python
# %% [1]
id = 17
# %% [2]
print(id + 1)
```

The new value is meant to be called:

```python
# %% [1]
def print(*words):
    pass
# %% [2]
print("quiet")
```

## Known limits
A value that comes out of a call is taken as one that can't be called itself, unless the function's name
says that it makes functions (`partial`, `lambda`, `getattr`, `compile`, `jit`).

## Source
The Python Standard Library, "Built-in Functions"; ruff's rule builtin-variable-shadowing (A001), which
reports every such assignment, whether anything depends on it or not.
"""

import ast
import builtins
import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Access, Name, Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis

_BUILTINS = frozenset(name for name in dir(builtins) if name[0] != "_" and callable(getattr(builtins, name)))
_MAKES_FUNCTIONS = re.compile(r"partial|wraps|getattr|compile|jit|vectorize|lambda|functi?o?n|itemgetter")


@rule("NBD108", needs=Needs.SOURCE)
def shadowed_builtin(seen: Analysis) -> Iterator[Finding]:
    """A global takes a builtin's name, and a cell below calls the builtin."""
    taken: dict[str, tuple[int, Access]] = {}
    told: set[str] = set()
    for cell, flow in seen.cells():
        # A recorded run that found the builtin itself under the name speaks of it apart.
        for name in sorted(taken.keys() & flow.builtins.keys() - told):
            if _is_called(seen, cell.index, flow.builtins[name], name):
                told.add(name)
                yield _finding(seen, name, *taken[name], cell.index, flow.builtins[name])
        for access in flow.accesses:
            if not isinstance(access.resource, Name) or access.resource.name not in _BUILTINS:
                continue
            name = access.resource.name
            if access.mode == "delete" or (access.mode == "write" and not _hides(seen, cell.index, access)):
                taken.pop(name, None)
            elif access.mode == "write" and not access.resource.part and access.certain:
                taken.setdefault(name, (cell.index, access))
            elif access.mode == "read" and name in taken and name not in told:
                if not _is_called(seen, cell.index, access.span, name):
                    continue
                told.add(name)
                yield _finding(seen, name, *taken[name], cell.index, access.span)


def _finding(seen: Analysis, name: str, where: int, write: Access, cell: int, call: Span) -> Finding:
    return seen.finding(
        where,
        write.span,
        f"`{name}` hides the builtin that {seen.label(cell)} calls below; "
        "run top to bottom, the call raises a TypeError",
        f"Give `{name}` another name here.",
        related=(seen.related(cell, f"`{name}` is called here", call),),
    )


def _is_called(seen: Analysis, cell: int, span: Span, name: str) -> bool:
    rest = seen.line(cell, span.end_line)[span.end_column - 1 :].lstrip()
    here = seen.line(cell, span.line)[span.column - 1 :]
    return here.startswith(name) and rest.startswith("(")


def _hides(seen: Analysis, cell: int, access: Access) -> bool:
    """Whether what is assigned is surely nothing to call."""
    for statement in seen.flows[cell].statements:
        if not statement.span.line <= access.span.line <= statement.span.end_line:
            continue
        if statement.kind in ("For", "AugAssign"):
            return True
        if statement.kind != "Assign":
            return False
        span = statement.span
        lines = seen.notebook.cells[cell].source.split("\n")[span.line - 1 : span.end_line]
        try:
            node = ast.parse("\n".join([lines[0][span.column - 1 :], *lines[1:]])).body[0]
        except (SyntaxError, ValueError, IndexError):
            return False
        return isinstance(node, ast.Assign) and _is_data(node.value)
    return False


def _is_data(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return not _MAKES_FUNCTIONS.search(ast.unparse(value.func))
    return not isinstance(value, ast.Name | ast.Attribute | ast.Lambda | ast.IfExp | ast.BoolOp | ast.Await)
