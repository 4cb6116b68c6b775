"""TensorFlow Datasets: ``name/config:1.2.3`` (https://www.tensorflow.org/datasets/datasets_versioning)."""

import re

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where all three numbers of the version are there."""
    _, colon, version = rest.partition(":")
    if "{" in version or (rest.startswith("{") and not colon):
        return Versioned("unknown", "tfds", reason="its version is computed")
    if re.fullmatch(r"\d+\.\d+\.\d+", version):
        return Versioned("versioned", "tfds", version)
    return Versioned("unversioned", "tfds", reason="takes the latest version")
