"""The words of ``%nbdebt`` and ``%%nbdebt``: what can be said, how it is read, completed and explained."""

import argparse
import shlex
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

import msgspec
from IPython.core.error import UsageError

from nbdebt.config import codes
from nbdebt.model.errors import ConfigurationError
from nbdebt.rules import catalogue
from nbdebt.suppress import split_reason

_IN = " " * 8
FORMATS = ("frame", "text", "json", "html")
GRAPHS = ("text", "mermaid", "dot", "json", "html")


class Word(msgspec.Struct, frozen=True):
    """One thing that can be said.

    Args:
        name: the word.
        help: what it does, one sentence.
        add: adds its arguments to a parser.
        cell: it is the head of a cell (``%%nbdebt``), else a line.
        values: what its arguments can be, for completion: given the session.
        free: how its arguments are written, where they end in free text, which is read by hand.
        paths: its arguments are paths, or the values of these options are.
    """

    name: str
    help: str
    add: Callable[[argparse.ArgumentParser], object] = lambda parser: None
    cell: bool = False
    values: Callable[[Any], Iterable[str]] = lambda session: ()
    free: str = ""
    paths: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """How it begins."""
        return f"{'%%' if self.cell else '%'}nbdebt {self.name}"

    def parser(self) -> argparse.ArgumentParser:
        """What reads its arguments."""
        parser = _Parser(prog=self.sign, description=self.help, add_help=False)
        self.add(parser)
        return parser

    @property
    def usage(self) -> str:
        """``%nbdebt why NAME``."""
        parser = self.parser()
        # As wide as it takes: the terminal is not asked.
        parser.formatter_class = partial(argparse.HelpFormatter, width=1000)
        usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
        return f"{self.sign} {self.free}" if self.free else usage


class _Parser(argparse.ArgumentParser):
    """Errors are messages under the cell, never the end of the process."""

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split())
        raise UsageError(f"{self.prog}: {message}\n{usage}")


def _arguments(
    *adding: Callable[[argparse.ArgumentParser], object],
) -> Callable[[argparse.ArgumentParser], object]:
    return lambda parser: [add(parser) for add in adding]


def _argument(*names: str, **how: Any) -> Callable[[argparse.ArgumentParser], object]:
    return lambda parser: parser.add_argument(*names, **how)


def _names(session: Any) -> Iterable[str]:
    return session.recorder.namespace.states if session is not None else ()


def _rules(session: Any) -> Iterable[str]:
    return {word for rule in catalogue().values() for word in (rule.code, rule.name, rule.family)}


_SEED = _argument(
    "seed", nargs="?", type=int, metavar="SEED", help="the number; else that of the configuration"
)
_CODES = _argument(
    "codes", nargs="+", metavar="RULE", help="codes, prefixes of codes, names or families of rules"
)

# As in nbdebt.export.model, which a session loads only when something is exported.
_CLIS = ("none", "argparse", "click", "fire")
_CONFIGS = ("none", "json", "toml")
_TOOLS = ("dvc", "make", "snakemake", "airflow", "luigi", "metaflow", "prefect")
_FORMS = ("notebook", *_TOOLS)
_EITHER = argparse.BooleanOptionalAction
_DECLARED = _arguments(
    _argument("path", nargs="+", metavar="PATH", help="paths or patterns, relative to the notebook"),
    _argument("--owner", default="", metavar="WHO", help="who answers for it"),
    _argument("--consumers", default="", metavar="A,B", help="who reads it, with commas"),
    _argument("--note", default="", metavar="TEXT", help="what it is for"),
)

