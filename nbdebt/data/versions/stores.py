"""S3, Google Cloud Storage, Azure and their like: objects can be overwritten unless one version is named."""

import re
from urllib.parse import parse_qs, urlsplit

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the address names a version: ``versionId=``, ``#generation``, ``snapshot=``."""
    by = uri.partition(":")[0].lower()
    split = urlsplit(uri)
    query = {key.lower(): values[0] for key, values in parse_qs(split.query).items()}
    for key in ("versionid", "generation", "snapshot"):
        if value := query.get(key, ""):
            return (
                Versioned("unknown", by, reason="its version is computed")
                if "{" in value
                else Versioned("versioned", by, value)
            )
    if re.fullmatch(r"\d{6,}", split.fragment):
        return Versioned("versioned", by, split.fragment)
    return Versioned("unversioned", by, reason="can be overwritten in the store")
