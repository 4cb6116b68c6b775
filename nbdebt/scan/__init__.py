"""Many notebooks, wherever they lie: directories, git, archives, object stores; resumable, in tables.

``nbdebt.scan(...)`` is the way in; the package itself can be called, because it has the function's name.
"""

import sys
from types import ModuleType
from typing import Any

from nbdebt.scan.scanning import scan

__all__ = ["scan"]


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        return scan(*args, **options)


sys.modules[__name__].__class__ = _Callable
