"""Whether a cell can touch anything outside, from its code: until the first that can, no audit hook is put
in.

Once there is a hook, CPython makes an event of every ``id()`` for it, which takes ``copy.deepcopy`` twice as
long (measured: ×1.9 with the emptiest hook in Python, ×1.2 with one in C), and it can't be taken out again.
A session that only computes stays free of it, and while such a cell runs the hook isn't listened to. Where
there is a doubt the answer is yes.
"""

import opcode
import types
from collections.abc import Mapping
from typing import Any

_TOUCHING = frozenset(
    (
        *("open", "exec", "eval", "compile", "__import__", "breakpoint", "input", "help", "globals", "vars"),
        *("locals", "getattr", "tofile", "fromfile", "memmap", "genfromtxt", "fromregex", "DataSource"),
    )
)
# What readers and writers of numpy, pandas and the like begin with; it costs nothing to be wrong about
# ``to_numpy``.
_PREFIXES = (
    "read",
    "write",
    "save",
    "load",
    "open",
    "dump",
    "export",
    "fetch",
    "download",
    "connect",
    "to_",
    "from_",
)
_HARMLESS = frozenset(
    ("to_list", "to_numpy", "to_frame", "to_datetime", "to_numeric", "from_iterable", "to_dict")
)
_COMPUTING = frozenset(
    (
        *(
            "abc",
            "array",
            "bisect",
            "cmath",
            "collections",
            "contextlib",
            "copy",
            "dataclasses",
            "datetime",
            "enum",
        ),
        *(
            "decimal",
            "fractions",
            "functools",
            "heapq",
            "itertools",
            "math",
            "numbers",
            "operator",
            "random",
            "re",
        ),
        *(
            "statistics",
            "string",
            "textwrap",
            "time",
            "types",
            "typing",
            "uuid",
            "hashlib",
            "calendar",
            "struct",
        ),
        *("unicodedata", "base64", "warnings", "gc", "secrets", "pprint", "numpy", "pandas"),
    )
)
_PLAIN: frozenset[type] = frozenset(
    (
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        bytearray,
        list,
        tuple,
        dict,
        set,
        frozenset,
        range,
        slice,
        type(None),
    )
)
_MANY = 300
_IMPORT = opcode.opmap["IMPORT_NAME"]
_EXTENDED = opcode.opmap["EXTENDED_ARG"]


def may_touch(code: types.CodeType, namespace: Mapping[str, object]) -> bool:
    """Whether running this code may touch files, processes or connections.

    Args:
        code: a cell's, compiled.
        namespace: the names that it finds.

    Returns:
        False if every global name it uses, itself or in the user's functions and classes, is a builtin, a
        module that only computes, an object of such a module or a plain value, and no name or attribute is
        called like what reads or writes; True where any of that isn't known.
    """
    waiting: list[types.CodeType] = [code]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if len(seen) > _MANY or not _computing_imports(current):
            return True
        waiting.extend(const for const in current.co_consts if type(const) is types.CodeType)
        for name in current.co_names:
            if name in _TOUCHING or (name.startswith(_PREFIXES) and name not in _HARMLESS):
                return True
            if name in namespace and not _computes(namespace[name], waiting):
                return True
    return False


def _computing_imports(code: types.CodeType) -> bool:
    """Whether all that the code imports is known to compute only."""
    # Not by dis: that takes longer than all the rest together.
    text, before = code.co_code, 0
    for place in range(0, len(text), 2):
        imports = text[place] == _IMPORT
        if imports and (before == _EXTENDED or _top(code.co_names[text[place + 1]]) not in _COMPUTING):
            return False
        before = text[place]
    return True


def _computes(value: Any, waiting: list[types.CodeType]) -> bool:
    """Whether a value does nothing but compute; the code of the user's functions is put on the list."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if issubclass(kind, types.FunctionType):
        if value.__module__ != "__main__":
            return _top(value.__module__) in _COMPUTING
        waiting.append(value.__code__)
        try:
            held = [cell.cell_contents for cell in value.__closure__ or ()]
        except ValueError:  # a variable that isn't bound yet
            return False
        return all(item is value or _computes(item, waiting) for item in held)
    if issubclass(kind, types.BuiltinFunctionType):
        return _top(value.__module__) in _COMPUTING
    if issubclass(kind, types.ModuleType):
        return _top(types.ModuleType.__getattribute__(value, "__dict__").get("__name__")) in _COMPUTING
    if issubclass(kind, type):
        return _class_computes(value, waiting)
    # An iterator, a bound method or a partial function may stand for any function.
    return kind.__module__ not in ("builtins", "functools", "itertools") and _class_computes(kind, waiting)


def _class_computes(cls: type, waiting: list[types.CodeType]) -> bool:
    if type(cls) is not type:
        return False
    for base in type.mro(cls):
        module = vars(base).get("__module__", "builtins")
        if module == "__main__":
            waiting.extend(item.__code__ for item in vars(base).values() if type(item) is types.FunctionType)
        elif module != "builtins" and _top(module) not in _COMPUTING:
            return False
    return True


def _top(name: object) -> str:
    return name.partition(".")[0] if type(name) is str else ""
