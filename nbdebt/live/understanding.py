"""What the session's history amounts to: document, replay, verdict, findings."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from nbdebt.config import Settings, effective_codes
from nbdebt.data.addresses import safe_url
from nbdebt.data.declared import declared_in
from nbdebt.failures import rule_failure
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Reader
from nbdebt.flow.reasons import Replay, order_text, writers_of
from nbdebt.live.concrete import Concrete
from nbdebt.live.difference import Difference, compare
from nbdebt.live.disk import directory_state
from nbdebt.live.document import Document, Shown, as_notebook
from nbdebt.live.environment import Outcome, Place
from nbdebt.live.own import is_own
from nbdebt.live.record import RunRecord, before_line, outline, shown, source_key
from nbdebt.live.recorder import Recorder, registry
from nbdebt.live.states import ABSENT
from nbdebt.live.stops import stop
from nbdebt.live.verdict import Replayer
from nbdebt.model.finding import Exchange, Finding, NotebookResult, NotRun, Problem, Report, Verdict
from nbdebt.model.history import Access, File, History, Name, Package, Run, Setting, Table, Url
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.model.record import Record, place
from nbdebt.outside import judge
from nbdebt.rules import Needs, catalogue
from nbdebt.rules.analysis import Analysis
from nbdebt.suppress import read_suppressions


class Recorded(Protocol):
    """What is known of a session: its document and its runs."""

    document: Document
    recorder: Recorder
    settings: Settings
    ignored: dict[str, str]
    runs: list[RunRecord]
    last: dict[str, RunRecord]
    by_key: dict[bytes, list[RunRecord]]
    times: dict[str, float]

    @property
    def pins(self) -> Any:
        """What is known of pins and versions."""
        ...


_OUTSIDE = (File, Url, Table, Package)
_DIRECTORY = Setting("cwd")
_MANY_PLACES = 5000
_NO_DOCUMENT = "the document is not known: which cells there are, and in which order"


class Understanding:
    """Looks at a session as a whole.

    Args:
        session: the session.
    """

    def __init__(self, session: Recorded) -> None:
        self.session = session
        self._flows: dict[tuple[str, str], CellFlow] = {}
        self._concrete: Concrete | None = None
        self._places: dict[str, tuple[Cell, CellFlow, str, Place]] = {}
        # Of the latest replay: what went by recorded runs alone, and the names that may come out differently.
        self.first: Replayer | None = None
        self.differ: frozenset[str] = frozenset()

    # The document

    def shown(self) -> list[Shown]:
        """The document's cells."""
        session = self.session
        return session.document.cells(session.runs, session.last, session.times)

    def notebook(self) -> Notebook:
        """The document as rules read it."""
        session = self.session
        path = session.document.path or "<session>"
        shown = self.shown()
        earlier = session.recorder.earlier.cells(shown, session.last)
        return as_notebook(path, shown, session.last, earlier)

    def flows(self, notebook: Notebook) -> dict[int, CellFlow]:
        """What each cell does: as it was read when it ran, or as it is now."""
        last = self.session.last
        flows: dict[int, CellFlow] = {}
        unread: list[int] = []
        index_of = {cell.id: cell.index for cell in notebook.code_cells}
        for cell in notebook.code_cells:
            record = last.get(cell.id)
            if record is not None and record.run.source == cell.source:
                flows[cell.index] = self._placed(record.seen_flow or record.flow, index_of)
            else:
                unread.append(cell.index)
        if unread:
            self._read(notebook, unread, flows)
        return flows

    def _placed(self, flow: CellFlow, index_of: Mapping[str, int]) -> CellFlow:
        """A flow whose accesses name cells of the document where they name runs."""
        if not any("made" in detail for a in flow.accesses for detail in a.detail):
            return flow
        accesses: list[Access] = []
        for access in flow.accesses:
            made = access.get("made")
            if made:
                number, _, rest = made.partition(":")
                maker = self.session.recorder.records.get(int(number))
                index = index_of.get(maker.run.cell_id, -1) if maker is not None else -1
                new = (f"made={index}:{rest}",) if index >= 0 else ()
                detail = tuple(d for d in access.detail if not d.startswith("made=")) + new
                access = msgspec.structs.replace(access, detail=detail)
            accesses.append(access)
        return msgspec.structs.replace(flow, accesses=accesses)

    def _read(self, notebook: Notebook, unread: Iterable[int], flows: dict[int, CellFlow]) -> None:
        recorder = self.session.recorder
        context = str(hash(tuple(c.source for c in notebook.code_cells)))
        missing = [i for i in unread if (context, notebook.cells[i].source) not in self._flows]
        if missing:
            reader = Reader(registry)
            reader.foresee(recorder.parse(c.source) for c in notebook.code_cells)
            if len(self._flows) > 1000:
                self._flows.clear()
            for index in missing:
                source = notebook.cells[index].source
                self._flows[context, source] = reader.read(recorder.parse(source)._replace(cell=index))
        for index in unread:
            flows[index] = self._flows[context, notebook.cells[index].source]

    # The replay

    def places(self, notebook: Notebook, flows: dict[int, CellFlow]) -> list[Place]:
        """The cells that a replay takes."""
        return [
            self.place(cell, flows[cell.index], order_text(cell.index, notebook))
            for cell in notebook.code_cells
            if cell.source.strip() and not is_own(cell.source)
        ]

    def place(self, cell: Cell, flow: CellFlow, label: str) -> Place:
        """One cell for the replay."""
        recorder = self.session.recorder
        tolerated = "raises-exception" in cell.tags
        known = self._places.get(cell.id)
        if known is not None and known[1] is flow and known[0] == cell and known[2] == label:
            return known[3]
        last = self.session.last.get(cell.id)
        text = last.text if last is not None and last.run.source == cell.source else cell.source
        key = last.key if last is not None and text is last.text else source_key(recorder.parse(text))
        summary = outline(before_line(flow, 0))
        parse = partial(recorder.parse, text)
        found = Place(cell.index, cell.id, key, summary, label, parse, flow, tolerated)
        if len(self._places) > _MANY_PLACES:
            self._places.clear()
        self._places[cell.id] = cell, flow, label, found
        return found

    def replayer(self, concrete: Concrete | None = None) -> Replayer:
        """A replayer over the session as it is."""
        session, recorder = self.session, self.session.recorder
        now = recorder.namespace.states
        parse, outside = recorder.parse, self._outside
        replayer = Replayer(recorder.records, session.last, session.by_key, outside, now, parse, concrete)
        replayer.database = recorder.databases.state
        replayer.edited_module = recorder.modules.edited
        earlier = recorder.earlier
        if earlier.inputs:
            shown = self.shown()
            replayer.earlier = earlier.cells(shown, session.last)
            replayer.straight = earlier.straight(shown, replayer.earlier)
            replayer.adopted = earlier.states
        return replayer

    def outcome(self, notebook: Notebook, flows: dict[int, CellFlow]) -> tuple[Outcome, Difference]:
        """Restart & Run All, symbolically, and what would differ from the session at its end."""
        session, recorder = self.session, self.session.recorder
        places = self.places(notebook, flows)
        self.first = replayer = self.replayer()
        done = replayer.replay(places)
        odd = {c.cell for c in done.cells.values() if c.state not in ("same", "never-run")}
        if odd:
            if self._concrete is None:
                self._concrete = Concrete(recorder.earlier.states)
            followed = self._concrete.catch_up(session.runs, recorder.parse)
            ran = [
                session.last[p.cell_id].run.sequence
                for p in places
                if p.index in odd and p.cell_id in session.last
            ]
            # A second look is worth its while where the code alone says what one of these cells made.
            if followed and any(map(self._concrete.knows, ran)):
                replayer = self.replayer(self._concrete)
                done = replayer.replay(places)
        stop(done, places, session.last)
        read = {
            access.resource.name
            for flow in flows.values()
            for access in flow.accesses
            if isinstance(access.resource, Name) and access.mode != "write"
        }
        labels = {p.index: p.label for p in places}
        writers = writers_of({i: f for i, f in flows.items() if not f.error})
        names = recorder.namespace.user_names()
        difference = compare(done, recorder.namespace.states, names, read, writers, labels)
        if difference.names and self._concrete is not None and replayer.walk is not None:
            for name in self._concrete.equal_now(replayer.walk, difference.names):
                del difference.names[name]
        self.differ = frozenset((*difference.names, *difference.unknown, *difference.left_over))
        return done, difference

    def _outside(self, base: str) -> bytes:
        """What a fresh kernel would find of a setting or a file, as far as no cell above makes it."""
        recorder = self.session.recorder
        if base.startswith("<Setting>"):
            return recorder.initial_settings.get(base[9:], ABSENT)
        listing = directory_state(base[6:])
        return listing.key if listing is not None else recorder.files.digest(base[6:]).encode() or ABSENT

    def replay(self, notebook: Notebook, flows: dict[int, CellFlow]) -> Replay:
        """The verdict with its reasons."""
        done, difference = self.outcome(notebook, flows)
        missing: list[str] = []
        states = [c.state for c in done.cells.values()]
        visible = any(
            c.state == "fails"
            or (
                c.state in ("differs", "stale")
                and c.cell not in done.quiet
                and self._shows(notebook, flows, c.cell)
            )
            for c in done.cells.values()
        )
        for cell in done.cells.values():
            label = order_text(cell.cell, notebook)
            if cell.state == "unknown":
                missing += [f"{label} {r.text}" for r in cell.reasons]
            elif cell.state == "same":
                missing += [f"{label} {r.text}" for r in cell.reasons if r.kind == "vague"]
        reproduces: bool | None = None
        if visible or difference.names:
            reproduces, missing = False, []
        elif self.session.document.origin == "runs":
            missing = [_NO_DOCUMENT]
        elif not missing and not difference.unknown and any(s != "never-run" for s in states):
            reproduces = True
        return Replay(
            done.cells,
            reproduces,
            difference.names,
            list(difference.left_over),
            list(dict.fromkeys(missing)),
            None,
            writers_of({i: f for i, f in flows.items() if not f.error}),
        )

    def _shows(self, notebook: Notebook, flows: dict[int, CellFlow], index: int) -> bool:
        """Whether a cell shows something, now or when it last ran: a traceback, too."""
        cell = notebook.cells[index]
        last = self.session.last.get(cell.id)
        return (last is not None and (last.shows or last.run.outcome != "ok")) or shown(
            flows[cell.index], cell.source
        )

    def verdict(self) -> Verdict:
        """The verdict as reports carry it."""
        notebook = self.notebook()
        return self.replay(notebook, self.flows(notebook)).verdict(notebook)

    # The history

    def history(self, notebook: Notebook | None = None) -> History:
        """All runs in order, each with the cell that shows it, if one does."""
        session = self.session
        if notebook is None:
            notebook = self.notebook()
        index_of = {cell.id: cell.index for cell in notebook.code_cells}
        runs: list[Run] = []
        gaps: list[int] = []
        for record in session.runs:
            run = record.run
            is_last = session.last.get(run.cell_id) is record
            index = index_of.get(run.cell_id) if is_last else None
            if index is None and record.count is not None:
                gaps.append(record.count)
            runs.append(
                Run(
                    record.count if record.count is not None else run.sequence,
                    index,
                    run.cell_id,
                    run.source,
                    run.outcome,
                    run.duration,
                    run.basis,
                )
            )
        return History(tuple(runs), tuple(gaps))

    # Findings

    def analysis(self, settings: Settings | None = None) -> Analysis:
        """What rules see."""
        notebook = self.notebook()
        flows = self.flows(notebook)
        return self._analysis(notebook, flows, settings or self.session.settings)

    def _analysis(self, notebook: Notebook, flows: dict[int, CellFlow], settings: Settings) -> Analysis:
        good = {i: f for i, f in flows.items() if not f.error}
        seen = Analysis(notebook, settings, good, self.history(notebook), self.replay(notebook, flows))
        seen.placed = self.session.document.origin != "runs"
        return seen

    def exchanges(self) -> tuple[Exchange, ...]:
        """All reads and writes outside, those that were seen in place of those that the code says."""
        return self._exchanges(self.analysis())

    def _exchanges(self, seen: Analysis) -> tuple[Exchange, ...]:
        found: list[Exchange] = []
        made: set[object] = set()
        for cell, flow in seen.cells():
            record = self.session.last.get(cell.id)
            observed = list(record.accesses) if record is not None else []
            told = [a for a in flow.accesses if isinstance(a.resource, _OUTSIDE) or a.resource == _DIRECTORY]
            known = {(type(a.resource), str(a.resource), a.mode) for a in told}
            ref = seen.ref(cell.index)
            seen_only = (a for a in observed if not (is_told(a, known) or is_of_a_library(a, told)))
            for access in [*told, *seen_only]:
                found.append(
                    Exchange(access, ref, seen.line(cell.index, access.span.line), access.resource in made)
                )
                if access.mode == "write":
                    made.add(access.resource)
        return tuple(found)

    def report(self, settings: Settings, ignored: frozenset[str] = frozenset()) -> Report:
        """Findings, verdict and exchanges."""
        notebook = self.notebook()
        flows = self.flows(notebook)
        seen = self._analysis(notebook, flows, settings)
        return self._judged(seen, settings, ignored)

    def _judged(self, seen: Analysis, settings: Settings, ignored: frozenset[str]) -> Report:
        notebook = seen.notebook
        codes = frozenset(effective_codes(settings, catalogue())) - ignored
        findings: list[Finding] = []
        problems: list[Problem] = []
        not_run: list[NotRun] = []
        seen.suppressions = tuple(read_suppressions(notebook))
        by_runs = self.session.document.origin == "runs"
        if by_runs:
            not_run.append(NotRun(notebook.path, "order rules", _NO_DOCUMENT))
        for code, rule in catalogue().items():
            if code not in codes or rule.needs not in (Needs.SOURCE, Needs.HISTORY):
                continue
            if by_runs and rule.family == "order":
                continue
            seen.rule = rule
            try:
                findings.extend(rule.check(seen))
            except Exception as error:
                problems.append(rule_failure(rule, notebook.path, error))
        refs = tuple(seen.ref(c.index) for c in notebook.code_cells)
        result = NotebookResult(notebook.path, seen.replay.verdict(notebook), self._exchanges(seen), refs)
        record = Record(
            result,
            tuple(findings),
            tuple(seen.suppressions),
            tuple(problems),
            tuple(not_run),
            declared_in(notebook),
        )
        found, suppressed, failures = judge(
            [record], [(settings, codes)], [self._directory()], self._resolver(result)
        )
        found.sort(key=place)
        return Report(tuple(found), (*problems, *failures), tuple(not_run), (result,), suppressed)

    def _resolver(self, result: NotebookResult) -> Any:
        """What says which sources are versioned; None where nothing is exchanged, so that it isn't loaded."""
        return self.session.pins.resolver() if result.exchanges else None

    def _directory(self) -> Path:
        path = self.session.document.path
        return Path(path).parent if path else Path.cwd()

    def foresee(self, source: str, settings: Settings) -> Report:
        """What a cell of this source would add, by its code: as if it stood below all others."""
        notebook = self.notebook()
        flows = dict(self.flows(notebook))
        shown = [*self.shown(), Shown(_NEXT, source)]
        ahead = as_notebook(notebook.path, shown, self.session.last)
        reader = Reader(registry)
        reader.foresee(self.session.recorder.parse(c.source) for c in ahead.code_cells)
        index = len(ahead.cells) - 1
        flows[index] = reader.read(self.session.recorder.parse(source)._replace(cell=index))
        report = self._judged(
            self._analysis(ahead, flows, settings), settings, frozenset(self.session.ignored)
        )
        found = tuple(f for f in report.findings if f.cell is not None and f.cell.id == _NEXT)
        return Report(found, report.problems, report.not_run, report.notebooks)


