"""The tables of the index. Rows are only ever added (and pruned), so that a role that may do no more will do.

Times are ISO 8601 texts in UTC, which sort as they are and mean the same in every database. The number of a
data set is a digest of its name: two who take in the same file at once give it the same number. A change of
these tables is a migration (``migrations/versions``).
"""

import hashlib

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

dataset = Table(
    "dataset",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("ns", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False, default=""),
    Index("dataset_by_name", "name"),
)
"""Data sets, by the names that OpenLineage gives them."""

run = Table(
    "run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("job", Text, nullable=False),
    Column("actor", Text, nullable=False, default=""),
    Column("host", Text, nullable=False, default=""),
    Column("git_commit", String(64), nullable=False, default=""),
    Column("started", String(24), nullable=False),
    Column("python", String(32), nullable=False, default=""),
    Column("nbdebt", String(32), nullable=False, default=""),
    Index("run_by_job", "job", "started"),
    Index("run_by_start", "started"),
)
"""Sessions of kernels: a run of a notebook, in the words of OpenLineage."""

ending = Table(
    "ending",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("at", String(24), nullable=False),
)
"""When sessions were closed; a kernel that was killed, or still lives, has no row here."""

execution = Table(
    "execution",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("cell", Text, nullable=False),
    Column("count", Integer),
    Column("at", String(24), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("code", String(32), nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
)
"""Runs of cells."""

access = Table(
    "access",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("dataset_id", BigInteger, ForeignKey("dataset.id"), nullable=False),
    Column("op", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", String(24), nullable=False),
    Column("digest", Text, nullable=False, default=""),
    Column("bytes", BigInteger),
    Column("version_kind", Text, nullable=False, default=""),
    Column("version_id", Text, nullable=False, default=""),
    Column("detector", Text, nullable=False, default=""),
    Column("confidence", Float, nullable=False, default=1.0),
    Index("access_by_dataset", "dataset_id", "op", "at"),
    Index("access_by_time", "at"),
)
"""Who read, wrote or deleted what; ``number`` is the run of a cell that did, ``detector`` the function."""

resolved = Table(
    "resolved",
    metadata,
    Column("weak", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)
"""Digests of large files that were read after the access: what is behind a ``stat:…``."""

declaration = Table(
    "declaration",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("dataset_id", BigInteger, ForeignKey("dataset.id"), primary_key=True),
    Column("owner", Text, nullable=False, default=""),
    Column("consumer", Text, nullable=False, default=""),
    Column("contact", Text, nullable=False, default=""),
    Column("expires", Text, nullable=False, default=""),
)
"""Declared outputs, as they were when they were written."""

source = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("taken", String(24), nullable=False),
)
"""Files that were taken in, and how large they were."""


def dataset_id(ns: str, name: str) -> int:
    """The number of a data set: 63 bits of a digest of its name."""
    text = f"{ns}\0{name}".encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1
