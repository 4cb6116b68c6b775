"""Repays what has a fix: applies edits until nothing more can be fixed, and writes each file once, whole."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from nbdebt.config import forget_settings, load_settings
from nbdebt.engine import CheckOptions, check_data, check_paths
from nbdebt.model.errors import FixError, NbdebtError
from nbdebt.model.finding import Declare, Drop, Edit, Finding, Fix, Insert, Move, PinFile, Problem, Replace, Report
from nbdebt.read import read_notebook
from nbdebt.read.edit import apply_edits, write_atomic

# A fix can make room for another one; ten rounds are more than any notebook has needed.
_ROUNDS = 10


class Fixed(msgspec.Struct):
    """What was done to one file.

    Args:
        path: the notebook.
        titles: titles of the fixes, in the order in which they were applied.
        before: its bytes before.
        after: its bytes now.
        outside: configuration and lock files that were written.
    """

    path: str
    titles: list[str]
    before: bytes
    after: bytes
    outside: list[str] = []


def applicable(finding: Finding, unsafe: bool) -> bool:
    """Whether a finding has a fix that may be applied."""
    return finding.fix is not None and (unsafe or finding.fix.safety == "safe")


def fix_bytes(
    data: bytes, path: str, findings: Iterable[Finding], unsafe: bool, options: CheckOptions
) -> tuple[bytes, list[str], list[Edit]]:
    """Fix one notebook in memory.

    Args:
        data: its bytes.
        path: where it stands, for its settings and messages.
        findings: what was found in these bytes.
        unsafe: apply unsafe fixes too.
        options: how to check what came out.

    Returns:
        The bytes after, the titles of the fixes, and the edits to files outside the notebook.
    """
    titles: list[str] = []
    outside: list[Edit] = []
    seen = {data}
    current = list(findings)
    for _ in range(_ROUNDS):
        edits: list[Edit] = []
        chosen: list[str] = []
        changed = data
        for finding in current:
            if not applicable(finding, unsafe):
                continue
            fix = finding.fix
            assert fix is not None
            inner, outer = _split(fix)
            for edit in outer:
                if edit not in outside:
                    outside.append(edit)
                    titles.append(fix.title)
            if not inner or all(e in edits for e in inner):
                continue
            moving = any(isinstance(e, Move | Drop) for e in (*inner, *edits))
            if moving and edits:
                continue
            try:
                changed = apply_edits(data, path, [*edits, *inner])  # type: ignore[arg-type]
            except FixError:
                continue
            edits.extend(inner)
            chosen.append(fix.title)
        if not edits or changed in seen:
            break
        seen.add(changed)
        data = changed
        titles.extend(chosen)
        current = list(check_data(data, path, options).findings)
    return data, titles, outside


def _split(fix: Fix) -> tuple[list[Edit], list[Edit]]:
    inner: list[Edit] = [e for e in fix.edits if isinstance(e, Insert | Replace | Move | Drop)]
    outer: list[Edit] = [e for e in fix.edits if isinstance(e, Declare | PinFile)]
    return inner, outer


def fix_paths(
    paths: Sequence[str], options: CheckOptions, unsafe: bool = False, write: bool = True
) -> tuple[Report, list[Fixed]]:
    """Fix notebooks.

    Args:
        paths: files and directories.
        options: as for :func:`check_paths`.
        unsafe: apply unsafe fixes too.
        write: False to only say what would be done.

    Returns:
        The report after the fixes (before them, if nothing is written), and what was done to each file.
    """
    from nbdebt.data.repay import apply_outside_edits

    report = check_paths(paths, options)
    by_path: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_path.setdefault(finding.path, []).append(finding)
    done: list[Fixed] = []
    problems: list[Problem] = []
    for path, findings in by_path.items():
        if path == options.stdin_name or not any(applicable(f, unsafe) for f in findings):
            continue
        try:
            before = Path(path).read_bytes()
            after, titles, outside = fix_bytes(before, path, findings, unsafe, options)
            fixed = Fixed(path, titles, before, after)
            if write:
                if after != before:
                    write_atomic(path, after)
                if outside:
                    directory = Path(path).absolute().parent
                    settings = load_settings(directory, Path(options.config) if options.config else None, options.isolated)
                    fixed.outside = [str(p) for p in apply_outside_edits(outside, path, settings)]
                    forget_settings()
            if titles:
                done.append(fixed)
        except OSError as error:
            problems.append(Problem(path, f"could not be fixed: {error.strerror or error}", kind="unreadable"))
        except NbdebtError as error:
            problems.append(Problem(path, f"could not be fixed: {error}"))
    if write and done:
        report = check_paths(paths, options)
    return msgspec.structs.replace(report, problems=(*report.problems, *problems)), done


def diff(fixed: Fixed) -> str:
    """What a fix changes, as a unified diff of the cells' sources."""
    old = _cells(fixed.before, fixed.path)
    new = _cells(fixed.after, fixed.path)
    return "".join(difflib.unified_diff(old, new, f"{fixed.path}", f"{fixed.path} (fixed)", n=2))


def _cells(data: bytes, path: str) -> list[str]:
    lines: list[str] = []
    for cell in read_notebook(data, path).cells:
        if cell.kind == "code":
            count = f" [{cell.execution_count}]" if cell.execution_count is not None else ""
            lines.append(f"# %%{count}\n")
            lines.extend(line + "\n" for line in cell.source.split("\n"))
    return lines
