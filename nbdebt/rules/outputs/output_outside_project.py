"""Finds files that are written outside the project, by a relative path that climbs out of it.

## Why it matters
What lies outside the project is in nobody's view: it is not committed, not cleaned, not backed up with it. On
another machine the same path leads somewhere else, or nowhere.

## What to do
Write inside the project and hand the file over explicitly, or declare it with its owner.

## Example
```python
# %% [1]
import pandas as pd
table = pd.DataFrame({"a": [1]})
table.to_csv("../../shared_results/table.csv")  # <- NBD302
```

Inside the project it is no business of this rule:

```python
# %% [1]
import pandas as pd
table = pd.DataFrame({"a": [1]})
table.to_csv("results/../table.csv")
```

A declared one is known to somebody:

```toml
[outputs]
"../handed_over/*.csv" = { owner = "Ada", consumers = ["controlling"] }
```

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("../handed_over/table.csv")
```

## Known limits
The project is the directory of the configuration file, or else the git work tree; where there is neither, the
directory above the notebook's. After `%cd` or `os.chdir` nobody knows where relative paths lead, and they are
left out. Absolute paths are reported as `absolute-output-path`.

## Source
G. Wilson et al., *Good enough practices in scientific computing*, PLOS Computational Biology 13(6), 2017: put
each project in its own directory.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare, reached
from nbdebt.rules.surroundings import Surroundings


@rule("NBD302", needs=Needs.OUTSIDE)
def output_outside_project(seen: Surroundings) -> Iterator[Finding]:
    """A file is written outside the project."""
    said: set[str] = set()
    for touch in seen.writes():
        if touch.place != "outside" or touch.absolute or touch.declared or touch.target in said:
            continue
        if seen.discards(touch):
            continue
        said.add(touch.target)
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is written outside the project, where nobody looks for it",
            "Write it inside the project, or declare it with its owner.",
            evidence=(f"the project is {seen.root}", *reached(seen.exposure(touch))),
            fix=declare(seen, touch),
        )
