"""Saved outputs as evidence: what the code as it stands prints, beside what the file shows."""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nbdebt.flow.evaluate import MODULES
from nbdebt.flow.facts import CellFlow, Statement
from nbdebt.model.history import Name, RandomStream, Setting
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.model.patterns import later

if TYPE_CHECKING:
    from nbdebt.flow.evaluate.machine import CellResult, Machine

# Steps of the evaluator for one notebook: what depends on the code alone is small, or nobody knows it.
_STEPS = 40_000
_REDRAWN = later(r"\b(?:clear_output|update_display|display_id)\b")
_ADDRESS = later(r"0x[0-9a-fA-F]{6,}")


class Predictions:
    """What was predicted of a replay.

    Args (attributes):
        mismatches: by cell, what the saved output shows and the code can't have printed.
        confirmed: cells whose saved text is exactly what a replay prints, and that depends on what they read.
        silent: cells that print something in a replay, and no output of which is saved.
        before: by cell, digests of the names asked for as the cell found them (in its run whose output is
            saved).
        final: digests of the names asked for at the end.
        machine: the evaluator, as it stands at the end; None where following was not worth it.
        followable: names whose value may be known at the end.
        raised: by cell, the class of the exception that surely ends it.
    """

    def __init__(self) -> None:
        self.mismatches: dict[int, str] = {}
        self.confirmed: set[int] = set()
        self.silent: set[int] = set()
        self.before: dict[int, dict[str, str]] = {}
        self.final: dict[str, str] = {}
        self.machine: Machine | None = None
        self.followable: set[str] = set()
        self.raised: dict[int, str] = {}

    def knows(self, names: Iterable[str]) -> bool:
        """Whether the value of any of these names is known at the end."""
        if self.machine is None:
            return not self.followable.isdisjoint(names)
        return any(self.machine.knows(name) for name in names)

    def note(self, machine: "Machine", names: Iterable[str]) -> dict[str, str]:
        """Digests of those names whose values are known."""
        found: dict[str, str] = {}
        for name in names:
            # A module stays the same object whatever is patched into it.
            digest = machine.digest(name) if machine.knows(name) and not machine.is_module(name) else None
            if digest is not None:
                found[name] = digest
        return found


