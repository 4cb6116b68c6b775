"""The text that IPython shows for a value: its pretty printer's layout (``IPython.lib.pretty``, width 79).

Groups break from the outside in, each only when a line would be too long, and then at all its separators.
The order in which IPython breaks groups of one depth is kept, as it shows in nested containers.
"""

from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, Final

from nbdebt.flow.evaluate.classes import (
    Class,
    Instance,
)
from nbdebt.flow.evaluate.objects import (
    HAS_UNKNOWN,
    HAS_UNORDERED,
    OWN,
    survey,
)
from nbdebt.flow.evaluate.values import (
    ATOMS,
    MISSING,
    UNKNOWN,
    Unknowable,
)

_WIDTH: Final = 79
_LONGEST: Final = 1000
_DISPLAY: Final = ("_repr_pretty_", "_ipython_display_", "_repr_mimebundle_")


class _Group:
    __slots__ = ("breaks", "depth", "wanted")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.breaks = 0
        self.wanted = False


class _Layout:
    """Text, possible line breaks and groups, laid out as they come."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.column = 0
        self.pending: deque[list[Any]] = deque()  # [text, width, group or None, indentation]
        self.pending_width = 0
        self.indentation = 0
        self.open = [_Group(0)]
        self.queue: list[list[_Group]] = [[self.open[0]]]

    def text(self, text: str) -> None:
        if not self.pending:
            self.out.append(text)
            self.column += len(text)
            return
        if self.pending[-1][2] is None:
            self.pending[-1][0] += text
            self.pending[-1][1] += len(text)
        else:
            self.pending.append([text, len(text), None, 0])
        self.pending_width += len(text)
        self.fit()

    def separator(self) -> None:
        group = self.open[-1]
        if group.wanted:
            self.newline()
            return
        self.pending.append([" ", 1, group, self.indentation])
        group.breaks += 1
        self.pending_width += 1
        self.fit()

    def newline(self) -> None:
        while self.pending:
            self.pop()
        self.out.append("\n" + " " * self.indentation)
        self.column = self.indentation
        self.pending_width = 0

    def forced(self) -> None:
        """A line break inside a text of several lines: it breaks the outermost group that waits."""
        if group := self.outermost():
            self.break_group(group)
        self.newline()

    def begin(self, indent: int, opening: str) -> None:
        if opening:
            self.text(opening)
        group = _Group(self.open[-1].depth + 1)
        self.open.append(group)
        while len(self.queue) <= group.depth:
            self.queue.append([])
        self.queue[group.depth].append(group)
        self.indentation += indent

    def end(self, indent: int, closing: str) -> None:
        self.indentation -= indent
        group = self.open.pop()
        if not group.breaks:
            self.forget(group)
        if closing:
            self.text(closing)

    def forget(self, group: _Group) -> None:
        if group in self.queue[group.depth]:
            self.queue[group.depth].remove(group)

    def pop(self) -> None:
        text, width, group, indentation = self.pending.popleft()
        self.pending_width -= width
        if group is not None:
            group.breaks -= 1
            if group.wanted:
                self.out.append("\n" + " " * indentation)
                self.column = indentation
                return
            if not group.breaks:
                self.forget(group)
        self.out.append(text)
        self.column += width

    def outermost(self) -> _Group | None:
        for level in self.queue:
            for index, group in enumerate(reversed(level)):
                if group.breaks:
                    del level[index]  # IPython deletes at the mirrored place; the layout depends on it
                    group.wanted = True
                    return group
            for group in level:
                group.wanted = True
            level.clear()
        return None

    def break_group(self, group: _Group) -> None:
        while group.breaks:
            self.pop()
        while self.pending and self.pending[0][2] is None:
            self.pop()

    def fit(self) -> None:
        while self.column + self.pending_width > _WIDTH:
            group = self.outermost()
            if group is None:
                return
            self.break_group(group)


def shown(value: Any) -> str:
    """The ``text/plain`` that IPython shows for the value of a cell's last expression.

    Raises:
        Unknowable: when it isn't sure.
    """
    layout = _Layout()
    _show(value, layout, 0)
    while layout.pending:
        layout.pop()
    return "".join(layout.out)


def _show(value: Any, layout: _Layout, depth: int) -> None:
    if depth > 50 or value is UNKNOWN:
        raise Unknowable
    layout.begin(0, "")
    kind = type(value)
    if kind is list:
        _items(value, layout, depth, "[", "]")
    elif kind is tuple:
        _items(value, layout, depth, "(", ",)" if len(value) == 1 else ")")
    elif kind is dict:
        _mapping(value, layout, depth)
    elif kind is set or kind is frozenset:
        if not value:
            layout.text(f"{kind.__name__}()")
        elif len(value) >= _LONGEST:
            raise Unknowable
        else:
            frozen = kind is frozenset
            _items(_sorted(value), layout, depth, "frozenset({" if frozen else "{", "})" if frozen else "}")
    elif kind is Counter:
        _call("Counter", [dict(value.most_common())] if value else [], layout, depth)
    elif kind is OrderedDict:
        _call("OrderedDict", [list(value.items())] if value else [], layout, depth)
    elif kind is deque:
        if value.maxlen is not None:
            raise Unknowable
        _call("deque", [list(value)], layout, depth)
    elif kind is defaultdict:
        _call("defaultdict", [value.default_factory, dict(value)], layout, depth)
    elif isinstance(value, BaseException):
        if kind.__module__ != "builtins" or any(a is UNKNOWN for a in value.args):
            raise Unknowable
        _call(kind.__name__, list(value.args), layout, depth)
    elif isinstance(value, type):
        module = value.__module__
        layout.text(value.__qualname__ if module == "builtins" else f"{module}.{value.__qualname__}")
    elif kind is Class:
        layout.text(f"__main__.{value.qualname}")
    elif kind is Instance:
        if value.cls.exception is not None or any(value.cls.find(n) is not MISSING for n in _DISPLAY):
            raise Unknowable
        _lines(repr(value), layout)
    elif (
        kind in OWN
        or callable(value)
        or (kind not in ATOMS and survey(value, 100_000) & (HAS_UNKNOWN | HAS_UNORDERED))
    ):
        raise Unknowable
    else:
        _lines(repr(value), layout)
    layout.end(0, "")


def _lines(text: str, layout: _Layout) -> None:
    layout.begin(0, "")
    for index, line in enumerate(text.splitlines()):
        if index:
            layout.forced()
        layout.text(line)
    layout.end(0, "")


def _items(values: Any, layout: _Layout, depth: int, opening: str, closing: str) -> None:
    layout.begin(len(opening), opening)
    for index, item in enumerate(values):
        if index >= _LONGEST:
            _more(layout)
            break
        if index:
            layout.text(",")
            layout.separator()
        _show(item, layout, depth + 1)
    if closing == ",)":
        layout.text(",")
        closing = ")"
    layout.end(len(opening), closing)


def _mapping(value: dict[Any, Any], layout: _Layout, depth: int) -> None:
    layout.begin(1, "{")
    for index, (key, item) in enumerate(value.items()):
        if index >= _LONGEST:
            _more(layout)
            break
        if index:
            layout.text(",")
            layout.separator()
        _show(key, layout, depth + 1)
        layout.text(": ")
        _show(item, layout, depth + 1)
    layout.end(1, "}")


def _call(name: str, args: list[Any], layout: _Layout, depth: int) -> None:
    # IPython prints a call through an object of its own: one group more
    layout.begin(0, "")
    layout.begin(len(name) + 1, f"{name}(")
    for index, item in enumerate(args):
        if index:
            layout.text(",")
            layout.separator()
        _show(item, layout, depth + 1)
    layout.end(len(name) + 1, ")")
    layout.end(0, "")


def _more(layout: _Layout) -> None:
    layout.text(",")
    layout.separator()
    layout.text("...")


def _sorted(values: Any) -> list[Any]:
    for item in values:
        # subsets have no total order: what sorting makes of them depends on where it starts
        if type(item) not in ATOMS and not (type(item) is tuple and all(type(i) in ATOMS for i in item)):
            raise Unknowable
    try:
        return sorted(values)
    except Exception:
        return sorted(values, key=str)
