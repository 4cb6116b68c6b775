"""The words that all formats share, so that a thing has one name everywhere. Nothing is cleaned here."""

import re
from collections import Counter
from collections.abc import Iterable

from nbdebt.model.finding import CellRef, Finding, NotebookResult, Problem, Report

CHANGED = ("fails", "differs", "stale")
STATES = {
    "same": "gives the same",
    "stale": "its saved output is stale",
    "differs": "gives another result",
    "fails": "fails",
    "unknown": "can't be known",
    "never-run": "was never run",
}
LIVE_STATES = {**STATES, "stale": "is out of date"}
"""The same in a session, in which nothing is saved yet."""

# What notes of a rule say together, with one and with many; a rule that isn't here is named.
_FOLDED = {
    "hidden-output": ("writes {} undeclared file", "writes {} undeclared files"),
    "written-by-magic": ("a magic or a shell line writes {} file", "magics or shell lines write {} files"),
    "shared-output": ("writes {} temporary file", "writes {} temporary files"),
    "undeclared-remote-output": ("writes to {} table", "writes to {} tables"),
    "absolute-output-path": ("writes to {} absolute path", "writes to {} absolute paths"),
    "absolute-data-path": ("reads {} absolute path", "reads {} absolute paths"),
    "missing-file": ("reads {} file that is not there", "reads {} files that are not there"),
    "mutable-url": ("reads {} address that can change", "reads {} addresses that can change"),
    "unpinned-dataset": ("reads {} dataset with no version", "reads {} datasets with no version"),
    "unsnapshotted-query": ("reads {} table as of now", "reads {} tables as of now"),
    "never-run-cell": ("{} cell was never run", "{} cells were never run"),
    "error-output": ("{} cell was interrupted", "{} cells were interrupted"),
    "unseeded-draw": (
        "{} stream is drawn from unseeded in a branch",
        "{} streams are drawn from unseeded in a branch",
    ),
    "entropy-in-results": ("{} value that differs in every run", "{} values that differ in every run"),
    "set-order": ("takes {} set in no certain order", "takes {} sets in no certain order"),
    "unused-suppression": ("{} suppression suppresses nothing", "{} suppressions suppress nothing"),
    "unseeded-estimator": ("looks at {} unseeded sample", "looks at {} unseeded samples"),
}
# Of these a reader wants to know where, not of what.
_BY_CELL = frozenset(("never-run-cell", "error-output", "unseeded-estimator", "set-order"))


