"""Values that a reader may want to set, found where they stand in the code, and put at the top under a name.

Only literals are moved that no one can tell from the name that stands for them then: numbers and texts in
code that runs once, at the top level; nothing in functions (which are values themselves), in f-strings, in
patterns, in annotations, in texts that something parses.
"""

import ast
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from nbdebt.export.edits import Edit, Lines, applied
from nbdebt.export.figures import aliases
from nbdebt.export.model import Entry, Setting
from nbdebt.export.names import bindings
from nbdebt.export.parameters import (
    MODELS,
    PARAMETERS,
    SEED_KEYWORDS,
    SEEDERS,
    UNSET,
    constant_name,
    is_constant,
    is_real,
    path_names,
)
from nbdebt.export.texts import tree_of
from nbdebt.model.history import File, Url

# Names may come from elsewhere where code does one of these: what is put at the top could be overwritten.
_ELSEWHERE = frozenset(("exec", "eval", "globals", "locals", "vars", "run_script"))
_PLOTS = ("matplotlib", "seaborn", "plotly", "pylab")
Literal = str | int | float | bool


class Place(msgspec.Struct, frozen=True):
    """A literal in a text.

    Args:
        text: number of the text.
        node: the literal.
        key: what makes two of them the same setting.
        kind: see ``Setting.kind``.
        names: names for it, the best first.
        type: see ``Setting.type``.
        about: what takes it.
        whole: the statement, where it does nothing but give the literal its final name.
        said: what is said about it are the notebook's own words.
        given: so is its name.
    """

    text: int
    node: ast.expr
    key: tuple[object, ...]
    kind: str
    names: tuple[str, ...]
    type: str
    about: str
    whole: ast.stmt | None = None
    said: bool = False
    given: bool = False


class _Notebook(msgspec.Struct, frozen=True):
    """What is asked of the whole notebook: how often names are bound, names of models and of what draws, the
    paths that are read or written."""

    times: Counter[str]
    models: frozenset[str]
    plots: frozenset[str]
    files: dict[str, str]


