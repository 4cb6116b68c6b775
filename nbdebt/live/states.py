"""Versions of values, as the replay compares them."""

from collections.abc import Iterable
from typing import NamedTuple

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints import Exactness, Fingerprint

ABSENT = b""
"""Key of what isn't there."""
NO_PART = b"?"


class State(NamedTuple):
    """One version of a resource.

    Args:
        key: equal keys are equal values.
        frame: digest of what is in no part; empty for what has no parts.
        parts: digests of the parts that code reads by themselves, in their order.
        exactness: how much of the value the key rests on.
        maker: sequence number of the run that made it; -1 for what was there before recording began.
        ordered: whether the order of its parts counts when values are compared (a frame's columns do, the
            keys of a mapping don't).
        shape: digest of its shape (see ``shapes.py``), where it has one that is in no part.
    """

    key: bytes
    frame: bytes = b""
    parts: dict[str, bytes] | None = None
    exactness: Exactness = "exact"
    maker: int = -1
    ordered: bool = True
    shape: bytes = b""

    def part(self, part: str) -> bytes:
        """The key of a part; of the whole, where parts aren't told apart."""
        if not part or self.parts is None:
            return self.key
        digest = self.parts.get(part)
        if digest is None and part[0] == ".":
            # A frame's column may be read as an attribute.
            digest = self.parts.get(f"[{part[1:]!r}]")
        return self.frame + (NO_PART if digest is None else digest)

    def shaped(self) -> bytes:
        """The key of its shape; of the whole, where that isn't known."""
        if self.shape:
            return self.shape
        return whole(self.frame, [(name, b"") for name in self.parts]) if self.parts is not None else self.key

    def but(self, given: Iterable[str]) -> bytes:
        """The key of the whole once these parts are given a value; their own value doesn't count."""
        if self.parts is None:
            return self.key
        parts = {**self.parts, **dict.fromkeys(given, NO_PART)}
        return whole(self.frame, parts.items() if self.ordered else sorted(parts.items()))

    def equals(self, other: "State") -> bool:
        """Whether both stand for equal values: as ``==`` sees them, for mappings."""
        if self.key == other.key:
            return True
        return (
            not (self.ordered or other.ordered)
            and self.frame == other.frame
            and self.parts is not None
            and self.parts == other.parts
        )

    def changed(
        self, before: "State", after: "State", maker: int, given: frozenset[str] = frozenset()
    ) -> "State":
        """This version after the change that made ``after`` of ``before``, in the parts that it changed.

        All three must have parts; ``given`` are parts that have ``after``'s value in any case.
        """
        assert self.parts is not None and before.parts is not None and after.parts is not None
        parts = {
            name: digest
            for name, digest in self.parts.items()
            if name in after.parts or name not in before.parts
        }
        earlier = before.parts
        parts.update(
            {
                name: digest
                for name, digest in after.parts.items()
                if name in given or earlier.get(name) != digest
            }
        )
        frame = after.frame if self.frame == before.frame else _mixed(self.frame, before.frame, after.frame)
        return State(whole(frame, parts.items()), frame, parts, self.exactness, maker, self.ordered)


def _mixed(own: bytes, before: bytes, after: bytes) -> bytes:
    return own if before == after else xxh3_128_digest(own + before + after)


def whole(frame: bytes, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """The key of what has these parts, in this order."""
    return xxh3_128_digest(
        frame + b"".join([name.encode("utf-8", "replace") + digest for name, digest in parts])
    )


def state_of(found: Fingerprint, maker: int, salt: bytes = b"") -> State:
    """The version that a fingerprint stands for.

    Args:
        found: the fingerprint.
        maker: the run that made it.
        salt: how it came about: tells apart what the fingerprint alone can't, because it read nothing of the
            value, or a sample.
    """
    ordered = found.ordered
    if found.exactness == "exact":
        if found.parts is not None:
            return State(
                whole(found.frame, found.parts.items()), found.frame, found.parts, "exact", maker, ordered
            )
        return State(found.digest, b"", None, "exact", maker, ordered)
    return State(xxh3_128_digest(found.digest + salt), b"", None, found.exactness, maker, ordered)
