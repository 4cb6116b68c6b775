"""Is a data source versioned, and by what? One file per system; :func:`versioned` asks them in order."""

from typing import Literal

import msgspec

State = Literal["versioned", "versioned-locally", "unversioned", "unknown", "absent"]


class Versioned(msgspec.Struct, frozen=True):
    """The answer for one source.

    Args:
        state: ``versioned-locally`` is committed but nowhere else; ``absent`` a local path that is not there.
        by: the system that says so (``git``, ``dvc``, ``nbdebt.lock``, ``s3``…).
        identity: which version (commit, digest, revision).
        reason: one clause for people ("is not tracked by git").
    """

    state: State
    by: str = ""
    identity: str = ""
    reason: str = ""
