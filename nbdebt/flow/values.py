"""Abstract values: what is known of an object without making it.

A :class:`Value` stands for one object. Two names that hold the same ``Value`` are aliases; a change
through one is a change of the other. ``parents`` are the containers (or, for a view, the memory) that the
object is part of.
"""

import ast
from typing import Any

_IMMUTABLE = frozenset(("str", "int", "float", "bool", "bytes", "NoneType", "complex", "range", "frozenset"))
# Classes of which each is the base of the next.
_MOST_BASES = 100


class Value:
    """What is known of one object.

    Args:
        type: qualified type, empty for unknown.
        known: whether ``const`` is its value.
        const: None, bool, int, float or str; for a ``pathlib.Path`` its text.
        text: for a computed text or path, a readable pattern such as ``out_{i}.csv``.
        qualified: for a module, a library's function or class: its qualified name.
        function: the user's own function, where it is one.
        cls: the user's own class: of an instance (``instance``), or the class itself.
        bound: arguments that a method or ``functools.partial`` has already been given.
        pending: draws that a constructor declared and a later method makes: (stream, constructor, where it
            stands).
        parents: objects that this one is part of, with the part's key text (empty: unknown which).
    """

    __slots__ = (
        "bound",
        "cls",
        "const",
        "elements",
        "fields",
        "function",
        "instance",
        "known",
        "parents",
        "pending",
        "qualified",
        "text",
        "type",
        "views",
    )

    # No parameter is keyword-only: values are made by the thousand, and calls by position are faster.
    def __init__(self, type: str = "", known: bool = False, const: Any = None, qualified: str = "") -> None:
        self.type = type
        self.known = known
        self.const = const
        self.text = ""
        self.qualified = qualified
        self.function: Function | None = None
        self.bound: tuple[list[Value], dict[str, Value]] | None = None
        self.cls: Class | None = None
        self.instance = False
        self.pending: tuple[tuple[str, str, str], ...] = ()
        self.parents: list[tuple[Value, str]] | None = None
        self.views: list[Value] | None = None
        self.fields: dict[str, Value] | None = None
        self.elements: list[Value] | None = None

    @property
    def immutable(self) -> bool:
        """Whether its type can't be changed in place."""
        return self.type in _IMMUTABLE or bool(self.qualified)

    @property
    def path(self) -> str:
        """The text of a path or URL, as far as it is known; empty otherwise."""
        return self.const if self.known and isinstance(self.const, str) else self.text

    def inside(self, parent: "Value", key: str = "") -> None:
        """Say that this object is part of ``parent``."""
        if parent is self or self.immutable:
            return
        if self.parents is None:
            self.parents = [(parent, key)]
        elif len(self.parents) < 16:
            self.parents.append((parent, key))


def constant(value: Any) -> Value:
    """The value of a literal."""
    return Value(value.__class__.__name__, True, value)


class Scope:
    """The names of one running function body (``names`` says which are local), class body or comprehension
    (None: all stored)."""

    __slots__ = ("annotated", "names", "outer", "values")

    def __init__(self, names: frozenset[str] | None, outer: frozenset[str] = frozenset()) -> None:
        self.names = names
        self.outer = outer
        self.values: dict[str, Value] = {}
        self.annotated: list[str] = []


class Function:
    """A function or lambda of the user's: its syntax, where it stands, and the scopes it closes over."""

    __slots__ = ("cell", "cls", "defaults", "locals", "name", "node", "scopes", "walrus", "yields")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        cell: int,
        scopes: "tuple[Scope, ...]",
        cls: "Class | None" = None,
        walrus: bool = True,
    ) -> None:
        self.node = node
        self.cell = cell
        self.scopes = scopes
        self.cls = cls
        self.name = getattr(node, "name", "<lambda>")
        self.defaults: dict[str, Value] = {}
        self.locals: tuple[frozenset[str], frozenset[str]] | None = None
        self.yields = False
        self.walrus = walrus


class Class:
    """A class of the user's: its methods, class attributes, and qualified names of library bases.

    ``fields`` are the parameters of a constructor that a decorator or a base makes (dataclasses), with
    their defaults.
    """

    __slots__ = ("attributes", "bases", "cell", "fields", "library_bases", "methods", "name")

    def __init__(self, name: str, cell: int) -> None:
        self.name = name
        self.cell = cell
        self.methods: dict[str, Function] = {}
        self.attributes: dict[str, Value] = {}
        self.fields: dict[str, Value | None] = {}
        self.bases: list[Class] = []
        self.library_bases: list[str] = []

    def method(self, name: str, depth: int = 0) -> Function | None:
        """The method of this name, own or inherited from a class of the user's."""
        if name in self.methods:
            return self.methods[name]
        if depth > _MOST_BASES:
            raise RecursionError
        for base in self.bases[:8]:
            if base is not self and (found := base.method(name, depth + 1)) is not None:
                return found
        return None

    def attribute(self, name: str, depth: int = 0) -> "Value | None":
        """The class attribute of this name, own or inherited."""
        if name in self.attributes:
            return self.attributes[name]
        if depth > _MOST_BASES:
            raise RecursionError
        for base in self.bases[:8]:
            if base is not self and (found := base.attribute(name, depth + 1)) is not None:
                return found
        return None


