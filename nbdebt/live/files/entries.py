"""Library functions that read and write without the interpreter knowing: Arrow, Polars, HDF5, DuckDB,
torch.save.

Which functions these are, and which of their arguments are paths, is what ``nbdebt/flow/effects/*.toml``
says for the static rules too: a line there teaches both. Functions written in Python are watched where they
begin, ones written in C where a notebook's code calls them; before Python 3.12 they are wrapped while
nbdebt is loaded.
"""

import functools
import glob
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from nbdebt.flow import effects
from nbdebt.flow.effects import Effect, index_library
from nbdebt.live.files import wrap
from nbdebt.live.files.contents import BEFORE, signature
from nbdebt.live.files.hook import Hook, Touch, path_text
from nbdebt.live.files.noise import caller
from nbdebt.live.files.sql import sql_files
from nbdebt.live.monitoring import FIND_AND_LOAD, monitor
from nbdebt.model.patterns import later

_FOLDER = Path(effects.__file__).parent / "effects"
_OUTSIDE = later(r"\b(?:reads|writes|opens|deletes|moves|copies|queries|writes_table) = ")
_TEMPLATE = later(r"\{(\w+)\}")
_SCHEME = later(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_NO_PATH = later(r"[\n\r\0]|^\s*[\[{<]")
_MANY = 200
# The interpreter tells of these itself, or they are everywhere.
_SELF_TOLD = frozenset(("builtins", "stdlib", "IPython", "sqlalchemy"))

Reader = Callable[[Mapping[str, object]], dict[str, object]]
Handler = Callable[[Mapping[str, object], types.FrameType | None], None]


class EntryPoints:
    """Watches declared functions, as soon as their libraries are loaded.

    Args:
        hook: where what they touch is written down.
    """

    def __init__(self, hook: Hook) -> None:
        self.hook = hook
        self.failures: list[str] = []
        self._libraries = {path.stem for path in _FOLDER.glob("*.toml")} - _SELF_TOLD
        self._sections: dict[str, dict[str, Effect]] = {}
        self._indexed: set[str] = set()
        self._armed: set[str] = set()
        self._codes: set[int] = set()
        self._started = self._monitored = False
        self._wrapper = wrap.Wrapper(functools.partial(self.consider, complete=True))
        self._count = -1

    def start(self) -> None:
        """Watch what is loaded, and be told of what will be."""
        self._started = True
        self._monitored = monitor.start()
        if self._monitored:
            monitor.on_return(FIND_AND_LOAD.__code__, self._imported)
        else:
            self._wrapper.start(self._libraries)
        self.arm()

    def stop(self) -> None:
        """Watch nothing any more."""
        # Who found no tool free is counted all the same.
        if self._started:
            self._started = False
            monitor.stop()
        self._wrapper.stop()
        self._armed.clear()
        self._codes.clear()
        self._count = -1

    def arm(self) -> None:
        """Watch the functions of libraries that have been loaded since this was last called."""
        if len(sys.modules) == self._count:
            return
        self._count = len(sys.modules)
        for name in self._libraries.intersection(sys.modules):
            self._index(name)
            for section in [s for s in self._sections if s == name or s.startswith(name + ".")]:
                self.consider(section)

    def consider(self, name: str, complete: bool = False) -> None:
        """A module has been loaded: watch what is declared of it.

        Args:
            name: its name.
            complete: its code has run to the end.
        """
        top = name.partition(".")[0]
        if top not in self._libraries:
            return
        self._index(top)
        if name in self._armed or name not in self._sections or name not in sys.modules:
            return
        # A package that is still being imported has not all its names yet.
        spec = vars(sys.modules[name]).get("__spec__")
        if not complete and getattr(spec, "_initializing", False):
            return
        self._armed.add(name)
        for key, effect in self._sections[name].items():
            try:
                self._watch(name, key, effect)
            except Exception as error:
                if len(self.failures) < 20:
                    self.failures.append(f"watching {name}.{key}: {type(error).__name__}: {error}")

    def _imported(self, module: object, frame: types.FrameType) -> None:
        if issubclass(type(module), types.ModuleType):
            name = types.ModuleType.__getattribute__(module, "__dict__").get("__name__", "")
            if type(name) is str and name.partition(".")[0] in self._libraries:
                self.consider(name)

    def _index(self, top: str) -> None:
        if top in self._indexed:
            return
        self._indexed.add(top)
        lines = (_FOLDER / f"{top}.toml").read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if line.startswith("[") or _OUTSIDE.search(line))
        module = ""
        functions = index_library(text, f"effects/{top}.toml").functions
        modules = sorted(
            {line.strip('[] "') for line in lines if line.startswith("[")}, key=len, reverse=True
        )
        for qualified in functions:
            module = next((m for m in modules if qualified.startswith(m + ".")), "")
            if module:
                self._sections.setdefault(module, {})[qualified[len(module) + 1 :]] = functions[qualified]

    def _watch(self, module: str, key: str, effect: Effect) -> None:
        holder, name, found = _resolve(module, key)
        if found is None:
            return
        qualified = f"{module}.{key}"
        method = isinstance(holder, type)
        inner = _innermost(found)
        if isinstance(inner, types.FunctionType) and self._monitored:
            code = inner.__code__
            if id(code) in self._codes:
                return
            self._codes.add(id(code))
            read = _reader(code, effect, method)
            handler = self._handler(qualified, effect)
            monitor.on_entry(code, lambda frame: handler(read(frame.f_locals), frame))
        elif self._monitored:
            first = next(iter(effect.params), "")
            if first and not method and first in _path_parameters(effect):
                handler = self._handler(qualified, effect)
                monitor.on_call(found, lambda value, frame: handler({first: value}, frame))
        elif holder is not None and not isinstance(found, type):
            handler = self._handler(qualified, effect)
            self._wrapper.wrap(holder, name, effect.params, method, functools.partial(_now, handler))

    # What a call touches

    def _handler(self, qualified: str, effect: Effect) -> Handler:
        def handle(values: Mapping[str, object], frame: types.FrameType | None) -> None:
            if not self.hook.attribution.active:
                return
            with self.hook.quiet():
                for touch in self._touches(qualified, effect, values, frame):
                    self.hook.note(touch)

        return handle

    def _touches(
        self, qualified: str, effect: Effect, values: Mapping[str, object], frame: types.FrameType | None
    ) -> Iterator[Touch]:
        wanted, module, function = caller(frame)
        if not wanted:
            return
        owner = self.hook.attribution.owner(frame)
        # The declared name, unless a function further out is behind it (``plt.savefig`` behind Pillow's).
        own = frame is not None and function == frame.f_code.co_qualname
        via = ("", qualified) if own or not function else (module, function)

        def each(kind: str, specs: tuple[str, ...], named: tuple[str, ...] = ()) -> Iterator[Touch]:
            for texts in (*(_texts(spec, values) for spec in specs), named):
                for text in texts:
                    if _SCHEME.match(text) and not text.startswith("file://"):
                        method = {"entry-read": "GET", "delete": "DELETE"}.get(kind, "PUT")
                        yield Touch("url", text, text, owner, via, other=method)
                        continue
                    place = self.hook.locate(text.removeprefix("file://"))
                    if place is None:
                        continue
                    found = signature(place[0])
                    before = (
                        self.hook.contents.digest(place[0], BEFORE) if found and kind != "entry-read" else ""
                    )
                    yield Touch(kind, *place, owner, via, found, before)

        yield from each("entry-read", (*effect.reads, *effect.copies[:1], *effect.moves[:1]))
        if effect.opens:
            mode = values.get(effect.mode, "") if effect.mode else "r"
            yield from each(_opening(mode), (effect.opens,))
        writes = (*effect.writes, *effect.copies[1:], *effect.moves[1:])
        appended = effect.append == "*" or values.get(effect.append) == "a"
        yield from each("entry-append" if appended else "entry-write", writes)
        held = values.get(effect.connection) if effect.connection else None
        connection = self.hook.database(held) if is_sqlite(held) else connection_text(held)
        if effect.queries:
            for text in _texts(effect.queries, values, anything=True):
                for kind, path in sql_files(text):
                    yield from each(kind, (), tuple(_expanded(path)))
                yield Touch("sql", text, text, owner, via, other=connection)
        if effect.writes_table:
            for text in _texts(effect.writes_table, values):
                yield Touch("table", text, text, owner, via, other=connection)


