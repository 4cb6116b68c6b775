"""Scores a live verdict: ``python -m tests.live.oracle.score --split tune [--sessions N] [--wrong K]``.

A positive is a session that a restart does not give again, or a cell that it changes. ``prec`` is how often
a *no* is right, ``recall`` how many of those there are got a *no*; in ``p?`` and ``r?`` an *unknown* counts
as a *no*. ``yes`` is how often a *yes* is right. Then the counts: what was said (F, T, or ? for unknown) and
what is true.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.oracle.document import Edit, Insert
from benchmarks.oracle.generate import describe
from benchmarks.oracle.score import Score
from tests.live.oracle.cases import SEEDS, Case, Oracle, cases
from tests.live.oracle.judges import JUDGES
from tests.live.oracle.play import Said

Reading = Literal["same", "values", "files"]
BAD = frozenset({"stale", "differs", "fails"})


class Judged(msgspec.Struct):
    """A session and what was said of it."""

    case: Case
    said: Said

    def true(self, reading: Reading) -> bool:
        """Does a restart give it again?"""
        truth = self.case.truth
        if reading == "values":
            return truth.values_same
        return truth.same and (reading == "same" or not truth.files)


class Result(msgspec.Struct):
    """Scores of one judge on some sessions."""

    sessions: dict[str, Score]
    cells: Score
    names: Score
    groups: dict[str, dict[str, Score]]
    seconds: float


def cell_verdict(state: str) -> bool | None:
    """What a cell's state says: True for good, False for bad, None for unknown."""
    return False if state in BAD else True if state == "same" else None


def score(judged: Iterable[Judged]) -> Result:
    """Score what was said of sessions, against all readings of the truth."""
    result = Result(
        {"same": Score(), "same, no chance": Score(), "same, files too": Score(), "values": Score()},
        Score(),
        Score(),
        {"family": {}, "kind": {}},
        0.0,
    )
    for one in judged:
        case, said = one.case, one.said
        same = one.true("same")
        result.seconds += said.seconds
        result.sessions["same"].add(said.reproduces, same)
        result.sessions["values"].add(said.reproduces, one.true("values"))
        result.sessions["same, files too"].add(said.reproduces, one.true("files"))
        if not case.truth.random:
            result.sessions["same, no chance"].add(said.reproduces, same)
        for name, group in (("family", case.family), ("kind", case.kind)):
            result.groups[name].setdefault(group, Score()).add(said.reproduces, same)
        for cell in case.ran:
            result.cells.add(cell_verdict(said.cells.get(cell, "")), not case.truth.cells[cell])
        for name in case.truth.names.keys() | said.names.keys():
            result.names.add(name not in said.names, name not in case.truth.names)
    return result


HEADER = f"{'':22}{'n':>6}{'prec':>8}{'recall':>8}{'p?':>8}{'r?':>8}{'yes':>8}   F/F  F/T  T/T  T/F  ?/T  ?/F"


