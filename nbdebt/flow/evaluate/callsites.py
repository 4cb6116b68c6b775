"""Calls as they are written: their arguments, and what is known of a library by its name."""

import ast
from typing import Any, Final

from nbdebt.flow.evaluate.calls import UNKNOWN_KEYS, Calls
from nbdebt.flow.evaluate.objects import (
    OWN,
    poisoned,
)
from nbdebt.flow.evaluate.tables import (
    METHODS,
    words,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    UNKNOWN,
    Doubted,
    Exhausted,
    Unknowable,
)

#: Libraries whose functions neither change nor keep a plain container that they are given...
_READERS: Final = words(
    """
    numpy pandas matplotlib seaborn plotly scipy statsmodels tabulate pprint IPython
    """
)


#: ...but for these.
_CHANGERS: Final = words(
    """
    shuffle put place copyto heapify heappush heappop insort
    """
)


#: Methods of library objects that only read the plain containers they are given.
_READING_METHODS: Final = words(
    """
    plot scatter bar barh hist boxplot pie set_xticks set_yticks set_xticklabels set_yticklabels
    legend isin groupby drop rename merge agg aggregate fillna astype sort_values reindex assign
    replace map_values set_title write writelines writerow writerows info debug warning error to_csv
    head xticks yticks annotate drop_duplicates dropna set_index pivot_table melt quantile subplots
    fill_between
    """
)


class CallSites(Calls):
    """Evaluates the callee and the arguments of a call."""

    def mangled(self, name: str) -> str:
        """A private name as its class spells it."""
        if name.startswith("__") and not name.endswith("__") and self.env is not None and self.env.mangle:
            return f"_{self.env.mangle}{name}"
        return name

    def call_site(self, node: ast.Call) -> Any:
        callee = node.func
        unordered = _orderless(node)
        if unordered is not None and self.find("list", self.env) is not list:
            unordered = None
        if isinstance(callee, ast.Attribute):
            base = self.evaluate(callee.value)
            kind = type(base)
            name = self.mangled(callee.attr)
            if name in METHODS.get(kind, ()) and not poisoned(base):
                args, kwargs = self._arguments(node, unordered)
                self.tick()
                if poisoned(base):
                    return self.stranger(args, kwargs)
                if kwargs and UNKNOWN_KEYS in kwargs:
                    self.poison((base, *args, *kwargs.values()))
                    return self.unknown()
                return self.call_method(base, name, args, kwargs)
            function = UNKNOWN if poisoned(base) else self.attribute(base, name)
            args, kwargs = self._arguments(node, unordered)
        else:
            function = self.evaluate(callee)
            if isinstance(callee, ast.Name) and callee.id == "get_ipython":
                self.everything()
            args, kwargs = self._arguments(node, unordered)
        if function is UNKNOWN and (args or kwargs) and self._only_reads(callee, args, kwargs):
            self.tick()
            return self.stranger([], {})
        if kwargs and UNKNOWN_KEYS in kwargs:
            return self.stranger([function, *args], kwargs)
        return self.call(function, args, kwargs)

    def _arguments(self, node: ast.Call, peeled: ast.expr | None) -> tuple[list[Any], dict[str, Any]]:
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for part in node.args:
            if isinstance(part, ast.Starred):
                value = self.evaluate(part.value)
                try:
                    args.extend(self.listed(value))
                except (Exhausted, Doubted):
                    raise
                except Unknowable:
                    kwargs[UNKNOWN_KEYS] = value
            elif part is peeled and isinstance(part, ast.Call):
                # sorted(list(a_set)): the list's order does not matter
                value = self.evaluate(part.args[0])
                args.append(value if isinstance(value, set | frozenset) else self.call(list, [value], {}))
            else:
                args.append(self.evaluate(part))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict) and not poisoned(value) and all(type(k) is str for k in value):
                kwargs.update(value)
            else:
                kwargs[UNKNOWN_KEYS] = value
        return args, kwargs

    def _only_reads(self, callee: ast.expr, args: list[Any], kwargs: dict[str, Any]) -> bool:
        if not isinstance(callee, ast.Attribute):
            return False
        root: ast.expr = callee
        while isinstance(root, ast.Attribute):
            root = root.value
        library = isinstance(root, ast.Name) and self.libraries.get(root.id) in _READERS
        if (
            not ((library and callee.attr not in _CHANGERS) or callee.attr in _READING_METHODS)
            or "out" in kwargs
        ):
            return False
        return not any(_active(a) for a in (*args, *kwargs.values()))


def display(*_: Any) -> None:
    """Stands for IPython's ``display``: what it shows is no part of standard output."""


def _active(value: Any) -> bool:
    """Whether the value can do something by itself when a library is given it."""
    if type(value) in ATOMS or value is UNKNOWN:
        return False
    if type(value) in OWN:
        return True
    if isinstance(value, dict):
        return any(map(_active, value.values()))
    return isinstance(value, list | tuple | set | frozenset) and any(map(_active, value))


def _orderless(node: ast.Call) -> ast.expr | None:
    if (
        isinstance(node.func, ast.Name)
        and node.func.id in ("sorted", "len", "set", "frozenset")
        and len(node.args) == 1
    ):
        inner = node.args[0]
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "list":
            plain = len(inner.args) == 1 and not inner.keywords and not isinstance(inner.args[0], ast.Starred)
            return inner if plain else None
    return None
