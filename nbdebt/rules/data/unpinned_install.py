"""Finds packages that the notebook installs without saying which version.

## Why it matters
The next run gets what is newest on that day. Results change with the library, and so does whether the
notebook runs at all.

## What to do
Name the version (`%pip install pandas==3.0.1`), or install from a file that does (`-r requirements.txt`).

## Example
```python
# %% [1]
%pip install pandas scikit-learn==1.7.0  # <- NBD408
!pip install -q torch  # <- NBD408
```

With versions, from a file, or the project itself:

```python
# %% [1]
%pip install pandas==3.0.1 scikit-learn==1.7.0
%pip install -r requirements.txt
%pip install -e .
!conda install -y numpy=2.5
```

From a commit, or a file:

```python
# %% [1]
!pip install "tool @ git+https://github.com/org/tool@2b29313169bf8dfa77d8dc930f7bd3eba559a906"
!pip install ./wheels/tool-1.0-py3-none-any.whl
```

## Known limits
What a requirements file says is not looked at. Not on by default: on hosted notebooks people install what is
missing and mean any version; select it where notebooks must run again later.

## Source
A. Rule et al., *Ten simple rules for writing and sharing computational analyses in Jupyter Notebooks*, PLOS
Computational Biology 15(7), 2019, rule 5: record dependencies.
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Exchange, Finding
from nbdebt.model.history import Package
from nbdebt.rules import Needs, rule
from nbdebt.rules.surroundings import Surroundings

_PINNED = re.compile(r"===?[^=]|^[\w.\[\]-]+=[^=]|@ *\S+")
_NO_PACKAGE = re.compile(r"^[.~/]|[/\\]|\.(?:txt|whl|zip|gz|ya?ml|toml|in)$|[{$<]|^$|^-")
_TOOLS = frozenset(("pip", "setuptools", "wheel", "uv"))


@rule("NBD408", needs=Needs.OUTSIDE, default=False)
def unpinned_install(seen: Surroundings) -> Iterator[Finding]:
    """The notebook installs a package without saying which version."""
    lines: dict[tuple[int, int], list[tuple[Exchange, str]]] = {}
    for exchange in seen.result.exchanges:
        resource = exchange.access.resource
        if not isinstance(resource, Package) or exchange.access.mode != "write":
            continue
        requirement = resource.requirement.strip()
        if _PINNED.search(requirement) or _NO_PACKAGE.search(requirement) or resource.package in _TOOLS:
            continue
        place = (exchange.cell.index, exchange.access.span.line)
        lines.setdefault(place, []).append((exchange, resource.package))
    for found in lines.values():
        exchange = found[0][0]
        names = list(dict.fromkeys(f"`{package}`" for _, package in found))
        shown = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        yield seen.finding(
            exchange,
            f"{shown} {'is' if len(names) == 1 else 'are'} installed in whatever version is newest that day",
            "Name the version, as in `name==1.2.3`.",
        )
