"""Values that the code alone determines, followed through the session and through the replay.

Where a cell would find other versions than it found, it may make the same all the same. For code whose
values depend on nothing but code (no data, no libraries), the safe evaluator knows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.outputs import follow
from nbdebt.flow.reader import Parsed
from nbdebt.live.record import RunRecord

if TYPE_CHECKING:
    from nbdebt.flow.evaluate.machine import CellResult

# Evaluator steps for one cell: what is worth following in a session is small.
_STEPS = 4_000
_CATCH_UP = 300


class Known(NamedTuple):
    """What is known after a run: digests of names, and the text it printed and showed (None: unknown)."""

    names: Mapping[str, str]
    text: str | None


class Walk:
    """One machine that follows cells, one after the other."""

    def __init__(self, unknown: Iterable[str] = ()) -> None:
        from nbdebt.flow.evaluate.machine import Machine

        self.machine: Machine = Machine(_STEPS)
        self.machine.pass_over(unknown, ())

    def step(self, parsed: Parsed, flow: CellFlow, names: Iterable[str]) -> Known:
        """Follow a cell, and say what is known of these names afterwards."""
        machine = self.machine
        if parsed.tree is None:
            machine.open = True
            return Known({}, None)
        result = follow(machine, parsed.tree, flow, parsed.source)
        return Known(self.digests(names), _text(result))

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        """Digests of those names whose values are known."""
        machine = self.machine
        found: dict[str, str] = {}
        for name in names:
            if machine.knows(name) and not machine.is_module(name):
                if type(machine.names.get(name)).__name__ == "Function" and machine.names[name].attributes:
                    # What a function carries with it is in no digest of it.
                    continue
                digest = machine.digest(name)
                if digest is not None:
                    found[name] = digest
        return found


class Concrete:
    """The session so far as the evaluator knows it.

    Args:
        unknown: names that were there before recording began.
    """

    def __init__(self, unknown: Iterable[str]) -> None:
        self.unknown = tuple(unknown)
        self.walk: Walk | None = None
        self.known: dict[int, Known] = {}
        self.done = 0

    def catch_up(self, runs: Sequence[RunRecord], parse: Callable[[str], Parsed]) -> bool:
        """Follow the runs that were not followed yet; False where there are too many."""
        if len(runs) - self.done > _CATCH_UP:
            return False
        if self.walk is None:
            self.walk = Walk(self.unknown)
        walk = self.walk
        for record in runs[self.done :]:
            names = [n for n in record.effects if n[0] != "<"]
            found = walk.step(parse(record.text), record.flow, names)
            outcome = record.run.outcome
            if outcome != "ok":
                # Where exactly it ended is not known to the evaluator.
                walk.machine.pass_over([*names, *_written(record.flow)], ())
                found = Known({}, None)
            else:
                told = set(_written(record.flow)) | {t.base for t in record.reads}
                strangers = [n for n in names if n not in told]
                if strangers:
                    walk.machine.pass_over(strangers, ())
            self.known[record.run.sequence] = found
            self.done += 1
        return True

    def knows(self, sequence: int) -> bool:
        """Whether anything is known of what a run made or showed."""
        known = self.known.get(sequence)
        return known is not None and (bool(known.names) or known.text is not None)

    def equal_now(self, walk: Walk, names: Iterable[str]) -> set[str]:
        """Names whose value at the end of a replay is known, and is the session's."""
        if self.walk is None:
            return set()
        then, now = self.walk.digests(names), walk.digests(names)
        return {name for name, digest in now.items() if then.get(name) == digest}


def _written(flow: CellFlow) -> list[str]:
    return list(dict.fromkeys(getattr(a.resource, "name", "") for a in flow.accesses if a.mode != "read"))


def _text(result: "CellResult") -> str | None:
    if result.raised is not None or result.shown is None or None in result.printed or not result.complete:
        return None
    return "".join(p for p in result.printed if p is not None) + "\0" + result.shown
