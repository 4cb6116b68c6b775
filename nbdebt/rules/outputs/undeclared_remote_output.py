"""Finds writes to object stores, hubs and database tables for which no owner is declared.

## Why it matters
What lies in a store or a database is there for everybody who may look. They build on it without asking; the
notebook that makes it, and the person who knows what its columns mean, can't be found from there.

## What to do
Declare it under its URL or table name, with an owner and, if known, its consumers.

## Example
```python
# %% [1]
import pandas as pd
scores = pd.DataFrame({"a": [1]})
scores.to_parquet("s3://team-bucket/scores.parquet")  # <- NBD305
scores.to_sql("scores", "postgresql://db.example.org/churn")  # <- NBD305
```

Declared with an owner:

```toml
[outputs]
"s3://team-bucket/**" = { owner = "Ada", consumers = ["billing"] }
"scores" = { owner = "Ada" }
```

```python
# %% [1]
import pandas as pd
scores = pd.DataFrame({"a": [1]})
scores.to_parquet("s3://team-bucket/2026/scores.parquet")
scores.to_sql("scores", "postgresql://db.example.org/churn")
```

A database in a local file or in memory is no remote one:

```python
# %% [1]
import duckdb
import pandas as pd
scores = pd.DataFrame({"a": [1]})
scores.to_sql("scores", "sqlite:///scores.db")
duckdb.sql("create table t as select * from scores")
```

## Known limits
Where the connection is computed, nobody knows whether the database is a shared one: a note. Trackers of
experiments (MLflow, Weights & Biases) record who wrote what themselves, and are left out.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 2: undeclared
consumers.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Table
from nbdebt.rules import Needs, rule
from nbdebt.rules.outputs._words import declare, evident, owned
from nbdebt.rules.surroundings import Surroundings, Touch

_TRACKERS = ("mlflow:", "wandb:", "models:", "runs:", "memory:", "file:", "data:")
_LOCAL = ("sqlite", "duckdb", ":memory:", "shelve")


@rule("NBD305", needs=Needs.OUTSIDE)
def undeclared_remote_output(seen: Surroundings) -> Iterator[Finding]:
    """An object store or a database table is written for which no owner is declared."""
    said: set[str] = set()
    for touch in seen.writes():
        if touch.local or owned(touch) or touch.target in said or not touch.text or touch.text[0] in "<{":
            continue
        if touch.text.startswith(_TRACKERS) or _is_local_database(touch):
            continue
        said.add(touch.target)
        resource = touch.resource
        unknown = isinstance(resource, Table) and "://" not in resource.connection
        what = f"table `{touch.text}`" if isinstance(resource, Table) else f"`{touch.text}`"
        lack = "has a declaration that names no owner" if touch.declared else "has no declared owner"
        yield seen.finding(
            touch.exchange,
            f"the {what} {lack}: who builds on it can't ask anybody"
            if isinstance(resource, Table)
            else f"{what} {lack}: who builds on it can't ask anybody",
            "Declare it with an owner.",
            severity="note" if unknown else None,
            evidence=("whether the connection leads to a shared database is not known",)
            if unknown
            else evident(seen.exposure(touch)),
            fix=None if touch.declared else declare(seen, touch),
        )


def _is_local_database(touch: Touch) -> bool:
    resource = touch.resource
    if not isinstance(resource, Table):
        return False
    connection = resource.connection.lower()
    if (
        connection.startswith(_LOCAL)
        or ":memory:" in connection
        or connection.endswith((".db", ".sqlite", ".duckdb"))
    ):
        return True
    return touch.via.startswith(("sqlite3.", "duckdb.")) and "://" not in connection
