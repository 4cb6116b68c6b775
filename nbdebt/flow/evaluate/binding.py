"""Targets and patterns: what binds names."""

import ast
from typing import Any

from nbdebt.flow.evaluate.classes import (
    Class,
    Instance,
)
from nbdebt.flow.evaluate.expressions import Expressions
from nbdebt.flow.evaluate.objects import (
    poisoned,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    UNKNOWN,
    Doubted,
    Exhausted,
    Raised,
    Unknowable,
)


class Binding(Expressions):
    """Binds targets, unpacks, and matches patterns."""

    def assign(self, target: ast.expr, value: Any) -> None:
        """Binds a target, unpacking where it is a list of targets."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.evaluate(target.value), self.mangled(target.attr), value)
        elif isinstance(target, ast.Subscript):
            owner = self.evaluate(target.value)
            self.set_item(owner, self.evaluate(target.slice), value)
        else:
            raise Unknowable

    def _unpack(self, targets: list[ast.expr], value: Any) -> None:
        try:
            items = self.listed(value)
        except (Exhausted, Doubted):
            raise
        except Unknowable:
            self.doubt()
            if type(value) not in ATOMS:
                self.poison((value,))
            for target in targets:
                self.assign(target.value if isinstance(target, ast.Starred) else target, UNKNOWN)
            return
        star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
        if star is None:
            if len(items) != len(targets):
                raise Raised(ValueError(UNKNOWN))
            for target, item in zip(targets, items, strict=True):
                self.assign(target, item)
            return
        after = len(targets) - star - 1
        if len(items) < star + after:
            raise Raised(ValueError(UNKNOWN))
        middle = items[star : len(items) - after]
        for target, item in zip(targets[:star], items, strict=False):
            self.assign(target, item)
        rest = targets[star]
        self.assign(rest.value if isinstance(rest, ast.Starred) else rest, middle)
        for target, item in zip(targets[star + 1 :], items[len(items) - after :], strict=True):
            self.assign(target, item)

    def matches(self, pattern: ast.pattern, value: Any) -> bool:
        """Whether a value matches a pattern; binds the pattern's names.

        Raises:
            Unknowable: when it isn't known.
        """
        if isinstance(pattern, ast.MatchAs):
            if pattern.pattern is not None and not self.matches(pattern.pattern, value):
                return False
            if pattern.name:
                self.bind(pattern.name, value)
            return True
        if value is UNKNOWN or poisoned(value):
            raise Unknowable
        if isinstance(pattern, ast.MatchValue):
            return self.truth(self.equal(value, self.evaluate(pattern.value)))
        if isinstance(pattern, ast.MatchSingleton):
            return value is pattern.value
        if isinstance(pattern, ast.MatchOr):
            return any(self.matches(p, value) for p in pattern.patterns)
        if isinstance(pattern, ast.MatchSequence):
            if type(value) not in (list, tuple):
                if type(value) in ATOMS or isinstance(value, dict | set) or type(value) is Instance:
                    return False
                raise Unknowable
            star = next((i for i, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)), None)
            if star is None:
                return len(value) == len(pattern.patterns) and all(
                    self.matches(p, v) for p, v in zip(pattern.patterns, value, strict=True)
                )
            after = len(pattern.patterns) - star - 1
            if len(value) < star + after:
                return False
            rest = pattern.patterns[star]
            if isinstance(rest, ast.MatchStar) and rest.name:
                self.bind(rest.name, list(value[star : len(value) - after]))
            pairs = [
                *zip(pattern.patterns[:star], value, strict=False),
                *zip(pattern.patterns[star + 1 :], value[len(value) - after :], strict=True),
            ]
            return all(self.matches(p, v) for p, v in pairs)
        if isinstance(pattern, ast.MatchMapping) and pattern.rest is None:
            if type(value) is not dict:
                if type(value) in ATOMS or type(value) in (list, tuple, set):
                    return False
                raise Unknowable
            for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
                name = self.evaluate(key)
                if not self.truth(self.contains(name, value)) or not self.matches(
                    inner, self.item(value, name)
                ):
                    return False
            return True
        if isinstance(pattern, ast.MatchClass):
            return self._matches_class(pattern, value)
        raise Unknowable

    def _matches_class(self, pattern: ast.MatchClass, value: Any) -> bool:
        cls = self.evaluate(pattern.cls)
        if isinstance(cls, type) and cls in (int, float, str, bool, list, tuple, dict, set, bytes):
            if not isinstance(value, cls):
                return False
            if pattern.kwd_attrs or len(pattern.patterns) > 1:
                raise Unknowable
            return all(self.matches(p, value) for p in pattern.patterns)
        if type(cls) is not Class:
            raise Unknowable
        if type(value) is not Instance or cls not in value.cls.mro:
            return False
        if pattern.patterns and cls.fields is None:
            raise Unknowable
        names = [*(f.name for f in (cls.fields or ())[: len(pattern.patterns)]), *pattern.kwd_attrs]
        inner = [*pattern.patterns, *pattern.kwd_patterns]
        if len(names) != len(inner) or value.lost or any(n not in value.fields for n in names):
            raise Unknowable
        return all(self.matches(p, value.fields[n]) for p, n in zip(inner, names, strict=True))
