"""The order verdict: would Restart & Run All give the saved results? Answered without running anything.

The document's cells are replayed from top to bottom, symbolically, beside the history that the counts tell.
Where a cell takes in the same versions in both, its results are the same; the versions are hashes of how
they came about (see :mod:`nbdebt.flow.simulate`). Runs that no cell shows any more are reconstructed where
the evidence says which cell ran (see :mod:`nbdebt.flow.lost`), and saved outputs are compared with what the
code as it stands prints (see :mod:`nbdebt.flow.evaluate`).
"""

import ast
from bisect import bisect_right
from collections.abc import Iterable

from nbdebt.flow.compare import Comparer
from nbdebt.flow.facts import CellFlow
from nbdebt.flow.history import failed
from nbdebt.flow.lost import LostRuns, reconstruct
from nbdebt.flow.outputs import Predictions, predict
from nbdebt.flow.reasons import CellReplay, Reason, Replay, order_text, perhaps, root_of, writers_of
from nbdebt.flow.simulate import Sessions, Trace
from nbdebt.flow.steps import DRAW, MUTATE, VAGUE, WRITE, Step, compile_cell
from nbdebt.flow.straight import in_order, provided
from nbdebt.model.history import File, History, RandomStream, Resource, Setting, Table
from nbdebt.model.notebook import Cell, Notebook


def replay(
    notebook: Notebook,
    flows: dict[int, CellFlow],
    history: History,
    trees: dict[int, ast.Module] | None = None,
) -> Replay:
    """Replay a saved notebook.

    Args:
        notebook: the document.
        flows: what each code cell does, by document index.
        history: its runs.
        trees: the cells' syntax trees, for predicting outputs; without them outputs are no evidence.

    Returns:
        The verdict, cell by cell, with reasons.
    """
    return _Replayer(notebook, flows, history, trees or {}).verdict()


_DIRECTORY = Setting("cwd")


