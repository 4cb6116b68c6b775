"""``nbdebt trend``: how debt went, and whether it stays within a budget."""

import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import click

from nbdebt.commands.check import listed, selectors
from nbdebt.commands.output import Progress, tell, wants_color, write
from nbdebt.config import load_settings, with_options
from nbdebt.past import shown
from nbdebt.past.budget import keep
from nbdebt.past.trend import Step, trend
from nbdebt.report.plain import Paint
from nbdebt.scan.git import is_bare
from nbdebt.scan.journal import VERSION
from nbdebt.scan.scanning import terms_of


@click.command("trend")
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--ref", default="HEAD", show_default=True, metavar="COMMIT", help="Where the history ends.")
@click.option(
    "--by",
    "step",
    type=click.Choice(("commit", "week", "month")),
    default="week",
    show_default=True,
    help="A point for each commit that changed a notebook, or for the last one of each week or month.",
)
@click.option(
    "--points",
    type=click.IntRange(1),
    default=52,
    show_default=True,
    metavar="N",
    help="So many at most, the newest.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "html", "json", "csv")),
    default="text",
    show_default=True,
    help="How to show it; html is a page with charts.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option(
    "--budget", metavar="FILE", help="Fail where there is more debt at the last point than this file says."
)
@click.option(
    "--update", is_flag=True, help="With --budget: lower it to what there is; make it where it isn't there."
)
@click.option("--select", multiple=True, callback=selectors, metavar="RULES", help="Rules to ask.")
@click.option("--ignore", multiple=True, callback=selectors, metavar="RULES", help="Rules not to ask.")
@click.option("--exclude", multiple=True, callback=listed, metavar="PATTERNS", help="Paths to leave out.")
@click.option(
    "-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes; 0: one for each core."
)
@click.option("-n", "--no-cache", is_flag=True, help="Neither use nor keep what earlier runs found.")
@click.pass_context
def command(
    ctx: click.Context,
    directory: str,
    ref: str,
    step: str,
    points: int,
    form: str,
    output_file: str | None,
    budget: str | None,
    update: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int,
    no_cache: bool,
) -> None:
    """Show how debt went over the history of a git repository, by family.

    DIRECTORY is a repository (bare, too) or a directory in one. Its notebooks are judged as they were
    committed, each content once, ever: what is known is kept in .nbdebt_cache. Nothing is checked out, and
    nobody's name is asked for.

    Exit status: 0; 1 there is more debt than the budget; 2 something could not be done.
    """
    if update and budget is None:
        raise click.UsageError("--update goes with --budget only.")
    settings = load_settings(Path(directory).absolute())
    terms = terms_of(with_options(settings, exclude=exclude), select, ignore)
    progress = Progress(True)
    with tempfile.TemporaryDirectory(prefix="nbdebt-trend-") as aside:
        keeps = not no_cache and not is_bare(directory)
        cache = (
            _kept(Path(settings.root or directory)) if keeps else Path(aside)
        ) / f"trend-{VERSION}.sqlite"
        try:
            found = trend(directory, terms, cache, ref, cast(Step, step), points, jobs, progress)
        finally:
            progress.clear()
    kept = keep(budget, found.points[-1], update) if budget is not None else None
    forms: dict[str, Any] = {
        "text": lambda: shown.text(found, kept, Paint(output_file is None and wants_color(sys.stdout))),
        "html": lambda: shown.html(found),
        "json": lambda: shown.as_json(found, kept),
        "csv": lambda: shown.as_csv(found),
    }
    write(forms[form](), output_file)
    if kept is not None and form != "text":
        for line in shown.budget_lines(kept):
            tell(line)
    ctx.exit(1 if kept is not None and kept.over else 0)


def _kept(root: Path) -> Path:
    """The directory of what nbdebt keeps, which git is told to ignore."""
    directory = root / ".nbdebt_cache"
    marker = directory / ".gitignore"
    try:
        directory.mkdir(exist_ok=True)
        if not marker.exists():
            marker.write_text("*\n", encoding="utf-8")
    except OSError:
        # The journal says what is wrong.
        pass
    return directory
