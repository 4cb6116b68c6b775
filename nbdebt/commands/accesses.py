"""Whether what a notebook accesses is versioned, for ``--show-accesses``."""

from pathlib import Path

from nbdebt.data.versions import Resolver
from nbdebt.model.finding import Exchange, Report
from nbdebt.report.view import VersionedBy


def version_of(report: Report) -> VersionedBy:
    """What says of an access whether its target is versioned; None where it can't be known."""
    resolver = Resolver()
    resolver.prepare(
        [
            (exchange.access.resource, _directory(notebook.path), exchange.access.detail)
            for notebook in report.notebooks
            for exchange in notebook.exchanges
        ]
    )

    def versioned(path: str, exchange: Exchange) -> bool | None:
        access = exchange.access
        state = resolver.versioned(access.resource, _directory(path), access.detail).state
        return {"versioned": True, "versioned-locally": True, "unversioned": False}.get(state)

    return versioned


def _directory(path: str) -> Path:
    return Path(path).absolute().parent
