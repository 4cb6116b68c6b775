"""Resources, accesses and runs: the one structure that every rule, report, graph and export reads.

The same types hold a saved notebook's inferred history and a live kernel's recorded one; how a fact is known
travels with the fact as its ``basis``.
"""

from typing import Literal

import msgspec

Basis = Literal["observed", "parsed", "inferred"]
Mode = Literal["read", "write", "mutate", "delete", "draw", "seed"]
Outcome = Literal["ok", "error", "interrupted", "unknown"]


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """A stretch of one cell's source. Lines and columns count from 1; ``end_column`` is one past the last
    character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Name(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A global name, or a constant part of what it holds: ``Name("df", "['a']")`` is ``df['a']``,
    ``Name("o", ".x")`` is ``o.x``."""

    name: str
    part: str = ""

    def __str__(self) -> str:
        return self.name + self.part


class RandomStream(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A source of randomness: ``python``, ``numpy``, ``torch``, ``tensorflow``, ``cupy``; and those that no
    seed
    determines: ``time``, ``os``, ``uuid``, ``hash`` (the order of sets of strings)."""

    stream: str

    def __str__(self) -> str:
        return f"the {self.stream} random stream"


class File(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A local path as the code names it (``~`` and relative parts kept); ``<unknown>`` where it is
    computed."""

    path: str

    def __str__(self) -> str:
        return self.path


class Url(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A remote source: http(s), an object store, or a dataset hub written as a URI (``hf://datasets/imdb@main``)."""

    url: str

    def __str__(self) -> str:
        return self.url


class Table(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A table or query of a database, with the connection as the code names it."""

    table: str
    connection: str = ""

    def __str__(self) -> str:
        return f"{self.connection}#{self.table}" if self.connection else self.table


class Setting(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Process-wide state: ``cwd``, ``environ``, ``environ:HOME``, ``sys.path``, ``pandas.options``,
    ``warnings``."""

    setting: str

    def __str__(self) -> str:
        return self.setting


class Package(msgspec.Struct, frozen=True, tag=True, gc=False):
    """An installed package, as ``%pip install`` changes it; ``requirement`` is the text that was
    installed."""

    package: str
    requirement: str = ""

    def __str__(self) -> str:
        return self.package


Resource = Name | RandomStream | File | Url | Table | Setting | Package


class Access(msgspec.Struct, frozen=True):
    """One run touching one resource.

    Args:
        resource: what is touched.
        mode: how.
        span: where in the cell's source the touch is written (for what a called function does: the call).
        basis: how it is known.
        certain: it happens whenever the cell runs to its end (not under ``if``, ``try``, a loop that may be
            empty).
        via: qualified name of the function or magic that does it (``pandas.read_csv``, ``%%writefile``), or
            the user's own function through which it happens.
        detail: what the rules need beside: e.g. ``append`` for an append-mode write,
            ``unless=random_state`` for a draw that this argument would have determined. Small, sorted
            ``key=value`` items.
    """

    resource: Resource
    mode: Mode
    span: Span
    basis: Basis = "parsed"
    certain: bool = True
    via: str = ""
    detail: tuple[str, ...] = ()

    def get(self, key: str, default: str = "") -> str:
        """The value of ``key`` in ``detail``; ``"true"`` for a bare key, ``default`` where absent."""
        for item in self.detail:
            if item == key:
                return "true"
            if item.startswith(key) and item[len(key)] == "=":
                return item[len(key) + 1 :]
        return default


class Run(msgspec.Struct, frozen=True):
    """One execution of one cell.

    Args:
        sequence: place in the session's order, the execution count where there is one.
        cell: index of the cell in the document; None where no cell of the document shows this run any more.
        cell_id: the cell's id.
        source: the source as it ran (for an inferred run: the source as it is now).
        outcome: how it ended.
        duration: seconds, where observed.
        basis: how the run is known.
    """

    sequence: int
    cell: int | None
    cell_id: str
    source: str
    outcome: Outcome = "unknown"
    duration: float | None = None
    basis: Basis = "inferred"


class History(msgspec.Struct, frozen=True):
    """Runs in order, and the gaps: counts that no cell bears any more, evidence of deleted or re-run
    cells."""

    runs: tuple[Run, ...]
    gaps: tuple[int, ...] = ()
    ambiguous: tuple[int, ...] = ()
    """Counts that more than one cell bears (merged sessions, copied cells)."""

    @property
    def executed(self) -> bool:
        """Whether any run is known."""
        return bool(self.runs)
