"""Which call a frame is in the middle of, from its source as :mod:`linecache` has it (of IPython's cells
too)."""

import ast
import itertools
import linecache
import types

GIVEN = object()
"""Stands for an argument that is given and not None."""


def call_at(frame: types.FrameType) -> tuple[str, object]:
    """The call that a frame is making now.

    Args:
        frame: a frame that has called something written in C.

    Returns:
        (function, argument): the function as the source names it (``np.random.RandomState``), empty where
        that isn't known; and whether its first argument or ``seed`` is given: None or :data:`GIVEN`.
    """
    code = frame.f_code
    position = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None), None)
    if position is None or None in position:
        return _by_names(code)
    first, last, start, end = position
    assert first is not None and last is not None and start is not None and end is not None
    lines = [linecache.getline(code.co_filename, n, frame.f_globals) for n in range(first, last + 1)]
    if not all(lines):
        return _by_names(code)
    # Columns count bytes (PEP 657).
    raw = [line.encode() for line in lines]
    raw[-1] = raw[-1][:end]
    raw[0] = raw[0][start:]
    try:
        node = ast.parse(b"(" + b"".join(raw) + b")", mode="eval").body
    except SyntaxError:
        return _by_names(code)
    if not isinstance(node, ast.Call):
        return "", GIVEN
    named = [keyword.value for keyword in node.keywords if keyword.arg in ("seed", None)]
    return ast.unparse(node.func), _value(next(iter([*node.args, *named]), None), frame)


def _value(node: ast.expr | None, frame: types.FrameType) -> object:
    if node is None:
        return None
    if isinstance(node, ast.Constant):
        return None if node.value is None else GIVEN
    if isinstance(node, ast.Name):
        values = frame.f_locals
        value = values[node.id] if node.id in values else frame.f_globals.get(node.id, GIVEN)
        return None if value is None else GIVEN
    return GIVEN


def _by_names(code: types.CodeType) -> tuple[str, object]:
    """Where there is no source: a code object that names ``RandomState`` is taken to call it with a seed."""
    return next(((name, GIVEN) for name in code.co_names if name == "RandomState"), ("", GIVEN))
