"""Cells as steps that a symbolic replay can take: what a statement takes in, and what it gives out."""

from collections.abc import Iterable
from typing import NamedTuple

from nbdebt.flow.facts import CellFlow, Statement
from nbdebt.model.history import Access, Name, RandomStream

# Streams that no seed determines. Clock and set order are kept apart: what comes of them may be the same.
ENTROPY = frozenset(("os", "uuid"))
BRANCH = "<random>in a branch"
TEMPORARY = "<random>temporary"
VAGUE = {
    TEMPORARY: "makes a temporary file or directory, with another name in every run",
    BRANCH: "may draw from a random stream that nothing seeded, under a condition",
    "<random>time": "reads the clock",
    "<random>hash": "depends on the order of a set, which changes from session to session for texts",
}

READ, WRITE, MUTATE, DELETE, DRAW, SEED = range(6)
_CODES = {"read": READ, "write": WRITE, "mutate": MUTATE, "delete": DELETE, "draw": DRAW, "seed": SEED}


class Op(NamedTuple):
    """One access of a step: a code, the resource's key and part, and which access of the cell it is."""

    code: int
    base: str
    part: str
    certain: bool
    guarded: bool
    access: int


class Step(NamedTuple):
    """One statement.

    Args:
        key: hash of its text.
        ops: its operations in order.
        idempotent: running it twice is running it once.
        commuting: keys of frames and mappings it changes: such changes often come to the same in any order.
    """

    key: int
    ops: tuple[Op, ...]
    idempotent: bool
    commuting: frozenset[str]


def key_of(access: Access) -> tuple[str, str]:
    """The resource of an access as (key, part); keys of names are the names themselves."""
    resource = access.resource
    if resource.__class__ is Name:
        return resource.name, resource.part
    if resource.__class__ is RandomStream:
        return "<random>" + resource.stream, ""
    return f"<{resource.__class__.__name__}>{resource}", ""


def compile_cell(
    source: str,
    flow: CellFlow,
    moves: bool = False,
    shadowed: Iterable[str] = (),
    seeded: frozenset[str] = frozenset(),
) -> list[Step]:
    """The steps of a cell.

    Args:
        source: its text.
        flow: what it does.
        moves: the notebook changes its directory: a relative path depends on that.
        shadowed: names of builtins that some cell of the notebook binds.
        seeded: streams that some cell seeds.
    """
    lines = source.split("\n")
    accesses = flow.accesses
    steps: list[Step] = []
    for statement in flow.statements:
        if statement.kind in ("Import", "ImportFrom"):
            # What a name is imported from is all there is to it, whichever statement says so.
            for index in range(statement.first, statement.last):
                base, part = key_of(accesses[index])
                op = Op(_CODES[accesses[index].mode], base, part, accesses[index].certain, False, index)
                steps.append(Step(hash(("import", flow.imports.get(base, base))), (op,), True, frozenset()))
            continue
        ops = [
            Op(READ, name, "", False, True, -1)
            for name in shadowed
            if (place := flow.builtins.get(name)) is not None
            and statement.span.line <= place.line <= statement.span.end_line
        ]
        commuting: set[str] = set()
        for index in range(statement.first, statement.last):
            access = accesses[index]
            code = _CODES[access.mode]
            base, part = key_of(access)
            if code == DRAW and "branch" in access.detail and base[8:] not in seeded:
                base = BRANCH
            elif code == DRAW and access.via.startswith("tempfile."):
                # What is done with it is mostly the same, whatever it is called.
                base = TEMPORARY
            if moves and base.startswith("<File>") and not base[6:].startswith(("/", "~", "<")):
                ops.append(Op(READ, "<Setting>cwd", "", access.certain, False, index))
            if code in (WRITE, MUTATE) and "commutes" in access.detail:
                commuting.add(base)
            ops.append(Op(code, base, part, access.certain, "guarded" in access.detail, index))
        steps.append(
            Step(hash(_text(lines, statement)), tuple(ops), statement.idempotent, frozenset(commuting))
        )
    return steps


def _text(lines: list[str], statement: Statement) -> str:
    span = statement.span
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    return "\n".join(lines[span.line - 1 : span.end_line])
