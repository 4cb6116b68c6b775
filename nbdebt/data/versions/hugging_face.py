"""Hugging Face: a revision that is a commit (https://huggingface.co/docs/huggingface_hub/guides/download)."""

import re
from urllib.parse import unquote

from nbdebt.data.versions.answer import Versioned
from nbdebt.data.versions.references import COMMIT, by_reference

# Loaders of the datasets library that take local files: no names on the hub.
_BUILDERS = frozenset(
    (
        "csv",
        "json",
        "parquet",
        "text",
        "arrow",
        "pandas",
        "sql",
        "imagefolder",
        "audiofolder",
        "webdataset",
        "xml",
    )
)


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the revision is a commit of 40 hexadecimal digits."""
    kind, _, name = rest.partition("/")
    if kind not in ("datasets", "models", "spaces"):
        name = rest
    if name.startswith((".", "/", "~", "{")) or name.partition("@")[0] in _BUILDERS or not name.strip("@"):
        return Versioned("unknown", "hf", reason="may be a local path")
    _, at, after = name.partition("@")
    if not at:
        return by_reference("", "hf")
    # Slashes in a revision are written %2F; ``refs/convert/parquet`` is the exception people know.
    special = re.match(r"^refs/(?:convert|pr)/[^/]+", after)
    reference = special[0] if special else unquote(after.partition("/")[0])
    if COMMIT.match(reference) and len(reference) == 40:
        return Versioned("versioned", "hf", reference)
    return by_reference(reference, "hf")
