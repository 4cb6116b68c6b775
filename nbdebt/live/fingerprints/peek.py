"""Reading objects without running any of their code.

An attribute lookup may run a property, ``__getattr__``, ``__getattribute__``, or a metaclass's;
``isinstance`` may run ``__class__``; a dict of classes hashes them by their metaclass. Here everything is
read through the slots and descriptors of ``type`` and ``object`` themselves.
"""

import sys
from collections.abc import Callable, Mapping
from enum import Flag
from functools import cached_property
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType, WrapperDescriptorType
from typing import Any, Final

import msgspec

from nbdebt.live import libraries
from nbdebt.live.fingerprints.bookkeeping import BOOKKEEPING

token: Final[Callable[[object], int]] = object.__hash__
"""A number of its own for each living object. ``id`` would do, but raises an audit event for each call."""

_TYPE: Final[Mapping[str, Any]] = type.__dict__
_dict_of = _TYPE["__dict__"].__get__
_mro_of = _TYPE["__mro__"].__get__
_name_of = _TYPE["__qualname__"].__get__
_module_of = _TYPE["__module__"].__get__
_flags_of = _TYPE["__flags__"].__get__
_size_of = _TYPE["__basicsize__"].__get__
_base_of = _TYPE["__base__"].__get__

_HEAP: Final = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``."""
_POINTER: Final = 8


def address(value: object) -> int:
    """``id(value)``, without the audit event.

    CPython's default hash is the address, rotated right by the four bits that are zero in all but a few
    static objects (``_Py_HashPointer``).
    """
    number = token(value)
    return number << 4 if number >= 0 else id(value)


def class_dict(cls: type) -> Mapping[str, Any]:
    """The class's own ``__dict__``, past its metaclass."""
    found: Mapping[str, Any] = _dict_of(cls)
    return found


def mro(cls: type) -> tuple[type, ...]:
    """The class's method resolution order, past its metaclass."""
    found: tuple[type, ...] | None = _mro_of(cls)
    return found or (cls,)


def module_name(cls: type) -> str:
    """The name of the class's module; empty where that is not a plain text."""
    try:
        name = _module_of(cls)
    except AttributeError:
        return ""
    return name if type(name) is str else ""


def type_name(cls: type) -> str:
    """``module.qualified.name`` of a class."""
    name = _name_of(cls)
    return f"{module_name(cls)}.{name if type(name) is str else ''}"


def registered_name(cls: type) -> str:
    """``package:qualified.name``, by which libraries' classes are known here: the submodule a class lives in
    changes between releases."""
    return f"{module_name(cls).partition('.')[0]}:{_name_of(cls)}"


def is_cython_function(cls: type) -> bool:
    """Whether it is a type of functions that Cython compiled: it may hide its module, whose name ends in a
    version."""
    name = _name_of(cls)
    return name in ("cython_function_or_method", "fused_cython_function") and any(
        type(module) is ModuleType and vars(module).get(name) is cls
        for key, module in list(sys.modules.items())
        if key.startswith("_cython_")
    )


def is_authentic(cls: type) -> bool:
    """Whether the class is what its module calls by its name: not one that only says so."""
    module = sys.modules.get(module_name(cls))
    if ModuleType not in mro(type(module)):
        return False
    names: dict[str, object] = object.__getattribute__(module, "__dict__")
    if dict.get(names, _name_of(cls)) is cls:
        return True
    # Types that are compiled in may be in no module's names; nobody else can make one.
    return not _flags_of(cls) & _HEAP


_library_modules: dict[str, bool] = {}


def _is_library(name: str) -> bool:
    known = _library_modules.get(name)
    if known is None:
        known = _find_out(name)
        if name in sys.modules or known:
            _library_modules[name] = known
    return known


def _find_out(name: str) -> bool:
    if name in ("__main__", "__mp_main__", ""):
        return False
    module = sys.modules.get(name)
    if module is None:
        # A class may name a module that is not loaded (or not one at all): its package tells.
        package = name.rpartition(".")[0]
        return bool(package) and _is_library(package)
    if type(module) is not ModuleType:
        return not name.startswith("__")
    names: dict[str, Any] = object.__getattribute__(module, "__dict__")
    file = names.get("__file__")
    if type(file) is not str:
        return names.get("__spec__") is not None or name in sys.builtin_module_names
    return libraries.is_library(file)


