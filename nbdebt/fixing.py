"""Repays what has a fix: applies edits until nothing more can be fixed, and writes each file once, whole."""

import difflib
import errno
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from nbdebt.config import forget_settings, load_settings
from nbdebt.engine import CheckOptions, check_data, check_paths
from nbdebt.model.errors import FixError, NbdebtError
from nbdebt.model.finding import (
    Declare,
    Drop,
    Edit,
    Finding,
    Fix,
    Insert,
    Move,
    PinFile,
    Problem,
    Replace,
    Report,
)
from nbdebt.read import read_notebook
from nbdebt.read.edit import DocumentEdit, apply_edits, write_atomic

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
        for fix in _fixes(current, unsafe):
            new = [edit for edit in fix.edits if isinstance(edit, Declare | PinFile) and edit not in outside]
            if new:
                outside += new
                titles.append(fix.title)
        changed, chosen = _apply(data, path, _fixes(current, unsafe))
        if changed in seen:
            break
        seen.add(changed)
        data = changed
        titles += chosen
        current = list(check_data(data, path, options).findings)
    return data, titles, outside


def _fixes(findings: Iterable[Finding], unsafe: bool) -> Iterator[Fix]:
    for finding in findings:
        if finding.fix is not None and applicable(finding, unsafe):
            yield finding.fix


def _apply(data: bytes, path: str, fixes: Iterable[Fix]) -> tuple[bytes, list[str]]:
    """Apply as many fixes at once as do not collide; the others are found again, and fixed then."""
    edits: list[DocumentEdit] = []
    titles: list[str] = []
    changed = data
    for fix in fixes:
        new = [edit for edit in fix.edits if isinstance(edit, Insert | Replace | Move | Drop)]
        if all(edit in edits for edit in new):
            continue
        # Positions change under what is moved or dropped: such a fix goes alone.
        if edits and any(isinstance(edit, Move | Drop) for edit in (*new, *edits)):
            continue
        try:
            changed = apply_edits(data, path, [*edits, *new])
        except FixError:
            continue
        edits += new
        titles.append(fix.title)
    return changed, titles


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
        The report after the fixes (before them, if nothing is written), and what was done to each file. What
        could not be written is a problem of the report.
    """
    started = time.time_ns()
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
            file = Path(path)
            before = file.read_bytes()
            if file.stat().st_mtime_ns >= started:
                # Saved again meanwhile: what was found is about other bytes.
                findings = list(check_data(before, path, options).findings)
            after, titles, outside = fix_bytes(before, path, findings, unsafe, options)
            if not titles:
                continue
            fixed = Fixed(path, titles, before, after)
            if write:
                if after != before:
                    _refuse_read_only(path)
                # First what is outside: where that can't be written, the notebook stays as it is, too.
                if outside:
                    fixed.outside = _repay_outside(outside, path, options)
                if after != before:
                    write_atomic(path, after)
            done.append(fixed)
        except OSError as error:
            reason = f"could not be fixed: {error.strerror or error}"
            problems.append(Problem(path, reason, kind="unwritable"))
        except NbdebtError as error:
            problems.append(Problem(path, f"could not be fixed: {error}", kind="unwritable"))
    if write and (done or problems):
        report = check_paths(paths, options)
    return msgspec.structs.replace(report, problems=(*report.problems, *problems)), done


def _refuse_read_only(path: str) -> None:
    """A file is written by putting another in its place, which would get round its permissions.

    Raises:
        OSError: nobody may write it, or not this user.
    """
    if not Path(path).stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        raise OSError(errno.EACCES, "is read-only", path)


def _repay_outside(edits: Sequence[Edit], path: str, options: CheckOptions) -> list[str]:
    """Declare outputs and pin files: the files that were written."""
    from nbdebt.data.repay import apply_outside_edits

    config = Path(options.config) if options.config else None
    settings = load_settings(Path(path).absolute().parent, config, options.isolated)
    written = [str(file) for file in apply_outside_edits(edits, path, settings)]
    forget_settings()
    return written


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
