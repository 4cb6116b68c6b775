"""What magics do with the text they are given: whose bodies are code, where it starts, what is bound.

From the documentation of IPython's built-in magics and of the extensions that bring the others. A cell magic
that is not in ``CODE_CELLS`` gets its body as text: nothing says that it runs it as Python.
"""

import re
import shlex

from nbdebt.model.patterns import later

TIMED = {
    "time": "",
    "timeit": "nrpv",
    "prun": "DlsT",
    "memit": "rti",
    "lprun": "fmDTu",
    "mprun": "fT",
    "snakeviz": "fnt",
    "scalene": "",
    "pyinstrument": "",
}
"""Magics that take a statement, as line magics too: the letters of their options that have a value."""

CODE_CELLS = frozenset(TIMED) | {
    "blockrun",
    "cache",
    "capture",
    "chime",
    "code_wrap",
    "debug",
    "filprofile",
    "flake8",
    "heat",
    "ipytest",
    "local",
    "manim",
    "memray_flamegraph",
    "mypy",
    "nbdebt",
    "notify",
    "opts",
    "output",
    "profile",
    "pycodestyle",
    "run_pytest",
    "tracemalloc",
    "wandb",
}
"""Cell magics that run their body as Python in the notebook's namespace."""

SHELL_CELLS = frozenset({"bash", "sh", "zsh", "script", "system", "sx", "!", "cmd", "powershell", "pwsh"})
"""Cell magics that hand their body to a shell or to the program that they name."""

_LONG_OPTION = later(r"--[\w-]+(?:=\S+)?\s+|--[\w-]+$")
_SHORT_OPTION = later(r"-([A-Za-z])")
_NAME = later(r"[^\W\d]\w*\Z")
_CYTHON_NAME = later(
    r"^(?:(?:cdef )?class|def|cpdef (?:[\w.\[\], :*]+ )?)\s*([^\W\d]\w*)\s*[(:]", re.MULTILINE
)
_SQL_RESULT = later(r"(?:^|\s)([^\W\d]\w*)\s*=?\s*<<")


def runs_body(name: str, arguments: str) -> bool:
    """Whether cell magic ``name`` runs its body as Python; ``%%nbdebt dry`` is for looking at it only."""
    return name in CODE_CELLS and not (name == "nbdebt" and arguments.split()[:1] == ["dry"])


def option_end(name: str, arguments: str) -> int:
    """Where the options of magic ``name`` end in ``arguments`` and its statement starts."""
    valued = TIMED.get(name, "")
    position = 0
    while True:
        position += len(arguments[position:]) - len(arguments[position:].lstrip(" \t"))
        if found := _LONG_OPTION.match(arguments, position):
            position = found.end()
        elif found := _SHORT_OPTION.match(arguments, position):
            has_value = found[1] in valued
            value = re.compile(r"[ \t]*\S+" if has_value else r"\w*(?=\s|$)").match(arguments, found.end())
            if value is None:
                return position
            position = value.end()
        else:
            return position


def bound_by_cell(name: str, arguments: str, body: str) -> tuple[str, ...]:
    """The names that cell magic ``name`` binds by itself, apart from what its body does as Python."""
    names: list[str] = []
    if name == "capture":
        names = [word for word in _words(arguments) if not word.startswith("-")][:1]
    elif name in SHELL_CELLS or name in ("python", "python3", "perl", "ruby", "pypy", "javascript"):
        names = _option_values(arguments, "--out", "--err", "--proc")
    elif name in ("sql", "bigquery", "R", "spark", "pyspark", "query", "kql", "duckdb", "dql"):
        names = [found[1] for found in _SQL_RESULT.finditer(arguments)]
        names += _option_values(arguments, "-o", "--out", "--output", "--output-var")
        if name == "bigquery" and not names:
            names = [word for word in _words(arguments)[:1] if not word.startswith("-")]
    elif name == "cython":
        names = [found[1] for found in _CYTHON_NAME.finditer(body)]
    parts = (part for word in names for part in word.split(","))
    return tuple(dict.fromkeys(part for part in parts if _NAME.match(part)))


def _words(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:
        return arguments.split()


def _option_values(arguments: str, *options: str) -> list[str]:
    values: list[str] = []
    words = _words(arguments)
    for index, word in enumerate(words):
        if word in options and index + 1 < len(words):
            values.append(words[index + 1])
        elif "=" in word and word.partition("=")[0] in options:
            values.append(word.partition("=")[2])
    return values
