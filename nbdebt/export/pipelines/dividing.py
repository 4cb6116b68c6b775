"""From a script in functions to steps, which hand on in files what the functions hand on as values."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbdebt.analyse import read_flows
from nbdebt.export.effects import may_change
from nbdebt.export.model import Script
from nbdebt.export.names import bindings, spoken
from nbdebt.export.pipelines.model import SHARED, Pipeline, Step
from nbdebt.export.refused import ExportRefused
from nbdebt.export.texts import dedented, indented, tree_of
from nbdebt.export.tidy import tidied
from nbdebt.flow.facts import CellFlow
from nbdebt.model.history import File, RandomStream, Setting
from nbdebt.model.notebook import Cell, Notebook

_NO_SEED = frozenset(("time", "os", "uuid", "hash"))
# How a stream's place is told and set again, and what that needs.
_STREAMS = {
    "python": ("random", "random.getstate()", "random.setstate(streams[{!r}])"),
    "numpy": ("numpy", "numpy.random.get_state()", "numpy.random.set_state(streams[{!r}])"),
}
_QUIET = ("warnings", "matplotlib", "pandas", "numpy.printoptions")


class _Part(NamedTuple):
    """A section's function: its name and text, what ``main`` gives it and takes from it."""

    name: str
    about: str
    text: str
    body: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def pipeline_of(script: Script, directory: str, back: str) -> Pipeline:
    """The steps of a script that is divided into functions (``functions=True``), without flags.

    Where a section may change in place what another made, each step goes on with all that the one before it
    left; else a step takes what it needs from those that made it.

    Args:
        script: the script.
        directory: where the steps' programs will be, relative to where they run.
        back: from there to where they run.

    Raises:
        ExportRefused: it isn't divided; or a section sets what no file can hand on.
    """
    names = script.manifest.functions
    if len(names) < 2:
        why = [note.partition(": ")[2] for note in script.manifest.notes if note.startswith("Not divided")]
        reason = f" ({why[0]})" if why else ""
        raise ExportRefused(f"not divided into steps{reason}: headings in markdown say where each begins")
    tree = tree_of(script.text)
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    main = functions[names[-1]]
    calls = _calls(main, frozenset(names[:-1]))
    parts = [_part(functions[name], script.text, *calls[name]) for name in names[:-1]]
    shared = _shared(script.text, tree, {*names})
    first = _first(main, script.text, frozenset(names[:-1]))
    flows = _flows(shared, parts)
    _refuse(parts, flows)
    streams = sorted({s for flow in flows for s in _streams(flow)})
    if unknown := [stream for stream in streams if stream not in _STREAMS]:
        raise ExportRefused(
            f"the {unknown[0]} random stream goes on from section to section: no file hands it on"
        )
    chained = bool(streams) or any(_changes_input(p, f) for p, f in zip(parts, flows, strict=True))
    steps = tuple(_steps(parts, flows, chained))
    shared = _with_results(shared, streams)
    files = {f"{SHARED}.py": shared}
    own = {name for name, _ in bindings(tree_of(shared))}
    for number, (part, step) in enumerate(zip(parts, steps, strict=True)):
        handed = (
            _carried(parts, number) if chained else [n for n in part.outputs if _is_used(n, parts[number:])]
        )
        files[f"{step.file}.py"] = _program(script, part, step, own, "" if number else first, handed)
    if tidied("", ".") is not None:
        files = {name: tidied(text) or text for name, text in files.items()}
    notes = [
        f"{part.about or part.name} works on files whose names are computed: no step declares these"
        for part, flow in zip(parts, flows, strict=True)
        if any("<unknown>" in path or "{" in path for path, _ in _files(flow))
    ]
    return Pipeline(script.manifest.notebook, steps, files, directory, back, tuple(notes))


