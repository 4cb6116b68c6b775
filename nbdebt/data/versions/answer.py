"""What is asked about a source, who can answer, and the answer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from nbdebt.model.history import Resource

State = Literal["versioned", "versioned-locally", "unversioned", "unknown", "absent"]


class Versioned(msgspec.Struct, frozen=True):
    """The answer for one source.

    Args:
        state: ``versioned-locally`` is committed but nowhere else; ``absent`` a local path that is not there.
        by: the system that says so (``git``, ``dvc``, ``nbdebt.lock``, ``s3``…).
        identity: which version (commit, digest, revision).
        reason: one clause for people ("is not tracked by git").
        pinned: for what does not match its pin, the day of the pin.
        changes: and what has changed since, as far as it is known, a clause each.
    """

    state: State
    by: str = ""
    identity: str = ""
    reason: str = ""
    pinned: str = ""
    changes: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """One source of data, as a notebook names it.

    Args:
        resource: what is read.
        directory: absolute directory of the notebook.
        detail: the access's details (``pinned``, ``computed``…).
        named: for a local file, its absolute path, a link at its end not followed; else None.
        real: the same with all links followed.
    """

    resource: Resource
    directory: Path
    detail: tuple[str, ...] = ()
    named: Path | None = None
    real: Path | None = None


class Witness(Protocol):
    """What other systems may ask of git: their own files are worth something only when they are committed."""

    def committed(self, path: Path) -> Versioned:
        """Whether git holds the file as it is."""
        ...


class System(Protocol):
    """A system that versions data.

    Packages add theirs through the entry-point group ``nbdebt.versions``: a callable without arguments that
    gives one.
    """

    name: str

    def witnesses(self, source: Source) -> Iterable[Path]:
        """Files whose state in git :meth:`judge` is going to ask for, so that all are asked for at once."""
        ...

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """The answer; None where the system has nothing to say of this source. Must not raise."""
        ...
