"""Checking again whenever a file changes. Polls: that works on every file system."""

import itertools
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_PAUSE = 0.4
# Looking for new files walks directories and asks git, so it is done less often than looking at known ones.
_LOOK_AGAIN = 5

State = dict[str, tuple[int, int] | None]


def state(files: Iterable[str]) -> State:
    """When each file was changed, and its size; None for one that isn't there."""
    found: State = {}
    for file in files:
        try:
            stat = Path(file).stat()
            found[file] = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            found[file] = None
    return found


def watch(check: Callable[[], None], files: Callable[[], list[str]]) -> None:
    """Call ``check`` now and after each change, until interrupted.

    Args:
        check: does the work.
        files: which files there are to look at.
    """
    try:
        while True:
            # Before the work, so that what changes meanwhile is noticed afterwards.
            before = state(files())
            check()
            for turn in itertools.count(1):
                time.sleep(_PAUSE)
                if state(files() if turn % _LOOK_AGAIN == 0 else before) != before:
                    break
    except KeyboardInterrupt:
        return
