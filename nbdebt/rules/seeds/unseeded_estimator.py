"""Finds estimators, splitters and samplers without `random_state` where nothing seeds the global stream.

## Why it matters
Without `random_state` they draw from the global stream. If nothing seeds it, each run splits the data in
another way and fits another model: scores of two runs can't be compared.

## What to do
Pass `random_state`; `--fix` does it. A seed of the global stream above also determines the draws, but only
as long as no cell in between is run twice.

## Example

```python
# %% [1]
from sklearn.cluster import KMeans
from sklearn.model_selection import train_test_split
X = [[i, i % 3] for i in range(30)]
# %% [2]
train, test = train_test_split(X, test_size=0.2)  # <- NBD203
# %% [3]
model = KMeans(n_clusters=3)  # <- NBD203
model.fit(train)
```

```python fixed
# %%
from sklearn.cluster import KMeans
from sklearn.model_selection import train_test_split
X = [[i, i % 3] for i in range(30)]
# %%
train, test = train_test_split(X, test_size=0.2, random_state=42)
# %%
model = KMeans(n_clusters=3, random_state=42)
model.fit(train)
```

Rows of a frame, taken at random:

```python
# %% [1]
import pandas as pd
frame = pd.DataFrame({"a": range(10)})
# %% [2]
frame.sample(3)  # <- NBD203
```

```python fixed
# %%
import pandas as pd
frame = pd.DataFrame({"a": range(10)})
# %%
frame.sample(3, random_state=42)
```

A call over several lines:

```python
# %% [1]
from sklearn.datasets import make_blobs
points, groups = make_blobs(  # <- NBD203
    n_samples=50,
    centers=3,  # three groups
)
```

```python fixed
# %%
from sklearn.datasets import make_blobs
points, groups = make_blobs(
    n_samples=50,
    centers=3, random_state=42,  # three groups
)
```

In a loop the same `random_state` would give the same split in each turn; there the stream is seeded:

```python
# %% [1]
import numpy as np
from sklearn.model_selection import train_test_split
X = np.arange(30)
# %% [2]
for trial in range(10):
    train, test = train_test_split(X)  # <- NBD203
    print(test.mean())
```

```python fixed
# %%
import numpy as np
from sklearn.model_selection import train_test_split
X = np.arange(30)
# %%
np.random.seed(42)
# %%
for trial in range(10):
    train, test = train_test_split(X)
    print(test.mean())
```

The global stream is seeded above:

```python
# %% [1]
import numpy as np
from sklearn.model_selection import train_test_split
np.random.seed(0)
# %% [2]
train, test = train_test_split(list(range(10)))
```

The estimator is made and never fitted:

```python
# %% [1]
from sklearn.cluster import KMeans
model = KMeans(n_clusters=3)
```

A split that does not shuffle draws nothing:

```python
# %% [1]
from sklearn.model_selection import train_test_split
train, test = train_test_split(list(range(10)), shuffle=False)
```

Rows that are only looked at are a note:

```python
# %% [1]
import pandas as pd
frame = pd.DataFrame({"a": range(100)})
frame.sample(5)  # <- NBD203
```

```python fixed
# %%
import pandas as pd
frame = pd.DataFrame({"a": range(100)})
frame.sample(5, random_state=42)
```

## Known limits
More than five such calls that draw from one stream are one finding, at the first of them, whose fix mends
all. For an estimator that a function in another cell makes, the call of that function is reported, and no
fix is offered.

## Source
scikit-learn user guide, "Controlling randomness"; pandas API, `DataFrame.sample`: "If None, use the random
state of numpy".
"""

from collections.abc import Iterator

import msgspec

from nbdebt.flow.facts import Call
from nbdebt.model.finding import Finding, Fix
from nbdebt.model.history import Span
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import Stream, Use, argument_edit, seed_fix, streams

_MOST = 5


class _Place(msgspec.Struct):
    """Where the argument is missing: the call, if it is known, and the draw that it makes."""

    cell: int
    span: Span
    use: Use
    call: Call | None
    repeats: bool

    @property
    def short(self) -> str:
        return self.use.access.via.rpartition(".")[2]


@rule("NBD203", needs=Needs.SOURCE)
def unseeded_estimator(seen: Analysis) -> Iterator[Finding]:
    """An estimator, splitter or sampler draws from an unseeded stream because `random_state` is left out."""
    for stream in streams(seen).values():
        places: dict[tuple[int, Span], _Place] = {}
        for use in stream.open:
            if use.argument:
                place = _place(seen, use)
                places.setdefault((place.cell, place.span), place)
        found = sorted(places.values(), key=lambda p: (p.cell, p.span))
        if len(found) > _MOST:
            yield _finding(seen, stream, found)
        else:
            yield from (_finding(seen, stream, [place]) for place in found)


def _finding(seen: Analysis, stream: Stream, places: list[_Place]) -> Finding:
    first, rest = places[0], places[1:]
    others = f", like {len(rest)} more calls below," if rest else ""
    argument = first.use.argument
    repeats = any(place.repeats for place in places)
    # A few rows, looked at and left: as good as any others.
    glance = len(places) == 1 and first.short == "sample" and first.span == seen.flows[first.cell].displayed
    return seen.finding(
        first.cell,
        first.span,
        f"`{first.short}`{others} draws from `{stream.shown}`, which nothing above seeds: every run differs",
        f"Seed `{stream.shown}` above: with `{argument}={seen.settings.seed}` each turn would draw the same."
        if repeats
        else f"Pass `{argument}={seen.settings.seed}`.",
        severity="note" if glance else None,
        evidence=(f"`{first.use.access.via}` without `{argument}` draws from the global stream",),
        related=tuple(seen.related(p.cell, f"`{p.short}` without `{p.use.argument}`", p.span) for p in rest),
        fix=seed_fix(seen, stream, stream.open[0]) if repeats else _argument_fix(seen, places),
    )


def _argument_fix(seen: Analysis, places: list[_Place]) -> Fix | None:
    edits = [
        edit
        for place in places
        if place.call is not None
        and (edit := argument_edit(seen, place.cell, place.call, place.use.argument)) is not None
    ]
    if not edits:
        return None
    first = places[0]
    more = f" and {len(edits) - 1} more calls" if len(edits) > 1 else ""
    return Fix(f"Pass `{first.use.argument}={seen.settings.seed}` to `{first.short}`{more}", tuple(edits))


def _place(seen: Analysis, use: Use) -> _Place:
    """The call that lacks the argument: where the object was made, for one that draws when it is fitted."""
    cell, span = use.cell, use.access.span
    made = use.access.get("made").split(":")
    if len(made) == 5:
        cell, *corners = (int(number) for number in made)
        span = Span(*corners)
    calls = [c for c in seen.flows[cell].calls if c.function == use.access.via] if cell in seen.flows else []
    call = next((c for c in calls if c.span == span), None)
    if call is None:
        # The user's function was called here; the call that lacks the argument is the one in its body.
        inside = [c for c in calls if c.function_scope and use.argument not in c.arguments]
        if len(inside) == 1:
            call, span = inside[0], inside[0].span
    repeats = call is not None and (call.loop or bool(call.function_scope))
    return _Place(cell, span, use, call, repeats)