_NEXT = "nbdebt-next"


def is_of_a_library(access: Access, told: Iterable[Access]) -> bool:
    """Whether an address was asked by a library that was asked for a data set: that one is spoken of.

    ``sm.datasets.get_rdataset("iris")`` reads ``rdatasets://…``; from where, isn't the notebook's choice.
    """
    return _is_web(access) and any(
        isinstance(a.resource, Url)
        and not _is_web(a)
        and a.span.line <= access.span.end_line
        and access.span.line <= a.span.end_line
        for a in told
    )


def _is_web(access: Access) -> bool:
    return isinstance(access.resource, Url) and access.resource.url.startswith(("http://", "https://"))


def is_told(access: object, known: Collection[tuple[object, str, str]]) -> bool:
    """Whether the code says of an access what was seen: the same target, however it names it."""
    resource = getattr(access, "resource", None)
    mode = getattr(access, "mode", "")
    if isinstance(resource, Url):
        # What gives access was left out of what was seen.
        return any(
            kind is Url and how == mode and safe_url(text) == resource.url for kind, text, how in known
        )
    if not isinstance(resource, File):
        return (type(resource), str(resource), mode) in known
    name = resource.path.rsplit("/", 1)[-1]
    return any(kind is File and text.rsplit("/", 1)[-1] == name and how == mode for kind, text, how in known)