def _now(handler: Handler, values: Mapping[str, object]) -> None:
    handler(values, sys._getframe(2))


def _opening(mode: object) -> str:
    if type(mode) is not str or not mode:
        return "maybe" if mode != "r" else "entry-read"
    if mode[0] in "wx":
        return "entry-write"
    return "maybe" if "a" in mode or "+" in mode else "entry-read"


def _path_parameters(effect: Effect) -> tuple[str, ...]:
    return (*effect.reads, *effect.writes, *effect.copies, *effect.moves, effect.opens, effect.queries)


def _resolve(module: str, key: str) -> tuple[object, str, object]:
    """(holder, name in it, function) of a declared function, by dictionaries alone: nothing lazy is
    loaded."""
    holder: object = sys.modules[module]
    *owners, name = key.split(".")
    for owner in owners:
        holder = _member(holder, owner)
        if holder is None:
            return None, "", None
    found = _member(holder, name)
    if isinstance(found, type):
        for constructor in ("__init__", "__new__"):
            function = _member(found, constructor)
            if isinstance(_innermost(function), types.FunctionType):
                return found, constructor, function
        return holder, name, found
    return holder, name, found


def _member(holder: object, name: str) -> object:
    if isinstance(holder, type):
        return next((vars(cls)[name] for cls in type.mro(holder) if name in vars(cls)), None)
    return vars(holder).get(name) if isinstance(holder, types.ModuleType) else None


