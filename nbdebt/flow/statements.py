"""Statements into accesses: what is bound, what may happen, and what surely does."""

import ast
from collections.abc import Callable
from typing import Any

from nbdebt.flow.definitions import DefinitionReader
from nbdebt.flow.expressions import runs_at_least_once
from nbdebt.flow.folding import combine
from nbdebt.flow.values import Value
from nbdebt.model.history import Name

Executor = Callable[["StatementReader", Any], None]


class StatementReader(DefinitionReader):
    """Reads statements."""

    def run(self, node: ast.stmt) -> None:
        """Read one statement."""
        executor = _EXECUTORS.get(node.__class__)
        if executor is not None:
            executor(self, node)

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order."""
        self.enter()
        for node in body:
            if self.waiting and not self.frames:
                self.magics_before(node)
            executor = _EXECUTORS.get(node.__class__)
            if executor is not None:
                executor(self, node)
        self.depth -= 1

    def magics_before(self, node: ast.stmt) -> None:
        """Read the magics that stand before a statement, or in a simple one."""
        raise AssertionError("magics are read in MagicReader")

    def maybe_block(self, body: list[ast.stmt]) -> None:
        """Read statements that may not run: what they bind is bound only inside."""
        if not body:
            return
        held = self.assigned
        self.assigned = dict(held)
        self.maybe += 1
        self.block(body)
        self.maybe -= 1
        self.assigned = held

    def branches(self, *bodies: list[ast.stmt]) -> None:
        """Read blocks of which exactly one runs: what all of them bind is bound."""
        held = self.assigned
        ends: list[dict[str, int]] = []
        self.maybe += 1
        for body in bodies:
            self.assigned = dict(held)
            self.block(body)
            # Nothing comes after a block that raises.
            if not body or body[-1].__class__ is not ast.Raise:
                ends.append(self.assigned)
        self.maybe -= 1
        self.assigned = held
        if ends:
            for name, number in ends[-1].items():
                if name not in held and all(name in end for end in ends):
                    held[name] = number
                    self.certify(name, number)

    def _expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = node.value
        targets = node.targets
        first = targets[0]
        if first.__class__ is ast.Name and value.__class__ is ast.Call:
            self.target = first.id
        result = self.evaluate(value)
        self.target = ""
        if self.loop and value.__class__ is ast.BinOp and first.__class__ is ast.Name:
            result = _changing(result, value, first.id)
        for target in targets:
            self.assign(target, result)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        if not self.frames:
            # Annotations of local variables are not evaluated.
            self.evaluate(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))
        elif self.scopes and self.scopes[-1].names is None and node.target.__class__ is ast.Name:
            self.scopes[-1].annotated.append(node.target.id)
            return
        if self.scopes and self.scopes[-1].names is None and node.target.__class__ is ast.Name:
            self.scopes[-1].annotated.append(node.target.id)

    def _aug_assign(self, node: ast.AugAssign) -> None:
        target = node.target
        if target.__class__ is ast.Name:
            current = self.load_name(target.id, target)
            operand = self.evaluate(node.value)
            if current.type in _IN_PLACE:
                self.mutate(current, "", node)
                return
            result = combine(node.op, current, operand)
            if self.loop and result.known:
                # Each turn gives another one.
                result = Value(result.type)
            self.store(target.id, result, target)
            return
        # What a target's evaluation reads is what a value's does.
        current = self.evaluate(target)
        operand = self.evaluate(node.value)
        self.assign(target, combine(node.op, current, operand))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.delete(target)

    def _if(self, node: ast.If) -> None:
        test = node.test
        if _is_main_guard(test):
            self.block(node.body)
            return
        if test.__class__ is ast.Constant:
            self.block(node.body if test.value else node.orelse)
            return
        self.evaluate(test)
        if node.orelse:
            self.branches(node.body, node.orelse)
        else:
            self.maybe_block(node.body)
        if self.frames and (_returns(node.body) or _returns(node.orelse)):
            self.left += 1

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.evaluate(node.iter)
        if iterable.type == "set" and not all(_commutes(inner) for inner in node.body):
            self.order_of(iterable, node.iter)
        element = self.element_of(iterable, node.iter)
        turns = self._turns(node, iterable)
        self.loop += 1
        if turns:
            self._turn_by_turn(node, turns)
        elif runs_at_least_once(node.iter) or (iterable.elements and iterable.type in ("list", "tuple")):
            self.assign(node.target, element)
            self.block(node.body)
        else:
            held = self.assigned
            self.assigned = dict(held)
            self.maybe += 1
            self.turnless += 1
            self.assign(node.target, element)
            self.block(node.body)
            self.turnless -= 1
            self.maybe -= 1
            self.assigned = held
        self.loop -= 1
        self.maybe_block(node.orelse)

    def _turns(self, node: ast.For | ast.AsyncFor, iterable: Value) -> list[Value]:
        """The elements of a short loop over constants, which is walked turn by turn: they are often
        columns or paths."""
        elements = iterable.elements
        if (
            not elements
            or self.loop
            or len(elements) > _TURNS
            or len(node.body) > _LONG_BODY
            or iterable.type not in ("list", "tuple")
            or node.target.__class__ is not ast.Name
            or not all(e.known and isinstance(e.const, str) for e in elements)
        ):
            return []
        return elements

    def _turn_by_turn(self, node: ast.For | ast.AsyncFor, turns: list[Value]) -> None:
        held, self.turn = self.turn, set()
        calls = len(self.flow.calls)
        for number, element in enumerate(turns):
            if number:
                calls = len(self.flow.calls)
            self.assign(node.target, element)
            self.block(node.body)
            if number:
                del self.flow.calls[calls:]
        self.turn = held

    def _while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        certain = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self.loop += 1
        if certain:
            self.block(node.body)
        else:
            self.turnless += 1
            self.maybe_block(node.body)
            self.turnless -= 1
        self.loop -= 1
        self.maybe_block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        swallows = False
        for item in node.items:
            value = self.evaluate(item.context_expr)
            swallows = swallows or value.type == "contextlib.suppress"
            if value.cls is not None and value.instance and value.cls.library_bases == []:
                method = value.cls.method("__enter__") or value.cls.method("__aenter__")
                if method is not None:
                    value = self.invoke(method, [value], {}, item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        if swallows:
            self.maybe_block(node.body)
        else:
            self.block(node.body)

    def _try(self, node: ast.Try) -> None:
        held = self.assigned
        self.guarded += 1
        self.maybe += 1
        self.assigned = dict(held)
        self.block(node.body)
        self.guarded -= 1
        self.block(node.orelse)
        ends = [self.assigned]
        for handler in node.handlers:
            self.assigned = dict(held)
            if handler.type is not None:
                self.evaluate(handler.type)
            if handler.name:
                self.store(handler.name, Value(), handler)
            self.block(handler.body)
            if handler.name and self.is_global(handler.name):
                self.emit(Name(handler.name), "delete", handler)
                self.assigned.pop(handler.name, None)
            if not handler.body or handler.body[-1].__class__ is not ast.Raise:
                ends.append(self.assigned)
        self.maybe -= 1
        self.assigned = held
        for name, number in ends[-1].items():
            if name not in held and all(name in end for end in ends):
                held[name] = number
                self.certify(name, number)
        self.block(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        subject = self.evaluate(node.subject)
        for case in node.cases:
            held = self.assigned
            self.assigned = dict(held)
            self.maybe += 1
            for item in ast.walk(case.pattern):
                kind = item.__class__
                if kind is ast.MatchAs or kind is ast.MatchStar:
                    if item.name:  # type: ignore[attr-defined]
                        self.store(item.name, self.child(subject, ""), item)  # type: ignore[attr-defined]
                elif kind is ast.MatchMapping:
                    for key in item.keys:  # type: ignore[attr-defined]
                        self.evaluate(key)
                    if item.rest:  # type: ignore[attr-defined]
                        self.store(item.rest, Value("dict"), item)  # type: ignore[attr-defined]
                elif kind is ast.MatchValue:
                    self.evaluate(item.value)  # type: ignore[attr-defined]
                elif kind is ast.MatchClass:
                    self.evaluate(item.cls)  # type: ignore[attr-defined]
            if case.guard is not None:
                self.evaluate(case.guard)
            self.block(case.body)
            self.maybe -= 1
            self.assigned = held

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returned(self.evaluate(node.value))

    def _raise(self, node: ast.Raise) -> None:
        for part in (node.exc, node.cause):
            if part is not None:
                self.evaluate(part)

    def _assert(self, node: ast.Assert) -> None:
        self.evaluate(node.test)
        if node.msg is not None:
            self.maybe += 1
            self.evaluate(node.msg)
            self.maybe -= 1

    def _type_alias(self, node: Any) -> None:
        # The value of a ``type`` statement is evaluated only when asked for (PEP 695).
        self.store(node.name.id, Value(), node)


_IN_PLACE = frozenset(
    (
        "list",
        "set",
        "dict",
        "collections.deque",
        "collections.Counter",
        "numpy.ndarray",
        "bytearray",
        "torch.Tensor",
    )
)


# Loops over so many constants, with so many statements in them, are walked turn by turn.
_TURNS = 8
_LONG_BODY = 20


def _changing(result: Value, node: ast.BinOp, name: str) -> Value:
    """``x = x + 1`` in a loop is not the constant that its first turn makes."""
    if result.known and any(isinstance(s, ast.Name) and s.id == name for s in (node.left, node.right)):
        return Value(result.type)
    return result


# Methods whose calls for several keys come to the same in any order.
_KEYED_CHANGES = frozenset(("pop", "discard", "add", "remove", "update", "setdefault"))


def _commutes(node: ast.stmt) -> bool:
    """Whether a loop's turns that consist of such statements may come in any order."""
    if isinstance(node, ast.If):
        return all(_commutes(inner) for inner in (*node.body, *node.orelse))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        return isinstance(function, ast.Attribute) and function.attr in _KEYED_CHANGES
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Subscript)
    if isinstance(node, ast.Delete):
        return isinstance(node.targets[0], ast.Subscript)
    return isinstance(node, ast.Pass | ast.Assert | ast.Continue)


