"""The sections of a notebook: what stands under one heading, and the data that flows between them."""

import ast
import keyword
import re
import symtable
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from nbdebt.export.model import Entry
from nbdebt.export.names import bindings, spoken
from nbdebt.export.results import own_names
from nbdebt.export.texts import tree_of

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*[.):]?|[IVX]+[.)])\s+")
_LONGEST = 40


class Section(msgspec.Struct):
    """What stands under one heading.

    Args:
        heading: the heading; empty above the first.
        words: what else the markdown below the heading says.
        texts: the code of its runs.
        name: the function's name.
        inputs: names that it takes from those before it.
        outputs: names that those after it take.
    """

    heading: str = ""
    words: str = ""
    texts: list[str] = []
    name: str = ""
    inputs: list[str] = []
    outputs: list[str] = []

    @property
    def code(self) -> str:
        """Its code as one text."""
        return "\n\n".join(text for text in self.texts if text.strip())

    @property
    def tree(self) -> ast.Module:
        """Its code, parsed."""
        return tree_of(self.code)


def sections_of(runs: Iterable[tuple[Entry, str]], comment: Callable[[str], str]) -> list[Section]:
    """Runs by the headings that they stand under.

    Args:
        runs: runs with their code, in order.
        comment: makes a comment of a text of markdown.
    """
    found = [Section()]
    for entry, text in runs:
        above: list[str] = []
        for said in entry.above:
            headings = list(_HEADING.finditer(said))
            if headings:
                if found[-1].code:
                    found.append(Section())
                found[-1].heading = _plain(headings[-1][1])
                found[-1].words = _HEADING.sub("", said).strip()
                above.clear()
            else:
                above.append(comment(said))
        if text.strip():
            found[-1].texts.append("\n\n".join([*above, text]))
    return [section for section in found if section.code]


def _plain(heading: str) -> str:
    """A heading without numbers and marks."""
    text = re.sub(r"[*_`]{1,3}(\S.*?\S|\S)[*_`]{1,3}", r"\1", heading)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return _NUMBER.sub("", re.sub(r"<[^>]+>", "", text)).strip()


def function_name(heading: str, number: int, taken: Iterable[str]) -> str:
    """A function's name for a heading, that nothing else has."""
    found = re.sub(r"\W+", "_", heading.lower()).strip("_")
    while len(found) > _LONGEST and "_" in found:
        found = found.rpartition("_")[0]
    if not found.isidentifier():
        found = f"section_{number}" if heading else "prepare"
    if keyword.iskeyword(found):
        found += "_"
    others = set(taken)
    name, times = found, 2
    while name in others:
        name, times = f"{found}_{times}", times + 1
    return name


def flow_between(sections: Sequence[Section], codes: Sequence[ast.Module]) -> None:
    """Find what each section takes and gives.

    Args:
        sections: the sections; ``inputs`` and ``outputs`` are set.
        codes: their code, without what is the module's own.
    """
    bound = [_in_order(code) for code in codes]
    sure = [set(surely_bound(code.body)) for code in codes]
    before: set[str] = set()
    inputs: list[list[str]] = []
    for code, names in zip(codes, bound, strict=True):
        inputs.append([name for name in _read_first(code) if name in before])
        before |= set(names)
    needed: set[str] = set()
    for number in range(len(sections) - 1, -1, -1):
        earlier = {name for names in bound[:number] for name in names}
        outputs = [name for name in bound[number] if name in needed]
        passed = [n for n in outputs if n not in sure[number] and n in earlier and n not in inputs[number]]
        inputs[number] += passed
        sections[number].inputs, sections[number].outputs = inputs[number], outputs
        needed = (needed - sure[number]) | set(inputs[number])


def _in_order(code: ast.Module) -> list[str]:
    """The names that code binds, in the order in which they stand."""
    places = sorted(
        (getattr(n, "lineno", 0), getattr(n, "col_offset", 0), name) for name, n in bindings(code)
    )
    return list(dict.fromkeys(name for _, _, name in places))


def _read_first(code: ast.Module) -> list[str]:
    """Names that code reads where it has not surely bound them before, in order."""
    found: dict[str, None] = {}
    sure: set[str] = set()
    local = own_names(code)
    for node in code.body:
        nested = {
            id(inner) for part in ast.walk(node) if isinstance(part, ast.AugAssign) for inner in [part.target]
        }
        for inner in ast.walk(node):
            is_read = isinstance(inner, ast.Name) and (
                isinstance(inner.ctx, ast.Load | ast.Del) or id(inner) in nested
            )
            if is_read and isinstance(inner, ast.Name) and inner.id not in sure and id(inner) not in local:
                found[inner.id] = None
        sure |= set(surely_bound([node]))
    return list(found)


def surely_bound(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Names that statements have bound once they are done; bodies of loops count as run."""
    for node in body:
        if isinstance(node, ast.If):
            yield from set(surely_bound(node.body)) & set(surely_bound(node.orelse))
        elif isinstance(node, ast.Try | ast.TryStar):
            ways = [[*node.body, *node.orelse], *(handler.body for handler in node.handlers)]
            yield from set.intersection(*(set(surely_bound(way)) for way in ways))
            yield from surely_bound(node.finalbody)
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield from (name for name, _ in bindings(ast.Module([ast.Expr(node.target)], [])))
            yield from surely_bound(node.body)
        elif isinstance(node, ast.While):
            yield from surely_bound(node.body)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if item.optional_vars is not None:
                    yield from (name for name, _ in bindings(ast.Module([ast.Expr(item.optional_vars)], [])))
            yield from surely_bound(node.body)
        elif isinstance(node, ast.Match):
            continue
        else:
            deleted = isinstance(node, ast.Delete)
            yield from (name for name, _ in bindings(ast.Module([node], [])) if not deleted)


def globals_of(source: str) -> set[str]:
    """The names that a definition looks up outside itself."""
    found: set[str] = set()
    tables = [symtable.symtable(source, "script", "exec")]
    top = tables[0]
    while tables:
        table = tables.pop()
        for symbol in table.get_symbols():
            if symbol.is_global() or (table is top and symbol.is_referenced()):
                found.add(symbol.get_name())
        tables += table.get_children()
    return found - {name for name, _ in bindings(tree_of(source))}


def closed_over(code: ast.Module) -> set[str]:
    """Names that functions, lambdas and generators within code speak of."""
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.GeneratorExp
    return {name for node in ast.walk(code) if isinstance(node, scopes) for name in spoken([node])}
