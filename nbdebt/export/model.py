"""What is exported: the log of what ran, and the script that is made of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from nbdebt.flow.facts import CellFlow
from nbdebt.model.history import Outcome
from nbdebt.model.notebook import Output
from nbdebt.report.words import plural

Level = Literal["statements", "cells", "replay"]
"""How much of what ran is kept: the statements that the targets need, the runs that they need, or all."""
Cli = Literal["none", "argparse", "click", "fire"]
Config = Literal["none", "json", "toml"]


class Entry(msgspec.Struct, frozen=True):
    """One run, as export reads it.

    Args:
        number: its place in the order.
        cell: the cell's id.
        source: the source as it ran.
        flow: what its code does.
        count: the ``[n]`` beside it.
        outcome: how it ended.
        error: class of the exception that ended it, and its line; 0 where the line isn't known, -1 where
            nothing ran.
        tags: the cell's tags.
        shows: whether it had a result that was displayed; None where that isn't known.
        needs: keys (``nbdebt.flow.steps.key_of``) of what it was seen to read; None where nobody watched.
        effects: what it was seen to do to which key: ``bound``, ``changed`` or ``deleted``; None as above.
        unsure: names whose changes can't be seen from outside (generators, connections).
        outputs: saved outputs.
        above: the texts of markdown cells that stand above it.
        stood: where the random streams that it drew from stood when it began, packed.
        entropies: what generators that it made without a seed took from the system, in order.
    """

    number: int
    cell: str
    source: str
    flow: CellFlow
    count: int | None = None
    outcome: Outcome = "ok"
    error: tuple[str, int] = ("", 0)
    tags: tuple[str, ...] = ()
    shows: bool | None = None
    needs: frozenset[str] | None = None
    effects: dict[str, str] | None = None
    unsure: frozenset[str] = frozenset()
    outputs: tuple[Output, ...] = ()
    above: tuple[str, ...] = ()
    stood: dict[str, bytes] = {}
    entropies: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """How people know it: ``cell [3]``, or the number of the run."""
        return f"cell [{self.count}]" if self.count is not None else f"run {self.number}"


class Held(msgspec.Struct, frozen=True):
    """A value, in words that two processes share.

    Args:
        digest: its fingerprint.
        exactness: how much of the value that rests on.
        kind: the name of its type.
        plain: the value itself where it is of plain kinds, an array or a frame, spelled in tuples; None where
            it is another, or too large.
        summary: a few words about it (:mod:`nbdebt.export.summaries`), where they were asked for.
    """

    digest: bytes
    exactness: str
    kind: str = ""
    plain: Any = None
    summary: dict[str, Any] | None = None


class Log(msgspec.Struct, frozen=True):
    """What ran, in order, and what is known of where it ran.

    Args:
        title: the notebook's file name, or what stands for it.
        entries: the runs.
        directory: where it ran.
        observed: a kernel watched; else it is reconstructed from a saved notebook.
        packages: versions, by distribution.
        inline: figures were shown under the cell and closed, as Jupyter does.
        interactivity: IPython's ``ast_node_interactivity``.
        names: the names that it leaves.
        unseeded: random streams that were drawn from before anything seeded them.
        unknown: what can't be known of it, a sentence each.
        written: files that it wrote, as the code names them.
        made: of these, the files that it did not find there.
        look: tells what the session holds under these names now; None where no session is there.
        shown: text of the displayed results, by count; None where nobody kept it.
        seed: the configured seed; None where no configuration is known.
        below: the texts of markdown cells below the last run.
        environ: the environment when it began; None for this process's.
    """

    title: str
    entries: tuple[Entry, ...]
    directory: str = "."
    observed: bool = False
    packages: dict[str, str] = {}
    inline: bool = True
    interactivity: str = "last_expr"
    names: tuple[str, ...] = ()
    unseeded: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    look: Callable[[Sequence[str]], dict[str, Held]] | None = None
    shown: dict[int, str] | None = None
    seed: int | None = None
    below: tuple[str, ...] = ()
    environ: Mapping[str, str] | None = None


class Logged(Protocol):
    """What has a log: a live session."""

    def log(self) -> Log:
        """The runs so far."""


class Kept(msgspec.Struct, frozen=True):
    """A run in the script: the statements that are kept, by number; None for all."""

    entry: Entry
    statements: frozenset[int] | None = None


class Form(msgspec.Struct, frozen=True):
    """How a script is put together.

    Args:
        settings: paths, seeds and parameters stand at the top, under names.
        cli: flags that set them: the library that reads these.
        config: the format of a file that may set them.
        functions: a function for each section of the notebook.
        faithful: random streams are put where the session had them.
        notebook: a notebook is made, and no script.
    """

    settings: bool = True
    cli: Cli = "none"
    config: Config = "none"
    functions: bool = False
    faithful: bool = False
    notebook: bool = False


class Setting(msgspec.Struct, frozen=True):
    """A value that a script has at its top.

    Args:
        name: its name there, ``TEST_SIZE``.
        value: what it is.
        literal: how the notebook writes it.
        kind: ``path``, ``seed``, ``parameter``, ``constant``, ``threshold``.
        type: ``str``, ``int``, ``float``, ``bool``.
        about: where it is used, in a few words.
    """

    name: str
    value: str | int | float | bool
    literal: str
    kind: str
    type: str
    about: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What a script is made of.

    Args:
        notebook: where it comes from.
        level: how much of what ran is kept.
        targets: what it is for.
        names: the names whose values it gives.
        files: the files that it writes.
        cells: the runs that it keeps, in order.
        dropped: what it leaves out, a sentence each.
        notes: what a reader must know, a sentence each.
        requirements: packages, with versions where these are known.
        seeded: random streams that the notebook did not seed and the script does.
        settings: what stands at its top.
        functions: the functions that it is divided into, in order; ``main`` last.
    """

    notebook: str
    level: Level
    targets: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    functions: tuple[str, ...] = ()


