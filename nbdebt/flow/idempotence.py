"""Whether a statement that is run again on its own result changes nothing, as far as the code says."""

import ast

# Methods that give back what they are given once it has been through them.
_METHODS = frozenset(
    [
        "dropna",
        "fillna",
        "drop_duplicates",
        "sort_values",
        "sort_index",
        "astype",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "casefold",
        "rename",
        "clip",
        "abs",
        "round",
        "ffill",
        "bfill",
        "copy",
        "add",
        "discard",
        "update",
        "setdefault",
        "clear",
        "sort",
        "query",
        "tolist",
        "to_list",
        "to_numpy",
        "squeeze",
        "infer_objects",
        "convert_dtypes",
        "unique",
        "filter",
        "normalize",
        "reindex",
        "to_datetime",
        "difference_update",
        "intersection_update",
    ]
)
# Methods that raise when their work is done already: a run that left no traceback was the only one.
_ONCE = frozenset(["drop", "set_index", "insert", "remove", "popitem", "mkdir", "makedirs"])
_FUNCTIONS = frozenset(
    ["sorted", "list", "tuple", "set", "dict", "str", "int", "float", "bool", "abs", "round", "frozenset"]
)
_QUALIFIED = frozenset(
    ["to_datetime", "to_numeric", "asarray", "array", "abs", "unique", "sort", "clip", "nan_to_num"]
)


def is_idempotent(node: ast.stmt) -> bool:
    """Whether running the statement a second time leaves everything as the first time left it, or raises."""
    kind = node.__class__
    if kind is ast.Assign:
        targets, value = node.targets, node.value  # type: ignore[attr-defined]
        if len(targets) != 1:
            return False
        target = targets[0]
        if value.__class__ is ast.Call:
            return _wraps(value, target)
        if value.__class__ is ast.Subscript:
            return _filters(value, target)
        # ``df.loc[mask, 'a'] = 0``, ``x[x < 0] = 0``
        return value.__class__ is ast.Constant and target.__class__ is ast.Subscript
    if kind is ast.Delete:
        return True
    if kind is ast.Expr and node.value.__class__ is ast.Call:  # type: ignore[attr-defined]
        call = node.value  # type: ignore[attr-defined]
        if call.func.__class__ is ast.Attribute:
            return (call.func.attr in _METHODS or _once(call)) and not _mentions(call, call.func.value)
    return False


def same_place(a: ast.AST, b: ast.AST) -> bool:
    """Whether two expressions are written alike, loaded or stored."""
    kind = a.__class__
    if kind is not b.__class__:
        return False
    if kind is ast.Name:
        return bool(a.id == b.id)  # type: ignore[attr-defined]
    if kind is ast.Attribute:
        return a.attr == b.attr and same_place(a.value, b.value)  # type: ignore[attr-defined]
    if kind is ast.Subscript:
        return same_place(a.value, b.value) and same_place(a.slice, b.slice)  # type: ignore[attr-defined]
    return ast.dump(a) == ast.dump(b)


def _once(call: ast.Call) -> bool:
    """Whether the call raises when it is made a second time."""
    if not isinstance(call.func, ast.Attribute):
        return False
    method = call.func.attr
    if method == "pop":
        key = call.args[0] if len(call.args) == 1 else None
        return isinstance(key, ast.Constant) and isinstance(key.value, str)
    return method in _ONCE and not any(k.arg in ("errors", "exist_ok", "drop") for k in call.keywords)


def _mentions(call: ast.Call, place: ast.expr) -> bool:
    """Whether an argument of the call depends on the expression."""
    kind = place.__class__
    for argument in (*call.args, *(k.value for k in call.keywords)):
        if argument.__class__ is not ast.Constant and any(
            n.__class__ is kind and same_place(n, place) for n in ast.walk(argument)
        ):
            return True
    return False


def _filters(value: ast.Subscript, target: ast.expr) -> bool:
    """``x = x[condition]``: rows that were left once are left again. A slice cuts again."""
    base = value.value
    if isinstance(base, ast.Attribute) and base.attr == "loc":
        base = base.value
    key = value.slice
    if isinstance(key, ast.Tuple) and key.elts:
        key = key.elts[0]
    chosen = isinstance(key, ast.Compare | ast.UnaryOp | ast.BinOp | ast.Call | ast.List)
    return chosen and same_place(base, target)


def _wraps(value: ast.expr, target: ast.expr) -> bool:
    """Whether ``value`` is idempotent operations around the target."""
    if isinstance(value, ast.Attribute) and value.attr in ("str", "dt"):
        return _wraps(value.value, target)
    if same_place(value, target):
        return True
    if isinstance(value, ast.Subscript):
        return _filters(value, target)
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    if isinstance(function, ast.Attribute):
        method = function.attr
        dropped = method == "reset_index" and any(k.arg == "drop" for k in value.keywords)
        if method in _METHODS or dropped or _once(value):
            return _wraps(function.value, target)
        if method in _QUALIFIED and value.args:
            return _wraps(value.args[0], target)
        return False
    if isinstance(function, ast.Name) and function.id in _FUNCTIONS and value.args:
        return _wraps(value.args[0], target)
    return False
