"""``nbdebt lsp``: findings, pages and fixes in editors."""

import logging
import sys

import click

from nbdebt.commands.check import listed, selectors
from nbdebt.commands.output import tell
from nbdebt.model.errors import NbdebtError


@click.command("lsp")
@click.option("--select", multiple=True, callback=selectors, metavar="RULES", help="Only these rules.")
@click.option("--ignore", multiple=True, callback=selectors, metavar="RULES", help="Rules not to report.")
@click.option("--extend-select", multiple=True, callback=selectors, metavar="RULES", help="Rules to add.")
@click.option("--exclude", multiple=True, callback=listed, metavar="PATTERNS", help="Paths to leave out.")
@click.option("--config", metavar="FILE", help="Use this configuration file instead of the nearest one.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option("-v", "--verbose", is_flag=True, help="Say on standard error what comes and goes.")
def command(
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    extend_select: tuple[str, ...],
    exclude: tuple[str, ...],
    config: str | None,
    isolated: bool,
    verbose: bool,
) -> None:
    """Serve editors over standard input and output, by the Language Server Protocol.

    Notebooks and scripts with cells, as they are on the screen: what `nbdebt check` finds, the pages of
    rules where somebody points, fixes and comments that silence as actions. Executes nothing of them.
    """
    try:
        from nbdebt.lsp.server import Options, serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise NbdebtError("the language server needs pygls: pip install 'nbdebt[lsp]'") from None
    if sys.stdin.isatty():
        tell("waiting for an editor on standard input; Ctrl-C ends it")
    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG if verbose else logging.CRITICAL)
    serve(Options(list(select), list(ignore), list(extend_select), list(exclude), config, isolated))