class Compared(msgspec.Struct, frozen=True):
    """How much was compared: values of names, files, printed lines."""

    values: int = 0
    files: int = 0
    lines: int = 0

    def __str__(self) -> str:
        """``14 values, 3 files, 41 printed lines``."""
        parts = [(self.values, "value"), (self.files, "file"), (self.lines, "printed line")]
        return ", ".join(plural(n, word) for n, word in parts if n)


class Limits(msgspec.Struct, frozen=True):
    """What one run of a script may take.

    Args:
        timeout: seconds.
        memory: bytes of address space, where the system can limit it; 0 is as much as there is.
    """

    timeout: float = 600.0
    memory: int = 0


class Given(msgspec.Struct, frozen=True):
    """What a script gave, twice.

    Args:
        values: of names, with summaries.
        files: what it wrote.
        printed: lines, but for those with times and paths.
        changing: names and files that two runs disagree on.
    """

    values: dict[str, Held]
    files: dict[str, bytes]
    printed: tuple[str, ...]
    changing: tuple[str, ...]


NOT_RUN = "it was not run"


class Verification(msgspec.Struct, frozen=True):
    """What came of a verification.

    Args:
        equal: the script gives what the session gave, as far as ``compared`` goes.
        differences: what differs, a sentence each.
        compared: how much was compared.
        repeatable: the script gives the same when it runs again; None where that wasn't tried.
        notes: what could not be compared, a sentence each.
        seconds: how long one run of the script took.
        given: what it gave, where that was asked for.
        varies: what two runs of it don't agree on, the first of it; empty where they do.
    """

    equal: bool
    differences: tuple[str, ...] = ()
    compared: Compared = Compared()
    repeatable: bool | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    given: Given | None = None
    varies: str = ""

    def summary(self) -> str:
        """One line: ``equal: 14 values, 3 files, 41 printed lines``."""
        if self.differences and self.differences[0].startswith(NOT_RUN):
            return self.differences[0]
        if not self.equal:
            said = f"not equal: {'; '.join(self.differences[:3])}"
        elif self.compared == Compared():
            said = "it runs to its end, but there was nothing to compare"
        else:
            said = f"equal: {self.compared}"
        if len(self.differences) > 3:
            said += f"; and {len(self.differences) - 3} more"
        if self.repeatable is not None:
            said += f"; {'the same' if self.repeatable else 'not the same'} when it runs again"
        if self.varies:
            said += f": {self.varies}"
        return said


class Script(msgspec.Struct, frozen=True):
    """An exported script, or notebook.

    Args:
        text: the script; a notebook's JSON.
        manifest: what it is made of.
        log: what it was made from.
        printed: runs whose output it prints, in order.
        is_notebook: it is a notebook.
    """

    text: str
    manifest: Manifest
    log: Log
    printed: tuple[Entry, ...] = ()
    is_notebook: bool = False

    def verify(
        self, timeout: float = 600.0, again: bool = True, memory: int = 0, summaries: bool = False
    ) -> Verification:
        """Run it in a fresh process, in a copy of the working directory, and compare. This runs code.

        Args:
            timeout: seconds that one run of it may take.
            again: run it a second time, and compare it with itself.
            memory: bytes that it may have, where the system can limit it; 0 is as much as there is.
            summaries: tell what it gave, too (``Verification.given``).
        """
        # Running and comparing is a heavy part that most callers of `.text` never need.
        from nbdebt.export.verify import verify

        return verify(self, Limits(timeout, memory), again, summaries)