def line(name: str, scored: Score) -> str:
    """A row of a table for people."""
    alarmed = scored.false_false + scored.unknown_false
    shares = (
        scored.precision,
        scored.recall,
        _share(alarmed, alarmed + scored.false_true + scored.unknown_true),
        _share(alarmed, alarmed + scored.true_false),
        scored.true_right,
    )
    cells = "".join(f"{'-':>8}" if share is None else f"{share:8.3f}" for share in shares)
    return f"{name:22}{scored.sessions:6}{cells} " + "".join(
        f"{count:5}" for count in msgspec.structs.astuple(scored)
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def show(result: Result) -> Iterator[str]:
    """Yield the lines of the tables."""
    yield HEADER
    yield from (line(name, scored) for name, scored in result.sessions.items())
    yield line("cells", result.cells)
    yield line("names", result.names)
    for group, scores in result.groups.items():
        yield f"-- sessions (same) by {group}"
        yield from (line(name, scores[name]) for name in sorted(scores))
    yield f"played in {result.seconds:.1f} s"


def rows(result: Result, split: str, judge: str) -> Iterator[str]:
    """Rows of the Markdown table in ``docs/accuracy.md``: sessions by both readings, then cells."""
    for what, scored in (
        ("sessions, same", result.sessions["same"]),
        ("sessions, values", result.sessions["values"]),
        ("cells", result.cells),
    ):
        shares = (scored.precision, scored.recall, scored.true_right, scored.unknown)
        cells = " | ".join("-" if share is None else f"{share:.3f}" for share in shares)
        yield f"| {split} | {what} | {judge} | {scored.sessions} | {cells} |"


def weight(one: Judged, reading: Reading) -> int:
    """How wrong a verdict is; 0 if it isn't. Failures first, then what was missed, false alarms, unknowns."""
    said, true = one.said.reproduces, one.true(reading)
    if one.said.failure:
        return 4
    if said is None:
        return 1
    return 0 if said == true else 3 if said else 2


def wrong_cells(one: Judged) -> list[str]:
    """Ids of the cells whose state is not the truth; unknown ones aren't among them."""
    verdicts = {cell: cell_verdict(one.said.cells.get(cell, "")) for cell in one.case.ran}
    truths = one.case.truth.cells
    return [cell for cell, said in verdicts.items() if said is not None and said == bool(truths[cell])]


def tell(one: Judged) -> Iterator[str]:
    """Yield all there is to know about a session: steps, document, what was said, what is true."""
    case, said, truth = one.case, one.said, one.case.truth
    yield (
        f"== {case.number} {case.family}/{case.document.name}, {case.kind}: said {said.reproduces}, "
        f"same {truth.same}, values {truth.values_same}{', random' if truth.random else ''}  {said.failure}"
    )
    for op in case.ops:
        source = f": {op.source!r}" if isinstance(op, Edit | Insert) else ""
        yield f"   {describe(op)}{source}"
    for cell in case.left.code:
        state = said.cells.get(cell.id, "-")
        reasons = truth.cells.get(cell.id)
        true = "-" if reasons is None else reasons or "good"
        mark = "!" if cell.id in wrong_cells(one) else " "
        yield f" {mark} {cell.id} [{cell.count}] said {state}, true {true}"
        yield from (f"        | {text}" for text in cell.source.splitlines())
        yield from (f"        because: {why}" for why in said.because.get(cell.id, ()))
    for name in sorted(truth.names.keys() | said.names.keys()):
        was, new = truth.names.get(name, ("", ""))
        yield f"   {name}: said {said.names.get(name, 'the same')!r}, true {was[:70]!r} | {new[:70]!r}"
    if truth.files:
        yield f"   files that a restart changes: {', '.join(truth.files)}"
    yield f"   left over: said {said.left_over}, true {truth.left_over}"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.live.oracle.score", description=__doc__)
    made.add_argument("--split", choices=list(SEEDS), default="tune")
    made.add_argument("--seed", type=int, default=None)
    made.add_argument("--sessions", type=int, default=300)
    made.add_argument("--judge", choices=JUDGES, default="nbdebt")
    made.add_argument("--family", default=None, help="only this one")
    made.add_argument("--kind", default=None, help="only this one")
    made.add_argument("--truth", choices=["same", "values", "files"], default="same", help="for --wrong")
    made.add_argument("--wrong", type=int, default=0, metavar="K", help="tell of the K worst in full")
    made.add_argument("--wrong-cells", type=int, default=0, metavar="K", help="... with the most wrong cells")
    made.add_argument("--markdown", action="store_true", help="print rows of a table only")
    made.add_argument("--number", type=int, action="append", default=[], help="tell of this one")
    return made


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line; the exit status is 0 whatever the figures."""
    options = parser().parse_args(arguments)
    wanted = []
    with tempfile.TemporaryDirectory() as scratch, Oracle(Path(scratch)) as oracle:
        for case in cases(options.split, options.sessions, oracle, options.seed):
            chosen = options.family in (None, case.family) and options.kind in (None, case.kind)
            if chosen and (not options.number or case.number in options.number):
                wanted.append(Judged(case, JUDGES[options.judge](case, oracle)))
    worst = sorted(wanted, key=lambda one: -weight(one, options.truth))
    most = sorted(wanted, key=lambda one: -len(wrong_cells(one)))
    told = [one for one in worst[: options.wrong] if weight(one, options.truth)]
    told += [one for one in most[: options.wrong_cells] if wrong_cells(one)]
    for one in wanted if options.number else told:
        print("\n".join(tell(one)))
    failures = [one for one in wanted if one.said.failure]
    if failures:
        print(f"{len(failures)} failed; the first: {failures[0].said.failure}", file=sys.stderr)
    if options.markdown:
        print("\n".join(rows(score(wanted), options.split, options.judge)))
        return
    print(f"{options.judge}, {options.split}")
    print("\n".join(show(score(wanted))))


if __name__ == "__main__":
    main()
