"""``nbdebt diff``: what a branch adds and repays."""

import os
import sys
from pathlib import Path

import click

from nbdebt.commands.check import listed, selectors
from nbdebt.commands.output import Progress, columns, tell, wants_color, write
from nbdebt.config import load_settings
from nbdebt.engine import CheckOptions
from nbdebt.past import changes
from nbdebt.past.comparing import compare
from nbdebt.report.plain import Paint


@click.command("diff")
@click.argument("reference", metavar="REF")
@click.argument("paths", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    show_default=True,
    help="How to show it; markdown is for pull requests.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--select", multiple=True, callback=selectors, metavar="RULES", help="Rules to ask.")
@click.option("--ignore", multiple=True, callback=selectors, metavar="RULES", help="Rules not to ask.")
@click.option("--exclude", multiple=True, callback=listed, metavar="PATTERNS", help="Paths to leave out.")
@click.option("-v", "--verbose", is_flag=True, help="Notes, too.")
@click.option("-e", "--exit-zero", is_flag=True, help="What is added doesn't make the exit status 1.")
@click.option("-n", "--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs.")
@click.pass_context
def command(
    ctx: click.Context,
    reference: str,
    paths: tuple[str, ...],
    form: str,
    output_file: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    verbose: bool,
    exit_zero: bool,
    no_cache: bool,
) -> None:
    """Show what this branch adds and repays: the notebooks as they are, and as they were where it parted from
    REF (a branch, a tag, a commit). By default all notebooks below this directory.

    Both are judged with the files, pins and settings as they are now, so what is shown is what was changed in
    notebooks. Notebooks that have not changed are not read again.

    Exit status: 0 nothing is added, 1 errors or warnings are, 2 something could not be done.
    """
    named = paths or (".",)
    missing = [path for path in named if not os.path.lexists(path)]
    if missing:
        raise click.UsageError(f"there is no {missing[0]!r}; REF comes first, paths come after it.")
    options = CheckOptions(select=select, ignore=ignore, exclude=exclude, cache=not no_cache)
    patterns = (*load_settings(Path.cwd()).exclude, *exclude)
    progress = Progress(True)
    try:
        found = compare(reference, named, options, patterns, progress)
    finally:
        progress.clear()
    if form == "json":
        shown = changes.as_json(found)
    elif form == "markdown":
        shown = changes.markdown(found)
    else:
        paint = Paint(output_file is None and wants_color(sys.stdout))
        shown = changes.text(found, paint, min(columns(), 100), notes=verbose)
    write(shown, output_file)
    if form != "text":
        for problem in found.problems:
            tell(f"{problem.path}: {problem.reason}")
    worse = bool(changes.severe(found.added)) and not exit_zero
    ctx.exit(2 if found.problems else int(worse))
