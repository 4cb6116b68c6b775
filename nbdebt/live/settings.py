"""Settings of the process that outlive a cell: directory, environment, options of libraries, warning filters.

Each is read by dictionaries and C functions of the library it belongs to, never through the user's objects,
and only where the library is loaded. Names are those of :class:`~nbdebt.model.history.Setting` as the static
rules use them.
"""

import contextlib
import decimal
import locale
import logging
import marshal
import os
import re
import sys
import types
import warnings
from collections.abc import Callable
from itertools import compress
from operator import is_
from typing import Any, NamedTuple

from xxhash import xxh3_128_digest

_DEEP = 6


class SettingsSensor:
    """Digests of settings.

    Args (attributes):
        failures: what could not be read; never raised.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._environment: dict[Any, Any] = {}
        self._variables: dict[str, bytes] = {}
        self._flat: dict[str, _Flat] = {}

    def snapshot(self) -> dict[str, bytes]:
        """A digest of each setting, by its name; settings of libraries that aren't loaded are left out."""
        environment: dict[Any, Any] = dict(os.environ._data)  # type: ignore[attr-defined]
        if environment != self._environment:
            self._environment = environment
            self._variables = {
                f"environ:{os.fsdecode(name) if isinstance(name, bytes) else name}": xxh3_128_digest(value)
                for name, value in environment.items()
            }
        found = dict(self._variables)
        for name, module, reader in _READERS:
            if module and module not in sys.modules:
                continue
            try:
                value = reader()
            except Exception as error:
                text = f"reading {name}: {type(error).__name__}: {error}"
                if text not in self.failures and len(self.failures) < 20:
                    self.failures.append(text)
                continue
            if value is not None:
                found[name] = self._of_flat(name, value) if name in _FLAT else digest(value)
        return found

    def _of_flat(self, name: str, value: Any) -> bytes:
        """The digest of a dictionary of hundreds of settings, most of them plain and as they were."""
        keys, values = list(value), list(value.values())
        last = self._flat.get(name)
        if (
            last is not None
            and last.keys == keys
            and all(map(is_, compress(values, last.mask), last.atoms))
            and last.plain == [_plain(values[i], 1) for i in last.others]
        ):
            return last.digest
        # Of what isn't plain no reference is kept.
        mask = [type(item) in _ATOMS for item in values]
        others = [i for i, atom in enumerate(mask) if not atom]
        plain = [_plain(values[i], 1) for i in others]
        atoms = list(compress(values, mask))
        self._flat[name] = found = _Flat(keys, mask, atoms, others, plain, digest(value))
        return found.digest


class _Flat(NamedTuple):
    """A dictionary of settings as it was: values that are atoms by themselves, the others made plain."""

    keys: list[Any]
    mask: list[bool]
    atoms: list[Any]
    others: list[int]
    plain: list[Any]
    digest: bytes


_FLAT = frozenset(("matplotlib.rcParams",))


def digest(value: object) -> bytes:
    """A digest of a setting's value: by content for plain values, by class for what only a library knows."""
    try:
        return xxh3_128_digest(marshal.dumps(_plain(value, 0), 2))
    except (ValueError, RecursionError):
        return xxh3_128_digest(type(value).__qualname__.encode())


_ATOMS = (str, int, float, bool, bytes, complex, type(None))


