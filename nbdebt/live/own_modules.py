"""Modules of the user's own: what of their code a run used, as it was loaded then.

With ``%autoreload`` a module is edited between two runs of a cell, and the second does something else on the
same values. Without it, what is edited stays as it was loaded, until the kernel restarts. Nothing in the
namespace tells of either: a function's globals are its module's. So a run notes what it used of the text that
was loaded, and a replay asks whether that is what the file says now. Of a text only those statements count
that make a name which the cell, or one of these statements, speaks of; comments and docstrings don't.
"""

import ast
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple

import msgspec
from xxhash import xxh3_128_digest

from nbdebt.live import libraries
from nbdebt.live.fingerprints.peek import class_dict, is_user_class, module_name, mro, token, type_name

_LARGEST: Final = 1 << 20
_MOST: Final = 30
"""Modules that a run is followed through."""


class Used(NamedTuple):
    """What a run used of a module.

    Args:
        module: its name.
        path: its file.
        words: names that count.
        digest: of the code that makes them, as it was loaded.
    """

    module: str
    path: str
    words: frozenset[str]
    digest: bytes


class _Loaded(msgspec.Struct):
    """A module as it was loaded: its text, and by what it is known that it was loaded again."""

    signature: tuple[int, int]
    text: str
    marks: int


class _Statement(NamedTuple):
    binds: frozenset[str]
    words: frozenset[str]
    digest: bytes
    modules: tuple[tuple[int, str], ...]
    """What it imports: levels up, and the name."""


class OwnModules:
    """Knows the user's own modules that are loaded.

    Args:
        quiet: a context in which what is opened here isn't noted.
    """

    def __init__(self, quiet: Callable[[], AbstractContextManager[object]]) -> None:
        self._quiet = quiet
        self._loaded: dict[str, _Loaded] = {}
        self._texts: dict[str, tuple[tuple[int, int], str]] = {}

    def used(
        self, names: Collection[str], words: Iterable[str], values: Mapping[str, Any]
    ) -> tuple[Used, ...]:
        """What a run used, by the end of it.

        Args:
            names: names that it read.
            words: all that its code speaks of.
            values: what the names hold.
        """
        homes = [_home(values[name]) for name in names if name in values]
        waiting = dict.fromkeys(module for module, _ in homes if _is_own(module))
        if not waiting:
            return ()
        wanted = frozenset((*words, *(inner for _, inner in homes)))
        # What the notebook's own functions speak of.
        wanted |= frozenset().union(*(_spoken(values[name]) for name in names if name in values))
        found: dict[str, Used] = {}
        while waiting and len(found) < _MOST:
            module = waiting.popitem()[0]
            loaded = self._look(module)
            if loaded is None or module in found:
                continue
            relevant = _relevant(loaded.text, wanted)
            path = str(vars(sys.modules[module])["__file__"])
            found[module] = Used(module, path, wanted, _digest(relevant))
            wanted |= frozenset().union(*(s.words for s in relevant))
            for name in _imported(module, relevant):
                if name not in found and _is_own(name):
                    waiting[name] = None
        return tuple(found[module] for module in sorted(found))

    def edited(self, used: Iterable[Used]) -> str:
        """The module of which a restart would load other code than a run used; empty where none is."""
        for item in used:
            text = self._text(item.path)
            if text is not None and _digest(_relevant(text, item.words)) != item.digest:
                return item.module
        return ""

    def _look(self, name: str) -> _Loaded | None:
        """A module as it is loaded now."""
        module = sys.modules[name]
        path = str(vars(module)["__file__"])
        known = self._loaded.get(name)
        text = self._text(path)
        if text is None:
            return known
        signature = self._texts[path][0]
        marks = _marks(module)
        if known is None or known.signature == signature or known.marks != marks:
            # The first sight of it, the same text, or loaded again since that was written.
            known = self._loaded[name] = _Loaded(signature, text, marks)
        return known

    def _text(self, path: str) -> str | None:
        """What a file holds now; None where it can't be read."""
        try:
            seen = os.stat(path)
            signature = seen.st_mtime_ns, seen.st_size
            known = self._texts.get(path)
            if known is not None and known[0] == signature:
                return known[1]
            if not path.endswith(".py") or seen.st_size > _LARGEST:
                return None
            with self._quiet(), open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, ValueError):
            return None
        self._texts[path] = signature, text
        return text


