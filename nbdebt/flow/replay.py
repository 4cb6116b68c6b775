"""The order verdict: would Restart & Run All give the saved results? Answered without running anything.

The document's cells are replayed from top to bottom, symbolically, beside the history that the counts tell. Where a cell
takes in the same versions in both, its results are the same; the versions are hashes of how they came about (see
:mod:`nbdebt.flow.simulate`). Runs that no cell shows any more are reconstructed where the evidence says which cell ran
(see :mod:`nbdebt.flow.lost`), and saved outputs are compared with what the code as it stands prints (see
:mod:`nbdebt.flow.evaluate`).
"""

import ast
from collections.abc import Iterable
from typing import Literal

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.history import failed
from nbdebt.flow.lost import LostRuns, reconstruct
from nbdebt.flow.outputs import Predictions, predict
from nbdebt.flow.simulate import Take, Trace, simulate
from nbdebt.flow.steps import DRAW, ENTROPY, MUTATE, WRITE, Step, compile_cell
from nbdebt.model.finding import CellState, CellVerdict, Verdict
from nbdebt.model.history import Access, History
from nbdebt.model.notebook import Notebook

ReasonKind = Literal[
    "missing", "other-version", "stale", "rerun", "output", "random", "error", "upstream", "opaque", "never-run", "clock", "mixed", "commuting", "silent"
]


class Reason(msgspec.Struct, frozen=True):
    """Why a cell does not come out the same, or cannot be known to.

    Args:
        kind: what happened.
        name: the resource, as text.
        access: index of the cell's access that shows it, -1 where there is none.
        then: cell that provided the resource when this cell ran; None where no cell shows it any more.
        now: cell that provides it in a replay; None where none does.
        text: what is known, for people.
    """

    kind: ReasonKind
    name: str = ""
    access: int = -1
    then: int | None = None
    now: int | None = None
    text: str = ""


class CellReplay(msgspec.Struct):
    """What the replay says of one cell."""

    cell: int
    state: CellState
    reasons: list[Reason] = []


class Replay(msgspec.Struct):
    """The verdict of the whole notebook.

    Args:
        cells: by document index, for each non-empty code cell.
        reproduces: True, False, or None for unknown.
        names: names that would come out differently, and why.
        left_over: names in the session that no cell of the document makes or reads.
        missing: for an unknown: the evidence that would decide it.
        lost: what is known of runs that no cell shows any more.
        writers: for each name, the cells that surely bind it, in document order.
    """

    cells: dict[int, CellReplay]
    reproduces: bool | None
    names: dict[str, str] = {}
    left_over: list[str] = []
    missing: list[str] = []
    lost: LostRuns | None = None
    writers: dict[str, list[int]] = {}

    def verdict(self, notebook: Notebook) -> Verdict:
        """The verdict as reports carry it."""
        return Verdict(
            self.reproduces,
            {
                notebook.cells[c.cell].id: CellVerdict(c.state, tuple(dict.fromkeys(r.text for r in c.reasons if r.text)))
                for c in self.cells.values()
            },
            self.names,
            tuple(self.left_over),
            tuple(self.missing),
        )


