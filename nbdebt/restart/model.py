"""What came of a Restart & Run All: what differs, where first, and why."""

from typing import Literal

import msgspec

from nbdebt.model.history import Basis

Cause = Literal["order", "seed", "data", "time", "environment", "unknown"]
Against = Literal["saved", "again"]


class Why(msgspec.Struct, frozen=True):
    """Why a cell gives something else.

    Args:
        cause: ``order`` (cells ran in another order, or other code), ``seed`` (drawn unseeded), ``data``
            (files or addresses), ``time`` (clock, process, machine), ``environment`` (packages, Python, the
            order of sets).
        text: in words.
        basis: how it is known: ``observed`` in this run, ``parsed`` from the code, ``inferred`` where it is
            the likeliest of what is left.
    """

    cause: Cause
    text: str
    basis: Basis = "parsed"


class Differs(msgspec.Struct, frozen=True):
    """A cell that gives something else.

    Args:
        cell: document index.
        label: ``cell [7]``.
        against: compared with what: the ``saved`` outputs, or the other run (``again``).
        what: in words: ``shows something else``.
        was: what was saved, or what the first run showed: its first line that differs.
        now: what it is now, or in the second run.
        why: the reason, as far as it can be known.
    """

    cell: int
    label: str
    against: Against
    what: str
    was: str
    now: str
    why: Why


class FileDiffers(msgspec.Struct, frozen=True):
    """A file that is written with another content than the one that is there, or than the other run wrote.

    Args:
        path: relative to the notebook's directory.
        against: compared with what.
        what: in words.
        why: the reason, where the code says which cell writes it.
    """

    path: str
    against: Against
    what: str
    why: Why | None = None


class Restarted(msgspec.Struct, frozen=True):
    """What came of a notebook.

    Args:
        path: the notebook.
        kernel: name of the kernel it ran in, and its Python.
        cells: code cells that ran.
        compared: cells whose saved outputs were compared.
        same: gives what was saved; None where nothing was saved to compare with.
        repeatable: both runs gave the same; None after one run.
        differs: cells that differ, in document order.
        files: files that differ.
        written: how many files a run wrote.
        stopped: why the first run came to its end early; empty where it didn't.
        notes: what could not be compared.
        seconds: how long the first run took.
    """

    path: str
    kernel: str
    cells: int
    compared: int
    same: bool | None
    repeatable: bool | None
    differs: tuple[Differs, ...] = ()
    files: tuple[FileDiffers, ...] = ()
    written: int = 0
    stopped: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
