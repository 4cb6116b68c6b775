"""What would a cell print and show? A safe evaluator for Python that depends on nothing but the code.

The replay of a saved notebook asks it what the cells as they stand would have printed, and compares with
what is saved. Nothing of a notebook is executed: trees are walked, and only operations of builtin types
and an allow-list of pure functions of the standard library are carried out, within a budget. Whatever
isn't understood is ``UNKNOWN``, and so is what comes of it; an unknown function makes unknown whatever it
could have changed. So what the machine says is what Python would do, or nothing.
"""

import ast
import sys
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from nbdebt.flow.evaluate import builtins, iterating
from nbdebt.flow.evaluate.classes import (
    Instance,
)
from nbdebt.flow.evaluate.copy import Copier, digest
from nbdebt.flow.evaluate.expressions import Expressions
from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
)
from nbdebt.flow.evaluate.modules import (
    KNOWN,
    table_of,
)
from nbdebt.flow.evaluate.objects import (
    Bound,
    Module,
    Native,
    Stream,
    poisoned,
)
from nbdebt.flow.evaluate.pretty import shown
from nbdebt.flow.evaluate.random import (
    draw,
)
from nbdebt.flow.evaluate.tables import (
    METHODS,
    words,
)
from nbdebt.flow.evaluate.texts import pattern_method
from nbdebt.flow.evaluate.values import (
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)

#: Importing them fills the register of what stands in for a function.
_REGISTERED: Final = (builtins, iterating)
#: Libraries that don't draw from the stream of ``random``.
_NOT_DRAWING: Final = words(
    """
    numpy pandas matplotlib seaborn scipy sklearn statsmodels plotly IPython ipywidgets bokeh altair
    polars pyarrow requests bs4 tqdm PIL cv2 xgboost lightgbm yaml sqlalchemy duckdb tabulate sympy
    joblib
    """
)
_COMPOUND: Final = (
    ast.If,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.FunctionDef,
    ast.ClassDef,
    ast.Match,
    ast.AsyncFor,
)


class Printed(msgspec.Struct):
    """A piece of standard output. ``text`` None: something unknown was printed here."""

    text: str | None


class CellResult(msgspec.Struct):
    """What is known of running a cell.

    Args:
        printed: pieces of standard output in order; None for text of which nothing is known.
        shown: the ``text/plain`` that IPython shows for the last expression; empty when nothing is, None
            when it isn't known.
        raised: class of the exception that surely ends the cell (``Exception`` where only that is known).
        complete: whether control flow was known throughout, so that what the cell did to names is.
        doubtful: whether something unknown may have raised. Unless the cell is known to have run to its end,
            it may have ended anywhere from there on, with less printed.
    """

    printed: list[str | None]
    shown: str | None
    raised: str | None
    complete: bool
    doubtful: bool = False


