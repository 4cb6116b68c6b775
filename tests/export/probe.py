"""What a namespace holds, said by the tests' own means: run in the kernel, and after the script."""

import re
import types
from typing import Any


def said(value: Any) -> Any:
    """A value in words: deep, and without addresses."""
    kind = type(value).__name__
    if kind == "ndarray":
        return ["array", str(value.dtype), said(value.tolist()) if value.dtype.hasobject else value.tolist()]
    if kind in ("DataFrame", "Series"):
        return [kind, repr(value.to_dict()), str(value.dtypes)]
    if isinstance(value, dict):
        return {repr(k): said(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return ["list" if isinstance(value, list) else "tuple", [said(v) for v in value]]
    if isinstance(value, set):
        return ["set", sorted(map(repr, value))]
    if isinstance(value, types.FunctionType):
        if value.__code__.co_filename.endswith("nbdebt/live/files/wrap.py"):
            # On Python 3.11 it stands for the library's.
            return said(value.__wrapped__)
        # Not its bytecode: that depends on what else is compiled with it.
        code = value.__code__
        return ["function", value.__name__, code.co_names, code.co_varnames, said(value.__defaults__)]
    if isinstance(value, type):
        return ["class", value.__name__, sorted(vars(value))]
    if type(value).__module__ == "__main__":
        own = vars(value) if hasattr(value, "__dict__") else {n: getattr(value, n) for n in value.__slots__}
        return ["instance", kind, said(own)]
    return re.sub(r"0x[0-9a-fA-F]+", "0x", repr(value))


def names(values: dict[str, Any]) -> dict[str, Any]:
    """The user's names, modules left aside, in words."""
    return {
        name: said(value)
        for name, value in sorted(values.items())
        if not name.startswith("_") and name not in ("In", "Out") and not isinstance(value, types.ModuleType)
    }
