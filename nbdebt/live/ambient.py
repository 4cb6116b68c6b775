"""Settings that a run depends on without naming them: directory, display options, what is patched."""

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.live.libraries import is_library
from nbdebt.live.record import Outline
from nbdebt.model.history import File
from nbdebt.model.patterns import later

# What the objects of a library depend on, whatever is done with them.
_OF_LIBRARY = {
    "matplotlib": ("matplotlib.rcParams",),
    "seaborn": ("matplotlib.rcParams",),
    "decimal": ("decimal",),
    "sklearn": ("sklearn.config",),
    "torch": ("torch.flags", "torch.default_dtype", "torch.grad"),
    "warnings": ("warnings",),
    "logging": ("logging",),
    "locale": ("locale",),
}
# What showing the objects of a library depends on.
_DISPLAY = {"pandas": ("pandas.options",), "numpy": ("numpy.printoptions",)}
# Functions that tell of a setting: these declare no effect, so only the text shows them.
_DIRECTORY = later(r"\b(?:getcwd|cwd|abspath|realpath|absolute|resolve)\(")
_ASKING = (
    (_DIRECTORY, "cwd"),
    (re.compile(r"\bgeterr\(|=[^=\n]*\bseterr\("), "numpy.err"),
    (re.compile(r"\bget_printoptions\("), "numpy.printoptions"),
    (re.compile(r"\bget_option\("), "pandas.options"),
    (re.compile(r"\bgetrecursionlimit\("), "sys.recursionlimit"),
)


def _is_own(module: str) -> bool:
    """Whether a module is the user's, not one of the interpreter or an installed package."""
    loaded = sys.modules.get(module)
    path = vars(loaded).get("__file__") if type(loaded) is ModuleType else None
    return isinstance(path, str) and not is_library(path)


_IN_PLACE = r"\s*(?:[-+*/%&|^@]|//|\*\*|<<|>>)="


def ambient(
    flow: CellFlow,
    summary: Outline,
    source: str,
    libraries: Iterable[str],
    shows: bool,
    patched: Mapping[str, int],
) -> set[str]:
    """Settings that a run depends on beside those that its accesses name.

    Args:
        flow: what the cell does.
        summary: the same from outside.
        source: its text.
        libraries: libraries whose modules and objects it uses.
        shows: it shows something.
        patched: attributes of modules that runs of this session set, as ``module.attribute``.
    """
    found: set[str] = set()
    for library in libraries:
        found.update(_OF_LIBRARY.get(library, ()))
        if shows:
            found.update(_DISPLAY.get(library, ()))
    asked = {setting for pattern, setting in _ASKING if pattern.search(source)}
    for access in flow.accesses:
        made = access.mode == "write" and "append" not in access.detail
        if (
            isinstance(access.resource, File)
            and not access.resource.path.startswith(("/", "~", "<"))
            and not made
        ):
            found.add("cwd")
    used = frozenset(libraries)
    for name in patched:
        module, _, _ = name.rpartition(".")
        if module.partition(".")[0] in used and _is_own(module):
            # Its functions read it.
            found.add(name)
        attribute = rf"\.\s*{re.escape(name.rpartition('.')[2])}\b"
        if "." in name and re.search(attribute, source):
            found.add(name)
            if re.search(attribute + _IN_PLACE, source):
                asked.add(name)
    return asked | {name for name in found if f"<Setting>{name}" not in summary.binds}


def concerned(libraries: frozenset[str], parsed: Parsed) -> frozenset[str]:
    """Those of the libraries that a cell uses whose settings may matter to it.

    Decimal numbers that are made and shown, and loggers that are looked up and set, depend on none.
    """
    if "decimal" in libraries and not _computes(parsed):
        libraries -= {"decimal"}
    if "logging" in libraries and not _logs(parsed):
        libraries -= {"logging"}
    return libraries


_COMPUTING = (ast.BinOp, ast.AugAssign, ast.UnaryOp)
_KEEPING = frozenset(("print", "str", "repr", "Decimal", "len", "type", "isinstance", "list", "sorted"))


def _computes(parsed: Parsed) -> bool:
    """Whether a cell may compute with numbers: it does so itself, or calls what may."""
    if parsed.tree is None:
        return True
    for node in ast.walk(parsed.tree):
        if isinstance(node, _COMPUTING):
            return True
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in _KEEPING:
                return True
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            return True
    return False


_SETTING_UP = frozenset(("getLogger", "setLevel", "disable"))


def _logs(parsed: Parsed) -> bool:
    """Whether a cell may log something, or ask how that is set."""
    if parsed.tree is None:
        return True
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Attribute) and node.attr not in _SETTING_UP and not node.attr.isupper():
            return True
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in _SETTING_UP:
                return True
    return False
