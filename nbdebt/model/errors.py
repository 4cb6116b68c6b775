"""Errors that a user of the library or the command can cause."""


class NbdebtError(Exception):
    """Base of all errors that nbdebt raises on purpose. The text says what happened, where, and what to
    do."""


class ConfigurationError(NbdebtError):
    """A configuration file or an option is wrong."""


class NotebookError(NbdebtError):
    """A notebook cannot be read. ``reason`` is for people; ``where`` is a place within the file, if known."""

    def __init__(self, path: str, reason: str, where: str = "", kind: str = "malformed") -> None:
        super().__init__(f"{path}: {reason}" + (f" (at {where})" if where else ""))
        self.path = path
        self.reason = reason
        self.where = where
        self.kind = kind


class FixError(NbdebtError):
    """A fix cannot be applied without touching something else."""
