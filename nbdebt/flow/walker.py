"""The ground of the reader: where accesses go, what names mean, and how objects hang together."""

import ast
import builtins
from typing import Any

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.magics import Magic
from nbdebt.flow.values import Env, Function, Scope, Value, local_names
from nbdebt.model.history import Access, File, Mode, Name, RandomStream, Resource, Setting, Span

_BUILTIN_VALUES: dict[str, Value] = {name: Value(qualified=name) for name in dir(builtins)}
for _literal in (
    "True",
    "False",
    "None",
    "__doc__",
    "__build_class__",
    "__spec__",
    "__loader__",
    "__package__",
):
    _BUILTIN_VALUES.pop(_literal, None)
for _builtin in ("display", "get_ipython", "exit", "quit"):
    _BUILTIN_VALUES[_builtin] = Value(qualified=_builtin)
# What an IPython session provides without anybody assigning it.
PROVIDED = frozenset(
    (
        "__name__",
        "__doc__",
        "__builtins__",
        "__builtin__",
        "__file__",
        "__spec__",
        "__loader__",
        "__package__",
    )
) | {
    "In",
    "Out",
    "_",
    "__",
    "___",
    "_i",
    "_ii",
    "_iii",
    "_ih",
    "_oh",
    "_dh",
    "_exit_code",
    "__session__",
    "__vsc_ipynb_file__",
}


SEEDABLE = ("python", "numpy", "torch", "tensorflow", "cupy")
"""The streams that a seed determines."""

# Changes of these often come to the same in any order: columns set, rows dropped, keys added.
_COMMUTING = frozenset(
    ("pandas.DataFrame", "dict", "set", "collections.Counter", "polars.DataFrame", "collections.defaultdict")
)

# Levels of expressions in expressions and of blocks in blocks, those of called functions included.
_DEEPEST = 400


