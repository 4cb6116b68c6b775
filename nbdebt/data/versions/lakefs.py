"""lakeFS: ``lakefs://repository/reference/path`` (https://docs.lakefs.io/understand/glossary/)."""

import re

from nbdebt.data.versions.answer import Versioned
from nbdebt.data.versions.references import by_reference


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where the reference is a commit; branches move, and tags can be."""
    parts = rest.split("/", 2)
    reference = parts[1] if len(parts) > 1 else ""
    if re.fullmatch(r"[0-9a-f]{12,64}", reference):
        return Versioned("versioned", "lakefs", reference)
    return by_reference(reference, "lakefs")
