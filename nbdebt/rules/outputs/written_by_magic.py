"""Finds files that are written by magics and shell lines, where nobody looks for outputs.

## Why it matters
`%%writefile`, `!cp`, `!mv` and `>` write files as much as `to_csv` does, but neither tools nor people look
for outputs in there. A module that a `%%writefile` cell makes exists twice, in the notebook and on disk, and
the two drift apart.

## What to do
Write with Python, or declare the file. Move a module out of the notebook and import it.

## Example
```files
raw.csv tracked
```

```python
# %% [1]
!cp raw.csv backup.csv  # <- NBD309
!echo finished > state.txt  # <- NBD309
```

```python
# %% [1]
%%writefile helpers.py  # <- NBD309
def double(x):
    return 2 * x
# %% [2]
%run helpers.py
```

Declared, removed again, or only shown:

```toml
[outputs]
"backup.csv" = { owner = "Ada" }
```

```files
raw.csv tracked
```

```python
# %% [1]
!cp raw.csv backup.csv
!head -3 raw.csv > part.csv
!rm part.csv
!ls > /dev/null
```

Python writes are other rules' business:

```python
# %% [1]
import shutil
shutil.copy("raw.csv", "backup.csv")
```

## Known limits
Only common commands are understood (`cp`, `mv`, `tee`, `ln`, `rsync`, redirections); a script that is called
may write anything. Downloads are reported as `shell-download`, `>>` as `append-output`.

## Source
A. Rule et al., *Ten simple rules for writing and sharing computational analyses in Jupyter Notebooks*, PLOS
Computational Biology 15(7), 2019, rule 4: modularise code. IPython's documentation of `%%writefile`.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare
from nbdebt.rules.surroundings import Surroundings


@rule("NBD309", needs=Needs.OUTSIDE, severity="note")
def written_by_magic(seen: Surroundings) -> Iterator[Finding]:
    """A magic or a shell line writes a file that nobody declared."""
    said: set[str] = set()
    for touch in seen.writes():
        if not touch.by_shell or touch.place != "project" or touch.declared or touch.target in said:
            continue
        if touch.has("append") or seen.downloads(touch) or seen.discards(touch):
            continue
        module = touch.via.startswith("%%") and touch.text.endswith(".py")
        if not module and (seen.reads_again(touch) or seen.readers(touch.target)):
            continue
        said.add(touch.target)
        if module:
            message = f"`{touch.text}` exists twice, in this cell and on disk, and the two drift apart"
            advice = "Keep the module as a file of its own and import it."
        else:
            how = "a shell line" if touch.via == "!" else f"`{touch.via}`"
            message = f"`{touch.text}` is written by {how}, where nobody looks for outputs"
            advice = "Write it with Python, or declare it."
        yield seen.finding(touch.exchange, message, advice, fix=None if module else declare(seen, touch))
