"""What a rule about the world outside sees: one notebook's exchanges, and what is around them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nbdebt.config import Settings
from nbdebt.data.versions import Versioned
from nbdebt.model.finding import Exchange, Finding, Fix, NotebookResult, Related, Severity
from nbdebt.model.history import Basis, Resource
from nbdebt.rules import Rule


class Surroundings:
    """One notebook among its files and its neighbours.

    Args (attributes):
        result: the notebook's own accesses to what is outside it.
        directory: absolute directory against which its relative paths are taken.
        settings: the settings of that directory; ``settings.outputs`` are the declarations.
        project: all notebooks of this run by path (with one notebook: only that).
        consumers: for a resolved target (absolute path or URL), the (notebook path, exchange) pairs that read it.
        producers: the same for writes.
        versioned: says whether a data source is versioned, and by what.
        rule: the rule that is being asked.
    """

    def __init__(
        self,
        result: NotebookResult,
        directory: Path,
        settings: Settings,
        project: Mapping[str, NotebookResult],
        consumers: Mapping[str, Sequence[tuple[str, Exchange]]],
        producers: Mapping[str, Sequence[tuple[str, Exchange]]],
        versioned: Callable[[Resource, Path, tuple[str, ...]], Versioned],
    ) -> None:
        self.result = result
        self.directory = directory
        self.settings = settings
        self.project = project
        self.consumers = consumers
        self.producers = producers
        self.versioned = versioned
        self.rule: Rule | None = None

    def finding(
        self,
        exchange: Exchange,
        message: str,
        advice: str = "",
        *,
        basis: Basis = "parsed",
        severity: Severity | None = None,
        evidence: tuple[str, ...] = (),
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding of the rule that is being asked, where the exchange stands."""
        asked = self.rule
        assert asked is not None
        return Finding(
            asked.code,
            asked.name,
            asked.family,
            severity or asked.severity,
            basis,
            self.result.path,
            exchange.cell,
            exchange.access.span,
            message,
            advice,
            exchange.source,
            evidence,
            related,
            fix,
        )
