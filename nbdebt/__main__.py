"""``python -m nbdebt`` and the command ``nbdebt``."""

import gc
import os
import sys

_MANY_OBJECTS = 50_000


def main() -> None:
    """Run the command with the process's arguments."""
    # Whoever starts it may have closed them: what is said then is said to nobody, which is no failure.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - to the end
    # Tools that ask for the version on every start shouldn't wait for the rest.
    if sys.argv[1:] in (["--version"], ["-V"]):
        from nbdebt import __version__

        print(f"nbdebt {__version__}")
        return
    # Imports and results live to the end: looking for garbage among them again and again finds none.
    gc.set_threshold(_MANY_OBJECTS)
    try:
        from nbdebt.cli import cli

        cli.main(prog_name="nbdebt")
    except KeyboardInterrupt:
        # While it was still being loaded; else the command says it.
        sys.exit(130)
    finally:
        # Nor in what ends with the process.
        gc.freeze()


if __name__ == "__main__":
    main()