class Env:
    """The global names as far as they are known, and who holds which object."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.holders: dict[int, set[str]] = {}
        self.foreseen: dict[str, Value] = {}
        """Imports and definitions anywhere in the document, for cells that use them before they stand."""

    def bind(self, name: str, value: Value) -> None:
        """Let ``name`` hold ``value``."""
        old = self.values.get(name)
        if old is not None:
            holders = self.holders.get(id(old))
            if holders is not None:
                holders.discard(name)
        self.values[name] = value
        self.holders.setdefault(id(value), set()).add(name)

    def unbind(self, name: str) -> None:
        """Forget ``name``."""
        old = self.values.pop(name, None)
        if old is not None:
            self.holders.get(id(old), set()).discard(name)

    def get(self, name: str) -> Value:
        """What ``name`` holds; a fresh unknown object where nothing is known."""
        value = self.values.get(name)
        if value is None:
            value = self.foreseen.get(name) or Value()
            self.bind(name, value)
        return value


def local_names(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, walrus: bool = True
) -> tuple[frozenset[str], frozenset[str]]:
    """The names local to a function, and those it declares ``global``.

    Follows the language reference, section 4.2.1 *Binding of names*.

    Args:
        node: the function.
        walrus: whether ``:=`` may stand in it; without, expressions need no look.
    """
    arguments = node.args
    names = {a.arg for a in arguments.posonlyargs}
    names.update([a.arg for a in arguments.args])
    names.update([a.arg for a in arguments.kwonlyargs])
    if arguments.vararg:
        names.add(arguments.vararg.arg)
    if arguments.kwarg:
        names.add(arguments.kwarg.arg)
    outer: set[str] = set()
    if isinstance(node, ast.Lambda):
        inside: list[ast.AST] = [node.body]
    else:
        inside = [*node.body]
        _bound_by(node.body, names, outer)
    if walrus:
        for item in inside:
            _bound_in_expressions(item, names)
    return frozenset(names - outer), frozenset(outer)


def _bound_by(body: list[ast.stmt], names: set[str], outer: set[str]) -> None:
    """Add the names that statements bind; ``global`` and ``nonlocal`` ones to ``outer``."""
    nonlocals: set[str] = set()
    stack: list[Any] = list(body)
    while stack:
        item = stack.pop()
        kind = item.__class__
        if kind is ast.Name:
            names.add(item.id)
        elif kind is ast.Assign:
            stack.extend(item.targets)
        elif kind is ast.AugAssign or kind is ast.AnnAssign:
            stack.append(item.target)
        elif kind is ast.Tuple or kind is ast.List:
            stack.extend(item.elts)
        elif kind is ast.Starred:
            stack.append(item.value)
        elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef or kind is ast.ClassDef:
            names.add(item.name)
        elif kind is ast.Import or kind is ast.ImportFrom:
            names.update([a.asname or a.name.partition(".")[0] for a in item.names])
        elif kind is ast.Global:
            outer.update(item.names)
        elif kind is ast.Nonlocal:
            nonlocals.update(item.names)
        elif kind is ast.Delete:
            stack.extend(item.targets)
        elif kind is ast.If or kind is ast.While:
            stack.extend(item.body)
            stack.extend(item.orelse)
        elif kind is ast.For or kind is ast.AsyncFor:
            stack.append(item.target)
            stack.extend(item.body)
            stack.extend(item.orelse)
        elif kind is ast.With or kind is ast.AsyncWith:
            stack.extend([i.optional_vars for i in item.items if i.optional_vars is not None])
            stack.extend(item.body)
        elif kind is ast.Try or kind is ast.TryStar:
            for block in (item.body, item.orelse, item.finalbody):
                stack.extend(block)
            for handler in item.handlers:
                if handler.name:
                    names.add(handler.name)
                stack.extend(handler.body)
        elif kind is ast.Match:
            for case in item.cases:
                stack.extend(case.body)
                for part in ast.walk(case.pattern):
                    name = getattr(part, "name", None) or getattr(part, "rest", None)
                    if name:
                        names.add(name)
        elif kind.__name__ == "TypeAlias":
            names.add(item.name.id)
    names -= nonlocals


def _bound_in_expressions(node: ast.AST, names: set[str]) -> None:
    """Add the names that ``:=`` binds, not in functions and classes inside."""
    stack: list[ast.AST] = [node]
    while stack:
        item = stack.pop()
        kind = item.__class__
        if kind is ast.NamedExpr:
            names.add(item.target.id)  # type: ignore[attr-defined]
        if kind not in _INNER:
            stack.extend(ast.iter_child_nodes(item))


_INNER = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
