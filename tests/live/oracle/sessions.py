"""Kinds of live session: those of the saved-notebook oracle, and more in which a live tracker knows better.

Careful and messy ones, and many that look like debt and are none: cells run again that give the same, edits
that are taken back, comments, columns and keys that nobody reads.
"""

import random
import re
from collections.abc import Callable

from benchmarks.oracle.document import Delete, Document, Edit, Insert, Move, RunAll
from benchmarks.oracle.mutate import assigned, comment, misspell, mutate, new_cell, rename
from benchmarks.oracle.sessions import KINDS as SAVED_KINDS
from benchmarks.oracle.sessions import Plan

_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


class LivePlan(Plan):
    """A plan that can also edit cells with magics, and the code in texts that a cell writes."""

    def edit(self, cell: str | None = None) -> str | None:
        """Edit a cell, any if none is given; return which, or None if there is nothing to edit."""
        target = cell or self.pick()
        source = self.document[target].source
        numbers = list(_NUMBER.finditer(source))
        by_text = "write" in source and self.rng.random() < 0.4
        if not numbers or not (by_text or ("%" in source and not mutate(random.Random(0), source))):
            return super().edit(cell)
        found = self.rng.choice(numbers)
        text = str(int(found[0]) + self.rng.randint(1, 3))
        self.do(Edit(target, source[: found.start()] + text + source[found.end() :], "number"))
        return target

    def fresh(self) -> str:
        """An id that no cell has yet."""
        return f"{self.rng.getrandbits(32):08x}"

    def copy(self, cell: str, run: bool = True) -> str:
        """Paste a copy of a cell below it, or at the end."""
        place = self.document.index(cell) + 1 if self.rng.random() < 0.6 else len(self.document.cells)
        new = self.fresh()
        self.do(Insert(place, new, self.document[cell].source))
        if run:
            self.run(new)
        return new

    def insert(self, source: str, run: bool = True) -> str:
        """Insert a cell somewhere below the first and run it."""
        new = self.fresh()
        self.do(Insert(self.rng.randint(2, len(self.document.cells)), new, source))
        if run:
            self.run(new)
        return new

    def above(self, cell: str) -> list[str]:
        """The code cells above one."""
        return self.ids[: self.ids.index(cell)]

    def rename(self, everywhere: bool) -> list[str]:
        """Rename a variable in its cell, or everywhere; return the cells that this changed."""
        makers = [cell for cell in self.ids if assigned(self.document[cell].source)]
        if not makers:
            return []
        cell = self.rng.choice(makers)
        old = self.rng.choice(assigned(self.document[cell].source))
        new = old + self.rng.choice(["_2", "_new", "s"])
        touched = []
        for other in self.ids if everywhere else [cell]:
            before = self.document[other].source
            if (after := rename(before, old, new)) != before:
                self.do(Edit(other, after, f"rename {old}"))
                touched.append(other)
        return touched


Kind = Callable[[LivePlan], None]
KINDS: dict[str, tuple[Kind, float]] = {}
"""Each kind of session with its share."""


def kind(name: str, share: float) -> Callable[[Kind], Kind]:
    """Register a kind of session."""

    def register(function: Kind) -> Kind:
        KINDS[name] = function, share
        return function

    return register


@kind("careful", 10)
def _careful(plan: LivePlan) -> None:
    """From top to bottom; what is corrected is run again with all that is below."""
    for cell in plan.ids:
        plan.run(cell)
    for _ in range(plan.rng.randint(1, 3)):
        if edited := plan.edit():
            plan.run(edited, *plan.below(edited))


@kind("same-again", 9)
def _same_again(plan: LivePlan) -> None:
    """Cells that compute what is there already, and displays, are run again."""
    plan.do(RunAll())
    looks = [cell for cell in plan.ids if not _changes(plan.document[cell].source)]
    for _ in range(plan.rng.randint(1, 4)):
        if looks:
            plan.run(plan.rng.choice(looks))


