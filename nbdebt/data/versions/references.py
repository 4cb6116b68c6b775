"""Commits, tags and branches: which of them name one content for ever."""

import re
from collections.abc import Callable

from nbdebt.data.versions.answer import Versioned

COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
# Names that people give to what moves. Any other name may be a tag.
_BRANCHES = frozenset(
    (
        "main",
        "master",
        "dev",
        "develop",
        "trunk",
        "head",
        "latest",
        "nightly",
        "staging",
        "production",
        "prod",
    )
)

Judge = Callable[[str, str], Versioned]
"""What a system says of a URI, given whole and without its scheme. Raises ValueError for what is none."""


def by_reference(reference: str, by: str) -> Versioned:
    """The answer for something that a commit, a tag or a branch names."""
    if "{" in reference:
        return Versioned("unknown", by, reason="its revision is computed")
    if COMMIT.match(reference):
        return Versioned("versioned", by, reference)
    if not reference:
        return Versioned("unversioned", by, reason="follows the default branch")
    if reference.lower() in _BRANCHES or "/" in reference:
        return Versioned("unversioned", by, reason=f"follows the branch `{reference}`")
    if re.match(r"^v?\d+(?:[._]\d+)*", reference):
        return Versioned("unknown", by, reason=f"`{reference}` looks like a tag, which can be moved")
    return Versioned("unversioned", by, reason=f"follows `{reference}`, which is no commit")
