"""Small questions about pieces of code."""

import ast
import builtins
from collections.abc import Iterator

from nbdebt.export.texts import parsed_expression, tree_of


def groups(tree: ast.Module) -> Iterator[tuple[int, int, list[ast.stmt], list[int]]]:
    """Statements by the lines that they share: first line, last line, statements, their numbers."""
    found: list[tuple[int, int, list[ast.stmt], list[int]]] = []
    for number, node in enumerate(tree.body):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        end = node.end_lineno or node.lineno
        if found and first <= found[-1][1]:
            start, _, nodes, numbers = found.pop()
            found.append((start, end, [*nodes, node], [*numbers, number]))
        else:
            found.append((first, end, [node], [number]))
    yield from found


def without_last_comment(gap: str) -> str:
    """What stands above a statement that is left out, without the comment that belongs to it."""
    lines = gap.split("\n")[:-1]
    while lines and lines[-1].lstrip().startswith("#"):
        lines.pop()
    return "".join(line + "\n" for line in lines)


def without_semicolon(text: str) -> str:
    """Code without the semicolon at its end, which keeps a notebook from showing a result."""
    stripped = text.rstrip()
    if not stripped.endswith(";"):
        return text
    body = tree_of(text).body
    end = max((node.end_lineno or 0 for node in body), default=0)
    lines = stripped.split("\n")
    last = lines[end - 1].encode()[body[-1].end_col_offset :].decode() if end == len(lines) else ""
    return stripped[:-1].rstrip() if last.strip() == ";" else text


def guarded_names(tree: ast.Module) -> set[int]:
    """Names within a ``try`` that expects them not to be there."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.handlers:
            found.update(id(inner) for part in node.body for inner in ast.walk(part))
    return found


def asks(tree: ast.Module) -> Iterator[ast.Name]:
    """Calls of ``input`` that are made when the code runs, not when a function of it does."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input":
            yield node.func
        stack.extend(ast.iter_child_nodes(node))


def is_expression(code: str) -> bool:
    """Whether a text is an expression."""
    try:
        parsed_expression(code)
    except (SyntaxError, ValueError):
        return False
    return True


def is_builtin_error(name: str) -> bool:
    """Whether a name is that of a builtin exception."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def has_code(text: str) -> bool:
    """Whether a text holds more than blanks and comments."""
    return any(line.strip() and not line.strip().startswith("#") for line in text.split("\n"))
