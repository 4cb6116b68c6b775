"""What a piece of code may do to names, read off the tree: for the parts that are not followed."""

import ast

import msgspec

from nbdebt.flow.evaluate.tables import words

#: Builtins that neither change nor keep the containers they are given.
_READING = words(
    """
    print len sum min max sorted str repr range enumerate zip any all round abs int float bool
    isinstance list tuple set dict frozenset divmod pow format reversed type display
    """
)
_READING_METHODS = words(
    """
    get items keys values copy count index join format split lower upper strip
    """
)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope(msgspec.Struct, gc=False):
    """The names of a scope: bound in it, or declared to be somebody else's; and how it runs."""

    bound: set[str]
    globals: set[str]
    nonlocals: set[str]
    generates: bool = False


class Uses(msgspec.Struct, gc=False):
    """What code may do to names.

    Args:
        loads: names read, at any depth.
        suspects: those of them that could be changed in place, kept, or handed on.
        stores: names bound in the scope that the code stands in.
        globals: names that nested functions declare ``global``, or ``nonlocal``, and bind.
        calls: whether anything is called.
        jumps: it can leave by ``return``.
        deletes: it can delete a name.
        breaks: it can leave by ``break`` or ``continue``.
    """

    loads: set[str]
    suspects: set[str]
    stores: set[str]
    globals: set[str]
    calls: bool = False
    jumps: bool = False
    breaks: bool = False
    deletes: bool = False


def scope_of(node: ast.AST) -> Scope:
    """The scope that a function, lambda, class or comprehension opens."""
    scope = Scope(set(), set(), set())
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        a = node.args
        for arg in [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]:
            scope.bound.add(arg.arg)
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    elif isinstance(node, ast.ClassDef):
        body = list(node.body)
    elif isinstance(node, _COMPREHENSIONS):
        for generator in node.generators:
            scope.bound.update(n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name))
        return scope
    else:
        body = []
    for statement in body:
        _bind(statement, scope)
    scope.bound -= scope.globals | scope.nonlocals
    return scope


def _bind(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            scope.bound.add(node.id)
        return
    if isinstance(node, _SCOPES):
        if not isinstance(node, ast.Lambda):
            scope.bound.add(node.name)
            for part in node.decorator_list:
                _bind(part, scope)
        if isinstance(node, ast.ClassDef):
            for base in [*node.bases, *node.keywords]:
                _bind(base, scope)
        else:
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    _bind(default, scope)
        return
    if isinstance(node, _COMPREHENSIONS):
        # only a walrus binds outside a comprehension
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                scope.bound.add(inner.target.id)
        return
    if isinstance(node, ast.Global):
        scope.globals.update(node.names)
    elif isinstance(node, ast.Nonlocal):
        scope.nonlocals.update(node.names)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        scope.bound.update((a.asname or a.name).partition(".")[0] for a in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchStar | ast.MatchAs):
        if node.name:
            scope.bound.add(node.name)
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            scope.bound.add(node.rest)
    elif isinstance(node, ast.Yield | ast.YieldFrom):
        scope.generates = True
    for child in ast.iter_child_nodes(node):
        _bind(child, scope)


def yields(node: ast.AST) -> bool:
    """Whether a ``yield`` of this very scope stands in the code."""
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, _SCOPES):
        return False
    return any(map(yields, ast.iter_child_nodes(node)))


def uses_of(node: ast.AST) -> Uses:
    """What the code may do to names; of a function's or lambda's own node: what its body may do."""
    uses = Uses(set(), set(), set(), set())
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            _use(part, uses, False)
    else:
        _use(node, uses, False)
    scope = Scope(set(), set(), set())
    _bind(node, scope)
    uses.stores = scope.bound
    return uses


def _use(node: ast.AST, uses: Uses, safe: bool) -> None:
    kind = type(node)
    if isinstance(node, ast.Name):
        uses.loads.add(node.id)
        if not safe and not (isinstance(node.ctx, ast.Store)):
            uses.suspects.add(node.id)
        return
    if isinstance(node, ast.Call):
        uses.calls = True
        function = node.func
        reading = isinstance(function, ast.Name) and function.id in _READING
        if isinstance(function, ast.Attribute) and function.attr in _READING_METHODS:
            _use(function.value, uses, True)
        else:
            _use(function, uses, reading)
        for part in [*node.args, *node.keywords]:
            _use(part, uses, reading)
        return
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        _use(node.value, uses, True)
        _use(node.slice, uses, True)
        return
    if isinstance(node, ast.IfExp | ast.If):
        _use(node.test, uses, True)
        for child in ast.iter_child_nodes(node):
            if child is not node.test:
                _use(child, uses, safe)
        return
    if isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Name):
            uses.loads.add(node.target.id)
            uses.suspects.add(node.target.id)
        else:
            _use(node.target, uses, False)
        _use(node.value, uses, True)
        return
    if isinstance(node, ast.For | ast.While):
        _use(node.iter if isinstance(node, ast.For) else node.test, uses, True)
        body = Uses(uses.loads, uses.suspects, uses.stores, uses.globals)
        for child in [*node.body, *([node.target] if isinstance(node, ast.For) else [])]:
            _use(child, body, False)
        uses.calls |= body.calls
        uses.deletes |= body.deletes
        uses.jumps |= body.jumps  # what breaks out of the loop's own body ends there
        for child in node.orelse:
            _use(child, uses, False)
        return
    if isinstance(node, ast.comprehension):
        for child in [node.iter, *node.ifs]:
            _use(child, uses, True)
        return
    if isinstance(node, ast.Global | ast.Nonlocal):
        uses.globals.update(node.names)
        return
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Await | ast.With):
        uses.calls = True
    if isinstance(node, ast.Delete):
        uses.deletes = True
    if isinstance(node, ast.Return):
        uses.jumps = True
    elif isinstance(node, ast.Break | ast.Continue):
        uses.breaks = True
    inner = Uses(uses.loads, uses.suspects, uses.stores, uses.globals)
    if isinstance(node, _SCOPES):
        for child in ast.iter_child_nodes(node):
            _use(child, inner, False)
        uses.calls |= inner.calls
        return
    harmless = kind in (
        ast.Compare,
        ast.BinOp,
        ast.UnaryOp,
        ast.JoinedStr,
        ast.FormattedValue,
        ast.Expr,
        ast.Slice,
    )
    passing = kind in (ast.Starred, ast.keyword)
    for child in ast.iter_child_nodes(node):
        _use(child, inner, harmless or (passing and safe))
    uses.calls |= inner.calls
    uses.deletes |= inner.deletes
    uses.jumps |= inner.jumps
    uses.breaks |= inner.breaks
