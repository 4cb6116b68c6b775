"""Names, attributes and subscripts: which object is meant, and which part of it."""

import ast

from nbdebt.flow.folding import path_member
from nbdebt.flow.values import Function, Value
from nbdebt.flow.walker import Walker
from nbdebt.model.history import Setting

FRAMES = frozenset(("pandas.DataFrame", "geopandas.GeoDataFrame"))
LOCATORS = frozenset(("loc", "iloc", "at", "iat"))
ITERATORS = frozenset(
    ("generator", "iterator", "io", "io.TextIOWrapper", "csv.reader", "csv._reader", "csv.DictReader")
)
"""Types whose objects are used up by going through them."""

_FRAME_WHOLE = frozenset(
    [
        "columns",
        "index",
        "shape",
        "values",
        "T",
        "dtypes",
        "size",
        "empty",
        "loc",
        "iloc",
        "at",
        "iat",
        "plot",
        "hist",
        "boxplot",
        "ndim",
        "axes",
        "style",
        "attrs",
        "flags",
        "sparse",
        "geometry",
        "crs",
        "bounds",
    ]
)
_MAPPINGS = frozenset(("dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict"))
_TEXTS = frozenset(("io", "io.TextIOWrapper"))
_PROPERTIES = frozenset(("property", "cached_property", "getter"))


