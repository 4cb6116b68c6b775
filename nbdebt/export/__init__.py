"""Export: a cleaned script that gives the notebook's results, and the proof that it does.

``nbdebt.export(source)`` is the way in; the package itself can be called, because it has the function's name.
"""

import sys
from types import ModuleType
from typing import Any

from nbdebt.export.making import export

__all__ = ["export"]


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        return export(*args, **options)


sys.modules[__name__].__class__ = _Callable
