"""Answers of the ledger: a row each, the same as a table, as CSV and as JSON."""

import msgspec


class Use(msgspec.Struct, frozen=True):
    """Somebody who reads or writes a data set.

    Args:
        dataset: its label.
        job: the notebook.
        actor: who; empty where that isn't said.
        last: when last.
        times: how often.
        digest: what was last read or written.
        via: the function that did it last.
        host: where.
    """

    dataset: str
    job: str
    actor: str
    last: str
    times: int
    digest: str
    via: str
    host: str


class Step(msgspec.Struct, frozen=True):
    """A step downstream: a notebook that reads a data set, and what it writes afterwards.

    Args:
        depth: how many notebooks away, from 1.
        dataset: what is read.
        job: who reads it.
        actors: the people.
        last: when last.
        writes: what the same session wrote after reading it.
    """

    depth: int
    dataset: str
    job: str
    actors: tuple[str, ...]
    last: str
    writes: tuple[str, ...]


class Stale(msgspec.Struct, frozen=True):
    """Somebody who last read an older content than there is now.

    Args:
        dataset: its label.
        job: who read it.
        actor: who.
        read: when last.
        read_digest: what.
        written: when the newest content was written.
        written_digest: what that is.
        writer: who wrote it.
    """

    dataset: str
    job: str
    actor: str
    read: str
    read_digest: str
    written: str
    written_digest: str
    writer: str


class SessionRow(msgspec.Struct, frozen=True):
    """A session of a kernel.

    Args:
        id: its UUID.
        job: the notebook.
        actor: who.
        host: where.
        started: when.
        ended: when it was closed; empty for one that wasn't.
        cells: how many runs of cells.
        errors: how many of them failed.
        reads: how many accesses read.
        writes: how many wrote.
        commit: what was checked out.
    """

    id: str
    job: str
    actor: str
    host: str
    started: str
    ended: str
    cells: int
    errors: int
    reads: int
    writes: int
    commit: str


class Duration(msgspec.Struct, frozen=True):
    """How long a cell, or a notebook, takes.

    Args:
        job: the notebook.
        cell: the cell's id; empty for the notebook as a whole, a session's runs summed up.
        count: the ``[n]`` that it last showed.
        times: how many runs are known.
        median: seconds, of all but the last run.
        last: seconds of the last run.
        longest: seconds.
        at: when it last ran.
        regression: why the last run is slower than it used to be, in words; empty where it isn't.
    """

    job: str
    cell: str
    count: int | None
    times: int
    median: float
    last: float
    longest: float
    at: str
    regression: str
