"""``%%nbdebt …``: what stands at the head of a cell, while the body runs as any other cell does.

A magic that ran its body itself would change it: no top-level ``await``, lines counted anew, a run within a
run. So the head is taken off before IPython sees a cell magic (an input transformer): in its line, which
keeps the lines below where they are, stands a call that sets up what the head asks for, and what it set up
ends with the run. Where that can't be (the body begins with another cell magic, or a program calls the magic)
the body runs as ``%%capture`` runs its own.
"""

import argparse
import contextlib
import importlib
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from IPython.core.error import UsageError

from nbdebt.data.declared import declared_as
from nbdebt.live import magic_words
from nbdebt.live.purity import Impure, impurities
from nbdebt.live.shown import Shown, present
from nbdebt.model.patterns import later

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_HEAD = later(r"%%nbdebt[ \t]+(?P<said>\S[^\n]*)\n?\Z")
_FUTURE = later(r"from\s+__future__\s+import\s+[\w, \t]+(?:#.*)?\Z")
BEGIN = "(head of a cell) "
"""Begins the line that stands in the place of a head; nobody types it."""
_CLEARED = ("seeded", "pure", "declare", "ignore")


class CellMagics:
    """The heads of cells of one session.

    Args:
        session: the session.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.shell = session.shell

    def open(self) -> None:
        """Begin to take heads off."""
        self.shell.input_transformers_cleanup.append(self.transform)

    def close(self) -> None:
        """Leave no trace."""
        with contextlib.suppress(ValueError):
            self.shell.input_transformers_cleanup.remove(self.transform)

    # The head, taken off

    def transform(self, lines: list[str]) -> list[str]:
        """Put a call in the place of a head; a cell that has none, or one that is wrong, stays as it is."""
        if not lines or not lines[0].startswith("%%nbdebt"):
            return lines
        head = _HEAD.match(lines[0])
        body = lines[1:]
        first = next((line for line in body if line.strip()), "")
        if head is None or not first or first.startswith("%%"):
            return lines
        said = head["said"].strip()
        try:
            word, _ = magic_words.read(said, cell=True)
        except UsageError:
            # The magic itself says what is wrong; the body does not run.
            return lines
        if word not in _CLEARED:
            return lines
        leading = _leading_imports("".join(body)) if word == "seeded" else ()
        call = f"get_ipython().run_line_magic('nbdebt', {BEGIN + ' '.join([*leading, '|', said])!r})"
        future = max((n for n, line in enumerate(body) if _FUTURE.match(line.rstrip())), default=-1)
        if future < 0:
            return [call + "\n", *body]
        # Nothing may stand above an import from the future.
        line = body[future].partition("#")[0].rstrip()
        return ["\n", *body[:future], f"{line}; {call}\n", *body[future + 1 :]]

    def begin_line(self, line: str) -> None:
        """What stands in the place of a head, when its cell runs."""
        imports, _, said = line.partition("|")
        word, given = magic_words.read(said.strip(), cell=True)
        _import(imports.split())
        self._until_end(self._begin(word, given))

    def _until_end(self, end: Callable[[Any], None] | None) -> None:
        """Call back when the run that is going on has ended; runs within it are not the end."""
        if end is None:
            return
        events = self.shell.events
        depth = 0

        def entered() -> None:
            nonlocal depth
            depth += 1

        def left() -> None:
            nonlocal depth
            depth -= 1
            if depth < 0:
                events.unregister("pre_execute", entered)
                events.unregister("post_execute", left)
                end(None)

        events.register("pre_execute", entered)
        events.register("post_execute", left)

    # The magic itself

    def run(self, word: str, given: argparse.Namespace, line: str, cell: str) -> None:
        """The magic as IPython calls it, where the head was not taken off."""
        if word == "dry":
            present(
                importlib.import_module("nbdebt.live.foresight").foreseen(
                    self.session, f"%%nbdebt {line}\n{cell}", cell
                )
            )
            return
        if word == "seeded":
            _import(_leading_imports(cell))
        end = self._begin(word, given)
        result = None
        try:
            result = self.shell.run_cell(cell)
        finally:
            if end is not None:
                end(result)

    def _begin(self, word: str, given: argparse.Namespace) -> Callable[[Any], None] | None:
        """Set up what a head asks for; what ends it again, given the result of the run, if it is known."""
        match word:
            case "seeded":
                return self._seeded(given)
            case "pure":
                return self._pure(given)
            case "declare":
                self._declare(given)
        # What `ignore` says is read where the cell is read, here and in `nbdebt check`.
        return None

    def _seeded(self, given: argparse.Namespace) -> Callable[[Any], None]:
        streams = self.session.recorder.streams
        put_back = streams.hold()
        streams.seed_all(self.session.settings.seed if given.seed is None else given.seed)
        return lambda result: put_back()

    def _pure(self, given: argparse.Namespace) -> Callable[[Any], None] | None:
        if self.session.paused:
            present(Shown("paused: whether the cell is pure is not looked at"))
            return None
        shell, going = self.shell, self.session.recorder.going.outermost()

        def judge(result: Any) -> None:
            runs = self.session.runs
            if going is None or not runs or runs[-1].run.sequence != going.sequence:
                return
            found = impurities(self.session, runs[-1])
            if not found:
                return
            if not given.strict:
                present(Shown("not pure: this cell", tuple(found)))
            elif result is not None and result.success:
                result.error_in_exec = Impure("; ".join(found))
                shell.showtraceback((Impure, result.error_in_exec, None))

        def after(result: Any) -> None:
            # The record is made in this event, too, by a callback that registered earlier. A run within
            # this one ends first; a silent run has none of it, and then this is another cell's end.
            if going is None or going.sequence not in self.session.recorder.going.runs:
                shell.events.unregister("post_run_cell", after)
                judge(result)

        return lambda result: shell.events.register("post_run_cell", after)

    def _declare(self, given: argparse.Namespace) -> None:
        session = self.session
        base = os.path.dirname(session.document.path) or os.getcwd()
        new = declared_as(given.path, given.owner, given.consumers, given.note, base)
        others = [o for o in session.settings.outputs if o.pattern not in given.path]
        session.settings = msgspec.structs.replace(session.settings, outputs=(*others, *new))


def _leading_imports(body: str) -> tuple[str, ...]:
    """The modules that a cell imports before it does anything else: their streams can be seeded only then."""
    found: list[str] = []
    for line in body.splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if match := re.match(r"import\s+([\w., \t]+)\Z", text):
            found += [part.split()[0] for part in match[1].split(",") if part.strip()]
        elif match := re.match(r"from\s+([\w.]+)\s+import\b", text):
            found.append(match[1])
        else:
            break
    return tuple(name for name in found if name[0] != "." and name != "__future__")


def _import(names: "list[str] | tuple[str, ...]") -> None:
    for name in names:
        # What fails here fails again where the cell says it, and is shown there.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
