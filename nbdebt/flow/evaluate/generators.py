"""Generators: a function's body run as far as its next ``yield``."""

import ast
from collections.abc import Generator as PythonGenerator
from typing import Any

from nbdebt.flow.evaluate.objects import (
    Generator,
)
from nbdebt.flow.evaluate.statements import BREAK, Return, Statements
from nbdebt.flow.evaluate.static import yields
from nbdebt.flow.evaluate.values import (
    UNKNOWN,
    Exhausted,
    Unknowable,
)

#: Yields what the generator yields; returns how the flow left.
Walk = PythonGenerator[Any, None, Any]


class Generators(Statements):
    """Runs generator functions and generator expressions step by step."""

    def resume(self, generator: Generator) -> Any:
        """The next item of a generator.

        Raises:
            StopIteration: at its end.
            Unknowable: when it can't be followed (it is lost then).
        """
        if generator.lost:
            raise Unknowable
        self.tick()
        if self.depth >= 60:
            raise Exhausted
        if generator.run is None:
            generator.run = self._generated(generator)
        outside, depth, tries, self.env = self.env, self.depth, self.tries, generator.env
        self.depth += 1
        self.tries = tries
        try:
            return next(generator.run)
        except Unknowable:
            self.env = outside
            self.poison((generator,))
            raise
        finally:
            self.env, self.depth, self.tries = outside, depth, tries

    def _generated(self, generator: Generator) -> Walk:
        node = generator.node
        if isinstance(node, ast.GeneratorExp):
            for _ in self.rounds(node.generators, 0, generator.env.vars[".0"]):
                yield self.evaluate(node.elt)
        elif isinstance(node, ast.FunctionDef):
            yield from self.yielding(node.body)
        else:
            raise Unknowable

    def yielding(self, statements: list[ast.stmt]) -> Walk:
        """Runs statements of a generator function, handing out what they yield."""
        for statement in statements:
            self.tick()
            if not yields(statement):
                signal = self.block([statement])
            else:
                signal = yield from self._yielding(statement)
            if signal is not None:
                return signal
        return None

    def _yielding(self, node: ast.stmt) -> Walk:
        signal: Any = None
        if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Yield | ast.YieldFrom):
            inner = node.value
            if isinstance(inner, ast.YieldFrom):
                yield from self.steps_of(self.iterate(self.evaluate(inner.value)))
                result: Any = UNKNOWN
            else:
                yield None if inner.value is None else self.evaluate(inner.value)
                result = None  # send() is not followed
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.assign(target, result)
        elif isinstance(node, ast.If):
            signal = yield from self.yielding(
                node.body if self.truth(self.evaluate(node.test)) else node.orelse
            )
        elif isinstance(node, ast.While):
            while self.truth(self.evaluate(node.test)):
                signal = yield from self.yielding(node.body)
                if signal is BREAK or type(signal) is Return:
                    return None if signal is BREAK else signal
            signal = yield from self.yielding(node.orelse)
        elif isinstance(node, ast.For) and not yields(node.iter):
            for item in self.steps_of(self.iterate(self.evaluate(node.iter))):
                self.assign(node.target, item)
                signal = yield from self.yielding(node.body)
                if signal is BREAK or type(signal) is Return:
                    return None if signal is BREAK else signal
            signal = yield from self.yielding(node.orelse)
        else:
            raise Unknowable
        return signal
