"""Kaggle: data sets and models have numbered versions (https://github.com/Kaggle/kagglehub)."""

import re

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the handle ends in ``/versions/N``."""
    if found := re.search(r"/versions/(\d+)(?:/|$)", rest):
        return Versioned("versioned", "kaggle", found[1])
    if "{" in rest or "/" not in rest:
        return Versioned("unknown", "kaggle", reason="competitions have no versions")
    return Versioned("unversioned", "kaggle", reason="takes the latest version")
