"""Finds outputs that other notebooks of the run read, with nothing that says so where they are made.

## Why it matters
Whoever changes this cell (a column's name, a unit, a filter) breaks the notebooks that read its file, and
doesn't know that they exist. The readers in turn don't know that what they read has changed.

## What to do
Declare the output with its owner and its consumers: then both sides know. `--fix --unsafe-fixes` adds the
line.

## Example
Checked together with `train.ipynb`, which reads `features.parquet`, this is reported at the write:

```python
# %% [1]
import pandas as pd
features = pd.DataFrame({"a": [1]})
features.to_parquet("features.parquet")
```

Declared, it is not, unless somebody reads it who is not among the consumers:

```toml
[outputs]
"features.parquet" = { owner = "Ada", consumers = ["train.ipynb"] }
```

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_parquet("features.parquet")
```

## Known limits
Only notebooks that are checked together are seen, and only paths that are written out on both sides; reading
a whole directory or pattern (`features/*.parquet`) is not matched with the files in it. Readers in scripts,
dashboards and at other people's are not seen here.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 2: "undeclared
consumers".
"""

from collections.abc import Iterator

from nbdebt.data.declared import is_declared_consumer
from nbdebt.model.finding import Exchange, Finding, Related
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare, owned, reached
from nbdebt.rules.surroundings import Surroundings, Touch, cell_label


@rule("NBD310", needs=Needs.PROJECT)
def undeclared_consumer(seen: Surroundings) -> Iterator[Finding]:
    """Other notebooks read an output, and nothing says so where it is made."""
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.exact or touch.target in said or seen.downloads(touch):
            continue
        readers = [r for r in seen.readers(touch.target) if not _declared(touch, r[0])]
        if not readers:
            continue
        said.add(touch.target)
        declared = touch.declared is not None and bool(touch.declared.consumers)
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is read by {_names(readers)}, "
            + ("which its declaration does not name" if declared else "and nothing here says so"),
            "Add the reader to the declared consumers."
            if declared
            else "Declare it with its owner and consumers.",
            evidence=(
                *(f"{path} reads it in {cell_label(exchange.cell)}" for path, exchange in readers),
                *reached(seen.exposure(touch)),
            ),
            related=tuple(
                Related("it is read here", path, exchange.cell, exchange.access.span)
                for path, exchange in readers
            ),
            fix=None if touch.declared else declare(seen, touch),
        )


def _declared(touch: Touch, reader: str) -> bool:
    """Whether the author knows of this reader: named, or an owner answers for all readers."""
    declared = touch.declared
    if declared is None:
        return False
    return is_declared_consumer(declared, reader) if declared.consumers else owned(touch)


def _names(readers: list[tuple[str, Exchange]]) -> str:
    first, *others = readers
    text = f"`{first[0]}` ({cell_label(first[1].cell)})"
    if not others:
        return text
    if len(others) == 1:
        return f"{text} and `{others[0][0]}`"
    return f"{text} and {len(others)} more notebooks"
