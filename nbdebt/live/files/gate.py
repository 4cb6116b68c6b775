"""Whether a cell can touch anything outside, from its code: until the first that can, no audit hook is put
in.

Once there is a hook, CPython makes an event of every ``id()`` for it, which takes ``copy.deepcopy`` twice as
long (measured: ×1.9 with the emptiest hook in Python, ×1.2 with one in C), and it can't be taken out again.
A session that only computes stays free of it, and while such a cell runs the hook isn't listened to. Where
there is a doubt the answer is yes.
"""

import abc
import ast
import builtins
import enum
import opcode
import re
import sys
import types
from collections.abc import Iterable, Mapping
from importlib.machinery import PathFinder
from itertools import islice
from typing import Any

from nbdebt.flow.reader import Parsed
from nbdebt.live.libraries import is_library
from nbdebt.model.patterns import later


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOUCHING = _words(
    "exec eval compile __import__ breakpoint input help globals vars locals getattr memmap "
    "genfromtxt tofile fromfile fromregex system popen glob"
)
# What readers and writers are called by; not ``thread_time``, ``profile``, ``preprocess``, ``payload``.
_SUSPECT = later(
    r"(?<!th)(?<!sp)read(?!y)|writ|save|(?<!pay)load|open|dump|export|fetch|download|connect|^to_|^from_"
    r"|(?<!pro)file|store|rdataset|source|path|url|sql|engine|memory|plugin|backend"
    r"|(?<!pre)process(?!ed|_time)|(?<!max)(?<!max_)pool|worker",
    re.IGNORECASE,
)
_HARMLESS = _words(
    "to_list to_numpy to_frame to_datetime to_numeric to_timedelta to_dict to_period "
    "to_timestamp to_string to_records from_iterable from_dict from_records from_tuples "
    "from_product from_arrays"
)
# What is imported from other libraries is none of the user's; what is done with it may be.
_COMPUTING = _words(
    "abc array bisect cmath collections contextlib copy dataclasses datetime enum decimal "
    "fractions functools heapq itertools math numbers operator random re statistics string "
    "textwrap time types typing uuid hashlib calendar struct unicodedata base64 warnings gc "
    "secrets pprint numpy pandas scipy sklearn matplotlib mpl_toolkits seaborn statsmodels "
    "sympy networkx tqdm"
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
# What they are given to run stands in the cell's tree.
_HARMLESS_MAGICS = frozenset(
    (
        *("nbdebt", "load_ext", "reload_ext", "unload_ext", "autoreload", "matplotlib", "pylab", "config"),
        *("time", "timeit", "capture", "who", "who_ls", "whos", "pprint", "precision", "xmode", "automagic"),
    )
)
_HOLDING: frozenset[type] = frozenset((list, tuple, dict, set, frozenset))
# Read as they are, past whatever a metaclass of the user's makes of them.
_MRO: Any = type.__dict__["__mro__"]
_DICT: Any = type.__dict__["__dict__"]
_METACLASSES = (type, abc.ABCMeta, enum.EnumMeta)
_BASES = frozenset(("builtins", "typing", "_collections_abc"))
_BUILTINS = frozenset(dir(builtins))
_MANY = 300
_FIRST = 200
_IMPORT = opcode.opmap["IMPORT_NAME"]
_EXTENDED = opcode.opmap["EXTENDED_ARG"]


def cell_may_touch(parsed: Parsed, namespace: Mapping[str, object]) -> bool:
    """Whether running a cell may touch files, processes or connections, as :func:`may_touch` says of code.

    Args:
        parsed: the cell.
        namespace: the names that it finds.
    """
    tree = parsed.tree
    if tree is None or not all(m.name in _HARMLESS_MAGICS or m.kind == "help" for m in parsed.masked.magics):
        return True
    # Not compiled: the compiler would warn of things that it will warn of once more.
    names: set[str] = set()
    called: set[str] = set()
    imported: set[str] = set()
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (called if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            outer = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                name = outer + alias.name
                if not _harmless_import(name):
                    return True
                if _top(name) not in _COMPUTING:
                    imported.add(alias.asname or _top(alias.name))
                elif outer:
                    names.add(alias.name)
    waiting: list[types.CodeType] = []
    # What a name is called by says nothing where it is known what it holds, or made of what was looked at.
    known = {name for name in called if name in namespace}
    if not imported.isdisjoint(called) or not all(_computes(namespace[name], waiting) for name in known):
        return True
    return _may_touch(names | (called - known - (made - _BUILTINS)), waiting, namespace)


def may_touch(code: types.CodeType, namespace: Mapping[str, object]) -> bool:
    """Whether running this code may touch files, processes or connections.

    Args:
        code: of a cell or a function.
        namespace: the names that it finds.

    Returns:
        False if every global name it uses, itself or in the user's functions and classes, is a builtin, a
        module that only computes, an object of such a module or a plain value, and no name or attribute is
        called like what reads or writes; True where any of that isn't known.
    """
    return _may_touch((), [code], namespace)


def _may_touch(names: Iterable[str], waiting: list[types.CodeType], namespace: Mapping[str, object]) -> bool:
    if _touching(names, waiting, namespace):
        return True
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if len(seen) > _MANY or not _computing_imports(current):
            return True
        waiting.extend(const for const in current.co_consts if type(const) is types.CodeType)
        if _touching(current.co_names, waiting, namespace):
            return True
    return False


def _touching(names: Iterable[str], waiting: list[types.CodeType], namespace: Mapping[str, object]) -> bool:
    """Whether one of these names may; the code of the user's functions is put on the list."""
    for name in names:
        if name in _TOUCHING or (_SUSPECT.search(name) and name not in _HARMLESS):
            return True
        if name in namespace and not _computes(namespace[name], waiting):
            return True
    return False


def _harmless_import(name: str) -> bool:
    """Whether importing a module touches nothing that is the user's: it is built in or installed."""
    top = _top(name)
    if not top:
        return False
    if top in _COMPUTING or top in sys.stdlib_module_names:
        return True
    module = sys.modules.get(top)
    try:
        spec = vars(module)["__spec__"] if type(module) is types.ModuleType else PathFinder.find_spec(top)
        return spec is not None and spec.origin is not None and is_library(spec.origin)
    except Exception:
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
    # A class with a metaclass of the user's is not looked up: that would call its `__hash__`.
    if type(kind) is type and kind in _PLAIN:
        return kind not in _HOLDING or _holds_plain(value)
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
    return _class_computes(kind, waiting) and kind.__module__ not in ("builtins", "functools", "itertools")


def _holds_plain(value: Any) -> bool:
    """Whether a container of Python's holds plain values alone, as far as a look at the first few tells: a
    function in a list is called like any other."""
    waiting, left = [value], _FIRST
    while waiting and left > 0:
        current = waiting.pop()
        items = [*islice(current.values(), left)] if type(current) is dict else [*islice(current, left)]
        left -= len(items)
        for item in items:
            kind = type(item)
            if type(kind) is not type or kind not in _PLAIN:
                return False
            if kind in _HOLDING:
                waiting.append(item)
    return True


def _class_computes(cls: type, waiting: list[types.CodeType]) -> bool:
    if type(cls) not in _METACLASSES:
        return False
    for base in _MRO.__get__(cls):
        inside = _DICT.__get__(base)
        module = inside.get("__module__", "builtins")
        if module == "__main__":
            functions = [item for item in inside.values() if type(item) is types.FunctionType]
            waiting.extend(f.__code__ for f in functions if f.__module__ == "__main__")
        elif module not in _BASES and _top(module) not in _COMPUTING:
            return False
    return True


def _top(name: object) -> str:
    return name.partition(".")[0] if type(name) is str else ""
