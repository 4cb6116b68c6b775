"""PyTorch Hub: a repository of GitHub and a reference (https://pytorch.org/docs/stable/hub.html)."""

from nbdebt.data.versions.answer import Versioned
from nbdebt.data.versions.references import by_reference


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the reference is a commit."""
    if rest.startswith((".", "/", "~", "{")):
        return Versioned("unknown", "torchhub", reason="may be a local path")
    return by_reference(rest.partition(":")[2], "torchhub")