class Machine(Generators):
    """Follows the cells of a notebook, one after the other.

    ``names`` holds the global names: a concrete value, or ``UNKNOWN`` for a name that exists. A name that
    isn't there is not defined, unless ``open``: then anything may have been defined.
    """

    handlers = HANDLERS

    def run_cell(
        self, body: list[ast.stmt], silent: bool = False, unknown_lines: frozenset[int] = frozenset()
    ) -> CellResult:
        """Follows a cell.

        Args:
            body: its statements.
            silent: its last expression is not shown (it ends in a semicolon).
            unknown_lines: lines that held IPython syntax: what they do is unknown.
        """
        self.steps = self.max_steps
        self.printed = []
        self.complete = True
        self.env = None
        self.depth = self.tries = 0
        self.handling = None
        self.hashing = 0
        self.doubtful = False
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, 8000))
        try:
            text, raised = self._followed(body, silent, unknown_lines)
        finally:
            sys.setrecursionlimit(limit)
            self.env = None
            self.tries = 0
        if self.touched:
            self._forget_poisoned()
        return CellResult(self.printed, text, raised, self.complete, self.doubtful)

    def knows(self, name: str) -> bool:
        """Whether a global name's value is known."""
        return self.names.get(name, UNKNOWN) is not UNKNOWN

    def is_module(self, name: str) -> bool:
        """Whether a global name holds a module."""
        return type(self.names.get(name)) is Module

    def nothing(self) -> CellResult:
        """The result of a cell of which nothing was followed yet."""
        return CellResult([], "", None, True)

    def pass_over(self, writes: Iterable[str], reads: Iterable[str]) -> None:
        """A statement that is not followed: what it binds is unknown, and what it takes in may have changed.

        Args:
            writes: names that it binds.
            reads: names that it takes in.
        """
        names = self.names
        self.poison([value for name in reads if (value := names.get(name, UNKNOWN)) is not UNKNOWN])
        for name in writes:
            names[name] = UNKNOWN
        if self.touched:
            self._forget_poisoned()

    def _forget_poisoned(self) -> None:
        self.touched = False
        for name, value in self.names.items():
            if poisoned(value) and type(value) is not Instance:
                self.names[name] = UNKNOWN

    def _followed(
        self, body: list[ast.stmt], silent: bool, unknown_lines: frozenset[int]
    ) -> tuple[str | None, str | None]:
        last = body[-1] if body and isinstance(body[-1], ast.Expr) and not silent else None
        text: str | None = ""
        for index, statement in enumerate(body):
            try:
                if unknown_lines and not unknown_lines.isdisjoint(
                    range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                ):
                    self._magic(statement)
                    text = None if statement is last else ""
                elif isinstance(statement, ast.Expr) and statement is last:
                    text = self._display(statement)
                else:
                    self.block([statement])
            except Raised as error:
                value = error.value
                if self.doubtful:
                    return text, "Exception"  # or an earlier one
                if type(value) is Instance:
                    return text, value.cls.name
                return text, "Exception" if value is UNKNOWN else type(value).__name__
            except (Unknowable, Exception):
                # out of budget, or the evaluator's own fault: the rest is not followed
                self._give_up(body[index:])
                return None if last is not None else "", None
        return text, None

    def _display(self, statement: ast.Expr) -> str | None:
        self.tick()
        try:
            value = self.evaluate(statement.value)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.sweep(statement)
            return None
        if value is None:
            return ""
        try:
            return shown(value)
        except (Unknowable, Raised, Exception):
            return None

    def _magic(self, statement: ast.stmt) -> None:
        if isinstance(statement, _COMPOUND):
            self.sweep(statement)
            return
        for name in self.uses_in(statement).stores:
            self.bind(name, UNKNOWN)
        self.emit(None)

    def _give_up(self, statements: list[ast.stmt]) -> None:
        self.env = None
        self.tries = 0
        self.complete = False
        for statement in statements:
            try:
                self.sweep(statement)
            except Unknowable:
                continue
            except Exception:
                self.everything()
        self.emit(None)

    def copy(self) -> "Machine":
        """A machine that goes on from here on its own. Names that share an object share its copy."""
        twin = Machine(self.max_steps, self.size, self.python)
        twin.open, twin.decimals, twin.strangers = self.open, self.decimals, self.strangers
        twin.libraries = dict(self.libraries)
        twin.uncertain = set(self.uncertain)
        twin.scopes, twin.uses = self.scopes, self.uses
        copier = Copier(self, twin)
        twin.stream = copier.copy(self.stream)
        try:
            for name, value in self.names.items():
                twin.names[name] = copier.copy(value)
        except (Unknowable, Raised, Exception):
            twin.names = dict.fromkeys(self.names, UNKNOWN)
            twin.stream = Stream()
        return twin

    def digest(self, name: str) -> str | None:
        """A canonical digest of a name's value: deep, aware of types and order, blind to aliases.

        A function's is of its source, its defaults and its closure; an instance's of its class's source
        and its attributes. None when the name isn't there, or the value is unknown, or something in it
        can't be compared.
        """
        value = self.names.get(name, UNKNOWN)
        if value is UNKNOWN:
            return None
        try:
            return digest(value)
        except (Unknowable, Raised, Exception):
            return None

    # modules

    def module(self, name: str) -> Any:
        """A module of the standard library whose pure part is known, or UNKNOWN."""
        return Module(name) if name in KNOWN else UNKNOWN

    def module_attribute(self, module: Module, name: str) -> Any:
        """What a module has under a name; UNKNOWN when it isn't pure."""
        table = table_of(module.name)
        if module.name == "random" and name in table and name != "Random":
            return Bound(self.stream, None, self, name)
        if module.name == "decimal" and "context" in name.lower():
            self.decimals = False
        return table.get(name, UNKNOWN)

    def public_names(self, module: Module) -> dict[str, Any] | None:
        """What ``from module import *`` binds."""
        table_of(module.name)
        real = sys.modules[module.name]
        names = getattr(real, "__all__", None) or [n for n in dir(real) if not n.startswith("_")]
        return {name: self.module_attribute(module, name) for name in names}

    def stranger_imported(self, name: str) -> None:
        """Something unknown was imported: it may not be there, print, or draw random numbers later."""
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names:
            return
        self.doubt()
        if root not in _NOT_DRAWING:
            self.strangers = True
            self.emit(None)

    def type_attribute(self, kind: type, name: str) -> Any:
        """An attribute of a builtin type, or of one of the standard library."""
        if name in ("__name__", "__qualname__"):
            return getattr(kind, name)
        if name in METHODS.get(kind, ()):
            found = getattr(kind, name)
            if self._handler(found) is not None:
                return found
            return Native(name, lambda m, args, kwargs: _unbound(m, kind, name, args, kwargs))
        if name.startswith("__"):
            return self.unknown()
        if name == "_fields" and hasattr(kind, "_fields"):
            return kind._fields
        try:
            found = getattr(kind, name, UNKNOWN)
            return found if found in HANDLERS else self.unknown()
        except (TypeError, Unknowable):
            return self.unknown()

    def draw(self, stream: Stream, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a method of a random stream."""
        return draw(self, stream, name, args, kwargs)

    def pattern_method(self, pattern: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a method of a compiled regular expression."""
        return pattern_method(self, pattern, name, args, kwargs)


def _unbound(machine: Expressions, kind: type, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if not args or type(args[0]) is not kind:
        raise Unknowable
    return machine.call_method(args[0], name, args[1:], kwargs)


__all__ = ["UNKNOWN", "CellResult", "Machine", "Printed"]
