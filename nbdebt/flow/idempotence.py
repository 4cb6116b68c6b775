"""Whether a statement that is run again on its own result changes nothing, as far as the code says."""

import ast

# Methods and functions that give back what they are given once it has been through them.
_METHODS = frozenset(
    (
        "dropna fillna drop_duplicates sort_values sort_index reset_index_drop astype strip lstrip rstrip lower upper title "
        "capitalize casefold rename clip abs round ffill bfill copy add discard update setdefault clear sort to_datetime "
        "set_style set_theme tolist to_list to_numpy squeeze infer_objects convert_dtypes unique filter"
    ).split()
)
_FUNCTIONS = frozenset(("sorted", "list", "tuple", "set", "dict", "str", "int", "float", "bool", "abs", "round", "frozenset"))
_QUALIFIED = frozenset(("to_datetime", "to_numeric", "asarray", "array", "abs", "unique", "sort", "clip", "nan_to_num"))


def is_idempotent(node: ast.stmt) -> bool:
    """Whether running the statement a second time leaves everything as the first time left it."""
    if node.__class__ is ast.Assign:
        value, targets = node.value, node.targets  # type: ignore[attr-defined]
        return value.__class__ is ast.Call and len(targets) == 1 and _wraps(value, ast.dump(_load(targets[0])))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute):
            return call.func.attr in _METHODS and not _mentions(call, ast.dump(call.func.value))
    return False


def _load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    return target


def _mentions(call: ast.Call, text: str) -> bool:
    """Whether an argument of the call depends on the expression."""
    return any(text in ast.dump(a) for a in (*call.args, *(k.value for k in call.keywords)))


def _wraps(value: ast.expr, target: str) -> bool:
    """Whether ``value`` is idempotent operations around the target."""
    if ast.dump(value) == target:
        return True
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    if isinstance(function, ast.Attribute):
        if function.attr in _METHODS and not _mentions(value, target):
            return _wraps(function.value, target)
        if function.attr in _QUALIFIED and value.args and not any(target in ast.dump(a) for a in value.args[1:]):
            return _wraps(value.args[0], target)
        if function.attr == "reset_index" and any(k.arg == "drop" for k in value.keywords):
            return _wraps(function.value, target)
        # ``df['a'].str.strip()``
        return False
    if isinstance(function, ast.Name) and function.id in _FUNCTIONS and value.args:
        return _wraps(value.args[0], target)
    return False