class Walker:
    """State of one reading: the cell, the scopes, and the accesses found so far."""

    def __init__(self, registry: Registry, env: Env) -> None:
        self.registry = registry
        self.env = env
        self.flow = CellFlow(-1)
        self.reset_frames()
        self.seen: dict[tuple[str, str], bool] = {}
        self.assigned: dict[str, int] = {}
        """Global names that the statement has bound for certain where it is now; the number of the access
        that did."""
        self.stars: list[str] = []
        self.target = ""
        self.steps = 0
        self.begin(self.flow, "")

    def reset_frames(self) -> None:
        """Back to cell level."""
        self.scopes: list[Scope] = []
        self.frames: list[Function] = []
        self.results: list[Value | None] = []
        self.maybe = 0
        self.loop = 0
        # How much of ``maybe`` says only that a loop may have no turn.
        self.turnless = 0
        self.guarded = 0
        self.left = 0
        self.site: Span | None = None
        self.via = ""
        self.callee: Value | None = None
        self.unordered = 0
        self.waiting: list[Magic] = []
        self.turn: set[tuple[Resource, Mode, Span]] | None = None
        self.depth = 0

    def enter(self) -> None:
        """Go one level deeper into code that stands in code, or is called by it.

        Raises:
            RecursionError: it is too deep. Compiled, nothing but this count keeps the stack from overflowing.
        """
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError

    def begin(self, flow: CellFlow, source: str, dedent: int = 0) -> None:
        """Start on a cell, whose lines were shifted left by ``dedent`` columns before they were parsed."""
        self.flow = flow
        self.dedent = dedent
        self.reset_frames()
        self.source = source
        self.ascii = source.isascii()
        self.plain = self.ascii and not dedent
        self.walrus = ":=" in source
        self.sealed = False
        self._lines: list[str] | None = None
        self.begin_statement()
        self.steps = 0

    def begin_statement(self) -> None:
        """Start on a statement of the cell."""
        self.seen.clear()
        self.assigned = {}

    @property
    def lines(self) -> list[str]:
        """The cell's lines."""
        if self._lines is None:
            self._lines = self.source.split("\n")
        return self._lines

    # Places

    def span(self, node: Any) -> Span:
        """Where a node stands; columns in characters from 1."""
        if self.plain:
            return Span(node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)
        return Span(
            node.lineno,
            self.column(node.lineno, node.col_offset),
            node.end_lineno,
            self.column(node.end_lineno, node.end_col_offset),
        )

    def column(self, line: int, offset: int) -> int:
        """The column, from 1, of a byte offset (``ast`` counts UTF-8 bytes)."""
        if line > len(self.lines):
            return offset + 1
        offset += self.dedent
        if self.ascii:
            return offset + 1
        return (
            len(self.lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1
        )

    def text(self, node: ast.expr) -> str:
        """The source of an expression, its first line where it has several."""
        if self.frames and self.frames[-1].cell != self.flow.cell:
            return ast.unparse(node)
        lines = self.lines
        if node.lineno > len(lines):
            return ""
        line = lines[node.lineno - 1]
        start = self.column(node.lineno, node.col_offset) - 1
        if node.end_lineno != node.lineno:
            return line[start:] + " …"
        return line[start : self.column(node.lineno, node.end_col_offset or 0) - 1]

    # Accesses

    def emit(
        self, resource: Resource, mode: Mode, node: Any, via: str = "", detail: tuple[str, ...] = ()
    ) -> None:
        """Add an access."""
        if self.sealed and isinstance(resource, RandomStream) and resource.stream in SEEDABLE:
            return
        span = self.site
        if span is None:
            span = self.span(node)
        else:
            via = via or self.via
        if self.turn is not None:
            # A further turn of a loop that is walked turn by turn.
            if (resource, mode, span) in self.turn:
                return
            self.turn.add((resource, mode, span))
        if self.left and mode == "write" and isinstance(resource, File):
            detail = (*detail, "unless-returned")
        self.flow.accesses.append(Access(resource, mode, span, "parsed", not self.maybe, via, detail))

    def emit_read(self, name: str, part: str, node: Any) -> None:
        """Add the read of a name, once for each statement, where it isn't of what the statement itself has
        bound."""
        if name in self.assigned:
            return
        key = (name, part)
        certain = not self.maybe
        if self.seen.get(key, not certain) != certain or key not in self.seen:
            self.seen[key] = certain
            self.emit(Name(name, part), "read", node, detail=("guarded",) if self.guarded else ())

    def touch(self, value: Value, part: str, node: Any) -> None:
        """Add the read of a part of an object that global names hold."""
        holders = self.env.holders.get(id(value))
        if holders:
            for name in sorted(holders):
                self.emit_read(name, part, node)
        elif value.parents:
            # What it is part of since it was put into another container too is not what is read here.
            for parent, key in value.parents[:2]:
                if self.env.holders.get(id(parent)):
                    self.touch(parent, key, node)
                    return

    def mutate(
        self, value: Value, part: str, node: Any, mode: Mode = "mutate", detail: tuple[str, ...] = ()
    ) -> None:
        """Add an in-place change of an object, through all names that hold it or something that it is part
        of."""
        holders = self.env.holders
        if not value.parents and not value.views:
            self._changed(value, part)
            if names := holders.get(id(value)):
                self._emit_change(value, names, part, mode, node, detail)
            return
        done: set[int] = set()
        stack: list[tuple[Value, str, Mode, int]] = [(value, part, mode, 0)]
        while stack:
            item, key, how, depth = stack.pop()
            if id(item) in done or depth > 6:
                continue
            done.add(id(item))
            if depth == 0:
                self._changed(item, key)
            elif not key:
                item.known = False
                item.text = ""
            if names := holders.get(id(item)):
                self._emit_change(item, names, key, how, node, detail)
            for parent, inner in item.parents or ():
                stack.append((parent, inner, "mutate", depth + 1))
            if item is value:
                stack.extend((view, "", "mutate", depth + 1) for view in item.views or ())

    def _changed(self, value: Value, part: str) -> None:
        """Forget what a change may have made untrue. What is put in stays: it may still be there."""
        if part:
            return
        value.known = False
        value.text = ""
        value.elements = None
        if value.fields and not value.instance:
            element = value.fields.get("<element>")
            value.fields = None if element is None else {"<element>": element}

    def _emit_change(
        self, value: Value, names: set[str], part: str, mode: Mode, node: Any, detail: tuple[str, ...]
    ) -> None:
        if value.type in _COMMUTING:
            detail = (*detail, "commutes")
        for name in sorted(names) if len(names) > 1 else names:
            if name not in self.assigned:
                self.emit(Name(name, part), mode, node, detail=detail)

    def draw(self, stream: str, node: Any, via: str, detail: tuple[str, ...] = ()) -> None:
        """Add a draw from a process-wide random stream."""
        # In a loop a branch is taken some time, mostly; not one that stands in for an argument left out.
        loop = self.maybe <= self.turnless if "unseeded-generator" in detail else self.loop
        if self.maybe and not loop:
            detail = (*detail, "branch")
        self.emit(RandomStream(stream), "draw", node, via, detail)

    def set_setting(self, setting: str, node: Any, via: str = "", detail: tuple[str, ...] = ()) -> None:
        """Add the change of a process-wide setting."""
        self.emit(Setting(setting), "write", node, via, detail)

    # Names

    def is_global(self, name: str) -> bool:
        """Whether a store to this name, here, is a store to a global."""
        for scope in reversed(self.scopes):
            if name in scope.outer:
                return True
            if scope.names is None:
                return False
            if name in scope.names:
                return False
        return True

    def load_name(self, name: str, node: Any) -> Value:
        """What a name means here; adds a read where it is global."""
        for scope in reversed(self.scopes):
            value = scope.values.get(name)
            if value is not None:
                return value
            if scope.names is not None and name in scope.names:
                value = scope.values[name] = Value()
                return value
        return self.load_global(name, node)

    def load_global(self, name: str, node: Any, part: str = "") -> Value:
        """What a global name holds; adds a read."""
        env = self.env
        value = env.values.get(name)
        if value is None:
            if name in _BUILTIN_VALUES and name not in env.foreseen:
                self.emit_builtin(name, node)
                return _BUILTIN_VALUES[name]
            if name in PROVIDED or (name[0] == "_" and name.lstrip("_i").isdigit()):
                return Value()
            value = self.unbound(name)
        self.emit_read(name, part, node)
        return value

    def unbound(self, name: str) -> Value:
        """What a name stands for that no cell above binds: foreseen, out of a star import, or unknown."""
        if self.stars and name not in self.env.foreseen:
            for module in self.stars:
                qualified = f"{module}.{name}"
                if self.registry.effect(qualified) is not None:
                    self.env.bind(name, Value(qualified=qualified))
                    break
        return self.env.get(name)

    def emit_builtin(self, name: str, node: Any) -> None:
        """Note the use of a builtin, which matters only where the notebook assigns its name elsewhere."""
        if name not in self.flow.builtins:
            self.flow.builtins[name] = self.site or self.span(node)

    def peek(self, name: str) -> tuple[Value | None, bool]:
        """What a name means here without adding a read, and whether it is global."""
        for scope in reversed(self.scopes):
            value = scope.values.get(name)
            if value is not None:
                return value, False
            if scope.names is not None and name in scope.names:
                value = scope.values[name] = Value()
                return value, False
        value = self.env.values.get(name)
        if value is None:
            if (name in _BUILTIN_VALUES and name not in self.env.foreseen) or name in PROVIDED:
                return _BUILTIN_VALUES.get(name), False
            value = self.unbound(name)
        return value, True

    def store(self, name: str, value: Value, node: Any) -> None:
        """Bind a name here; adds a write where it is global."""
        inner = True
        for scope in reversed(self.scopes):
            if name in scope.outer:
                break
            if scope.names is None:
                scope.values[name] = value
                return
            if name in scope.names:
                scope.values[name] = value
                if not inner and self.callee is not None:
                    # ``nonlocal``: the function that closes over the name is not the same any more.
                    self.mutate(self.callee, "", node)
                return
            inner = False
        self.emit(Name(name), "write", node, detail=("commutes",) if value.type in _COMMUTING else ())
        self.assigned[name] = len(self.flow.accesses) - 1
        if not self.maybe and not self.scopes:
            self.flow.defines.add(Name(name))
        self.env.bind(name, value)

    def certify(self, name: str, number: int) -> None:
        """Whatever way the statement took, it has bound the name: say so at the last access that did."""
        access = self.flow.accesses[number]
        if not self.maybe and not access.certain:
            self.flow.accesses[number] = Access(
                access.resource, access.mode, access.span, access.basis, True, access.via, access.detail
            )
            if not self.scopes:
                self.flow.defines.add(Name(name))

    # Objects

    def child(self, value: Value, key: str, type: str = "") -> Value:
        """The part of an object under a constant key, the same object each time; for no key some element."""
        if value.immutable:
            return Value()
        if key:
            if value.fields is None:
                value.fields = {}
            found = value.fields.get(key)
            if found is None and key[0] == "[":
                found = value.fields.get("<element>")
            if found is not None:
                return found
            found = value.fields[key] = Value(type)
            found.inside(value, key)
            return found
        found = Value(type)
        found.inside(value)
        return found

    def view_of(self, value: Value) -> Value:
        """An object that shares its memory with another."""
        view = Value(value.type)
        view.inside(value)
        if value.views is None:
            value.views = []
        if len(value.views) < 8:
            value.views.append(view)
        return view

    def locals_of(self, function: Function) -> tuple[frozenset[str], frozenset[str]]:
        """The local and the declared global names of a function, computed once."""
        if function.locals is None:
            function.locals = local_names(function.node, function.walrus)
        return function.locals
