"""The lines of the ledger's files: what a session, a run of a cell and an access say of themselves.

Each line is a JSON object whose ``kind`` says which of these it is. Lines are only ever added, and a line
that a later version adds is passed over by an earlier one.
"""

from typing import Literal

import msgspec

VERSION = 1
"""Of the files' format: the first line of each file bears it."""

Op = Literal["read", "write", "delete"]
Status = Literal["ok", "error", "interrupted", "unknown"]


class Began(msgspec.Struct, frozen=True, tag="session", tag_field="kind", omit_defaults=True):
    """A session began: the first line of every file of it.

    Args:
        session: a UUID: that of the kernel session.
        job: the notebook's absolute path; empty where it isn't known.
        at: when, ISO 8601 in UTC.
        version: of the format.
        actor: whose session; empty where that isn't to be said.
        host: the machine; empty where the actor isn't to be known.
        commit: what the notebook's repository had checked out.
        python: version of Python.
        nbdebt: version of nbdebt.
        part: which of the session's files this is, from 0.
    """

    session: str
    job: str
    at: str
    version: int = VERSION
    actor: str = ""
    host: str = ""
    commit: str = ""
    python: str = ""
    nbdebt: str = ""
    part: int = 0


class Ran(msgspec.Struct, frozen=True, tag="run", tag_field="kind", omit_defaults=True):
    """A cell ran.

    Args:
        run: number of the run within the session, from 1.
        cell: the cell's id.
        at: when it ended.
        seconds: how long it took.
        outcome: how it ended.
        count: the ``[n]`` that it shows.
        code: digest of its code, comments left out; the code itself is not written.
        error: class of the exception that ended it.
    """

    run: int
    cell: str
    at: str
    seconds: float
    outcome: Status = "ok"
    count: int | None = None
    code: str = ""
    error: str = ""


class Accessed(msgspec.Struct, frozen=True, tag="access", tag_field="kind", omit_defaults=True):
    """A run read, wrote or deleted a data set.

    Args:
        run: number of the run.
        op: what it did.
        ns: namespace of the data set, as OpenLineage names it: ``file``, ``s3://bucket``.
        name: its name within: an absolute path, a key, ``database.schema.table``.
        at: when.
        digest: of what was read, or of what was left: ``sha256:…``, ``stat:…`` where it was not read.
        bytes: its size.
        via: the function that did it.
        sure: False where several runs were going on and it may have been another.
        owner: who owns the file; only where actors are named.
        version_kind: the system that versions it (``git``, ``dvc``), where one does.
        version_id: its version there.
    """

    run: int
    op: Op
    ns: str
    name: str
    at: str
    digest: str = ""
    bytes: int | None = None
    via: str = ""
    sure: bool = True
    owner: str = ""
    version_kind: str = ""
    version_id: str = ""


class Digested(msgspec.Struct, frozen=True, tag="digest", tag_field="kind", omit_defaults=True):
    """A large file was read in the background: ``weak`` is what its accesses say, ``digest`` what it is."""

    weak: str
    digest: str


class Declared(msgspec.Struct, frozen=True, tag="declaration", tag_field="kind", omit_defaults=True):
    """An output that was written is declared: by whom, for whom, until when."""

    ns: str
    name: str
    owner: str = ""
    consumers: tuple[str, ...] = ()
    note: str = ""
    expires: str = ""


class Ended(msgspec.Struct, frozen=True, tag="end", tag_field="kind", omit_defaults=True):
    """The session was closed. A kernel that was killed says no such thing."""

    at: str


Entry = Began | Ran | Accessed | Digested | Declared | Ended

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_KINDS = frozenset(("session", "run", "access", "digest", "declaration", "end"))


def decode(line: bytes) -> Entry | None:
    """The entry that a line holds; None for a kind that this version doesn't know.

    Raises:
        ValueError: the line is no entry.
    """
    try:
        return _decoder.decode(line)
    except msgspec.ValidationError:
        said = msgspec.json.decode(line)
        kind = said.get("kind") if isinstance(said, dict) else None
        if isinstance(kind, str) and kind not in _KINDS:
            return None
        raise
