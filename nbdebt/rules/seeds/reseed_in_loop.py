"""Finds loops that set the same seed in each turn and repeat the same draws.

## Why it matters
Each turn draws the same numbers: the ten repetitions are one, and their spread is zero or says nothing
about chance.

## What to do
Seed once above the loop, or seed with something that each turn has of its own.

## Example

```python
# %% [1]
import numpy as np
means = []
for trial in range(10):
    np.random.seed(0)  # <- NBD207
    means.append(np.random.rand(100).mean())
```

A seed for each turn:

```python
# %% [1]
import numpy as np
means = []
for trial in range(10):
    np.random.seed(trial)
    means.append(np.random.rand(100).mean())
```

Several settings compared under the same draws, on purpose:

```python
# %% [1]
import numpy as np
results = {}
for scale in [0.1, 1, 10]:
    np.random.seed(0)
    results[scale] = np.random.normal(scale=scale, size=10).mean()
```

## Known limits
Only loops that repeat are looked at: `while`, and `for` over a `range` whose variable nothing but `print`
uses.

## Source
NumPy reference, "Parallel random number generation", on streams for independent repetitions.
"""

import ast
from collections.abc import Iterator

from nbdebt.flow.facts import Statement
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import call_at, statement_of, streams


@rule("NBD207", needs=Needs.SOURCE)
def reseed_in_loop(seen: Analysis) -> Iterator[Finding]:
    """A loop sets the same seed in each turn and repeats the same draws."""
    told: set[tuple[int, int]] = set()
    for stream in streams(seen).values():
        for seed in stream.seeds:
            call = call_at(seen, seed.cell, seed.access)
            if call is None or not call.loop or call.function_scope or not call.arguments:
                continue
            if not all(argument.known for argument in call.arguments.values()):
                continue
            loop = statement_of(seen, seed.cell, seed.access.span)
            if loop is None or loop.kind not in ("For", "While") or not _repeats(seen, seed.cell, loop):
                continue
            draws = [
                use
                for use in stream.determined
                if use.cell == seed.cell and loop.span.line <= use.access.span.line <= loop.span.end_line
            ]
            if not draws or (seed.cell, call.span.line) in told:
                continue
            told.add((seed.cell, call.span.line))
            yield seen.finding(
                seed.cell,
                call.span,
                f"`{stream.shown}` gets the same seed in each turn of the loop, and so the same draws",
                "Seed once, above the loop.",
                related=(seen.related(seed.cell, "drawn in the loop", draws[0].access.span),),
            )


def _repeats(seen: Analysis, cell: int, statement: Statement) -> bool:
    """Whether the loop does the same thing again and again: nothing in it knows which turn it is."""
    lines = seen.notebook.cells[cell].source.split("\n")[statement.span.line - 1 : statement.span.end_line]
    try:
        loop = ast.parse("\n".join(lines)).body[0]
    except (SyntaxError, ValueError, IndexError):
        return False
    if isinstance(loop, ast.While):
        return True
    if (
        not isinstance(loop, ast.For)
        or not isinstance(loop.iter, ast.Call)
        or not isinstance(loop.target, ast.Name)
    ):
        return False
    if not isinstance(loop.iter.func, ast.Name) or loop.iter.func.id != "range":
        return False
    used = sum(_uses(node, loop.target.id) for node in loop.body)
    return not used


def _uses(node: ast.AST, name: str) -> bool:
    """Whether a node uses the name elsewhere than in a ``print``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        return False
    if isinstance(node, ast.Name):
        return node.id == name
    return any(_uses(child, name) for child in ast.iter_child_nodes(node))
