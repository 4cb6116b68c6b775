"""One notebook, from bytes to all that the document alone says of it."""

import gc
import warnings

import msgspec

from nbdebt.config import Settings
from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.history import infer_history
from nbdebt.flow.reader import Parsed, Reader, parse
from nbdebt.flow.replay import replay
from nbdebt.model.errors import NotebookError
from nbdebt.model.finding import CellRef, Exchange, Finding, NotebookResult, NotRun, Problem
from nbdebt.model.history import File, Package, Setting, Table, Url
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.rules import Needs, catalogue
from nbdebt.rules.analysis import Analysis
from nbdebt.suppress import Suppression, read_suppressions

_OUTSIDE = (File, Url, Table, Package)
# Paths after it mean other files.
_DIRECTORY = Setting("cwd")
_PYTHON = frozenset(("python", "python3", "python2", "ipython", "sage", ""))


class Record(msgspec.Struct, frozen=True):
    """All that the document alone says of a notebook: what the cache keeps.

    Args:
        result: verdict and exchanges with the outside.
        findings: of rules that need nothing but the document.
        suppressions: what the author asked not to be told.
        problems: why it could not be read.
        not_run: what was not looked at.
    """

    result: NotebookResult
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_run: tuple[NotRun, ...] = ()


_registry = Registry()


def analyse_bytes(data: bytes, path: str, settings: Settings, codes: frozenset[str]) -> Record:
    """Read and analyse a notebook; what cannot be read becomes a problem in the record."""
    try:
        notebook = read_notebook(data, path)
    except NotebookError as error:
        problem = Problem(path, error.reason, error.where, error.kind)  # type: ignore[arg-type]
        return Record(NotebookResult(path, None), problems=(problem,))
    return analyse(notebook, settings, codes)


def analyse(notebook: Notebook, settings: Settings, codes: frozenset[str]) -> Record:
    """Analyse a notebook with the rules of these codes that need nothing but the document.

    An error of our own becomes a problem that says where; the other notebooks are still checked.
    """
    if notebook.language not in _PYTHON:
        skipped = NotRun(notebook.path, "notebook", f"its language is {notebook.language}; nbdebt reads Python")
        return Record(NotebookResult(notebook.path, None), not_run=(skipped,))
    enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            # A cell with an invalid escape sequence is the author's affair, not a message of this process.
            warnings.simplefilter("ignore", SyntaxWarning)
            return _analyse(notebook, settings, codes)
    except RecursionError:
        problem = Problem(notebook.path, "its code is nested too deeply to be followed", kind="internal")
        return Record(NotebookResult(notebook.path, None), problems=(problem,))
    finally:
        if enabled:
            gc.enable()


def read_flows(notebook: Notebook) -> tuple[dict[int, CellFlow], dict[int, Parsed]]:
    """What each code cell does, and its parse, by document index."""
    parsed = [parse(cell.index, cell.source) for cell in notebook.cells if cell.kind == "code"]
    reader = Reader(_registry)
    reader.foresee(parsed)
    return {p.cell: reader.read(p) for p in parsed}, {p.cell: p for p in parsed}


def _analyse(notebook: Notebook, settings: Settings, codes: frozenset[str]) -> Record:
    flows, parsed = read_flows(notebook)
    history = infer_history(notebook)
    trees = {index: p.tree for index, p in parsed.items() if p.tree is not None}
    outcome = replay(notebook, flows, history, trees)
    not_run = tuple(
        NotRun(notebook.path, f"cell {i + 1}", f"is not valid Python (line {f.error_line}: {f.error})")
        for i, f in flows.items()
        if f.error
    )
    seen = Analysis(notebook, settings, {i: f for i, f in flows.items() if not f.error}, history, outcome)
    findings: list[Finding] = []
    for code, rule in catalogue().items():
        if code in codes and rule.needs in (Needs.SOURCE, Needs.HISTORY):
            seen.rule = rule
            findings.extend(rule.check(seen))
    findings.sort(key=_place)
    refs = tuple(CellRef(c.index, c.id, c.execution_count) for c in notebook.cells if c.kind == "code")
    result = NotebookResult(notebook.path, outcome.verdict(notebook), _exchanges(notebook, seen), refs)
    return Record(result, tuple(findings), tuple(read_suppressions(notebook)), (), not_run)


def _place(finding: Finding) -> tuple[int, int, int, str]:
    cell, span = finding.cell, finding.span
    return (cell.index if cell else -1, span.line if span else 0, span.column if span else 0, finding.code)


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
