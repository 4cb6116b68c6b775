"""Makes the map of a report: nothing is read again but the file system's names and permissions."""

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from nbdebt.config import Settings
from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.data.exposure.remote import database_file
from nbdebt.data.loops import loop_through
from nbdebt.data.places import project_root
from nbdebt.data.targets import as_pattern, has_hole, is_unknown
from nbdebt.data.versions import Resolver
from nbdebt.datamap.model import Book, Data, DataKind, DataMap, Link, LinkKind, Loop, Noted, Use
from nbdebt.datamap.targets import Places, changed_directory, safe_address
from nbdebt.model.finding import CellRef, Exchange, Finding, NotebookResult, Report
from nbdebt.model.history import File, Resource, Setting, Table, Url
from nbdebt.rules.surroundings import Surroundings, Touch, cell_label

_SCRIPTS = (".py", ".md", ".Rmd", ".qmd")
_LOOPS = 200
"""So many loops are told; whoever has more has one problem, not two hundred."""


class _Seen(NamedTuple):
    """One access, with what it leads to."""

    touch: Touch
    mode: LinkKind
    directory: Path | None


class _Node:
    """A data set in the making."""

    def __init__(self, number: int, kind: DataKind, target: str, first: _Seen) -> None:
        self.id = f"d{number}"
        self.kind = kind
        self.target = target
        self.first = first
        self.writes: list[tuple[str, _Seen]] = []
        self.reads: list[tuple[str, _Seen]] = []


def build_map(report: Report, settings_of: Callable[[Path], Settings], directories: Sequence[str]) -> DataMap:
    """The map of all notebooks of a report.

    Args:
        report: of a check.
        settings_of: the settings of a directory.
        directories: what was asked for: labels are relative to what these have in common.
    """
    return _Build(report, settings_of, directories).map()


