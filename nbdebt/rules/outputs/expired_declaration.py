"""Finds outputs whose declaration has expired.

## Why it matters
A declaration says who answers for an output and who reads it. Its author gave it a day after which that was
to be looked at again: people leave, readers come and go. Until somebody looks, nobody knows whether it is
still true.

## What to do
Ask the owner and the readers. Then give it a new day (`nbdebt declare PATTERN --expires 2027-12-31`), or take
the declaration out together with the cell that writes the output.

## Example
```toml
[outputs]
"old.csv" = { owner = "Ada", expires = 2020-12-31 }
"new.csv" = { owner = "Ada", expires = 2999-12-31 }
"kept.csv" = { owner = "Ada" }
```

```python
# %% [1]
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_csv("old.csv")  # <- NBD315
df.to_csv("new.csv")
df.to_csv("kept.csv")
```

What isn't declared has nothing that could expire:

```python
# %% [1]
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("old.csv")
```

A declaration that holds is not reported:

```toml
[outputs]
"old.csv" = { owner = "Ada", expires = 2999-12-31 }
```

```python
# %% [1]
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_csv("old.csv")
df.to_csv("old.csv")
```

## Known limits
A declaration that no checked notebook writes to is not seen here; `nbdebt declare` without a path lists all
of them.

## Source
T. Gebru et al., *Datasheets for Datasets*, Communications of the ACM 64(12), 2021, section "Maintenance".
"""

import datetime
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.surroundings import Surroundings


@rule("NBD315", needs=Needs.OUTSIDE)
def expired_declaration(seen: Surroundings) -> Iterator[Finding]:
    """The declaration of an output has expired."""
    today = datetime.date.today().isoformat()
    said: set[str] = set()
    for touch in seen.writes():
        declared = touch.declared
        if declared is None or not declared.expires or declared.expires >= today:
            continue
        if declared.pattern in said:
            continue
        said.add(declared.pattern)
        owner = f" Ask {declared.owner}." if declared.owner else ""
        yield seen.finding(
            touch.exchange,
            f"the declaration of `{touch.text}` expired on {declared.expires}: its owner and readers may be "
            "others now",
            f"Look at it again, and give it a new day: `nbdebt declare --expires`.{owner}",
            evidence=(f"`{declared.pattern}` expires on {declared.expires}",),
        )