@kind("comments", 6)
def _comments(plan: LivePlan) -> None:
    """Comments and blank lines are added, whether or not the cell is run again."""
    plan.do(RunAll())
    for _ in range(plan.rng.randint(1, 3)):
        cell = plan.pick()
        source = plan.document[cell].source
        if not source.startswith("%%"):
            changed = comment(plan.rng, source) if plan.rng.random() < 0.6 else source + "\n"
            plan.do(Edit(cell, changed or source, "comment"))
            if plan.rng.random() < 0.5:
                plan.run(cell)


@kind("edit-back", 8)
def _edit_back(plan: LivePlan) -> None:
    """An edit is tried, with or without the cells below, and taken back the same way, or not quite."""
    plan.do(RunAll())
    cell = plan.pick()
    before = plan.document[cell].source
    tried, below = plan.rng.random() < 0.7, plan.rng.random() < 0.4
    if plan.edit(cell):
        if tried:
            plan.run(cell, *(plan.below(cell) if below else []))
        plan.do(Edit(cell, before, "back"))
        if tried and plan.rng.random() < 0.85:
            plan.run(cell, *(plan.below(cell) if below else []))


@kind("more", 6)
def _more(plan: LivePlan) -> None:
    """A column, a key or a name is added that nothing reads; sometimes one that something does."""
    plan.do(RunAll())
    frames = set(re.findall(r"(\w+)\[['\"]\w+['\"]\]", "\n".join(c.source for c in plan.document.code)))
    if frames and plan.rng.random() < 0.7:
        name = plan.rng.choice(sorted(frames))
        plan.insert(f"{name}['added'] = {plan.rng.randint(0, 9)}")
    else:
        plan.insert(new_cell(plan.rng, [c.source for c in plan.document.code]))
    for _ in range(plan.rng.randint(0, 2)):
        plan.run(plan.pick())


@kind("copied", 5)
def _copied(plan: LivePlan) -> None:
    plan.do(RunAll())
    for _ in range(plan.rng.randint(1, 2)):
        new = plan.copy(plan.pick())
        if plan.rng.random() < 0.4 and plan.edit(new):
            plan.run(new)


@kind("from-here", 6)
def _from_here(plan: LivePlan) -> None:
    """All from one cell on, or all above one, is run again."""
    plan.do(RunAll())
    for _ in range(plan.rng.randint(1, 2)):
        cell = plan.pick()
        if plan.rng.random() < 0.3:
            plan.edit(cell)
        part = [cell, *plan.below(cell)] if plan.rng.random() < 0.7 else plan.above(cell)
        plan.do(RunAll(tuple(part)))


@kind("interrupted", 6)
def _interrupted(plan: LivePlan) -> None:
    """A run-through is stopped and begun again from the top; the last one may stop, too."""
    for _ in range(plan.rng.randint(1, 2)):
        ids = plan.ids
        plan.do(RunAll(tuple(ids[: plan.rng.randint(1, len(ids) - 1)])))
        if plan.rng.random() < 0.4:
            plan.edit(plan.rng.choice(ids))
    plan.do(RunAll())


@kind("half-way", 5)
def _half_way(plan: LivePlan) -> None:
    """A cell raises in the middle; it is put right and run again, sometimes with its makers."""
    failing = plan.pick()
    for cell in plan.ids:
        right = plan.document[cell].source
        if cell == failing:
            lines = right.splitlines()
            cut = plan.rng.randint(0, len(lines))
            wrong = "\n".join([*lines[:cut], "raise KeyboardInterrupt", *lines[cut:]])
            if plan.rng.random() < 0.4:
                wrong = misspell(plan.rng, right) or wrong
            plan.do(Edit(cell, wrong, "break"))
            plan.run(cell)
            plan.do(Edit(cell, right, "repair"))
            if plan.rng.random() < 0.4:
                plan.run(*plan.above(cell))
        plan.run(cell)


