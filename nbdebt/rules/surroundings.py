"""What a rule about the world outside sees: one notebook's exchanges, and what is around them."""

import bisect
import fnmatch
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from nbdebt.config import Output, Settings
from nbdebt.data.declared import declaration_of
from nbdebt.data.places import Place, place_of, project_root
from nbdebt.data.targets import as_pattern, has_hole, is_absolute, resolve_target
from nbdebt.data.versions.answer import Versioned
from nbdebt.model.finding import CellRef, Exchange, Finding, Fix, NotebookResult, Related, Severity
from nbdebt.model.history import Basis, File, Resource, Setting, Span, Table, Url
from nbdebt.rules import Rule

if TYPE_CHECKING:
    from nbdebt.data.exposure.answer import Exposure
    from nbdebt.data.exposure.onlooker import Onlooker

# Reads that don't take a source's content as data: code, IPython's own storage, looking what is there or
# showing it.
_NO_DATA = frozenset(("listing", "script", "storage", "shown", "local"))


class Touch(msgspec.Struct, frozen=True):
    """One exchange, with what is known of its other end.

    Args:
        exchange: the access and its cell.
        order: its place among the notebook's exchanges.
        text: the target as the code writes it, computed parts in braces.
        target: the resolved target: equal for all that touch the same thing. Holds braces where it is
        computed. exact: the target is fully known.
        place: for a file, where it leads; ``unknown`` for all else.
        declared: the declaration that holds for it as an output.
    """

    exchange: Exchange
    order: int
    text: str
    target: str
    exact: bool
    place: Place
    declared: Output | None = None

    @property
    def resource(self) -> Resource:
        """What is touched."""
        return self.exchange.access.resource

    @property
    def mode(self) -> str:
        """How."""
        return self.exchange.access.mode

    @property
    def via(self) -> str:
        """What does it."""
        return self.exchange.access.via

    @property
    def cell(self) -> int:
        """Index of the cell."""
        return self.exchange.cell.index

    @property
    def local(self) -> bool:
        """Whether it is a local file, however well its path is known."""
        return isinstance(self.resource, File)

    @property
    def absolute(self) -> bool:
        """Whether its path begins at a root or a home directory."""
        return isinstance(self.resource, File) and is_absolute(self.text) and not self.has("relative")

    @property
    def by_shell(self) -> bool:
        """Whether a shell line or a magic does it, where a search of the code doesn't find it."""
        return self.via.startswith(("!", "%"))

    def has(self, detail: str) -> bool:
        """Whether the access has a detail."""
        return detail in self.exchange.access.detail


def look_on() -> "Onlooker":
    """What says who can read an output. Few notebooks need it, so it is loaded when it is asked for."""
    from nbdebt.data.exposure.onlooker import Onlooker

    return Onlooker()


def cell_label(cell: CellRef) -> str:
    """How a cell is called in messages."""
    return f"cell [{cell.execution_count}]" if cell.execution_count is not None else f"cell {cell.index + 1}"