WORDS: tuple[Word, ...] = (
    Word(
        "status",
        "What is recorded, what Restart & Run All would do, what to look at; `%nbdebt` alone does the same.",
    ),
    Word(
        "report",
        "All findings: a DataFrame (without pandas, a table), or what `nbdebt check` prints in a format.",
        _argument("--format", choices=FORMATS, default="frame", help="how; frame is the default"),
    ),
    Word(
        "why",
        "Which run made a name, what that run read, and whether Restart & Run All would give the same.",
        _argument("name", metavar="NAME"),
        values=_names,
    ),
    Word("stale", "What to run again, in which order, and why."),
    Word(
        "graph",
        "Which cell takes what from which, what comes in and what goes out.",
        _arguments(
            _argument("--format", choices=GRAPHS, help="print it so, in place of the drawing"),
            _argument("-o", "--output-file", metavar="FILE", help="write it there"),
        ),
        paths=("-o", "--output-file"),
    ),
    Word(
        "io", "All reads and writes of files, URLs and tables, how they are versioned and who can reach them."
    ),
    Word(
        "explain", "The page of a rule: what it finds, why that matters, what to do.", _CODES, values=_rules
    ),
    Word(
        "ignore",
        "Say no more of these rules in this session; without rules, what is ignored.",
        _arguments(
            _argument("--undo", action="store_true", help="say it again"),
            _argument("words", nargs="*", metavar="RULE... reason"),
        ),
        values=_rules,
        free="[--undo] [RULE ... [reason]]",
    ),
    Word("seed", "Seed every random stream that is in use, and remember it.", _SEED),
    Word(
        "pin",
        "Record what is read, and nothing versions, in nbdebt.lock; a change is told from then on.",
        _arguments(
            _argument("target", nargs="*", metavar="PATH|URL", help="only these"),
            _argument("--check", action="store_true", help="only compare with what is recorded"),
        ),
        paths=("",),
    ),
    Word(
        "declare",
        "Write into the project's configuration who answers for what is written there, and who reads it.",
        _arguments(
            _DECLARED,
            _argument("--expires", default="", metavar="DAY", help="when to look at it again"),
        ),
        paths=("",),
    ),
    Word(
        "save",
        "Write the recorded evidence into the notebook's metadata on disk, or into FILE.json beside it.",
        _arguments(
            _argument("file", nargs="?", metavar="FILE.json"),
            _argument("--force", action="store_true", help="though the file on disk is not what ran here"),
        ),
        paths=("",),
    ),
    Word(
        "export",
        "Write a script that gives what the session gave. It is run in a copy of the directory and compared.",
        _arguments(
            _argument("file", metavar="FILE", help="a script; a notebook where it ends in .ipynb"),
            _argument("--for", dest="targets", action="append", metavar="TARGET", help="names, files, cells"),
            _argument("--verify", action=_EITHER, default=True, help="run it and compare (the default)"),
            _argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="for one run of it"),
            _argument("--memory", metavar="SIZE", default="", help="for one run of it: 2G, 500M"),
            _argument("--tests", nargs="?", const="", metavar="FILE", help="pin what it gives, for pytest"),
            _argument("--settings", action=_EITHER, default=True, help="paths, seeds, parameters at the top"),
            _argument("--cli", choices=_CLIS, default="none", help="flags for these settings"),
            _argument("--config", choices=_CONFIGS, default="none", help="a file with settings"),
            _argument("--functions", action="store_true", help="a function for each section"),
            _argument("--to", choices=_FORMS, default="", help="a notebook, or programs in a directory"),
            _argument("--faithful", action="store_true", help="streams stand where the session had them"),
            _argument("--seed", type=int, default=None, help="for what was drawn unseeded"),
            _argument("--no-seed", action="store_true", help="leave unseeded what was drawn unseeded"),
            _argument("--requirements", metavar="FILE", help="write what it needs there, too"),
            _argument("--report", metavar="FILE", help="write what was proven there: Markdown, or .json"),
        ),
        values=_names,
        paths=("", "--requirements", "--tests", "--report"),
    ),
    Word("panel", "A panel with findings, stale cells, and what comes in and goes out (needs ipywidgets)."),
    Word("off", "Stop recording. What happens until `on` has no known origin."),
    Word("on", "Record again."),
    Word("quiet", "Show nothing unasked."),
    Word("normal", "Show a line under a cell that adds debt."),
    Word(
        "strict",
        "Stop a cell before it runs where its code would add findings of these rules; else of any but notes.",
        _argument(
            "codes", nargs="*", metavar="RULE", help="codes, prefixes of codes, names or families of rules"
        ),
        values=_rules,
    ),
    Word("help", "This."),
    Word(
        "seeded",
        "Run the cell with every random stream seeded, and leave the streams afterwards where they stood.",
        _SEED,
        cell=True,
    ),
    Word(
        "pure",
        "Run the cell, then say whether it changed names of other cells, wrote files or drew unseeded.",
        _argument("--strict", action="store_true", help="make it an error"),
        cell=True,
    ),
    Word("dry", "Don't run the cell; say what it would make, and what would be stale then.", cell=True),
    Word(
        "ignore",
        "Run the cell; these rules have nothing to say of it, here and in `nbdebt check`.",
        _argument("words", nargs="+", metavar="RULE... reason"),
        cell=True,
        values=_rules,
        free="RULE ... [reason]",
    ),
    Word(
        "declare",
        "Run the cell; what it writes there is known, with its owner and who reads it.",
        _DECLARED,
        paths=("",),
        cell=True,
    ),
)
LINES = {word.name: word for word in WORDS if not word.cell}
CELLS = {word.name: word for word in WORDS if word.cell}


