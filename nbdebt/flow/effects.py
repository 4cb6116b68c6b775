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

import functools
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
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
        append: parameter that makes a write append when its text contains ``a``; ``*`` where it always
            appends.
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
        when: condition (see :func:`holds`) for ``mutates`` to hold: ``inplace``, ``?out``, ``copy=False``.
        draws: random streams it draws from (of :data:`STREAMS`), or ``self`` for a generator's own stream, or
            ``pending`` for what the object's constructor declared with ``late``.
        unless: parameters that, given and not None, determine the draw (an integer), or name the generator
            drawn from.
        draws_if: condition (see :func:`holds`) for ``draws`` to happen: ``shuffle``, ``shuffle!=False``.
        late: the draw of a constructor happens when a method with ``draws = "pending"`` is called.
        pending: parameters with objects (``*``: any argument) whose pending draws this call makes; with
            ``late``, takes over (``cross_val_score(estimator)``, ``GridSearchCV(estimator)``).
        seeds: streams that it seeds; ``self`` for a generator's own.
        seed: parameter that holds the seed; left out or None means entropy from the system.
        generator: parameter with the seed of a generator that this call creates; left out or None: unseeded.
        sets: setting that it changes, with templates (``environ:{key}``).
        uses: setting that it reads, with templates.
        returns: type of the result: a name in the same module, a dotted name, ``self`` (the object itself,
            for chaining), ``view`` (shares memory with the object or first argument), ``element`` (an element
            of the object), or a tuple's types joined with ``, ``. Empty: unknown, fresh.
        idempotent: applied to its own result it changes nothing (``dropna``, ``sorted``).
        displays: its result is only shown (``head``, ``plot``).
        installs: parameter with requirement text that it installs.
        pinned_by: parameters any of which, given, pins the content that is read (``revision``,
            ``known_hash``).
        attribute: it is an attribute, not called (from the key).
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
    draws_if: str = ""
    late: bool = False
    pending: Names = ()
    seeds: Names = ()
    seed: str = ""
    generator: str = ""
    sets: str = ""
    uses: str = ""
    returns: str = ""
    idempotent: bool = False
    displays: bool = False
    installs: str = ""
    pinned_by: Names = ()
    attribute: bool = False


_LISTS = {f.name for f in msgspec.structs.fields(Effect) if f.type == Names}
_FIELDS = {f.name for f in msgspec.structs.fields(Effect)} - {"params", "attribute"}
_SPECIAL = {"", "self", "view", "element"}
_BUILTIN_TYPES = {bool, bytearray, bytes, dict, float, frozenset, int, list, object, set, str, tuple}
_BUILTIN_NAMES = {t.__name__ for t in _BUILTIN_TYPES}
_FILES = Path(__file__).parent / "effects"

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


class Library(msgspec.Struct, frozen=True):
    """All that is declared of one top-level package.

    Args:
        functions: qualified name (``pandas.DataFrame.to_csv``) to effect.
        aliases: qualified name to the qualified name under which it is declared.
        bases: qualified type to the qualified type whose methods it has too.
    """

    functions: Mapping[str, Effect]
    aliases: dict[str, str] = {}
    bases: dict[str, str] = {}


def _parse_effect(module: str, key: str, fields: dict[str, Any], where: str) -> Effect:
    if unknown := set(fields) - _FIELDS:
        raise ValueError(f"{where}: unknown field {sorted(unknown)[0]!r}")
    _name, call, params = key.partition("(")
    values: dict[str, Any] = {
        k: ((v,) if isinstance(v, str) else tuple(v)) if k in _LISTS and isinstance(v, str | list) else v
        for k, v in fields.items()
    }
    values["params"] = tuple(p.strip() for p in params.rstrip(")").split(",") if p.strip())
    values["attribute"] = not call
    if isinstance(returns := values.get("returns", ""), str):
        values["returns"] = ", ".join(_absolute(module, r) for r in returns.split(", "))
    try:
        return msgspec.convert(values, Effect)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None


def _absolute(module: str, name: str) -> str:
    if "." in name or name in _SPECIAL or name in _BUILTIN_NAMES or module == "builtins":
        return name
    return f"{module}.{name}"


def _qualified(module: str, key: str) -> str:
    name = key.partition("(")[0]
    return name if module == "builtins" else f"{module}.{name}"


def parse_library(text: str, origin: str) -> Library:
    """Parse a whole effects file, strictly.

    Raises:
        ValueError: not TOML, an unknown field or a wrong type; names file and key.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{origin}: {error}") from None
    aliases: dict[str, str] = tables.pop("aliases", {})
    bases: dict[str, str] = tables.pop("bases", {})
    functions = {
        _qualified(module, key): _parse_effect(module, key, fields, f"{origin}: [{module}] {key!r}")
        for module, entries in tables.items()
        for key, fields in entries.items()
    }
    return Library(functions, aliases, bases)


class _Lines(Mapping[str, Effect]):
    """Effects by qualified name, each parsed when first asked for: a notebook uses few of them."""

    def __init__(self, lines: dict[str, tuple[str, str]], origin: str) -> None:
        self._lines = lines
        self._origin = origin
        self._parsed: dict[str, Effect] = {}

    def __getitem__(self, name: str) -> Effect:
        found = self._parsed.get(name)
        if found is None:
            module, line = self._lines[name]
            ((key, fields),) = tomllib.loads(line).items()
            found = _parse_effect(module, key, fields, f"{self._origin}: [{module}] {key!r}")
            self._parsed[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def index_library(text: str, origin: str) -> Library:
    """Index an effects file without parsing its lines: what :func:`parse_library` gives, for a good file.

    Parsing all of a large file costs more than the check of a small notebook.
    """
    lines: dict[str, tuple[str, str]] = {}
    names: dict[str, dict[str, str]] = {"aliases": {}, "bases": {}}
    module = ""
    for line in text.splitlines():
        if line.startswith("["):
            module = line.strip('[] "')
        elif line.startswith('"'):
            parts = line.split('"', 4)
            if module in names:
                names[module][parts[1]] = parts[3]
            else:
                lines[_qualified(module, parts[1])] = (module, line)
    return Library(_Lines(lines, origin), names["aliases"], names["bases"])


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
        if not dot or top in _BUILTIN_NAMES:
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


@functools.cache
def load_library(name: str) -> Library | None:
    """Index ``effects/<name>.toml`` of this package, or None where there is no such file."""
    if not name.isidentifier():
        return None
    try:
        text = (_FILES / f"{name}.toml").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return index_library(text, f"effects/{name}.toml")
