"""Style: the script as ``ruff format`` writes it, and without anything that ``ruff check`` has to say.

ruff is a program of its own (https://docs.astral.sh/ruff): where it is not installed, the script is written
as it is. The project's configuration says how it is formatted, if there is one; the rules are ruff's default
ones. What these find in the notebook's own code stays as it is, and a comment at the top names the rules: a
script that is tidied by changing it would be another one.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.export.texts import tree_of
from nbdebt.flow.reader import parse

MISSING = "Not formatted: ruff is not installed (`pip install nbdebt[export]`)"
_OFF = "  # fmt: skip"
_INPUT = ("--stdin-filename", "script.py", "-")
_CELLS = ("--stdin-filename", "notebook.ipynb", "-")
_TIMEOUT = 60


class _Found(msgspec.Struct):
    """What ruff says of one place."""

    code: str | None = None


def ruff() -> str | None:
    """Where ruff is: beside this Python, or on the path."""
    beside = shutil.which("ruff", path=os.path.dirname(sys.executable))
    return beside or shutil.which("ruff")


def tidied(text: str, directory: str = ".") -> str | None:
    """A script in ruff's style, with the same syntax tree.

    Args:
        text: the script.
        directory: where it will stand: a configuration there, or above, is followed.

    Returns:
        The script; None where there is no ruff, or where it can't read it.
    """
    program = ruff()
    if program is None:
        return None
    place = directory if Path(directory).is_dir() else "."
    shape = [program, "format", "--no-cache", *_INPUT]
    try:
        sorted_ = _asked([*_check(program), "--fix-only", "--select", "I001", *_INPUT], text, place)
        formatted = _same(sorted_, lambda given: _asked(shape, given, place))
        return _quiet(program, formatted, place)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError, SyntaxError, ValueError):
        return None


def tidied_cells(sources: Sequence[str | None], directory: str = ".") -> list[str | None] | None:
    """Cells of a notebook in ruff's style, with the same syntax trees and magics.

    Args:
        sources: the cells; None for one that is no code.
        directory: where the notebook will stand.

    Returns:
        The cells, None where None was given; None where there is no ruff, or where it can't read them.
    """
    program = ruff()
    if program is None:
        return None
    place = directory if Path(directory).is_dir() else "."
    code = [source for source in sources if source is not None]
    try:
        sort = [*_check(program), "--fix-only", "--select", "I001", *_CELLS]
        before = _cells(_asked(sort, _document(code), place))
        shaped = _cells(_asked([program, "format", "--no-cache", *_CELLS], _document(before), place))
        found = [new if _shape(new) == _shape(old) else old for old, new in zip(before, shaped, strict=True)]
        said = _asked([*_check(program), "--output-format", "json", *_CELLS], _document(found), place, (0, 1))
        codes = sorted({f.code for f in msgspec.json.decode(said, type=list[_Found]) if f.code})
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError, ValueError):
        return None
    # The line of a cell magic must stay the first.
    plain = next((n for n, source in enumerate(found) if not source.startswith("%%")), None)
    if codes and plain is not None:
        found[plain] = f"# ruff: noqa: {', '.join(codes)}\n{found[plain]}"
    rest = iter(found)
    return [None if source is None else next(rest) for source in sources]


class _Cell(msgspec.Struct):
    source: list[str] | str


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def _document(sources: Sequence[str]) -> str:
    """Code cells as a notebook."""
    made: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**made, "id": f"c{n}", "source": source} for n, source in enumerate(sources)]
    metadata = {"language_info": {"name": "python"}}
    found = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return msgspec.json.encode(found).decode()


def _cells(document: str) -> list[str]:
    cells = msgspec.json.decode(document, type=_Notebook).cells
    return ["".join(cell.source) for cell in cells]


def _shape(source: str) -> tuple[str, list[tuple[str, str]]]:
    """What a cell does: its tree and its magics."""
    parsed = parse(0, source)
    tree = ast.dump(parsed.tree) if parsed.tree is not None else source
    return tree, [(magic.name, magic.arguments + magic.body) for magic in parsed.masked.magics]


def _check(program: str) -> list[str]:
    return [program, "check", "--isolated", "--no-cache"]


def _asked(command: list[str], text: str, place: str, statuses: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, cwd=place, timeout=_TIMEOUT, check=False
    )
    if done.returncode not in statuses:
        raise ValueError(done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode()


def _same(text: str, formatter: Callable[[str], str]) -> str:
    """Formatted, but for docstrings, which are values and stay as they are."""
    found = formatter(text)
    if ast.dump(tree_of(found)) == ast.dump(tree_of(text)):
        return found
    lines = text.split("\n")
    for before, after in zip(_docstrings(text), _docstrings(found), strict=True):
        if ast.dump(before) != ast.dump(after):
            lines[(before.end_lineno or before.lineno) - 1] += _OFF
    found = formatter("\n".join(lines))
    if ast.dump(tree_of(found)) != ast.dump(tree_of(text)):
        raise ValueError("ruff would change what the script does")
    return found


def _docstrings(text: str) -> list[ast.Expr]:
    owners = ast.AsyncFunctionDef | ast.FunctionDef | ast.ClassDef | ast.Module
    return [
        node.body[0]
        for node in ast.walk(tree_of(text))
        if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None
        if isinstance(node.body[0], ast.Expr)
    ]


def _quiet(program: str, text: str, place: str) -> str:
    """With a comment that says which of ruff's default rules the notebook's own code doesn't keep."""
    codes = sorted({found.code for found in _findings(program, text, place) if found.code})
    if not codes:
        return text
    lines = text.split("\n")
    # Below the block of PEP 723, which is a comment of its own.
    first = lines.index("# ///") + 1 if "# ///" in lines else 0
    return "\n".join([*lines[:first], f"# ruff: noqa: {', '.join(codes)}", *lines[first:]])


def _findings(program: str, text: str, place: str) -> Iterator[_Found]:
    said = _asked([*_check(program), "--output-format", "json", *_INPUT], text, place, (0, 1))
    yield from msgspec.json.decode(said, type=list[_Found])
