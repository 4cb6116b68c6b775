"""What one reading of a cell found: its accesses in order, the library calls that rules look at, and its
parts."""

from typing import Any

import msgspec

from nbdebt.model.history import Access, Name, Span


class Argument(msgspec.Struct, frozen=True):
    """An argument of a call as far as it is known.

    Args:
        text: the argument's source text.
        span: where it stands.
        known: whether ``value`` is its value.
        value: its constant value (None, bool, int, float, str), where known.
        name: the global name it is, or was taken from, if any.
        type: qualified type of its value, where known.
    """

    text: str
    span: Span
    known: bool = False
    value: Any = None
    name: str = ""
    type: str = ""


class Call(msgspec.Struct, frozen=True):
    """A call of a library function or method whose qualified name is known.

    Args:
        function: qualified name, ``pandas.DataFrame.sample``.
        span: the whole call expression.
        arguments: by parameter name where known, else by position as ``"0"``, ``"1"``.
        insert: (line, column) from 1 where one more keyword argument can be inserted, and the text that
            must stand before it (``", "`` or empty).
        certain: it runs whenever the cell runs to its end.
        loop: it stands in a loop or comprehension.
        function_scope: name of the user's function it stands in, empty at cell level.
        spread: the call has ``*args`` or ``**kwargs``, so that an absent argument may be present after all.
        target: global name the result is assigned to, if any.
    """

    function: str
    span: Span
    arguments: dict[str, Argument]
    insert: tuple[int, int, str]
    certain: bool = True
    loop: bool = False
    function_scope: str = ""
    spread: bool = False
    target: str = ""


class Statement(msgspec.Struct, frozen=True):
    """One top-level statement: where it stands and which of the cell's accesses are its own.

    Args:
        span: the statement.
        first: index of its first access in the cell's accesses.
        last: one past its last.
        idempotent: run again on its own result, it changes nothing, as far as the code says.
        kind: the syntax node's class name (``Assign``, ``FunctionDef``…).
    """

    span: Span
    first: int
    last: int
    idempotent: bool = False
    kind: str = ""


class CellFlow(msgspec.Struct):
    """All that the reader of one code cell found.

    Args:
        cell: index of the cell in the document.
        accesses: in order of evaluation, as far as it is known without running.
        statements: top-level statements in order.
        calls: library calls in source order.
        defines: global names the cell certainly defines when it runs to its end.
        imports: local name to qualified name of what it imports.
        magics: names of the magics it uses (``%run``, ``%%bash``).
        error: the syntax error's text where the cell does not parse; then all else is empty.
        error_line: its line.
        opaque: why parts of the cell can't be known (``exec``, ``%run``, star import), one reason an item.
        displayed: span of the last expression, if its value is shown as the cell's result.
        builtins: builtin functions it uses by name, and where first.
    """

    cell: int
    accesses: list[Access] = []
    statements: list[Statement] = []
    calls: list[Call] = []
    defines: set[Name] = set()
    imports: dict[str, str] = {}
    magics: list[str] = []
    error: str = ""
    error_line: int = 0
    opaque: list[str] = []
    displayed: Span | None = None
    builtins: dict[str, Span] = {}
