"""Runs that wait, as only a notebook's may: coroutines that ``asyncio`` runs."""

import ast
from collections import Counter

from nbdebt.export.helpers import Names
from nbdebt.export.names import bindings, spoken
from nbdebt.export.refused import ExportRefused
from nbdebt.export.texts import indented, tree_of
from nbdebt.export.translate import Block


def coroutine(block: Block, text: str, names: Names, alone: bool) -> str:
    """A run that waits, as a coroutine: what it binds is global, as in the notebook.

    Args:
        block: the run.
        text: its code.
        names: the names that the script may use.
        alone: no other run of the script waits.

    Raises:
        ExportRefused: it holds what no function may.
    """
    function = names.free(
        f"cell_{block.entry.count if block.entry.count is not None else block.entry.number}"
    )
    tree = tree_of(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            raise ExportRefused("a star import in a cell that waits", block.entry.label, node.lineno)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            raise ExportRefused("an annotated name in a cell that waits", block.entry.label, node.lineno)
    before, inside = _parted(text, tree)
    bound = tuple(dict.fromkeys(name for name, _ in bindings(tree_of(inside))))
    shared = f"    global {', '.join(bound)}\n" if bound else ""
    asyncio = names.module("asyncio")
    code = f"{before}async def {function}():\n{shared}{indented(inside)}\n\n\n"
    if alone:
        return code + f"{asyncio}.run({function}())"
    runner = names.free("runner")
    start = "" if "runner" in names.helpers else f"{runner} = {asyncio}.Runner()\n"
    names.helpers.setdefault("runner", runner)
    return code + f"{start}{runner}.run({function}())"


def _parted(text: str, tree: ast.Module) -> tuple[str, str]:
    """Imports and functions of a cell that waits, which needn't stand in the coroutine; and the rest."""
    lines = text.split("\n")
    times = Counter(name for name, _ in bindings(tree))
    loaded: set[str] = set()
    out: list[tuple[int, int]] = []
    for node in tree.body:
        bound = [name for name, _ in bindings(ast.Module([node], []))]
        plain = isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not (node.decorator_list or node.args.defaults or any(node.args.kw_defaults))
        )
        if plain and all(times[name] == 1 and name not in loaded for name in bound):
            out.append((node.lineno, node.end_lineno or node.lineno))
        loaded |= spoken([node])
    alone = [(a, b) for a, b in out if sum(a <= n.lineno <= b for n in tree.body) == 1]
    gone = {line for a, b in alone for line in range(a, b + 1)}
    before = "".join("\n".join(lines[a - 1 : b]) + "\n\n\n" for a, b in alone)
    inside = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return before, inside.strip("\n")
