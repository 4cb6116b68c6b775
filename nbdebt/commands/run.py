"""``nbdebt run``: a notebook from top to bottom, recorded."""

import sys

import click

from nbdebt.commands.check import selectors
from nbdebt.commands.output import columns, tell, wants_color, write
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.execute.parameters import parameters_of
from nbdebt.execute.running import run
from nbdebt.report import FORMATS, render
from nbdebt.report.view import View
from nbdebt.report.words import plural


@click.command("run")
@click.argument("notebook", type=click.Path())
@click.option(
    "-o", "--output", default="", metavar="FILE", help="The notebook to write, in place of this one."
)
@click.option(
    "-p",
    "--parameter",
    "given",
    type=(str, str),
    multiple=True,
    metavar="NAME VALUE",
    help="Set a parameter, behind the cell that is tagged `parameters`.",
)
@click.option(
    "-r", "--raw", type=(str, str), multiple=True, metavar="NAME TEXT", help="The same, always a text."
)
@click.option("-k", "--kernel", default="", metavar="NAME", help="The kernel to run in, in place of its own.")
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=0.0,
    metavar="S",
    help="Seconds for the whole run; 0: no limit.",
)
@click.option("--cwd", default="", metavar="DIRECTORY", help="Where to run, in place of where it lies.")
@click.option("--select", multiple=True, callback=selectors, metavar="RULES", help="Only these rules.")
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="text", show_default=True, help="How to report."
)
@click.option("-e", "--exit-zero", is_flag=True, help="Findings don't make the exit status 1.")
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no notes, no summary.")
@click.pass_context
def command(
    ctx: click.Context,
    notebook: str,
    output: str,
    given: tuple[tuple[str, str], ...],
    raw: tuple[tuple[str, str], ...],
    kernel: str,
    timeout: float,
    cwd: str,
    select: tuple[str, ...],
    output_format: str,
    exit_zero: bool,
    quiet: bool,
) -> None:
    """Run NOTEBOOK from top to bottom in a fresh kernel that records, and write it with its outputs and with
    what was seen: `nbdebt check` goes by that. Then report, as `nbdebt check` does. This runs its code.

    Without -o, the notebook itself is written, if it came to its end.

    Exit status: 0 no findings; 1 findings, or it stopped at a cell; 2 it could not be run.
    """
    done = run(notebook, output, parameters_of(given, raw), kernel=kernel, timeout=timeout, directory=cwd)
    for note in done.notes:
        tell(note)
    if not quiet:
        where = f", written to {done.output}" if done.output else ""
        tell(f"{notebook}: {plural(done.cells, 'cell')} ran in {done.seconds:.1f} s{where}")
    if done.stopped:
        tell(f"{notebook}: stopped: {done.stopped}")
    status = 1 if done.stopped else 0
    if done.output:
        report = check_paths([done.output], CheckOptions(select=select, cache=False))
        color = output_format == "text" and wants_color(sys.stdout)
        view = View(color=color, width=columns(), quiet=quiet, judged=True)
        write(render(report, output_format, view))
        status = max(status, 0 if exit_zero and report.exit_status == 1 else report.exit_status)
    ctx.exit(status)
