"""Expressions into values and accesses."""

import ast
from collections.abc import Callable
from posixpath import basename, dirname, splitext
from typing import Any

from nbdebt.flow.values import Function, Scope, Value, constant
from nbdebt.flow.walker import Walker
from nbdebt.model.history import Setting

_FRAMES = frozenset(("pandas.DataFrame", "geopandas.GeoDataFrame"))
_LOCATORS = frozenset(("loc", "iloc", "at", "iat"))


class ExpressionReader(Walker):
    """Reads expressions. Calls are left to the class above."""

    def evaluate(self, node: ast.expr) -> Value:
        """Read an expression: adds its accesses, says what is known of its value."""
        evaluator = EVALUATORS.get(node.__class__)
        if evaluator is None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.evaluate(child)
            return Value()
        return evaluator(self, node)

    def call(self, node: ast.Call) -> Value:
        """Read a call."""
        raise AssertionError("reads of calls are defined in CallReader")

    def method_kind(self, value: Value, attribute: str) -> bool:
        """Whether the attribute is a method or property that uses the whole object."""
        if value.cls is not None:
            return False
        return bool(value.type) and self.registry.effect(f"{value.type}.{attribute}") is not None

    # Names, attributes, subscripts

    def _constant(self, node: ast.Constant) -> Value:
        return constant(node.value)

    def _name(self, node: ast.Name) -> Value:
        return self.load_name(node.id, node)

    def _attribute(self, node: ast.Attribute) -> Value:
        base = node.value
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)  # type: ignore[attr-defined]
            if value is None:
                value = Value()
            if is_global:
                whole = bool(value.qualified) or self.uses_whole(value, node.attr)
                self.emit_read(base.id, "" if whole else "." + node.attr, base)  # type: ignore[attr-defined]
            elif not value.qualified:
                self.touch(value, "." + node.attr, node)
        else:
            value = self.evaluate(base)
        return self.member(value, node.attr, node)

    def uses_whole(self, value: Value, attribute: str) -> bool:
        """Whether reading this attribute depends on the whole object rather than on one part of it."""
        if value.type in _FRAMES:
            return attribute in _FRAME_WHOLE or self.method_kind(value, attribute)
        return self.method_kind(value, attribute)

    def member(self, value: Value, attribute: str, node: ast.expr) -> Value:
        """The value of an attribute."""
        if value.qualified:
            qualified = f"{value.qualified}.{attribute}"
            effect = self.registry.effect(qualified)
            found = Value(qualified=qualified)
            if effect is not None and effect.attribute and effect.returns:
                found.type = effect.returns
            return found
        if value.cls is not None:
            if value.instance and value.fields is not None and "." + attribute in value.fields:
                return value.fields["." + attribute]
            method = value.cls.method(attribute)
            if method is not None:
                if value.instance and _is_property(method):
                    return self.invoke(method, [value], {}, node)
                bound = Value("function")
                bound.function = method
                return bound
            if attribute in value.cls.attributes:
                return value.cls.attributes[attribute]
            return self.child(value, "." + attribute)
        if attribute in _LOCATORS and (value.type in _FRAMES or value.type == "pandas.Series" or not value.type):
            return value
        if value.type:
            effect = self.registry.effect(f"{value.type}.{attribute}")
            if effect is not None:
                if effect.returns == "view":
                    return self.view_of(value)
                if effect.returns == "self":
                    return value
                return Value(effect.returns.partition(", ")[0] if effect.returns != "element" else "")
            if value.type in _FRAMES:
                return Value("pandas.Series")
        if value.path and attribute in ("parent", "name", "stem", "suffix"):
            return _path_member(value, attribute)
        return self.child(value, "." + attribute)

    def invoke(self, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.expr) -> Value:
        """Call a function of the user's."""
        raise AssertionError("calls of functions are defined in CallReader")

    def part(self, key: ast.expr) -> str:
        """The part that a subscript names: ``['a']`` or ``[0]`` for a constant, empty otherwise. Adds the key's reads."""
        if key.__class__ is ast.Constant:
            value = key.value  # type: ignore[attr-defined]
            return f"[{value!r}]" if isinstance(value, str | int) else ""
        known = self.evaluate(key)
        if known.known and isinstance(known.const, str):
            return f"[{known.const!r}]"
        return ""

    def _subscript(self, node: ast.Subscript) -> Value:
        base, key = node.value, node.slice
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)  # type: ignore[attr-defined]
            if value is None:
                value = Value()
            part = self.part(key)
            if is_global:
                self.emit_read(base.id, part if not value.qualified else "", base)  # type: ignore[attr-defined]
            else:
                self.touch(value, part, node)
        else:
            if (
                isinstance(base, ast.Attribute)
                and base.attr in _LOCATORS
                and isinstance(key, ast.Tuple)
                and len(key.elts) == 2
                and isinstance(base.value, ast.Name)
            ):
                return self._located(base, key)
            value = self.evaluate(base)
            part = self.part(key)
        return self.item(value, part, key)

    def _located(self, base: ast.Attribute, key: ast.Tuple) -> Value:
        """``df.loc[rows, 'column']``."""
        self.evaluate(key.elts[0])
        part = self.part(key.elts[1]) if isinstance(key.elts[1], ast.Constant) else ""
        if not part:
            self.evaluate(key.elts[1])
        name = base.value
        assert isinstance(name, ast.Name)
        value, is_global = self.peek(name.id)
        if is_global:
            self.emit_read(name.id, part, name)
        return Value("pandas.Series" if part else "")

    def item(self, value: Value, part: str, key: ast.expr) -> Value:
        """The value of a subscript."""
        if value.qualified:
            if value.qualified == "os.environ":
                self.emit(Setting(_setting(value.qualified, part)), "read", key)
                return Value("str")
            return Value(qualified=f"{value.qualified}[]")
        if value.type in _FRAMES:
            # A column taken out is a copy of its own as soon as it is changed (copy-on-write, pandas 3).
            return Value("pandas.Series" if part else value.type)
        if value.type == "pandas.Series":
            return Value("" if part else value.type)
        if value.type in ("numpy.ndarray", "torch.Tensor"):
            return self.view_of(value)
        if value.type in ("str", "bytes"):
            return Value("str")
        if value.elements and part and part[1:-1].lstrip("-").isdigit():
            position = int(part[1:-1])
            if -len(value.elements) <= position < len(value.elements):
                return value.elements[position]
        if key.__class__ is ast.Slice:
            copy = Value(value.type)
            copy.elements = None
            return copy
        return self.child(value, part)

    def element_of(self, value: Value, node: ast.expr) -> Value:
        """Some element of an iterable; an iterator is used up by that."""
        if value.type in ITERATORS:
            self.mutate(value, "", node)
        if value.fields is not None and "<element>" in value.fields:
            return value.fields["<element>"]
        if value.type == "tuple" and value.elements:
            return value.elements[0]
        if value.type in ("str", "range", "int") or value.qualified:
            return Value("int" if value.type == "range" else "str" if value.type == "str" else "")
        if value.type in _FRAMES:
            return Value("str")
        if value.type == "pandas.Series":
            return Value()
        return self.child(value, "")

    # Stores

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target."""
        kind = target.__class__
        if kind is ast.Name:
            self.store(target.id, value, target)  # type: ignore[attr-defined]
        elif kind is ast.Tuple or kind is ast.List:
            elements = target.elts  # type: ignore[attr-defined]
            known = value.elements if value.elements and len(value.elements) == len(elements) else None
            for position, element in enumerate(elements):
                if element.__class__ is ast.Starred:
                    self.assign(element.value, Value("list"))
                elif known is not None:
                    self.assign(element, known[position])
                else:
                    self.assign(element, self.child(value, ""))
        elif kind is ast.Subscript:
            self._assign_item(target, value)  # type: ignore[arg-type]
        elif kind is ast.Attribute:
            self._assign_attribute(target, value)  # type: ignore[arg-type]
        elif kind is ast.Starred:
            self.assign(target.value, value)  # type: ignore[attr-defined]

    def _assign_item(self, target: ast.Subscript, value: Value) -> None:
        base = target.value
        key = target.slice
        if isinstance(base, ast.Attribute) and base.attr in _LOCATORS:
            owner = self.holder(base.value)
            if isinstance(key, ast.Tuple) and len(key.elts) == 2:
                self.evaluate(key.elts[0])
                part = self.part(key.elts[1])
            else:
                self.evaluate(key)
                part = ""
            # Only some rows are set: the rest keeps its old value.
            self.mutate(owner, part, target)
            return
        owner = self.holder(base)
        part = self.part(key)
        if owner.qualified:
            effect = self.registry.effect(owner.qualified + ".__setitem__")
            setting = effect.sets if effect is not None and "{" not in effect.sets else ""
            self.set_setting(setting or _setting(owner.qualified, part), target)
            return
        if part and owner.type not in ("numpy.ndarray", "torch.Tensor"):
            self.mutate(owner, part, target, mode="write")
            if owner.fields is None:
                owner.fields = {}
            owner.fields[part] = value
            value.inside(owner, part)
            return
        value.inside(owner)
        self.mutate(owner, "", target)

    def _assign_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.holder(target.value)
        if owner.qualified:
            effect = self.registry.effect(owner.qualified + ".__setattr__")
            setting = effect.sets if effect is not None and "{" not in effect.sets else ""
            self.set_setting(setting or f"{owner.qualified}.{target.attr}", target)
            return
        if owner.type in _FRAMES or owner.type == "pandas.Series":
            self.mutate(owner, "" if target.attr in ("columns", "index") else f"['{target.attr}']", target)
            return
        part = "." + target.attr
        self.mutate(owner, part, target, mode="write")
        if owner.fields is None:
            owner.fields = {}
        owner.fields[part] = value
        value.inside(owner, part)

    def holder(self, node: ast.expr) -> Value:
        """The object whose part is set: a plain name isn't read by that."""
        if node.__class__ is ast.Name:
            value, is_global = self.peek(node.id)  # type: ignore[attr-defined]
            if value is None:
                return Value()
            if value.qualified and is_global:
                self.emit_read(node.id, "", node)  # type: ignore[attr-defined]
            return value
        return self.evaluate(node)

    # Operators and literals

    def combine(self, op: ast.operator, left: Value, right: Value) -> Value:
        """The value of a binary operation."""
        kind = op.__class__
        if kind is ast.Div and (left.type == "pathlib.Path" or right.type == "pathlib.Path"):
            return _join_paths(left, right)
        if left.known and right.known and kind in _FOLDED:
            try:
                return constant(_FOLDED[kind](left.const, right.const))
            except Exception:
                return Value()
        if kind is ast.Add and "str" in (left.type, right.type):
            joined = Value("str")
            joined.text = (left.path or "{…}") + (right.path or "{…}")
            return joined
        if kind is ast.Mod and left.type == "str":
            formatted = Value("str")
            formatted.text = left.path
            return formatted
        for side in (left, right):
            if side.type in _ABSORBING:
                return Value(side.type)
        return Value(left.type if left.type == right.type else "")

    def _bin_op(self, node: ast.BinOp) -> Value:
        return self.combine(node.op, self.evaluate(node.left), self.evaluate(node.right))

    def _bool_op(self, node: ast.BoolOp) -> Value:
        result = self.evaluate(node.values[0])
        self.maybe += 1
        for value in node.values[1:]:
            other = self.evaluate(value)
            if not result.type:
                result = other
        self.maybe -= 1
        return result if not result.known else Value(result.type)

    def _if_exp(self, node: ast.IfExp) -> Value:
        self.evaluate(node.test)
        self.maybe += 1
        first = self.evaluate(node.body)
        second = self.evaluate(node.orelse)
        self.maybe -= 1
        if first.type == second.type or not second.type or second.type == "NoneType":
            return Value(first.type)
        return Value(second.type if first.type == "NoneType" else "")

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if value.known and isinstance(node.op, ast.USub) and isinstance(value.const, int | float):
            return constant(-value.const)
        return Value(value.type if value.type in _ABSORBING else "bool" if isinstance(node.op, ast.Not) else "")

    def _compare(self, node: ast.Compare) -> Value:
        left = self.evaluate(node.left)
        kind = left.type
        for comparator in node.comparators:
            other = self.evaluate(comparator)
            kind = kind if kind in _ABSORBING else other.type
        return Value(kind if kind in _ABSORBING else "bool")

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        result = Value(_LITERAL_TYPES[node.__class__])
        elements: list[Value] = []
        for element in node.elts:
            value = self.evaluate(element)
            value.inside(result)
            elements.append(value)
        result.elements = elements
        return result

    def _dict(self, node: ast.Dict) -> Value:
        result = Value("dict")
        fields: dict[str, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            if key is None:
                continue
            part = self.part(key)
            value.inside(result, part)
            if part:
                fields[part] = value
        result.fields = fields or None
        return result

    def _joined_str(self, node: ast.JoinedStr) -> Value:
        pieces: list[str] = []
        known = True
        for piece in node.values:
            if piece.__class__ is ast.Constant:
                pieces.append(piece.value)  # type: ignore[attr-defined]
                continue
            inner = piece.value  # type: ignore[attr-defined]
            value = self.evaluate(inner)
            spec = piece.format_spec  # type: ignore[attr-defined]
            if spec is not None:
                self.evaluate(spec)
            if value.known and spec is None and isinstance(value.const, str | int):
                pieces.append(str(value.const))
            else:
                known = False
                pieces.append(value.path if value.type == "pathlib.Path" and value.path else "{" + self.text(inner) + "}")
        text = "".join(pieces)
        if known:
            return constant(text)
        result = Value("str")
        result.text = text
        return result

    def _starred(self, node: ast.Starred) -> Value:
        return self.element_of(self.evaluate(node.value), node.value)

    def _named(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        # A walrus in a comprehension binds in the scope around it (PEP 572).
        held: list[Scope] = []
        while self.scopes and self.scopes[-1].names is None and self.scopes[-1].outer is _COMPREHENSION:
            held.append(self.scopes.pop())
        self.store(node.target.id, value, node.target)
        self.scopes.extend(reversed(held))
        return value

    def _lambda(self, node: ast.Lambda) -> Value:
        value = Value("function")
        value.function = self.defaults(Function(node, self.flow.cell, tuple(self.scopes)), value)
        return value

    def defaults(self, function: Function, value: Value) -> Function:
        """Read the defaults of a function's parameters, once: they live as long as the function."""
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        given = positional[len(positional) - len(arguments.defaults) :]
        for parameter, default in (
            *zip(given, arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ):
            if default is not None:
                held = function.defaults[parameter.arg] = self.evaluate(default)
                held.inside(value)
        return function

    def _comprehension(self, node: Any) -> Value:
        scope = Scope(None, _COMPREHENSION)
        first = node.generators[0]
        iterable = self.evaluate(first.iter)
        self.scopes.append(scope)
        self.loop += 1
        held = self.maybe
        for position, generator in enumerate(node.generators):
            if position:
                iterable = self.evaluate(generator.iter)
            self.assign(generator.target, self.element_of(iterable, generator.iter))
            self.maybe = held + 1
            for condition in generator.ifs:
                self.evaluate(condition)
        self.maybe = held + 1
        if node.__class__ is ast.DictComp:
            self.evaluate(node.key)
            self.evaluate(node.value)
        else:
            self.evaluate(node.elt)
        self.maybe = held
        self.loop -= 1
        self.scopes.pop()
        return Value(_COMPREHENSION_TYPES[node.__class__])

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        if self.frames:
            self.frames[-1].yields = True
        if node.value is not None:
            self.evaluate(node.value)
        return Value()

    def _slice(self, node: ast.Slice) -> Value:
        for bound in (node.lower, node.upper, node.step):
            if bound is not None:
                self.evaluate(bound)
        return Value()


ITERATORS = frozenset(("generator", "iterator", "io", "csv.reader"))
_COMPREHENSION: frozenset[str] = frozenset(("<comprehension>",))
_LITERAL_TYPES = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
_COMPREHENSION_TYPES = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.GeneratorExp: "generator"}
_ABSORBING = frozenset(
    ("pandas.DataFrame", "pandas.Series", "numpy.ndarray", "torch.Tensor", "polars.DataFrame", "polars.Expr", "xarray.Dataset")
)
_FRAME_WHOLE = frozenset(
    ("columns", "index", "shape", "values", "T", "dtypes", "size", "empty", "loc", "iloc", "at", "iat", "plot", "ndim", "axes")
)
_FOLDED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b if not isinstance(a, str) or len(a) < 4096 else None,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b if isinstance(a, int | float) and isinstance(b, int | float) else None,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: a / b,
}


def _setting(qualified: str, part: str) -> str:
    if qualified == "os.environ":
        return f"environ:{part[2:-2]}" if part else "environ"
    return qualified


def _is_property(method: Function) -> bool:
    decorators = getattr(method.node, "decorator_list", ())
    return any(
        (isinstance(d, ast.Name) and d.id in ("property", "cached_property"))
        or (isinstance(d, ast.Attribute) and d.attr in ("cached_property", "getter"))
        for d in decorators
    )


def _join_paths(left: Value, right: Value) -> Value:
    result = Value("pathlib.Path")
    a, b = left.path or "{…}", right.path or "{…}"
    text = b if b.startswith(("/", "~")) else b if a == "." else a.rstrip("/") + "/" + b
    if (left.known and right.known) or (left.known and right.path and right.known):
        result.known, result.const = True, text
    else:
        result.text = text
    return result


def _path_member(value: Value, attribute: str) -> Value:
    text = value.path.rstrip("/")
    if attribute == "parent":
        result = Value("pathlib.Path")
        changed = dirname(text) or "."
    else:
        result = Value("str")
        name = basename(text)
        changed = {"name": name, "stem": splitext(name)[0], "suffix": splitext(name)[1]}[attribute]
    if value.known:
        result.known, result.const = True, changed
    else:
        result.text = changed
    return result


EVALUATORS: dict[type, Callable[[ExpressionReader, Any], Value]] = {
    ast.Constant: ExpressionReader._constant,
    ast.Name: ExpressionReader._name,
    ast.Attribute: ExpressionReader._attribute,
    ast.Subscript: ExpressionReader._subscript,
    ast.BinOp: ExpressionReader._bin_op,
    ast.BoolOp: ExpressionReader._bool_op,
    ast.IfExp: ExpressionReader._if_exp,
    ast.UnaryOp: ExpressionReader._unary,
    ast.Compare: ExpressionReader._compare,
    ast.List: ExpressionReader._sequence,
    ast.Tuple: ExpressionReader._sequence,
    ast.Set: ExpressionReader._sequence,
    ast.Dict: ExpressionReader._dict,
    ast.JoinedStr: ExpressionReader._joined_str,
    ast.Starred: ExpressionReader._starred,
    ast.NamedExpr: ExpressionReader._named,
    ast.Lambda: ExpressionReader._lambda,
    ast.ListComp: ExpressionReader._comprehension,
    ast.SetComp: ExpressionReader._comprehension,
    ast.DictComp: ExpressionReader._comprehension,
    ast.GeneratorExp: ExpressionReader._comprehension,
    ast.Await: ExpressionReader._await,
    ast.Yield: ExpressionReader._yield,
    ast.YieldFrom: ExpressionReader._yield,
    ast.Slice: ExpressionReader._slice,
    ast.Call: lambda reader, node: reader.call(node),
}
