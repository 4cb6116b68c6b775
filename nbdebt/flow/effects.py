"""What library functions do, as declared in ``effects/*.toml``: one line a function.

A file is named after the top-level package it describes (``stdlib.toml`` holds the standard library, ``builtins.toml``
the built-in functions and types) and has one table for each module; a key is the function's name with the positional
parameters that matter, in order::

    [pandas]
    "read_csv(filepath_or_buffer)" = { reads = "filepath_or_buffer", returns = "DataFrame" }
    "DataFrame.drop(labels)"       = { mutates = "self", when = "inplace", returns = "DataFrame" }

A constructor is the class's own name. The fields of a line are those of :class:`Effect`.
"""

import functools
import importlib.resources
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

Names = tuple[str, ...]


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one function does. Parameters are named as in the function's signature; ``self`` is the object.

    Args:
        params: positional parameters in order (from the key).
        reads: parameters that hold a path, a URL or a buffer it reads; or a URI template such as
            ``hf://datasets/{path}@{revision}`` (an absent parameter gives an empty text).
        writes: the same, for what it writes (creates or replaces).
        append: parameter that makes a write append when its text contains ``a``; ``*`` where it always appends.
        opens: parameter with a path, whose use ``mode`` decides as for :func:`open`.
        mode: parameter with the mode for ``opens``.
        deletes: parameters with paths that it removes.
        moves: (source, destination) parameters: the source is deleted, the destination written.
        copies: (source, destination) parameters: the source is read, the destination written.
        lists: parameters with directories or patterns whose listing it reads.
        makes: parameters with directories it creates (no output of its own).
        queries: parameter with SQL text or a table's name that it reads or, if the SQL says so, writes.
        writes_table: parameter with the name of a table that it writes.
        connection: parameter that holds the connection for ``queries`` and ``writes_table``.
        mutates: parameters (or ``self``) that it changes in place.
        when: parameter that must be true for ``mutates`` to hold (``inplace``); ``out`` style: must be given at all
            when prefixed with ``?``.
        draws: random streams it draws from (``numpy``, ``python``, ``torch``, ``tensorflow``, ``cupy``, ``time``,
            ``os``, ``uuid``), or ``self`` for a generator's own stream, or ``pending`` for what the object's
            constructor declared with ``late``.
        unless: parameters that, given and not None, determine the draw (an integer), or name the generator drawn from.
        late: the draw of a constructor happens when a method with ``draws = "pending"`` is called.
        seeds: streams that it seeds; ``self`` for a generator's own.
        seed: parameter that holds the seed; left out or None means entropy from the system.
        generator: parameter with the seed of a generator that this call creates; left out or None: unseeded.
        sets: setting that it changes, with templates (``environ:{key}``).
        uses: setting that it reads, with templates.
        returns: type of the result: a name in the same module, a dotted name, ``self`` (the object itself, for chaining),
            ``view`` (shares memory with the object or first argument), ``element`` (an element of the object),
            or a tuple's types joined with ``, ``. Empty: unknown, fresh.
        idempotent: applied to its own result it changes nothing (``dropna``, ``sorted``).
        consumes: parameters (iterators) that it uses up.
        displays: its result is only shown (``head``, ``plot``).
        installs: parameter with requirement text that it installs.
        pinned_by: parameters any of which, given, pins the content that is read (``revision``, ``known_hash``).
    """

    params: Names = ()
    reads: Names = ()
    writes: Names = ()
    append: str = ""
    opens: str = ""
    mode: str = ""
    deletes: Names = ()
    moves: Names = ()
    copies: Names = ()
    lists: Names = ()
    makes: Names = ()
    queries: str = ""
    writes_table: str = ""
    connection: str = ""
    mutates: Names = ()
    when: str = ""
    draws: Names = ()
    unless: Names = ()
    late: bool = False
    seeds: Names = ()
    seed: str = ""
    generator: str = ""
    sets: str = ""
    uses: str = ""
    returns: str = ""
    idempotent: bool = False
    consumes: Names = ()
    displays: bool = False
    installs: str = ""
    pinned_by: Names = ()


_LISTS = {f.name for f in msgspec.structs.fields(Effect) if f.type == Names}
_FIELDS = {f.name for f in msgspec.structs.fields(Effect)} - {"params"}
_SPECIAL = {"", "self", "view", "element"}


class Library(msgspec.Struct, frozen=True):
    """All that is declared of one top-level package.

    Args:
        functions: qualified name (``pandas.DataFrame.to_csv``) to effect.
        aliases: qualified name to the qualified name under which the function is declared.
        bases: qualified type to the qualified type whose methods it has too.
    """

    functions: dict[str, Effect]
    aliases: dict[str, str] = {}
    bases: dict[str, str] = {}


def parse_library(text: str, origin: str) -> Library:
    """Parse one effects file.

    Raises:
        ValueError: an unknown field, a wrong type, or a parameter that the key doesn't name; names file and key.
    """
    tables: dict[str, Any] = tomllib.loads(text)
    aliases: dict[str, str] = tables.pop("aliases", {})
    bases: dict[str, str] = tables.pop("bases", {})
    functions: dict[str, Effect] = {}
    for module, entries in tables.items():
        prefix = "" if module == "builtins" else module + "."
        for key, fields in entries.items():
            name, _, params = key.partition("(")
            where = f"{origin}: [{module}] {key!r}"
            if unknown := set(fields) - _FIELDS:
                raise ValueError(f"{where}: unknown field {sorted(unknown)[0]!r}")
            values: dict[str, Any] = {
                k: ((v,) if isinstance(v, str) else tuple(v)) if k in _LISTS else v for k, v in fields.items()
            }
            values["params"] = tuple(p.strip() for p in params.rstrip(")").split(",") if p.strip())
            returns = values.get("returns", "")
            if returns not in _SPECIAL:
                values["returns"] = ", ".join(
                    r if "." in r or r in _SPECIAL or not prefix else prefix + r for r in returns.split(", ")
                )
            try:
                functions[prefix + name] = msgspec.convert(values, Effect)
            except msgspec.ValidationError as error:
                raise ValueError(f"{where}: {error}") from None
    return Library(functions, aliases, bases)


class Registry:
    """Effects by qualified name, libraries loaded when a name of theirs is first asked for."""

    def __init__(self, extra: Mapping[str, Library] | None = None) -> None:
        self._libraries: dict[str, Library | None] = dict(extra or {})
        self._found: dict[str, Effect | None] = {}
        self._stdlib = sys.stdlib_module_names

    def library(self, top: str) -> Library | None:
        """The library of a top-level package, or None where nothing is declared."""
        if top in self._libraries:
            return self._libraries[top]
        name = "stdlib" if top in self._stdlib else top
        if name != top and name in self._libraries:
            library = self._libraries[name]
        else:
            library = load_library(name)
            self._libraries[name] = library
        self._libraries[top] = library
        return library

    def effect(self, qualified: str) -> Effect | None:
        """The effect of a function or method by qualified name, through aliases and base types."""
        try:
            return self._found[qualified]
        except KeyError:
            found = self._found[qualified] = self._look_up(qualified)
            return found

    def _look_up(self, qualified: str) -> Effect | None:
        for _ in range(8):
            top = qualified.partition(".")[0]
            library = self.library(top) if "." in qualified else None
            if library is None or qualified not in library.functions:
                builtins = self.library("builtins")
                if builtins is not None and qualified in builtins.functions:
                    return builtins.functions[qualified]
            if library is None:
                owner, _, method = qualified.rpartition(".")
                builtins = self.library("builtins")
                if builtins is None or owner not in builtins.bases:
                    return None
                qualified = f"{builtins.bases[owner]}.{method}"
                continue
            effect = library.functions.get(qualified)
            if effect is not None:
                return effect
            if qualified in library.aliases:
                qualified = library.aliases[qualified]
                continue
            owner, _, method = qualified.rpartition(".")
            if owner in library.bases:
                qualified = f"{library.bases[owner]}.{method}"
                continue
            if owner in library.aliases:
                qualified = f"{library.aliases[owner]}.{method}"
                continue
            return None
        return None

    def knows(self, top: str) -> bool:
        """Whether anything is declared of a top-level package (what is not declared of it is then taken as harmless)."""
        return self.library(top) is not None


@functools.cache
def load_library(name: str) -> Library | None:
    """Read ``effects/<name>.toml`` of this package, or None where there is no such file."""
    if not name.isidentifier():
        return None
    file = importlib.resources.files("nbdebt.flow").joinpath("effects", f"{name}.toml")
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return parse_library(text, f"effects/{name}.toml")
