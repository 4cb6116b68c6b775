"""Generators that a function makes in place of an argument that was left out, as NumPy and SciPy do it."""

import ast
from collections.abc import Iterator

from nbdebt.flow.reader import parse
from nbdebt.model.history import Span
from nbdebt.rules.analysis import Analysis

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def never_needed(seen: Analysis, cell: int, span: Span) -> bool:
    """Whether what is made at a place stands in for an argument that all calls in the notebook give.

    ``rng = rng or default_rng()``, ``if rng is None: …``, and the same as a conditional expression.

    Args:
        seen: the notebook.
        cell: where the generator is made.
        span: the call that makes it, its end as far as it is known.
    """
    parsed = {c.index: parse(c.index, c.source).tree for c, _ in seen.cells()}
    trees = {index: tree for index, tree in parsed.items() if tree is not None}
    found = _stand_in(trees[cell], span) if cell in trees else None
    if found is None:
        return False
    function, owner, parameter = found
    arguments = [*function.args.posonlyargs, *function.args.args]
    names = [argument.arg for argument in arguments]
    position = names.index(parameter) - bool(owner) if parameter in names else -1
    called = owner if function.name == "__init__" else function.name
    calls = [
        node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == called
    ]
    uses = sum(
        _last_name(node) == called
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    )
    # Handed on as a value, it is called by somebody who can't be seen.
    return bool(calls) and uses == len(calls) and all(_gives(c, parameter, position) for c in calls)


def _stand_in(tree: ast.Module, span: Span) -> tuple[_Function, str, str] | None:
    """The function that makes it, the class that has this as a method, and the parameter."""
    for function, owner in _functions(tree, ""):
        parameters = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
        parts: list[ast.expr] | list[ast.stmt]
        for node in ast.walk(function):
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
                test, parts = node.values[0], node.values[1:]
            elif isinstance(node, ast.IfExp):
                test, parts = node.test, [node.body, node.orelse]
            elif isinstance(node, ast.If):
                test, parts = node.test, [*node.body, *node.orelse]
            else:
                continue
            name = _tested(test)
            if name is not None and name.id in parameters and any(_made_in(part, span) for part in parts):
                return function, owner, name.id
    return None


def _functions(node: ast.AST, owner: str) -> Iterator[tuple[_Function, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child, owner
            yield from _functions(child, "")
        else:
            yield from _functions(child, child.name if isinstance(child, ast.ClassDef) else owner)


def _tested(test: ast.expr) -> ast.Name | None:
    """The name of which is asked whether it is there: ``rng``, ``not rng``, ``rng is None``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot) and len(test.ops) == 1:
        other = test.comparators[0]
        if not isinstance(other, ast.Constant) or other.value is not None:
            return None
        test = test.left
    return test if isinstance(test, ast.Name) else None


def _made_in(part: ast.AST, span: Span) -> bool:
    return any(
        isinstance(node, ast.Call) and (node.lineno, node.col_offset + 1) == (span.line, span.column)
        for node in ast.walk(part)
    )


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _gives(call: ast.Call, parameter: str, position: int) -> bool:
    """Whether a call surely gives the argument, and not as None."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == parameter]
    if not given and 0 <= position < len(call.args):
        if any(isinstance(argument, ast.Starred) for argument in call.args[: position + 1]):
            return False
        given = [call.args[position]]
    return bool(given) and not (isinstance(given[0], ast.Constant) and given[0].value is None)
