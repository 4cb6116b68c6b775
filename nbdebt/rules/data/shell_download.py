"""Finds data fetched by a shell line, whose content nothing checks.

## Why it matters
`!wget` takes whatever the server gives, an error page included, and IPython goes on when it fails. The file
that is read afterwards may be another one than last time, or still the old one.

## What to do
Download once and record the digest (`nbdebt.lock`), or use `pooch.retrieve(url, known_hash=…)`, which checks
it.

## Example
```python
# %% [1]
!wget https://example.org/sales.csv -O sales.csv  # <- NBD407
!curl -O https://raw.githubusercontent.com/org/repo/main/rates.csv  # <- NBD407
# %% [2]
import pandas as pd
sales = pd.read_csv("sales.csv")
```

An address that never changes its content:

```python
# %% [1]
!wget https://zenodo.org/records/1234567/files/spectra.csv
!curl -O https://raw.githubusercontent.com/org/repo/2b29313169bf8dfa77d8dc930f7bd3eba559a906/rates.csv
```

A download into a file that is versioned or pinned: a change is noticed there:

```files
sales.csv tracked
```

```python
# %% [1]
!wget https://example.org/sales.csv -O sales.csv
```

## Known limits
`wget`, `curl`, `aws s3 cp`, `gsutil` and `gcloud storage` are understood. A checksum compared in another
shell line is not seen.

## Source
D. Sculley et al., *Hidden Technical Debt in Machine Learning Systems*, NeurIPS 2015, section 3: unstable data
dependencies.
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import HUBS, fold, has_versioned_copy, scheme_of, unversioned
from nbdebt.rules.surroundings import Surroundings, Touch


@rule("NBD407", needs=Needs.OUTSIDE)
def shell_download(seen: Surroundings) -> Iterator[Finding]:
    """A shell line fetches data whose content nothing checks."""
    found = unversioned(seen, _candidates(seen))
    states = {touch.target: state for touch, state in found}
    yield from fold(
        seen,
        [touch for touch, _ in found if not has_versioned_copy(seen, touch)],
        lambda touch: f"`{touch.text}` {states[touch.target].reason}, and nothing checks what is downloaded",
        lambda touch, more: f"`{touch.text}` and {more} more are downloaded, and nothing checks what comes",
        "Record the file's digest in nbdebt.lock, or use `pooch.retrieve` with `known_hash`.",
    )


def _candidates(seen: Surroundings) -> Iterator[Touch]:
    for touch in seen.data_reads():
        if touch.by_shell and touch.has("download") and not touch.local and scheme_of(touch) not in HUBS:
            yield touch
