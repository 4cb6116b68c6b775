"""What a fingerprint is, and how much work one may cost."""

from typing import Final, Literal

import msgspec

Exactness = Literal["exact", "sampled", "identity"]

LATE: Final = "reading it took too long"
"""Why nothing is known of a value whose walk was given up. The next one may come to its end or may not: that
the fingerprint is another one then says nothing."""


class Fingerprint(msgspec.Struct, frozen=True, gc=False):
    """A cheap digest of a value at a cell boundary.

    Args:
        digest: 16 bytes (xxh3_128). Equal digests mean equal values, as far as ``exactness`` says.
        exactness: ``exact``: all of it was read; ``sampled``: a part of it; ``identity``: nothing could be
            read, the digest is of the type only.
        parts: digests of the constant parts that code reads by themselves: ``['a']`` (items of a dict,
            columns of a frame), ``.x`` (attributes of an instance or a class), spelled as
            ``nbdebt.model.history.Name.part`` spells them. None: the value has no such parts, or too many.
        frame: digest of what is in no part: class, index, length, attrs. Not the names of the parts nor their
            order: who reads ``d['a']`` doesn't care for a new ``d['b']``.
        size: bytes looked at, about.
        reach: addresses of the mutable things that the value holds or shares memory with: ``id()`` of
            containers and instances, the start of the buffer that owns an array's memory (so a view and its
            base meet). None: too many to list.
        why: what kept it from being exact, in words, for people.
        ordered: whether the order of the parts counts: a frame's columns do, a mapping's keys and an
            instance's attributes don't.
    """

    digest: bytes
    exactness: Exactness
    parts: dict[str, bytes] | None = None
    frame: bytes = b""
    size: int = 0
    reach: frozenset[int] | None = frozenset()
    why: str = ""
    ordered: bool = True


class Budget(msgspec.Struct, frozen=True, gc=False):
    """What one fingerprint may cost.

    The work is counted, not timed: the same value is read in the same places each time, however busy the
    machine is. ``seconds`` is held against an estimate of what was counted; the thread's own clock only
    stops a walk that works many times as long, and then nothing is said of the value.

    Args:
        seconds: estimated time.
        bytes: memory read.
        elements: objects visited one by one (the elements of a list of plain numbers aren't).
        parts: a value with more parts than this has none.
        reach: a value that reaches more mutable things than this has an unknown reach.
        patience: time on the thread's own clock, in seconds, after which a walk is given up.
    """

    seconds: float = 0.02
    bytes: int = 64 * 2**20
    elements: int = 200_000
    parts: int = 512
    reach: int = 2_000
    patience: float = 0.6
