"""Reads cells: statements into accesses. Abstract interpretation with light types, never running anything.

One walk over each tree serves all rules. Called functions of the user's are walked at the call, with what
is known of the arguments, so that what they read, change, draw and write belongs to the run that calls them.
"""

import ast
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from nbdebt.flow.effects import Registry
from nbdebt.flow.facts import CellFlow, Statement
from nbdebt.flow.idempotence import is_idempotent
from nbdebt.flow.magic_effects import MagicReader
from nbdebt.flow.magics import Magic, Masked, mask
from nbdebt.flow.values import Env, Function, Scope, Value
from nbdebt.model.history import Span

Executor = Callable[["Reader", Any], None]


class Parsed(NamedTuple):
    """A cell's source, masked and parsed once for all who need the tree; ``tree`` is None where nothing is
    Python."""

    cell: int
    source: str
    masked: Masked
    tree: ast.Module | None
    error: str = ""
    error_line: int = 0


def parse(cell: int, source: str) -> Parsed:
    """Mask IPython's syntax and parse; a syntax error is noted, not raised."""
    if "\r" in source:
        # Python would take it for the end of a line, and positions would be of other lines than everybody's.
        source = source.replace("\r", " ")
    masked = mask(source)
    if masked.skip:
        return Parsed(cell, source, masked, None)
    try:
        return Parsed(cell, source, masked, _tree(masked.text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Parsed(
            cell, source, masked, None, getattr(error, "msg", None) or str(error) or "cannot be parsed", line
        )


def _tree(text: str) -> ast.Module:
    if "\\" not in text:
        return ast.parse(text)
    # Python warns of escapes that it doesn't know, on a stream that isn't ours to write to.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


class Reader(MagicReader):
    """Reads the code cells of one document one after the other; what one cell defines the next ones know.

    Args:
        registry: what library functions do.
        env: names known from before (a live session's, or empty).
    """

    def __init__(self, registry: Registry, env: Env | None = None) -> None:
        super().__init__(registry, env if env is not None else Env())

    def foresee(self, cells: Iterable[Parsed]) -> None:
        """Note imports and definitions of the whole document, so that a cell which stands above them is
        understood too."""
        foreseen = self.env.foreseen
        for parsed in cells:
            stack: list[ast.stmt] = list(parsed.tree.body) if parsed.tree is not None else []
            while stack:
                node = stack.pop()
                kind = node.__class__
                if kind is ast.Import:
                    for alias in node.names:  # type: ignore[attr-defined]
                        local = alias.asname or alias.name.partition(".")[0]
                        foreseen[local] = Value(qualified=alias.name if alias.asname else local)
                elif isinstance(node, ast.ImportFrom):
                    if node.module and not node.level:
                        for alias in node.names:
                            if alias.name != "*":
                                qualified = f"{node.module}.{alias.name}"
                                foreseen[alias.asname or alias.name] = Value(qualified=qualified)
                elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                    value = Value("function")
                    value.function = Function(node, parsed.cell, (), None, ":=" in parsed.source)  # type: ignore[arg-type]
                    foreseen[node.name] = value  # type: ignore[attr-defined]
                elif kind is ast.Try or kind is ast.If or kind is ast.With:
                    stack.extend(node.body)  # type: ignore[attr-defined]

    def read(self, parsed: Parsed) -> CellFlow:
        """Read one cell: what it does; with ``error`` set where it doesn't parse."""
        flow = CellFlow(parsed.cell)
        masked = parsed.masked
        if parsed.error:
            return CellFlow(parsed.cell, error=parsed.error, error_line=parsed.error_line)
        self.begin(flow, parsed.source, masked.dedent)
        if parsed.tree is None:
            self.magics(masked.magics, Span(1, 1, len(self.lines), len(self.lines[-1]) + 1))
        else:
            self.body(parsed.tree, masked.magics)
        return flow

    def body(self, tree: ast.Module, magics: Sequence[Magic] = ()) -> None:
        """Read a parsed cell, statement by statement."""
        flow = self.flow
        waiting = self.waiting = sorted(magics, key=lambda magic: magic.line, reverse=True)
        inside = self._local_lines(magics)
        for node in tree.body:
            self.begin_statement()
            first = len(flow.accesses)
            before = len(waiting)
            if waiting:
                self.magics_before(node)
            try:
                if inside and node.lineno in inside:
                    self.scopes.append(inside[node.lineno])
                    self.run(node)
                    self.scopes.pop()
                else:
                    self.run(node)
            except RecursionError:
                flow.opaque.append(f"line {node.lineno} is nested too deeply to be followed")
                self.reset_frames()
                self.waiting = waiting
            while waiting and waiting[-1].line <= (node.end_lineno or node.lineno):
                self.apply_magic(waiting.pop())
            special = len(waiting) != before
            flow.statements.append(
                Statement(
                    self._masked_span(node, magics) if special else self.span(node),
                    first,
                    len(flow.accesses),
                    is_idempotent(node),
                    "Magic" if special else node.__class__.__name__,
                )
            )
        if waiting:
            self.magics(list(reversed(waiting)), Span(waiting[-1].line, 1, waiting[0].end_line, 1))
        if tree.body and tree.body[-1].__class__ is ast.Expr:
            flow.displayed = self.span(tree.body[-1])

    def _masked_span(self, node: ast.stmt, magics: Sequence[Magic]) -> Span:
        """Where a statement stands in the source that stood for it before it was masked."""
        span = self.span(node)
        last = span.end_line
        for magic in magics:
            if span.line <= magic.line <= span.end_line and magic.kind not in ("cell", "shell-cell"):
                last = max(last, magic.end_line)
        end = min(last, len(self.lines))
        column = min(span.column, len(self.lines[span.line - 1]) + 1)
        return Span(
            span.line, column, end, max(len(self.lines[end - 1]) + 1, column if end == span.line else 1)
        )

    def _local_lines(self, magics: Sequence[Magic]) -> dict[int, Scope]:
        """The lines whose assignments stay inside a magic (``%timeit``), with the scope that takes them."""
        lines: dict[int, Scope] = {}
        for magic in magics:
            if magic.local:
                last = magic.end_line if magic.kind != "cell" else len(self.lines)
                lines.update(dict.fromkeys(range(magic.line, last + 1), Scope(None)))
        return lines

    def magics(self, magics: Sequence[Magic], span: Span) -> None:
        """Read magics that stand by themselves."""
        first = len(self.flow.accesses)
        for magic in magics:
            self.apply_magic(magic)
        self.flow.statements.append(Statement(span, first, len(self.flow.accesses), False, "Magic"))

    # Statements
