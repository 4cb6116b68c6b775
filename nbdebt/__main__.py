"""``python -m nbdebt`` and the command ``nbdebt``."""

import sys


def main() -> None:
    """Run the command with the process's arguments."""
    # Tools that ask for the version on every start shouldn't wait for the rest.
    if sys.argv[1:] in (["--version"], ["-V"]):
        from nbdebt import __version__

        print(f"nbdebt {__version__}")
        return
    from nbdebt.cli import cli

    cli.main(prog_name="nbdebt")


if __name__ == "__main__":
    main()
