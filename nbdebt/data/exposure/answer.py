"""The answer to the question who can read an output."""

from typing import Literal

import msgspec

Reach = Literal["owner", "some", "everyone", "unknown"]


class Exposure(msgspec.Struct, frozen=True):
    """Who can read an output, as far as it can be known from here.

    Args:
        readers: ``owner`` (nobody else, but for administrators), ``some`` (groups, named accounts),
            ``everyone`` with an account, or ``unknown``.
        words: one clause for people: "readable by the 37 members of `ds-team`, on a shared mount (NFS)".
        writers: who can overwrite or remove it.
        places: what is special about where it lies: ``mount``, ``temporary``, ``served``, ``git``,
            ``bucket``, ``database``, ``web``.
        notable: others than its author reach it, and not only because that is how machines are set up
            (mode bits of 0644 below a home directory of 0755 say nothing).
    """

    readers: Reach
    words: str
    writers: Reach = "unknown"
    places: tuple[str, ...] = ()
    notable: bool = False
