"""Annotations for the names of a session, of the types that were seen."""

import ast
import sys
from collections import Counter

from nbdebt.export.model import Log
from nbdebt.export.names import bindings, parsed_source

_PLAIN = frozenset(
    ("int", "float", "str", "bool", "bytes", "list", "dict", "tuple", "set", "frozenset", "complex")
)


def annotations(log: Log, imports: ast.Module) -> dict[str, str]:
    """Annotations of the names that a session has, where it had one value only.

    A type is named as the script can: a builtin, what it imports, an attribute of a package that it imports,
    a class of the notebook.

    Args:
        log: what ran.
        imports: the script's imports.
    """
    if log.look is None:
        return {}
    times: Counter[str] = Counter()
    classes: set[str] = set()
    for entry in log.entries:
        tree = parsed_source(entry.source).tree
        if tree is not None:
            times.update({name for name, _ in bindings(tree)})
            classes |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    wanted = [name for name in log.names if times[name] == 1]
    packages = {
        alias.asname or alias.name: alias.name
        for node in imports.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if "." not in alias.name
    }
    classes_imported = {
        (node.module.partition(".")[0], alias.name): alias.asname or alias.name
        for node in imports.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found: dict[str, str] = {}
    for name, value in log.look(wanted).items():
        top, _, last = value.kind.partition(".")[0], "", value.kind.rpartition(".")[2]
        if (top == "builtins" and last in _PLAIN) or (top == "__main__" and last in classes):
            found[name] = last
        elif (top, last) in classes_imported:
            found[name] = classes_imported[top, last]
        else:
            local = next((local for local, package in packages.items() if package == top), "")
            if local and isinstance(vars(sys.modules.get(top, ast)).get(last), type):
                found[name] = f"{local}.{last}"
    return found
