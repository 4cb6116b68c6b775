"""Whether a statement that is run again on its own result changes nothing, as far as the code says."""

import ast

# Methods that give back what they are given once it has been through them.
_METHODS = frozenset(
    (
        "dropna fillna drop_duplicates sort_values sort_index astype strip lstrip rstrip lower upper title capitalize "
        "casefold rename clip abs round ffill bfill copy add discard update setdefault clear sort query "
        "tolist to_list to_numpy squeeze infer_objects convert_dtypes unique filter normalize reindex to_datetime "
        "difference_update intersection_update"
    ).split()
)
# Methods that raise when their work is done already: a run that left no traceback was the only one.
_ONCE = frozenset("drop set_index insert remove popitem mkdir makedirs".split())
_FUNCTIONS = frozenset("sorted list tuple set dict str int float bool abs round frozenset".split())
_QUALIFIED = frozenset("to_datetime to_numeric asarray array abs unique sort clip nan_to_num".split())


def is_idempotent(node: ast.stmt) -> bool:
    """Whether running the statement a second time leaves everything as the first time left it, or raises."""
    kind = node.__class__
    if kind is ast.Assign:
        value, targets = node.value, node.targets  # type: ignore[attr-defined]
        if len(targets) != 1:
            return False
        if value.__class__ is ast.Call:
            return _wraps(value, ast.dump(_load(targets[0])))
        if value.__class__ is ast.Subscript:
            return _filters(value, ast.dump(_load(targets[0])))
        if value.__class__ is ast.Constant and targets[0].__class__ is ast.Subscript:
            # ``df.loc[mask, 'a'] = 0``, ``x[x < 0] = 0``
            return True
        return False
    if kind is ast.Delete:
        return True
    if kind is ast.Expr and node.value.__class__ is ast.Call:  # type: ignore[attr-defined]
        call = node.value  # type: ignore[attr-defined]
        if isinstance(call.func, ast.Attribute):
            method = call.func.attr
            return (method in _METHODS or _once(call)) and not _mentions(call, ast.dump(call.func.value))
    return False


def _once(call: ast.Call) -> bool:
    """Whether the call raises when it is made a second time."""
    if not isinstance(call.func, ast.Attribute):
        return False
    method = call.func.attr
    if method == "pop":
        return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    return method in _ONCE and not any(k.arg in ("errors", "exist_ok", "drop") for k in call.keywords)


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


def _filters(value: ast.Subscript, target: str) -> bool:
    """``x = x[condition]``: rows that were left once are left again. A slice cuts again."""
    base = value.value
    if isinstance(base, ast.Attribute) and base.attr == "loc":
        base = base.value
    key = value.slice
    if isinstance(key, ast.Tuple) and key.elts:
        key = key.elts[0]
    return ast.dump(base) == target and isinstance(key, ast.Compare | ast.UnaryOp | ast.BinOp | ast.Call | ast.List)


def _wraps(value: ast.expr, target: str) -> bool:
    """Whether ``value`` is idempotent operations around the target."""
    if isinstance(value, ast.Attribute) and value.attr in ("str", "dt"):
        return _wraps(value.value, target)
    if isinstance(value, ast.Subscript):
        return _filters(value, target)
    if ast.dump(value) == target:
        return True
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    if isinstance(function, ast.Attribute):
        method = function.attr
        if method in _METHODS or _once(value) or (method == "reset_index" and any(k.arg == "drop" for k in value.keywords)):
            return _wraps(function.value, target)
        if method in _QUALIFIED and value.args:
            return _wraps(value.args[0], target)
        return False
    if isinstance(function, ast.Name) and function.id in _FUNCTIONS and value.args:
        return _wraps(value.args[0], target)
    return False
