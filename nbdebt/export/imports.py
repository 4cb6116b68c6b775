"""Imports at the top, once each, where that changes nothing."""

import ast
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from nbdebt.export.effects import QUIET_PACKAGES
from nbdebt.export.names import bindings, spoken
from nbdebt.export.texts import tree_of

# What an import may depend on: none that stands below one of these is moved above it.
_DEPENDS = re.compile(
    r"\b(?:environ|putenv|chdir|sys\.path|sys\.modules|meta_path|simplefilter|filterwarnings|set_start_method|reload|"
    r"import_module|invalidate_caches|writefile|rcParams|use)\b"
)
_RUNS = re.compile(
    r"\b(?:shell|shell_lines|run_program|run_script|exec|open|write_text|ipython_magic_\d+)_*\("
)


def hoisted(
    texts: Sequence[str], trees: Sequence[ast.Module], directory: str, there: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Take imports out of blocks of code.

    Only plain imports at the top level of a block go up: never out of ``try`` or ``if``, never past what they
    may depend on, never where the name stands for something else at another place, and never a module that
    lies beside the notebook (it may be written by it).

    Args:
        texts: the blocks.
        trees: the notebook's code, for what its names stand for.
        directory: where it runs.
        there: import statements that stand at the top anyhow.

    Returns:
        The imports, in order; the blocks without them.
    """
    meanings = _meanings(trees)
    found: dict[str, None] = {}
    rest: list[str] = []
    barred = False
    for text in texts:
        tree = tree_of(text) if text.strip() else ast.Module([], [])
        lines = text.split("\n")
        gone: set[int] = set()
        starts = [node.lineno for node in tree.body]
        for position, node in enumerate(tree.body):
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not isinstance(node, ast.Import | ast.ImportFrom):
                segment = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                barred = barred or bool(_DEPENDS.search(segment) or _RUNS.search(segment))
                continue
            alone = starts.count(node.lineno) == 1 and not (
                position and (tree.body[position - 1].end_lineno or 0) >= node.lineno
            )
            line = lines[(node.end_lineno or node.lineno) - 1]
            alone = alone and not line.split("#")[0].rstrip().endswith(";")
            if alone and ast.unparse(node) in there and _is_movable(node, meanings, directory):
                gone.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            elif alone and (future or (not barred and _is_movable(node, meanings, directory))):
                found["\n".join(lines[node.lineno - 1 : node.end_lineno])] = None
                gone.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        rest.append("\n".join(line for number, line in enumerate(lines, 1) if number not in gone).strip("\n"))
    return sorted(found, key=lambda text: "__future__" not in text), rest


def used_imports(imports: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Imports without those of modules that no code speaks of, and that do nothing but give a name.

    Args:
        imports: the statements.
        texts: the code below them.
    """
    code = "\n".join(texts)
    used = spoken([tree_of(code)])
    if used & {"exec", "eval", "globals", "locals", "vars"} or "@" in code:
        return list(imports)

    def is_idle(text: str) -> bool:
        node = tree_of(text).body[0]
        return isinstance(node, ast.Import) and all(
            (alias.asname or alias.name) not in used
            and "." not in alias.name
            and alias.name in (QUIET_PACKAGES - {"matplotlib"})
            for alias in node.names
        )

    return [text for text in imports if not is_idle(text)]


def _meanings(trees: Sequence[ast.Module]) -> Mapping[str, set[str]]:
    """What each name is bound by, anywhere in the notebook."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        for name, node in bindings(tree):
            if isinstance(node, ast.Import):
                alias = next(a for a in node.names if (a.asname or a.name.partition(".")[0]) == name)
                found.setdefault(name, set()).add(alias.name if alias.asname else name)
            elif isinstance(node, ast.ImportFrom):
                alias = next(a for a in node.names if (a.asname or a.name) == name)
                found.setdefault(name, set()).add(f"{'.' * node.level}{node.module}:{alias.name}")
            else:
                found.setdefault(name, set()).add(f"<{id(node)}>")
    return found


def _is_movable(node: ast.Import | ast.ImportFrom, meanings: Mapping[str, set[str]], directory: str) -> bool:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    if isinstance(node, ast.ImportFrom) and node.level:
        return False
    for alias in node.names:
        if alias.name == "*" or len(meanings.get(alias.asname or alias.name.partition(".")[0], ())) != 1:
            return False
    for module in modules:
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names:
            continue
        place = Path(directory, top)
        if place.is_dir() or place.with_suffix(".py").exists():
            return False
    return True
