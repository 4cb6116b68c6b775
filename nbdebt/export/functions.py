"""A function for each section of a notebook, and ``main``, which calls them one after the other.

What the sections exchange becomes arguments and results. It is done only where that can't make a difference:
functions and classes of the notebook must get along with what is the module's own.
"""

import ast
import builtins
import textwrap
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from nbdebt.export.main import DYNAMIC, code_words
from nbdebt.export.model import Entry
from nbdebt.export.names import bindings
from nbdebt.export.sections import Section, closed_over, flow_between, function_name, globals_of, sections_of
from nbdebt.export.setting_lines import Settings
from nbdebt.export.texts import comment, indented, tree_of


class CannotDivideError(Exception):
    """A notebook's code can't be divided into functions so that it surely does the same; says why."""


class Divided(msgspec.Struct, frozen=True):
    """A script in functions.

    Args:
        text: the functions, ``main`` last.
        names: their names, in this order.
    """

    text: str
    names: tuple[str, ...]


class Surroundings(msgspec.Struct, frozen=True):
    """What stands in the script beside the sections.

    Args:
        own: names of the module: imports, helpers, settings.
        taken: names that no function may have.
        types: annotations of names, as far as these are known.
        settings: the settings.
        main: the name of the function that calls the others.
        first: what it does before.
        title: the notebook's file name.
    """

    own: frozenset[str]
    taken: frozenset[str]
    types: Mapping[str, str]
    settings: Settings
    main: str
    first: str
    title: str


def divided(runs: Sequence[tuple[Entry, str]], around: Surroundings) -> Divided:
    """The functions.

    Args:
        runs: the runs, with their code.
        around: what else the script holds.

    Raises:
        CannotDivideError: it can't be done so that the script surely does the same.
    """
    sections = sections_of(runs, comment)
    if not any(section.heading for section in sections):
        raise CannotDivideError("no heading says where")
    trees = [section.tree for section in sections]
    _refuse(trees)
    times = Counter(name for tree in trees for name, _ in bindings(tree))
    moved = _moved(trees, times, around)
    texts: list[str] = []
    codes: list[ast.Module] = []
    outside: list[str] = []
    for section, tree in zip(sections, trees, strict=True):
        out, rest = _parted(section.code, tree, moved)
        outside += out
        texts.append(rest)
        codes.append(tree_of(rest))
    _closures(codes, times)
    keep = [number for number, code in enumerate(codes) if code.body]
    kept = [sections[number] for number in keep]
    flow_between(kept, [codes[number] for number in keep])
    taken = set(around.taken) | set(times) | {around.main}
    functions: list[str] = []
    for position, (section, number) in enumerate(zip(kept, keep, strict=True), 1):
        section.name = function_name(section.heading, position, taken)
        taken.add(section.name)
        functions.append(_function(section, texts[number], codes[number], around))
    text = "\n\n\n".join([*outside, *functions, _main(kept, around)])
    return Divided(text, (*(section.name for section in kept), around.main))


def _refuse(trees: Sequence[ast.Module]) -> None:
    for tree in trees:
        for word in code_words(tree):
            if word in DYNAMIC:
                raise CannotDivideError(f"`{word}` asks for names by their text")
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                raise CannotDivideError(f"a function sets the global `{node.names[0]}`")
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                raise CannotDivideError(f"`{ast.unparse(node)}` brings names that nothing names")
        for name, _ in bindings(tree):
            if hasattr(builtins, name):
                raise CannotDivideError(f"`{name}` is a name of Python's that the notebook sets")


def _moved(trees: Sequence[ast.Module], times: Counter[str], around: Surroundings) -> set[str]:
    """Definitions, and the constants that these use, that become the module's own.

    Raises:
        CannotDivideError: a definition uses what the notebook sets otherwise.
    """
    found: dict[str, set[str]] = {}
    constants: set[str] = set()
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                source = ast.unparse(node)
                found[node.name] = globals_of(source)
                if times[node.name] > 1:
                    raise CannotDivideError(f"`{node.name}` is defined more than once")
            elif isinstance(node, ast.Assign) and _is_constant(node, around.own):
                target = node.targets[0]
                if isinstance(target, ast.Name) and times[target.id] == 1:
                    constants.add(target.id)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                raise CannotDivideError(f"`{ast.unparse(node)}` can't be moved to the top")
    used: set[str] = set()
    for name, wanted in found.items():
        for other in sorted(wanted):
            if other in found or other in around.own or (hasattr(builtins, other) and other not in times):
                continue
            if other not in constants:
                raise CannotDivideError(f"`{name}` uses `{other}`, which the notebook sets")
            used.add(other)
    return set(found) | used


