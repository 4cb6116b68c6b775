"""``nbdebt export``: a notebook as a script."""

import os
from pathlib import Path
from typing import get_args

import click

from nbdebt.commands.output import tell, write
from nbdebt.export.account import account
from nbdebt.export.making import NO_FLAGS, made
from nbdebt.export.model import Cli, Config, Form, Script
from nbdebt.export.pipelines import TOOLS
from nbdebt.export.pipelines.writing import verify_pipeline, write_pipeline
from nbdebt.export.proof import proven
from nbdebt.export.running import size_of
from nbdebt.export.saved import log_of_notebook
from nbdebt.export.testfile import UNVERIFIED, tests_path, write_tests
from nbdebt.model.errors import NbdebtError, NotebookError
from nbdebt.read import read_notebook
from nbdebt.report.words import plural


@click.command("export")
@click.argument("notebook", type=click.Path())
@click.option("-o", "--output-file", type=click.Path(), help="Write to this file.")
@click.option(
    "--for",
    "targets",
    multiple=True,
    metavar="TARGET",
    help="What the script is for: a name, a file, a cell ([3] or its id), outputs, or all (the default). "
    "Can be given several times.",
)
@click.option(
    "--settings/--no-settings",
    default=True,
    show_default=True,
    help="Put paths, seeds, parameters and thresholds at the top, under names.",
)
@click.option(
    "--cli",
    type=click.Choice(get_args(Cli)),
    default="none",
    show_default=True,
    help="Flags for these settings, read by one of these libraries.",
)
@click.option(
    "--config",
    type=click.Choice(get_args(Config)),
    default="none",
    show_default=True,
    help="A file that may hold settings: the script takes `--config FILE` (by argparse, unless --cli says).",
)
@click.option(
    "--functions",
    is_flag=True,
    help="A function for each section (headings in markdown), where that is safe.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seeds what the notebook drew from unseeded."
)
@click.option("--no-seed", is_flag=True, help="Leave unseeded what was drawn unseeded.")
@click.option(
    "--verify/--no-verify",
    default=False,
    help="Run the script in a copy of the directory, and compare. This runs code.",
)
@click.option(
    "--timeout", type=float, default=600.0, show_default=True, help="Seconds for one run of the script."
)
@click.option(
    "--memory",
    "given_memory",
    metavar="SIZE",
    help="Memory for one run of the script: 2G, 500M. [default: all]",
)
@click.option(
    "--tests",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write a pytest file that pins what the script gives (with --verify); beside it without FILE.",
)
@click.option(
    "--requirements", type=click.Path(dir_okay=False), help="Write the packages that it needs to this file."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False),
    help="Write what --verify found to this file: Markdown, or JSON where it ends in .json.",
)
@click.option(
    "--to",
    type=click.Choice(("script", "notebook", "module", *TOOLS)),
    help="A script (the default), a notebook (as where -o ends in .ipynb), a module of functions (as "
    "--functions), or a program for each section, which this tool starts (-o is a directory then).",
)
@click.pass_context
def command(
    ctx: click.Context,
    notebook: str,
    output_file: str | None,
    targets: tuple[str, ...],
    settings: bool,
    cli: Cli,
    config: Config,
    functions: bool,
    seed: int,
    no_seed: bool,
    verify: bool,
    timeout: float,
    given_memory: str | None,
    tests: str | None,
    requirements: str | None,
    report: str | None,
    to: str | None,
) -> None:
    """Write NOTEBOOK as a script: its cells in the order in which they ran, magics as plain Python, what is
    shown printed, figures saved. Or as a notebook: in that order, too, with its magics, without outputs.

    What can't be exported so that it surely gives the same is refused, with cell and line; what a saved
    notebook can't tell is said. Nothing is run without `--verify`. From a live session, `%nbdebt export`
    knows all that ran, and proves the values of names.

    Exit status: 0 exported, 1 exported and `--verify` found a difference, 2 refused or not readable.
    """
    try:
        with open(notebook, "rb") as file:
            data = file.read()
    except OSError as error:
        raise NotebookError(notebook, error.strerror or str(error), kind="unreadable") from None
    if report and not verify:
        raise click.UsageError("--report says what --verify found: give both (this runs the notebook's code)")
    log = log_of_notebook(read_notebook(data, notebook))
    used = None if no_seed else seed
    to = to or ("notebook" if (output_file or "").endswith(".ipynb") else "script")
    if output_file and os.path.realpath(output_file) == os.path.realpath(notebook):
        raise click.UsageError(f"{output_file} is the notebook itself: give the export a name of its own")
    memory = _memory(given_memory)
    if tests is not None:
        _refuse_tests(tests, to, verify, output_file)
    if to == "notebook":
        if cli != "none" or config != "none" or functions:
            raise click.UsageError(NO_FLAGS)
    elif to != "script":
        if to in TOOLS and (cli != "none" or config != "none"):
            raise click.UsageError(f"--to {to} makes a program for each section, and these have no flags")
        functions = True
    form = Form(settings, cli, config, functions, notebook=to == "notebook")
    status = 0
    if verify:
        tell(f"running what {notebook} contains, in a copy of its directory")
        script, found = proven(
            log,
            targets or None,
            seed=used,
            timeout=timeout,
            form=form,
            memory=memory,
            summaries=tests is not None,
        )
        tell(found.summary())
        for note in found.notes:
            tell(note)
        if report:
            write(account(script, found, report), report)
        status = 0 if found.equal else 1
    else:
        script = made(log, targets, None, used, form)
    _told(script, to)
    if to in TOOLS:
        status = max(status, _pipeline(script, to, notebook, output_file, timeout if verify else None))
    else:
        write(script.text, output_file)
        if tests is not None and output_file is not None:
            target = tests_path(tests, output_file)
            write(write_tests(script, found, Path(output_file), target), str(target))
    if requirements:
        write("".join(f"{line}\n" for line in script.manifest.requirements), requirements)
    ctx.exit(status)


def _memory(text: str | None) -> int:
    try:
        return size_of(text) if text else 0
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--memory") from None


def _refuse_tests(tests: str, to: str, verify: bool, output_file: str | None) -> None:
    if not verify:
        raise click.UsageError(UNVERIFIED)
    if to in TOOLS:
        raise click.UsageError(f"--tests pins what a script or a notebook gives, not --to {to}")
    if output_file is None:
        raise click.UsageError("--tests wants a script to test: -o FILE")


def _pipeline(script: Script, tool: str, notebook: str, target: str | None, timeout: float | None) -> int:
    directory = Path(target or f"{Path(notebook).with_suffix('')}_pipeline")
    status = 0
    if timeout is not None:
        found = verify_pipeline(script, timeout)
        tell(f"step by step: {found.summary()}")
        status = 0 if found.equal else 1
    try:
        pipeline, files = write_pipeline(script, tool, directory)
    except OSError as error:
        raise NbdebtError(f"{directory}: can't be written: {error.strerror or error}") from None
    for note in pipeline.notes:
        tell(note)
    for step in pipeline.steps:
        after = f" after {', '.join(step.after)}" if step.after else ""
        write(f"{step.name}{after}\n")
    tell(f"wrote {plural(len(files), 'file')} into {directory}: {plural(len(pipeline.steps), 'step')}")
    return status


def _told(script: Script, to: str) -> None:
    for text in script.manifest.dropped:
        tell(f"left out: {text}")
    for text in script.manifest.notes:
        # A pipeline that isn't divided is refused for that.
        if to not in TOOLS or not text.startswith("Not divided"):
            tell(text)
