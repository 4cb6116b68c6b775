"""What library functions do, as declared in ``effects/*.toml``: one line a function.

A file is named after the top-level package it describes (``stdlib.toml`` holds the standard library,
``builtins.toml`` the built-in functions and types) and has one table for each module; a key is the function's
name with the positional parameters that matter, in order::

    [pandas]
    "read_csv(filepath_or_buffer)" = { reads = "filepath_or_buffer", returns = "DataFrame" }
    "DataFrame.drop(labels)"       = { mutates = "self", when = "inplace", returns = "DataFrame" }

A key holds as many positional parameters as the line's fields speak of, in the signature's order; parameters
that people pass by keyword only are left out of it. ``self`` among ``reads``, ``writes``, ``lists``... is the
path that the object is (``Path.read_text``). A key without parentheses is an attribute (``DataFrame.T``),
``Type.*()`` holds for every method of the type that has no line of its own, ``__getitem__`` / ``__setitem__``
/ ``__delitem__`` / ``__setattr__`` for a subscript or an attribute assigned. A constructor is the class's own
name. ``[aliases]`` maps a name, and what begins with it, to another; ``[bases]`` maps a type to the type
whose methods it has too (``"sklearn.*"``: every type below that module). Each entry stands on one line and
its key is quoted: so a file can be indexed without parsing it, and only the lines that a notebook uses are
parsed. The fields of a line are those of :class:`Effect`.
"""

import sys
from collections.abc import Mapping
from typing import Any

from nbdebt.flow.declarations import (
    BUILTIN_NAMES,
    Effect,
    Library,
    index_library,
    load_library,
    parse_library,
)

__all__ = [
    "STREAMS",
    "UNKNOWN",
    "Effect",
    "Library",
    "Registry",
    "holds",
    "index_library",
    "load_library",
    "parse_library",
]

STREAMS = frozenset(
    (
        "cupy",
        "cv2",
        "dask",
        "numpy",
        "polars",
        "python",
        "tensorflow",
        "torch",
        "torch.cuda",
        "time",
        "os",
        "uuid",
    )
)
"""The random streams that effects may name. No seed determines the last three."""

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN"})()
"""Stands for the value of an argument that is given but not a constant."""


def holds(condition: str, given: Mapping[str, Any]) -> bool | None:
    """Whether a condition of an effect holds for a call.

    Args:
        condition: ``name`` (given and true), ``?name`` (given and not None), ``name=a|b`` (given, and its
            text is one of these), ``name!=a|b`` (left out, or its text is none of these). The empty condition
            holds.
        given: the call's arguments by parameter name: constants, or :data:`UNKNOWN`.

    Returns:
        True or False; None where it hangs on a value that isn't known.
    """
    if not condition:
        return True
    if condition.startswith("?"):
        return given.get(condition[1:]) is not None
    name, equals, values = condition.partition("=")
    negated = name.endswith("!")
    value = given.get(name.removesuffix("!"))
    if value is UNKNOWN:
        return None
    if not equals:
        return bool(value)
    return (value is not None and str(value) in values.split("|")) != negated


class Registry:
    """Effects by qualified name, libraries loaded when a name of theirs is first asked for."""

    def __init__(self, extra: Mapping[str, Library] | None = None) -> None:
        self._libraries: dict[str, Library | None] = dict(extra or {})
        self._found: dict[str, tuple[str, Effect | None]] = {}

    def library(self, top: str) -> Library | None:
        """The library of a top-level package, or None where nothing is declared."""
        if top not in self._libraries:
            # A package of the user's choice cannot be imported where the standard library has its name.
            name = "stdlib" if top in sys.stdlib_module_names and top != "builtins" else top
            self._libraries[top] = load_library(name) if name == top else self.library(name)
        return self._libraries[top]

    def effect(self, qualified: str) -> Effect | None:
        """The effect of a function or method by qualified name, through aliases and base types."""
        return self._look_up(qualified)[1]

    def canonical(self, qualified: str) -> str:
        """The name under which ``qualified`` is declared, through aliases and bases; else its last alias."""
        return self._look_up(qualified)[0]

    def result(self, qualified: str) -> str:
        """The declared type of a call's result; the type itself for what is, by its spelling, a constructor.

        ``self``, ``view`` and ``element`` are given as declared; empty where nothing is known.
        """
        name, effect = self._look_up(qualified)
        if effect is not None and effect.returns:
            return effect.returns
        last = name.rpartition(".")[2].lstrip("_")
        return name if last[:1].isupper() and self.knows(name.partition(".")[0]) else ""

    def knows(self, top: str) -> bool:
        """Whether anything is declared of a top-level package (the rest of it is then taken as harmless)."""
        return self.library(top) is not None

    def _look_up(self, qualified: str) -> tuple[str, Effect | None]:
        try:
            return self._found[qualified]
        except KeyError:
            found = self._found[qualified] = self._search(qualified)
            return found

    def _search(self, qualified: str) -> tuple[str, Effect | None]:
        name = qualified
        renamed = name
        # A chain of aliases and bases is short; the bound ends the circles that a file might declare.
        for _ in range(8):
            library = self._home(name)
            if library is None:
                break
            effect = library.functions.get(name)
            if effect is not None:
                return name, effect
            alias = _by_prefix(library.aliases, name)
            if alias is not None:
                name = renamed = alias
                continue
            owner, _, method = name.rpartition(".")
            effect = library.functions.get(owner + ".*")
            if effect is not None:
                return name, effect
            base = _base(library.bases, owner)
            if base is None or base == owner:
                break
            name = f"{base}.{method}"
        return renamed, None

    def _home(self, name: str) -> Library | None:
        top, dot, _ = name.partition(".")
        if not dot or top in BUILTIN_NAMES:
            return self.library("builtins")
        return self.library(top) or self.library("builtins")


def _by_prefix(aliases: Mapping[str, str], name: str) -> str | None:
    end = len(name)
    while end > 0:
        target = aliases.get(name[:end])
        if target is not None:
            return target + name[end:]
        end = name.rfind(".", 0, end)
    return None


def _base(bases: Mapping[str, str], owner: str) -> str | None:
    found = bases.get(owner)
    while found is None and owner:
        owner = owner.rpartition(".")[0]
        found = bases.get(owner + ".*")
    return found