def _returns(body: list[ast.stmt]) -> bool:
    """Whether a block ends by leaving the function."""
    last = body[-1] if body else None
    while isinstance(last, ast.With):
        last = last.body[-1]
    return isinstance(last, ast.Return)


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


_EXECUTORS: dict[type, Executor] = {
    ast.Expr: StatementReader._expr,
    ast.Assign: StatementReader._assign,
    ast.AnnAssign: StatementReader._ann_assign,
    ast.AugAssign: StatementReader._aug_assign,
    ast.Delete: StatementReader._delete,
    ast.Import: StatementReader.define_import,
    ast.ImportFrom: StatementReader.define_import_from,
    ast.FunctionDef: StatementReader.define_function,
    ast.AsyncFunctionDef: StatementReader.define_function,
    ast.ClassDef: StatementReader.define_class,
    ast.If: StatementReader._if,
    ast.For: StatementReader._for,
    ast.AsyncFor: StatementReader._for,
    ast.While: StatementReader._while,
    ast.With: StatementReader._with,
    ast.AsyncWith: StatementReader._with,
    ast.Try: StatementReader._try,
    ast.TryStar: StatementReader._try,
    ast.Match: StatementReader._match,
    ast.Return: StatementReader._return,
    ast.Raise: StatementReader._raise,
    ast.Assert: StatementReader._assert,
}

if hasattr(ast, "TypeAlias"):
    _EXECUTORS[ast.TypeAlias] = StatementReader._type_alias