def _calls(
    main: ast.FunctionDef, names: frozenset[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What ``main`` gives each function and takes from it."""
    found = {}
    for node in main.body:
        call = node.value if isinstance(node, ast.Assign | ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names):
            continue
        outputs = (
            [n.id for n in ast.walk(node.targets[0]) if isinstance(n, ast.Name)]
            if isinstance(node, ast.Assign)
            else []
        )
        inputs = [n.id for n in call.args if isinstance(n, ast.Name)]
        found[call.func.id] = tuple(inputs), tuple(outputs)
    return found


def _part(function: ast.FunctionDef, text: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> _Part:
    about = (ast.get_docstring(function) or "").partition("\n")[0].rstrip(".")
    lines = text.split("\n")
    whole = "\n".join(lines[function.lineno - 1 : function.end_lineno])
    body = [n for n in function.body[1:] if not isinstance(n, ast.Return)]
    code = "\n".join(lines[body[0].lineno - 1 : body[-1].end_lineno]) if body else "    pass"
    return _Part(function.name, about, whole, dedented(code), inputs, outputs)


def _shared(text: str, tree: ast.Module, apart: set[str]) -> str:
    """The script without the sections' functions, ``main``, and what starts it."""
    lines = text.split("\n")
    gone: set[int] = set()
    for node in tree.body:
        is_start = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        if is_start or (isinstance(node, ast.FunctionDef) and node.name in apart):
            gone.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip("\n") + "\n"


def _first(main: ast.FunctionDef, text: str, names: frozenset[str]) -> str:
    """What ``main`` does before it calls the first section."""
    lines: list[str] = []
    for node in main.body[1:]:
        if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node)):
            break
        lines += text.split("\n")[node.lineno - 1 : node.end_lineno]
    return dedented("\n".join(lines)) if lines else ""


def _flows(shared: str, parts: Sequence[_Part]) -> list[CellFlow]:
    texts = [shared, *(part.body for part in parts)]
    cells = tuple(Cell(n, f"step-{n}", "code", text, n + 1) for n, text in enumerate(texts))
    found, _ = read_flows(Notebook("steps", cells))
    return [found[number] for number in range(1, len(texts))]


def _refuse(parts: Sequence[_Part], flows: Sequence[CellFlow]) -> None:
    for part, flow in zip(parts[:-1], flows, strict=False):
        for access in flow.accesses:
            if isinstance(access.resource, Setting) and access.mode != "read":
                name = access.resource.setting
                if not name.startswith(_QUIET):
                    raise ExportRefused(
                        f"{part.about or part.name} sets `{name}`, and a step can't hand that on to the next"
                    )


def _streams(flow: CellFlow) -> Iterator[str]:
    for access in flow.accesses:
        if isinstance(access.resource, RandomStream) and access.resource.stream not in _NO_SEED:
            yield access.resource.stream


def _changes_input(part: _Part, flow: CellFlow) -> bool:
    """Whether a section may change in place what another made: then others may see that under other names."""
    return not may_change(tree_of(part.body), flow).isdisjoint(part.inputs)


def _files(flow: CellFlow) -> Iterator[tuple[str, str]]:
    for access in flow.accesses:
        if isinstance(access.resource, File) and access.mode in ("read", "write"):
            yield access.resource.path, access.mode


def _steps(parts: Sequence[_Part], flows: Sequence[CellFlow], chained: bool) -> Iterator[Step]:
    maker: dict[str, str] = {}
    wrote: dict[str, str] = {}
    before = ""
    for number, (part, flow) in enumerate(zip(parts, flows, strict=True), 1):
        named = [(p, m) for p, m in _files(flow) if "<unknown>" not in p and "{" not in p]
        writes = list(dict.fromkeys(path for path, mode in named if mode == "write"))
        reads = [p for p in dict.fromkeys(p for p, mode in named if mode == "read") if p not in writes]
        after = [before] if chained and before else []
        if not chained:
            after = [maker[name] for name in part.inputs if name in maker]
        after += [wrote[path] for path in reads if path in wrote]
        yield Step(
            part.name,
            f"{number:0{len(str(len(parts)))}}_{part.name}",
            part.about,
            # What is newest is read last, and counts.
            tuple(other.name for other in parts if other.name in after),
            tuple(path for path in reads if path not in wrote),
            tuple(path for path in reads if path in wrote),
            tuple(writes),
        )
        maker |= dict.fromkeys(part.outputs, part.name)
        wrote |= dict.fromkeys(writes, part.name)
        before = part.name


