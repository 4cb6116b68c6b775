"""A replay beside a history: cell by cell, did it take in the same versions?"""

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.outputs import Predictions
from nbdebt.flow.reasons import CellReplay, Reason, ReasonKind, order_text, unseeded_text
from nbdebt.flow.simulate import Take, Trace
from nbdebt.flow.steps import Step
from nbdebt.model.notebook import Notebook


class Comparer:
    """Compares traces of one notebook.

    Args:
        notebook: the document.
        flows: what each cell does.
        steps: the same as steps.
        writers: for each name the cells that bind it.
        counts: the cells that ran, with their counts.
    """

    def __init__(
        self,
        notebook: Notebook,
        flows: dict[int, CellFlow],
        steps: dict[int, list[Step]],
        writers: dict[str, list[int]],
        counts: dict[int, int],
    ) -> None:
        self.notebook = notebook
        self.flows = flows
        self.writers = writers
        self.counts = counts
        self.settled = {
            index: {op.access for step in found if step.idempotent for op in step.ops}
            for index, found in steps.items()
        }
        self.first_opaque = min((i for i, flow in flows.items() if flow.opaque), default=len(notebook.cells))

    def label(self, cell: int) -> str:
        """How a cell is called."""
        return order_text(cell, self.notebook)

    def cell(
        self, index: int, forward: Trace, back: Trace, known: tuple[Predictions, Predictions] | None = None
    ) -> CellReplay:
        """What became of one cell.

        Args:
            index: the cell.
            forward: the replay.
            back: the session, or a history that the counts allow.
            known: values in the replay and in that history, as far as they are known.
        """
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
            own = before.version is not None and before.version.cell == index
            if own and (after.access in settled or after.base.startswith("<File>")):
                # Run again on its own result it changes nothing; a file of its own it makes again.
                continue
            if after.version is None and after.base[0] != "<":
                self._absent(cell, before, after, forward)
            elif before.version is not None and after.version is None:
                self._unmade(cell, before, after)
            elif before.version is None and after.version is not None:
                self._appeared(cell, before, after)
            elif (
                before.version is not None
                and after.version is not None
                and before.version.id != after.version.id
            ):
                if known is not None:
                    value = known[0].before.get(index, {}).get(after.base)
                    if value is not None and value == known[1].before.get(index, {}).get(after.base):
                        continue
                self._other(cell, before, after)
        return cell

    def _absent(self, cell: CellReplay, before: Take, after: Take, forward: Trace) -> None:
        """Nothing above provides the name in a replay."""
        if not after.certain:
            return
        name, access = after.base, after.access
        makers = self.writers.get(name, [])
        if self._made_by_no_run(cell, after):
            return
        if self.first_opaque <= cell.cell:
            cell.state = "unknown"
            text = f"`{name}` may come from a cell above that brings names which are not written there"
            cell.reasons.append(Reason("opaque", name, access, text=text))
            return
        provider = before.version.cell if before.version is not None and before.version.cell >= 0 else None
        if provider is None:
            provider = next((i for i in makers if i > cell.cell), None)
        cell.state = "fails"
        text = f"`{name}` is not defined above"
        if provider is not None and provider > cell.cell:
            text += f"; {self.label(provider)} below makes it"
        deleted = forward.world.deleted.get(name)
        cell.reasons.append(Reason("missing", name, access, provider, deleted, text))

    def _unmade(self, cell: CellReplay, before: Take, after: Take) -> None:
        """A file or setting that a cell below made before this ran."""
        assert before.version is not None
        name = after.base.partition(">")[2]
        then = before.version.cell
        if after.base.startswith("<File>"):
            cell.state = "unknown" if cell.state == "same" else cell.state
            text = (
                f"`{name}` is written only below, by {self.label(then)}: what an earlier session left is read"
            )
        else:
            cell.state = "differs"
            text = f"`{name}` was set by {self.label(then)}; run top to bottom nothing above sets it"
        cell.reasons.append(Reason("other-version", name, after.access, then, None, text))

    def _made_by_no_run(self, cell: CellReplay, after: Take) -> bool:
        """A cell above makes the name and shows no count: it never ran, or lost its count."""
        makers = self.writers.get(after.base, ())
        waiting = next((i for i in makers if i < cell.cell and i not in self.counts), None)
        if waiting is None:
            return False
        cell.state = "unknown"
        text = f"`{after.base}` is made above by {self.label(waiting)}, which was never run"
        cell.reasons.append(Reason("never-run", after.base, after.access, None, waiting, text))
        return True

    def _appeared(self, cell: CellReplay, before: Take, after: Take) -> None:
        """In the session no shown run provided it, in a replay one does: an earlier version was taken in."""
        assert after.version is not None
        if before.base[0] == "<":
            self._other(cell, before, after)
            return
        if cell.state == "same" and self._made_by_no_run(cell, after):
            return
        provider = after.version.cell
        if cell.state == "same":
            cell.state = "stale"
        text = f"`{after.base}` was made again by {self.label(provider)} after this ran"
        cell.reasons.append(Reason("stale", after.base + after.part, after.access, provider, provider, text))

    def _other(self, cell: CellReplay, before: Take, after: Take) -> None:
        """Another version than in the session."""
        assert after.version is not None
        now = after.version.cell
        then = before.version.cell if before.version is not None else None
        if cell.state in ("same", "stale"):
            cell.state = "differs"
        if after.base.startswith("<random>"):
            cell.reasons.append(_stream_reason(after, then, now))
            return
        name = after.base + after.part if after.base[0] != "<" else after.base.partition(">")[2]
        kind: ReasonKind
        if then == cell.cell != now:
            kind, text = "rerun", f"ran more than once, and changes `{name}`, which it reads"
        elif then is not None and then >= 0 and now >= 0 and then != now:
            kind = "other-version"
            text = f"`{name}` came from {self.label(then)}; run top to bottom it comes from {self.label(now)}"
        elif then is None:
            kind = "other-version"
            text = f"`{name}` is written by {self.label(now)} first when run top to bottom"
        else:
            kind = "upstream"
            text = f"`{name}` from {self.label(now)} differs" if now >= 0 else f"`{name}` differs"
        cell.reasons.append(Reason(kind, name, after.access, then, now, text))

    def names(
        self, forward: Trace, back: Trace, known: tuple[Predictions, Predictions] | None = None
    ) -> dict[str, str]:
        """Names whose value at the end is another one, and why."""
        names: dict[str, str] = {}
        for name in self.writers:
            then, now = back.world.look_up(name, ""), forward.world.look_up(name, "")
            if then is None or now is None or then.id == now.id:
                continue
            if (
                known is not None
                and name in known[0].final
                and known[0].final[name] == known[1].final.get(name)
            ):
                continue
            if then.cell != now.cell and then.cell >= 0 and now.cell >= 0:
                names[name] = (
                    f"last set by {self.label(then.cell)} in the session, "
                    f"by {self.label(now.cell)} when run top to bottom"
                )
            else:
                names[name] = f"{self.label(now.cell)} comes out differently" if now.cell >= 0 else "differs"
        return names


def _stream_reason(after: Take, then: int | None, now: int) -> Reason:
    """Another state of a random stream than in the session."""
    stream = after.base.removeprefix("<random>")
    if now < 0:
        return Reason("random", stream, after.access, text=unseeded_text(stream))
    if then is not None and then != now:
        text = f"draws from the {stream} random stream in another order"
        return Reason("other-version", after.base, after.access, then if then >= 0 else None, now, text)
    return Reason("upstream", stream, after.access, then, now, f"the {stream} random stream stands elsewhere")
