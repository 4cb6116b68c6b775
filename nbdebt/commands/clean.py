"""``nbdebt clean``: takes out of notebook files what nbdebt left in them."""

import difflib
import sys
from pathlib import Path

import click

from nbdebt.commands.output import tell, wants_color, write, write_bytes
from nbdebt.config import load_settings
from nbdebt.discover import discover, stat_notebook
from nbdebt.model.errors import NotebookError
from nbdebt.read.clean import clean_ipynb
from nbdebt.read.edit import write_atomic
from nbdebt.report.plain import Paint, clean
from nbdebt.report.words import plural, problem_sentence


@click.command("clean")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 where there is something to clean.")
@click.option("--diff", "as_diff", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--evidence", is_flag=True, help="Take out what %nbdebt save wrote into the metadata, too.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], check: bool, as_diff: bool, evidence: bool, quiet: bool
) -> None:
    """Take out of notebooks the lines that nbdebt showed under cells. All other bytes stay as they are.

    PATHS are files, directories, or `-`, which reads standard input and writes standard output; by default
    all notebooks below this directory. What `%nbdebt` showed because it was asked to stays: it is a result
    like any other.
    """
    if tuple(paths) == ("-",):
        ctx.exit(_stream(check, as_diff, evidence, quiet))
    files, problems = discover(paths or (".",), load_settings(Path.cwd()).exclude)
    for problem in problems:
        tell(f"{problem.path}: {problem_sentence(problem)}")
    failed = bool(problems)
    changed = found = 0
    for path in files:
        try:
            stat_notebook(path)
            before = Path(path).read_bytes()
            after, count = clean_ipynb(before, path, evidence=evidence)
            if count and not (check or as_diff):
                write_atomic(path, after)
        except (OSError, NotebookError) as error:
            failed = True
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else error.reason
            tell(f"{path}: {reason}")
            continue
        if count:
            changed += 1
            found += count
            _show(path, before, after, count, check, as_diff, quiet)
    if not quiet:
        did = "would be taken" if check or as_diff else "taken"
        if changed:
            tell(f"{plural(found, 'thing')} {did} out of {plural(changed, 'notebook')}")
        else:
            tell(f"nothing to take out in {plural(len(files), 'notebook')}")
    ctx.exit(2 if failed else int(bool(changed and (check or as_diff))))


def _show(
    path: str, before: bytes, after: bytes, count: int, check: bool, as_diff: bool, quiet: bool
) -> None:
    if as_diff:
        paint = Paint(wants_color(sys.stdout))
        old, new = (data.decode("utf-8", "replace").split("\n") for data in (before, after))
        lines = difflib.unified_diff(old, new, path, f"{path} (cleaned)", n=2, lineterm="")
        write("".join(_coloured(line, paint) + "\n" for line in lines))
    elif not quiet:
        write(f"{clean(path)}: {count} to take out\n" if check else f"{clean(path)}: {count} taken out\n")


def _coloured(line: str, paint: Paint) -> str:
    shown = clean(line)
    if line.startswith(("+++", "---")):
        return paint.bold(shown)
    return {"+": paint.green, "-": paint.red, "@": paint.cyan}.get(line[:1], str)(shown)


def _stream(check: bool, as_diff: bool, evidence: bool, quiet: bool) -> int:
    """Clean standard input: git's filters and editors work so."""
    data = sys.stdin.buffer.read()
    after, count = clean_ipynb(data, "-", evidence=evidence)
    if check or as_diff:
        if count:
            _show("-", data, after, count, check, as_diff, quiet)
        return int(bool(count))
    write_bytes(after)
    return 0