def _home(value: object) -> tuple[str, str]:
    """The module that a value's code is from, and what it is called there."""
    kind = type(value)
    if kind is ModuleType:
        name = vars(value).get("__name__")
        return (name, "") if type(name) is str else ("", "")
    if kind is _CACHED:
        value = object.__getattribute__(value, "__dict__").get("__wrapped__")
        kind = type(value)
    if kind is FunctionType:
        assert isinstance(value, FunctionType)
        module = value.__globals__.get("__name__")
        return (module if type(module) is str else "", value.__code__.co_qualname.partition(".")[0])
    if _is_class(value):
        kind = value  # type: ignore[assignment]
    if not is_user_class(kind):
        return "", ""
    module = module_name(kind)
    return module, type_name(kind)[len(module) + 1 :].partition(".")[0]


def _is_class(value: object) -> bool:
    # By identity: a metaclass of the user's may have an ``__eq__`` of its own.
    return any(base is type for base in mro(type(value)))


def _spoken(value: object) -> tuple[str, ...]:
    return value.__code__.co_names if type(value) is FunctionType else ()


_CACHED: Final[type] = type(lru_cache(_home))


def _is_own(name: str) -> bool:
    """Whether a loaded module is the user's: a file that is in no installed package."""
    if not name or name == "__main__":
        return False
    module = sys.modules.get(name)
    path = vars(module).get("__file__") if type(module) is ModuleType else None
    return type(path) is str and not libraries.is_library(path)


def _marks(module: ModuleType) -> int:
    """What is other once a module was loaded again, as a whole or piece by piece."""
    found: list[tuple[str, int]] = []
    for name, value in list(vars(module).items()):
        found.append((name, token(value)))
        if type(value) is FunctionType:
            found.append((name, token(value.__code__)))
        elif _is_class(value) and module_name(value) == vars(module).get("__name__"):
            inner = class_dict(value).items()
            found += [(n, token(f.__code__)) for n, f in inner if type(f) is FunctionType]
    return hash(tuple(found))


@lru_cache(maxsize=128)
def _statements(text: str) -> tuple[_Statement, ...]:
    """The statements of a module; one for the whole where it is no Python."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return (_Statement(frozenset(), frozenset(), xxh3_128_digest(text.encode()), ()),)
    return tuple(_statement(node) for node in body if not _is_text(node) and not _is_script(node))


def _statement(node: ast.stmt) -> _Statement:
    binds: set[str] = set()
    words: set[str] = set()
    modules: list[tuple[int, str]] = []
    inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not inner or part is node:
                binds.add(part.name)
            part.body = [line for line in part.body if not _is_text(line)]
        elif isinstance(part, ast.Name):
            words.add(part.id)
            if not inner and isinstance(part.ctx, ast.Store):
                binds.add(part.id)
        elif isinstance(part, ast.Attribute):
            words.add(part.attr)
        elif isinstance(part, ast.Import):
            modules += [(0, alias.name) for alias in part.names]
        elif isinstance(part, ast.ImportFrom):
            modules.append((part.level, part.module or ""))
            modules += [(part.level, f"{part.module or ''}.{a.name}".strip(".")) for a in part.names]
        elif isinstance(part, ast.alias) and not inner:
            binds.add((part.asname or part.name).partition(".")[0])
            words.add(part.name.rpartition(".")[2])
    if "*" in binds:
        binds.clear()
    digest = xxh3_128_digest(ast.dump(node).encode("utf-8", "surrogatepass"))
    return _Statement(frozenset(binds), frozenset(words), digest, tuple(modules))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_script(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":``, which an import doesn't run."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


@lru_cache(maxsize=512)
def _relevant(text: str, words: frozenset[str]) -> tuple[_Statement, ...]:
    """Statements of a module that make these names, or what makes them, or that make none."""
    statements = _statements(text)
    wanted = set(words)
    chosen: set[int] = set()
    grew = True
    while grew:
        grew = False
        for number, statement in enumerate(statements):
            if number not in chosen and (not statement.binds or not wanted.isdisjoint(statement.binds)):
                chosen.add(number)
                wanted |= statement.words
                grew = True
    return tuple(statements[number] for number in sorted(chosen))


def _digest(statements: Iterable[_Statement]) -> bytes:
    return xxh3_128_digest(b"".join(s.digest for s in statements))


def _imported(module: str, statements: Iterable[_Statement]) -> set[str]:
    """Loaded modules that statements of a module import."""
    package = vars(sys.modules[module]).get("__package__")
    found: set[str] = set()
    for level, name in (item for s in statements for item in s.modules):
        if level and type(package) is str:
            above = package.split(".")
            name = ".".join([*above[: len(above) - level + 1], *([name] if name else [])])
        if name in sys.modules:
            found.add(name)
    return found