def literal_of(node: ast.expr) -> Literal | None:
    """The value of a literal: a text, a number (a negative one, too), True or False; None for all else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal_of(node.operand)
        return -inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        return node.value
    return None


def hoisted_settings(
    texts: Sequence[str],
    entries: Sequence[Entry | None],
    free: Callable[[str], str],
    reference: Callable[[str], str] | None = None,
) -> tuple[tuple[Setting, ...], list[str]]:
    """Find settings, and put names in their places.

    Args:
        texts: the code of the runs; it may wait, but each is a module's code.
        entries: the runs; None for code that the script puts in.
        free: a name like this one that nobody uses.
        reference: how the code speaks of a setting; None by its name, so that constants are moved whole.

    Returns:
        The settings, in the order in which a reader looks for them; the code that uses them.
    """
    trees = [tree_of(text) for text in texts]
    if any(_comes_from_elsewhere(tree) for tree in trees):
        return (), list(texts)
    models, plots = aliases(trees, MODELS), aliases(trees, _PLOTS)
    notebook = _Notebook(
        Counter(name for tree in trees for name, _ in bindings(tree)),
        frozenset(models),
        frozenset(plots),
        dict(_files(entry for entry in entries if entry is not None)),
    )
    places = [
        place
        for number, (tree, text) in enumerate(zip(trees, texts, strict=True))
        for place in _Finder(number, tree, text, notebook, entries[number] is None).places
    ]
    named = _named(places, free, reference is None)
    found: dict[str, Setting] = {}
    edits: dict[int, list[Edit]] = {}
    lines = [Lines(text, text) for text in texts]
    for place in places:
        name = named[place.key]
        source = ast.get_source_segment(texts[place.text], place.node) or ""
        value = literal_of(place.node)
        if value is None:
            continue
        entry = entries[place.text]
        about = f"{place.about} in {_where(entry)}" if entry is not None else "not seeded in the notebook"
        about = place.about if place.said else about
        if name not in found:
            found[name] = Setting(name, value, source, place.kind, place.type, about)
        elif about not in found[name].about and len(found[name].about) < 60:
            found[name] = msgspec.structs.replace(found[name], about=f"{found[name].about}, {about}")
        start, end = lines[place.text].span(place.node)
        if place.whole is not None and reference is None and place.names[0] == name:
            start, end = _statement(lines[place.text], place.whole)
            edits.setdefault(place.text, []).append(Edit(start, end, ""))
        else:
            said = reference(name) if reference is not None else name
            edits.setdefault(place.text, []).append(Edit(start, end, said))
    changed = [
        _with_code(applied(text, edits[number], 0, len(text))) if number in edits else text
        for number, text in enumerate(texts)
    ]
    order = ["path", "seed", "constant", "parameter", "threshold"]
    return tuple(sorted(found.values(), key=lambda setting: order.index(setting.kind))), changed


def _with_code(text: str) -> str:
    """A text; nothing of it where only comments are left."""
    return text.strip("\n") if tree_of(text).body else ""


def _where(entry: Entry) -> str:
    return f"[{entry.count}]" if entry.count is not None else f"run {entry.number}"


def _statement(lines: Lines, node: ast.stmt) -> tuple[int, int]:
    """A statement with the comment behind it."""
    return lines.span(node)[0], lines.end(node.end_lineno or node.lineno)


def _comes_from_elsewhere(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return True
        if isinstance(node, ast.Name) and node.id in _ELSEWHERE:
            return True
    return False


def _named(
    places: Sequence[Place], free: Callable[[str], str], movable: bool
) -> dict[tuple[object, ...], str]:
    """A name for each setting, no two the same."""
    wanted: dict[tuple[object, ...], list[str]] = {}
    for place in places:
        known = wanted.setdefault(place.key, [])
        # A name that the notebook gives goes before one that is made up.
        known[:] = [*place.names, *known] if place.given else [*known, *place.names]
    times: dict[str, int] = {}
    for names in wanted.values():
        times[names[0]] = times.get(names[0], 0) + 1
    moved = {p.key: p.names[0] for p in places if p.whole is not None and movable}
    taken: set[str] = set(moved.values()) | {"FIGURES", "PINNED", "STATES"}
    named: dict[tuple[object, ...], str] = dict(moved)
    for key, names in wanted.items():
        if key in named:
            continue
        usable = names[1:] if times[names[0]] > 1 and len(names) > 1 else names
        options = iter([*usable, *names])
        name = free(next(options))
        number = 2
        while name in taken:
            following = next(options, None)
            name = free(following if following is not None else f"{names[0]}_{number}")
            number += following is None
        taken.add(name)
        named[key] = name
    return named


class _Finder(ast.NodeVisitor):
    """Finds the literals of one text."""

    def __init__(self, number: int, tree: ast.Module, text: str, notebook: _Notebook, own: bool) -> None:
        self.number = number
        self.own = own
        self.places: list[Place] = []
        self.lines = text.split("\n")
        self.notebook = notebook
        self.top: set[int] = {id(node) for node in tree.body}
        self.filtering = 0
        for node in tree.body:
            self.visit(node)

    # What is not looked into

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None: ...

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None: ...

    def visit_ClassDef(self, node: ast.ClassDef) -> None: ...

    def visit_Lambda(self, node: ast.Lambda) -> None: ...

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None: ...

    def visit_Match(self, node: ast.Match) -> None: ...

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            single = isinstance(node.target, ast.Name) and id(node) in self.top
            if not (
                single and isinstance(node.target, ast.Name) and self._assigned(node, node.target, node.value)
            ):
                self.visit(node.value)

    # What is

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        pairs: list[tuple[ast.expr, ast.expr]] = [(target, value)]
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
            and not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
        ):
            pairs = list(zip(target.elts, value.elts, strict=True))
        single = len(node.targets) == 1 and id(node) in self.top
        for name, literal in pairs:
            if not (single and isinstance(name, ast.Name) and self._assigned(node, name, literal)):
                self.visit(literal)

    def _assigned(self, node: ast.Assign | ast.AnnAssign, target: ast.Name, literal: ast.expr) -> bool:
        name, inside = target.id, False
        if isinstance(literal, ast.Call) and _last(literal.func) == "Path" and len(literal.args) == 1:
            literal, inside = literal.args[0], True
        value = literal_of(literal)
        if value is None or self.notebook.times[name] != 1 or _is_long(value):
            return False
        is_path = isinstance(value, str) and (inside or os.path.normpath(value) in self.notebook.files)
        if not is_path and not is_constant(name, value):
            return False
        upper = constant_name(name) or name.upper()
        names = (upper,) if not inside or upper != name else (f"{upper}_PATH",)
        if name.isupper() and not inside:
            names = (name,)
        by_itself = literal is node.value and isinstance(node, ast.Assign)
        whole = node if name.isupper() and by_itself and self._alone(node) else None
        self._add(
            literal,
            ("path", os.path.normpath(value)) if isinstance(value, str) and is_path else ("constant", name),
            "path" if is_path else "constant",
            names,
            (self._comment(node) if len(_targets(node)) == 1 else "") or "set",
            name,
            whole,
            True,
        )
        return True

    def _alone(self, node: ast.stmt) -> bool:
        """Whether nothing else stands in a statement's lines, and nothing in the run speaks of it before."""
        line = self.lines[(node.end_lineno or node.lineno) - 1]
        return node.col_offset == 0 and ";" not in line.split("#")[0]

    def _comment(self, node: ast.stmt) -> str:
        end = self.lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset or 0 :].decode()
        return end.strip().lstrip("#").strip() if end.strip().startswith("#") else ""

    def visit_Call(self, node: ast.Call) -> None:
        callee = _last(node.func)
        root = next((n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)), "")
        is_model = root in self.notebook.models and callee[:1].isupper()
        is_plot = root in self.notebook.plots or callee in ("plot", "hist")
        for position, argument in enumerate(node.args):
            value = literal_of(argument)
            if isinstance(value, str) and self._path(argument, value):
                continue
            if position == 0 and callee in SEEDERS and isinstance(value, int) and not isinstance(value, bool):
                self._seed(argument, value, callee)
            elif value is None:
                self.visit(argument)
        for keyword in node.keywords:
            self._keyword(keyword, callee, is_model, is_plot)
        self.visit(node.func)

    def _keyword(self, keyword: ast.keyword, callee: str, is_model: bool, is_plot: bool) -> None:
        name, value = keyword.arg or "", literal_of(keyword.value)
        if value is None:
            self.visit(keyword.value)
            return
        if isinstance(value, str) and self._path(keyword.value, value):
            return
        if name in SEED_KEYWORDS:
            if isinstance(value, int) and not isinstance(value, bool):
                self._seed(keyword.value, value, callee)
        elif name in UNSET or is_plot or _is_long(value):
            return
        elif is_model:
            names = (constant_name(name), f"{constant_name(callee)}_{constant_name(name)}")
            self._add(keyword.value, ("parameter", name, callee, value), "parameter", names, callee, name)
        elif name in PARAMETERS and not isinstance(value, str):
            key = ("parameter", name, "", value)
            self._add(keyword.value, key, "parameter", (constant_name(name),), callee, name)

    def _path(self, node: ast.expr, value: str) -> bool:
        mode = self.notebook.files.get(os.path.normpath(value)) if value else None
        if mode is None:
            return False
        self._add(node, ("path", os.path.normpath(value)), "path", tuple(path_names(value)), mode, "")
        return True

    def _seed(self, node: ast.expr, value: int, callee: str) -> None:
        # The script's own seed, where the notebook has another one.
        names = ("SEED", "STREAM_SEED") if self.own else ("SEED",)
        self._add(node, ("seed", value), "seed", names, callee, "")

    def visit_Compare(self, node: ast.Compare) -> None:
        value = literal_of(node.comparators[0])
        less, more = isinstance(node.ops[0], ast.Lt | ast.LtE), isinstance(node.ops[0], ast.Gt | ast.GtE)
        column = constant_name(_column(node.left))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if (
            len(node.ops) == 1
            and (less or more)
            and is_number
            and value not in (0, 1, -1)
            and len(column) > 2
        ):
            name = f"{'MIN' if more else 'MAX'}_{column}" if self.filtering else f"{column}_THRESHOLD"
            self._add(
                node.comparators[0], ("threshold", name, value), "threshold", (name,), "compared", "threshold"
            )
            self.visit(node.left)
            return
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        self.filtering += 1
        self.visit(node.slice)
        self.filtering -= 1

    def _add(
        self,
        node: ast.expr,
        key: tuple[object, ...],
        kind: str,
        names: tuple[str, ...],
        about: str,
        word: str,
        whole: ast.stmt | None = None,
        given: bool = False,
    ) -> None:
        value = literal_of(node)
        if isinstance(value, str) and node.end_lineno != node.lineno:
            return
        type_ = "float" if type(value) is int and is_real(word.lower()) else type(value).__name__
        typed = (*key, type(value).__name__)
        self.places.append(
            Place(self.number, node, typed, kind, names, type_, about, whole, given and about != "set", given)
        )


def _files(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Paths and addresses that the code is known to read or write, and which of it."""
    for entry in entries:
        for access in entry.flow.accesses:
            resource = access.resource
            path = resource.path if isinstance(resource, File) else ""
            path = resource.url if isinstance(resource, Url) else path
            if path and not set(path) & set("<{*") and not path.endswith((".py", ".ipynb")):
                yield os.path.normpath(path), "read" if access.mode == "read" else "written"


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.elts if isinstance(target, ast.Tuple) else [target]


def _last(node: ast.expr) -> str:
    """The last name of a dotted one."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _column(node: ast.expr) -> str:
    """What is compared, where that has a name."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, str) else ""
    return _last(node)


def _is_long(value: Literal) -> bool:
    return isinstance(value, str) and (len(value) > 120 or "\n" in value)
