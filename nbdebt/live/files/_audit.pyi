from collections.abc import Callable
from types import FrameType
from typing import Any

def install(
    gate: dict[str, Callable[[str, tuple[Any, ...], FrameType], None]], names: tuple[str, ...], /
) -> None: ...
