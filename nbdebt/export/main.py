"""The runs as the body of ``main``: what flags need, so that code can be given its settings."""

import ast
import builtins
import textwrap
from collections.abc import Iterator

from nbdebt.export.edits import Edit, Lines, applied
from nbdebt.export.names import bindings, spoken
from nbdebt.export.refused import ExportRefused
from nbdebt.export.texts import indented, tree_of

# Where code asks for names by their text, they must be where the notebook had them.
DYNAMIC = frozenset(
    ("exec", "eval", "globals", "locals", "vars", "dir", "run_script", "time_code", "query", "numexpr")
)
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def wrapped(text: str, head: str, about: str) -> str:
    """Code of a module as the body of a function.

    Functions, classes, and all that these speak of stay names of the module: so they are pickled, look names
    up, and have the bytecode that they had. So does everything where code asks for names by their text.

    Args:
        text: the code.
        head: ``def main(settings: Settings) -> None:``.
        about: what it does, in a line.

    Raises:
        ExportRefused: a star import, which no function may hold.
    """
    tree = tree_of(text)
    shared = shared_names(tree)
    lines = Lines(text, text)
    edits = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            raise ExportRefused(f"`{ast.unparse(node)}` can't stand in a function, and `--cli` makes one")
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in shared:
            # A name that is global can't be annotated in a function.
            target, end = lines.span(node.target)[1], lines.span(node.annotation)[1]
            if node.value is None:
                edits.append(Edit(*lines.span(node), "pass"))
            else:
                edits.append(Edit(target, end, ""))
    body = applied(text, edits, 0, len(text))
    said = ""
    if shared:
        listed = textwrap.wrap(", ".join(sorted(shared)), 76)
        said = "\n".join(f"global {line.rstrip(',')}" for line in listed) + "\n\n"
    return f'{head}\n    """{about}"""\n{indented(f"{said}{body}")}'


def shared_names(tree: ast.Module) -> set[str]:
    """The names of a module's code that must stay the module's when the code becomes a function's body."""
    bound = {name for name, _ in bindings(tree)}
    if not DYNAMIC.isdisjoint(code_words(tree)):
        return bound
    shared = {name for name in bound if hasattr(builtins, name)}
    for node in ast.walk(tree):
        if isinstance(node, _SCOPES):
            shared |= {node.name} if not isinstance(node, ast.Lambda) else set()
            shared |= bound & spoken([node])
            shared |= bound & {
                n for inner in ast.walk(node) if isinstance(inner, ast.Global) for n in inner.names
            }
    return shared & bound


def code_words(tree: ast.AST) -> Iterator[str]:
    """The names and attributes that code speaks of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
