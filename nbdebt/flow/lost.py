"""Runs that no cell shows any more: which cell made each missing count, as far as the evidence goes.

A saved notebook keeps only the last count of a cell. A missing count is an earlier run of a cell that ran
again, or a run of a cell that was deleted. Two kinds of evidence tell which: its place (the count lies
between those of the cells above and below), and need (a cell took in a name that nothing shown had made by
then).
"""

from bisect import bisect_left

import msgspec

from nbdebt.flow.simulate import Sessions
from nbdebt.flow.steps import WRITE, Step
from nbdebt.model.history import History
from nbdebt.model.notebook import Notebook

_MOST_GAPS = 400


class Doubt(msgspec.Struct, frozen=True):
    """What a lost run may have changed.

    Args:
        cell: the cell whose result is in doubt: it took in what ``source`` made before it ran again.
        source: the cell that ran more than once.
        name: the resource.
        access: index of the access.
        text: for people.
    """

    cell: int
    source: int
    name: str
    access: int
    text: str


class LostRuns(msgspec.Struct):
    """What is known of lost runs.

    Args:
        visible: the session's runs as (cell, sequence), with only those lost runs put back without which a
            cell had nothing to take in.
        order: the same with lost runs put back in the cells whose place fits.
        others: other histories that the counts allow: a stretch of cells that ran twice from its top.
        restored: cell to the counts of its restored earlier runs.
        unexplained: counts for which there is no evidence.
        doubts: what lost runs may have changed.
    """

    visible: list[tuple[int, int]]
    order: list[tuple[int, int]]
    others: list[list[tuple[int, int]]] = []
    restored: dict[int, list[int]] = {}
    unexplained: list[int] = []
    doubts: list[Doubt] = []

    def extra_runs(self, cell: int) -> list[int]:
        """The counts of a cell's earlier runs."""
        return self.restored.get(cell, [])


def reconstruct(
    notebook: Notebook,
    history: History,
    sessions: Sessions,
    ran: list[int],
    writers: dict[str, list[int]],
) -> LostRuns:
    """Put lost runs back.

    Args:
        notebook: the document.
        history: its runs and gaps.
        sessions: simulates the notebook.
        ran: cells with a count, in document order.
        writers: for each name the cells that bind it.

    Returns:
        The session's order with lost runs restored, and what stays in doubt.
    """
    steps = sessions.steps
    counts = {run.cell: run.sequence for run in history.runs if run.cell is not None}
    order = [(run.cell, run.sequence) for run in history.runs if run.cell in steps]
    gaps = list(history.gaps)
    if len(gaps) > _MOST_GAPS:
        # Hundreds of lost runs: each cell was worked on many times; where is anybody's guess.
        gaps = gaps[:0]
    needed: dict[int, list[int]] = {}
    free = list(gaps)
    writers = writers | file_writers(steps) if free else writers
    for _ in range(8):
        if not free or not _by_need(_merge(order, needed), counts, sessions, writers, free, needed):
            break
    restored = {cell: list(numbers) for cell, numbers in needed.items()}
    unexplained: list[int] = []
    passed = _by_pass(free, ran, counts)
    for gap in free:
        cell = passed.get(gap)
        if cell is None:
            cell = _by_place(gap, ran, counts)
        if cell is not None:
            restored.setdefault(cell, []).append(gap)
        else:
            unexplained.append(gap)
    result = LostRuns(_merge(order, needed), _merge(order, restored), [], restored, unexplained)
    block = _blocks(free, ran, counts)
    if block:
        for cell, numbers in needed.items():
            block.setdefault(cell, []).extend(numbers)
        result.others.append(_merge(order, block))
    result.doubts = _doubts(result, notebook, counts, sessions)
    return result


def file_writers(steps: dict[int, list[Step]]) -> dict[str, list[int]]:
    """For each file that the notebook writes, the cells that do, in document order."""
    found: dict[str, list[int]] = {}
    for cell in sorted(steps):
        for step in steps[cell]:
            for op in step.ops:
                if (
                    op.code == WRITE
                    and op.base.startswith("<File>")
                    and cell not in found.setdefault(op.base, [])
                ):
                    found[op.base].append(cell)
    return found


def _merge(order: list[tuple[int, int]], restored: dict[int, list[int]]) -> list[tuple[int, int]]:
    extra = [(cell, n) for cell, numbers in restored.items() for n in numbers]
    return sorted(order + extra, key=lambda run: run[1])


