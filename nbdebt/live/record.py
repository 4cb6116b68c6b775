"""One recorded run: what it took in, with the versions it found, and what it made."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from xxhash import xxh3_128_digest

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.flow.steps import DELETE, DRAW, ENTROPY, MUTATE, READ, SEED, key_of
from nbdebt.live.own_modules import Used
from nbdebt.live.seen import Seen
from nbdebt.live.states import ABSENT, State
from nbdebt.model.history import Access, Run

_CODES = {"read": READ, "mutate": MUTATE, "delete": DELETE, "draw": DRAW, "seed": SEED}
CLOCK = frozenset(("<random>time", "<random>hash"))
FRAME = "<frame>"
THERE = "<there>"
SHAPE = "<shape>"
GIVEN = "<given>"
"""Starts the part of a read of the whole to which the run gave parts itself before: ``<given>`` and these."""


class Touch(NamedTuple):
    """One access of a cell to what was there before it ran: ``code`` as in ``flow.steps``."""

    code: int
    base: str
    part: str
    certain: bool
    access: int
    after_maybe: bool


class Outline(NamedTuple):
    """What a cell does, seen from outside: what it takes in from before, and what it makes.

    Args:
        takes: accesses that reach back before the run.
        binds: keys it surely makes anew.
        may_bind: keys it perhaps makes anew.
        sets: parts that it sets, by key.
        surely_sets: of these, the ones that it gives a new value whenever it runs.
        mutates: keys it changes in place.
        names: all names it speaks of.
        settings: all settings it speaks of.
    """

    takes: tuple[Touch, ...]
    binds: frozenset[str]
    may_bind: frozenset[str]
    sets: dict[str, frozenset[str]]
    surely_sets: dict[str, frozenset[str]]
    mutates: frozenset[str]
    names: frozenset[str]
    settings: frozenset[str]


def outline(accesses: Iterable[tuple[int, Access]]) -> Outline:
    """Sum up a cell's accesses, given in order with their indices."""
    takes: list[Touch] = []
    local: set[str] = set()
    maybe: set[str] = set()
    parts: set[tuple[str, str]] = set()
    sets: dict[str, set[str]] = {}
    surely: dict[str, set[str]] = {}
    mutates: set[str] = set()
    names: set[str] = set()
    settings: set[str] = set()
    for index, access in accesses:
        base, part = key_of(access)
        code = _CODES.get(access.mode, -1)
        certain = access.certain and "guarded" not in access.detail
        if base[0] != "<":
            names.add(base)
        elif base.startswith("<Setting>"):
            settings.add(base)
        if code == -1:
            if part:
                if base not in local:
                    takes.append(Touch(READ, base, FRAME, certain, index, base in maybe))
                    sets.setdefault(base, set()).add(part)
                if access.certain:
                    parts.add((base, part))
                    surely.setdefault(base, set()).add(part)
            elif access.certain:
                local.add(base)
            else:
                maybe.add(base)
            continue
        if code == SEED:
            if access.certain:
                local.add(base)
            else:
                maybe.add(base)
            continue
        if code == DELETE:
            if part:
                sets.setdefault(base, set()).add(part)
                code = READ
            else:
                if base not in local:
                    takes.append(Touch(READ, base, FRAME, certain, index, base in maybe))
                local.discard(base)
                continue
        if base in local or (base, part) in parts:
            continue
        if code == READ and not part and base in surely:
            part = GIVEN + "\0".join(sorted(surely[base]))
        if code == MUTATE:
            mutates.add(base)
            if part:
                sets.setdefault(base, set()).add(part)
        takes.append(Touch(code, base, part, certain, index, base in maybe))
    return Outline(
        tuple(takes),
        frozenset(local),
        frozenset(maybe),
        {base: frozenset(found) for base, found in sets.items()},
        {base: frozenset(found) for base, found in surely.items()},
        frozenset(mutates),
        frozenset(names),
        frozenset(settings),
    )


class Read(NamedTuple):
    """A version that a run found.

    Args:
        base: the resource's key (see ``flow.steps.key_of``); for a name the name.
        part: the part that was read; ``<frame>`` for what is in no part, ``<there>`` for whether it is
            there at all, ``<shape>`` for its shape only, ``<given>`` with some parts for the whole but these,
            which the run gave it itself.
        key: key of the version; empty where there was nothing; None for entropy, which no run finds again.
        certain: it is read whenever the cell runs to its end.
        access: which of the cell's accesses, -1 for what was seen and isn't written there.
        maker: the run that made the version.
    """

    base: str
    part: str
    key: bytes | None
    certain: bool
    access: int
    maker: int


def key_in(state: State, part: str) -> bytes:
    """The key under which a read of a part knows a version."""
    if part == THERE:
        return THERE.encode() if state.key != ABSENT else ABSENT
    if part == SHAPE:
        return state.shaped()
    if part.startswith(GIVEN):
        return state.but(part[len(GIVEN) :].split("\0"))
    return (state.frame or b"there") if part == FRAME else state.part(part)


class Effect(NamedTuple):
    """What a run did to a resource.

    Args:
        kind: ``bound``, ``changed`` (in place) or ``deleted``.
        before: the version it found; None where there was nothing.
        after: the version it left; None where it is gone.
        parts_only: it changed parts that its code names, whatever else there is.
        given: parts that it surely gave a value, be it the one they had.
    """

    kind: str
    before: State | None
    after: State | None
    parts_only: bool = False
    given: frozenset[str] = frozenset()


