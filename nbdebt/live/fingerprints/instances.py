"""Instances: their class, and what is in their ``__dict__`` and slots."""

import gc
from typing import Any, Final, NamedTuple

from nbdebt.live.fingerprints.nodes import Digest, Node
from nbdebt.live.fingerprints.peek import Layout, class_dict, module_name, mro
from nbdebt.live.fingerprints.walk import Reader, Walk

_CACHES: Final = ("_cache", "__networkx_cache__", "_summary_cache", "_nobs_int", "diagn")
"""Attributes in which libraries keep what they computed from the others."""


class _State(NamedTuple):
    names: list[str]
    values: list[Any]
    plain: bool
    """All names are texts, and in their order."""


def _state(value: object, seen: Layout) -> _State:
    names: list[Any] = []
    values: list[Any] = []
    for name, descriptor in seen.slots:
        try:
            values.append(descriptor.__get__(value))
        except (AttributeError, TypeError):
            continue
        names.append(name)
    if seen.attributes is not None:
        found = seen.attributes(value)
        if type(found) is dict:
            names.extend(found)
            values.extend(found.values())
    if not seen.content and any(name in names for name in _CACHES):
        kept = [i for i, name in enumerate(names) if name not in _CACHES]
        names, values = [names[i] for i in kept], [values[i] for i in kept]
    if seen.derived:
        kept = [i for i, name in enumerate(names) if type(name) is not str or name not in seen.derived]
        names, values = [names[i] for i in kept], [values[i] for i in kept]
    if not all(type(name) is str for name in names):
        return _State(names, values, False)
    order = sorted(range(len(names)), key=names.__getitem__)
    return _State([names[i] for i in order], [values[i] for i in order], True)


def in_parts(cls: type, seen: Layout, walk: Walk) -> bool:
    """Whether attributes are read by themselves: ``o.x`` in code is ``x`` in the state of ``o``."""
    if not walk.at_root or seen.intercepted or not (seen.content or module_name(cls) == "types"):
        return False
    return not any("__getattr__" in class_dict(base) for base in mro(cls) if base is not object)


def instance(walk: Walk, value: Any) -> bytes | Node:
    """Any object: by class, ``__dict__`` and slots."""
    cls = type(value)
    seen = walk.layout(cls)
    walk.touch(value)
    name = seen.name
    kind = b"instance:" + name.encode("utf-8", "replace")
    if seen.blocked:
        walk.sampled(f"{name} says itself what its __dict__ is")
        return Node(kind + b"*", gc.get_referents(value))
    if seen.attributes is None and not seen.slots:
        return walk.opaque(value, f"a {name}") if seen.hidden else Node(kind, seen.content)
    if seen.hidden:
        walk.sampled(f"a {name} holds more than its attributes show")
    return _with_state(walk, Node(kind, []), value, seen)


def _with_state(walk: Walk, node: Node, value: object, seen: Layout) -> Node:
    """The node with the class and the attributes of the value added to it."""
    cls = type(value)
    names, values, plain = _state(value, seen)
    own = [*node.children, *seen.content]
    ordered = node.ordered
    if plain and in_parts(cls, seen, walk):
        shadowed = seen.shadowed | seen.derived
        parts = [None if name in shadowed else f".{name}" for name in names]
        own += [name for name in names if name in shadowed]
        before = list(node.names or [None] * len(node.children))
        node.names = [*before, *[None] * (len(own) - len(before)), *parts]
        ordered = ordered and bool(before)
    else:
        own += names
        if node.names is not None:
            node.names = [*node.names, *[None] * (len(own) - len(node.names) + len(values))]
    node.children = [*own, *values]
    node.ordered = ordered
    return node


def extended(reader: Reader) -> Reader:
    """A reader for a type that is derived from one that has a reader: adds the class and the attributes."""

    def read(walk: Walk, value: Any) -> bytes | Node:
        out = reader(walk, value)
        cls = type(value)
        seen = walk.layout(cls)
        walk.touch(value)
        kind = b"derived:" + seen.name.encode("utf-8", "replace") + b":"
        if type(out) is Node and not out.unordered:
            out.kind = kind + out.kind
            return _with_state(walk, out, value, seen)
        return _with_state(walk, Node(kind, [_as_child(out)]), value, seen)

    return read


def _as_child(out: bytes | Node) -> Any:
    return Digest(out) if type(out) is bytes else out
