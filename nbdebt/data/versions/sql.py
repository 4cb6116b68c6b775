"""Databases: a query gives what is there at that moment, unless it asks for a snapshot."""

from nbdebt.data.versions.answer import Source, Versioned


def judge_query(source: Source) -> Versioned:
    """Versioned where the query reads a snapshot (``AS OF``, ``FOR VERSION``, a table's version)."""
    if "snapshot" in source.detail or "pinned" in source.detail:
        return Versioned("versioned", "sql", reason="is read as of a snapshot")
    if "computed" in source.detail:
        return Versioned("unknown", "sql", reason="its query is computed")
    return Versioned("unversioned", "sql", reason="is read as it is at that moment")