def is_user_class(cls: type) -> bool:
    """Whether the class is the notebook's or the project's own: its content may change in the session."""
    return bool(_flags_of(cls) & _HEAP) and not _is_library(module_name(cls))


def is_library(name: str) -> bool:
    """Whether a module belongs to Python or an installed package, rather than to the user."""
    return _is_library(name)


class Layout(msgspec.Struct, frozen=True):
    """Where the instances of a class keep what they hold.

    Args:
        attributes: how to get the instance's ``__dict__``; None: it has none.
        blocked: it has a ``__dict__`` that can't be had without running user code.
        slots: the members, with their descriptors.
        hidden: there is memory in the instance that no Python attribute shows.
        shadowed: names that the class answers by itself, whatever the instance's ``__dict__`` holds.
        derived: names that say nothing new: of cached properties, which reading fills, and of bookkeeping.
        intercepted: attributes are looked up by code of the class's own.
        name: of the class.
        content: the class, where it is the user's: its content counts.
    """

    attributes: Callable[[object], dict[str, Any]] | None
    blocked: bool
    slots: tuple[tuple[str, Any], ...]
    hidden: bool
    shadowed: frozenset[str]
    derived: frozenset[str]
    intercepted: bool
    name: str
    content: tuple[type, ...]


def layout(cls: type) -> Layout:
    """How instances of the class are laid out, from the dicts of the classes in its resolution order."""
    attributes: Callable[[object], dict[str, Any]] | None = None
    blocked = hidden = intercepted = False
    slots: list[tuple[str, Any]] = []
    shadowed: set[str] = set()
    derived: set[str] = set()
    for base in mro(cls):
        if base is object or base is type:
            # A class's own slots are the interpreter's: its flags say whether it was looked up before.
            continue
        if base is Flag:
            derived.add("_inverted_")
        derived |= BOOKKEEPING.get(registered_name(base), frozenset())
        members = 0
        for name, value in class_dict(base).items():
            kind = type(value)
            if kind is MemberDescriptorType:
                members += 1
                if name == "__dict__":
                    attributes = value.__get__
                else:
                    slots.append((name, value))
            elif name == "__dict__" and kind is not GetSetDescriptorType:
                blocked = True
            elif kind is property:
                shadowed.add(name)
            elif kind is cached_property:
                derived.add(name)
            elif kind is GetSetDescriptorType:
                if name == "__dict__":
                    members += 1
                    attributes = value.__get__
                elif name == "__weakref__":
                    members += 1
                shadowed.add(name)
            elif name == "__getattribute__":
                # Compiled types name the generic one.
                intercepted = intercepted or kind is not WrapperDescriptorType
            elif "__set__" in class_dict(kind):
                shadowed.add(name)
        parent = _base_of(base)
        if parent is not None and _size_of(base) - _size_of(parent) > members * _POINTER:
            hidden = True
    return Layout(
        attributes,
        blocked and attributes is None,
        tuple(slots),
        hidden,
        frozenset(shadowed),
        frozenset(derived),
        intercepted,
        type_name(cls),
        (cls,) if is_user_class(cls) else (),
    )


def own_dict(value: object) -> dict[str, Any]:
    """The ``__dict__`` of an instance of a library's class, or an empty one."""
    for base in mro(type(value)):
        found = class_dict(base).get("__dict__")
        if type(found) is GetSetDescriptorType:
            names = found.__get__(value)
            return names if type(names) is dict else {}
    return {}


def attribute(value: object, name: str) -> Any:
    """An attribute of an instance of a library's class, known to be plain; None where it is missing."""
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None


def has_odd_metaclass() -> bool:
    """Whether some metaclass of the user's says how classes are hashed or compared: then they must not be put
    into sets here."""
    pending: list[type] = [type]
    while pending:
        metas: list[type] = type.__subclasses__(pending.pop())
        for meta in metas:
            names = class_dict(meta)
            if ("__hash__" in names or "__eq__" in names) and is_user_class(meta):
                return True
            pending.append(meta)
    return False
