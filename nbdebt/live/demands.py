"""What a cell's code demands of files and directories, and raises without: that they are there, or that they
are not.

``os.remove("a.txt")`` wants a file, ``os.mkdir("out")`` and ``open("a.txt", "x")`` want none. A restart finds
the directory as the session left it, so what went well once need not go well again.
"""

import ast
import os
from collections.abc import Iterator, Sequence

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.live.disk import Touched, absolute, plain_path
from nbdebt.live.record import THERE, Read
from nbdebt.live.states import ABSENT

_REMOVING = frozenset(("remove", "unlink", "rmdir", "rmtree", "removedirs"))
_MAKING = frozenset(("mkdir", "makedirs"))
_TOLERANT = frozenset(("exist_ok", "missing_ok", "ignore_errors", "onerror", "onexc"))
_GUARDS = (
    ast.If,
    ast.Try,
    ast.IfExp,
    ast.While,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
)


def demands(parsed: Parsed | None, done: Sequence[Touched], flow: CellFlow) -> list[Read]:
    """What a run found there, or not there, that its code can't do without (or with).

    Args:
        parsed: the cell.
        done: what the run did to files.
        flow: what its code does.

    Returns:
        Reads of whether the path is there. What stands under a condition or is caught demands nothing.
    """
    if parsed is None or parsed.tree is None or not any(item.mode in ("write", "delete") for item in done):
        return []
    calls: dict[tuple[int, int], list[ast.Call]] = {}
    for call in _calls(parsed.tree):
        calls.setdefault((call.lineno, call.col_offset + 1), []).append(call)
    found: list[Read] = []
    gone = {item.path for item in done if item.mode == "delete"}
    removed: set[str] = set()
    for index, access in enumerate(flow.accesses):
        if access.mode not in ("delete", "write") or not plain_path(access):
            if access.mode == "delete":
                return found
            continue
        path = absolute(str(access.resource))
        if access.mode == "delete":
            removed.add(path)
        here = calls.get((access.span.line, access.span.column), ()) if access.certain else ()
        if access.mode == "delete":
            if path in gone and any(_name(call) in _REMOVING for call in here):
                found.append(Read(f"<File>{path}", THERE, THERE.encode(), True, index, -1))
        elif path not in removed and any(_name(call) == "open" and _exclusive(call) for call in here):
            found.append(Read(f"<File>{path}", THERE, ABSENT, True, index, -1))
    makes = any(_name(call) in _MAKING for here in calls.values() for call in here)
    if makes and not _makes_tolerantly(parsed.tree):
        made = [item.path for item in done if item.mode == "write" and item.via.endswith(tuple(_MAKING))]
        for path in made:
            inner = any(other.startswith(path + os.sep) for other in made)
            if not inner and not any(path == other or path.startswith(other + os.sep) for other in removed):
                found.append(Read(f"<File>{path}", THERE, ABSENT, True, -1, -1))
    return found


def takes_the_end(parsed: Parsed | None) -> bool:
    """Whether all that a cell takes of what its calls give is the end of it: ``print(lines()[-1])``.

    What was appended is at the end, whatever is before it.
    """
    if parsed is None or parsed.tree is None:
        return False
    inside: set[int] = set()
    found = False
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Subscript) and _is_last(node.slice) and isinstance(node.value, ast.Call):
            found = True
            inside.update(id(inner) for inner in ast.walk(node.value))
        elif isinstance(node, ast.Call) and _name(node) in ("print", "display"):
            inside.add(id(node))
    for node in parsed.tree.body[:-1]:
        if isinstance(node, ast.Expr):
            inside.add(id(node.value))
    return found and all(id(node) in inside for node in ast.walk(parsed.tree) if isinstance(node, ast.Call))


def _is_last(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and node.operand.value == 1
    )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Calls that are made whenever the cell runs, and whose errors nobody catches."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _GUARDS):
            continue
        if isinstance(child, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and _name(item.context_expr) == "suppress"
            for item in child.items
        ):
            continue
        if isinstance(child, ast.Call) and not _is_tolerant(child):
            yield child
        yield from _calls(child)


def _makes_tolerantly(tree: ast.Module) -> bool:
    """Whether some directory may be there already: then it isn't known which."""
    return any(
        isinstance(node, ast.Call) and _name(node) in _MAKING and _is_tolerant(node)
        for node in ast.walk(tree)
    )


def _is_tolerant(call: ast.Call) -> bool:
    return any(
        keyword.arg in _TOLERANT
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for keyword in call.keywords
    )


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _exclusive(call: ast.Call) -> bool:
    """Whether a call of ``open`` makes a file and wants that there is none."""
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = [
        value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    return any("x" in mode and not set(mode) - set("xbt+") for mode in modes)
