"""Finds files that are written to shared or temporary places, where others read, write and clean up.

## Why it matters
Whoever shares the place can read the file, depend on it, or write one of the same name. In a temporary
directory it is gone after a restart, and two runs at the same time overwrite each other.

## What to do
Write inside the project. For what is temporary use `tempfile.TemporaryDirectory()`, which nobody else gets.
What is meant for others, declare, with its owner and consumers.

## Example
```python
# %% [1]
import pandas as pd
table = pd.DataFrame({"a": [1]})
table.to_csv("/tmp/table.csv")  # <- NBD304
table.to_parquet("/mnt/team/table.parquet")  # <- NBD304
table.to_parquet("/dbfs/FileStore/table.parquet")  # <- NBD304
```

A temporary directory of one's own, and a file that is removed again:

```python
# %% [1]
import os
import tempfile
import pandas as pd
table = pd.DataFrame({"a": [1]})
with tempfile.TemporaryDirectory() as directory:
    table.to_csv(os.path.join(directory, "table.csv"))
table.to_csv("/tmp/part.csv")
os.remove("/tmp/part.csv")
```

Declared:

```toml
[outputs]
"/mnt/team/*.parquet" = { owner = "Ada", consumers = ["team dashboards"] }
```

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_parquet("/mnt/team/table.parquet")
```

## Known limits
Whether a place is shared is decided by its name, by what is mounted there on this machine (NFS, SMB, Lustre,
FUSE…) and by the permissions of its directory. Where the directory is there, the evidence says who can read
the file: mode bits and access control lists, its own and of all directories above, and members of groups as
far as they are listed. A directory with such a name that only its owner can enter is not reported. Who has an
account on another machine that mounts it, or on the server, nobody can tell from here. A temporary file that
the notebook reads again is a note.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015: undeclared consumers.
MITRE CWE-377, insecure temporary file.
"""

from collections.abc import Iterator

from nbdebt.data.exposure.answer import Exposure
from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare, evident
from nbdebt.rules.surroundings import Surroundings


@rule("NBD304", needs=Needs.OUTSIDE)
def shared_output(seen: Surroundings) -> Iterator[Finding]:
    """A file is written to a shared or temporary place."""
    said: set[str] = set()
    for touch in seen.writes():
        if touch.place not in ("shared", "temporary") or touch.declared or touch.target in said:
            continue
        if seen.discards(touch):
            continue
        exposed = seen.exposure(touch)
        if touch.place == "shared" and exposed is not None and exposed.readers == exposed.writers == "owner":
            # A disk of one's own may be mounted where others' are.
            continue
        said.add(touch.target)
        if touch.place == "temporary":
            yield seen.finding(
                touch.exchange,
                f"`{touch.text}` lies in a temporary directory of all users: "
                "it can be overwritten, and a restart removes it",
                "Write it inside the project, or into `tempfile.TemporaryDirectory()`.",
                severity="note" if seen.reads_again(touch) else None,
                evidence=evident(exposed),
            )
            continue
        yield seen.finding(
            touch.exchange,
            f"`{touch.text}` is written where others can {_do(exposed)} it",
            "Declare it with owner and consumers, or write it inside the project.",
            evidence=evident(exposed),
            fix=declare(seen, touch),
        )


def _do(exposed: Exposure | None) -> str:
    """What others can do, as far as is known."""
    if exposed is not None and exposed.readers != "unknown" and exposed.writers == "owner":
        return "read"
    return "read and overwrite"