class PlaceReader(Walker):
    """Reads what can stand on the left of an assignment too."""

    def evaluate(self, node: ast.expr) -> Value:
        """Read an expression: adds its accesses, says what is known of its value."""
        raise AssertionError("expressions are read in ExpressionReader")

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order."""
        raise AssertionError("statements are read in StatementReader")

    def invoke(
        self, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.expr
    ) -> Value:
        """Call a function of the user's."""
        raise AssertionError("calls of functions are defined in CallReader")

    def method_kind(self, value: Value, attribute: str) -> bool:
        """Whether the attribute is a method or property that uses the whole object."""
        if value.cls is not None:
            return False
        return bool(value.type) and self.registry.effect(f"{value.type}.{attribute}") is not None

    # Names, attributes, subscripts

    def _attribute(self, node: ast.Attribute) -> Value:
        base = node.value
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)
            if value is None:
                value = Value()
            if is_global:
                part = "" if value.qualified else self.part_of_attribute(value, node.attr)
                self.emit_read(base.id, part, base)
            elif not value.qualified:
                self.touch(value, self.part_of_attribute(value, node.attr), node)
        else:
            value = self.evaluate(base)
        return self.member(value, node.attr, node)

    def part_of_attribute(self, value: Value, attribute: str) -> str:
        """The part of the object that an attribute is; empty where it depends on the whole."""
        if value.type in FRAMES:
            # Columns can be read as attributes, whatever the frame has no attribute of its own for.
            return (
                "" if attribute in _FRAME_WHOLE or self.method_kind(value, attribute) else f"[{attribute!r}]"
            )
        return "" if self.method_kind(value, attribute) else "." + attribute

    def member(self, value: Value, attribute: str, node: ast.expr) -> Value:
        """The value of an attribute."""
        if value.qualified:
            qualified = f"{value.qualified}.{attribute}"
            effect = self.registry.effect(qualified)
            found = Value(qualified=qualified)
            if effect is not None and effect.attribute:
                if effect.uses:
                    self.emit(Setting(effect.uses), "read", node, qualified)
                if "." in effect.returns and not self.is_setting(effect.returns):
                    # An object of a library's, whose methods are known by its type.
                    return Value(effect.returns)
                found.type = effect.returns
            return found
        if value.cls is not None:
            return self._member_of_class(value, attribute, node)
        if attribute in LOCATORS and (
            value.type in FRAMES or value.type == "pandas.Series" or not value.type
        ):
            return value
        if value.path and attribute in ("parent", "name", "stem", "suffix"):
            return path_member(value, attribute)
        if value.type:
            effect = self.registry.effect(f"{value.type}.{attribute}")
            if effect is not None:
                if effect.returns == "view":
                    return self.view_of(value)
                if effect.returns == "self":
                    return value
                return Value(effect.returns.partition(", ")[0] if effect.returns != "element" else "")
            if value.type in FRAMES:
                return Value("pandas.Series")
        return self.child(value, "." + attribute)

    def is_setting(self, type: str) -> bool:
        """Whether what is assigned into objects of this type is a setting of the whole process."""
        for method in ("__setattr__", "__setitem__"):
            effect = self.registry.effect(f"{type}.{method}")
            if effect is not None and effect.sets:
                return True
        return False

    def _member_of_class(self, value: Value, attribute: str, node: ast.expr) -> Value:
        cls = value.cls
        assert cls is not None
        if value.instance and value.fields is not None and "." + attribute in value.fields:
            return value.fields["." + attribute]
        method = cls.method(attribute)
        if method is not None:
            if value.instance and decorated(method, _PROPERTIES):
                return self.invoke(method, [value], {}, node)
            return bound_method(method, value)
        found = cls.attribute(attribute)
        return found if found is not None else self.child(value, "." + attribute)

    def parts(self, key: ast.expr, owner: Value) -> tuple[str, ...]:
        """The parts that a subscript names: ``['a']`` or ``[0]`` for a constant, several for a list of
        columns, none where it is computed. Adds the reads of the key."""
        return self.key(key, owner)[0]

    def key(self, node: ast.expr, owner: Value) -> tuple[tuple[str, ...], Value | None]:
        """The parts that a subscript names, and the value of the key where it was evaluated."""
        kind = node.__class__
        if kind is ast.Constant:
            value = node.value  # type: ignore[attr-defined]
            return ((f"[{value!r}]",) if _is_key(value) else ()), None
        if kind is ast.Slice:
            self.evaluate(node)
            return (), None
        known = self.evaluate(node)
        if known.known and isinstance(known.const, str):
            return (f"[{known.const!r}]",), known
        elements = known.elements
        if elements and all(e.known and _is_key(e.const) for e in elements):
            if known.type == "tuple" and owner.type in _MAPPINGS:
                return (f"[{tuple(e.const for e in elements)!r}]",), known
            if known.type == "list" and all(isinstance(e.const, str) for e in elements):
                return tuple(f"[{e.const!r}]" for e in elements), known
        return (), known

    def of_globals(self, base: ast.expr, key: ast.expr) -> str | None:
        """The name that ``globals()['name']`` is; None for anything else."""
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not calls_globals(base):
            return None
        return None if self.scopes and base.func.id == "locals" else key.value  # type: ignore[attr-defined]

    def _subscript(self, node: ast.Subscript) -> Value:
        base, key = node.value, node.slice
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)
            if value is None:
                value = Value()
            parts, found = self.key(key, value)
            for part in parts if parts and not value.qualified else ("",):
                if is_global:
                    self.emit_read(base.id, part, base)
                else:
                    self.touch(value, part, node)
            return self.item(value, parts, key, found)
        if base.__class__ is ast.Attribute and base.attr in LOCATORS:
            return self._located(base, key, node)
        if (name := self.of_globals(base, key)) is not None:
            return self.load_global(name, node)
        value = self.evaluate(base)
        parts, found = self.key(key, value)
        return self.item(value, parts, key, found)

    def located(self, locator: str, key: ast.expr) -> tuple[str, ...]:
        """The columns that ``loc[rows, columns]`` names. Adds the reads of the key."""
        if isinstance(key, ast.Tuple) and len(key.elts) == 2:
            self.evaluate(key.elts[0])
            parts = self.parts(key.elts[1], Value())
            return parts if locator in ("loc", "at") else ()
        self.evaluate(key)
        return ()

    def _located(self, base: ast.Attribute, key: ast.expr, node: ast.Subscript) -> Value:
        """``df.loc[rows, 'column']``."""
        if base.value.__class__ is ast.Name:
            value, is_global = self.peek(base.value.id)
            if value is None:
                value = Value()
        else:
            value, is_global = self.evaluate(base.value), False
        parts = self.located(base.attr, key)
        for part in parts or ("",):
            if is_global:
                self.emit_read(base.value.id, part, base.value)  # type: ignore[attr-defined]
            else:
                self.touch(value, part, node)
        if value.type in FRAMES:
            return Value("pandas.Series" if len(parts) == 1 else value.type if parts else "")
        return Value("pandas.Series" if len(parts) == 1 else "")

    def item(self, value: Value, parts: tuple[str, ...], key: ast.expr, found: Value | None) -> Value:
        """The value of a subscript."""
        part = parts[0] if len(parts) == 1 else ""
        if value.qualified:
            if value.qualified == "os.environ":
                self.emit(Setting(setting_of(value.qualified, part)), "read", key)
                return Value("str")
            return Value(qualified=f"{value.qualified}[]")
        if value.type in FRAMES:
            # A column taken out is a copy of its own as soon as it is changed (copy-on-write, pandas 3).
            return Value("pandas.Series" if part else value.type)
        if value.type == "pandas.Series":
            return Value("" if part else value.type)
        if value.type in ("numpy.ndarray", "torch.Tensor"):
            return self.view_of(value) if _is_basic(key, found) else Value(value.type)
        if value.type in ("str", "bytes"):
            return Value("str")
        if value.elements and part and part[1:-1].lstrip("-").isdigit():
            position = int(part[1:-1])
            if -len(value.elements) <= position < len(value.elements):
                return value.elements[position]
        if key.__class__ is ast.Slice:
            copy = Value(value.type)
            if value.fields is not None and "<element>" in value.fields:
                copy.fields = {"<element>": value.fields["<element>"]}
            return copy
        return self.child(value, part)

    def element_of(self, value: Value, node: ast.expr) -> Value:
        """Some element of an iterable; an iterator is used up by that."""
        if value.type in ITERATORS:
            self.mutate(value, "", node)
        return self.some_element(value)

    def some_element(self, value: Value) -> Value:
        """Some element of an iterable."""
        if value.fields is not None and "<element>" in value.fields:
            return value.fields["<element>"]
        if value.type == "tuple" and value.elements:
            return value.elements[0]
        if value.type in ("str", "range", "int") or value.qualified:
            return Value("int" if value.type == "range" else "str" if value.type == "str" else "")
        if value.type in FRAMES or value.type in _TEXTS:
            return Value("str")
        if value.type == "pandas.Series":
            return Value()
        return self.child(value, "")


