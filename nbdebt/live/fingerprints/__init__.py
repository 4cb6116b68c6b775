"""Fingerprints: cheap digests of live values at cell boundaries.

``Fingerprinter.take`` reads a value without running any of the user's code, keeps no reference to it, never
changes it, and says how much of it was read. Equal digests mean what deep equality with types means to who
analyses data: ``1``, ``1.0`` and ``True`` differ, NaN equals NaN, sets have no order, functions and classes
are their code.
"""

from marshal import dumps
from typing import Final

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints import (
    arrays,
    code,
    columnar,
    containers,
    drawings,
    frames,
    iterators,
    opaque,
    scalars,
    tensors,
)
from nbdebt.live.fingerprints.kinds import find
from nbdebt.live.fingerprints.model import LATE, Budget, Exactness, Fingerprint
from nbdebt.live.fingerprints.nodes import LARGE, PLAIN, TooLateError, TooMuchError
from nbdebt.live.fingerprints.peek import token, type_name
from nbdebt.live.fingerprints.walk import Walk

__all__ = ["LATE", "Budget", "Exactness", "Fingerprint", "Fingerprinter"]

READERS: Final = (arrays, code, columnar, containers, drawings, frames, iterators, opaque, scalars, tensors)
"""The modules that register readers."""


class Fingerprinter:
    """Takes fingerprints.

    Args:
        budget: what one may cost.
    """

    def __init__(self, budget: Budget = Budget()) -> None:  # noqa: B008 (it is frozen)
        self.budget = budget

    def take(self, value: object) -> Fingerprint:
        """The fingerprint of a value. Never raises, whatever the value is."""
        kind = type(value)
        if token(kind) in PLAIN and ((kind is not str and kind is not bytes) or len(value) < LARGE):  # type: ignore[arg-type]
            written = dumps(value, 2)  # type: ignore[arg-type]
            return Fingerprint(xxh3_128_digest(written), "exact", None, b"", len(written))
        try:
            try:
                return Walk(find, self.budget, False).fingerprint(value)
            except TooMuchError:
                return Walk(find, self.budget, True).fingerprint(value)
        except TooLateError:
            digest = xxh3_128_digest(b"opaque:" + type_name(kind).encode("utf-8", "replace"))
            return Fingerprint(digest, "identity", why=LATE, reach=None)
        except Exception as problem:
            name = type_name(kind)
            digest = xxh3_128_digest(b"opaque:" + name.encode("utf-8", "replace"))
            why = f"a {name} that could not be read ({type_name(type(problem))})"
            return Fingerprint(digest, "identity", why=why, reach=None)