def replay(
    notebook: Notebook, flows: dict[int, CellFlow], history: History, trees: dict[int, ast.Module] | None = None
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


def order_text(cell: int, notebook: Notebook) -> str:
    """How a cell is called in messages: ``cell [7]``, or ``cell 3`` (its place among all cells, from 1) without a count."""
    count = notebook.cells[cell].execution_count
    return f"cell [{count}]" if count is not None else f"cell {cell + 1}"


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
        for cell in present:
            flow = flows.get(cell.index)
            if flow is not None and not flow.error:
                self.steps[cell.index] = compile_cell(cell.source, flow)
        self.settled = {
            index: {op.access for step in steps if step.idempotent for op in step.ops} for index, steps in self.steps.items()
        }
        self.writers = _writers(flows)
        if not self.history.runs:
            for cell in present:
                self.cells[cell.index] = CellReplay(cell.index, "never-run")
            self._names_above([c.index for c in present if c.index in self.steps])
            return Replay(self.cells, None, missing=["no cell has an execution count: nothing was run, or the counts were cleared"], writers=self.writers)
        ran = [c.index for c in present if c.index in self.counts and c.index in self.steps]
        for cell in present:
            self.cells[cell.index] = CellReplay(cell.index, "same" if cell.index in self.counts else "never-run")
        if any(flows[c.index].error for c in present if c.index in self.counts):
            # Another dialect (Python 2), or a cell edited since: what it prints can't be predicted.
            self.trees = {}
        predictions = self._predict([(index, True) for index in ran]) if self.trees else Predictions()
        document = [(i, n) for n, i in enumerate(ran)]
        forward = simulate("restart", document, self.steps)
        lost = reconstruct(self.notebook, self.history, self.steps, ran, self.writers)
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
        histories += [simulate("session", order, self.steps) for order in orders]
        for index in ran:
            self._judge(index, forward, histories)
        suspect = [i for i in ran if self.cells[i].state not in ("same", "fails")]
        finals = {name for history in histories for name in self._final_names(forward, history)}
        if self.trees and (suspect or finals):
            watch = {i: {_root(r.name) for r in self.cells[i].reasons if r.name} for i in suspect}
            # Where no value of interest is known at the end of a replay, none was known on the way, mostly.
            if predictions.knows(finals.union(*watch.values())):
                tried = orders if histories[0] is not forward else [lost.visible, *orders]
                self._look_closer(ran, tried, watch, finals)
                for index in suspect:
                    self._judge(index, forward, histories)
        self._commuting(document, orders or [lost.visible], ran)
        self._mixed(ran)
        self._outputs(predictions, ran)
        self._errors(ran)
        self._clock(ran)
        self._lost(lost, forward, predictions)
        return self._conclude(lost, forward, histories)

    def _look_closer(
        self, ran: list[int], orders: list[list[tuple[int, int]]], watch: dict[int, set[str]], finals: set[str]
    ) -> None:
        """Know the values, as far as they can be known: different ways may lead to one value."""
        now = self._predict([(i, True) for i in ran], watch, finals)
        for order in orders:
            runs = [(cell, self.counts[cell] == n) for cell, n in order]
            self.known.append((now, self._predict(runs, watch, finals)))

    def _predict(
        self, order: list[tuple[int, bool]], watch: dict[int, set[str]] | None = None, names: Iterable[str] = ()
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
        known = self.known or [None] * len(histories)
        answers = [self._compare(index, forward, h, k) for h, k in zip(histories, known, strict=True)]
        cell = answers[0]
        odd = next((a for a in answers if (a.state == "same") != (cell.state == "same")), None)
        if odd is not None:
            reasons = odd.reasons if cell.state == "same" else cell.reasons
            cell = CellReplay(index, "unknown", [_perhaps(r) for r in reasons])
        if cell.state == "same" and self.flows[index].opaque:
            cell.reasons.append(Reason("opaque", text="; ".join(self.flows[index].opaque)))
        self.cells[index] = cell

    def _compare(
        self, index: int, forward: Trace, back: Trace, known: tuple[Predictions, Predictions] | None = None
    ) -> CellReplay:
        then, now = back.runs.get(index), forward.runs[index]
        cell = CellReplay(index, "same")
        if then is None:
            return cell
        earlier = {(t.access, t.base, t.part): t for t in then.takes}
        settled = self.settled.get(index, ())
        seen: set[tuple[str, str]] = set()
        for after in now.takes:
            before = earlier.get((after.access, after.base, after.part))
            key = (after.base, after.part)
            if before is None or key in seen:
                continue
            seen.add(key)
            if before.version is not None and before.version.cell == index and after.access in settled:
                # Run again on its own result it changes nothing.
                continue
            if after.version is None and after.base[0] != "<":
                self._absent(cell, before, after, forward)
            elif before.version is None and after.version is not None:
                self._appeared(cell, before, after)
            elif before.version is not None and after.version is not None and before.version.id != after.version.id:
                if known is not None:
                    value = known[0].before.get(index, {}).get(after.base)
                    if value is not None and value == known[1].before.get(index, {}).get(after.base):
                        continue
                self._other(cell, before, after)
        return cell

    def _commuting(
        self, document: list[tuple[int, int]], orders: list[list[tuple[int, int]]], ran: list[int]
    ) -> None:
        """Changes of frames and mappings in another order often come to the same: then it is not known, not different."""
        differing = [i for i in ran if self.cells[i].state == "differs"]
        if not differing:
            return
        forward = simulate("restart", document, self.steps, lenient=True)
        back = simulate("session", orders[0], self.steps, lenient=True)
        for index in differing:
            loose = self._compare(index, forward, back)
            if loose.state == "same":
                cell = self.cells[index]
                cell.state = "unknown"
                cell.reasons = [
                    Reason("commuting", r.name, r.access, r.then, r.now, f"`{r.name}` was changed in another order")
                    for r in cell.reasons
                ]

    def _absent(self, cell: CellReplay, before: Take, after: Take, forward: Trace) -> None:
        """Nothing above provides the name in a replay."""
        if not after.certain:
            return
        waiting = [i for i in self.writers.get(after.base, []) if i < cell.cell and i not in self.counts]
        if waiting:
            cell.state = "unknown"
            text = f"`{after.base}` is made above by {order_text(waiting[0], self.notebook)}, which was never run"
            cell.reasons.append(Reason("never-run", after.base, after.access, None, waiting[0], text))
            return
        provider = before.version.cell if before.version is not None else None
        if provider is not None and provider < 0:
            provider = None
        if any(self.flows[i].opaque for i in self.flows if i < cell.cell):
            cell.state = "unknown"
            cell.reasons.append(
                Reason("opaque", after.base, after.access, text=f"`{after.base}` may come from a cell above that brings names which are not written there")
            )
            return
        later = [i for i in self.writers.get(after.base, []) if i > cell.cell]
        deleted = forward.world.deleted.get(after.base)
        now = deleted
        cell.state = "fails"
        if provider is None and later:
            provider = later[0]
        where = f"; {order_text(provider, self.notebook)} below makes it" if provider is not None and provider > cell.cell else ""
        cell.reasons.append(
            Reason("missing", after.base, after.access, provider, now, f"`{after.base}` is not defined above{where}")
        )

    def _appeared(self, cell: CellReplay, before: Take, after: Take) -> None:
        """In the session no shown run provided it, in a replay one does: an earlier version was taken in."""
        assert after.version is not None
        if before.base[0] == "<":
            self._other(cell, before, after)
            return
        provider = after.version.cell
        if cell.state == "same":
            cell.state = "stale"
        cell.reasons.append(
            Reason(
                "stale", after.base + after.part, after.access, provider, provider,
                f"`{after.base}` was made again by {order_text(provider, self.notebook)} after this ran",
            )
        )

    def _other(self, cell: CellReplay, before: Take, after: Take) -> None:
        """Another version than in the session."""
        assert after.version is not None
        name = after.base + after.part
        shown = name if after.base[0] != "<" else after.base.partition(">")[2]
        now = after.version.cell
        then = before.version.cell if before.version is not None else None
        if cell.state in ("same", "stale"):
            cell.state = "differs"
        if after.base.startswith("<random>"):
            stream = after.base[8:]
            if now < 0:
                cell.reasons.append(Reason("random", stream, after.access, None, None, f"draws from the unseeded {stream} random stream"))
            elif then is not None and then != now:
                cell.reasons.append(Reason("other-version", name, after.access, then if then >= 0 else None, now, f"draws from the {stream} random stream in another order"))
            else:
                cell.reasons.append(Reason("upstream", shown, after.access, then, now, f"the {stream} random stream stands elsewhere"))
            return
        if then == cell.cell != now:
            cell.reasons.append(
                Reason("rerun", shown, after.access, then, now, f"ran more than once, and changes `{shown}`, which it reads")
            )
        elif then is not None and (then != now) and then >= 0 and now >= 0:
            cell.reasons.append(
                Reason(
                    "other-version", shown, after.access, then, now,
                    f"`{shown}` came from {order_text(then, self.notebook)}; run top to bottom it comes from {order_text(now, self.notebook)}",
                )
            )
        elif then is None and before.base[0] == "<":
            cell.reasons.append(
                Reason("other-version", shown, after.access, None, now, f"`{shown}` is written by {order_text(now, self.notebook)} first when run top to bottom")
            )
        elif before.version is not None and before.version.sequence < 0:
            cell.reasons.append(Reason("upstream", shown, after.access, then, now, f"`{shown}` differs"))
        else:
            assert before.version is not None
            cell.reasons.append(
                Reason("upstream", shown, after.access, then, now, f"`{shown}` from {order_text(now, self.notebook)} differs")
            )

    def _mixed(self, ran: list[int]) -> None:
        """Counts that two cells bear: sessions are mixed, and the counts tell no order."""
        ambiguous = self.history.ambiguous
        if not ambiguous:
            return
        text = f"[{ambiguous[0]}] stands beside more than one cell: the counts are of more than one session"
        self.missing.append(text)
        for index in ran:
            cell = self.cells[index]
            if cell.state in ("differs", "stale") and all(r.kind not in ("random", "output") for r in cell.reasons):
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

    def _errors(self, ran: list[int]) -> None:
        """A cell that raised: Run All stops there, if it still raises."""
        stopped: int | None = None
        for index in ran:
            cell = self.cells[index]
            if stopped is not None:
                cell.state = "fails"
                cell.reasons.append(Reason("error", then=stopped, text=f"Run All stops at {order_text(stopped, self.notebook)}"))
                continue
            if not failed(self.notebook.cells[index]):
                continue
            error = next(o for o in self.notebook.cells[index].outputs if o.kind == "error")
            if error.name == "KeyboardInterrupt":
                cell.state = "unknown"
                cell.reasons.append(Reason("error", text="was interrupted"))
                continue
            if cell.state == "fails" and error.name == "NameError":
                # The saved traceback is just what a replay gives.
                if all(f"'{r.name}'" in error.value for r in cell.reasons if r.kind == "missing"):
                    cell.state = "same"
            cell.reasons.append(Reason("error", text=f"its saved output is a {error.name or 'traceback'}"))
            if cell.state == "same":
                stopped = index

    def _clock(self, ran: list[int]) -> None:
        for index in ran:
            if any(a.mode == "draw" and getattr(a.resource, "stream", "") == "time" for a in self.flows[index].accesses):
                self.cells[index].reasons.append(Reason("clock", text="reads the clock"))

    def _lost(self, lost: LostRuns, forward: Trace, predictions: Predictions) -> None:
        """What runs that no cell shows can have done."""
        for doubt in lost.doubts:
            cell = self.cells.get(doubt.cell)
            if doubt.cell in predictions.confirmed or cell is None or cell.state not in ("same", "unknown"):
                continue
            cell.state = "stale"
            cell.reasons.append(Reason("stale", doubt.name, doubt.access, doubt.source, doubt.source, doubt.text))
            self.missing.append(doubt.text)

    # The whole

    def _final_names(
        self, forward: Trace, back: Trace, known: tuple[Predictions, Predictions] | None = None
    ) -> dict[str, str]:
        names: dict[str, str] = {}
        for name in self.writers:
            then, now = back.world.look_up(name, ""), forward.world.look_up(name, "")
            if then is None or now is None or then.id == now.id:
                continue
            if known is not None and name in known[0].final and known[0].final[name] == known[1].final.get(name):
                continue
            if then.cell != now.cell and then.cell >= 0 and now.cell >= 0:
                names[name] = (
                    f"last set by {order_text(then.cell, self.notebook)} in the session, "
                    f"by {order_text(now.cell, self.notebook)} when run top to bottom"
                )
            else:
                names[name] = f"{order_text(now.cell, self.notebook)} comes out differently" if now.cell >= 0 else "differs"
        return names

    def _names(self, lost: LostRuns, forward: Trace, histories: list[Trace]) -> dict[str, str]:
        """Names that come out differently under all histories; those under some only are missing evidence."""
        known = self.known or [None] * len(histories)
        answers = [self._final_names(forward, h, k) for h, k in zip(histories, known, strict=True)]
        certain = {name: text for name, text in answers[0].items() if all(name in a for a in answers)}
        if certain:
            document = [(i, n) for n, i in enumerate(forward.runs)]
            loose = self._final_names(
                simulate("restart", document, self.steps, lenient=True),
                simulate("session", lost.visible, self.steps, lenient=True),
            )
            for name in [n for n in certain if n not in loose]:
                del certain[name]
                self.missing.append(f"`{name}` was changed in another order, which often comes to the same")
        doubtful = next((name for answer in answers for name in answer if name not in answers[0] or name not in answers[-1]), None)
        if doubtful is not None:
            makers = [i for i in self.writers[doubtful] if i in lost.restored] or list(lost.restored)
            if makers:
                counts = ", ".join(f"[{n}]" for n in sorted(lost.restored[makers[0]])[:4])
                self.missing.append(
                    f"whether {order_text(makers[0], self.notebook)} ran more than once: {counts} is shown by no cell"
                )
        return certain

    def _conclude(self, lost: LostRuns, forward: Trace, histories: list[Trace]) -> Replay:
        names = self._names(lost, forward, histories) if not self.history.ambiguous else {}
        back = histories[-1]
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
                    if reason.kind in ("opaque", "clock", "error"):
                        missing.append(f"{order_text(cell.cell, self.notebook)}: {reason.text}")
            broken = [i for i, f in self.flows.items() if f.error and i in self.counts]
            missing += [f"{order_text(i, self.notebook)} is not valid Python as it stands" for i in broken]
            missing += self._never_run()
            missing = list(dict.fromkeys(missing))
            if "unknown" in states and not missing:
                missing = [
                    f"{order_text(c.cell, self.notebook)}: {c.reasons[0].text}" for c in self.cells.values() if c.state == "unknown" and c.reasons
                ][:5]
            reproduces = None if missing or "unknown" in states or "stale" in states else True
        left_over = sorted(
            name for name in back.world.base if name[0] != "<" and name not in self.writers and name not in forward.world.base
        )
        return Replay(self.cells, reproduces, names, left_over, missing, lost, self.writers)

    def _never_run(self) -> list[str]:
        """Cells that never ran and would change what a later cell reads."""
        found: list[str] = []
        for index, steps in self.steps.items():
            if index in self.counts:
                continue
            changed = {op.base for step in steps for op in step.ops if op.code in (WRITE, MUTATE) and op.base[0] != "<"}
            for later in self.counts:
                if later is None or later <= index or later not in self.steps:
                    continue
                if any(take for step in self.steps[later] for take in step.ops if take.base in changed and take.code not in (WRITE, DRAW)):
                    found.append(f"{order_text(index, self.notebook)} was never run and changes what {order_text(later, self.notebook)} reads")
                    break
        return found

    def _names_above(self, order: list[int]) -> None:
        """For a notebook without counts: names that nothing above provides."""
        trace = simulate("restart", [(i, n) for n, i in enumerate(order)], self.steps)
        opaque = False
        for index in order:
            for take in trace.runs[index].takes:
                if take.version is None and take.certain and take.base[0] != "<" and not opaque:
                    later = [i for i in self.writers.get(take.base, []) if i > index]
                    self.cells[index].reasons.append(
                        Reason("missing", take.base, take.access, later[0] if later else None, None, f"`{take.base}` is not defined above")
                    )
            opaque = opaque or bool(self.flows[index].opaque)


def _root(name: str) -> str:
    """The name that a part belongs to: ``df`` of ``df['a']``."""
    return name.partition("[")[0].partition(".")[0]


def _perhaps(reason: Reason) -> Reason:
    """A reason that rests on runs which are only likely."""
    text = reason.text.replace("ran more than once, and changes", "may have run more than once, and changes")
    return Reason(reason.kind, reason.name, reason.access, reason.then, reason.now, text)


def _writers(flows: dict[int, CellFlow]) -> dict[str, list[int]]:
    """For each name, the cells that bind it, in document order."""
    writers: dict[str, list[int]] = {}
    for index in sorted(flows):
        for access in flows[index].accesses:
            if access.mode == "write" and access.resource.__class__.__name__ == "Name" and not access.resource.part:  # type: ignore[union-attr]
                cells = writers.setdefault(access.resource.name, [])  # type: ignore[union-attr]
                if not cells or cells[-1] != index:
                    cells.append(index)
    return writers


def unseeded(access: Access) -> bool:
    """Whether a draw is from a source that no seed determines."""
    return access.mode == "draw" and getattr(access.resource, "stream", "") in ENTROPY
