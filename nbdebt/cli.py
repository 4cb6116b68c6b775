"""The command: which subcommands there are, imported when asked for, and what becomes of errors."""

import importlib
from typing import Any

import click

from nbdebt import __version__
from nbdebt.model.errors import NbdebtError

FAILED = 2
"""Exit status when something could not be done."""
INTERRUPTED = 130

_EPILOG = "For completion of commands and options in your shell: nbdebt completion --help"


class Failed(click.ClickException):
    """Something could not be done."""

    exit_code = FAILED


class Commands(click.Group):
    """A group whose commands live in modules of ``nbdebt.commands``."""

    # In the order in which people will need them.
    modules = (
        "check",
        "pin",
        "declare",
        "explain",
        "rules",
        "graph",
        "ledger",
        "io",
        "exposure",
        "export",
        "verify",
        "run",
        "scan",
        "diff",
        "trend",
        "clean",
        "lsp",
        "completion",
    )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.modules:
            return None
        module = importlib.import_module(f"nbdebt.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a hint for what was misspelt."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            said = args[0] if args else ""
            close = difflib.get_close_matches(said, self.modules, n=1)
            if "/" in said or said.endswith((".ipynb", ".py")):
                close = [f"check {said}"]
            hint = f" Did you mean 'nbdebt {close[0]}'?" if close else ""
            raise click.UsageError(error.message + hint, error.ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Errors that users can cause are one line; no error of ours looks like a finding."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except NbdebtError as error:
            from nbdebt.report.plain import clean

            raise Failed(clean(str(error))) from None
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except Exception:
            import traceback

            traceback.print_exc()
            click.echo("nbdebt failed. This is a bug: please report it with the lines above.", err=True)
            ctx.exit(FAILED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, "-V", "--version", prog_name="nbdebt", message="%(prog)s %(version)s")
def cli() -> None:
    """See the hidden debt of notebooks: stale state, missing seeds, undeclared outputs, unversioned data.

    Nothing that a notebook contains is executed. Exit status: 0 no findings, 1 findings, 2 something
    could not be done.
    """