def _plain(value: Any, depth: int) -> Any:
    """The value in built-in types, the same for the same content in every process."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > _DEEP:
        return kind.__qualname__
    if kind is list or kind is tuple:
        return tuple([item if type(item) in _ATOMS else _plain(item, depth + 1) for item in value])
    if kind is dict:
        # Values are read one after the other: a setting is mostly a flat dictionary of a few hundred.
        return tuple(
            [
                (key, item if type(item) in _ATOMS else _plain(item, depth + 1))
                for key, item in value.items()
                if type(key) is str
            ]
        )
    if kind is set or kind is frozenset:
        return tuple(sorted(repr(_plain(item, depth + 1)) for item in value))
    if kind is re.Pattern:
        return ("re", value.pattern, value.flags)
    if isinstance(value, type):
        return (type.__getattribute__(value, "__module__"), type.__getattribute__(value, "__qualname__"))
    if kind is types.FunctionType:
        code = value.__code__
        return (code.co_qualname, code.co_code, _plain(code.co_consts, depth + 1), code.co_names)
    if kind is types.CodeType:
        return (value.co_qualname, value.co_code, value.co_names)
    if isinstance(value, dict) and kind.__module__.startswith(("matplotlib", "pandas")):
        return _plain(dict(dict.items(value)), depth + 1)
    if kind.__module__ == "cycler":
        # A chain of styles; its text says all of it, and holds nothing but texts and numbers.
        return repr(value)
    if kind.__module__.startswith("numpy") and hasattr(kind, "tobytes"):
        return (kind.__qualname__, value.tobytes())
    return (kind.__module__, kind.__qualname__)


def _directory() -> object:
    with contextlib.suppress(OSError):
        return os.getcwd()
    return ""


def _path() -> object:
    return [item for item in sys.path if type(item) is str]


def _warnings() -> object:
    return list(warnings.filters)


def _decimal() -> object:
    context = decimal.getcontext()
    return (context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp)


def _logging() -> object:
    root = logging.getLogger()
    levels = [
        (name, logger.level)
        for name, logger in list(root.manager.loggerDict.items())
        if type(logger) is logging.Logger and logger.level
    ]
    handlers = [type(handler).__qualname__ for handler in root.handlers]
    return (root.level, root.manager.disable, handlers, sorted(levels))


def _pandas() -> object:
    return vars(sys.modules["pandas._config.config"]).get("_global_config")


def _matplotlib() -> object:
    parameters = vars(sys.modules["matplotlib"]).get("rcParams")
    # Not by subscript: that would choose a backend, and validates each value.
    return dict(dict.items(parameters)) if isinstance(parameters, dict) else None


def _from(module: str, name: str, *arguments: object) -> Callable[[], object]:
    """What a library's function of no consequence gives; None where this version has no such function."""

    def read() -> object:
        function: Any = vars(sys.modules[module]).get(name)
        return function(*arguments) if function is not None else None

    return read


def _torch() -> object:
    core = vars(sys.modules["torch._C"])
    names = (
        "_get_deterministic_algorithms",
        "_get_deterministic_algorithms_warn_only",
        "_get_cudnn_deterministic",
        "_get_cudnn_benchmark",
        "_get_cudnn_allow_tf32",
        "_get_float32_matmul_precision",
    )
    return [core[name]() for name in names if name in core]


def _torch_dtype() -> object:
    return str(vars(sys.modules["torch"])["get_default_dtype"]())


_READERS: tuple[tuple[str, str, Callable[[], object]], ...] = (
    ("cwd", "", _directory),
    ("sys.path", "", _path),
    ("sys.recursionlimit", "", sys.getrecursionlimit),
    ("sys.int_max_str_digits", "", sys.get_int_max_str_digits),
    ("warnings", "", _warnings),
    ("decimal", "", _decimal),
    ("locale", "", lambda: locale.setlocale(locale.LC_ALL, None)),
    ("logging", "", _logging),
    ("pandas.options", "pandas._config.config", _pandas),
    ("numpy.printoptions", "numpy", _from("numpy", "get_printoptions")),
    ("numpy.err", "numpy", _from("numpy", "geterr")),
    ("matplotlib.rcParams", "matplotlib", _matplotlib),
    ("sklearn.config", "sklearn._config", _from("sklearn._config", "get_config")),
    ("torch.flags", "torch._C", _torch),
    ("torch.default_dtype", "torch", _torch_dtype),
    ("torch.grad", "torch", _from("torch", "is_grad_enabled")),
    ("threads", "torch", _from("torch", "get_num_threads")),
)