def _by_pass(gaps: list[int], ran: list[int], counts: dict[int, int]) -> dict[int, int]:
    """Missing counts that cells bore in a first pass from top to bottom, before they ran again out of their
    place.

    The longest rising run of counts is what is left of that pass; cells that fell out of it had the counts
    that are missing between their neighbours.
    """
    backbone = _longest_rising([counts[cell] for cell in ran])
    found: dict[int, int] = {}
    previous = 0
    fallen: list[int] = []
    for position, cell in enumerate([*ran, None]):
        if cell is not None and position not in backbone:
            fallen.append(cell)
            continue
        here = counts[cell] if cell is not None else (gaps[-1] + 1 if gaps else 0)
        if fallen:
            between = [g for g in gaps if previous < g < here]
            for number, gap in enumerate(between):
                candidate = fallen[number % len(fallen)]
                if counts[candidate] > gap:
                    found[gap] = candidate
        fallen = []
        previous = here
    return found


def _longest_rising(numbers: list[int]) -> set[int]:
    """Positions of a longest strictly rising subsequence (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        place = bisect_left(tails, number)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(number)
            ends.append(position)
        else:
            tails[place] = number
            ends[place] = position
    chosen: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        chosen.add(at)
        at = before[at]
    return chosen


def _by_place(gap: int, ran: list[int], counts: dict[int, int]) -> int | None:
    """The cell whose neighbours' counts the gap lies between."""
    for position, cell in enumerate(ran):
        if counts[cell] <= gap:
            continue
        above = counts[ran[position - 1]] if position else 0
        below = counts[ran[position + 1]] if position + 1 < len(ran) else gap + 1
        if above < gap < below:
            return cell
    return None


def _blocks(gaps: list[int], ran: list[int], counts: dict[int, int]) -> dict[int, list[int]]:
    """A stretch of missing counts, followed by as many cells or more that ran in order: the stretch ran
    twice."""
    found: dict[int, list[int]] = {}
    position = 0
    while position < len(gaps):
        end = position
        while end + 1 < len(gaps) and gaps[end + 1] == gaps[end] + 1:
            end += 1
        stretch = gaps[position : end + 1]
        position = end + 1
        if len(stretch) < 2:
            continue
        start = next((i for i, cell in enumerate(ran) if counts[cell] == stretch[-1] + 1), None)
        if start is None:
            continue
        length = 1
        while start + length < len(ran) and counts[ran[start + length]] == stretch[-1] + 1 + length:
            length += 1
        times, rest = divmod(len(stretch), length)
        cells = [ran[start + i] for i in range(length)] * times + [ran[start + i] for i in range(rest)]
        for number, cell in zip(stretch, cells, strict=False):
            found.setdefault(cell, []).append(number)
    return found


def _by_need(
    order: list[tuple[int, int]],
    counts: dict[int, int],
    sessions: Sessions,
    writers: dict[str, list[int]],
    unexplained: list[int],
    restored: dict[int, list[int]],
) -> bool:
    """Restore runs of cells that must have run earlier, because a cell took in what only they make."""
    trace = sessions.trace("session", order)
    added = False
    for cell, taken in trace.runs.items():
        for take in taken.takes:
            if take.version is not None or not take.certain:
                continue
            if take.base[0] == "<" and not take.base.startswith("<File>"):
                continue
            makers = [
                w
                for w in writers.get(take.base, [])
                if w in sessions.steps and counts.get(w, 0) > counts[cell]
            ]
            position = bisect_left(unexplained, counts[cell])
            if not makers or position == 0:
                continue
            restored.setdefault(makers[0], []).append(unexplained.pop(position - 1))
            added = True
            break
        if added:
            break
    return added


def _doubts(lost: LostRuns, notebook: Notebook, counts: dict[int, int], sessions: Sessions) -> list[Doubt]:
    doubts: list[Doubt] = []
    if not lost.restored:
        return doubts
    trace = sessions.trace("session", lost.order)
    for cell, taken in trace.runs.items():
        seen: set[tuple[int, str]] = set()
        for take in taken.takes:
            version = take.version
            if version is None or version.cell < 0 or version.cell == cell:
                continue
            again = counts.get(version.cell, 0)
            if version.sequence < taken.sequence < again and (version.cell, take.base) not in seen:
                seen.add((version.cell, take.base))
                name = take.base + take.part
                count = notebook.cells[version.cell].execution_count
                text = f"`{name}` was made again by cell [{count}] after this ran"
                text += "; whether by the same code is not recorded"
                doubts.append(Doubt(cell, version.cell, name, take.access, text))
    return doubts
