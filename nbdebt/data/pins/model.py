"""What a pin holds: a digest, and for tables a profile, so that a change can be told in words."""

from typing import Literal

import msgspec

Kind = Literal["files", "urls"]
Type = Literal["integer", "number", "text", "boolean", "time", "duration", "other"]
Number = int | float
Bound = int | float | str

NAME = "nbdebt.lock"
"""The lock file's name."""
MOST_VALUES = 24
"""A column of text with up to this many different values is a category, whose values are recorded."""
LONGEST_VALUE = 60
MOST_COLUMNS = 400
"""Of the columns of wider tables only the types are recorded."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Column(msgspec.Struct, frozen=True):
    """One column of a table.

    Args:
        type: what its values are, in words that hold for every library that reads the table.
        nulls: how many rows have no value.
        distinct: how many different values there are; None where that was not counted.
        values: these values, sorted, where they are few.
        low: the least value; times in ISO 8601.
        high: the greatest.
        quantiles: of numbers, at :data:`QUANTILES`.
    """

    type: Type
    nulls: int = 0
    distinct: int | None = None
    values: tuple[str, ...] | None = None
    low: Bound | None = None
    high: Bound | None = None
    quantiles: tuple[Number, ...] = ()


class Profile(msgspec.Struct, frozen=True):
    """A table in numbers.

    Args:
        rows: how many rows it has.
        columns: in the table's order.
        sampled: not all rows were looked at; never written into a lock file.
    """

    rows: int
    columns: dict[str, Column]
    sampled: bool = False


class Pin(msgspec.Struct, frozen=True):
    """One recorded source.

    Args:
        kind: a local file or directory (``files``), or an address (``urls``).
        name: the path relative to the lock file, with slashes; the address without secrets.
        sha256: digest of the content; of a directory, of the list of its files with their digests.
        size: bytes.
        pinned: the day, as ISO 8601.
        notebooks: the notebooks that read it, relative to the lock file.
        files: how many files a directory holds; None for anything else.
        version: what the server called this content when it was pinned (an ETag), for an address.
        profile: of a table.
    """

    kind: Kind
    name: str
    sha256: str
    size: int = 0
    pinned: str = ""
    notebooks: tuple[str, ...] = ()
    files: int | None = None
    version: str = ""
    profile: Profile | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by in a lock file."""
        return self.kind, self.name