def _carried(parts: Sequence[_Part], number: int) -> list[str]:
    """What the steps behind one need of all that was made until then."""
    made = dict.fromkeys(name for part in parts[: number + 1] for name in (*part.inputs, *part.outputs))
    return [name for name in made if _is_used(name, parts[number:])]


def _is_used(name: str, parts: Sequence[_Part]) -> bool:
    return any(name in part.inputs for part in parts[1:])


def _with_results(shared: str, streams: Sequence[str]) -> str:
    """The shared module, with what reads and writes results."""
    tree = tree_of(shared)
    place = tree.body[0].end_lineno or 1
    lines = shared.split("\n")
    modules = ["pathlib", "pickle", *(_STREAMS[stream][0] for stream in streams)]
    told = ", ".join(f"{stream!r}: {_STREAMS[stream][1]}" for stream in streams)
    restored = "".join(f"\n            {_STREAMS[stream][2].format(stream)}" for stream in streams)
    setting = f"\n        if streams:{restored}" if streams else ""
    ending = _RESULTS.replace("STREAMS", "{" + told + "}").replace("RESTORE", setting)
    imports = "\n".join(f"import {module}" for module in modules)
    top, rest = "\n".join(lines[:place]), "\n".join(lines[place:]).strip("\n")
    return f"{top}\n\n{imports}\n{rest}\n\n\n{ending}"


def _program(
    script: Script, part: _Part, step: Step, own: set[str], first: str, handed: Sequence[str]
) -> str:
    """A step as a program."""
    used = sorted(own & spoken([tree_of(f"{part.text}\n{first}")]))
    names = ", ".join(["read_results", "write_results", *used])
    taken = ", ".join(f"{name!r}" for name in step.after)
    lines = [
        f'"""{part.about or part.name}: a step of what {script.manifest.notebook} did."""',
        "",
        *([f"import {SHARED}"] if "FIGURES" in own else []),
        f"from {SHARED} import {names}",
        "",
        "",
        part.text,
        "",
        "",
        "def run() -> None:",
        '    """Take what the steps before left, do this one, leave what it makes."""',
        f"    values = read_results({taken})",
    ]
    if "FIGURES" in own:
        lines.append(f"    {SHARED}.FIGURES = {SHARED}.FIGURES / {part.name!r}")
    lines += indented(first).split("\n") if first else []
    call = f"{part.name}({', '.join(f'values[{name!r}]' for name in part.inputs)})"
    left = ", ".join(f"values[{name!r}]" for name in part.outputs)
    lines.append(f"    {left} = {call}" if left else f"    {call}")
    kept = ", ".join(map(repr, handed)) + ("," if len(handed) == 1 else "")
    lines += [f"    write_results({part.name!r}, values, ({kept}))", "", ""]
    lines += ['if __name__ == "__main__":', "    run()", ""]
    return "\n".join(lines)


_RESULTS = '''\
RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def read_results(*steps):
    """What steps left, the newest last."""
    values = {}
    for step in steps:
        with open(RESULTS / f"{step}.pickle", "rb") as file:
            found, streams = pickle.load(file)
        values |= foundRESTORE
    return values


def write_results(step, values, names):
    """Leave the values of these names for the steps behind."""
    RESULTS.mkdir(exist_ok=True)
    temporary = RESULTS / f"{step}.tmp"
    with open(temporary, "wb") as file:
        for name in names:
            try:
                pickle.dumps(values[name])
            except Exception as error:
                raise SystemExit(f"{step}: `{name}` can't be handed on in a file: {error}") from None
        pickle.dump(({name: values[name] for name in names}, STREAMS), file)
    temporary.replace(RESULTS / f"{step}.pickle")
'''
