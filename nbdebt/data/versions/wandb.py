"""Weights & Biases: artifacts have versions ``v0``, ``v1``… and aliases, which move."""

import re

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the version or the digest is named."""
    _, colon, version = rest.rpartition(":")
    if "{" in version or not rest:
        return Versioned("unknown", "wandb", reason="its version is computed")
    if colon and re.fullmatch(r"v\d+|[0-9a-f]{32}", version):
        return Versioned("versioned", "wandb", version)
    alias = version if colon else "latest"
    return Versioned("unversioned", "wandb", reason=f"follows the alias `{alias}`")
