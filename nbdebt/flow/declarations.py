"""Reads what is declared of libraries, ``effects/*.toml``: strictly, or line by line as lines are asked for.

The form of the files is told in :mod:`nbdebt.flow.effects`.
"""

import functools
import re
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
BUILTIN_NAMES = {t.__name__ for t in _BUILTIN_TYPES}
_FILES = Path(__file__).parent / "effects"


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
    if "." in name or name in _SPECIAL or name in BUILTIN_NAMES or module == "builtins":
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
    import tomllib

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


# A key of an inline table, and what stands before it.
_BARE = re.compile(r"([{,]\s*)(\w+)\s*=")


def _parse_line(line: str) -> tuple[str, dict[str, Any]]:
    """One line of an effects file: what TOML calls an inline table is, but for its keys, JSON.

    Whatever else TOML knows (comments, other quotes) is left to its parser, which takes five times as long.
    """
    key, _, table = line[1:].partition('" = ')
    if table.startswith("{"):
        try:
            fields: dict[str, Any] = msgspec.json.decode(_BARE.sub(r'\1"\2":', table))
            return key, fields
        except msgspec.DecodeError:
            pass
    import tomllib

    ((key, fields),) = tomllib.loads(line).items()
    return key, fields


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
            key, fields = _parse_line(line)
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
