"""Expressions: one method a kind of node, found by its class."""

import ast
from collections.abc import Callable, Iterator
from typing import Any, Final

from nbdebt.flow.evaluate.callsites import CallSites, display
from nbdebt.flow.evaluate.classes import (
    Env,
    Function,
)
from nbdebt.flow.evaluate.formatting import CONVERSIONS
from nbdebt.flow.evaluate.objects import (
    HAS_UNKNOWN,
    OWN,
    Bound,
    Generator,
    poisoned,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    POISON,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

_NEGATED: Final = (ast.NotEq, ast.NotIn, ast.IsNot)


class Expressions(CallSites):
    """Evaluates expressions. An unknown value is a value like any other; what it touches is not."""

    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression; UNKNOWN when it isn't known.

        Raises:
            Raised: the program's exception.
            Unknowable: when it isn't known what else happened.
        """
        handler = _DISPATCH.get(type(node))
        if handler is None:
            raise Unknowable
        return handler(self, node)

    def possible(self, node: ast.AST) -> Any:
        """An expression that may or may not have been evaluated: UNKNOWN, and so is what it could touch."""
        self.sweep(node)
        return self.unknown()

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        name = node.id
        value = self.find(name, self.env)
        if value is UNKNOWN or poisoned(value):
            if name in self.uncertain or (self.open and name not in self.names):
                self.doubt()
            return UNKNOWN
        if value is MISSING:
            if name == "display":
                return display
            if self.open:
                return self.unknown()
            local = self.env is not None and name in self.env.scope.bound and self.env.cls is None
            if local:
                raise Raised(UnboundLocalError(UNKNOWN))
            raise Raised(NameError(f"name '{name}' is not defined"))
        return value

    def _binop(self, node: ast.BinOp) -> Any:
        left = self.evaluate(node.left)
        return self.binary(type(node.op), left, self.evaluate(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        value = self.evaluate(node.operand)
        op = type(node.op)
        if value is UNKNOWN:
            return self.unknown()
        if op is ast.Not:
            try:
                return not self.truth(value)
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                return self.unknown()
        if op is ast.USub:
            return self.native(lambda v: -v, value)
        if op is ast.UAdd:
            return self.native(lambda v: +v, value)
        if type(value) is bool:
            return ~int(value)
        return self.native(lambda v: ~v, value)

    def _boolop(self, node: ast.BoolOp) -> Any:
        stops = isinstance(node.op, ast.Or)
        value: Any = None
        for index, part in enumerate(node.values):
            value = self.evaluate(part)
            if index == len(node.values) - 1:
                break
            try:
                truth = self.truth(value)
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                if type(value) not in ATOMS and value is not UNKNOWN:
                    self.poison((value,))
                for rest in node.values[index + 1 :]:
                    self.possible(rest)
                return self.unknown()
            if truth is stops:
                return value
        return value

    def _compare(self, node: ast.Compare) -> Any:
        if self.env is None and not self.open and _in_namespace(node) and isinstance(node.left, ast.Constant):
            if node.left.value in self.uncertain:
                return self.unknown()
            there = node.left.value in self.names
            return there if isinstance(node.ops[0], ast.In) else not there
        left = self.evaluate(node.left)
        value: Any = True
        last = len(node.ops) - 1
        for index, (op, part) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.evaluate(part)
            try:
                value = self._comparison(op, left, right)
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                value = self.unknown()
            if index == last:
                return value
            if value is UNKNOWN:
                for rest in node.comparators[index + 1 :]:
                    self.possible(rest)
                return UNKNOWN
            if not self.truth(value):
                return value
            left = right
        return value

    def _comparison(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        kind = type(op)
        if kind in (ast.Is, ast.IsNot):
            same = self._identical(left, right)
            return same if same is UNKNOWN else same is (kind is ast.Is)
        if kind in (ast.In, ast.NotIn):
            value = self.contains(left, right)
        elif left is UNKNOWN or right is UNKNOWN:
            return self.unknown()
        elif kind is ast.Eq:
            return self.equal(left, right)
        elif kind is ast.NotEq:
            value = self.equal(left, right)
        else:
            if type(left) not in ATOMS or type(right) not in ATOMS:
                bits = self.survey(left) | self.survey(right)
                if bits & HAS_UNKNOWN or poisoned(left) or poisoned(right):
                    return self.unknown()
            return self.native(_ORDER[kind], left, right)
        if value is UNKNOWN:
            return self.unknown()
        if kind is ast.NotEq and type(left) in OWN:
            return self.native(lambda a, b: a != b, left, right)
        return not value if kind in _NEGATED else value

    def _identical(self, left: Any, right: Any) -> Any:
        if left is UNKNOWN or right is UNKNOWN:
            return self.unknown()
        if left is right:
            return True
        if type(left) in ATOMS and type(right) in ATOMS and type(left) not in (bool, type(None)):
            if type(right) in (bool, type(None)) or type(left) is not type(right):
                return False
            return self.unknown()  # interning is the interpreter's own affair
        if type(left) in (tuple, frozenset, Bound) and type(left) is type(right):
            return self.unknown()
        return False

    def _ifexp(self, node: ast.IfExp) -> Any:
        try:
            truth = self.truth(self.evaluate(node.test))
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.possible(node.body)
            return self.possible(node.orelse)
        return self.evaluate(node.body if truth else node.orelse)

    def _sequence(self, nodes: list[ast.expr]) -> list[Any]:
        out: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                out.extend(self.listed(self.evaluate(node.value)))
            else:
                out.append(self.evaluate(node))
        if len(out) > self.size:
            raise Exhausted
        return out

    def _list(self, node: ast.List) -> Any:
        try:
            return self._sequence(node.elts)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            return self.possible(node)

    def _tuple(self, node: ast.Tuple) -> Any:
        value = self._list(node)  # type: ignore[arg-type]
        return value if value is UNKNOWN else tuple(value)

    def _set(self, node: ast.Set) -> Any:
        try:
            items = self._sequence(node.elts)
            self.bounded(*items)
            return self.native(set, items)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            return self.possible(node)

    def _dict(self, node: ast.Dict) -> Any:
        out: dict[Any, Any] = {}
        try:
            for key, item in zip(node.keys, node.values, strict=True):
                if key is None:
                    other = self.evaluate(item)
                    if not isinstance(other, dict) or poisoned(other):
                        raise Unknowable
                    out.update(other)
                else:
                    name = self.evaluate(key)
                    self.bounded(name)
                    self.native(out.__setitem__, name, self.evaluate(item))
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            return self.possible(node)
        return self.fit(out)

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.evaluate(node.value)
        key = self.evaluate(node.slice)
        try:
            return self.item(value, key)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.poison((value,))
            return self.unknown()

    def _slice(self, node: ast.Slice) -> Any:
        parts = [None if p is None else self.evaluate(p) for p in (node.lower, node.upper, node.step)]
        return UNKNOWN if any(p is UNKNOWN for p in parts) else slice(*parts)

    def _attribute(self, node: ast.Attribute) -> Any:
        return self.attribute(self.evaluate(node.value), self.mangled(node.attr))

    def _starred(self, node: ast.Starred) -> Any:
        raise Unknowable

    def _joined(self, node: ast.JoinedStr) -> Any:
        out: list[str] = []
        known = True
        for part in node.values:
            try:
                if isinstance(part, ast.FormattedValue):
                    out.append(self._formatted(part))
                else:
                    out.append(self.evaluate(part))
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                known = False
        return self.fit("".join(out)) if known else self.unknown()

    def _formatted(self, node: ast.FormattedValue) -> str:
        value = self.evaluate(node.value)
        spec = "" if node.format_spec is None else self.evaluate(node.format_spec)
        if value is UNKNOWN or spec is UNKNOWN:
            raise Unknowable
        if node.conversion != -1:
            value = self.text(value, CONVERSIONS[chr(node.conversion)])
        text: str = self.formatted(value, spec)
        return text

    def _walrus(self, node: ast.NamedExpr) -> Any:
        value = self.evaluate(node.value)
        self.bind(node.target.id, value)
        return value

    def _lambda(self, node: ast.Lambda) -> Any:
        return self.function(node, "<lambda>")

    def function(self, node: ast.FunctionDef | ast.Lambda, name: str) -> Function:
        """A function as its definition makes it: defaults evaluated, names of the place where it stands."""
        env = self.env
        owner = env if env is not None and env.cls is not None else None
        prefix = ""
        if env is not None:
            if owner is not None and owner.cls is not None:
                prefix = f"{owner.cls.qualname}."
            elif env.function is not None:
                prefix = f"{env.function.qualname}.<locals>."
        seen = env.parent if owner is not None and env is not None else env
        function = Function(node, name, prefix + name, seen, self.runner(), self.scope(node))
        function.owner = owner
        function.mangle = env.mangle if env is not None else ""
        function.defaults = [self.evaluate(d) for d in node.args.defaults]
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None:
                function.keyword_defaults[arg.arg] = self.evaluate(default)
        return function

    # comprehensions

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Any:
        try:
            first = self.iterate(self.evaluate(node.generators[0].iter))
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            return self.possible(node)
        outside = self.env
        seen = outside.parent if outside is not None and outside.cls is not None else outside
        env = Env(self.scope(node), seen, outside.mangle if outside is not None else "")
        env.function = outside.function if outside is not None else None
        env.first = outside.first if outside is not None else MISSING
        if isinstance(node, ast.GeneratorExp):
            env.vars[".0"] = first
            return Generator(node, env, self.runner())
        self.env = env
        try:
            if isinstance(node, ast.DictComp):
                table: dict[Any, Any] = {}
                for _ in self.rounds(node.generators, 0, first):
                    key = self.evaluate(node.key)
                    self.bounded(key)
                    self.native(table.__setitem__, key, self.evaluate(node.value))
                return self.fit(table)
            items = [self.evaluate(node.elt) for _ in self.rounds(node.generators, 0, first)]
            if isinstance(node, ast.SetComp):
                self.bounded(*items)
                return self.native(set, items)
            return self.fit(items)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.env = outside
            return self.possible(node)
        finally:
            self.env = outside

    def rounds(self, generators: list[ast.comprehension], index: int, first: Any = None) -> Iterator[None]:
        """Once for every time that a comprehension's element is evaluated, its targets bound."""
        part = generators[index]
        if part.is_async:
            raise Unknowable
        source = first if index == 0 else self.iterate(self.evaluate(part.iter))
        innermost = index == len(generators) - 1
        for item in self.steps_of(source):
            self.assign(part.target, item)
            for test in part.ifs:
                if not self.truth(self.evaluate(test)):
                    break
            else:
                if innermost:
                    yield
                else:
                    yield from self.rounds(generators, index + 1)

    def steps_of(self, source: Iterator[Any]) -> Iterator[Any]:
        """The items of an iterator, charged one by one.

        Raises:
            Unknowable: when something unknown may have changed what is iterated over.
            Raised: what the iterator raises.
        """
        while True:
            self.tick()
            try:
                item = next(source)
            except StopIteration:
                return
            except Exception as error:
                raise self.translated(error, (), {}) from None
            if item is POISON:
                raise Unknowable
            yield UNKNOWN if poisoned(item) else item

    def assign(self, target: ast.expr, value: Any) -> None:
        """Binds a target, unpacking where it is a list of targets."""
        raise NotImplementedError


def _in_namespace(node: ast.Compare) -> bool:
    """Whether it asks if a global name exists: ``"x" in globals()``."""
    part = node.comparators[0]
    return (
        len(node.ops) == 1
        and isinstance(node.ops[0], ast.In | ast.NotIn)
        and isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in ("globals", "locals", "dir", "vars")
        and not part.args
    )


_ORDER: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_DISPATCH: Final[dict[type[ast.expr], Callable[[Expressions, Any], Any]]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.BinOp: Expressions._binop,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolop,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._ifexp,
    ast.List: Expressions._list,
    ast.Tuple: Expressions._tuple,
    ast.Set: Expressions._set,
    ast.Dict: Expressions._dict,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.Attribute: Expressions._attribute,
    ast.Starred: Expressions._starred,
    ast.JoinedStr: Expressions._joined,
    ast.NamedExpr: Expressions._walrus,
    ast.Lambda: Expressions._lambda,
    ast.Call: Expressions.call_site,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
}