class _Replayer:
    def __init__(
        self, notebook: Notebook, flows: dict[int, CellFlow], history: History, trees: dict[int, ast.Module]
    ) -> None:
        self.notebook = notebook
        self.flows = flows
        self.history = history
        self.trees = trees
        self.counts = {run.cell: run.sequence for run in history.runs if run.cell is not None}
        self.steps: dict[int, list[Step]] = {}
        self.cells: dict[int, CellReplay] = {}
        self.missing: list[str] = []
        self.known: list[tuple[Predictions, Predictions]] = []

    def verdict(self) -> Replay:
        present = [c for c in self.notebook.cells if c.kind == "code" and c.source.strip()]
        flows = self.flows
        self.writers = writers_of(flows)
        if self._straight(present):
            return self._as_it_was(present)
        moves = any(
            a.resource == _DIRECTORY and a.mode == "write" for f in flows.values() for a in f.accesses
        )
        shadowed = sorted({n for flow in flows.values() for n in flow.builtins if n in self.writers})
        seeded = frozenset(
            a.resource.stream
            for f in flows.values()
            for a in f.accesses
            if a.mode == "seed" and isinstance(a.resource, RandomStream)
        )
        for cell in present:
            flow = flows.get(cell.index)
            if flow is not None and not flow.error:
                self.steps[cell.index] = compile_cell(cell.source, flow, moves, shadowed, seeded)
        self.sessions = Sessions(self.steps, shadowed)
        self.comparer = Comparer(self.notebook, flows, self.steps, self.writers, self.counts)
        if not self.history.runs:
            for cell in present:
                self.cells[cell.index] = CellReplay(cell.index, "never-run")
            self._names_above([c.index for c in present if c.index in self.steps])
            return self._never()
        ran = [c.index for c in present if c.index in self.counts and c.index in self.steps]
        for cell in present:
            self.cells[cell.index] = CellReplay(
                cell.index, "same" if cell.index in self.counts else "never-run"
            )
        if any(flows[c.index].error for c in present if c.index in self.counts):
            # Another dialect (Python 2), or a cell edited since: what it prints can't be predicted.
            self.trees = {}
        predictions = self._predict([(index, True) for index in ran]) if self.trees else Predictions()
        document = [(i, n) for n, i in enumerate(ran)]
        forward = self.sessions.trace("restart", document)
        lost = reconstruct(self.notebook, self.history, self.sessions, ran, self.writers)
        # Histories that the counts allow: only what holds under all of them is said with certainty.
        drawn = any(op.code == DRAW for steps in self.steps.values() for step in steps for op in step.ops)
        orders = [lost.visible]
        orders += [order for order in (lost.order, *lost.others) if order != lost.visible]
        if len(orders) > 1 and self.trees and not predictions.mismatches:
            orders = self._possible(orders)
        histories: list[Trace] = []
        if orders[0] is lost.visible and [cell for cell, _ in lost.visible] == ran and not drawn:
            # Run once from top to bottom: the session is the replay.
            histories.append(forward)
            orders = orders[1:]
        histories += [self.sessions.trace("session", order) for order in orders]
        for index in ran:
            self._judge(index, forward, histories)
        suspect = [i for i in ran if self.cells[i].state not in ("same", "fails")]
        finals = {name for history in histories for name in self.comparer.names(forward, history)}
        if self.trees and (suspect or finals):
            watch = {i: {root_of(r.name) for r in self.cells[i].reasons if r.name} for i in suspect}
            # Where no value of interest is known at the end of a replay, none was known on the way, mostly.
            if predictions.knows(finals.union(*watch.values())):
                tried = orders if histories[0] is not forward else [lost.visible, *orders]
                self._look_closer(ran, tried, watch, finals)
                for index in suspect:
                    self._judge(index, forward, histories)
        self._commuting(document, orders or [lost.visible], ran)
        self._mixed(ran)
        self._outputs(predictions, ran)
        self._errors(ran, predictions)
        self._vague(ran)
        self._appended(ran)
        self._lost(lost, forward, predictions)
        return self._conclude(lost, forward, histories)

    def _straight(self, present: list[Cell]) -> bool:
        """Whether the cells ran once, from top to bottom, and have all that they take in; or none ran."""
        if self.history.runs and not in_order(self.history, [c.index for c in present]):
            return False
        found = [self.flows[c.index] for c in present]
        return not any(f.error for f in found) and provided(found)

    def _as_it_was(self, present: list[Cell]) -> Replay:
        """A straight session: only what is saved can speak against it."""
        ran = [c.index for c in present]
        self.cells = {i: CellReplay(i, "same" if self.history.runs else "never-run") for i in ran}
        if not self.history.runs:
            return self._never()
        predictions = self._predict([(i, True) for i in ran]) if self.trees else Predictions()
        self._outputs(predictions, ran)
        self._errors(ran, predictions)
        self._appended(ran)
        return self._summary({}, [], None)

    def _never(self) -> Replay:
        missing = ["no cell has an execution count: nothing was run, or the counts were cleared"]
        return Replay(self.cells, None, missing=missing, writers=self.writers)

    def _label(self, cell: int) -> str:
        return order_text(cell, self.notebook)

    def _look_closer(
        self,
        ran: list[int],
        orders: list[list[tuple[int, int]]],
        watch: dict[int, set[str]],
        finals: set[str],
    ) -> None:
        """Know the values, as far as they can be known: different ways may lead to one value."""
        now = self._predict([(i, True) for i in ran], watch, finals)
        for order in orders:
            runs = [(cell, self.counts[cell] == n) for cell, n in order]
            self.known.append((now, self._predict(runs, watch, finals)))

    def _predict(
        self,
        order: list[tuple[int, bool]],
        watch: dict[int, set[str]] | None = None,
        names: Iterable[str] = (),
    ) -> Predictions:
        waiting = {name for name, cells in self.writers.items() if any(i not in self.counts for i in cells)}
        return predict(self.notebook, self.trees, self.flows, order, waiting, watch, names)

    def _possible(self, orders: list[list[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
        """Those histories under which the saved outputs can have come about; all, if none can."""
        kept = [
            order
            for order in orders
            if not self._predict([(cell, self.counts[cell] == n) for cell, n in order]).mismatches
        ]
        return kept or orders

    # Cell by cell

    def _judge(self, index: int, forward: Trace, histories: list[Trace]) -> None:
        """One cell under all histories."""
        known: list[tuple[Predictions, Predictions] | None] = [*self.known] or [None] * len(histories)
        answers = [self.comparer.cell(index, forward, h, k) for h, k in zip(histories, known, strict=True)]
        cell = answers[0]
        odd = next((a for a in answers if (a.state == "same") != (cell.state == "same")), None)
        if odd is not None:
            reasons = odd.reasons if cell.state == "same" else cell.reasons
            cell = CellReplay(index, "unknown", [perhaps(r) for r in reasons])
        if cell.state == "same" and self.flows[index].opaque:
            cell.reasons.append(Reason("opaque", text="; ".join(self.flows[index].opaque)))
        self.cells[index] = cell

    def _commuting(
        self, document: list[tuple[int, int]], orders: list[list[tuple[int, int]]], ran: list[int]
    ) -> None:
        """Changes of frames and mappings in another order often come to the same: then it is not known, not
        different."""
        differing = [i for i in ran if self.cells[i].state == "differs"]
        if not differing:
            return
        forward = self.sessions.trace("restart", document, lenient=True)
        back = self.sessions.trace("session", orders[0], lenient=True)
        for index in differing:
            loose = self.comparer.cell(index, forward, back)
            if loose.state == "same":
                cell = self.cells[index]
                cell.state = "unknown"
                cell.reasons = [
                    Reason(
                        "commuting",
                        r.name,
                        r.access,
                        r.then,
                        r.now,
                        f"`{r.name}` was changed in another order",
                    )
                    for r in cell.reasons
                ]

    def _mixed(self, ran: list[int]) -> None:
        """Counts that two cells bear: sessions are mixed, and the counts tell no order."""
        ambiguous = self.history.ambiguous
        if not ambiguous:
            return
        text = f"[{ambiguous[0]}] stands beside more than one cell: the counts are of more than one session"
        self.missing.append(text)
        for index in ran:
            cell = self.cells[index]
            if cell.state in ("differs", "stale") and all(
                r.kind not in ("random", "output") for r in cell.reasons
            ):
                cell.state = "unknown"
                cell.reasons = [Reason("mixed", text=text)]

    def _outputs(self, predictions: Predictions, ran: list[int]) -> None:
        for index in ran:
            cell = self.cells[index]
            if index in predictions.silent and cell.state == "same":
                cell.state = "unknown"
                cell.reasons.append(Reason("silent", text="prints something, and no output of it is saved"))
            mismatch = predictions.mismatches.get(index)
            if mismatch is None:
                continue
            if cell.state in ("same", "stale", "unknown"):
                cell.state = "differs"
            cell.reasons.append(Reason("output", text=mismatch))

    def _errors(self, ran: list[int], predictions: Predictions) -> None:
        """A cell that raised: Run All stops there, if it still raises."""
        stopped: int | None = None
        for index in ran:
            cell = self.cells[index]
            if stopped is not None:
                cell.state = "fails"
                cell.reasons.append(
                    Reason("error", then=stopped, text=f"Run All stops at {self._label(stopped)}")
                )
                continue
            if not failed(self.notebook.cells[index]):
                continue
            error = next(o for o in self.notebook.cells[index].outputs if o.kind == "error")
            if error.name == "KeyboardInterrupt":
                cell.state = "unknown"
                cell.reasons.append(Reason("error", text="was interrupted"))
                continue
            absent = [r.name for r in cell.reasons if r.kind == "missing"]
            again = predictions.raised.get(index) == error.name
            if cell.state == "fails" and absent and f"'{absent[0]}'" in error.value:
                cell.state = "same"
                again = True
            text = f"its saved output is a {error.name or 'traceback'}"
            cell.reasons.append(
                Reason("raises" if again else "error", text=text + (", and it raises again" if again else ""))
            )
            if cell.state == "same":
                stopped = index

    def _vague(self, ran: list[int]) -> None:
        """What comes of the clock, or of the order of a set, may be the same or not."""
        for index in ran:
            bases = {op.base for step in self.steps[index] for op in step.ops if op.code == DRAW}
            for base in sorted(bases & VAGUE.keys()):
                self.cells[index].reasons.append(Reason("vague", text=VAGUE[base]))

    def _appended(self, ran: list[int]) -> None:
        """What is appended to and read: an earlier session's rows are read too, unless made anew above."""
        made: set[Resource] = set()
        grown: set[Resource] = set()
        for index in ran:
            for access in self.flows[index].accesses:
                resource = access.resource
                if not isinstance(resource, File | Table):
                    continue
                if access.mode == "read" and resource in grown:
                    text = (
                        f"reads `{resource}`, which is appended to: what an earlier session left is in it too"
                    )
                    self.cells[index].reasons.append(Reason("vague", str(resource), text=text))
                elif access.mode == "write" and "append" in access.detail:
                    if resource not in made:
                        grown.add(resource)
                elif access.mode in ("write", "delete"):
                    made.add(resource)
                    grown.discard(resource)

    def _lost(self, lost: LostRuns, forward: Trace, predictions: Predictions) -> None:
        """What runs that no cell shows can have done."""
        for doubt in lost.doubts:
            cell = self.cells.get(doubt.cell)
            if doubt.cell in predictions.confirmed or cell is None or cell.state not in ("same", "unknown"):
                continue
            cell.state = "stale"
            cell.reasons.append(
                Reason("stale", doubt.name, doubt.access, doubt.source, doubt.source, doubt.text)
            )
            self.missing.append(doubt.text)

    # The whole

    def _names(self, lost: LostRuns, forward: Trace, histories: list[Trace]) -> dict[str, str]:
        """Names that come out differently under all histories; those under some only are missing evidence."""
        known: list[tuple[Predictions, Predictions] | None] = [*self.known] or [None] * len(histories)
        answers = [self.comparer.names(forward, h, k) for h, k in zip(histories, known, strict=True)]
        certain = {name: text for name, text in answers[0].items() if all(name in a for a in answers)}
        if certain:
            document = [(i, n) for n, i in enumerate(forward.runs)]
            loose = self.comparer.names(
                self.sessions.trace("restart", document, lenient=True),
                self.sessions.trace("session", lost.visible, lenient=True),
            )
            for name in [n for n in certain if n not in loose]:
                del certain[name]
                self.missing.append(f"`{name}` was changed in another order, which often comes to the same")
        doubtful = next(
            (
                name
                for answer in answers
                for name in answer
                if name not in answers[0] or name not in answers[-1]
            ),
            None,
        )
        if doubtful is not None:
            makers = [i for i in self.writers[doubtful] if i in lost.restored] or list(lost.restored)
            if makers:
                counts = ", ".join(f"[{n}]" for n in sorted(lost.restored[makers[0]])[:4])
                self.missing.append(
                    f"whether {self._label(makers[0])} ran more than once: {counts} is shown by no cell"
                )
        return certain

    def _conclude(self, lost: LostRuns, forward: Trace, histories: list[Trace]) -> Replay:
        names = self._names(lost, forward, histories) if not self.history.ambiguous else {}
        held = histories[-1].world.base
        left_over = sorted(
            n for n in held if n[0] != "<" and n not in self.writers and n not in forward.world.base
        )
        return self._summary(names, left_over, lost)

    def _summary(self, names: dict[str, str], left_over: list[str], lost: LostRuns | None) -> Replay:
        states = [c.state for c in self.cells.values() if c.cell in self.counts]
        missing = list(dict.fromkeys(self.missing))
        reproduces: bool | None
        if "fails" in states or "differs" in states or names:
            reproduces = False
            missing = []
        else:
            for cell in self.cells.values():
                if cell.state == "never-run":
                    continue
                for reason in cell.reasons:
                    if reason.kind in ("opaque", "vague", "error"):
                        missing.append(f"{self._label(cell.cell)}: {reason.text}")
            broken = [i for i, f in self.flows.items() if f.error and i in self.counts]
            missing += [f"{self._label(i)} is not valid Python as it stands" for i in broken]
            missing += self._never_run()
            missing = list(dict.fromkeys(missing))
            if "unknown" in states and not missing:
                missing = [
                    f"{self._label(c.cell)}: {c.reasons[0].text}"
                    for c in self.cells.values()
                    if c.state == "unknown" and c.reasons
                ][:5]
            reproduces = None if missing or "unknown" in states or "stale" in states else True
        return Replay(self.cells, reproduces, names, left_over, missing, lost, self.writers)

    def _never_run(self) -> list[str]:
        """Cells that never ran and would change what a later cell reads."""
        readers: dict[str, list[int]] = {}
        for index in sorted(i for i in self.steps if i in self.counts):
            for base in {op.base for s in self.steps[index] for op in s.ops if op.code not in (WRITE, DRAW)}:
                readers.setdefault(base, []).append(index)
        found: list[str] = []
        for index, steps in self.steps.items():
            if index in self.counts:
                continue
            below: list[int] = []
            for base in {op.base for s in steps for op in s.ops if op.code in (WRITE, MUTATE)}:
                later = readers.get(base, [])
                position = bisect_right(later, index)
                if base[0] != "<" and position < len(later):
                    below.append(later[position])
            if below:
                text = f"{self._label(index)} was never run and changes what {self._label(min(below))} reads"
                found.append(text)
        return found

    def _names_above(self, order: list[int]) -> None:
        """For a notebook without counts: names that nothing above provides."""
        trace = self.sessions.trace("restart", [(i, n) for n, i in enumerate(order)])
        opaque = False
        for index in order:
            for take in trace.runs[index].takes:
                if take.version is None and take.certain and take.base[0] != "<" and not opaque:
                    later = [i for i in self.writers.get(take.base, []) if i > index]
                    self.cells[index].reasons.append(
                        Reason(
                            "missing",
                            take.base,
                            take.access,
                            later[0] if later else None,
                            None,
                            f"`{take.base}` is not defined above",
                        )
                    )
            opaque = opaque or bool(self.flows[index].opaque)