class Surroundings:
    """One notebook among its files and its neighbours.

    Args (attributes):
        result: the notebook's own accesses to what is outside it.
        directory: absolute directory against which its relative paths are taken.
        settings: the settings of that directory; ``settings.outputs`` are the declarations.
        project: all notebooks of this run by path (with one notebook: only that).
        consumers: for a resolved target (absolute path or URL), the (notebook path, exchange) pairs that read
        it. producers: the same for writes.
        versioned: says whether a data source is versioned, and by what.
        onlooker: gives what says who can read an output, the same for all notebooks of a run.
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
        onlooker: Callable[[], "Onlooker"] | None = None,
    ) -> None:
        self.result = result
        self.directory = directory
        self.settings = settings
        self.project = project
        self.consumers = consumers
        self.producers = producers
        self.versioned = versioned
        self.onlooker = onlooker or functools.cache(look_on)
        self.rule: Rule | None = None

    @functools.cached_property
    def root(self) -> Path:
        """The project's root."""
        return project_root(self.settings.root, self.directory)

    @functools.cached_property
    def touches(self) -> tuple[Touch, ...]:
        """All exchanges with files, URLs and tables, in document order. Made once for all rules."""
        found: list[Touch] = []
        moved = False
        for order, exchange in enumerate(self.result.exchanges):
            resource = exchange.access.resource
            if isinstance(resource, Setting):
                # From here on nobody knows where relative paths lead.
                moved = moved or (resource.setting == "cwd" and exchange.access.mode == "write")
            elif isinstance(resource, File):
                found.append(self._file(exchange, order, resource, moved))
            elif isinstance(resource, Url | Table):
                target = resolve_target(resource, self.directory)
                exact = "computed" not in exchange.access.detail and "<unknown>" not in target
                declared = declaration_of(resource, target, self.settings.outputs)
                text = resource.url if isinstance(resource, Url) else resource.table
                found.append(Touch(exchange, order, text, target, exact, "unknown", declared))
        return tuple(found)

    def _file(self, exchange: Exchange, order: int, resource: File, moved: bool) -> Touch:
        text = resource.path
        if moved and not is_absolute(text):
            return Touch(exchange, order, text, "<unknown>", False, "unknown")
        target = resolve_target(resource, self.directory)
        exact = "computed" not in exchange.access.detail and not has_hole(text)
        place = place_of(text, target, self.root)
        declared = declaration_of(resource, target, self.settings.outputs) if self.settings.outputs else None
        return Touch(exchange, order, text, target, exact, place, declared)

    # Kinds of touches

    def writes(self) -> Iterator[Touch]:
        """What it writes, ``/dev/null`` and the like left out."""
        return (t for t in self.touches if t.mode == "write" and t.place != "nowhere")

    def data_reads(self) -> Iterator[Touch]:
        """What it reads as data: no code, no picture that is only shown, no listing of a directory."""
        for touch in self.touches:
            if touch.mode != "read" or not _NO_DATA.isdisjoint(touch.exchange.access.detail):
                continue
            if not touch.via.startswith(("IPython.", "dotenv.", "matplotlib.style")):
                yield touch

    def touching(self, target: str) -> list[Touch]:
        """All touches of this target, in document order. Those of a computed path have the same text."""
        return self._by_target.get(target, [])

    def touching_before(self, touch: Touch) -> Iterator[Touch]:
        """The touches of the same target that come before one, the nearest first."""
        same = self.touching(touch.target)
        position = bisect.bisect_left(same, touch.order, key=lambda other: other.order)
        return (same[index] for index in range(position - 1, -1, -1))

    @functools.cached_property
    def _by_target(self) -> dict[str, list[Touch]]:
        found: dict[str, list[Touch]] = {}
        for touch in self.touches:
            if touch.target != "<unknown>":
                found.setdefault(touch.target, []).append(touch)
        return found

    @functools.cached_property
    def _made(self) -> frozenset[str]:
        return frozenset(t.target for t in self.touches if t.mode == "write" and t.exact)

    def makes(self, touch: Touch) -> bool:
        """Whether this notebook itself writes what is touched, or a directory that it lies in."""
        made = self._made
        return touch.target in made or (
            touch.local and any(str(above) in made for above in Path(touch.target).parents)
        )

    def discards(self, touch: Touch) -> bool:
        """Whether the notebook removes what it writes, or writes it into a directory that it removes."""
        gone = self._deleted
        return bool(gone) and (
            touch.target in gone or any(str(above) in gone for above in Path(touch.target).parents)
        )

    @functools.cached_property
    def _deleted(self) -> frozenset[str]:
        return frozenset(t.target for t in self.touches if t.mode == "delete" and t.place != "unknown")

    def reads_again(self, touch: Touch) -> bool:
        """Whether the notebook itself reads what it writes: an intermediate file."""
        targets, patterns = self._read
        return touch.target in targets or any(pattern.match(touch.target) for pattern in patterns)

    @functools.cached_property
    def _read(self) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
        """Targets of all reads with the directories above them; patterns of those partly computed."""
        targets: set[str] = set()
        patterns: dict[str, re.Pattern[str]] = {}
        for touch in self.touches:
            if touch.mode != "read" or not touch.local or touch.place == "unknown":
                continue
            if touch.target not in targets:
                targets.add(touch.target)
                targets.update(str(above) for above in Path(touch.target).parents)
            if not touch.exact:
                pattern = as_pattern(touch.target)
                patterns[pattern] = re.compile(fnmatch.translate(pattern))
        return frozenset(targets), tuple(patterns.values())

    def downloads(self, touch: Touch) -> bool:
        """Whether a write is the local copy of something fetched by the same call or shell line."""
        return touch.has("download") or any(
            other.mode == "read" and isinstance(other.resource, Url) for other in self.beside(touch)
        )

    def beside(self, touch: Touch) -> list[Touch]:
        """All touches of the same call or shell line."""
        return self._by_call[touch.cell, touch.exchange.access.span]

    @functools.cached_property
    def _by_call(self) -> dict[tuple[int, Span], list[Touch]]:
        found: dict[tuple[int, Span], list[Touch]] = {}
        for touch in self.touches:
            found.setdefault((touch.cell, touch.exchange.access.span), []).append(touch)
        return found

    def readers(self, target: str) -> list[tuple[str, Exchange]]:
        """The first read of each other notebook of the run that reads the target and does not write it."""
        makers = {path for path, _ in self.producers.get(target, ())} | {self.result.path}
        first: dict[str, Exchange] = {}
        for path, exchange in self.consumers.get(target, ()):
            if path not in makers and _NO_DATA.isdisjoint(exchange.access.detail):
                first.setdefault(path, exchange)
        return sorted(first.items(), key=lambda item: item[0])

    def writers(self, target: str) -> list[tuple[str, Exchange]]:
        """The other notebooks of the run that write the target."""
        return [item for item in self.producers.get(target, ()) if item[0] != self.result.path]

    # Findings

    def state(self, touch: Touch) -> Versioned:
        """Whether what is touched is versioned."""
        return self.versioned(touch.resource, self.directory, touch.exchange.access.detail)

    def exposure(self, touch: Touch) -> "Exposure | None":
        """Who can read what is written; None where nobody can be told of, as its path is computed."""
        return self.onlooker().of(touch.resource, self.directory) if touch.exact else None

    def related(self, touch: Touch, message: str) -> Related:
        """Another place of this notebook."""
        return Related(message, self.result.path, touch.exchange.cell, touch.exchange.access.span)

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
