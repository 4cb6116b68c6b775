"""The script's text: header, imports, helpers, and the runs one below the other."""

import ast
import re
from collections import Counter
from collections.abc import Sequence

from nbdebt.export.figures import aliases, drawing
from nbdebt.export.header import header, requirements
from nbdebt.export.helpers import Names
from nbdebt.export.imports import hoisted
from nbdebt.export.model import Entry, Log, Manifest, Script
from nbdebt.export.names import bindings, spoken
from nbdebt.export.refused import ExportRefused
from nbdebt.export.results import Results
from nbdebt.export.slice import Sliced
from nbdebt.export.texts import indented
from nbdebt.export.translate import Block, Context, translate
from nbdebt.flow.reader import parse

_SEEDS = {
    "python": ("random", "{}.seed({})"),
    "numpy": ("numpy", "{}.random.seed({})"),
    "torch": ("torch", "{}.manual_seed({})"),
    "tensorflow": ("tensorflow", "{}.random.set_seed({})"),
}


def write(log: Log, found: Sliced, seed: int | None = 0) -> Script:
    """Write the script.

    Args:
        log: what ran.
        found: what of it is kept.
        seed: what seeds the streams that the notebook did not seed; None leaves them so.

    Raises:
        ExportRefused: something in it has no plain Python that surely does the same.
    """
    if log.interactivity not in ("last_expr", "all", "none"):
        raise ExportRefused(f"the shell shows `{log.interactivity}`, which a script has no word for")
    entries = [kept.entry for kept in found.kept]
    trees = {entry.number: parse(0, entry.source).tree for entry in entries}
    python = [tree for tree in trees.values() if tree is not None]
    names, context = _context(log, entries, trees, python)
    draws = drawing(entries) if log.inline else set()
    blocks = [translate(kept, context) for kept in found.kept]
    seeds = _seeds(log, names, seed)
    waiting = [block for block in blocks if block.waits and block.text]
    parts = [
        _coroutine(block, names, len(waiting) == 1) if block in waiting else block.text for block in blocks
    ]
    plotting = bool(aliases(python, ("matplotlib", "seaborn", "pylab"))) or bool(draws)
    for position, block in enumerate(blocks):
        if block.entry.number in draws and parts[position]:
            parts[position] += f"\n{names.helper('save_figures')}()"
    lines = _setup(names, plotting)
    imports, parts = hoisted(parts, python, log.directory, names.imports())
    body: list[str] = []
    above: list[str] = []
    printed: list[Entry] = []
    for block, part in zip(blocks, parts, strict=True):
        above += [_comment(text) for text in block.entry.above]
        if part.strip():
            body.append("\n\n".join([*above, f"# %% {_heading(block.entry)}\n{part}"]))
            above = []
        if block.prints:
            printed.append(block.entry)
    body += ["\n\n".join(above)] if above else []
    installed = [requirement for block in blocks for requirement in block.requirements]
    text_of_all = "\n\n\n".join(body)
    needed = requirements([ast.parse("\n".join(imports)), *map(ast.parse, parts)], log, installed)
    manifest = Manifest(
        log.title,
        found.level,
        found.targets.words,
        tuple(sorted(found.targets.names)),
        log.written,
        tuple(entry.label for entry in entries),
        found.dropped,
        (*log.unknown, *_notes(log, seed)),
        needed,
        tuple(log.unseeded) if seed is not None else (),
    )
    helpers = names.definitions()
    future = [text for text in imports if "__future__" in text]
    top = [
        text
        for text in dict.fromkeys([*names.imports(), *imports])
        if text not in future and text not in lines
    ]
    pieces = [
        header(manifest, log),
        "\n".join([*future, *lines, *top]),
        helpers,
        seeds,
        text_of_all,
    ]
    if len(waiting) > 1:
        pieces.append(f"{names.free('runner')}.close()")
    text = "\n\n".join(piece for piece in pieces if piece.strip()) + "\n"
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    _check(text)
    return Script(text, manifest, log, tuple(printed))