class _Build:
    def __init__(
        self, report: Report, settings_of: Callable[[Path], Settings], directories: Sequence[str]
    ) -> None:
        self.report = report
        self.settings_of = settings_of
        self.root = _common(directories, [n.path for n in report.notebooks])
        self.project = project_root(settings_of(self.root).root, self.root)
        self.places = Places()
        self.resolver = Resolver()
        self.onlooker = Onlooker()
        self.nodes: dict[tuple[str, str], _Node] = {}
        self.runs: dict[tuple[str, str], list[_Seen]] = {}
        self.book_ids = {n.path: f"b{i}" for i, n in enumerate(report.notebooks)}
        self.by_real = {os.path.realpath(n.path): self.book_ids[n.path] for n in report.notebooks}
        self.findings: dict[str, list[Finding]] = {}
        for finding in report.findings:
            self.findings.setdefault(finding.path, []).append(finding)
        self.around: dict[str, Surroundings] = {}

    def map(self) -> DataMap:
        """Collect, join, and say what is missing."""
        seen = [(book, list(self._seen(book))) for book in self.report.notebooks]
        for book, accesses in seen:
            for one in accesses:
                if one.mode == "writes" and one.touch.local and one.directory is not None:
                    path = self.places.file(one.touch.text, one.directory, self._root(book), writes=True)
                    self.places.made.add(as_pattern(path))
        for book, accesses in seen:
            for one in accesses:
                self._add(book, one)
        links = [*self._links(), *self._parts()]
        made, read = (
            {k.target for k in links if k.kind == "writes"},
            {k.source for k in links if k.kind == "reads"},
        )
        parts = [(k.source, k.target) for k in links if k.kind == "part"]
        made_by_part = made | {target for source, target in parts if source in made}
        read_by_part = read | {source for source, target in parts if target in read}
        ids = [node.id for node in self.nodes.values() if node.kind != "unknown"]
        return DataMap(
            str(self.root),
            tuple(self._book(book) for book in self.report.notebooks),
            tuple(self._data(node, node.id in made) for node in self.nodes.values()),
            tuple(links),
            tuple(self._loops(links)),
            tuple(i for i in ids if i in made and i not in read_by_part),
            tuple(i for i in ids if i in read and i not in made_by_part),
        )

    # What each book touches

    def _root(self, book: NotebookResult) -> Path:
        directory = _directory(book.path)
        return project_root(self.settings_of(directory).root, directory)

    def _seen(self, book: NotebookResult) -> Iterator[_Seen]:
        """The accesses that carry data, each with the directory that it is relative to."""
        book = _with_recorded(book)
        directory = _directory(book.path)
        settings = self.settings_of(directory)
        around = Surroundings(book, directory, settings, {book.path: book}, {}, {}, self.resolver.versioned)
        self.around[book.path] = around
        reads = {touch.order for touch in around.data_reads()}
        standing = self._standing(book, directory)
        for touch in around.touches:
            runs = touch.mode == "read" and touch.has("script")
            if touch.mode == "read" and not runs and touch.order not in reads:
                continue
            if touch.mode not in ("read", "write", "mutate") or touch.place == "nowhere":
                continue
            if touch.local and (touch.via.startswith("tempfile.") or around.discards(touch)):
                continue
            mode: LinkKind = "runs" if runs else "reads" if touch.mode == "read" else "writes"
            yield _Seen(touch, mode, standing[touch.order])

    @staticmethod
    def _standing(book: NotebookResult, directory: Path) -> dict[int, Path | None]:
        """Where the notebook stands at each access; None once nobody knows."""
        found: dict[int, Path | None] = {}
        now: Path | None = directory
        for order, exchange in enumerate(book.exchanges):
            resource = exchange.access.resource
            if isinstance(resource, Setting):
                if resource.setting == "cwd" and exchange.access.mode == "write":
                    now = changed_directory(exchange.source, now)
            else:
                found[order] = now
        return found

    def _add(self, book: NotebookResult, seen: _Seen) -> None:
        mode = seen.mode
        book_id = self.book_ids[book.path]
        kind, target = self._key(book, seen)
        if mode == "runs":
            run = self.by_real.get(os.path.realpath(target)) if kind == "file" else None
            if run is not None and run != book_id:
                self.runs.setdefault((run, book_id), []).append(seen)
            return
        key = (kind, target) if kind != "unknown" else (f"{book_id} {mode}", "")
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = _Node(len(self.nodes), kind, target, seen)
        (node.writes if mode == "writes" else node.reads).append((book_id, seen))

    def _key(self, book: NotebookResult, seen: _Seen) -> tuple[DataKind, str]:
        touch = seen.touch
        resource = touch.resource
        if isinstance(resource, Url):
            return (
                ("unknown", "")
                if is_unknown(resource.url)
                else ("url", as_pattern(safe_address(resource.url)))
            )
        if isinstance(resource, Table):
            if not resource.table or is_unknown(resource.table):
                return "unknown", ""
            file = database_file(resource.connection)
            if file and seen.directory is not None and not is_unknown(file):
                writes = seen.mode == "writes"
                path = self.places.file(file, seen.directory, self._root(book), writes=writes)
                return "table", f"{path}#{resource.table}"
            return "table", safe_address(touch.target)
        if is_unknown(touch.text) or not isinstance(resource, File):
            return "unknown", ""
        if seen.directory is None and not touch.absolute:
            # After a change of directory that nobody can follow, the file may be anywhere above or below.
            directory = _directory(book.path)
            path = self.places.file(touch.text, directory, self._root(book), writes=False)
            if not os.path.lexists(path) and as_pattern(path) not in self.places.made:
                return "unknown", ""
        else:
            directory = seen.directory or _directory(book.path)
            path = self.places.file(touch.text, directory, self._root(book), writes=seen.mode == "writes")
        return ("pattern" if has_hole(path) else "file"), as_pattern(path)

    # Links

    def _links(self) -> Iterator[Link]:
        for node in self.nodes.values():
            for mode, ends in (("writes", node.writes), ("reads", node.reads)):
                uses: dict[str, dict[Use, None]] = {}
                for book, seen in ends:
                    uses.setdefault(book, {})[_use(seen.touch)] = None
                for book, found in uses.items():
                    source, target = (book, node.id) if mode == "writes" else (node.id, book)
                    yield Link(source, target, "writes" if mode == "writes" else "reads", tuple(found))
        for (source, target), accesses in self.runs.items():
            yield Link(source, target, "runs", tuple(dict.fromkeys(_use(seen.touch) for seen in accesses)))

    def _parts(self) -> Iterator[Link]:
        """Files of a directory or pattern: what is made flows into what is read."""
        local = [n for n in self.nodes.values() if n.kind in ("file", "pattern")]
        by_path = {n.target: n for n in local}
        patterns = [(n, re.compile(fnmatch.translate(n.target))) for n in local if n.kind == "pattern"]
        pairs: dict[tuple[str, str], tuple[_Node, _Node]] = {}
        for node in local:
            for above in Path(node.target).parents:
                if (whole := by_path.get(str(above))) is not None:
                    pairs[whole.id, node.id] = whole, node
            for whole, pattern in patterns:
                if whole is not node and pattern.match(node.target):
                    pairs[whole.id, node.id] = whole, node
        for whole, part in pairs.values():
            if part.writes and whole.reads:
                yield Link(part.id, whole.id, "part")
            if whole.writes and part.reads:
                yield Link(whole.id, part.id, "part")

    def _loops(self, links: Sequence[Link]) -> Iterator[Loop]:
        """Loops, each told once: by the first of its books."""
        rank = {self.book_ids[n.path]: i for i, n in enumerate(self.report.notebooks)}
        readers: dict[str, list[str]] = {}
        writes: dict[str, list[str]] = {}
        for link in links:
            if link.kind == "reads":
                readers.setdefault(link.source, []).append(link.target)
            elif link.kind == "writes":
                writes.setdefault(link.source, []).append(link.target)
        makers = {(data, book) for book, made in writes.items() for data in made}
        flows = {
            book: [(d, r) for d in made for r in readers.get(d, ()) if (d, r) not in makers]
            for book, made in writes.items()
        }
        count = 0
        for book in sorted(flows, key=lambda book: rank[book]):

            def onward(at: str, first: int = rank[book]) -> list[tuple[str, str]]:
                return [(data, reader) for data, reader in flows.get(at, ()) if rank[reader] >= first]

            steps = loop_through(book, onward)
            if steps and count < _LOOPS:
                count += 1
                yield Loop(tuple(maker for maker, _, _ in steps), tuple(data for _, data, _ in steps))

    # Nodes

    def _book(self, book: NotebookResult) -> Book:
        reproduces = book.verdict.reproduces if book.verdict is not None else None
        problem = next((p.reason for p in self.report.problems if p.path == book.path), "")
        return Book(
            self.book_ids[book.path],
            book.path,
            "script" if book.path.endswith(_SCRIPTS) else "notebook",
            self._label(os.path.abspath(book.path)),
            reproduces,
            tuple(map(_noted, self.findings.get(book.path, ()))),
            problem,
        )

    def _data(self, node: _Node, made: bool) -> Data:
        resource, first = node.first.touch.resource, node.first
        versioned = version = declared = exposed = ""
        if node.kind != "unknown" and not made:
            versioned, version = self._version(node)
        if made:
            writer = next((seen.touch for _, seen in node.writes if seen.touch.declared), None)
            if writer is not None and writer.declared is not None:
                to = f", for {', '.join(writer.declared.consumers)}" if writer.declared.consumers else ""
                declared = f"declared{f' by {writer.declared.owner}' if writer.declared.owner else ''}{to}"
            seen = None
            if node.kind == "file":
                seen = self.onlooker.of_file(node.target)
            elif node.kind in ("url", "table"):
                seen = self.onlooker.of(resource, first.directory or self.root)
            exposed = seen.words if seen is not None and seen.notable else ""
        return Data(
            node.id,
            node.kind,
            self._name(node),
            node.target,
            os.path.lexists(node.target) if node.kind == "file" else None,
            versioned,
            version,
            declared,
            exposed,
            tuple(self._data_findings(node)),
        )

    def _version(self, node: _Node) -> tuple[str, str]:
        touch = node.first.touch
        resource: Resource = File(node.target) if node.kind == "file" else touch.resource
        answer = self.resolver.versioned(resource, self.root, touch.exchange.access.detail)
        return answer.state, answer.by if answer.state.startswith("versioned") else answer.reason

    def _name(self, node: _Node) -> str:
        if node.kind == "unknown":
            return "a computed target" if node.writes else "a computed source"
        return self._label(node.target) if node.target.startswith("/") else node.target

    def _label(self, path: str) -> str:
        root = str(self.root).rstrip("/")
        if path.startswith(root + "/"):
            return path[len(root) + 1 :]
        if path.startswith(str(self.project).rstrip("/") + "/"):
            return os.path.relpath(path, root)
        home = os.path.expanduser("~")
        return "~" + path[len(home) :] if home != "/" and path.startswith(home + "/") else path

    def _data_findings(self, node: _Node) -> Iterator[Noted]:
        at = {
            (seen.touch.exchange.cell.index, seen.touch.exchange.access.span, self._path(book))
            for book, seen in (*node.writes, *node.reads)
        }
        for path in dict.fromkeys(path for _, _, path in at):
            for finding in self.findings.get(path, ()):
                cell, span = finding.cell, finding.span
                if cell is None or span is None or finding.family not in ("outputs", "data"):
                    continue
                if (cell.index, span, path) in at:
                    yield _noted(finding)

    def _path(self, book_id: str) -> str:
        return self.report.notebooks[int(book_id[1:])].path


