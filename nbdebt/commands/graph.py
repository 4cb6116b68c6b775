"""``nbdebt graph``: how data flows, between the cells of a notebook or the notebooks of a repository."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from nbdebt.analyse import understand
from nbdebt.commands.output import Progress, tell, write
from nbdebt.config import load_settings
from nbdebt.discover import discover, stat_notebook
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.flow.graph import Graph, build_graph
from nbdebt.model.errors import NotebookError
from nbdebt.read import read_notebook

FORMATS = ("text", "mermaid", "dot", "json", "html")


@click.command("graph")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to show it."
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches, below directories."
)
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], form: str, output_file: str | None, exclude: tuple[str, ...]
) -> None:
    """Show how data flows: between the cells of one notebook, or between notebooks and data sets.

    Of one notebook (`-` reads standard input): which cell takes what from which, what comes in and what goes
    out. Of directories or several notebooks: who makes which data set and who reads it, feedback loops, what
    nobody reads and what no notebook makes; scripts in percent form count as notebooks. Nothing is run.
    """
    if len(paths) == 1 and not Path(paths[0]).is_dir():
        write(_of_notebook(paths[0], form), output_file)
        return
    shown, problems = _of_repository(paths or (".",), form, exclude)
    write(shown, output_file)
    ctx.exit(2 if problems else 0)


def _of_notebook(notebook: str, form: str) -> str:
    from nbdebt.report import graph as reports

    try:
        if notebook != "-":
            stat_notebook(notebook)
        data = sys.stdin.buffer.read() if notebook == "-" else Path(notebook).read_bytes()
    except OSError as error:
        raise NotebookError(notebook, error.strerror or str(error), kind="unreadable") from None
    document = read_notebook(data, notebook)
    flows, history, replayed = understand(document)
    forms: dict[str, Callable[[Graph], str]] = {
        "text": reports.text,
        "mermaid": reports.mermaid,
        "dot": reports.dot,
        "json": reports.as_json,
        "html": reports.html,
    }
    return forms[form](build_graph(document, flows, history, replayed))


def _of_repository(paths: Sequence[str], form: str, exclude: Sequence[str]) -> tuple[str, bool]:
    """The map, and whether something could not be read, which is told."""
    from nbdebt.datamap.build import build_map
    from nbdebt.datamap.model import DataMap
    from nbdebt.report import datamap as reports

    if "-" in paths:
        raise click.UsageError("Standard input (-) is one notebook: it can't be mapped with others.")
    patterns = (*load_settings(Path.cwd()).exclude, *exclude)
    files, problems = discover(paths, patterns, scripts=True)
    progress = Progress(True)
    try:
        report = check_paths(files, CheckOptions(), progress)
    finally:
        progress.clear()
    for problem in (*problems, *report.problems):
        tell(f"{problem.path}: {problem.reason}")
    if not files:
        tell(f"no notebooks found under {', '.join(paths)}")
    forms: dict[str, Callable[[DataMap], str]] = {
        "text": reports.text,
        "mermaid": reports.mermaid,
        "dot": reports.dot,
        "json": reports.as_json,
        "html": reports.html,
    }
    found = build_map(report, lambda directory: load_settings(directory), paths)
    return forms[form](found), bool(problems or report.problems)