class RunRecord(msgspec.Struct):
    """One run as it was recorded.

    Args:
        run: cell, number, source as it ran, outcome.
        key: digest of its code; comments and blanks don't count.
        count: the ``[n]`` that the front end shows beside it; None for a run that keeps no history.
        flow: what its code says it does.
        reads: versions it found.
        effects: what it did, by resource key.
        accesses: exchanges with the outside as they were seen, beside those of the code.
        transformed: the source as IPython made Python of it.
        shows: it displays or prints something, as far as its code says.
        result: digest of the displayed result; empty where there is none.
        error: class of the exception that ended it, and its line.
        found: versions of the names it speaks of, as it found them.
        seen_flow: the same with what was seen in place of what its code may do; None where that is no other.
        seconds: what recording it took.
        vague: why its results may differ by nature (the clock).
        text: the source that was read: as it ran, or as IPython transformed it where only that is Python.
        touched: what was seen of files, addresses and tables, with digests.
        tolerated: the cell is tagged ``raises-exception``: its error stops nothing.
        prints: a function of the user's that it called may print.
        stood: where the random streams that it drew from stood when it began.
        entropies: what generators that it made took from the system, in order.
        modules: what it used of modules of the user's own.
    """

    run: Run
    key: bytes
    flow: CellFlow
    count: int | None = None
    reads: tuple[Read, ...] = ()
    effects: dict[str, Effect] = {}
    accesses: tuple[Access, ...] = ()
    transformed: str = ""
    shows: bool = False
    result: bytes = b""
    error: tuple[str, int] = ("", 0)
    found: dict[str, State] = {}
    seen_flow: CellFlow | None = None
    seconds: float = 0.0
    vague: tuple[str, ...] = ()
    text: str = ""
    touched: tuple[Seen, ...] = ()
    tolerated: bool = False
    prints: bool = True
    stood: dict[str, bytes] = {}
    entropies: tuple[int, ...] = ()
    modules: tuple[Used, ...] = ()

    @property
    def made(self) -> tuple[str, ...]:
        """Names it bound."""
        return self._names("bound")

    @property
    def changed(self) -> tuple[str, ...]:
        """Names whose value it changed in place."""
        return self._names("changed")

    @property
    def read(self) -> tuple[str, ...]:
        """Names it read; not the builtins that it found hidden by no name."""
        found = (r for r in self.reads if r.base[0] != "<" and (r.access >= 0 or r.key != ABSENT))
        return tuple(dict.fromkeys(r.base for r in found))

    def _names(self, kind: str) -> tuple[str, ...]:
        return tuple(n for n, e in self.effects.items() if e.kind == kind and n[0] != "<")


def source_key(parsed: Parsed) -> bytes:
    """Digest of a cell's code: equal for sources that differ in comments, blanks and quotes only."""
    if parsed.tree is None:
        text = parsed.source.strip()
    else:
        text = ast.dump(parsed.tree)
        if parsed.source.rstrip().endswith(";"):
            text += ";"
        for magic in parsed.masked.magics:
            body = "" if magic.kind == "cell" and parsed.tree.body else magic.body
            text += f"\0{magic.kind}\0{magic.name}\0{magic.arguments}\0{magic.target}\0{body}"
    return xxh3_128_digest(text.encode("utf-8", "surrogatepass"))


def working_key(parsed: Parsed, flow: CellFlow) -> bytes:
    """Digest of a cell's code without the statements that only show something."""
    if parsed.tree is None or len(flow.statements) < len(parsed.tree.body) or parsed.masked.magics:
        return source_key(parsed)
    kept: list[str] = []
    for node, statement in zip(parsed.tree.body, flow.statements, strict=False):
        accesses = flow.accesses[statement.first : statement.last]
        if not only_shows(node, accesses):
            kept.append(ast.dump(node))
    return xxh3_128_digest("\0".join(kept).encode("utf-8", "surrogatepass"))


def only_shows(node: ast.stmt, accesses: Iterable[Access]) -> bool:
    """Whether a statement, with these accesses, only shows something."""
    if not isinstance(node, ast.Expr) or any(access.mode != "read" for access in accesses):
        return False
    value = node.value
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in ("print", "display", "len", "type")
    return not isinstance(value, ast.Await | ast.NamedExpr | ast.Yield)


def shown(flow: CellFlow, source: str, value: bool = True) -> bool:
    """Whether a cell displays or prints something; ``value``: its last expression has one but None."""
    if value and flow.displayed is not None and not source.rstrip().endswith(";"):
        return True
    return "print" in flow.builtins or bool(flow.magics) or any("display" in a.via for a in flow.accesses)


def before_line(flow: CellFlow, line: int, finished: bool = False) -> Iterator[tuple[int, Access]]:
    """The accesses of the statements that were reached before an error in ``line``; 0: all.

    Args:
        flow: the cell.
        line: the line that raised.
        finished: leave out the statement that raised.
    """
    for statement in flow.statements:
        if line and (statement.span.end_line if finished else statement.span.line - 1) >= line:
            return
        for index in range(statement.first, statement.last):
            yield index, flow.accesses[index]


def is_entropy(base: str) -> bool:
    """Whether a key is of a source that gives something new each time."""
    return base.startswith("<random>") and (base[8:] in ENTROPY or base[8:] == "in a branch")
