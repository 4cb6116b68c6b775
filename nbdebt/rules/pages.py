"""Rule pages: Markdown whose examples are small notebooks that say themselves what must be reported.

A page is a rule's module docstring: a first line (what it finds), then sections. An example is a fenced
``python`` block with ``# %%`` cells::

    ```python
    # %% [2]
    print(total)  # <- NBD101
    # Out: 6
    # %% [1]
    total = 6
    ```

``[2]`` is the cell's execution count (none: never run). A trailing ``# <- CODE`` marks a line that must be
reported; lines without one must not be. Lines at the end of a cell give its saved outputs: ``# Out: text``
(standard output), ``# Result: text`` (the value shown), ``# Raises: ValueError: text`` (a traceback).
Neither belongs to the source. A block ``python fixed`` that follows is what the fixes must make of it. A
block ``python seen`` holds runs of the session that the document doesn't show and a live session knows:
``# %% [2] in cell 1`` in a cell that ran again or was edited since, ``# %% [2]`` in one that is gone. A
``toml`` block before an example is its configuration; a ``files`` block names the files that exist beside
it, one a line, with ``tracked`` behind those that are committed, ``pinned`` behind those that
``nbdebt.lock`` knows, and ``changed`` behind those that it knew with other content.
"""

import re
from typing import Any

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook
from nbdebt.read.percent import Block, blocks

_FENCE = re.compile(r"(?P<ticks>`{3,})(?P<info>[^`]*)\Z")
_MARK = re.compile(r"\s*# <- (?P<codes>NBD\d{3}(?:,[ ]*NBD\d{3})*)[ \t]*\Z")
_OUTPUT = re.compile(r"# (?P<kind>Out|Result|Raises):(?: (?P<text>.*))?\Z")
_CELL = re.compile(r"^# %%", re.MULTILINE)
_IN_CELL = re.compile(r"\bin cell (\d+)\s*\Z")


class PageError(NbdebtError):
    """A rule's page does not say what it should, or not in the form that it should."""


class BesideFile(msgspec.Struct, frozen=True):
    """A file beside an example: its path relative to the notebook, and whether it is committed, pinned, or
    changed since it was pinned."""

    path: str
    tracked: bool = False
    pinned: bool = False
    changed: bool = False


class SeenRun(msgspec.Struct, frozen=True):
    """A run of the example's session.

    Args:
        source: what ran.
        cell_id: in which cell of the document; of one that is gone where it has no such cell.
        count: its execution count; None for a run that kept no history, before all others.
    """

    source: str
    cell_id: str
    count: int | None