@kind("clean-up", 6)
def _clean_up(plan: LivePlan) -> None:
    """Renamed everywhere, moved, deleted; then all is run again in the same kernel."""
    plan.do(RunAll())
    _messy_steps(plan, plan.rng.randint(1, 3))
    plan.do(RunAll())


@kind("messy", 14)
def _messy(plan: LivePlan) -> None:
    """Anything, a few times or many."""
    plan.do(RunAll() if plan.rng.random() < 0.8 else RunAll(tuple(plan.ids[: plan.rng.randint(3, 8)])))
    _messy_steps(plan, plan.rng.choice([2, 3, 4, 6, 9, 14]))


def _messy_steps(plan: LivePlan, number: int) -> None:
    for _ in range(number):
        plan.rng.choices([step for step, _ in _STEPS], [share for _, share in _STEPS])[0](plan)


def _edit_and_run(plan: LivePlan) -> None:
    if cell := plan.edit():
        plan.run(cell)


def _edit_and_below(plan: LivePlan) -> None:
    if cell := plan.edit():
        plan.run(cell, *plan.below(cell))


def _edit(plan: LivePlan) -> None:
    plan.edit()


def _copy(plan: LivePlan) -> None:
    plan.copy(plan.pick())


def _rename_and_run(plan: LivePlan) -> None:
    touched = plan.rename(plan.rng.random() < 0.6)
    plan.run(*(touched if plan.rng.random() < 0.8 else touched[:1]))


def _drop(plan: LivePlan) -> None:
    if len(plan.ids) > 4:
        plan.do(Delete(plan.pick()))


def _move(plan: LivePlan) -> None:
    cell = plan.pick()
    plan.do(Move(cell, plan.rng.randrange(1, len(plan.document.cells))))
    if plan.rng.random() < 0.5:
        plan.run(cell)


def _below(plan: LivePlan) -> None:
    plan.run(*plan.below(plan.pick()))


def _above(plan: LivePlan) -> None:
    plan.run(*plan.above(plan.pick()))


def _new(plan: LivePlan) -> None:
    plan.insert(new_cell(plan.rng, [c.source for c in plan.document.code]), plan.rng.random() < 0.9)


_STEPS: list[tuple[Kind, float]] = [
    (lambda plan: plan.run(plan.pick()), 8),
    (_edit_and_run, 5),
    (_edit_and_below, 4),
    (_edit, 1),
    (_below, 3),
    (_above, 2),
    (_rename_and_run, 2),
    (_drop, 2),
    (_move, 2),
    (_new, 2),
    (_copy, 1),
    (lambda plan: plan.do(RunAll()), 2),
]


def _changes(source: str) -> bool:
    """Might running it twice be something else than running it once?"""
    methods = r"\.(append|pop|push|update|sort|drop|add|extend|remove|seek|rename)\("
    return bool(re.search(rf"[-+*/]=|{methods}|next\(|rng|random|inplace", source))


for _name, _share in {"rerun-some": 6, "out-of-order": 5, "shuffled": 2, "partial": 2, "develop": 5}.items():
    KINDS[_name] = SAVED_KINDS[_name][0], _share
for _name, _share in {
    "edit-no-run": 3,
    "insert": 3,
    "delete": 5,
    "move": 4,
    "rename": 4,
    "fail-fix": 3,
}.items():
    KINDS[_name] = SAVED_KINDS[_name][0], _share
for _name, _share in {"straight": 6, "edit-run-one": 5, "merged": 5, "explore": 3, "all-twice": 2}.items():
    KINDS[_name] = SAVED_KINDS[_name][0], _share


def planned(document: Document, name: str, rng: random.Random) -> LivePlan:
    """Return a session of the kind ``name`` on a document."""
    plan = LivePlan(document, rng)
    KINDS[name][0](plan)
    return plan


def choose(rng: random.Random) -> str:
    """Return a kind at random, by the shares."""
    return rng.choices(list(KINDS), [share for _, share in KINDS.values()])[0]
