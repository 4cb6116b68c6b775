"""Edits as people make them: another constant, the other operator, another name, a line more or less.

Each takes a generator of random numbers and a source and returns the new source, or None where it does not
apply.
"""

import ast
import builtins
import random
import re
from collections.abc import Callable, Iterable

Mutation = Callable[[random.Random, str], str | None]

_OPERATORS = {"+": "-", "-": "+", "*": "+", "/": "*", "<": "<=", ">": ">=", "<=": "<", ">=": ">", "==": "!="}
_OPERATOR_TYPES: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Eq: "==",
}


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def _offset(source: str, line: int, column: int) -> int:
    lines = source.encode().splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column


def _replace(source: str, node: ast.expr | ast.stmt | ast.alias | ast.arg, text: str) -> str:
    assert node.end_lineno is not None and node.end_col_offset is not None
    raw = source.encode()
    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno, node.end_col_offset)
    return (raw[:start] + text.encode() + raw[end:]).decode()


def change_number(rng: random.Random, source: str) -> str | None:
    """Change one number: a threshold, a size, a seed, a column's factor."""
    numbers = [
        node
        for node in ast.walk(_tree(source))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    if not numbers:
        return None
    node = rng.choice(numbers)
    value = node.value
    assert isinstance(value, int | float)
    if isinstance(value, int):
        new: float = rng.choice([value + 1, max(value - 1, 0), value + 2, value * 2])
    else:
        new = round(value * rng.choice([0.5, 0.9, 1.1, 2.0]), 6)
    return _replace(source, node, repr(new)) if new != value else None


def flip_operator(rng: random.Random, source: str) -> str | None:
    """Put another operator in the place of one."""
    places: list[tuple[ast.expr, ast.expr, str]] = []
    for node in ast.walk(_tree(source)):
        match node:
            case ast.BinOp(left, op, right) | ast.Compare(left, [op], [right]) if type(op) in _OPERATOR_TYPES:
                places.append((left, right, _OPERATOR_TYPES[type(op)]))
    if not places:
        return None
    left, right, sign = rng.choice(places)
    assert left.end_lineno is not None and left.end_col_offset is not None
    raw = source.encode()
    start = _offset(source, left.end_lineno, left.end_col_offset)
    end = _offset(source, right.lineno, right.col_offset)
    between = raw[start:end].decode()
    changed = between.replace(sign, _OPERATORS[sign], 1)
    return (raw[:start] + changed.encode() + raw[end:]).decode() if changed != between else None


def change_label(rng: random.Random, source: str) -> str | None:
    """Reword a literal that is only printed: harmless for values, visible in the output."""
    labels = [
        node.args[0]
        for node in ast.walk(_tree(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
    if not labels:
        return None
    node = rng.choice(labels)
    return _replace(source, node, repr(str(node.value) + " (checked)"))


def comment(rng: random.Random, source: str) -> str | None:
    """Add a comment: nothing else."""
    return (
        f"# {rng.choice(['TODO: tidy up', 'looks right', 'see the notes', 'was different before'])}\n{source}"
    )


def drop_line(rng: random.Random, source: str) -> str | None:
    """Delete one statement of several."""
    body = _tree(source).body
    if len(body) < 2:
        return None
    node = rng.choice(body)
    assert node.end_lineno is not None
    lines = source.splitlines()
    first = min((d.lineno for d in getattr(node, "decorator_list", [])), default=node.lineno)
    return "\n".join(lines[: first - 1] + lines[node.end_lineno :])


def look(rng: random.Random, source: str) -> str | None:
    """Print something the cell makes."""
    names = assigned(source)
    return f"{source}\nprint({rng.choice(names)})" if names else None


def add_column(rng: random.Random, source: str) -> str | None:
    """Add a column to a frame, beside one that is there."""
    columns = re.findall(r"\b(\w+)\[['\"](\w+)['\"]\] *=(?!=)", source)
    if not columns:
        return None
    frame, column = rng.choice(columns)
    return f'{source}\n{frame}["{column}_{rng.choice(["copy", "raw", "x2"])}"] = {frame}["{column}"] * 2'


def rename(source: str, old: str, new: str) -> str:
    """Rename a variable everywhere in a source, as an editor's replace-all does."""
    return re.sub(rf"(?<![\w.'\"]){re.escape(old)}(?![\w'\"])(?!\s*=[^=].*\))", new, source)


def misspell(rng: random.Random, source: str) -> str | None:
    """Misspell one name that is read, so that the cell fails where it comes to it."""
    names = [
        node
        for node in ast.walk(_tree(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and len(node.id) > 1
    ]
    if not names:
        return None
    node = rng.choice(names)
    return _replace(source, node, node.id[:-1] + node.id[-1] * 2)


def assigned(source: str) -> list[str]:
    """Names that statements at the top level of a source assign, sorted."""
    names: set[str] = set()
    for statement in _tree(source).body:
        targets: Iterable[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
            targets = [statement.target]
        names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return sorted(names - set(dir(builtins)))


def new_cell(rng: random.Random, above: list[str]) -> str:
    """Return the source of a cell that somebody puts below the cells ``above``."""
    names = sorted({name for source in above for name in assigned(source)})
    if not names:
        return "print('starting')"
    name = rng.choice(names)
    constants = re.findall(r"^(\w+) = (\d+(?:\.\d+)?)$", "\n".join(above), re.M)
    if constants and rng.random() < 0.35:
        name, value = rng.choice(constants)
        return f"{name} = {float(value) * 2 if '.' in value else int(value) + rng.randint(1, 5)}"
    if rng.random() < 0.25 and (changed := mutate(rng, rng.choice(above))):
        return changed[0]
    form = rng.choice(["{}", "print({})", "type({})", "{}_saved = {}", "check = {}\nprint(type(check))"])
    return form.replace("{}", name)


_EDITS: list[tuple[Mutation, int]] = [
    (change_number, 9),
    (flip_operator, 4),
    (change_label, 2),
    (comment, 1),
    (drop_line, 2),
    (look, 3),
    (add_column, 2),
]


def mutate(rng: random.Random, source: str) -> tuple[str, str] | None:
    """Return an edited source that still parses, and the edit's name; None where none applies."""
    edits, weights = zip(*_EDITS, strict=True)
    for _ in range(8):
        edit = rng.choices(edits, weights)[0]
        changed = edit(rng, source)
        if changed is not None and changed.strip() != source.strip() and _tree(changed).body:
            return changed, edit.__name__
    return None
