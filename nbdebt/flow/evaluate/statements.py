"""Statements: how control flows, and where nobody knows where it flows."""

import ast
from collections.abc import Callable
from typing import Any, Final

from nbdebt.flow.evaluate.classes import (
    Class,
    Env,
    Instance,
)
from nbdebt.flow.evaluate.importing import Importing
from nbdebt.flow.evaluate.objects import (
    poisoned,
)
from nbdebt.flow.evaluate.tables import words
from nbdebt.flow.evaluate.values import (
    ATOMS,
    INPLACE,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

BREAK: Final = object()
CONTINUE: Final = object()
#: Special methods that change what the evaluator takes for granted.
_STRANGE: Final = words(
    """
    __new__ __init_subclass__ __getattribute__ __setattr__ __delattr__ __slots__ __set_name__
    __get__ __set__ __del__ __class_getitem__ __prepare__ __match_args__ __instancecheck__
    __subclasscheck__
    """
)


class Return:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Statements(Importing):
    """Runs statements. A handler gives None, or how the flow leaves: break, continue or a returned value."""

    def block(self, statements: list[ast.stmt]) -> Any:
        """Runs statements in order; one that can't be followed is swept."""
        for statement in statements:
            self.tick()
            handler = _DISPATCH.get(type(statement))
            try:
                if handler is None:
                    raise Unknowable
                signal = handler(self, statement)
            except (Exhausted, Doubted):
                raise
            except Unknowable:
                self.sweep(statement)
                continue
            if signal is not None:
                return signal
        return None

    def body(self, statements: list[ast.stmt]) -> Any:
        """Runs a function's body and gives what it returns."""
        signal = self.block(statements)
        return signal.value if type(signal) is Return else None

    def _assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def _augmented(self, node: ast.AugAssign) -> None:
        op, target = type(node.op), node.target
        assert op in INPLACE
        if isinstance(target, ast.Name):
            old = self._name(target)
            self.bind(target.id, self.binary(op, old, self.evaluate(node.value), inplace=True))
        elif isinstance(target, ast.Attribute):
            owner = self.evaluate(target.value)
            name = self.mangled(target.attr)
            old = self.attribute(owner, name)
            self.set_attribute(owner, name, self.binary(op, old, self.evaluate(node.value), inplace=True))
        else:
            owner = self.evaluate(target.value)
            key = self.evaluate(target.slice)
            old = self.item(owner, key)
            self.set_item(owner, key, self.binary(op, old, self.evaluate(node.value), inplace=True))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.unbind(target.id)
            elif isinstance(target, ast.Subscript):
                owner = self.evaluate(target.value)
                self.delete_item(owner, self.evaluate(target.slice))
            elif isinstance(target, ast.Attribute):
                self.delete_attribute(self.evaluate(target.value), self.mangled(target.attr))
            else:
                raise Unknowable

    # control flow

    def _expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def _pass(self, node: ast.stmt) -> None:
        return None

    def _break(self, node: ast.Break) -> Any:
        return BREAK

    def _continue(self, node: ast.Continue) -> Any:
        return CONTINUE

    def _return(self, node: ast.Return) -> Any:
        return Return(None if node.value is None else self.evaluate(node.value))

    def _if(self, node: ast.If) -> Any:
        return self.block(node.body if self.truth(self.evaluate(node.test)) else node.orelse)

    def _while(self, node: ast.While) -> Any:
        while self.truth(self.evaluate(node.test)):
            self.tick()
            signal = self.block(node.body)
            if signal is BREAK:
                return None
            if type(signal) is Return:
                return signal
        return self.block(node.orelse)

    def _for(self, node: ast.For) -> Any:
        value = self.evaluate(node.iter)
        source = self.iterate(value)
        for item in self.steps_of(source):
            self.assign(node.target, item)
            signal = self.block(node.body)
            if signal is BREAK:
                return None
            if type(signal) is Return:
                return signal
            if type(value) not in ATOMS and poisoned(value):
                raise Unknowable
        return self.block(node.orelse)

    def _assert(self, node: ast.Assert) -> None:
        value = self.evaluate(node.test)
        try:
            truth = self.truth(value)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.doubt()
            return
        if not truth:
            raise Raised(AssertionError(*([] if node.msg is None else [self.evaluate(node.msg)])))

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is None:
            if self.handling is None:
                raise Unknowable
            raise Raised(self.handling)
        value = self.evaluate(node.exc)
        if node.cause is not None:
            self.evaluate(node.cause)
        if isinstance(value, type) and issubclass(value, BaseException):
            value = self.native(value)
        elif type(value) is Class:
            value = self.construct(value, [], {})
        if isinstance(value, BaseException) or (type(value) is Instance and value.cls.exception is not None):
            raise Raised(value)
        raise Raised(UNKNOWN) if value is UNKNOWN else Unknowable()

    def _try(self, node: ast.Try) -> Any:
        if not node.handlers:
            return self._finally(node, lambda: self.block(node.body) or self.block(node.orelse))
        if node.finalbody:
            return self._finally(node, lambda: self._handled(node))
        return self._handled(node)

    def _finally(self, node: ast.Try, run: Callable[[], Any]) -> Any:
        env = self.env
        try:
            signal = run()
        except Raised:
            self.env = env
            left = self.block(node.finalbody)
            if left is not None:
                return left
            raise
        left = self.block(node.finalbody)
        return signal if left is None else left

    def _handled(self, node: ast.Try) -> Any:
        env, depth = self.env, self.depth
        self.tries += 1
        try:
            signal = self.block(node.body)
        except Raised as error:
            self.tries -= 1
            self.env, self.depth = env, depth
            return self._handle(node, error)
        except Unknowable as unknown:
            self.tries -= 1
            self.env, self.depth = env, depth
            if isinstance(unknown, Exhausted):
                raise
            raise Unknowable from None
        self.tries -= 1
        return signal if signal is not None else self.block(node.orelse)

    def _handle(self, node: ast.Try, error: Raised) -> Any:
        for handler in node.handlers:
            if handler.type is not None:
                kinds = self.evaluate(handler.type)
                if not self.catches(kinds, error.value):
                    continue
            if handler.name:
                self.bind(handler.name, error.value)
            before, self.handling = self.handling, error.value
            try:
                return self.block(handler.body)
            finally:
                self.handling = before
                if handler.name:
                    (self.names if self.env is None else self.env.vars).pop(handler.name, None)
        raise error

    def catches(self, kinds: Any, value: Any) -> bool:
        """Whether an ``except`` clause is for an exception.

        Raises:
            Unknowable: when the classes aren't known.
        """
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if isinstance(kind, type) and issubclass(kind, BaseException):
                if value is UNKNOWN:
                    if kind not in (Exception, BaseException):
                        raise Unknowable
                    return True
                if isinstance(value, kind) or (
                    type(value) is Instance and issubclass(value.cls.exception or Instance, kind)
                ):
                    return True
            elif type(kind) is Class:
                if type(value) is Instance and kind in value.cls.mro:
                    return True
            else:
                raise Unknowable
        return False

    def _with(self, node: ast.With) -> Any:
        return self._entered(node, 0)

    def _entered(self, node: ast.With, index: int) -> Any:
        if index == len(node.items):
            return self.block(node.body)
        item = node.items[index]
        manager = self.evaluate(item.context_expr)
        if manager is UNKNOWN and _opens(item.context_expr):
            # a file: its body runs, once
            if item.optional_vars is not None:
                self.assign(item.optional_vars, UNKNOWN)
            return self._entered(node, index + 1)
        if type(manager) is not Instance or manager.lost:
            raise Unknowable
        entered = self.call(self.attribute(manager, "__enter__"), [], {})
        if item.optional_vars is not None:
            self.assign(item.optional_vars, entered)
        leave = self.attribute(manager, "__exit__")
        env = self.env
        try:
            signal = self._entered(node, index + 1)
        except Raised as error:
            self.env = env
            value = error.value
            kind = value.cls if type(value) is Instance else type(value)
            if self.truth(self.call(leave, [kind, value, None], {})):
                return None
            raise
        self.call(leave, [None, None, None], {})
        return signal

    # definitions

    def _function(self, node: ast.FunctionDef) -> None:
        decorators = [self.evaluate(d) for d in node.decorator_list]
        value: Any = self.function(node, node.name)
        for decorator in reversed(decorators):
            value = self.call(decorator, [value], {})
        self.bind(self.mangled(node.name), value)

    def _class(self, node: ast.ClassDef) -> None:
        decorators = [self.evaluate(d) for d in node.decorator_list]
        value: Any = self._made(node)
        for decorator in reversed(decorators):
            value = self.call(decorator, [value], {})
        self.bind(node.name, value)

    def _made(self, node: ast.ClassDef) -> Any:
        bases = [self.evaluate(b) for b in node.bases]
        own: list[Class] = []
        exception: type[BaseException] | None = None
        known = not node.keywords
        abstract = False
        for base in bases:
            if type(base) is Class:
                own.append(base)
            elif isinstance(base, type) and issubclass(base, BaseException):
                exception = base
            elif isinstance(base, type) and base.__module__ == "abc":
                abstract = True
            elif base is not object:
                known = False
        outside = self.env
        scope = self.scope(node)
        qualname = node.name
        if outside is not None and outside.cls is not None:
            qualname = f"{outside.cls.qualname}.{node.name}"
        elif outside is not None and outside.function is not None:
            qualname = f"{outside.function.qualname}.<locals>.{node.name}"
        cls = Class(node, qualname, tuple(own), self.runner())
        env = Env(scope, outside.parent if outside is not None and outside.cls is not None else outside)
        env.vars = cls.namespace
        env.mangle = node.name.lstrip("_")
        env.cls = cls
        env.function = outside.function if outside is not None else None
        self.env = env
        try:
            self.block(node.body)
        finally:
            self.env = outside
        cls.mro = linear(cls)
        cls.exception = exception or next((b.exception for b in own if b.exception is not None), None)
        cls.abstract = abstract or any(b.abstract for b in own)
        cls.fields = next((b.fields for b in cls.mro[1:] if b.fields is not None), None)
        cls.frozen = any(b.frozen for b in own)
        if not known or _STRANGE & cls.namespace.keys():
            self.poison((cls, *bases))
            return self.unknown()
        return cls

    def _match(self, node: ast.Match) -> Any:
        subject = self.evaluate(node.subject)
        for case in node.cases:
            if self.matches(case.pattern, subject) and (
                case.guard is None or self.truth(self.evaluate(case.guard))
            ):
                return self.block(case.body)
        return None

    # what the layers above provide

    handling: Any = None


def _opens(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and (
        (isinstance(node.func, ast.Name) and node.func.id == "open")
        or (isinstance(node.func, ast.Attribute) and node.func.attr in ("open", "catch_warnings"))
    )


def linear(cls: Class) -> list[Class]:
    """The method resolution order (C3), as Python computes it."""
    lists = [list(b.mro) for b in cls.bases] + [list(cls.bases)]
    out = [cls]
    while any(lists):
        for candidates in lists:
            if candidates and not any(candidates[0] in rest[1:] for rest in lists):
                head = candidates[0]
                break
        else:
            raise Raised(TypeError(UNKNOWN))
        out.append(head)
        lists = [[c for c in rest if c is not head] for rest in lists]
    return out


_DISPATCH: Final[dict[type[ast.stmt], Callable[[Statements, Any], Any]]] = {
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.Delete: Statements._delete,
    ast.Expr: Statements._expr,
    ast.Pass: Statements._pass,
    ast.Global: Statements._pass,
    ast.Nonlocal: Statements._pass,
    ast.Break: Statements._break,
    ast.Continue: Statements._continue,
    ast.Return: Statements._return,
    ast.If: Statements._if,
    ast.While: Statements._while,
    ast.For: Statements._for,
    ast.Assert: Statements._assert,
    ast.Raise: Statements._raise,
    ast.Try: Statements._try,
    ast.With: Statements._with,
    ast.FunctionDef: Statements._function,
    ast.ClassDef: Statements._class,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
    ast.Match: Statements._match,
}
