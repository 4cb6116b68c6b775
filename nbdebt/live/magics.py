"""``%nbdebt`` and ``%%nbdebt``: registered in a shell, and what the line magics do."""

import argparse
import importlib
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from nbdebt.config import codes
from nbdebt.live import cell_magics, completing, inline, magic_words, strict
from nbdebt.live.session import Session
from nbdebt.live.shown import Shown, present, room
from nbdebt.model.errors import NbdebtError
from nbdebt.report.markdown import rendered
from nbdebt.report.plain import Paint
from nbdebt.rules import catalogue


class Magics:
    """The magics of one session.

    Args:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.gate = strict.Gate(session)
        self.cells = cell_magics.CellMagics(session)
        self.panels: list[Callable[[], None]] = []

    def __call__(self, line: str, cell: str | None = None) -> Any:
        """What IPython calls."""
        try:
            if cell is None:
                if line.startswith(cell_magics.BEGIN):
                    return self.cells.begin_line(line.removeprefix(cell_magics.BEGIN))
                word, given = magic_words.read(line, cell=False)
                return getattr(self, f"_{word}")(given)
            word, given = magic_words.read(line, cell=True)
            return self.cells.run(word, given, line, cell)
        except NbdebtError as error:
            raise UsageError(str(error)) from None

    # Looking

    def _status(self, given: argparse.Namespace) -> None:
        present(_part("views").status(self.session))

    def _report(self, given: argparse.Namespace) -> Any:
        report = self.session.report()
        if given.format != "frame":
            written = importlib.import_module("nbdebt.report").render(report, given.format)
            print(written if given.format == "json" else _part("views").live_words(written), end="")
            return None
        try:
            return _part("views").frame(report)
        except (ImportError, NbdebtError):
            return _part("views").Findings(report)

    def _why(self, given: argparse.Namespace) -> None:
        present(_part("lineage").why(self.session, given.name))

    def _stale(self, given: argparse.Namespace) -> None:
        present(_part("rerun").stale(self.session))

    def _io(self, given: argparse.Namespace) -> None:
        present(_part("views").io(self.session))

    def _graph(self, given: argparse.Namespace) -> None:
        _part("drawing").show(self.session, given.format, given.output_file)

    def _explain(self, given: argparse.Namespace) -> None:
        for code in given.codes:
            rule = catalogue()[code]
            if inline.has_front_end(self.session.shell):
                present({"text/markdown": rule.markdown, "text/plain": rule.markdown}, raw=True)
            else:
                print("\n".join(rendered(rule.markdown, Paint(False), room())))

    def _help(self, given: argparse.Namespace) -> None:
        print(magic_words.help_text())

    # Doing

    def _ignore(self, given: argparse.Namespace) -> None:
        ignored = self.session.ignored
        found = sorted(codes(given.codes, catalogue()))
        if given.undo:
            for code in found or list(ignored):
                ignored.pop(code, None)
        else:
            ignored.update(dict.fromkeys(found, given.reason))
        lines = tuple(
            f"{code} {catalogue()[code].name}" + (f": {reason}" if reason else "")
            for code, reason in sorted(ignored.items())
        )
        present(Shown("ignored in this session:" if lines else "nothing is ignored in this session", lines))

    def _seed(self, given: argparse.Namespace) -> None:
        seed = self.session.settings.seed if given.seed is None else given.seed
        streams = self.session.recorder.streams.seed_all(seed)
        named = ", ".join(streams) or "no random stream is in use"
        present(Shown(f"seeded with {seed}: {named}"))

    def _pin(self, given: argparse.Namespace) -> None:
        present(_part("pinning").pin(self.session, given))

    def _declare(self, given: argparse.Namespace) -> None:
        present(_part("pinning").say(self.session, given))

    def _save(self, given: argparse.Namespace) -> None:
        present(_part("evidence").save(self.session, given.file, force=given.force))

    def _export(self, given: argparse.Namespace) -> None:
        present(_part("exporting").to_file(self.session, given))

    def _panel(self, given: argparse.Namespace) -> None:
        try:
            panel = _part("widget").Panel(self.session)
        except ImportError:
            raise UsageError("%nbdebt panel needs ipywidgets: pip install 'nbdebt[widgets]'") from None
        self.panels.append(panel.close)
        present(panel.box)

    def _off(self, given: argparse.Namespace) -> None:
        self.session.paused = True
        present(Shown("paused: nothing is recorded until `%nbdebt on`"))

    def _on(self, given: argparse.Namespace) -> None:
        self.session.paused = False
        present(Shown("recording again; what happened meanwhile has no known origin"))

    def _quiet(self, given: argparse.Namespace) -> None:
        self.gate.close()
        self.session.level = "quiet"
        present(Shown("quiet: runs are recorded, and nothing is shown unasked"))

    def _normal(self, given: argparse.Namespace) -> None:
        self.gate.close()
        self.session.level = "normal"
        present(Shown("normal: a line under a cell that adds debt"))

    def _strict(self, given: argparse.Namespace) -> None:
        self.session.level = "strict"
        self.session.strict_codes = frozenset(given.codes)
        self.gate.open()
        meant = ", ".join(given.codes) or "any finding but notes"
        present(Shown(f"strict: a cell does not run where its code would add {meant}"))

    def close(self) -> None:
        """Undo what the magics did to the shell."""
        self.gate.close()
        self.cells.close()
        for close in self.panels:
            close()


def attach(session: Session) -> Callable[[], None]:
    """Give a session its magics and its lines under cells.

    Returns:
        What takes them away again, without trace.
    """
    shell = session.shell
    magics = Magics(session)

    def nbdebt(line: str, cell: str | None = None) -> Any:
        return magics(line, cell)

    nbdebt.__doc__ = magic_words.help_text()
    # What stands in a reason or a path is the user's; no name in it is looked up, no expression run.
    shell.register_magic_function(no_var_expand(nbdebt), "line_cell", "nbdebt")
    end_completing = completing.attach(session)
    end_lines = inline.attach(session)
    magics.cells.open()

    def detach() -> None:
        end_completing()
        end_lines()
        magics.close()
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop("nbdebt", None)
        # IPython keeps the function there, too, and it the session.
        vars(shell.magics_manager.user_magics).pop("nbdebt", None)

    return detach


def _part(name: str) -> Any:
    """A module of ours that a word needs: loaded when the word is said, so that ``%load_ext`` is quick."""
    return importlib.import_module(f"nbdebt.live.{name}")
