"""OpenML: a data set is named by its number, or by name and version (https://docs.openml.org)."""

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the version is a number: the default is whichever is active."""
    name, _, version = rest.rpartition("@")
    if "{" in version or not name:
        return Versioned("unknown", "openml", reason="its version is computed")
    if version.isdigit():
        return Versioned("versioned", "openml", version)
    return Versioned("unversioned", "openml", reason="takes the version that is active on the day")
