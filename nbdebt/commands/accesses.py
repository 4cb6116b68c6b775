"""Whether what a notebook reads is versioned, and who can read what it writes, for ``--show-accesses``."""

from pathlib import Path

from nbdebt.data.exposure.answer import Exposure
from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.data.targets import resolve_target
from nbdebt.data.versions import Resolver
from nbdebt.model.finding import Exchange, Report
from nbdebt.model.history import File
from nbdebt.report.view import ExposedTo, VersionedBy


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


def exposed_to(report: Report) -> ExposedTo:
    """What says of an access who can read what it writes; None for what isn't written or can't be known."""
    onlooker = Onlooker(git=True)
    onlooker.foresee(
        resolve_target(exchange.access.resource, _directory(notebook.path))
        for notebook in report.notebooks
        for exchange in notebook.exchanges
        if exchange.access.mode == "write" and isinstance(exchange.access.resource, File)
    )

    def exposed(path: str, exchange: Exchange) -> Exposure | None:
        access = exchange.access
        if access.mode != "write" or "computed" in access.detail:
            return None
        return onlooker.of(access.resource, _directory(path))

    return exposed


def _directory(path: str) -> Path:
    return Path(path).absolute().parent
