"""What people do in a notebook: kinds of editing session, each a seeded plan of steps.

A plan is made without running anything. It follows the document as the steps change it.
"""

import random
from collections.abc import Callable

import msgspec

from benchmarks.oracle.document import Delete, Document, Edit, Insert, Move, Op, Run, RunAll, reshape
from benchmarks.oracle.mutate import assigned, misspell, mutate, new_cell, rename


class Plan:
    """Steps so far, and the document as they leave it.

    Args:
        document: the notebook as it was written; not changed.
        rng: where chance comes from.
    """

    def __init__(self, document: Document, rng: random.Random) -> None:
        self.document = msgspec.convert(msgspec.to_builtins(document), Document)
        self.rng = rng
        self.ops: list[Op] = []
        self.parts: list[tuple[str, int]] = []
        """Where each part of a merged session ends: its kind and the number of steps until then."""

    def do(self, op: Op) -> None:
        """Take a step."""
        self.ops.append(op)
        if not isinstance(op, Run | RunAll):
            reshape(self.document, op)

    def run(self, *cells: str, repair: bool = False) -> None:
        """Run cells one after the other."""
        for cell in cells:
            self.do(Run(cell, repair))

    @property
    def ids(self) -> list[str]:
        """Code cells' ids in document order."""
        return [cell.id for cell in self.document.code]

    def pick(self) -> str:
        """A code cell; seldom the first, which is imports."""
        ids = self.ids
        return self.rng.choice(ids if self.rng.random() < 0.1 or len(ids) < 2 else ids[1:])

    def below(self, cell: str) -> list[str]:
        """The code cells below one."""
        ids = self.ids
        return ids[ids.index(cell) + 1 :]

    def edit(self, cell: str | None = None) -> str | None:
        """Edit a cell, any if none is given; return which, or None if there is nothing to edit."""
        for _ in range(10):
            target = cell or self.pick()
            if changed := mutate(self.rng, self.document[target].source):
                self.do(Edit(target, *changed))
                return target
        return None


Kind = Callable[[Plan], None]
KINDS: dict[str, tuple[Kind, float]] = {}
"""Each kind of session with its share. The README says where the shares come from."""


def kind(name: str, share: float) -> Callable[[Kind], Kind]:
    """Register a kind of session."""

    def register(function: Kind) -> Kind:
        KINDS[name] = function, share
        return function

    return register


@kind("straight", 24)
def _straight(plan: Plan) -> None:
    plan.do(RunAll())


