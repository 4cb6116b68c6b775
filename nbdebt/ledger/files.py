"""The ledger's files as they are read: whole lines, whoever wrote them, however their kernel ended."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbdebt.ledger.entries import VERSION, Began, Entry, decode

SUFFIX = ".ndjson"
_LONGEST = 64 << 20


class LedgerFile(NamedTuple):
    """One file of a session: its name, and what tells whether it changed."""

    path: Path
    name: str
    size: int
    changed: int


class Content(NamedTuple):
    """What a file says.

    Args:
        began: its first line; None where it is no file of a ledger, or of a later version.
        entries: the others, with the numbers of their lines from 1; lines that can't be read are left out.
        problem: what is wrong with it, in words.
    """

    began: Began | None
    entries: list[tuple[int, Entry]]
    problem: str = ""


def ledger_files(directory: Path) -> Iterator[LedgerFile]:
    """All files of a ledger, the oldest session first.

    Raises:
        OSError: the directory can't be listed.
    """
    with os.scandir(directory) as found:
        entries = sorted((e for e in found if e.name.endswith(SUFFIX) and e.name[0] != "."), key=_name)
    for entry in entries:
        try:
            stat = entry.stat()
        except OSError:  # removed in the meantime
            continue
        yield LedgerFile(Path(entry.path), entry.name, stat.st_size, stat.st_mtime_ns)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def read_file(path: Path) -> Content:
    """What a file says; of a line that can't be read only that it can't be.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        data = file.read(_LONGEST)
    lines = data.split(b"\n")
    # Writers end each line; what stands behind the last end is half a line of something else.
    torn = lines.pop()
    problem = "its last line is not whole" if torn else ""
    began: Began | None = None
    entries: list[tuple[int, Entry]] = []
    for number, line in enumerate(lines):
        try:
            entry = decode(line)
        except ValueError:
            problem = f"line {number + 1} can't be read"
            continue
        if isinstance(entry, Began):
            if entry.version > VERSION:
                return Content(None, [], f"it was written by a later version of nbdebt ({entry.nbdebt})")
            began = began or entry
        elif entry is not None:
            entries.append((number, entry))
    if began is None:
        return Content(None, [], problem or "it doesn't say which session it is of")
    return Content(began, entries, problem)