class Example(msgspec.Struct, frozen=True):
    """One example notebook of a page.

    Args:
        source: the block as it stands on the page.
        marks: what must be reported: by cell index, by line within the cell, the codes.
        fixed: the block that shows what fixes make of it; None where the page doesn't say.
        files: files that exist beside the notebook.
        toml: its ``nbdebt.toml``, empty where there is none.
        seen: the block with runs that the document doesn't show; empty where there are none.
        line: line of the page on which the block starts, from 1.
    """

    source: str
    marks: dict[int, dict[int, frozenset[str]]]
    fixed: str | None = None
    files: tuple[BesideFile, ...] = ()
    toml: str = ""
    line: int = 0
    seen: str = ""

    def document(self) -> bytes:
        """The example as the bytes of an ``.ipynb`` file."""
        cells = [_cell(index, *_taken_apart(block)) for index, block in enumerate(blocks(self.source).blocks)]
        return msgspec.json.format(
            msgspec.json.encode({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
            indent=1,
        )

    def notebook(self, path: str = "example.ipynb") -> Notebook:
        """The example as a document."""
        return read_notebook(self.document(), path)

    def expected(self, code: str) -> set[tuple[int, int]]:
        """Where a rule must report: (cell index, line) pairs."""
        return {
            (cell, line)
            for cell, lines in self.marks.items()
            for line, codes in lines.items()
            if code in codes
        }

    def runs(self) -> list[SeenRun]:
        """The session that led to the document: its runs and those that it doesn't show, in their order."""
        found = [
            SeenRun("\n".join(_taken_apart(block)[1]), f"cell-{index}", block.execution_count)
            for index, block in enumerate(blocks(self.source).blocks)
            if block.kind == "code" and block.execution_count is not None
        ]
        heads = [line for line in self.seen.split("\n") if _CELL.match(line)]
        for number, (head, block) in enumerate(zip(heads, blocks(self.seen).blocks, strict=False)):
            cell = _IN_CELL.search(head)
            cell_id = f"cell-{int(cell[1]) - 1}" if cell is not None else f"gone-{number}"
            found.append(SeenRun("\n".join(block.lines).strip("\n"), cell_id, block.execution_count))
        return sorted(found, key=lambda run: run.count or 0)

    def fixed_sources(self) -> list[str] | None:
        """The sources of the cells that fixes must make of it; None where the page doesn't say."""
        if self.fixed is None:
            return None
        return ["\n".join(_taken_apart(block)[1]) for block in blocks(self.fixed).blocks]


class Page(msgspec.Struct, frozen=True):
    """A rule's page.

    Args:
        title: its first line: what the rule finds.
        sections: heading to text, in the page's order; the text before the first heading is the title's.
        examples: all examples of the page.
    """

    title: str
    sections: dict[str, str]
    examples: tuple[Example, ...]


def parse_page(text: str) -> Page:
    """Parse a rule's page.

    Args:
        text: Markdown, as a module's docstring after :func:`inspect.cleandoc`.

    Raises:
        PageError: a fence is not closed, a block stands where it makes no sense, or a mark is misspelt.
    """
    lines = text.split("\n")
    sections: dict[str, list[str]] = {}
    examples: list[Example] = []
    heading = ""
    toml = ""
    files: tuple[BesideFile, ...] = ()
    index = 1
    while index < len(lines):
        line = lines[index]
        fence = _FENCE.match(line)
        if fence is None:
            if line.startswith("## "):
                heading = line[3:].strip()
                sections.setdefault(heading, [])
            elif heading:
                sections[heading].append(line)
            index += 1
            continue
        end = _closing(lines, index, fence["ticks"])
        body = "\n".join(lines[index + 1 : end])
        match fence["info"].split():
            case ["toml"]:
                toml = body
            case ["files"]:
                files = tuple(_file(entry, index + 1) for entry in body.split("\n") if entry.strip())
            case ["python", "fixed"]:
                if not examples or examples[-1].fixed is not None:
                    raise PageError(f"line {index + 1}: a fixed block without an example before it")
                examples[-1] = msgspec.structs.replace(examples[-1], fixed=body)
            case ["python", "seen"]:
                if not examples or examples[-1].seen:
                    raise PageError(f"line {index + 1}: a seen block without an example before it")
                examples[-1] = msgspec.structs.replace(examples[-1], seen=body)
            case ["python"] if _CELL.search(body):
                examples.append(Example(body, _marks(body, index + 1), None, files, toml, index + 1))
                toml, files = "", ()
            case _:
                pass
        if heading:
            sections[heading] += lines[index : end + 1]
        index = end + 1
    joined = {name: "\n".join(body).strip("\n") for name, body in sections.items()}
    return Page(lines[0].strip(), joined, tuple(examples))


def _closing(lines: list[str], start: int, ticks: str) -> int:
    for index in range(start + 1, len(lines)):
        if lines[index].rstrip() == ticks:
            return index
    raise PageError(f"line {start + 1}: the fence is not closed")


def _file(entry: str, line: int) -> BesideFile:
    match entry.split():
        case [path]:
            return BesideFile(path)
        case [path, "tracked"]:
            return BesideFile(path, True)
        case [path, "pinned" | "changed" as how]:
            return BesideFile(path, False, True, how == "changed")
        case _:
            raise PageError(
                f"line {line}: a file is given as its path, with `tracked`, `pinned` or `changed` behind it "
                f"or nothing: {entry!r}"
            )


def _marks(source: str, line: int) -> dict[int, dict[int, frozenset[str]]]:
    found: dict[int, dict[int, frozenset[str]]] = {}
    for index, block in enumerate(blocks(source).blocks):
        for number, text in enumerate(block.lines, 1):
            mark = _MARK.search(text)
            if mark is not None:
                found.setdefault(index, {})[number] = frozenset(re.findall(r"NBD\d{3}", mark["codes"]))
            elif "<- NBD" in text:
                raise PageError(f"line {line + block.first + number}: a mark that is none: {text.strip()!r}")
    return found


def _taken_apart(block: Block) -> tuple[Block, list[str], list[dict[str, Any]]]:
    """A block as its source lines without marks, and its outputs."""
    lines = list(block.lines)
    outputs: list[dict[str, Any]] = []
    shown: list[tuple[str, str]] = []
    while lines and (match := _OUTPUT.match(lines[-1])) is not None:
        shown.insert(0, (match["kind"], match["text"] or ""))
        lines.pop()
    printed = "".join(text + "\n" for kind, text in shown if kind == "Out")
    if printed:
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed})
    for kind, text in shown:
        if kind == "Raises":
            name, _, value = text.partition(": ")
            outputs.append({"output_type": "error", "ename": name, "evalue": value, "traceback": [text]})
    result = "\n".join(text for kind, text in shown if kind == "Result")
    if result:
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": block.execution_count,
                "data": {"text/plain": result},
                "metadata": {},
            }
        )
    while lines and not lines[-1].strip():
        lines.pop()
    return block, [_MARK.sub("", line) for line in lines], outputs


def _cell(index: int, block: Block, lines: list[str], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": block.kind,
        "id": f"cell-{index}",
        "metadata": {"tags": list(block.tags)} if block.tags else {},
        "source": "\n".join(lines),
    }
    if block.kind == "code":
        cell |= {"execution_count": block.execution_count, "outputs": outputs}
    return cell
