"""The map: books (notebooks and scripts), data sets, and how data flows between them."""

from typing import Literal

import msgspec

from nbdebt.model.finding import Severity
from nbdebt.model.history import Basis

BookKind = Literal["notebook", "script"]
DataKind = Literal["file", "pattern", "url", "table", "unknown"]
LinkKind = Literal["reads", "writes", "runs", "part"]


class Noted(msgspec.Struct, frozen=True):
    """A finding, as it is told beside a node."""

    code: str
    name: str
    severity: Severity
    where: str
    message: str


class Book(msgspec.Struct, frozen=True):
    """A notebook, or a script in percent form.

    Args:
        id: stable within the map: ``b3``.
        path: as it was named or found.
        kind: what it is.
        label: relative to the map's root.
        reproduces: whether Restart & Run All would give the saved results; None for unknown.
        findings: all of it, in the order of the report.
        problem: why it could not be read; empty where it could.
    """

    id: str
    path: str
    kind: BookKind
    label: str
    reproduces: bool | None = None
    findings: tuple[Noted, ...] = ()
    problem: str = ""


class Data(msgspec.Struct, frozen=True):
    """A data set: a file or directory, a pattern of files, an address, a table, or what is computed.

    Args:
        id: stable within the map: ``d3``.
        kind: ``pattern`` is a path with computed parts, ``unknown`` one that is computed from its beginning.
        label: for people: relative to the map's root; passwords and signatures taken out.
        target: the absolute path, address or table; empty for what is unknown.
        exists: for a file, whether it is there now; None where that can't be asked.
        versioned: ``versioned``, ``versioned-locally``, ``unversioned``, ``unknown``, ``absent``; empty for
            what a notebook makes.
        version: by what it is versioned, or why not.
        declared: its declaration as an output, in words.
        exposed: who can read it, where others than its author do, in words.
        findings: what the rules say of accesses to it.
    """

    id: str
    kind: DataKind
    label: str
    target: str = ""
    exists: bool | None = None
    versioned: str = ""
    version: str = ""
    declared: str = ""
    exposed: str = ""
    findings: tuple[Noted, ...] = ()


class Use(msgspec.Struct, frozen=True):
    """One access: where, how the code writes it, and how it is known."""

    cell: int
    where: str
    text: str
    via: str
    basis: Basis


class Link(msgspec.Struct, frozen=True):
    """Data flows from ``source`` to ``target``.

    Args:
        source: id of a book or a data set.
        target: the same.
        kind: ``reads`` (data to book), ``writes`` (book to data), ``runs`` (a book runs a book: what is run
            flows into it), ``part`` (data to data: a file of a directory or pattern).
        uses: the accesses that it stands for.
    """

    source: str
    target: str
    kind: LinkKind
    uses: tuple[Use, ...] = ()


class Loop(msgspec.Struct, frozen=True):
    """Books that feed one another: each makes what the next one reads, and the last what the first one
    reads. ``data`` stands between a book and the next."""

    books: tuple[str, ...]
    data: tuple[str, ...]


class DataMap(msgspec.Struct, frozen=True):
    """The map of a repository.

    Args:
        root: the directory that labels are relative to.
        books: in the order in which they were found.
        data: in the order in which they are first touched.
        links: the flow.
        loops: books that feed one another.
        unread: ids of data that a book makes and none reads; nothing can be said of what is computed.
        unmade: ids of data that a book reads and none makes; the same.
    """

    root: str
    books: tuple[Book, ...]
    data: tuple[Data, ...]
    links: tuple[Link, ...]
    loops: tuple[Loop, ...] = ()
    unread: tuple[str, ...] = ()
    unmade: tuple[str, ...] = ()

    @property
    def nodes(self) -> list[Book | Data]:
        """All nodes, books first."""
        return [*self.books, *self.data]
