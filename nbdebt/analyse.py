"""One notebook, from bytes to all that the document alone says of it."""

import contextlib
import gc
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from nbdebt.config import Settings
from nbdebt.data.declared import declared_in
from nbdebt.failures import TOO_DEEP, own_failure, rule_failure
from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.history import infer_history
from nbdebt.flow.reader import Parsed, Reader, parse
from nbdebt.flow.reasons import Replay
from nbdebt.flow.recorded import evidence_of, outdated, recorded_exchanges, recorded_history, recorded_replay
from nbdebt.flow.replay import replay
from nbdebt.model.errors import NotebookError
from nbdebt.model.finding import CellRef, Exchange, Finding, NotebookResult, NotRun, Problem
from nbdebt.model.history import File, History, Package, Setting, Table, Url
from nbdebt.model.notebook import Notebook
from nbdebt.model.record import Record, place
from nbdebt.read import read_notebook
from nbdebt.rules import Needs, catalogue
from nbdebt.rules.analysis import Analysis
from nbdebt.suppress import read_suppressions

_OUTSIDE = (File, Url, Table, Package)
# Paths after it mean other files.
_DIRECTORY = Setting("cwd")
PYTHON = frozenset(("python", "python3", "ipython", "sage", ""))
"""Languages of notebooks that are read: Python, and where nothing is said."""


class Understood(NamedTuple):
    """What each code cell does (by document index), the runs, and what a replay gives."""

    flows: dict[int, CellFlow]
    history: History
    replay: Replay


_registry = Registry()


def analyse_bytes(data: bytes, path: str, settings: Settings, codes: frozenset[str]) -> Record:
    """Read and analyse a notebook; what cannot be read becomes a problem in the record."""
    try:
        notebook = read_notebook(data, path)
    except NotebookError as error:
        problem = Problem(path, error.reason, error.where, error.kind)  # type: ignore[arg-type]
        return Record(NotebookResult(path, None), problems=(problem,))
    except Exception as error:
        return Record(NotebookResult(path, None), problems=(own_failure(path, error),))
    return analyse(notebook, settings, codes)


def analyse(notebook: Notebook, settings: Settings, codes: frozenset[str]) -> Record:
    """Analyse a notebook with the rules of these codes that need nothing but the document.

    An error of our own becomes a problem that says where; the other notebooks are still checked.
    """
    if notebook.language not in PYTHON:
        reason = f"its language is {notebook.language}; nbdebt reads Python 3"
        return Record(
            NotebookResult(notebook.path, None), not_run=(NotRun(notebook.path, "notebook", reason),)
        )
    with _undisturbed():
        try:
            return _analyse(notebook, settings, codes)
        except Exception as error:
            problem = own_failure(notebook.path, error)
            return Record(NotebookResult(notebook.path, None), problems=(problem,))


def understand(notebook: Notebook) -> Understood:
    """What a notebook's cells do, its history, and its replay.

    Raises:
        NotebookError: its code is nested too deeply to be followed.
    """
    with _undisturbed():
        try:
            return _understand(notebook)
        except (RecursionError, MemoryError):
            raise NotebookError(notebook.path, TOO_DEEP, kind="internal") from None


def read_flows(notebook: Notebook) -> tuple[dict[int, CellFlow], dict[int, Parsed]]:
    """What each code cell does, and its parse, by document index."""
    parsed = [parse(cell.index, cell.source) for cell in notebook.cells if cell.kind == "code"]
    reader = Reader(_registry)
    reader.foresee(parsed)
    return {p.cell: reader.read(p) for p in parsed}, {p.cell: p for p in parsed}


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """While trees live, collecting garbage finds none.

    And a cell with an invalid escape sequence is its author's affair, not a message of this process.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            yield
    finally:
        if enabled:
            gc.enable()


def _understand(notebook: Notebook) -> Understood:
    flows, parsed = read_flows(notebook)
    evidence = evidence_of(notebook) if notebook.recorded else None
    if evidence is not None and not outdated(evidence, notebook):
        found = recorded_history(evidence, notebook)
        return Understood(flows, found, recorded_replay(evidence, notebook, flows))
    history = infer_history(notebook)
    trees = {index: p.tree for index, p in parsed.items() if p.tree is not None}
    return Understood(flows, history, replay(notebook, flows, history, trees))


def _analyse(notebook: Notebook, settings: Settings, codes: frozenset[str]) -> Record:
    flows, history, outcome = _understand(notebook)
    not_run = tuple(
        NotRun(notebook.path, f"cell {i + 1}", f"is not valid Python (line {f.error_line}: {f.error})")
        for i, f in flows.items()
        if f.error
    )
    evidence = evidence_of(notebook) if notebook.recorded else None
    reason = outdated(evidence, notebook) if evidence is not None else ""
    if reason:
        not_run += (NotRun(notebook.path, "recorded evidence", reason),)
    seen = Analysis(notebook, settings, {i: f for i, f in flows.items() if not f.error}, history, outcome)
    silenced = tuple(read_suppressions(notebook))
    seen.suppressions = silenced
    findings: list[Finding] = []
    problems: list[Problem] = []
    for code, rule in catalogue().items():
        if code in codes and rule.needs in (Needs.SOURCE, Needs.HISTORY):
            seen.rule = rule
            try:
                findings.extend(rule.check(seen))
            except Exception as error:
                problems.append(rule_failure(rule, notebook.path, error))
    findings.sort(key=place)
    refs = tuple(CellRef(c.index, c.id, c.execution_count) for c in notebook.cells if c.kind == "code")
    observed = recorded_exchanges(evidence, notebook) if evidence is not None and not reason else ()
    result = NotebookResult(
        notebook.path, outcome.verdict(notebook), _exchanges(notebook, seen), refs, observed
    )
    return Record(result, tuple(findings), silenced, tuple(problems), not_run, declared_in(notebook))


def _exchanges(notebook: Notebook, seen: Analysis) -> tuple[Exchange, ...]:
    """Every access to something outside, in document order."""
    exchanges: list[Exchange] = []
    made: set[object] = set()
    for cell, flow in seen.cells():
        ref = None
        for access in flow.accesses:
            resource = access.resource
            if resource.__class__ not in _OUTSIDE and resource != _DIRECTORY:
                continue
            if ref is None:
                ref = seen.ref(cell.index)
            before = resource in made
            exchanges.append(Exchange(access, ref, seen.line(cell.index, access.span.line), before))
            if access.mode == "write":
                made.add(resource)
    return tuple(exchanges)