def predict(
    notebook: Notebook,
    trees: dict[int, ast.Module],
    flows: dict[int, CellFlow],
    order: Sequence[tuple[int, bool]],
    unknown_names: Iterable[str] = (),
    watch: Mapping[int, Iterable[str]] | None = None,
    names: Iterable[str] = (),
) -> Predictions:
    """Run cells concretely, as far as that is possible without running them, and compare the saved text.

    Args:
        notebook: the document.
        trees: the cells' syntax trees.
        flows: what the cells do.
        order: (cell, whether this run's output is the one that is saved), in the order of the runs.
        unknown_names: names of which nothing is known at the start, because cells that never ran make them.
        watch: for cells, names whose values before the cell's run are wanted.
        names: names whose values at the end are wanted.
    """
    predictions = Predictions()
    if watch is None:
        for index, shown in order:
            if shown:
                _shows_nothing(notebook.cells[index], flows[index], predictions)
        telling, predictions.followable = _followable(flows, order)
        cells = [notebook.cells[index] for index, _ in order]
        raised = any(o.kind == "error" for c in cells for o in c.outputs)
        if not (telling or raised) or not any(c.outputs for c in cells):
            return predictions
    # Imported here because it costs a third of the start, and most notebooks do without it.
    from nbdebt.flow.evaluate.machine import Machine

    machine = Machine()
    machine.pass_over(unknown_names, ())
    left = _STEPS
    for index, shown in order:
        tree = trees.get(index)
        cell = notebook.cells[index]
        if tree is None:
            machine.open = True
            continue
        if watch and shown and index in watch:
            predictions.before[index] = predictions.note(machine, watch[index])
        machine.max_steps = min(left, _STEPS // 2)
        result = follow(machine, tree, flows[index], cell.source)
        left = max(left - (machine.max_steps - machine.steps), 200)
        if result.raised is not None:
            predictions.raised[index] = result.raised
        if shown and index not in predictions.mismatches:
            judge(cell, result, predictions)
        if result.raised is not None and not any(o.kind == "error" for o in cell.outputs):
            break
    predictions.machine = machine
    predictions.final = predictions.note(machine, names)
    return predictions


def _shows_nothing(cell: Cell, flow: CellFlow, predictions: Predictions) -> None:
    """A saved result beside a last statement that is no expression: the cell was edited since."""
    if (
        flow.displayed is not None
        or flow.magics
        or not flow.statements
        or flow.statements[-1].kind == "Magic"
    ):
        return
    result = next((o for o in cell.outputs if o.kind == "execute_result" and o.text), None)
    if result is not None and not _REDRAWN.search(cell.source):
        text = (
            f"its saved output shows `{_short(result.text or '')}`, and the code as it stands shows nothing"
        )
        predictions.mismatches[cell.index] = text


def _followable(flows: dict[int, CellFlow], order: Sequence[tuple[int, bool]]) -> tuple[bool, set[str]]:
    """Whether some text may depend on known values only, and the names whose value may be known at the end.

    Most notebooks' text depends on data: to find that out must cost next to nothing.
    """
    known: set[str] = set()
    telling = False
    for index, shown in order:
        flow = flows[index]
        last = len(flow.statements) - 1
        for position, statement in enumerate(flow.statements):
            held = False
            writes: list[str] = []
            good = statement.kind != "Magic"
            for access in flow.accesses[statement.first : statement.last]:
                resource = access.resource
                if resource.__class__ is not Name:
                    good = good and resource.__class__ is RandomStream
                    continue
                name = resource.name
                if access.mode == "write" and not resource.part:
                    writes.append(name)
                elif name in known:
                    held = held or name not in flow.imports
                elif name not in writes:
                    good = False
            if statement.kind in ("Import", "ImportFrom"):
                for name in writes:
                    top = flow.imports.get(name, "?").partition(".")[0]
                    (known.add if top in MODULES else known.discard)(name)
                continue
            printing = "print" in flow.builtins
            shows = (position == last and statement.kind == "Expr") or printing
            if held and shown and shows and (good or (printing and statement.kind == "Expr")):
                telling = True
            if good:
                known.update(writes)
            else:
                known.difference_update(writes)
    return telling, known


def follow(machine: "Machine", tree: ast.Module, flow: CellFlow, source: str) -> "CellResult":
    """Run a cell's statements; those that take in something unknown are not followed, only what they change
    is noted.

    Most statements of most notebooks work on frames and arrays: to pass over them must cost next to nothing.
    """
    silent = source.rstrip().endswith(";")
    total = machine.nothing()
    group: list[ast.stmt] = []
    made: set[str] = set()

    def flush() -> None:
        if group and total.raised is None:
            result = machine.run_cell(group, silent=silent)
            total.printed += result.printed
            total.shown, total.raised = result.shown, result.raised
            total.complete = total.complete and result.complete
            total.doubtful = total.doubtful or result.doubtful
        group.clear()
        made.clear()

    for node, statement in zip(tree.body, flow.statements, strict=False):
        reads: list[str] = []
        writes: list[str] = []
        known = statement.kind != "Magic"
        patched = False
        for access in flow.accesses[statement.first : statement.last]:
            resource = access.resource
            if resource.__class__ is not Name:
                if resource.__class__ is Setting and access.mode == "write":
                    # A module is patched: what it holds is not what it held.
                    patched, known = True, False
                continue
            name = resource.name
            if access.mode == "write" and not resource.part:
                writes.append(name)
            else:
                reads.append(name)
                if name not in made and name not in writes and not machine.knows(name):
                    known = False
        if known or _prints(node) or _opaque(node, statement):
            group.append(node)
            made.update(writes)
            continue
        flush()
        if total.raised is not None:
            break
        machine.pass_over([*writes, *reads] if patched else writes, reads)
        if statement.kind == "Magic" and flow.opaque:
            machine.everything()
        total.complete = False
        total.printed.append(None)
        total.shown = None if node is tree.body[-1] and node.__class__ is ast.Expr and not silent else ""
    flush()
    return total


def _prints(node: ast.stmt) -> bool:
    """A plain ``print(…)``: worth following for the text that is known."""
    if node.__class__ is not ast.Expr or node.value.__class__ is not ast.Call:
        return False
    function = node.value.func
    return function.__class__ is ast.Name and function.id == "print"


def _opaque(node: ast.stmt, statement: Statement) -> bool:
    """A statement that may bring any names: the machine must be told."""
    if statement.kind == "Magic":
        return False
    if node.__class__ is ast.ImportFrom:
        return True
    call = node.value if node.__class__ is ast.Expr else None
    return call.__class__ is ast.Call and call.func.__class__ is ast.Name and call.func.id in ("exec", "eval")


def judge(cell: Cell, result: "CellResult", predictions: Predictions) -> None:
    """Compare one cell's saved text with what it prints in a replay."""
    if _REDRAWN.search(cell.source):
        return
    if not cell.outputs:
        # Cleared by hand or by a tool, or edited since: who knows.
        if result.shown or any(result.printed) or result.raised:
            predictions.silent.add(cell.index)
        return
    saved = "".join(o.text or "" for o in cell.outputs if o.kind == "stream" and o.name == "stdout")
    raised = next((o for o in cell.outputs if o.kind == "error"), None)
    if raised is not None and raised.name == "KeyboardInterrupt":
        return
    if any(
        o.kind == "stream" and o.name == "stdout" and o.text is not None and len(o.text) > 60_000
        for o in cell.outputs
    ):
        return
    if result.raised is not None and raised is None:
        if "raises-exception" not in cell.tags:
            predictions.mismatches[cell.index] = (
                f"raises {result.raised} when run top to bottom, and its saved output shows no error"
            )
        return
    if raised is not None:
        if result.complete and result.raised is None and not result.doubtful:
            predictions.mismatches[cell.index] = (
                f"its saved output is a {raised.name}, which the code as it stands does not raise"
            )
        return
    if not _fits(result.printed, saved):
        predictions.mismatches[cell.index] = _difference(result.printed, saved)
        return
    shown = next((o for o in cell.outputs if o.kind == "execute_result"), None)
    if result.shown is not None:
        text = shown.text if shown is not None else ""
        if text is not None and text != result.shown and not _ADDRESS.search(text + result.shown):
            if result.shown == "":
                predictions.mismatches[cell.index] = (
                    f"its saved output shows `{_short(text)}`, and the code as it stands shows nothing"
                )
            elif text == "":
                predictions.mismatches[cell.index] = (
                    f"the code as it stands shows `{_short(result.shown)}`, and no such output is saved"
                )
            else:
                then, now = _short(text), _short(result.shown)
                predictions.mismatches[cell.index] = (
                    f"its saved output shows `{then}`; run top to bottom it is `{now}`"
                )
            return
    if (None not in result.printed and saved.strip()) or (result.shown and shown is not None):
        predictions.confirmed.add(cell.index)


def _fits(printed: list[str | None], saved: str) -> bool:
    """Whether the saved text can be what was printed, unknown pieces being any text."""
    if None not in printed:
        return "".join(p for p in printed if p is not None) == saved
    pattern = "".join("[\\s\\S]*" if p is None else re.escape(p) for p in printed)
    if len(printed) > 200:
        return True
    pattern = re.sub(r"(?:\[\\s\\S\]\*)+", lambda _: "[\\s\\S]*?", pattern)
    return re.fullmatch(pattern, saved) is not None


def _difference(printed: list[str | None], saved: str) -> str:
    if None in printed:
        return f"its saved output starts `{_short(saved)}`, which the code as it stands can't have printed"
    expected = "".join(p for p in printed if p is not None)
    for then, now in zip(saved.split("\n"), expected.split("\n"), strict=False):
        if then != now:
            return f"its saved output says `{_short(then)}`; run top to bottom it prints `{_short(now)}`"
    if not expected:
        return f"its saved output says `{_short(saved)}`, and the code as it stands prints nothing"
    then_lines, now_lines = saved.count("\n"), expected.count("\n")
    return f"its saved output has {then_lines} lines; run top to bottom it prints {now_lines}"


def _short(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= 60 else line[:57] + "…"