def setting_of(qualified: str, part: str) -> str:
    """The name of the setting that a module's mapping holds under a key."""
    if qualified == "os.environ":
        return f"environ:{part[2:-2]}" if part else "environ"
    return qualified


def decorated(method: Function, names: frozenset[str]) -> bool:
    """Whether a function has a decorator of one of these names."""
    for decorator in getattr(method.node, "decorator_list", ()):
        name = decorator.id if isinstance(decorator, ast.Name) else getattr(decorator, "attr", "")
        if name in names:
            return True
    return False


def bound_method(method: Function, owner: Value, itself: Value | None = None) -> Value:
    """A method taken from an object or a class; ``itself`` is the object where the owner only stands for
    it."""
    found = Value("function")
    found.function = method
    if decorated(method, _CLASS) or (owner.instance and not decorated(method, _STATIC)):
        found.bound = ([itself if itself is not None else owner], {})
    return found


_STATIC = frozenset(("staticmethod",))
_CLASS = frozenset(("classmethod",))


def _is_key(value: object) -> bool:
    # ``d[1]``, ``d[True]`` and ``d[1.0]`` are the same: only one of them is a key of its own here.
    return isinstance(value, str | int | None) and not isinstance(value, bool)


def _is_basic(key: ast.expr, found: Value | None) -> bool:
    """Whether an array's subscript gives a view: slices and integers do, arrays and lists make a copy."""
    if isinstance(key, ast.Tuple):
        return all(_is_basic(item, None) for item in key.elts)
    if isinstance(key, ast.Slice):
        return True
    if isinstance(key, ast.Constant):
        return key.value is None or key.value is ... or isinstance(key.value, int)
    if isinstance(key, ast.UnaryOp):
        return isinstance(key.operand, ast.Constant)
    return found is not None and found.type == "int"


def calls_globals(node: ast.expr) -> bool:
    """Whether this is ``globals()`` or ``locals()``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("globals", "locals")
        and not node.args
    )
