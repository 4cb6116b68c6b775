"""What makes a finding the same finding after the notebook was edited elsewhere, or run again."""

from collections import Counter
from collections.abc import Iterable

import xxhash

from nbdebt.model.finding import Finding

Identity = tuple[str, str, str, int]
"""Code, cell id, source line without superfluous blanks, and which of several equal ones."""


def identities(findings: Iterable[Finding]) -> list[Identity]:
    """An identity for each finding, unique within its notebook.

    Neither lines nor counts are part of it, so it outlives edits above it and runs; nor is an id
    that was made up from the cell's position, so it outlives moves in old notebooks too.
    """
    seen: Counter[tuple[str, str, str, str]] = Counter()
    found: list[Identity] = []
    for finding in findings:
        cell = finding.cell
        identifier = cell.id if cell is not None and cell.id != f"cell-{cell.index}" else ""
        key = (finding.path, finding.code, identifier, " ".join(finding.source.split()))
        found.append((*key[1:], seen[key]))
        seen[key] += 1
    return found


def hashed(*parts: object) -> str:
    """A digest of an identity, for formats that want one word."""
    text = "\0".join(map(str, parts))
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "backslashreplace"))