def _is_constant(node: ast.Assign, own: Collection[str]) -> bool:
    if len(node.targets) != 1:
        return False
    value = node.value
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id in own)


def _parted(code: str, tree: ast.Module, moved: Collection[str]) -> tuple[list[str], str]:
    """What of a section becomes the module's own, statement by statement, and the rest."""
    lines = code.split("\n")
    out: list[str] = []
    gone: set[int] = set()
    for node in tree.body:
        names = {name for name, _ in bindings(ast.Module([node], []))}
        if not names & set(moved):
            continue
        decorators = [d.lineno for d in getattr(node, "decorator_list", [])]
        first, last = min([node.lineno, *decorators]), node.end_lineno or node.lineno
        if any(o is not node and o.lineno <= last and (o.end_lineno or 0) >= first for o in tree.body):
            raise CannotDivideError(f"`{sorted(names)[0]}` shares its line with other code")
        while first > 1 and lines[first - 2].startswith("#") and first - 1 not in gone:
            first -= 1
        out.append("\n".join(lines[first - 1 : last]))
        gone.update(range(first, last + 1))
    rest = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return out, rest.strip("\n")


def _closures(codes: Sequence[ast.Module], times: Counter[str]) -> None:
    """Refuse lambdas that would see another value than they did: they look names up when they are called."""
    for code in codes:
        bound = {name for name, _ in bindings(code)}
        for name in sorted(closed_over(code) & set(times)):
            if times[name] > 1 or (name not in bound and name in times and _lives_on(code)):
                raise CannotDivideError(f"a lambda or generator looks up `{name}`, which may change")


def _lives_on(code: ast.Module) -> bool:
    """Whether a lambda or a generator is kept under a name."""
    return any(
        isinstance(inner, ast.Lambda | ast.GeneratorExp)
        for node in code.body
        if isinstance(node, ast.Assign)
        for inner in [node.value]
    )


def _function(section: Section, text: str, code: ast.Module, around: Surroundings) -> str:
    arguments = [_argument(name, around) for name in section.inputs]
    if around.settings.is_class and around.settings.instance in set(code_words(code)):
        arguments.insert(0, f"{around.settings.instance}: {around.settings.class_name}")
    deleted = {name for name, node in bindings(code) if isinstance(getattr(node, "ctx", None), ast.Del)}
    if deleted & set(section.outputs):
        raise CannotDivideError(f"`{sorted(deleted)[0]}` is deleted and made again")
    known = [around.types.get(name) for name in section.outputs]
    result = ""
    if not known:
        result = " -> None"
    elif None not in known:
        shown = [str(annotation) for annotation in known]
        result = f" -> {shown[0]}" if len(shown) == 1 else f" -> tuple[{', '.join(shown)}]"
    about = section.heading or "What comes before the first heading"
    about += "" if about[-1] in ".!?" else "."
    words = textwrap.wrap(" ".join(section.words.split()), 84) if section.words else []
    doc = "\n".join([about, *(["", *words] if words else [])]).replace("\\", "\\\\").replace('"""', "'''")
    closing = '"""' if not words and not doc.endswith('"') else '\n"""'
    said = textwrap.indent(f'"""{doc}{closing}', "    ")
    body = text
    if section.outputs:
        body += f"\nreturn {', '.join(section.outputs)}"
    return f"def {section.name}({', '.join(arguments)}){result}:\n{said}\n{indented(body)}"


def _argument(name: str, around: Surroundings) -> str:
    annotation = around.types.get(name)
    return f"{name}: {annotation}" if annotation else name


def _main(sections: Sequence[Section], around: Surroundings) -> str:
    settings = around.settings
    taken = f"{settings.instance}: {settings.class_name}" if settings.is_class else ""
    lines = [
        f"def {around.main}({taken}) -> None:",
        f'    """Do what {around.title} did, section by section."""',
    ]
    if around.first:
        lines.append(indented(around.first))
    for section in sections:
        arguments = list(section.inputs)
        if settings.is_class and f"{settings.instance}." in section.code:
            arguments.insert(0, settings.instance)
        call = f"{section.name}({', '.join(arguments)})"
        lines.append(f"    {', '.join(section.outputs)} = {call}" if section.outputs else f"    {call}")
    return "\n".join(lines)
