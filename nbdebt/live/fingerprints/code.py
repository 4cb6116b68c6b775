"""Functions and classes, by their code; modules and what is built in, by name.

A function is its bytecode, constants, names, defaults, closure and attributes: not where it was written,
nor the globals it will find (those are resources of their own). A class is its bases and the content of its
body; a library's class or plain function is its name.
"""

import functools
import sys
import types
import weakref
from inspect import CO_NESTED
from marshal import dumps
from types import CodeType, FunctionType
from typing import Any, Final

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.kinds import find, reads, reads_cython, reads_library
from nbdebt.live.fingerprints.nodes import Node
from nbdebt.live.fingerprints.peek import (
    attribute,
    class_dict,
    is_library,
    is_user_class,
    mro,
    token,
    type_name,
)
from nbdebt.live.fingerprints.walk import Walk

_FUNCTION: Final = FunctionType.__dict__
_code_of, _defaults_of, _kwdefaults_of, _closure_of, _globals_of, _attributes_of = (
    _FUNCTION[name].__get__
    for name in ("__code__", "__defaults__", "__kwdefaults__", "__closure__", "__globals__", "__dict__")
)
_contents_of = types.CellType.__dict__["cell_contents"].__get__
_bases_of = type.__dict__["__bases__"].__get__

_NOT_CONTENT: Final = frozenset(
    (
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__firstlineno__",
        "__slotnames__",  # what copyreg remembers
        "__static_attributes__",
        "__abstractmethods__",
        "_abc_impl",
        "__annotate__",
        "__annotations_cache__",
        "_value2member_map_",  # an enum's members again, and their combinations as they are made
        "_hashable_values_",
        "_unhashable_values_",
        "_unhashable_values_map_",
    )
)

_known_code: dict[int, tuple["weakref.ref[CodeType]", bytes]] = {}


def code_digest(code: CodeType) -> bytes:
    """What a code object does: the same for the same source wherever it stands.

    Kept while the object lives.
    """
    key = token(code)
    known = _known_code.get(key)
    if known is not None and known[0]() is code:
        return known[1]
    digest = _code_digest(code)
    _known_code[key] = weakref.ref(code, lambda _: _known_code.pop(key, None)), digest
    return digest


def _code_digest(code: CodeType) -> bytes:
    consts = code.co_consts
    if "__firstlineno__" in code.co_names:
        # The body of a class stores the line it begins at.
        consts = tuple(None if type(c) is int and c == code.co_firstlineno else c for c in consts)
    head = (
        code.co_name,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        # Not whether it stands within another function.
        code.co_flags & ~CO_NESTED,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_code,
        code.co_exceptiontable,
    )
    return xxh3_128_digest(b"code:" + dumps(head, 2) + b"".join(map(_constant, consts)))


def _constant(value: Any) -> bytes:
    kind = type(value)
    if kind is CodeType:
        return b"\xff" + code_digest(value)
    if kind is tuple:
        return b"\xfe" + dumps(len(value), 2) + b"".join(map(_constant, value))
    if kind is frozenset:
        return b"\xfd" + dumps(len(value), 2) + b"".join(sorted(map(_constant, value)))
    if kind is slice:
        return b"\xfc" + _constant((value.start, value.stop, value.step))
    return dumps(value, 2)


@reads(CodeType)
def _code(walk: Walk, value: CodeType) -> bytes | Node:
    return code_digest(value)


_OURS: Final = ("nbdebt.live.files.wrap", "Wrapper.wrap.<locals>.call")


def behind(value: object) -> Any:
    """What a function stands for that the recorder has put in its place (on Python 3.11); else the value."""
    while (
        type(value) is FunctionType
        and _code_of(value).co_qualname == _OURS[1]
        and _globals_of(value).get("__name__") == _OURS[0]
    ):
        value = _attributes_of(value)["__wrapped__"]
    return value


@reads(FunctionType)
def _function(walk: Walk, value: FunctionType) -> bytes | Node:
    inner = behind(value)
    if inner is not value:
        return find(type(inner))(walk, inner)
    code: CodeType = _code_of(value)
    closure = _closure_of(value)
    module = _globals_of(value).get("__name__")
    if closure is None and type(module) is str and is_library(module):
        return xxh3_128_digest(f"function:{module}.{code.co_qualname}".encode("utf-8", "replace"))
    walk.touch(value)
    cells: list[Any] = []
    for cell in closure or ():
        walk.touch(cell)
        try:
            cells.append(_contents_of(cell))
        except ValueError:
            cells.append(_EMPTY)
    attributes = _attributes_of(value)
    return Node(
        b"function:" + code_digest(code),
        [_defaults_of(value), _kwdefaults_of(value), attributes or None, *cells],
    )


class _Empty:
    """Stands for a cell of a closure that holds nothing yet."""


_EMPTY: Final = _Empty()


@reads(types.CellType)
def _cell(walk: Walk, value: types.CellType) -> bytes | Node:
    walk.touch(value)
    try:
        return Node(b"cell", [_contents_of(value)])
    except ValueError:
        return Node(b"cell", [])


@reads(types.MethodType)
def _method(walk: Walk, value: types.MethodType) -> bytes | Node:
    if _is_global_stream(value.__self__):
        return xxh3_128_digest(b"stream:" + value.__func__.__name__.encode("utf-8", "replace"))
    return Node(b"method", [value.__func__, value.__self__])


