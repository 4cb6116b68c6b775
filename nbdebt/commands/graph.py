"""``nbdebt graph``: how data flows between the cells of a notebook, and in and out of it."""

import sys
from pathlib import Path

import click

from nbdebt.analyse import understand
from nbdebt.commands.output import write
from nbdebt.discover import stat_notebook
from nbdebt.flow.graph import build_graph
from nbdebt.model.errors import NotebookError
from nbdebt.read import read_notebook

FORMATS = ("text", "mermaid", "dot", "json", "html")


@click.command("graph")
@click.argument("notebook", type=click.Path())
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to show it."
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
def command(notebook: str, form: str, output_file: str | None) -> None:
    """Show how data flows in NOTEBOOK: which cell takes what from which, what comes in and what goes out.

    `-` reads standard input. Nothing is run.
    """
    from nbdebt.report import graph as reports

    try:
        if notebook != "-":
            stat_notebook(notebook)
        data = sys.stdin.buffer.read() if notebook == "-" else Path(notebook).read_bytes()
    except OSError as error:
        raise NotebookError(notebook, error.strerror or str(error), kind="unreadable") from None
    document = read_notebook(data, notebook)
    flows, history, replayed = understand(document)
    graph = build_graph(document, flows, history, replayed)
    shown = {
        "text": reports.text,
        "mermaid": reports.mermaid,
        "dot": reports.dot,
        "json": reports.as_json,
        "html": reports.html,
    }[form](graph)
    write(shown, output_file)