def plural(count: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def cell_label(cell: CellRef | None) -> str:
    """How a cell is called: its number as the document shows it, and its count. ``cell 5 [7]``.

    Where no document is known, there are no numbers: ``cell [7]``.
    """
    if cell is None:
        return "notebook"
    count = f" [{cell.execution_count}]" if cell.execution_count is not None else ""
    if not cell.placed:
        return f"cell{count}" if count else "a cell without a count"
    return f"cell {cell.index + 1}{count}"


def place(finding: Finding) -> str:
    """``cell 5 [7], line 2``."""
    label = cell_label(finding.cell)
    return f"{label}, line {finding.span.line}" if finding.cell and finding.span else label


def fixable(finding: Finding) -> bool:
    """Whether ``--fix`` does it without being asked twice."""
    return finding.fix is not None and finding.fix.safety == "safe"


def refs(notebook: NotebookResult, states: Iterable[str]) -> list[CellRef]:
    """The cells whose verdict is one of the states, in document order."""
    wanted = frozenset(states)
    cells = notebook.verdict.cells if notebook.verdict else {}
    return [ref for ref in notebook.cells if ref.id in cells and cells[ref.id].state in wanted]


def verdict_sentence(notebook: NotebookResult) -> str:
    """What Restart & Run All would do, after the colon; empty where there is no verdict."""
    verdict = notebook.verdict
    if verdict is None:
        return ""
    if verdict.reproduces:
        return "would give the same"
    if verdict.reproduces is None:
        missing = [item.rstrip(".") for item in verdict.missing]
        more = f" (and {plural(len(missing) - 1, 'more reason')})" if len(missing) > 1 else ""
        return "can't be known from the file" + (f": {missing[0]}{more}" if missing else "")
    failing, others = refs(notebook, ["fails"]), refs(notebook, ["differs", "stale"])
    if failing:
        rest = f", and give other results in {plural(len(others), 'cell')}" if others else ""
        return f"would fail in {cell_label(failing[0])}{rest}"
    return "would give other results" + (f" ({plural(len(others), 'cell')})" if others else "")


def verdict_counts(report: Report) -> tuple[int, int, int]:
    """Of how many notebooks Restart & Run All would give the same, something else, and it can't be known."""
    said = Counter(n.verdict.reproduces for n in report.notebooks if n.verdict is not None)
    return said[True], said[False], said[None]


def is_reading(problem: Problem) -> bool:
    """Whether the problem is that something can't be read."""
    return problem.kind in ("unreadable", "malformed")


def problem_sentence(problem: Problem) -> str:
    """What could not be done, after the path and a colon."""
    where = f" (at {problem.where})" if problem.where else ""
    return f"{'could not be read: ' if is_reading(problem) else ''}{problem.reason}{where}"


def checked(report: Report) -> int:
    """How many notebooks were looked at."""
    out = {p.path for p in report.problems if is_reading(p)}
    out |= {n.path for n in report.not_run if n.what == "notebook"}
    return len({n.path for n in report.notebooks} - out)


def summary(report: Report) -> str:
    """The sentence to read last."""
    findings = [f for f in report.findings if f.severity != "note"]
    safe = sum(map(fixable, findings))
    unsafe = sum(f.fix is not None for f in findings) - safe
    remedies = [f"{safe} fixable with --fix"] if safe else []
    if unsafe:
        remedies.append(f"{unsafe} {'more ' if safe else 'fixable '}with --fix --unsafe-fixes")
    total = checked(report)
    if findings:
        where = f" in {len({f.path for f in findings})} of {plural(total, 'notebook')}"
        said = plural(len(findings), "finding") + (f" ({', '.join(remedies)})" if remedies else "") + where
    else:
        said = f"No findings in {plural(total, 'notebook')}"
    unread = len({p.path for p in report.problems if is_reading(p)})
    if unread:
        said += f", {unread} could not be read"
    if others := sum(not is_reading(p) for p in report.problems):
        said += f", {plural(others, 'problem')}"
    return f"{said}. Checked in {report.seconds:.1f} s."


def subject(finding: Finding) -> str:
    """What a finding is about: the first thing that its message puts in backticks."""
    found = re.search(r"`([^`]+)`", finding.message)
    return found[1] if found else ""


def _cells(note: Finding) -> list[CellRef | None]:
    """The cells that a note speaks of: its own, and those it counts in."""
    counted = [r.cell for r in note.related if r.cell] if note.name == "never-run-cell" else []
    return [note.cell, *counted]


def folded_notes(notes: Iterable[Finding]) -> str:
    """Notes of one notebook in one line: ``writes 3 undeclared files (a.csv, b.csv, …)``."""
    by_name: dict[str, list[Finding]] = {}
    for note in notes:
        by_name.setdefault(note.name, []).append(note)
    parts = []
    for name, group in by_name.items():
        where = [cell_label(ref) for note in group for ref in _cells(note)]
        subjects = where if name in _BY_CELL else [subject(n) or cell_label(n.cell) for n in group]
        subjects = list(dict.fromkeys(subjects))
        count = len(subjects) if name in _FOLDED else len(group)
        one, many = _FOLDED.get(name, (f"{{}} {name}", f"{{}} {name}"))
        shown = ", ".join(subjects[:3]) + (", …" if len(subjects) > 3 else "")
        parts.append(f"{(one if count == 1 else many).format(count)} ({shown})")
    return "; ".join(parts)
