"""Pachyderm: ``repository@commit:/path``, as pfs:// addresses, and as it mounts them at /pfs.

https://docs.pachyderm.com, "Branch": a commit is a hexadecimal id of 32 digits, a branch moves.
"""

import re
from pathlib import Path

from nbdebt.data.versions.answer import Source, Versioned, Witness
from nbdebt.model.history import File

_COMMIT = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{8})?\Z")
_MOUNT = "/pfs/"


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where a commit is named."""
    place, _, _ = rest.partition(":")
    repository, at, reference = place.partition("@")
    if not at:
        # pfs://project/repository/reference/path, as the file system of its Python client has it.
        parts = rest.split("/")
        reference = next((part for part in parts if _COMMIT.match(part)), parts[2] if len(parts) > 2 else "")
    if "{" in reference or "{" in repository:
        return Versioned("unknown", "pachyderm", reason="its commit is computed")
    reference = reference.partition("=")[2] or reference
    if _COMMIT.match(reference):
        return Versioned("versioned", "pachyderm", reference)
    if not reference:
        return Versioned("unversioned", "pachyderm", reason="follows the default branch")
    return Versioned("unversioned", "pachyderm", reason=f"follows the branch `{reference.rstrip('^')}`")


class Pachyderm:
    """Knows what a pipeline's worker finds at ``/pfs``: inputs of one job are of one commit."""

    name = "pachyderm"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: the job has its commits."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned by the job below ``/pfs``, but for what the job itself writes (``/pfs/out``)."""
        path = source.named
        if not isinstance(source.resource, File) or path is None or not path.as_posix().startswith(_MOUNT):
            return None
        if path.parts[2:3] == ("out",):
            return None
        return Versioned("versioned", self.name, path.parts[2], "is an input of a Pachyderm job")
