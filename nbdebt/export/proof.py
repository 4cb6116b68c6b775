"""The ladder: the smallest script that is sound and verifies."""

from collections.abc import Sequence

from nbdebt.export.making import made
from nbdebt.export.model import Form, Level, Log, Script, Verification
from nbdebt.export.notebook import with_proof

_LADDER: tuple[Level, ...] = ("statements", "cells", "replay")


def proven(
    log: Log,
    targets: Sequence[str] | None = None,
    *,
    seed: int | None = 0,
    timeout: float = 600.0,
    form: Form | None = None,
    memory: int = 0,
    summaries: bool = False,
) -> tuple[Script, Verification]:
    """Export, run, compare; and where that differs, again with more of what ran. This runs code.

    A notebook that drew unseeded can't be equal whatever is kept: its smallest script is taken.

    Args:
        log: what ran.
        targets: as for :func:`nbdebt.export`.
        seed: as for :func:`nbdebt.export`.
        timeout: seconds that one run may take.
        form: how the script is put together.
        memory: bytes that one run may have; 0 is as much as there is.
        summaries: tell what it gave, too.

    Returns:
        The script, and what came of it: the first that is equal, else the one that keeps everything.

    Raises:
        ExportRefused: something can't be exported soundly.
    """
    used = form or Form()
    script = made(log, targets, None, seed, used)
    found = script.verify(timeout, True, memory, summaries)
    for level in _LADDER[_LADDER.index(script.manifest.level) + 1 :]:
        if found.equal or (log.unseeded and not used.faithful):
            break
        larger = made(log, targets, level, seed, used)
        if larger.text != script.text:
            script, found = larger, larger.verify(timeout, True, memory, summaries)
    return with_proof(script, found.summary()), found
