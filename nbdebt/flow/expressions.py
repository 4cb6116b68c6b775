"""Expressions into values and accesses."""

import ast
from collections.abc import Callable
from typing import Any

from nbdebt.flow.folding import ABSORBING, combine, iterable_of
from nbdebt.flow.places import PlaceReader, calls_globals
from nbdebt.flow.values import Function, Scope, Value, constant

_LONG_LITERAL = 16
_COMPREHENSION: frozenset[str] = frozenset(("<comprehension>",))
_LITERAL_TYPES = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
_COMPREHENSION_TYPES = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}


class ExpressionReader(PlaceReader):
    """Reads expressions. Calls are left to the class above."""

    def evaluate(self, node: ast.expr) -> Value:
        """Read an expression: adds its accesses, says what is known of its value."""
        kind = node.__class__
        if kind is ast.Name:
            return self.load_name(node.id, node)  # type: ignore[attr-defined]
        if kind is ast.Constant:
            return constant(node.value)  # type: ignore[attr-defined]
        self.enter()
        if kind is ast.Call:
            value = self.call(node)  # type: ignore[arg-type]
        elif (evaluator := EVALUATORS.get(kind)) is not None:
            value = evaluator(self, node)
        else:
            value = Value()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.evaluate(child)
        self.depth -= 1
        return value

    def call(self, node: ast.Call) -> Value:
        """Read a call."""
        raise AssertionError("reads of calls are defined in CallReader")

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target."""
        raise AssertionError("targets are bound in StoreReader")

    # Operators and literals

    def _bin_op(self, node: ast.BinOp) -> Value:
        return combine(node.op, self.evaluate(node.left), self.evaluate(node.right))

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
        return Value(
            value.type if value.type in ABSORBING else "bool" if isinstance(node.op, ast.Not) else ""
        )

    def _compare(self, node: ast.Compare) -> Value:
        left = self.evaluate(node.left)
        kind = left.type
        for comparator in node.comparators:
            if calls_globals(comparator) and isinstance(left.const, str):
                # ``'x' in globals()`` asks for one name.
                self.guarded += 1
                self.load_global(left.const, node)
                self.guarded -= 1
                continue
            other = self.evaluate(comparator)
            kind = kind if kind in ABSORBING else other.type
        return Value(kind if kind in ABSORBING else "bool")

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        result = Value(_LITERAL_TYPES[node.__class__])
        if len(node.elts) > _LONG_LITERAL and all(e.__class__ is ast.Constant for e in node.elts):
            # Data written down: nobody asks for one of so many.
            return iterable_of(Value(type(node.elts[0].value).__name__), result)  # type: ignore[attr-defined]
        ordered = node.__class__ is not ast.Set
        elements: list[Value] = []
        for position, element in enumerate(node.elts):
            value = self.evaluate(element)
            if element.__class__ is ast.Starred:
                ordered = False
            value.inside(result, f"[{position}]" if ordered else "")
            elements.append(value)
        if not any(element.__class__ is ast.Starred for element in node.elts):
            result.elements = elements
        return result

    def _dict(self, node: ast.Dict) -> Value:
        result = Value("dict")
        fields: dict[str, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            if key is None:
                continue
            parts = self.parts(key, result)
            value.inside(result, parts[0] if parts else "")
            if parts:
                fields[parts[0]] = value
        result.fields = fields or None
        return result

    def _joined_str(self, node: ast.JoinedStr) -> Value:
        pieces: list[str] = []
        known = True
        for piece in node.values:
            if piece.__class__ is ast.Constant:
                pieces.append(str(piece.value))
                continue
            inner = piece.value  # type: ignore[attr-defined]
            value = self.evaluate(inner)
            spec = piece.format_spec  # type: ignore[attr-defined]
            if spec is not None:
                self.evaluate(spec)
            if value.known and spec is None and isinstance(value.const, str | int) and piece.conversion == -1:  # type: ignore[attr-defined]
                pieces.append(str(value.const))
            else:
                known = False
                pieces.append(
                    value.path
                    if value.type == "pathlib.Path" and value.path
                    else "{" + self.text(inner) + "}"
                )
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
        value.function = self.defaults(self.function_of(node), value)
        return value

    def function_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Function:
        """A function that is defined here."""
        return Function(node, self.flow.cell, tuple(self.scopes), None, self.walrus or bool(self.frames))

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
        if node.__class__ is ast.ListComp:
            self.order_of(iterable, first.iter)
        certain = len(node.generators) == 1 and not first.ifs and runs_at_least_once(first.iter)
        self.scopes.append(scope)
        self.loop += 1
        held, turnless = self.maybe, self.turnless
        for position, generator in enumerate(node.generators):
            if position:
                iterable = self.evaluate(generator.iter)
            self.assign(generator.target, self.element_of(iterable, generator.iter))
            if not certain:
                self.maybe, self.turnless = held + 1, turnless + 1
            for condition in generator.ifs:
                self.evaluate(condition)
        if node.__class__ is ast.DictComp:
            self.evaluate(node.key)
            element = self.evaluate(node.value)
        else:
            element = self.evaluate(node.elt)
        self.maybe, self.turnless = held, turnless
        self.loop -= 1
        self.scopes.pop()
        result = Value(_COMPREHENSION_TYPES[node.__class__])
        element.inside(result)
        return iterable_of(element, result)

    def order_of(self, value: Value, node: ast.expr) -> None:
        """The order of a set comes out: of strings, it is another one in each process (see
        ``PYTHONHASHSEED``)."""
        if value.type != "set" or self.unordered:
            return
        elements = value.elements
        if elements and all(e.type in ("int", "float", "bool", "NoneType") for e in elements):
            return
        inner = (value.fields or {}).get("<element>")
        if inner is not None and inner.type in ("int", "float", "bool"):
            return
        self.draw("hash", node, "set")

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


def runs_at_least_once(iterable: ast.expr) -> bool:
    """Whether a loop over this expression surely has a first turn."""
    if isinstance(iterable, ast.List | ast.Tuple | ast.Set):
        return any(not isinstance(e, ast.Starred) for e in iterable.elts)
    if isinstance(iterable, ast.Dict):
        return any(key is not None for key in iterable.keys)
    if isinstance(iterable, ast.Constant):
        return isinstance(iterable.value, str) and bool(iterable.value)
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.args:
        name = iterable.func.id
        if name == "range":
            numbers = [
                a.value for a in iterable.args if isinstance(a, ast.Constant) and isinstance(a.value, int)
            ]
            try:
                return len(numbers) == len(iterable.args) and bool(range(*numbers))
            except (ValueError, TypeError):
                return False
        if name in ("enumerate", "reversed", "sorted", "list", "tuple", "tqdm", "trange"):
            return runs_at_least_once(iterable.args[0])
        if name == "zip":
            return all(runs_at_least_once(a) for a in iterable.args)
    return False


EVALUATORS: dict[type, Callable[[ExpressionReader, Any], Value]] = {
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
}
