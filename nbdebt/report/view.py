"""How a report is to be shown: what the formats need beside the report itself."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from nbdebt.data.exposure.answer import Exposure
from nbdebt.datamap.model import DataMap
from nbdebt.model.finding import Exchange, Finding, Report

VersionedBy = Callable[[str, Exchange], bool | None]
ExposedTo = Callable[[str, Exchange], Exposure | None]


class FileLines:
    """Lines of cells to true lines of their files; each file is read once, and only when asked for.

    Args:
        given: content of what is not a file, by path: standard input.
    """

    def __init__(self, given: dict[str, bytes] | None = None) -> None:
        self._given = given or {}
        self._maps: dict[str, Callable[[int, int], int]] = {}

    def line(self, finding: Finding) -> int:
        """The line of the file that a finding is about; 1 where it is about the whole notebook."""
        if finding.cell is None:
            return 1
        return self.at(finding.path, finding.cell.index, finding.span.line if finding.span else 1)

    def at(self, path: str, cell: int, line: int) -> int:
        """The line of the file for a line of a cell; 1 where the file can't be read any more."""
        found = self._maps.get(path)
        if found is None:
            found = self._maps[path] = self._map(path)
        return found(cell, line)

    def _map(self, path: str) -> Callable[[int, int], int]:
        from nbdebt.read.spans import SourceMap

        try:
            data = self._given[path] if path in self._given else Path(path).read_bytes()
        except (OSError, ValueError):
            data = b""
        return SourceMap(data, path).line


class View(msgspec.Struct, frozen=True, kw_only=True):
    """How much to show, and how.

    Args:
        color: with colours, as terminals understand them.
        width: columns of the terminal.
        verbose: all notes, evidence, what was skipped, notebooks without findings.
        quiet: findings only, no summary.
        judged: notebooks without findings, too, if there is a verdict.
        show_accesses: with every access to files, URLs and tables (JSON).
        fixed: what was fixed before this report was made: (path, title).
        asides: what else to say at the end, in a few words each.
        lines: true lines in files.
        versioned: says of an access whether its source is versioned; None where it can't be said.
        map: gives the map of data of a report; None where none is wanted.
        exposed: says of an access who can read what it writes; None where it writes nothing.
    """

    color: bool = False
    width: int = 100
    verbose: bool = False
    quiet: bool = False
    judged: bool = False
    show_accesses: bool = False
    fixed: tuple[tuple[str, str], ...] = ()
    asides: tuple[str, ...] = ()
    lines: FileLines = msgspec.field(default_factory=FileLines)
    versioned: VersionedBy | None = None
    exposed: ExposedTo | None = None
    map: Callable[[Report], DataMap] | None = None
