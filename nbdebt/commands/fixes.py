"""What ``--fix`` and ``--diff`` do, as the command shows it."""

import sys
from collections.abc import Sequence

from nbdebt.commands.output import tell, write, write_bytes
from nbdebt.engine import CheckOptions, check_data
from nbdebt.fixing import Fixed, diff, fix_bytes, fix_paths
from nbdebt.model.finding import Report
from nbdebt.report.plain import Paint, clean
from nbdebt.report.words import plural, problem_sentence


def fix(
    paths: Sequence[str], options: CheckOptions, unsafe: bool
) -> tuple[Report, tuple[tuple[str, str], ...]]:
    """Fix files; the report on what is left, and what was done: (path, title)."""
    report, done = fix_paths(paths, options, unsafe)
    return report, tuple((fixed.path, title) for fixed in done for title in fixed.titles)


def show_fixes(paths: Sequence[str], options: CheckOptions, unsafe: bool, as_diff: bool, color: bool) -> int:
    """Show what fixes would make of the notebooks, and write no file.

    Standard input that is to be fixed goes, fixed, to standard output, as ruff does it.

    Returns:
        For a difference 1, for none 0, for what could not be read 2; for fixed standard input, the status of
        what is left.
    """
    if tuple(paths) == ("-",):
        data = sys.stdin.buffer.read()
        report = check_data(data, options.stdin_name, options)
        after, titles, _ = fix_bytes(data, options.stdin_name, report.findings, unsafe, options)
        if not as_diff:
            write_bytes(after)
            report = check_data(after, options.stdin_name, options)
            _tell_problems(report)
            return report.exit_status
        done = [Fixed(options.stdin_name, titles, data, after)] if titles else []
    else:
        report, done = fix_paths(paths, options, unsafe, write=False)
    paint = Paint(color)
    for fixed in done:
        write("".join(_coloured(line, paint) + "\n" for line in diff(fixed).splitlines()))
        for title in fixed.outside:
            tell(title)
    count = sum(len(fixed.titles) for fixed in done)
    tell(f"would fix {plural(count, 'finding')}" if count else "nothing to fix")
    _tell_problems(report)
    return 2 if report.problems else int(bool(done))


def _coloured(line: str, paint: Paint) -> str:
    shown = clean(line)
    if line.startswith(("+++", "---")):
        return paint.bold(shown)
    if line.startswith("@@"):
        return paint.cyan(shown)
    return {"+": paint.green, "-": paint.red}.get(line[:1], str)(shown)


def _tell_problems(report: Report) -> None:
    for problem in report.problems:
        tell(f"{problem.path}: {problem_sentence(problem)}")
