"""Asks the systems in order, and git once for all."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.data.digests import Digest, NotYet, file_digest
from nbdebt.data.targets import has_hole, local_path
from nbdebt.data.versions.answer import Source, System, Versioned
from nbdebt.data.versions.git import PENDING, Git
from nbdebt.model.brought import brought
from nbdebt.model.history import File, Resource

if TYPE_CHECKING:
    from nbdebt.data.versions.lock import Changes

Question = tuple[Resource, Path, tuple[str, ...]]
# Reads that are no reads of a source's content.
_NO_CONTENT = frozenset(("computed", "listing", "script", "storage"))


class Resolver:
    """Says whether sources are versioned. Never raises: what cannot be found out is ``unknown``, with why.

    Args:
        systems: those to ask, in order; None takes nbdebt's own and those that other packages bring.
        git: asks git; one that is kept for several resolvers may know answers already.
        digest: gives digests of files; one that makes them in the background may say that it hasn't yet.
        changes: says in words what has changed since something was pinned.
    """

    def __init__(
        self,
        systems: Iterable[System] | None = None,
        git: Git | None = None,
        digest: Digest = file_digest,
        changes: "Changes | None" = None,
    ) -> None:
        self.git = git or Git(digest=digest)
        self._digest = digest
        self._changes = changes
        self._systems = systems if systems is None else list(systems)
        self._foreseen: list[Question] = []
        self._answers: dict[Question, Versioned] = {}

    @property
    def systems(self) -> list[System]:
        """The systems in the order in which they are asked."""
        if self._systems is None:
            # Imported here, for what is not there or is computed is judged without them.
            from nbdebt.data.versions.annex import Annex
            from nbdebt.data.versions.dvc import Dvc
            from nbdebt.data.versions.lock import Lock
            from nbdebt.data.versions.pachyderm import Pachyderm
            from nbdebt.data.versions.packaged import Packaged
            from nbdebt.data.versions.tables import Tables
            from nbdebt.data.versions.uris import Uris

            # A pin goes before git: it says which content was meant. git comes last: it knows every file.
            known: list[System] = [
                Packaged(),
                Lock(self._digest, self._changes),
                Uris(),
                Annex(),
                Dvc(self._digest),
                Pachyderm(),
                Tables(),
            ]
            self._systems = [*known, *(entry.load()() for entry in brought("nbdebt.versions")), self.git]
        return self._systems

    def prepare(self, questions: Iterable[Question]) -> None:
        """Foresee questions. Costs nothing until one of them is asked; then git is asked for all together."""
        self._foreseen.extend(questions)

    def versioned(self, resource: Resource, directory: Path, detail: tuple[str, ...] = ()) -> Versioned:
        """Whether a source is versioned, and by what.

        Args:
            resource: what is read.
            directory: absolute directory against which its path is taken.
            detail: the access's details.
        """
        question = (resource, directory, detail)
        answer = self._answers.get(question)
        if answer is None:
            if self._foreseen:
                self._batch()
                answer = self._answers.get(question)
            if answer is None:
                answer = self._answers[question] = self._judge(_source(*question))
        return answer

    def _batch(self) -> None:
        """Let git know all paths that it is going to be asked about."""
        foreseen, self._foreseen = dict.fromkeys(self._foreseen), []
        for question in foreseen:
            if not isinstance(question[0], File) or not _NO_CONTENT.isdisjoint(question[2]):
                continue
            source = _source(*question)
            if source.named is None or not os.path.lexists(source.named):
                continue
            for system in self.systems:
                for path in system.witnesses(source):
                    self.git.want(path)

    def _judge(self, source: Source) -> Versioned:
        if isinstance(source.resource, File):
            if source.named is None:
                return Versioned("unknown", reason="its path is computed")
            if not os.path.lexists(source.named):
                return Versioned("absent", reason="is not there")
            if not os.access(source.named, os.R_OK) and not source.named.is_symlink():
                return Versioned("unknown", reason="can't be read")
        try:
            for system in self.systems:
                answer = system.judge(source, self.git)
                if answer is not None:
                    return answer
        except NotYet:
            return Versioned("unknown", reason=PENDING)
        return Versioned("unknown", reason="no known system versions it")


def _source(resource: Resource, directory: Path, detail: tuple[str, ...]) -> Source:
    if not isinstance(resource, File) or "computed" in detail or has_hole(resource.path):
        return Source(resource, directory, detail)
    try:
        named = local_path(resource.path, directory)
        return Source(resource, directory, detail, named, named.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a null character
        return Source(resource, directory, detail)
