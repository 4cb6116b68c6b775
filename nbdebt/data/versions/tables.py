"""Delta Lake and Iceberg: tables that keep their history beside their data; a reader asks for one version.

Delta: a directory ``_delta_log`` of numbered commits (the Delta Transaction Log Protocol). Iceberg: a
directory ``metadata`` of ``*.metadata.json`` (the Iceberg Table Spec).
"""

import re
from pathlib import Path

from nbdebt.data.versions.answer import Source, Versioned, Witness
from nbdebt.model.history import File

_COMMIT = re.compile(r"(\d{20})\.json\Z")
_MOST = 100_000


class Tables:
    """Knows directories that are such tables."""

    name = "delta"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """The directory: one that is committed as a whole is versioned by git."""
        return (source.real,) if source.real is not None and _kind(source.real) else ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned where a version is asked for (``version=``, ``snapshot_id=``); a time is weak, for its
        version can be cleaned away, and two commits can bear one."""
        if not isinstance(source.resource, File) or source.real is None:
            return None
        kind = _kind(source.real)
        if not kind:
            return None
        if "pinned" in source.detail:
            return Versioned("versioned", kind, reason="is read at one version")
        if git.committed(source.real).state.startswith("versioned"):
            return None
        newest = _newest(source.real) if kind == "delta" else -1
        now = f", now {newest}" if newest >= 0 else ""
        return Versioned("unversioned", kind, reason=f"is read at its newest version{now}")


def judge(uri: str, rest: str) -> Versioned:
    """Of a table that an address names without a version."""
    return Versioned("unversioned", uri.partition(":")[0].lower(), reason="takes the current snapshot")


def _kind(directory: Path) -> str:
    """``delta``, ``iceberg``, or empty for any other file or directory."""
    try:
        if (directory / "_delta_log").is_dir():
            return "delta"
        metadata = directory / "metadata"
        if metadata.is_dir() and next(metadata.glob("*.metadata.json"), None) is not None:
            return "iceberg"
    except OSError:
        pass
    return ""


def _newest(directory: Path) -> int:
    """The newest version of a Delta table; -1 where it can't be known."""
    try:
        entries = zip(range(_MOST), (directory / "_delta_log").iterdir(), strict=False)
        return max((int(m[1]) for _, entry in entries if (m := _COMMIT.match(entry.name))), default=-1)
    except OSError:
        return -1
