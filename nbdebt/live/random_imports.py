"""What a library draws while it is imported is no draw of the run that imports it: a fresh session's first
import does it again."""

import types
from collections.abc import Callable

from nbdebt.live.libraries import is_library


class Imports:
    """The import that the user's code asked for and that goes on.

    Args:
        snapshot: gives where the streams stand.
    """

    def __init__(self, snapshot: Callable[[], dict[str, bytes]]) -> None:
        self._snapshot = snapshot
        self._stood: dict[str, bytes] = {}

    def begin(self) -> None:
        self._stood = self._snapshot()

    def end(self, module: object, before: dict[str, bytes]) -> None:
        """The import is over.

        Args:
            module: what was imported; a module of the user's own draws for the run.
            before: where the streams stood when the run began: changed to where they stand now, unless the
                run had drawn from them before the import.
        """
        if self._stood and _of_library(module):
            now = self._snapshot()
            for stream, state in self._stood.items():
                if before.get(stream) == state:
                    before[stream] = now.get(stream, state)
        self._stood = {}


def _of_library(module: object) -> bool:
    """Whether a module is none of the user's own."""
    if not issubclass(type(module), types.ModuleType):
        return False
    path = types.ModuleType.__getattribute__(module, "__dict__").get("__file__")
    return type(path) is not str or is_library(path)


def by_user(frame: types.FrameType) -> bool:
    """Whether it is the user's code that imports, from the frame of the import system."""
    return frame.f_back is not None and not is_library(frame.f_back.f_code.co_filename)
