"""Regular expressions that are compiled when they are first used.

Compiling one takes as long as checking a cell, and a run uses a fraction of those that there are.
"""

import re
from typing import Any, cast

_METHODS = ("search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")


class _Later:
    """Stands for a pattern until something is asked of it, and hands on its methods from then on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._source)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern as :func:`re.compile` gives it, at no cost until it is used.

    Args:
        pattern: the regular expression; where it is wrong, its first use raises :class:`re.error`.
        flags: as for :func:`re.compile`.
    """
    return cast("re.Pattern[str]", _Later(pattern, flags))
