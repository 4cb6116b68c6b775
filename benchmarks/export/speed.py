"""How long export takes: a live session of many cells, without verification.

    python -m benchmarks.export.speed [CELLS]

The session runs in an IPython shell of this process; the cells import, draw, define, mutate, write, print and
look. Told are the seconds of the export, in which the session's log is made, sliced, translated and written,
with and without ruff, which formats it.
"""

import contextlib
import io
import resource
import sys
from tempfile import TemporaryDirectory
from unittest import mock

from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.export import tidy

_KINDS = (
    "v{n} = [random.random() for _ in range(20)]\nm{n} = sum(v{n}) / len(v{n})",
    "def f{n}(x, scale=2):\n    return [scale * a for a in x]\n\nw{n} = f{n}([{n}, 2])",
    "totals.append({n})\ndata['k{n}'] = math.sqrt({n})",
    "print(len(totals), 'at', {n})",
    "with open('out{file}.json', 'w') as file:\n    json.dump(data, file)",
    "for j in range(3):\n    data[j] = j * {n}\ndata",
    "x{n} = {{str(a): a ** 2 for a in range(10)}}\nlen(x{n})",
    "# a comment\ny{n} = sorted(totals, reverse=True)[:5]",
)


def _seconds() -> float:
    """Seconds that this process and ruff computed: others on the machine don't count."""
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


def cells(number: int) -> list[str]:
    """The cells of a session."""
    first = "import json, math, random\nrandom.seed(1)\ntotals = []\ndata = {}"
    return [first, *(_KINDS[n % len(_KINDS)].format(n=n, file=n % 5) for n in range(1, number))]


def measure(number: int) -> tuple[float, float, int]:
    """Seconds of an export with ruff and without, the better of two, and the lines of the script."""
    with TemporaryDirectory() as place, contextlib.chdir(place):
        shell = InteractiveShell.instance()
        session = nbdebt.load(shell)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for cell in cells(number):
                shell.run_cell(cell, store_history=True)
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(2):
            for style in (True, False):
                where = tidy.ruff() if style else None
                with mock.patch.object(tidy, "ruff", lambda where=where: where):
                    started = _seconds()
                    script = nbdebt.export(session)
                    times[style].append(_seconds() - started)
        session.close()
    return min(times[True]), min(times[False]), script.text.count("\n")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with_ruff, without, lines = measure(number)
    print(f"{number} cells to {lines} lines: {with_ruff:.2f} s, {without:.2f} s without ruff")
