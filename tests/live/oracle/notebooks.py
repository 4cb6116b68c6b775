"""The notebooks that sessions start from, in families; some families are held out entirely.

Those written for live sessions are in ``notebooks/*.txt``, one file a family: ``#### name`` starts a notebook
and ``# %%`` a cell. The seed notebooks of the saved-notebook oracle come along as the family ``saved``, each
in the part where it is there.
"""

import re
from functools import cache
from pathlib import Path

import msgspec

from benchmarks.oracle.document import Document, parse_percent
from benchmarks.oracle.generate import Split, seeds

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "benchmarks" / "oracle" / "data"
"""The files that a session's directory holds when it begins."""

_NAME = re.compile(r"^#### (\w+)$", re.M)


class Notebook(msgspec.Struct, frozen=True):
    """A notebook as it was written, and its family."""

    family: str
    document: Document


@cache
def notebooks(split: Split) -> tuple[Notebook, ...]:
    """The notebooks of a part, in a fixed order; those made for live sessions twice, so that two sessions of
    three or so are of them."""
    families: dict[str, list[Document]] = {}
    for path in sorted((HERE / "notebooks").glob("*.txt")):
        if path.stem.startswith("held_") != (split == "held-out"):
            continue
        _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
        documents = zip(parts[::2], parts[1::2], strict=True)
        families[path.stem] = [parse_percent(name, text) for name, text in documents]
    own = [Notebook(family, document) for family, made in families.items() for document in made]
    saved = [Notebook("saved", document) for document in seeds(split)]
    return tuple(own * 2 + saved)