def _is_global_stream(owner: object) -> bool:
    """Whether it is the generator behind a module's functions: where that stands is known by itself."""
    for module, name in (("random", "_inst"), ("numpy.random.mtrand", "_rand")):
        loaded = sys.modules.get(module)
        if loaded is not None and type(loaded) is types.ModuleType and vars(loaded).get(name) is owner:
            return True
    return False


@reads(types.BuiltinFunctionType, types.MethodWrapperType)
def _builtin(walk: Walk, value: types.BuiltinFunctionType) -> bytes | Node:
    owner = value.__self__
    name = value.__name__.encode("utf-8", "replace")
    if owner is not None and _is_global_stream(owner):
        return xxh3_128_digest(b"stream:" + name)
    if owner is None or types.ModuleType in mro(type(owner)):
        module = object.__getattribute__(value, "__module__")
        return Node(b"builtin:" + name, [module if type(module) is str else ""])
    return Node(b"builtin method:" + name, [owner])


@reads_cython
def _cython(walk: Walk, value: Any) -> bytes | Node:
    module, name = (str(attribute(value, n)) for n in ("__module__", "__qualname__"))
    return Node(f"cython:{module}.{name}".encode("utf-8", "replace"), [attribute(value, "__self__")])


@reads(
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
def _descriptor(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"descriptor:" + type_name(value.__objclass__).encode("utf-8", "replace"), [value.__name__])


_wrapped_by = (staticmethod.__dict__["__func__"].__get__, classmethod.__dict__["__func__"].__get__)


@reads(staticmethod)
def _staticmethod(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"staticmethod", [_wrapped_by[0](value)])


@reads(classmethod)
def _classmethod(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"classmethod", [_wrapped_by[1](value)])


_accessors = tuple(property.__dict__[name].__get__ for name in ("fget", "fset", "fdel"))


@reads(property)
def _property(walk: Walk, value: property) -> bytes | Node:
    return Node(b"property", [get(value) for get in _accessors])


_partial_parts = tuple(functools.partial.__dict__[name].__get__ for name in ("func", "args", "keywords"))


@reads(functools.partial)
def _partial(walk: Walk, value: "functools.partial[Any]") -> bytes | Node:
    walk.touch(value)
    return Node(b"partial", [get(value) for get in _partial_parts])


@reads(type(functools.lru_cache(lambda: None)))
def _cached(walk: Walk, value: Any) -> bytes | Node:
    # What it remembers can't be read, and is what its function would return.
    names = object.__getattribute__(value, "__dict__")
    return Node(b"lru_cache", [names.get("__wrapped__")])


@reads_library("functools:cached_property")
def _cached_property(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"cached_property", [attribute(value, "func")])


@reads(types.GenericAlias)
def _alias(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"alias", [value.__origin__, value.__args__])


@reads(types.UnionType)
def _union(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"union", [value.__args__])


@reads_library("typing:TypeVar", "typing:ParamSpec", "typing:TypeVarTuple", "typing:TypeAliasType")
def _by_name(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"named", [attribute(value, "__name__")])


@reads_library("numpy:ufunc", "numpy:_ArrayFunctionDispatcher")
def _library_callable(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"callable:" + type_name(type(value)).encode(), [attribute(value, "__name__")])


_FIELD: Final = (
    *("name", "type", "default", "default_factory", "init"),
    *("repr", "hash", "compare", "kw_only", "metadata"),
)


@reads_library("dataclasses:Field")
def _field(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"field", [attribute(value, name) for name in _FIELD])


@reads_library("collections:_tuplegetter", "_collections:_tuplegetter")
def _tuple_field(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(b"tuplegetter")


@reads(types.ModuleType)
def _module(walk: Walk, value: types.ModuleType) -> bytes | Node:
    name = object.__getattribute__(value, "__dict__").get("__name__")
    return Node(b"module", [name if type(name) is str else ""])


@reads(type)
def _class(walk: Walk, value: type) -> bytes | Node:
    name = type_name(value).encode("utf-8", "replace")
    if not is_user_class(value):
        return xxh3_128_digest(b"class:" + name)
    walk.touch(value)
    names: list[Any] = []
    values: list[Any] = []
    for key, content in list(class_dict(value).items()):
        if type(key) is not str or key in _NOT_CONTENT:
            continue
        if any(type(content) is kind for kind in _DESCRIPTORS):
            content = None
        names.append(key)
        values.append(content)
    order = sorted(range(len(names)), key=names.__getitem__)
    meta = type(value)
    head = [_bases_of(value), meta]
    parts: list[str | None] = [f".{names[i]}" for i in order]
    texts = [names[i] for i in order]
    contents = [values[i] for i in order]
    if walk.at_root and not any(type(content) is value for content in contents):
        # Of members that are of this class itself (an enum's) the class is part.
        children, named = [*head, *contents], [*[None] * len(head), *parts]
    else:
        children, named = [*head, *texts, *contents], None
    return Node(b"class:" + name, children, named, ordered=False, lenient=True)


_DESCRIPTORS: Final = (types.MemberDescriptorType, types.GetSetDescriptorType)
"""Slots: their names are content, the descriptors say nothing more (and refer to the class by name)."""