def _innermost(function: object) -> object:
    for _ in range(10):
        if isinstance(function, staticmethod | classmethod):
            function = function.__func__
        wrapped = vars(function).get("__wrapped__") if isinstance(function, types.FunctionType) else None
        if wrapped is None:
            return function
        function = wrapped
    return function


def _reader(
    code: types.CodeType, effect: Effect, method: bool
) -> Callable[[Mapping[str, object]], dict[str, object]]:
    """What takes the declared parameters from a frame's variables. One whose name in this version of the
    library is another than declared is known by its position; so is what a ``*args`` took."""
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    offset = 1 if method and own[:1] in (("self",), ("cls",)) else 0
    positional = own[offset : code.co_argcount]
    rest = code.co_varnames[len(own)] if code.co_flags & inspect.CO_VARARGS else ""
    keywords = ""
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords = code.co_varnames[len(own) + bool(rest)]
    wanted = {name: name for name in _used(effect) if name in own}
    for place, name in enumerate(effect.params):
        if name not in own and place < len(positional) and positional[place] not in effect.params:
            wanted[name] = positional[place]
    missing = [name for name in _used(effect) if name not in wanted]

    def read(values: Mapping[str, object]) -> dict[str, object]:
        found = {name: values.get(own) for name, own in wanted.items()}
        given = values.get(keywords) if keywords and missing else None
        others = values.get(rest) if rest and missing else None
        for name in missing:
            if type(given) is dict and name in given:
                found[name] = given[name]
            elif type(others) is tuple and name in effect.params:
                place = effect.params.index(name) - len(positional) + (method and not offset)
                if 0 <= place < len(others):
                    found[name] = others[place]
        return found

    return read


def _used(effect: Effect) -> set[str]:
    specs = (*effect.reads, *effect.writes, *effect.deletes, *effect.moves, *effect.copies)
    singles = (
        effect.opens,
        effect.mode,
        effect.append,
        effect.queries,
        effect.writes_table,
        effect.connection,
    )
    names = {name for spec in specs for name in _TEMPLATE.findall(spec)} | {*specs, *singles}
    return {name for name in names if name.isidentifier()}


def _texts(spec: str, values: Mapping[str, object], anything: bool = False) -> Iterator[str]:
    """The paths, URLs or statements that an argument holds."""
    if "{" in spec or "://" in spec:
        parts = {name: values.get(name) for name in _TEMPLATE.findall(spec)}
        if all(part is None or type(part) in (str, int) for part in parts.values()):
            yield _TEMPLATE.sub(lambda m: "" if parts[m[1]] is None else str(parts[m[1]]), spec)
        return
    value = values.get(spec)
    for item in value[:_MANY] if type(value) in (list, tuple) else (value,):  # type: ignore[index]
        text = path_text(item) or (_statement(item) if anything else "")
        if not text or (not anything and (len(text) > 4096 or _NO_PATH.search(text))):
            continue
        if anything:
            yield text
        else:
            yield from _expanded(text)


def _expanded(text: str) -> Iterator[str]:
    """The files that a pattern stands for; what is none, as it is."""
    matches = glob.glob(text, recursive=True) if re.search(r"[*?\[]", text) and "://" not in text else []
    yield from sorted(matches)[:_MANY] or [text]


def _statement(value: object) -> str:
    if type(value).__module__.startswith("sqlalchemy."):
        text = (
            vars(value).get("text")
            if hasattr(type(value), "__dict__") and hasattr(value, "__dict__")
            else None
        )
        return text if type(text) is str else ""
    return ""


def is_sqlite(value: object) -> bool:
    """Whether something is a connection of the standard library's sqlite3."""
    kind = getattr(sys.modules.get("sqlite3"), "Connection", None)
    return type(kind) is type and issubclass(type(value), kind)


def connection_text(value: object) -> str:
    """The address of a database, without the password, of a URL or of SQLAlchemy's engine or connection."""
    if type(value) is str:
        return value
    if not type(value).__module__.startswith("sqlalchemy."):
        return ""
    held = object.__getattribute__(value, "__dict__")
    held = (
        object.__getattribute__(held["engine"], "__dict__")
        if "url" not in held and "engine" in held
        else held
    )
    url = held.get("url")
    return str(url.render_as_string(hide_password=True)) if url is not None else ""
