"""Statements into accesses: what is bound, what may happen, and what surely does."""

import ast
from collections.abc import Callable
from typing import Any

from nbdebt.flow.calls import CallReader
from nbdebt.flow.expressions import runs_at_least_once
from nbdebt.flow.folding import combine
from nbdebt.flow.values import Class, Scope, Value
from nbdebt.model.history import Name

Executor = Callable[["StatementReader", Any], None]


class StatementReader(CallReader):
    """Reads statements."""

    def run(self, node: ast.stmt) -> None:
        """Read one statement."""
        executor = _EXECUTORS.get(node.__class__)
        if executor is not None:
            executor(self, node)

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order."""
        for node in body:
            if self.waiting and not self.frames:
                self.magics_before(node)
            executor = _EXECUTORS.get(node.__class__)
            if executor is not None:
                executor(self, node)

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

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            qualified = alias.name if alias.asname else local
            if not self.scopes:
                self.flow.imports[local] = alias.name
            self.store(local, Value(qualified=qualified), node)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.star_import(module, node)
                continue
            local = alias.asname or alias.name
            qualified = f"{module}.{alias.name}"
            if not self.scopes:
                self.flow.imports[local] = qualified
            self.store(local, Value(qualified=qualified), node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        value = Value("function")
        function = self.defaults(self.function_of(node), value)
        parameters = self.type_parameters(node)
        if not self.scopes or parameters:
            arguments = node.args
            annotated = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            for argument in (*annotated, arguments.vararg, arguments.kwarg):
                if argument is not None and argument.annotation is not None:
                    self.evaluate(argument.annotation)
            if node.returns is not None:
                self.evaluate(node.returns)
        if parameters:
            self.scopes.pop()
        value.function = function
        result = value
        for decorator in reversed(node.decorator_list):
            result = self.decorate(decorator, result)
        self.store(node.name, result, node)

    def type_parameters(self, node: Any) -> bool:
        """Open the scope of type parameters (PEP 695), where there are any; their bounds are evaluated
        later."""
        parameters = getattr(node, "type_params", None)
        if parameters:
            self.scopes.append(Scope(frozenset(p.name for p in parameters)))
        return bool(parameters)

    def _class(self, node: ast.ClassDef) -> None:
        cls = Class(node.name, self.flow.cell)
        result = Value("type")
        result.cls = cls
        made = [self.evaluate(decorator) for decorator in node.decorator_list]
        parameters = self.type_parameters(node)
        for base in (*node.bases, *(k.value for k in node.keywords)):
            value = self.evaluate(base)
            if value.cls is not None and not value.instance:
                cls.bases.append(value.cls)
                cls.library_bases.extend(value.cls.library_bases)
                cls.fields.update(value.cls.fields)
            elif value.qualified:
                cls.library_bases.append(value.qualified)
        scope = Scope(None, _globals_of(node.body))
        self.scopes.append(scope)
        self.block(node.body)
        self.scopes.pop()
        if parameters:
            self.scopes.pop()
        for name, value in scope.values.items():
            if value.function is not None:
                cls.methods[name] = value.function
                value.function.cls = cls
                # A method does not see the names of the class body.
                value.function.scopes = tuple(s for s in value.function.scopes if s is not scope)
            else:
                cls.attributes[name] = value
        if any(v.qualified.rpartition(".")[2] in _FIELD_MAKERS for v in made) or any(
            base.rpartition(".")[2] in _FIELD_BASES for base in cls.library_bases
        ):
            for name in scope.annotated:
                cls.fields[name] = cls.attributes.pop(name, None)
        for attribute in cls.attributes.values():
            attribute.inside(result)
        self.store(node.name, result, node)

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

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.evaluate(node.iter)
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
            self.assign(node.target, element)
            self.block(node.body)
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
            self.maybe_block(node.body)
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


# Decorators and bases that make a constructor out of annotated class attributes.
_FIELD_MAKERS = frozenset(("dataclass", "define", "frozen", "mutable", "attrs", "s", "pydantic_dataclass"))
_FIELD_BASES = frozenset(("NamedTuple", "BaseModel", "TypedDict", "Struct", "BaseSettings", "SQLModel"))
# Loops over so many constants, with so many statements in them, are walked turn by turn.
_TURNS = 8
_LONG_BODY = 20


def _globals_of(body: list[ast.stmt]) -> frozenset[str]:
    """The names that a class body declares global."""
    return frozenset(name for node in body if isinstance(node, ast.Global) for name in node.names)


def _changing(result: Value, node: ast.BinOp, name: str) -> Value:
    """``x = x + 1`` in a loop is not the constant that its first turn makes."""
    if result.known and any(isinstance(s, ast.Name) and s.id == name for s in (node.left, node.right)):
        return Value(result.type)
    return result


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


_EXECUTORS: dict[type, Executor] = {
    ast.Expr: StatementReader._expr,
    ast.Assign: StatementReader._assign,
    ast.AnnAssign: StatementReader._ann_assign,
    ast.AugAssign: StatementReader._aug_assign,
    ast.Delete: StatementReader._delete,
    ast.Import: StatementReader._import,
    ast.ImportFrom: StatementReader._import_from,
    ast.FunctionDef: StatementReader._function,
    ast.AsyncFunctionDef: StatementReader._function,
    ast.ClassDef: StatementReader._class,
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