def _context(
    log: Log, entries: Sequence[Entry], trees: dict[int, ast.Module | None], python: Sequence[ast.Module]
) -> tuple[Names, Context]:
    otherwise: set[str] = set()
    known: set[str] = set()
    for tree in python:
        for name, node in bindings(tree):
            known.add(name)
            same = isinstance(node, ast.Import) and any(
                (a.name == name and not a.asname) or (a.name.partition(".")[0] == name and not a.asname)
                for a in node.names
            )
            if not same:
                otherwise.add(name)
    names = Names(spoken(python) | set(log.names), otherwise)
    pyplot = {
        local
        for local, meant in aliases(python, ("matplotlib", "pylab")).items()
        if meant in ("matplotlib.pyplot", "pylab")
    }
    results = Results(entries, trees, frozenset(known))
    context = Context(
        names,
        frozenset(known),
        "\n".join(entry.source for entry in entries),
        results,
        frozenset(pyplot),
        log.inline,
        log.interactivity,
    )
    return names, context


def _setup(names: Names, plotting: bool) -> list[str]:
    if not plotting:
        return []
    os = names.module("os")
    first = "import os" if os == "os" else f"import os as {os}"
    return [first, "", f'{os}.environ["MPLBACKEND"] = "Agg"  # figures are saved, not shown', ""]


def _seeds(log: Log, names: Names, seed: int | None) -> str:
    if seed is None:
        return ""
    lines = []
    for stream in log.unseeded:
        if stream in _SEEDS:
            module, form = _SEEDS[stream]
            lines.append(form.format(names.module(module), seed))
    return "\n".join(["# The notebook did not seed these.", *lines]) if lines else ""


def _notes(log: Log, seed: int | None) -> list[str]:
    if not log.unseeded:
        return []
    streams = ", ".join(log.unseeded)
    if seed is None or not any(stream in _SEEDS for stream in log.unseeded):
        return [f"The notebook drew from {streams} unseeded: each run of this script gives something else"]
    return [
        f"The notebook drew from {streams} unseeded: its own numbers can't be had again. "
        f"This script seeds with {seed}"
    ]


def _coroutine(block: Block, names: Names, alone: bool) -> str:
    """A run that waits, as a coroutine: what it binds is global, as in the notebook."""
    function = names.free(
        f"cell_{block.entry.count if block.entry.count is not None else block.entry.number}"
    )
    tree = ast.parse(block.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            raise ExportRefused("a star import in a cell that waits", block.entry.label, node.lineno)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            raise ExportRefused("an annotated name in a cell that waits", block.entry.label, node.lineno)
    before, inside = _parted(block.text, tree)
    bound = tuple(dict.fromkeys(name for name, _ in bindings(ast.parse(inside))))
    shared = f"    global {', '.join(bound)}\n" if bound else ""
    asyncio = names.module("asyncio")
    text = f"{before}async def {function}():\n{shared}{indented(inside)}\n\n\n"
    if alone:
        return text + f"{asyncio}.run({function}())"
    runner = names.free("runner")
    start = "" if "runner" in names.helpers else f"{runner} = {asyncio}.Runner()\n"
    names.helpers.setdefault("runner", runner)
    return text + f"{start}{runner}.run({function}())"


def _parted(text: str, tree: ast.Module) -> tuple[str, str]:
    """Imports and functions of a cell that waits, which needn't stand in the coroutine; and the rest."""
    lines = text.split("\n")
    times = Counter(name for name, _ in bindings(tree))
    loaded: set[str] = set()
    out: list[tuple[int, int]] = []
    for node in tree.body:
        bound = [name for name, _ in bindings(ast.Module([node], []))]
        plain = isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not (node.decorator_list or node.args.defaults or any(node.args.kw_defaults))
        )
        if plain and all(times[name] == 1 and name not in loaded for name in bound):
            out.append((node.lineno, node.end_lineno or node.lineno))
        loaded |= spoken([node])
    alone = [(a, b) for a, b in out if sum(a <= n.lineno <= b for n in tree.body) == 1]
    gone = {line for a, b in alone for line in range(a, b + 1)}
    before = "".join("\n".join(lines[a - 1 : b]) + "\n\n\n" for a, b in alone)
    inside = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return before, inside.strip("\n")


def _comment(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.strip().split("\n"))


def _heading(entry: Entry) -> str:
    return f"[{entry.count}]" if entry.count is not None else f"run {entry.number}"


def _check(text: str) -> None:
    try:
        compile(text, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        shown = text.split("\n")[line - 1].strip() if line else ""
        raise ExportRefused(f"the script would not be Python: {error}: {shown}") from None
