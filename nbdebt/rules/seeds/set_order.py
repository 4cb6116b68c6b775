"""Finds lists that take their order from a set.

## Why it matters
The order of a set of strings changes from one Python process to the next. A list made of it, and what is
computed in that order (a vocabulary, columns, labels), comes out in another order after each restart.

## What to do
`sorted(...)` around the set.

## Example

```python
# %% [1]
words = ["b", "a", "c"]
vocabulary = list(set(words))  # <- NBD210
index = {word: i for i, word in enumerate(set(words))}  # <- NBD210
```

```python fixed
# %%
words = ["b", "a", "c"]
vocabulary = sorted(set(words))
index = {word: i for i, word in enumerate(sorted(set(words)))}
```

Sorted, counted or only asked:

```python
# %% [1]
words = ["b", "a", "c"]
vocabulary = sorted(set(words))
print(len(set(words)), "a" in set(words), sorted(list(set(words))))
```

Small numbers have a fixed order:

```python
# %% [1]
list(set(range(3))), list({1, 2})
```

## Known limits
What a set holds is not known unless the code says so: a set of numbers is reported too. Sets that are held
by a name are not followed. Not on by default: select it with `--extend-select NBD210`.

## Source
Python reference, `object.__hash__`: hash values of str and bytes objects are salted with an unpredictable
random value; `PYTHONHASHSEED`.
"""

import ast
from collections.abc import Iterator

from nbdebt.flow.magics import mask
from nbdebt.model.finding import Edit, Finding, Fix, Replace
from nbdebt.model.history import Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis

_ORDERED = frozenset(("list", "tuple", "enumerate"))
_UNORDERED = frozenset(("sorted", "len", "set", "frozenset", "sum", "min", "max", "any", "all", "Counter"))


@rule("NBD210", needs=Needs.SOURCE, severity="note", default=False)
def set_order(seen: Analysis) -> Iterator[Finding]:
    """A list takes its order from a set."""
    for cell, _ in seen.cells():
        if "set(" not in cell.source and "{" not in cell.source:
            continue
        masked = mask(cell.source)
        # Positions beyond ASCII or in an indented cell would have to be converted: such cells are left out.
        if masked.skip or masked.dedent or not cell.source.isascii():
            continue
        try:
            tree = ast.parse(masked.text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        calm: set[ast.AST] = set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in _UNORDERED:
                calm.update(node.args)
            elif name in _ORDERED and len(node.args) == 1 and node not in calm and _is_set(node.args[0]):
                yield _finding(seen, cell.index, node, name)


def _is_set(node: ast.expr) -> bool:
    """Whether the expression is a set whose order may differ."""
    if isinstance(node, ast.SetComp):
        return True
    if isinstance(node, ast.Set):
        return not all(isinstance(e, ast.Constant) and isinstance(e.value, int | float) for e in node.elts)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "set":
        return False
    given = node.args[0] if node.args else None
    is_range = isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and given.func.id == "range"
    return given is not None and not is_range


def _finding(seen: Analysis, cell: int, node: ast.Call, name: str) -> Finding:
    inner = node.args[0]
    edits: tuple[Edit, ...]
    if name == "list":
        edits = (Replace(cell, _span(node.func), "sorted"),)
    else:
        start, end = (
            (inner.lineno, inner.col_offset + 1),
            (inner.end_lineno or 1, (inner.end_col_offset or 0) + 1),
        )
        edits = (Replace(cell, Span(*start, *start), "sorted("), Replace(cell, Span(*end, *end), ")"))
    return seen.finding(
        cell,
        _span(node),
        f"`{name}` takes its order from a set, which differs after each restart",
        "Sort the set: `sorted(...)`.",
        fix=Fix("Sort the set", edits, "unsafe"),
    )


def _span(node: ast.expr) -> Span:
    return Span(
        node.lineno, node.col_offset + 1, node.end_lineno or node.lineno, (node.end_col_offset or 0) + 1
    )