def read(text: str, *, cell: bool) -> tuple[str, argparse.Namespace]:
    """What was said: the word, and its arguments.

    Args:
        text: what stands behind ``%nbdebt`` or ``%%nbdebt``.
        cell: it is the head of a cell.

    Raises:
        UsageError: it can't be understood; says what may have been meant.
    """
    words = _split(text)
    known = CELLS if cell else LINES
    if not words and not cell:
        return "status", argparse.Namespace()
    said = words[0] if words else ""
    word = known.get(said)
    if word is None:
        raise UsageError(_misheard(said, cell))
    given = word.parser().parse_args(words[1:])
    if word.free:
        found, reason = split_reason(given.words)
        if given.words and not found:
            raise UsageError(f"{word.sign}: {given.words[0]} is no rule\nusage: {word.usage}")
        given.codes, given.reason = found, reason
    elif word.name in ("explain", "strict"):
        given.codes = _known(given.codes, word)
    return said, given


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        # An apostrophe in a reason is no quote.
        return text.split()


def _known(selectors: Sequence[str], word: Word) -> list[str]:
    try:
        return sorted(codes(selectors, catalogue()))
    except ConfigurationError as error:
        raise UsageError(f"{word.sign}: {error}") from None


def _misheard(said: str, cell: bool) -> str:
    sign = "%%nbdebt" if cell else "%nbdebt"
    known, others = (CELLS, LINES) if cell else (LINES, CELLS)
    if not said:
        return f"{sign} needs a word behind it: {', '.join(known)}"
    if said in others:
        return f"{sign} {said}: {others[said].sign} is for {'a line' if cell else 'the first line of a cell'}"
    import difflib

    close = difflib.get_close_matches(said, known, n=1)
    hint = f"did you mean {sign} {close[0]}?" if close else f"there are {', '.join(known)}"
    return f"{sign} {said}: no such word; {hint}"


def described(*, cell: bool) -> str:
    """The words with their usage, for people: a line each."""
    known = (CELLS if cell else LINES).values()
    lines: list[str] = []
    for word in known:
        lines += [
            *textwrap.wrap(
                word.usage, 96, initial_indent="    ", subsequent_indent=_IN * 2, break_on_hyphens=False
            ),
            *textwrap.wrap(word.help, 88, initial_indent=_IN, subsequent_indent=_IN),
        ]
    return "\n".join(lines)


def help_text() -> str:
    """What ``%nbdebt?`` shows."""
    return (
        "See what this session owes the next reader of its notebook.\n\n"
        f"Lines:\n\n{described(cell=False)}\n\n"
        f"Heads of cells:\n\n{described(cell=True)}\n\n"
        "Rules are named by code (NBD201), prefix (NBD2), name (unseeded-draw) or family (seeds).\n"
    )
