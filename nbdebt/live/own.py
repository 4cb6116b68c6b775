"""Cells of nothing but our own words: they look at the session and are no part of it."""

from nbdebt.model.patterns import later

_LINE = later(r"\s*(?:#.*|%nbdebt(?!\s+seed\b)(?:[\s?].*)?)?\Z")
_DRY = later(r"\s*%%nbdebt[ \t]+dry\b")


def is_own(source: str) -> bool:
    """Whether a cell does nothing but ask nbdebt, so that it leaves the session as it is.

    ``%nbdebt seed`` is not among these: it seeds. A cell with ``%%nbdebt dry`` is: its body does not run.
    """
    if "%nbdebt" not in source:
        return False
    return bool(_DRY.match(source)) or all(map(_LINE.match, source.split("\n")))
