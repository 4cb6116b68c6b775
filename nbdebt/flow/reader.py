"""Reads cells: statements into accesses. Abstract interpretation with light types, never running anything.

One walk over each tree serves all rules. Called functions of the user's are walked at the call, with what is known of
the arguments, so that what they read, change, draw and write belongs to the run that calls them.
"""

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow, Statement
from nbdebt.flow.idempotence import is_idempotent
from nbdebt.flow.magic_effects import MagicReader
from nbdebt.flow.magics import Magic, Masked, mask
from nbdebt.flow.values import Class, Env, Function, Scope, Value
from nbdebt.model.history import Name, Span

Executor = Callable[["Reader", Any], None]


class Parsed(NamedTuple):
    """A cell's source, masked and parsed once for all who need the tree; ``tree`` is None where nothing is Python."""

    cell: int
    source: str
    masked: Masked
    tree: ast.Module | None
    error: str = ""
    error_line: int = 0


def parse(cell: int, source: str) -> Parsed:
    """Mask IPython's syntax and parse; a syntax error is noted, not raised."""
    masked = mask(source)
    if masked.skip:
        return Parsed(cell, source, masked, None)
    try:
        return Parsed(cell, source, masked, ast.parse(masked.text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Parsed(cell, source, masked, None, getattr(error, "msg", None) or str(error) or "cannot be parsed", line)


class Reader(MagicReader):
    """Reads the code cells of one document one after the other; what one cell defines the next ones know.

    Args:
        registry: what library functions do.
        env: names known from before (a live session's, or empty).
    """

    def __init__(self, registry: Registry, env: Env | None = None) -> None:
        super().__init__(registry, env if env is not None else Env())

    def foresee(self, cells: Iterable[Parsed]) -> None:
        """Note imports and definitions of the whole document, so that a cell which stands above them is understood too."""
        foreseen = self.env.foreseen
        for parsed in cells:
            stack: list[ast.stmt] = list(parsed.tree.body) if parsed.tree is not None else []
            while stack:
                node = stack.pop()
                kind = node.__class__
                if kind is ast.Import:
                    for alias in node.names:  # type: ignore[attr-defined]
                        local = alias.asname or alias.name.partition(".")[0]
                        foreseen[local] = Value(qualified=alias.name if alias.asname else local)
                elif kind is ast.ImportFrom and not node.level and node.module:  # type: ignore[attr-defined]
                    for alias in node.names:  # type: ignore[attr-defined]
                        if alias.name != "*":
                            foreseen[alias.asname or alias.name] = Value(qualified=f"{node.module}.{alias.name}")  # type: ignore[attr-defined]
                elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                    value = Value("function")
                    value.function = Function(node, parsed.cell, ())  # type: ignore[arg-type]
                    foreseen[node.name] = value  # type: ignore[attr-defined]
                elif kind is ast.Try or kind is ast.If or kind is ast.With:
                    stack.extend(node.body)  # type: ignore[attr-defined]

    def read(self, parsed: Parsed) -> CellFlow:
        """Read one cell: what it does; with ``error`` set where it doesn't parse."""
        flow = CellFlow(parsed.cell)
        masked = parsed.masked
        if parsed.error:
            return CellFlow(parsed.cell, error=parsed.error, error_line=parsed.error_line)
        self.begin(flow, parsed.source, masked.dedent)
        if parsed.tree is None:
            self.magics(masked.magics, Span(1, 1, len(self.lines), len(self.lines[-1]) + 1))
        else:
            self.body(parsed.tree, masked.magics)
        return flow

    def body(self, tree: ast.Module, magics: Sequence[Magic] = ()) -> None:
        """Read a parsed cell, statement by statement."""
        flow = self.flow
        waiting = sorted(magics, key=lambda magic: magic.line, reverse=True)
        for node in tree.body:
            self.seen.clear()
            first = len(flow.accesses)
            special = False
            end = node.end_lineno or node.lineno
            while waiting and waiting[-1].line <= end:
                magic = waiting.pop()
                special = True
                self.apply_magic(magic)
            try:
                self.run(node)
            except RecursionError:
                flow.opaque.append(f"line {node.lineno} is nested too deeply to be followed")
                self.reset_frames()
            flow.statements.append(
                Statement(
                    self.span(node),
                    first,
                    len(flow.accesses),
                    is_idempotent(node),
                    "Magic" if special else node.__class__.__name__,
                )
            )
        if waiting:
            self.magics(list(reversed(waiting)), Span(waiting[-1].line, 1, waiting[0].end_line, 1))
        if tree.body and tree.body[-1].__class__ is ast.Expr:
            flow.displayed = self.span(tree.body[-1])

    def magics(self, magics: Sequence[Magic], span: Span) -> None:
        """Read magics that stand by themselves."""
        first = len(self.flow.accesses)
        for magic in magics:
            self.apply_magic(magic)
        self.flow.statements.append(Statement(span, first, len(self.flow.accesses), False, "Magic"))

    # Statements

    def run(self, node: ast.stmt) -> None:
        """Read one statement."""
        executor = _EXECUTORS.get(node.__class__)
        if executor is not None:
            executor(self, node)

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order."""
        for node in body:
            executor = _EXECUTORS.get(node.__class__)
            if executor is not None:
                executor(self, node)

    def maybe_block(self, body: list[ast.stmt]) -> None:
        """Read statements that may not run."""
        self.maybe += 1
        self.block(body)
        self.maybe -= 1

    def _expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = node.value
        if value.__class__ is ast.Call and node.targets[0].__class__ is ast.Name:
            self.target = node.targets[0].id  # type: ignore[attr-defined]
        result = self.evaluate(value)
        self.target = ""
        for target in node.targets:
            self.assign(target, result)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        self.evaluate(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def _aug_assign(self, node: ast.AugAssign) -> None:
        target = node.target
        if target.__class__ is ast.Name:
            current = self.load_name(target.id, target)  # type: ignore[attr-defined]
            operand = self.evaluate(node.value)
            if current.type in _IN_PLACE:
                self.mutate(current, "", node)
                return
            result = self.combine(node.op, current, operand)
            self.store(target.id, result, target)  # type: ignore[attr-defined]
            return
        load = ast.copy_location(
            ast.Attribute(target.value, target.attr, ast.Load())
            if isinstance(target, ast.Attribute)
            else ast.Subscript(target.value, target.slice, ast.Load()),  # type: ignore[attr-defined]
            target,
        )
        current = self.evaluate(load)
        operand = self.evaluate(node.value)
        self.assign(target, self.combine(node.op, current, operand))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete_target(target)

    def _delete_target(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            if self.is_global(target.id):
                self.emit(Name(target.id), "delete", target)
                if not self.maybe:
                    self.env.unbind(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._delete_target(item)
        elif isinstance(target, ast.Subscript):
            part = self.part(target.slice)
            self.mutate(self.holder(target.value), part, target, mode="delete" if part else "mutate")
        elif isinstance(target, ast.Attribute):
            self.mutate(self.holder(target.value), "." + target.attr, target, mode="delete")

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
        function = self.defaults(Function(node, self.flow.cell, tuple(self.scopes)), value)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if argument.annotation is not None and not self.scopes:
                self.evaluate(argument.annotation)
        value.function = function
        result = value
        for decorator in reversed(node.decorator_list):
            result = self.decorate(decorator, result, value)
        self.store(node.name, result, node)

    def _class(self, node: ast.ClassDef) -> None:
        cls = Class(node.name, self.flow.cell)
        for base in (*node.bases, *(k.value for k in node.keywords)):
            value = self.evaluate(base)
            if value.cls is not None and not value.instance:
                cls.bases.append(value.cls)
                cls.library_bases.extend(value.cls.library_bases)
            elif value.qualified:
                cls.library_bases.append(value.qualified)
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        scope = Scope(None)
        self.scopes.append(scope)
        self.block(node.body)
        self.scopes.pop()
        for name, value in scope.values.items():
            if value.function is not None:
                cls.methods[name] = value.function
                value.function.cls = cls
                # A method does not see the names of the class body.
                value.function.scopes = tuple(s for s in value.function.scopes if s is not scope)
            else:
                cls.attributes[name] = value
        result = Value("type")
        result.cls = cls
        for attribute in cls.attributes.values():
            attribute.inside(result)
        self.store(node.name, result, node)

    def _if(self, node: ast.If) -> None:
        test = node.test
        if _is_main_guard(test):
            self.block(node.body)
            return
        self.evaluate(test)
        self.maybe_block(node.body)
        self.maybe_block(node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.evaluate(node.iter)
        certain = _runs_at_least_once(node.iter)
        if not certain:
            self.maybe += 1
        self.loop += 1
        self.assign(node.target, self.element_of(iterable, node.iter))
        self.block(node.body)
        self.loop -= 1
        if not certain:
            self.maybe -= 1
        self.maybe_block(node.orelse)

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
        for item in node.items:
            value = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        self.block(node.body)

    def _try(self, node: ast.Try) -> None:
        self.guarded += 1
        self.maybe += 1
        self.block(node.body)
        self.maybe -= 1
        self.guarded -= 1
        for handler in node.handlers:
            if handler.type is not None:
                self.maybe += 1
                self.evaluate(handler.type)
                self.maybe -= 1
            self.maybe += 1
            if handler.name:
                self.store(handler.name, Value(), handler)
            self.block(handler.body)
            if handler.name and self.is_global(handler.name):
                self.emit(Name(handler.name), "delete", handler)
            self.maybe -= 1
        self.maybe_block(node.orelse)
        self.block(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        subject = self.evaluate(node.subject)
        for case in node.cases:
            self.maybe += 1
            for item in ast.walk(case.pattern):
                kind = item.__class__
                if kind is ast.MatchAs or kind is ast.MatchStar:
                    if item.name:  # type: ignore[attr-defined]
                        self.store(item.name, self.child(subject, ""), case.pattern)  # type: ignore[attr-defined]
                elif kind is ast.MatchMapping and item.rest:  # type: ignore[attr-defined]
                    self.store(item.rest, Value("dict"), case.pattern)  # type: ignore[attr-defined]
                elif kind is ast.MatchValue:
                    self.evaluate(item.value)  # type: ignore[attr-defined]
                elif kind is ast.MatchClass:
                    self.evaluate(item.cls)  # type: ignore[attr-defined]
            if case.guard is not None:
                self.evaluate(case.guard)
            self.block(case.body)
            self.maybe -= 1

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
    ("list", "set", "dict", "collections.deque", "collections.Counter", "numpy.ndarray", "bytearray", "torch.Tensor")
)


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _runs_at_least_once(iterable: ast.expr) -> bool:
    """Whether a loop over this expression surely has a first turn."""
    if isinstance(iterable, ast.List | ast.Tuple | ast.Set):
        return any(not isinstance(e, ast.Starred) for e in iterable.elts)
    if isinstance(iterable, ast.Dict):
        return bool(iterable.keys)
    if isinstance(iterable, ast.Constant):
        return isinstance(iterable.value, str) and bool(iterable.value)
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.args:
        if iterable.func.id == "range":
            numbers = [a.value for a in iterable.args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
            if len(numbers) == len(iterable.args):
                try:
                    return len(range(*numbers)) > 0
                except (ValueError, TypeError):
                    return False
        if iterable.func.id in ("enumerate", "reversed", "sorted", "list", "tuple"):
            return _runs_at_least_once(iterable.args[0])
        if iterable.func.id == "zip":
            return all(_runs_at_least_once(a) for a in iterable.args)
    return False


_EXECUTORS: dict[type, Executor] = {
    ast.Expr: Reader._expr,
    ast.Assign: Reader._assign,
    ast.AnnAssign: Reader._ann_assign,
    ast.AugAssign: Reader._aug_assign,
    ast.Delete: Reader._delete,
    ast.Import: Reader._import,
    ast.ImportFrom: Reader._import_from,
    ast.FunctionDef: Reader._function,
    ast.AsyncFunctionDef: Reader._function,
    ast.ClassDef: Reader._class,
    ast.If: Reader._if,
    ast.For: Reader._for,
    ast.AsyncFor: Reader._for,
    ast.While: Reader._while,
    ast.With: Reader._with,
    ast.AsyncWith: Reader._with,
    ast.Try: Reader._try,
    ast.TryStar: Reader._try,
    ast.Match: Reader._match,
    ast.Return: Reader._return,
    ast.Raise: Reader._raise,
    ast.Assert: Reader._assert,
}
if hasattr(ast, "TypeAlias"):
    _EXECUTORS[ast.TypeAlias] = Reader._type_alias
