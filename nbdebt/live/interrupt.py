"""An interrupt that comes while nbdebt is at work before a cell: it is meant for the cell.

IPython would print an interrupted callback of an event, and run the cell all the same. So the cell is stopped
where IPython lets extensions refuse one: at its tree.
"""

import ast
import contextlib
from typing import Any

from IPython.core.error import InputRejected


class Interrupted(InputRejected, KeyboardInterrupt):
    """What stops the cell; IPython shows it as the interrupt that it is."""


Interrupted.__name__ = Interrupted.__qualname__ = "KeyboardInterrupt"
Interrupted.__module__ = "builtins"


class Stop:
    """Stops the cell that is about to run.

    Args:
        shell: the shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        shell.ast_transformers.append(self)

    def visit(self, node: ast.AST) -> ast.AST:
        """What IPython calls with the cell's tree.

        Raises:
            Interrupted: always.
        """
        self.withdraw()
        raise Interrupted

    def withdraw(self) -> None:
        """The cell came to its end without: it can't be parsed."""
        with contextlib.suppress(ValueError):
            self.shell.ast_transformers.remove(self)