def _with_recorded(book: NotebookResult) -> NotebookResult:
    """The notebook with what a session was seen to do: it stands for what the code of a cell computes."""
    if not book.recorded:
        return book
    told = {(e.cell.index, e.access.mode, e.access.via) for e in book.recorded}
    named = {(e.cell.index, e.access.mode, _called(e)) for e in book.exchanges}
    kept = [
        e
        for e in book.exchanges
        if "computed" not in e.access.detail or (e.cell.index, e.access.mode, e.access.via) not in told
    ]
    added = [
        e
        for e in book.recorded
        if (e.cell.index, e.access.mode, _called(e)) not in named and not e.access.via.endswith("connect")
    ]
    # In document order, for directories may be changed on the way.
    return replace(book, exchanges=tuple(sorted((*kept, *added), key=lambda e: e.cell.index)))


def _called(exchange: Exchange) -> Resource | str:
    """What code and record have in common: at run time, nobody sees the address of a connection."""
    resource = exchange.access.resource
    return resource.table if isinstance(resource, Table) else resource


def _noted(finding: Finding) -> Noted:
    where = _where(finding.cell, finding.span.line if finding.span else None) if finding.cell else ""
    return Noted(finding.code, finding.name, finding.severity, where, finding.message)


def _use(touch: Touch) -> Use:
    exchange: Exchange = touch.exchange
    access = exchange.access
    text = safe_address(touch.text) if not touch.local else touch.text
    if is_unknown(text):
        text = access.get("expression") or text
    return Use(exchange.cell.index, _where(exchange.cell, access.span.line), text, access.via, access.basis)


def _where(cell: CellRef, line: int | None) -> str:
    return cell_label(cell) + (f" line {line}" if line is not None else "")


def _directory(path: str) -> Path:
    return Path(os.path.abspath(os.path.dirname(path)))


def _common(directories: Sequence[str], paths: Iterable[str]) -> Path:
    """What all that was asked for lies in."""
    named = [os.path.realpath(d if os.path.isdir(d) else os.path.dirname(d) or ".") for d in directories]
    named = named or [os.path.realpath(os.path.dirname(path) or ".") for path in paths]
    try:
        return Path(os.path.commonpath(named)) if named else Path.cwd()
    except ValueError:
        return Path.cwd()
