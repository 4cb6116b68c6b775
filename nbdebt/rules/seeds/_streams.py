"""What the rules of this family share: which draws no seed above them determines, and the lines that seed."""

import re
from weakref import WeakKeyDictionary

import msgspec

from nbdebt.flow.facts import Call, Statement
from nbdebt.model.finding import Fix, Insert, Replace
from nbdebt.model.history import Access, Name, RandomStream, Span
from nbdebt.rules.analysis import Analysis

ENTROPY = frozenset(("time", "os", "uuid"))
"""Streams that no seed determines."""

SHOWN = {
    "python": "random",
    "numpy": "numpy.random",
    "cupy": "cupy.random",
    "dask": "dask.array.random",
    "cv2": "cv2",
}
"""What people call a stream, where that isn't its own name."""

# For each stream: modules under which a notebook may have it, each with the line that seeds it; then what to
# import where it has none of them.
_SEEDS: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "python": ((("random", "{}.seed({seed})"),), "import random"),
    "numpy": (
        (("numpy", "{}.random.seed({seed})"), ("numpy.random", "{}.seed({seed})")),
        "import numpy as np",
    ),
    "torch": ((("torch", "{}.manual_seed({seed})"),), "import torch"),
    "tensorflow": (
        (
            ("tensorflow", "{}.random.set_seed({seed})"),
            ("keras", "{}.utils.set_random_seed({seed})"),
            ("tensorflow.keras", "{}.utils.set_random_seed({seed})"),
        ),
        "import tensorflow as tf",
    ),
    "cupy": ((("cupy", "{}.random.seed({seed})"),), "import cupy as cp"),
    "dask": ((("dask.array", "{}.random.seed({seed})"),), "import dask.array as da"),
    "polars": ((("polars", "{}.set_random_seed({seed})"),), "import polars as pl"),
    "cv2": ((("cv2", "{}.setRNGSeed({seed})"),), "import cv2"),
}
# What takes a function to call it some day: when a button is pressed, when a timer fires.
_REGISTERS = re.compile(r"(?:\A|\.)(?:on_\w+|rx|observe|watch|subscribe|\w*callback)\(", re.IGNORECASE)
_CALLS_SEED = re.compile(r"(?<![\w.])\w*seed\w*\s*\(", re.IGNORECASE)


class Use(msgspec.Struct):
    """One access of a stream, and the document index of its cell."""

    cell: int
    access: Access

    @property
    def argument(self) -> str:
        """The parameter that would have determined this draw; empty where only a seed of the stream should.

        Variates that are all drawn with the same ``random_state`` would be the same numbers.
        """
        name = self.access.get("argument")
        return "" if name == "generator" or self.access.via.endswith(".rvs") else name


class Stream(msgspec.Struct):
    """One process-wide random stream in one notebook.

    Args:
        name: ``python``, ``numpy``…
        open: draws that no seed stands above, in document order.
        determined: draws below a seed.
        seeds: what seeds it, in document order.
    """

    name: str
    open: list[Use] = []
    determined: list[Use] = []
    seeds: list[Use] = []

    @property
    def shown(self) -> str:
        """What people call it."""
        return SHOWN.get(self.name, self.name)

    @property
    def bare(self) -> list[Use]:
        """Open draws that nothing but a seed of the stream can determine."""
        return [use for use in self.open if not use.argument]


_KNOWN: WeakKeyDictionary[Analysis, dict[str, Stream]] = WeakKeyDictionary()


def streams(seen: Analysis) -> dict[str, Stream]:
    """The random streams of a notebook that can be seeded, by name."""
    found = _KNOWN.get(seen)
    if found is None:
        found = _KNOWN[seen] = _read(seen)
    return found


def _read(seen: Analysis) -> dict[str, Stream]:
    found: dict[str, Stream] = {}
    seeded: set[str] = set()
    opaque = False
    for cell, flow in seen.cells():
        for access in flow.accesses:
            if access.resource.__class__ is not RandomStream:
                continue
            name = access.resource.stream
            if name not in _SEEDS:
                continue
            stream = found.setdefault(name, Stream(name, [], [], []))
            use = Use(cell.index, access)
            if access.mode == "draw" and _REGISTERS.search(text_at(seen, use).partition("(")[0] + "("):
                continue
            if access.mode == "seed":
                seeded.add(name)
                stream.seeds.append(use)
            elif access.mode == "draw":
                (stream.determined if name in seeded else stream.open).append(use)
        opaque = opaque or bool(flow.opaque)
        # A helper that a star import or a script brings in: its name says what it is for.
        if opaque and _CALLS_SEED.search(cell.source):
            seeded.update(_SEEDS)
    return found


