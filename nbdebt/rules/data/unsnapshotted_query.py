"""Finds queries of databases that read whatever is there at that moment.

## Why it matters
A table changes while nobody looks. The same query gives other rows tomorrow, and no version of the notebook
can bring back those of today.

## What to do
Read as of a snapshot where the database knows one (`AS OF`, `VERSION AS OF`, `FOR SYSTEM_TIME`), or save the
result once, record its digest, and work on the saved copy.

## Example
```python
# %% [1]
import pandas as pd
url = "postgresql://db.example.org/shop"
orders = pd.read_sql("select * from orders", url)  # <- NBD404
customers = pd.read_sql("select * from customers", url)
```

As of a snapshot:

```python
# %% [1]
import pandas as pd
url = "postgresql://db.example.org/shop"
orders = pd.read_sql("select * from orders for system_time as of '2026-01-01'", url)
```

A table that the notebook makes itself, and queries of frames in memory:

```python
# %% [1]
import duckdb
import pandas as pd
frame = pd.DataFrame({"a": [1]})
frame.to_sql("frame", "postgresql://db.example.org/shop")
back = pd.read_sql("select * from frame", "postgresql://db.example.org/shop")
total = duckdb.sql("select sum(a) from frame")
```

## Known limits
One finding a connection. Whether a table ever changes is not known, which is why this is a note; a query that
is computed is left out.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 3: unstable data
dependencies. ISO/IEC 9075-2:2011, system-versioned tables.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import File, Table
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import unversioned
from nbdebt.rules.surroundings import Surroundings, Touch

_CATALOGUE = re.compile(
    r"^(?:information_schema|pg_catalog|sys|sqlite_(?:master|schema|temp\w*)|dual|pg_\w+)\b", re.I
)
_FILE = re.compile(r"^(?:sqlite|duckdb):/{2,4}(?P<path>[^?]+)$|^(?P<plain>[^:]+\.(?:db|sqlite3?|duckdb))$")


@rule("NBD404", needs=Needs.OUTSIDE, severity="note")
def unsnapshotted_query(seen: Surroundings) -> Iterator[Finding]:
    """A query reads whatever is in the database at that moment."""
    by_connection: dict[str, list[Touch]] = {}
    for touch, _ in unversioned(seen, _candidates(seen)):
        assert isinstance(touch.resource, Table)
        by_connection.setdefault(touch.resource.connection, []).append(touch)
    for first, *others in by_connection.values():
        names = f"`{first.text}`"
        if others:
            names += f" and {len(others)} more table" + ("s" if len(others) > 1 else "")
        yield seen.finding(
            first.exchange,
            f"{names} {'are' if others else 'is'} read as of now: the next run can get other rows",
            "Read a snapshot, or save the result once and work on the copy.",
            related=tuple(seen.related(other, f"`{other.text}` too") for other in others),
        )


def _candidates(seen: Surroundings) -> Iterator[Touch]:
    for touch in seen.data_reads():
        resource = touch.resource
        if not isinstance(resource, Table) or not touch.exact or seen.makes(touch):
            continue
        # Without FROM there is no table in the query, and the text of the query stands in its place.
        if " " in resource.table.strip() or _CATALOGUE.match(resource.table):
            continue
        if not _in_memory(touch, resource) and not _in_versioned_file(seen, resource):
            yield touch


def _in_memory(touch: Touch, resource: Table) -> bool:
    """Whether it is the process's own data: DuckDB and Spark query frames and views by their names."""
    if ":memory:" in resource.connection or resource.connection in ("sqlite://", "duckdb://"):
        return True
    if touch.via.startswith("duckdb.") and not _FILE.match(resource.connection):
        return True
    return touch.via.startswith("pyspark.") and "." not in resource.table


def _in_versioned_file(seen: Surroundings, resource: Table) -> bool:
    """Whether the database is a local file, which has a version like any other."""
    found = _FILE.match(resource.connection)
    if found is None:
        return False
    state = seen.versioned(File(found["path"] or found["plain"]), seen.directory, ())
    return state.state != "unversioned"
