"""``nbdebt completion``: completion for shells."""

import click
from click.shell_completion import get_completion_class

from nbdebt.commands.output import write


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes SHELL complete commands, options and their values.

    \b
    bash: nbdebt completion bash >> ~/.bashrc
    zsh:  nbdebt completion zsh >> ~/.zshrc
    fish: nbdebt completion fish > ~/.config/fish/completions/nbdebt.fish
    """
    from nbdebt.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    write(found(cli, {}, "nbdebt", "_NBDEBT_COMPLETE").source() + "\n")
