"""What other packages bring: their entry points, looked for at the price of a few small files.

``importlib.metadata`` takes longer to import and to ask than the check of a small notebook, and almost nobody
has a package that brings anything.
"""

import functools
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# Every group of nbdebt's begins like this: ``nbdebt.rules``, ``nbdebt.versions``.
_SECTION = b"[nbdebt."


def brought(group: str) -> list["EntryPoint"]:
    """The entry points of a group of nbdebt's that installed packages declare.

    Args:
        group: ``nbdebt.rules`` or ``nbdebt.versions``.
    """
    if not _is_any():
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


@functools.cache
def _is_any() -> bool:
    """Whether an installed package may declare an entry point of ours.

    Yes, too, for what isn't a plain directory of distributions (a zip, an egg): those are for the library.
    """
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except FileNotFoundError:
            continue
        except OSError:
            return True
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(place, name, "entry_points.txt"), "rb") as file:
                        if _SECTION in file.read():
                            return True
                except OSError:
                    continue
            elif name.endswith((".egg", ".egg-link")):
                return True
    return False
