"""Errors of our own as problems: they say where in our code, and stop nothing else."""

from pathlib import PurePath
from typing import Literal

from nbdebt.discover import readable
from nbdebt.model.finding import NotebookResult, Problem
from nbdebt.model.record import Record
from nbdebt.rules import Rule

TOO_DEEP = "its code is nested too deeply to be followed"


def own_failure(path: str, error: Exception, doing: str = "nbdebt failed on this notebook") -> Problem:
    """A problem that is ours, with the place in our code."""
    if isinstance(error, RecursionError | MemoryError):
        return Problem(path, TOO_DEEP, kind="internal")
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        code = trace.tb_frame.f_code
        where = f"{PurePath(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}"
    return Problem(path, f"{doing}: {type(error).__name__}: {error}", where, "internal")


def rule_failure(rule: Rule, path: str, error: Exception) -> Problem:
    """A rule that raised: a problem that names it; the other rules are still asked."""
    return own_failure(path, error, f"the rule {rule.code} ({rule.name}) failed")


def unreadable(path: str, reason: str, kind: Literal["unreadable", "internal"] = "unreadable") -> Record:
    """The record of a file that could not be read."""
    shown = readable(path)
    return Record(NotebookResult(shown, None), problems=(Problem(shown, reason, kind=kind),))
