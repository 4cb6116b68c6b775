"""git-LFS: git holds a pointer with the size and the SHA-256 of the content."""

import re
from pathlib import Path

import msgspec

from nbdebt.data.digests import LARGEST, Digest, file_digest
from nbdebt.data.versions.answer import Versioned

# Pointers are shorter than this, by the specification (git-lfs, docs/spec.md).
LONGEST = 1024
_START = b"version https://git-lfs"
_FIELDS = re.compile(rb"^oid sha256:([0-9a-f]{64})\nsize (\d+)$", re.M)


class Pointer(msgspec.Struct, frozen=True):
    """What a pointer says of the content."""

    sha256: str
    size: int


def parse_pointer(blob: bytes) -> Pointer | None:
    """A pointer as git holds it; None for what is none."""
    if len(blob) >= LONGEST or not blob.startswith(_START):
        return None
    found = _FIELDS.search(blob)
    return Pointer(found[1].decode(), int(found[2])) if found else None


def compare(path: Path, pointer: Pointer, digest: Digest = file_digest) -> Versioned:
    """Whether a file is what the committed pointer says; the pointer itself, content not fetched, is, too."""
    identity = f"sha256:{pointer.sha256}"
    try:
        size = path.stat().st_size
        if size < LONGEST and parse_pointer(path.read_bytes()) == pointer:
            return Versioned("versioned", "git-lfs", identity, "its content has not been fetched")
        if size != pointer.size:
            return Versioned("unversioned", "git-lfs", reason="was changed since the last commit")
        if size > LARGEST:
            return Versioned(
                "unknown", "git-lfs", reason="is too large to be compared with its git-lfs pointer"
            )
        if digest(path, "sha256") == pointer.sha256:
            return Versioned("versioned", "git-lfs", identity)
    except OSError as error:
        return Versioned("unknown", "git-lfs", reason=f"can't be read: {error.strerror or error}")
    return Versioned("unversioned", "git-lfs", reason="was changed since the last commit")
