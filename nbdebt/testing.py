"""For tests that `nbdebt export --tests` writes: runs a script, and says how what it gives differs.

The functions here are what such files call; they can be used by hand as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbdebt.export.compare import close, lines_of, same_text, without_addresses
from nbdebt.export.files import file_summary
from nbdebt.export.model import Limits
from nbdebt.export.running import Done, Program, run
from nbdebt.export.secrets import secret_text
from nbdebt.export.summaries import summaries_differ
from nbdebt.export.testfile import spelled
from nbdebt.live.held import held

_FLOATS = ("float", "longdouble")


class Ran:
    """A script that ran.

    Args:
        name: the script's.
        done: what came of it.
    """

    def __init__(self, name: str, done: Done) -> None:
        self.name = name
        self.done = done

    def __repr__(self) -> str:
        """Not what it gave: pytest shows this, and logs are read by many."""
        return f"<{self.name}, run>"

    @property
    def status(self) -> int:
        """Its exit status."""
        return self.done.status

    def value_differs(self, name: str, value: object) -> str:
        """How what a name holds differs from a value, in words; empty where it doesn't.

        Args:
            name: a name of the script.
            value: a plain value: numbers, texts, and what holds these.
        """
        now = self.done.values.get(name)
        if now is None:
            return f"`{name}` is not there"
        wanted = held(value).plain
        if now.plain is None:
            return f"`{name}` is a {now.kind} and was {value!r}"
        if close(_common(wanted), _common(now.plain)):
            return ""
        return f"`{name}` is {_short(spelled(now.plain) or now.kind)} and was {_short(repr(value))}"

    def summary_differs(self, name: str, summary: Mapping[str, Any]) -> str:
        """How what a name holds differs from what a summary says of it, in words; empty where it doesn't.

        Args:
            name: a name of the script.
            summary: see :mod:`nbdebt.export.summaries`.
        """
        now = self.done.values.get(name)
        if now is None:
            return f"`{name}` is not there"
        how = summaries_differ(summary, now.summary or {"type": now.kind})
        return f"`{name}`: {how}" if how else ""

    def file_differs(self, name: str, summary: Mapping[str, Any]) -> str:
        """How a file that the script wrote differs from what a summary says of it, in words.

        Args:
            name: its path.
            summary: see :mod:`nbdebt.export.contents`.
        """
        data = self.done.files.get(name)
        if data is None:
            return f"{name} was not written"
        how = summaries_differ(summary, file_summary(data, name))
        return f"{name}: {how}" if how else ""

    def line_missing(self, lines: Iterable[str]) -> str:
        """The first of the lines that isn't printed after those before it, in words; empty where all are.

        Args:
            lines: what is to be printed; the last digits of numbers may differ.
        """
        printed = [without_addresses(line) for line in lines_of([self.done.printed])]
        rest = iter(printed)
        for line in lines:
            if not any(same_text(without_addresses(line), there) for there in rest):
                shown = repr([line for line in printed if not secret_text(line)])
                return f"{line!r} is not printed any more; what is printed is: {_short(shown, 400)}"
        return ""


def ran(
    script: str | Path,
    directory: str | Path = ".",
    *,
    names: Iterable[str] = (),
    files: Iterable[str] = (),
    functions: Sequence[str] = (),
    made: Sequence[str] = (),
    timeout: float = 600.0,
) -> Ran:
    """Run a script in a copy of a directory, in a process of its own. This runs code.

    Args:
        script: a script, or a notebook (``.ipynb``), which runs in a fresh kernel.
        directory: where it runs: a copy of this.
        names: names whose values are compared.
        files: files that it writes, relative to the directory.
        functions: functions of the script whose names count as its own.
        made: files that are not there when it begins.
        timeout: seconds that it may take.

    Raises:
        AssertionError: it fails, or takes too long; says why.
    """
    path, written = Path(script), tuple(files)
    program = Program(
        path.read_text(encoding="utf-8"),
        path.suffix == ".ipynb",
        str(directory),
        tuple(names),
        tuple(functions),
        written,
        tuple(made),
        written,
        True,
    )
    limits = Limits(timeout)
    done = run(program, limits)
    if done.status:
        raise AssertionError(f"{path.name}: {done.failure(limits)}")
    return Ran(path.name, done)


def _common(plain: Any) -> Any:
    """A value of ``Held.plain`` as those compare that numpy's numbers are no other than Python's."""
    if not isinstance(plain, list | tuple) or not plain:
        return plain
    kind, *rest = plain
    if isinstance(kind, str) and len(rest) == 1 and not isinstance(rest[0], list | tuple):
        if kind.startswith(_FLOATS):
            return ["float", float(rest[0])]
        if kind.lstrip("u").startswith("int"):
            return ["int", int(rest[0])]
    return [_common(part) for part in plain]


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


__all__ = ["Ran", "ran"]