def statement_of(seen: Analysis, cell: int, span: Span) -> Statement | None:
    """The top-level statement that a place stands in."""
    for statement in seen.flows[cell].statements:
        if statement.span.line <= span.line <= statement.span.end_line:
            return statement
    return None


def call_at(seen: Analysis, cell: int, access: Access) -> Call | None:
    """The library call that an access comes from, where it is written in this cell."""
    return next(
        (c for c in seen.flows[cell].calls if c.span == access.span and c.function == access.via), None
    )


def text_at(seen: Analysis, use: Use) -> str:
    """The source text of an access, to the end of its first line."""
    span = use.access.span
    end = span.end_column - 1 if span.end_line == span.line else None
    return seen.line(use.cell, span.line)[span.column - 1 : end]


def within(inner: Span, outer: Span) -> bool:
    """Whether one place lies in another."""
    return (outer.line, outer.column) <= (inner.line, inner.column) and (
        inner.end_line,
        inner.end_column,
    ) <= (
        outer.end_line,
        outer.end_column,
    )


def argument_edit(
    seen: Analysis, cell: int, call: Call, name: str, positional: bool = False
) -> Replace | None:
    """The edit that gives a call its seed; None where the call has one."""
    seed = seen.settings.seed
    given = call.arguments.get(name)
    if given is not None:
        return Replace(cell, given.span, str(seed)) if given.known and given.value is None else None
    if call.spread:
        return None
    line, column, before = call.insert
    if not call.arguments:
        text = before + (str(seed) if positional else f"{name}={seed}")
        return Replace(cell, Span(line, column, line, column), text)
    last = max((a.span for a in call.arguments.values()), key=lambda s: (s.end_line, s.end_column))
    if _nothing_between(seen, cell, last, line, column):
        # Right behind the last argument, so that a closing parenthesis on a line of its own stays there.
        line, column, before = last.end_line, last.end_column, ", "
    return Replace(cell, Span(line, column, line, column), f"{before}{name}={seed}")


def _nothing_between(seen: Analysis, cell: int, last: Span, line: int, column: int) -> bool:
    """Whether an argument is followed by nothing but a comma and comments up to a place."""
    if line < last.end_line:
        return False
    lines = seen.notebook.cells[cell].source.split("\n")[last.end_line - 1 : line]
    lines[-1] = lines[-1][: column - 1]
    lines[0] = lines[0][last.end_column - 1 :]
    return "".join(text.partition("#")[0].strip() for text in lines) in ("", ",")


def seed_fix(seen: Analysis, stream: Stream, draw: Use) -> Fix | None:
    """Seed a stream right after the import of its library, in the notebook's own words; above ``draw``."""
    modules, statement = _SEEDS[stream.name]
    for module, template in modules:
        for cell in sorted(seen.flows):
            if cell > draw.cell:
                break
            local = _alias(seen.flows[cell].imports, module)
            if local is None:
                continue
            line = template.format(local, seed=seen.settings.seed)
            title = f"Seed `{stream.shown}` with `{line}`"
            if cell < draw.cell:
                return Fix(title, (Insert(cell + 1, line),))
            edit = _line_after_imports(seen, cell, local, draw, line)
            if edit is not None:
                return Fix(title, (edit,))
    local = statement.split()[-1]
    module, template = modules[0]
    line = template.format(local, seed=seen.settings.seed)
    return Fix(f"Seed `{stream.shown}` with `{line}`", (Insert(draw.cell, f"{statement}\n\n{line}"),))


def _alias(imports: dict[str, str], module: str) -> str | None:
    for local, qualified in imports.items():
        # ``import a.b`` binds ``a``, and is noted under it with the name of the module that it loads.
        if qualified == module and not (local != module and local == module.partition(".")[0]):
            return local
        if "." in qualified and local == module and qualified.startswith(module + "."):
            return local
    return None


def _line_after_imports(seen: Analysis, cell: int, local: str, draw: Use, line: str) -> Replace | None:
    """The edit that adds a line to a cell below the imports that stand above the draw."""
    flow = seen.flows[cell]
    target = statement_of(seen, cell, draw.access.span)
    binds = next(
        (a.span.line for a in flow.accesses if a.mode == "write" and a.resource == Name(local)), None
    )
    if target is None or binds is None:
        return None
    end = 0
    for statement in flow.statements:
        if statement.span.end_line >= target.span.line:
            break
        makes = statement.span.line <= binds <= statement.span.end_line
        if makes or statement.kind in ("Import", "ImportFrom"):
            end = statement.span.end_line
    if end < binds:
        return None
    column = len(seen.line(cell, end)) + 1
    return Replace(cell, Span(end, column, end, column), f"\n{line}")