@kind("partial", 4)
def _partial(plan: Plan) -> None:
    ids = plan.ids
    plan.run(*ids[: plan.rng.randint(len(ids) // 2, len(ids))])


@kind("develop", 9)
def _develop(plan: Plan) -> None:
    """Top to bottom, each cell run, some edited and run again before the next."""
    for cell in plan.ids:
        plan.run(cell)
        if plan.rng.random() < 0.2 and plan.edit(cell):
            plan.run(cell)


@kind("rerun-some", 9)
def _rerun_some(plan: Plan) -> None:
    plan.do(RunAll())
    plan.run(*(plan.pick() for _ in range(plan.rng.randint(1, 3))))


@kind("rerun-in-a-row", 6)
def _rerun_in_a_row(plan: Plan) -> None:
    twice = {plan.pick(): plan.rng.choice([2, 2, 3]) for _ in range(plan.rng.randint(1, 2))}
    for cell in plan.ids:
        plan.run(*[cell] * twice.get(cell, 1))


@kind("all-twice", 3)
def _all_twice(plan: Plan) -> None:
    plan.do(RunAll())
    plan.do(RunAll())


@kind("out-of-order", 6)
def _out_of_order(plan: Plan) -> None:
    """One or two cells are skipped and come later, or come early."""
    order = plan.ids
    for _ in range(plan.rng.randint(1, 2)):
        cell = order.pop(plan.rng.randrange(1, len(order)))
        order.insert(plan.rng.randrange(1, len(order) + 1), cell)
    plan.run(*order, repair=True)


@kind("shuffled", 3)
def _shuffled(plan: Plan) -> None:
    first, *others = plan.ids
    plan.rng.shuffle(others)
    plan.run(first, *others, repair=True)


@kind("edit-run-one", 8)
def _edit_run_one(plan: Plan) -> None:
    plan.do(RunAll())
    for _ in range(plan.rng.randint(1, 2)):
        if cell := plan.edit():
            plan.run(cell)


@kind("edit-run-below", 6)
def _edit_run_below(plan: Plan) -> None:
    plan.do(RunAll())
    if cell := plan.edit():
        plan.run(cell, *plan.below(cell))


@kind("edit-no-run", 5)
def _edit_no_run(plan: Plan) -> None:
    plan.do(RunAll())
    plan.edit()


@kind("edit-undo", 4)
def _edit_undo(plan: Plan) -> None:
    plan.do(RunAll())
    cell = plan.pick()
    before = plan.document[cell].source
    if plan.edit(cell):
        plan.run(cell)
        plan.do(Edit(cell, before, "undo"))
        if plan.rng.random() < 0.6:
            plan.run(cell)


@kind("insert", 5)
def _insert(plan: Plan) -> None:
    plan.do(RunAll())
    cells = plan.document.cells
    index = plan.rng.randint(2, len(cells))
    above = [cell.source for cell in cells[:index] if cell.kind == "code"]
    new = f"{plan.rng.getrandbits(32):08x}"
    plan.do(Insert(index, new, new_cell(plan.rng, above)))
    if plan.rng.random() < 0.9:
        plan.run(new)
    if plan.rng.random() < 0.25:
        plan.run(*plan.below(new))


@kind("delete", 5)
def _delete(plan: Plan) -> None:
    plan.do(RunAll())
    cell = plan.pick()
    below = plan.below(cell)
    plan.do(Delete(cell))
    if below and plan.rng.random() < 0.4:
        plan.run(*plan.rng.sample(below, min(len(below), 2)))


@kind("move", 4)
def _move(plan: Plan) -> None:
    plan.do(RunAll())
    cell = plan.pick()
    plan.do(Move(cell, plan.rng.randrange(1, len(plan.document.cells))))
    if plan.rng.random() < 0.4:
        plan.run(cell)


@kind("rename", 4)
def _rename(plan: Plan) -> None:
    """A variable is renamed in its cell, or everywhere; and some of what was touched is run."""
    plan.do(RunAll())
    makers = [cell for cell in plan.ids if assigned(plan.document[cell].source)]
    if not makers:
        return
    cell = plan.rng.choice(makers)
    old = plan.rng.choice(assigned(plan.document[cell].source))
    new = old + plan.rng.choice(["_new", "2", "_clean"])
    everywhere = plan.rng.random() < 0.5
    touched = []
    for other in plan.ids if everywhere else [cell]:
        before = plan.document[other].source
        if (after := rename(before, old, new)) != before:
            plan.do(Edit(other, after, f"rename {old}"))
            touched.append(other)
    plan.run(*(touched if everywhere and plan.rng.random() < 0.7 else [cell]))


@kind("fail-fix", 5)
def _fail_fix(plan: Plan) -> None:
    """A cell fails, perhaps half-way, and is put right and run again."""
    failing = plan.pick()
    for cell in plan.ids:
        right = plan.document[cell].source
        if cell == failing and (wrong := misspell(plan.rng, right)):
            plan.do(Edit(cell, wrong, "misspell"))
            plan.run(cell)
            plan.do(Edit(cell, right, "correct"))
        plan.run(cell)


@kind("explore", 3)
def _explore(plan: Plan) -> None:
    """Cells are added at the end, run, and some of them deleted again."""
    plan.do(RunAll())
    for _ in range(plan.rng.randint(2, 4)):
        new = f"{plan.rng.getrandbits(32):08x}"
        plan.do(
            Insert(len(plan.document.cells), new, new_cell(plan.rng, [c.source for c in plan.document.code]))
        )
        plan.run(new)
        if plan.rng.random() < 0.5:
            plan.do(Delete(new))


@kind("merged", 8)
def _merged(plan: Plan) -> None:
    """Two or three kinds after each other, without running everything in between."""
    plan.do(RunAll())
    parts = [
        "rerun-some",
        "edit-run-one",
        "edit-run-below",
        "edit-no-run",
        "edit-undo",
        "insert",
        "delete",
        "move",
    ]
    for part in plan.rng.sample([*parts, "rename", "explore"], plan.rng.randint(2, 3)):
        sub = Plan(plan.document, plan.rng)
        KINDS[part][0](sub)
        for op in sub.ops[1:]:  # its own first run of everything is left out
            plan.do(op)
        plan.parts.append((part, len(plan.ops)))


def choose(rng: random.Random) -> str:
    """Return a kind at random, by the shares."""
    return rng.choices(list(KINDS), [share for _, share in KINDS.values()])[0]


def planned(document: Document, name: str, rng: random.Random) -> Plan:
    """Return a session of the kind ``name`` on a document."""
    plan = Plan(document, rng)
    KINDS[name][0](plan)
    return plan
