"""What an SQL statement does to the tables that it names, as far as its first words say."""

import re

from nbdebt.model.patterns import later

_SNAPSHOT = later(r"\b(as of|version as of|timestamp as of|for system_time)\b", re.I)
_KINDS = (
    ("upsert", later(r"^\s*(?:insert\s+or\s+(?:replace|ignore)|replace)\b|\bon\s+conflict\b", re.I)),
    ("append", later(r"^\s*insert\b", re.I)),
    ("clear", later(r"^\s*(?:delete\s+from\s+[\w.\"`\[\]]+\s*;?\s*$|truncate\b)", re.I)),
    ("drop", later(r"^\s*drop\b", re.I)),
    ("ensure", later(r"^\s*create\b.*\bif\s+not\s+exists\b", re.I | re.S)),
    ("replace", later(r"^\s*create\s+or\s+replace\b", re.I)),
    ("create", later(r"^\s*create\b", re.I)),
)


def sql_kind(statement: str) -> str:
    """What a statement that writes does to its tables: ``append`` rows, ``upsert`` them, ``clear``, ``drop``,
    ``create`` the table, ``ensure`` that there is one, ``replace`` it, or ``change`` some rows."""
    return next((kind for kind, pattern in _KINDS if pattern.search(statement)), "change")


def sql_detail(statement: str, writes: bool) -> tuple[str, ...]:
    """Details of an access: ``snapshot`` where it is to a state of the past, ``sql=…`` where it writes."""
    if _SNAPSHOT.search(statement):
        return ("snapshot",)
    return (f"sql={sql_kind(statement)}",) if writes else ()
