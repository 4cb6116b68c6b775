"""Finds data read from addresses whose content can change.

## Why it matters
The address names whatever lies there on the day. The next run can read other rows, another schema, or an
error page, and nothing in the notebook has changed.

## What to do
From a code host, read a commit instead of a branch. From an object store, read a version of the object. From
anywhere else, download once, record the digest (`nbdebt.lock`, or `pooch.retrieve` with `known_hash`), and
read the copy. Or pin what the address gives today (`nbdebt pin URL`), and let `nbdebt pin --check` say when
that changes.

## Example
```python
# %% [1]
import pandas as pd
iris = pd.read_csv("https://raw.githubusercontent.com/mwaskom/seaborn-data/master/iris.csv")  # <- NBD402
wine = pd.read_csv("https://archive.ics.uci.edu/ml/wine.data")  # <- NBD402
sales = pd.read_parquet("s3://team-bucket/sales.parquet")  # <- NBD402
```

A commit, a version, a record in an archive:

```python
# %% [1]
import pandas as pd
base = "https://raw.githubusercontent.com/mwaskom/seaborn-data/2b29313169bf8dfa77d8dc930f7bd3eba559a906"
iris = pd.read_csv(base + "/iris.csv")
sales = pd.read_parquet("s3://team-bucket/sales.parquet?versionId=3HL4kqtJlcpXroDTDmJrmSpXd3dIbrHY")
spectra = pd.read_csv("https://zenodo.org/records/1234567/files/spectra.csv")
```

A digest beside the address:

```python
# %% [1]
import pooch
path = pooch.retrieve("https://example.org/x.csv", known_hash="sha256:9f86d081884c7d659a2feaa0c55ad015")
```

A Delta table at one of its versions:

```python
# %% [1]
from deltalake import DeltaTable
sales = DeltaTable("s3://team-bucket/sales", version=12).to_pandas()
orders = DeltaTable("s3://team-bucket/orders")
orders.load_as_version(7)
stock = DeltaTable("s3://team-bucket/stock")  # <- NBD402
```

## Known limits
Which addresses are fixed is known of common code hosts, archives (Zenodo, Figshare, Dataverse, OSF) and
object stores; a server that never changes its files looks like any other. A request to a service
(`requests.get` on an address that names no file) is a note: what it answers can't be pinned, only saved. More
than three are one finding.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 3: unstable data
dependencies. GitHub documentation, *Getting permanent links to files*.
"""

from collections.abc import Iterator

from nbdebt.data.pins.model import NAME
from nbdebt.model.finding import Finding
from nbdebt.model.history import Url
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import HUBS, fold, has_versioned_copy, is_request, scheme_of, unversioned
from nbdebt.rules.surroundings import Surroundings, Touch

_ADVICE = {
    "github": "Put a commit's hash in place of the branch.",
    "gist": "Take the address with the revision in it.",
    "gitlab": "Put a commit's hash in place of the branch.",
    "bitbucket": "Put a commit's hash in place of the branch.",
    "gitea": "Put a commit's hash in place of the branch.",
    "jsdelivr": "Add `@` and a commit's hash.",
    "hf": "Put a commit's hash in place of the branch.",
    "s3": "Read a version of the object (`?versionId=…`), or keep a pinned copy.",
    "gs": "Read a generation of the object (`#…`), or keep a pinned copy.",
}
_DELTA = "Read one of its versions: `DeltaTable(…, version=…)`."
_ELSE = "Download it once, record the copy's digest, and read the copy."


@rule("NBD402", needs=Needs.OUTSIDE)
def mutable_url(seen: Surroundings) -> Iterator[Finding]:
    """Data is read from an address whose content can change."""
    found = [
        (touch, state)
        for touch, state in unversioned(seen, _candidates(seen))
        if state.by != NAME and not has_versioned_copy(seen, touch)
    ]
    states = {touch.target: state for touch, state in found}
    for requests in (False, True):
        hits = [touch for touch, _ in found if is_request(touch) is requests]
        by = {states[touch.target].by for touch in hits}
        advice = _ADVICE.get(by.pop(), _ELSE) if len(by) == 1 else _ELSE
        if all(touch.exchange.access.via.startswith("deltalake.") for touch in hits):
            advice = _DELTA
        yield from fold(
            seen,
            hits,
            lambda touch: (
                f"`{_short(touch)}` {states[touch.target].reason}: the next run can read other data"
            ),
            lambda touch, more: (
                f"`{_short(touch)}` and {more} more addresses can change: the next run can read other data"
            ),
            "Save the answer and read the saved one." if requests else advice,
            severity="note" if requests else None,
            evidence=lambda touch: (f"{touch.text} {states[touch.target].reason}",),
        )


def _candidates(seen: Surroundings) -> Iterator[Touch]:
    for touch in seen.data_reads():
        remote = isinstance(touch.resource, Url) and scheme_of(touch) not in HUBS
        if remote and not touch.by_shell and not seen.makes(touch):
            yield touch


def _short(touch: Touch) -> str:
    """The address, the middle of a long one left out."""
    text = touch.text
    return text if len(text) <= 70 else f"{text[:40]}…{text[-29:]}"
