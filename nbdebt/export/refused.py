"""What can't be exported soundly is refused, with the place and the reason."""

from nbdebt.model.errors import NbdebtError


class ExportRefused(NbdebtError):
    """Something can't be exported so that it surely gives what the notebook gave.

    Args:
        reason: what and why, for people.
        cell: how people know the cell, ``cell [3]``; empty where it is no matter of one cell.
        line: line of the cell, from 1; 0 where it is no matter of one line.
    """

    def __init__(self, reason: str, cell: str = "", line: int = 0) -> None:
        where = f"{cell}, line {line}: " if cell and line else f"{cell}: " if cell else ""
        super().__init__(f"not exported: {where}{reason}")
        self.reason = reason
        self.cell = cell
        self.line = line
