"""What a sensor saw a run do outside the kernel: the stuff that accesses of a recorded history are made
of."""

from typing import Literal

import msgspec

from nbdebt.model.history import Resource

OutsideMode = Literal["read", "write", "mutate", "delete"]


class Seen(msgspec.Struct, frozen=True):
    """One run touching one thing outside.

    Args:
        resource: a :class:`~nbdebt.model.history.File` (path as it was given where that still says which file
            is meant, else absolute), a ``Url`` without credentials and query, a ``Table``, or a ``Package``.
        mode: how.
        via: the outermost library function that did it (``pandas.read_parquet``), ``open`` and the like where
            the notebook's own code called it, ``subprocess`` for commands.
        sure: False where several runs were going on and it can't be known which of them it was.
        before: digest of the content when the run began to touch it: ``sha256:…``, ``xxh3:…`` for a
        directory's
            listing, ``stat:…`` where the content was not read; empty for what did not exist or isn't known.
        after: the same after the run.
        detail: sorted, as in :class:`~nbdebt.model.history.Access`: ``absent`` (a read that found nothing),
            ``append``, ``update`` (written in place), ``read back`` (appended to and read, or written in
            place), ``overwritten`` (something was there before), ``temporary``, ``listing``,
            ``directory``, ``relative`` (so it was given, though the path is absolute), ``pattern``,
            ``package``, ``shown``, ``download``, ``mode=0644``, ``owner=…``, ``mount=nfs``.
    """

    resource: Resource
    mode: OutsideMode
    via: str = ""
    sure: bool = True
    before: str = ""
    after: str = ""
    detail: tuple[str, ...] = ()


class RandomSeen(msgspec.Struct, frozen=True):
    """What a run did to random streams.

    Args:
        drew: streams whose state it changed by drawing.
        seeded: streams that it seeded, or that stand as they do just after seeding.
        unseeded: streams that it drew from while no seed of this session determined them.
        unsettled: streams that it seeded last with what nothing determines: the system's entropy, or a state
            from before the first seed.
        unseeded_generators: generators of their own that it made without a seed, as they are called
            (``numpy.random.default_rng``).
        unseeded_inside: library functions that made one; whether they drew from it isn't seen.
    """

    drew: frozenset[str] = frozenset()
    seeded: frozenset[str] = frozenset()
    unseeded: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    unseeded_generators: tuple[str, ...] = ()
    unseeded_inside: tuple[str, ...] = ()
