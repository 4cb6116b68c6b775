"""How a difference travels within one cell: which of its statements take it in, and what they make of it."""

import ast
import builtins
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.flow.steps import key_of
from nbdebt.live.record import Read, RunRecord

_BUILTINS = frozenset(dir(builtins))
_SHOWING = frozenset(("print", "display"))
_QUIET = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass, ast.Global)


class Part(NamedTuple):
    """A top-level statement: what it takes in and makes, by keys of resources.

    Args:
        node: its syntax.
        first: the first of its accesses.
        last: one past the last.
        takes: keys that it reads, changes or draws from.
        makes: keys that it gives a new value, surely or perhaps, or changes.
        anew: of these, those that it surely makes anew.
        calls: it calls something that may do what its text doesn't say.
    """

    node: ast.stmt
    first: int
    last: int
    takes: frozenset[str]
    makes: frozenset[str]
    anew: frozenset[str]
    calls: bool


class Spread(msgspec.Struct, frozen=True):
    """What became of a difference.

    Args:
        parts: statements that took it in.
        keys: keys of what they made.
        clean: keys of what the others made, and that no such statement touched afterwards.
        copies: names that a statement makes another name for what a name holds: ``b = a``.
    """

    parts: tuple[Part, ...]
    keys: frozenset[str]
    clean: frozenset[str]
    copies: tuple[tuple[str, str], ...] = ()


def parts_of(parsed: Parsed, flow: CellFlow) -> list[Part] | None:
    """The statements of a cell; None where its text doesn't say what it does."""
    tree = parsed.tree
    if tree is None or flow.opaque or flow.error or len(flow.statements) != len(tree.body):
        return None
    found: list[Part] = []
    for node, statement in zip(tree.body, flow.statements, strict=True):
        takes: set[str] = set()
        makes: set[str] = set()
        anew: set[str] = set()
        for access in flow.accesses[statement.first : statement.last]:
            base, part = key_of(access)
            if access.mode in ("read", "draw", "mutate", "delete") and base not in anew:
                takes.add(base)
            if access.mode != "read":
                makes.add(base)
            if access.mode in ("write", "seed"):
                if not part and access.certain:
                    anew.add(base)
                elif base not in anew:
                    takes.add(base)
        first, last = statement.first, statement.last
        found.append(
            Part(node, first, last, frozenset(takes), frozenset(makes), frozenset(anew), _calls(node))
        )
    return found


def _calls(node: ast.stmt) -> bool:
    if isinstance(node, _QUIET):
        return bool(getattr(node, "decorator_list", ()))
    return any(isinstance(inner, ast.Call | ast.With | ast.Await) for inner in ast.walk(node))


def spread(parts: Iterable[Part], differ: Collection[Read], changed: Collection[str] = ()) -> Spread:
    """Follow a difference through a cell.

    Args:
        parts: its statements.
        differ: reads that find something else.
        changed: names that the cell changed in place when it ran, whether or not its code says so.
    """
    places = {read.access for read in differ if read.access >= 0}
    hidden = any(read.access < 0 for read in differ)
    bases = {read.base for read in differ}
    everywhere = any(read.base.startswith("<Setting>") for read in differ if read.access < 0)
    tainted: set[str] = set()
    clean: set[str] = set()
    took: list[Part] = []
    copies: list[tuple[str, str]] = []
    for part in parts:
        takes = any(part.first <= place < part.last for place in places)
        takes = takes or bool(part.takes & tainted) or (hidden and (part.calls or bool(part.takes & bases)))
        takes = takes or (everywhere and not isinstance(part.node, _QUIET))
        if not takes:
            tainted -= part.anew
            clean |= part.makes - tainted
            continue
        took.append(part)
        copy = _copy(part.node)
        if copy is not None and copy[1] in bases and copy[1] not in tainted | clean:
            copies.append(copy)
        touched = part.makes | {base for base in changed if base in part.takes}
        tainted |= touched
        clean -= touched
    return Spread(tuple(took), frozenset(tainted), frozenset(clean - tainted), tuple(copies))


def _copy(node: ast.stmt) -> tuple[str, str] | None:
    """``b = a``: both names."""
    if (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Name)
    ):
        return node.targets[0].id, node.value.id
    return None


def showing(parts: Iterable[Part], record: RunRecord) -> list[Part]:
    """The statements of a run that may have shown something."""
    known = list(parts)
    flow = record.flow
    prints = "print" in flow.builtins or any("display" in a.via for a in flow.accesses)
    found = [part for part in known if _shows(part, prints and record.prints)]
    if flow.displayed is not None and known and known[-1] not in found:
        found.append(known[-1])
    return found


def texts(parts: Iterable[Part]) -> list[str]:
    """The code of some statements; comments and blanks don't count."""
    return [ast.dump(part.node) for part in parts]


def _shows(part: Part, prints: bool) -> bool:
    node = part.node
    if isinstance(node, _QUIET):
        return False
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    if names & _SHOWING:
        return True
    if isinstance(node, ast.Expr):
        return part.calls
    # A function of the user's may print.
    return prints and part.calls and bool(names - _BUILTINS)


def read_in(parts: Iterable[Part], reads: Iterable[Read]) -> list[Read]:
    """Those reads that these statements may have made."""
    known = list(parts)
    calls = any(part.calls for part in known)
    found = []
    for read in reads:
        if read.access < 0:
            if calls or any(read.base in part.takes for part in known):
                found.append(read)
        elif any(part.first <= read.access < part.last for part in known):
            found.append(read)
    return found


def changed_in_place(record: RunRecord) -> set[str]:
    """Names that a run changed in place."""
    return {base for base, effect in record.effects.items() if effect.kind == "changed" and base[0] != "<"}
