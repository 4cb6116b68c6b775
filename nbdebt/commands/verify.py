"""``nbdebt verify``: Restart & Run All for real, twice."""

import sys

import click
import msgspec

from nbdebt.commands.output import columns, tell, wants_color, write
from nbdebt.model.errors import NbdebtError
from nbdebt.restart.model import Restarted
from nbdebt.restart.restarting import restart
from nbdebt.restart.shown import as_text


@click.command("verify")
@click.argument("notebooks", nargs=-1, required=True, type=click.Path())
@click.option(
    "--kernel", default="", metavar="NAME", help="The kernel to run in, in place of the notebook's own."
)
@click.option(
    "--timeout", type=float, default=600.0, show_default=True, help="Seconds for one run of a notebook."
)
@click.option("--once", is_flag=True, help="Run it once only, and don't ask whether it repeats itself.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.pass_context
def command(
    ctx: click.Context,
    notebooks: tuple[str, ...],
    kernel: str,
    timeout: float,
    once: bool,
    form: str,
    output_file: str | None,
) -> None:
    """Restart & Run All for real: run NOTEBOOKS from top to bottom in fresh kernels, and compare what they
    show and write with what is saved.

    Each is run twice, each time in a copy of its directory: what two runs disagree on no order of cells can
    mend. The first cell that differs is named, and why: order, seed, data, time or environment. This runs
    the notebooks' code; `nbdebt check` answers most of it without.

    Exit status: 0 all give what is saved, twice; 1 one doesn't; 2 one could not be run.
    """
    found: list[Restarted] = []
    status = 0
    for path in notebooks:
        try:
            found.append(restart(path, kernel, timeout, not once))
        except NbdebtError as error:
            tell(str(error))
            status = 2
    if any(r.same is False or r.repeatable is False or r.stopped for r in found):
        status = status or 1
    if form == "json":
        data = msgspec.json.encode({"version": 1, "notebooks": found})
        shown = msgspec.json.format(data, indent=2).decode() + "\n"
    else:
        color = wants_color(sys.stdout) and output_file is None
        shown = "".join(as_text(one, color, min(columns(), 100)) for one in found)
    if shown:
        write(shown, output_file)
    ctx.exit(status)
