"""What a program that runs a notebook asks of the kernel: to record, and for what was recorded.

Called by expressions that such a program sends (``nbdebt.execute.recording``): nothing is bound in the user's
namespace, and nothing is shown under cells.
"""

import json
import os
from typing import Any

from nbdebt.flow.recorded import MIME
from nbdebt.live.document import Shown
from nbdebt.live.evidence import recorded
from nbdebt.live.extension import load
from nbdebt.live.session import disabled

_sessions: list[Any] = []


class Told:
    """An answer that no formatter of the user's changes on its way."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said

    def _repr_mimebundle_(self, **asked: Any) -> dict[str, Any]:
        return {MIME: self.said}


def begin(asked: str) -> Told:
    """Start recording.

    Args:
        asked: JSON: ``cells`` in document order, each with ``id``, ``source``, ``kind`` and ``tags``, and
            the ``path`` of the notebook, empty where it is no file.
    """
    if disabled():
        return Told({"off": "NBDEBT_DISABLE is set"})
    given = json.loads(asked)
    session = load()
    # What is owed is said by who runs the notebook, when it is over.
    session.level = "quiet"
    if given["path"]:
        session.document.path = os.path.abspath(given["path"])
    session.set_document(Shown(c["id"], c["source"], c["kind"], tuple(c["tags"])) for c in given["cells"])
    _sessions[:] = [session]
    return Told({})


def end() -> Told:
    """What was recorded, as ``%nbdebt save`` writes it; nothing where recording was stopped."""
    if not _sessions or _sessions[0].closed:
        return Told({"off": "recording was stopped in the notebook"})
    return Told({"evidence": recorded(_sessions[0]), "failures": _sessions[0].failures})
