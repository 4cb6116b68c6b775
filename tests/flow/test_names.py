"""Which names are local to a function: Python's own symbol table says so."""

import ast
import symtable
import sys
from textwrap import dedent

import pytest

from nbdebt.flow.values import local_names

FUNCTIONS = [
    "def f(): pass",
    "def f(a, /, b, *c, d=1, **e): x = 1",
    "def f(): a = b = 1; (c, [d, *e]) = 1, (2, 3)",
    "def f(): a.b = 1; c[d] = 2; e += 1; g: int = 3; h: int",
    "def f():\n    for a, b in c: d = 1\n    else: e = 2",
    "def f():\n    while a: b = 1\n    else: c = 1",
    "def f():\n    with a as b, c() as (d, e): g = 1",
    "async def f():\n    async with a as b: pass\n    async for c in d: pass",
    "def f():\n    try: a = 1\n    except A as b: c = 1\n    except B: pass",
    "def f():\n    try: a = 1\n    except B: pass\n    else: d = 1\n    finally: e = 1",
    "def f():\n    try: a = 1\n    except* A as b: c = 1",
    "def f():\n    import a, b.c, d.e as g\n    from h import i, j as k",
    "def f():\n    def g(): x = 1\n    class C: y = 1\n    async def h(): z = 1",
    "def f():\n    global a, b\n    a = 1\n    c = b",
    "def f():\n    if (a := 1) > (b := 2): return (c := 3)",
    "def f():\n    x = lambda: (a := 1)\n    y = lambda b: b",
    "def f():\n    del a",
    "def f():\n    match a:\n        case [b, *c]: d = 1\n        case {'k': e, **g}: pass",
    "def f():\n    match a:\n        case C(x=h) as i: pass\n        case k.l | 1: pass",
    "def f():\n    print(a, b.c, d[e])",
    "def outer():\n    n = 0\n    def f():\n        nonlocal n\n        n = 1\n        m = 2\n    return f",
    "def f():\n    g(x=(a := 1), *[(b := 2)])",
    "f = lambda a, *b, c=1, **d: e",
    "f = lambda a: (b := a)",
]
if sys.version_info >= (3, 12):
    FUNCTIONS.append("def f():\n    type A = int\n    b = 1")


def table_of(table: symtable.SymbolTable, name: str) -> symtable.Function | None:
    """The symbol table of the first function of this name."""
    for child in table.get_children():
        if child.get_name() == name and isinstance(child, symtable.Function):
            return child
        if (found := table_of(child, name)) is not None:
            return found
    return None


@pytest.mark.parametrize("source", FUNCTIONS)
def test_locals_are_those_of_the_symbol_table(source: str) -> None:
    tree = ast.parse(dedent(source))
    name = "lambda" if source.startswith("f =") else "f"
    function = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) or (getattr(node, "name", "") == "f" and hasattr(node, "args"))
    )
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    table = table_of(symtable.symtable(source, "cell", "exec"), name)
    assert table is not None
    names, outer = local_names(function, ":=" in source)
    assert names == set(table.get_locals())
    assert outer == {s.get_name() for s in table.get_symbols() if s.is_declared_global()}


COMPREHENSIONS = [
    ("def f(): return [a for a in b]", set()),
    ("def f(): return {a: (c := a) for a in b if (d := a)}", {"c", "d"}),
    ("def f(): return [[(e := a) for a in b] for b in c]", {"e"}),
    ("def f(): return (a for a in (g := b))", {"g"}),
]


@pytest.mark.parametrize(("source", "expected"), COMPREHENSIONS)
def test_only_a_walrus_leaves_a_comprehension(source: str, expected: set[str]) -> None:
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert local_names(function)[0] == expected
