r"""Scripts as notebooks: percent form (``# %%``) and light form (``# +``, or paragraphs), as in jupytext.

Comments that jupytext makes of magics (``# %matplotlib inline``, ``# !ls``) come back as magics; each line
remembers how many characters were taken off its left, so that an edit finds its true column.

Source of the forms: jupytext's documentation, "Notebooks as scripts", and its reader of commented magics.
"""

import ast
import io
import re
import tokenize
from typing import Literal

import msgspec

from nbdebt.model.errors import NotebookError
from nbdebt.model.notebook import Cell, CellKind, Notebook
from nbdebt.model.patterns import later

Form = Literal["percent", "light", "plain"]

_MARKER = later(r"#[ \t]*(?:%%(?:%*)(?:[ \t]+(?P<options>.*))?|In\[(?P<count>[ \d*]*)\]:?)[ \t]*\Z")
_LIGHT = later(r"# \+(?:[ \t]+(?P<options>.*))?[ \t]*\Z")
_LIGHT_END = later(r"# -[ \t]*\Z")
_HEADER_LINE = later(r"#[ \t]*---[ \t]*\Z")
_LANGUAGE = later(r"^#[ \t]+language:[ \t]*([\w+#.-]+)", re.MULTILINE)
_JUPYTER = later(r"^#[ \t]+jupy(?:ter|text):", re.MULTILINE)
_LANGUAGE_OPTION = later(r'\blanguage="([\w!+#-]+)"')
_MAGIC_ARGUMENTS = later(r'\bmagic_args="((?:[^"\\]|\\.)*)"')
_RAW_OPTION = later(r'\bactive=""|"active":[ \t]*""')
_LIGHT_FORMAT = later(r"^#[ \t]+format_name:[ \t]*(?:light|bare)\b", re.MULTILINE)
_KIND = later(r"\[(markdown|md|raw)\]")
_COUNT = later(r"(?:^|\s)\[(\d+)\]")
_TAGS = later(r"""(?:\btags\s*=|"tags"\s*:)\s*(\[[^\]]*\])""")
_MAGIC = later(
    r"[ \t]*# (?=%{1,2}[A-Za-z]|!{1,2}[ \t]?[\w./~${]|\?{1,2}[A-Za-z_]"
    r"|[^\W\d][\w, ]*=[ \t]*(?:%[A-Za-z]|![ \t]?[\w./~${]))"
)
_COMMENT = later(r"[ \t]*(?:# ?)")
_QUOTED = later(r"""\A[rR]?(\"{3}|'{3})\n?(.*?)\n?\1\Z""", re.DOTALL)
_LONG_STRING = later(
    r"""\#[^\n]*|\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?""",
    re.DOTALL,
)


class Block(msgspec.Struct):
    """One cell of a script.

    Args:
        start: index of its first line in the file, its marker's if it has one.
        end: index of the line after its last, the ``# -`` that closes it included, blank lines after it not.
        first: index of the line where its source starts.
        kind: of the cell.
        lines: its source, comments taken off where they stand for magics or markdown.
        removed: how many characters were taken off the left of each line.
        execution_count: from ``[n]`` in the marker.
        tags: from the marker.
        marked: whether it has a marker.
        magic: its first line is the cell magic that its marker stands for, and ``first`` the marker's line.
        commented: all of it stands in comments, and what was taken off stood at the start of each line; else
            it stood behind the line's indentation.
    """

    start: int
    end: int
    first: int
    kind: CellKind
    lines: list[str]
    removed: list[int]
    execution_count: int | None = None
    tags: tuple[str, ...] = ()
    marked: bool = True
    commented: bool = False
    magic: bool = False


class Script(msgspec.Struct):
    """A script taken apart: its form, the language its header names, its lines, and its cells."""

    form: Form
    language: str
    lines: list[str]
    blocks: list[Block]


def is_script_notebook(text: str) -> bool:
    """Whether a script is a notebook: it has ``# %%`` markers outside strings, or a jupytext header."""
    if (
        text[:200].lstrip("\ufeff \t\n").startswith("#")
        and _JUPYTER.search(text)
        and _header_end(text.split("\n"))
    ):
        return True
    if "%%" not in text and "# In[" not in text:
        return False
    lines = text.split("\n")
    quoted = _quoted_lines(text)
    return any(_MARKER.match(line) and index not in quoted for index, line in enumerate(lines))


def read_percent(data: bytes, path: str) -> Notebook:
    """Read a script in percent or light form; plain Python is a notebook of one cell.

    Raises:
        NotebookError: the bytes are no text in the encoding that they claim, or in UTF-8.
    """
    script = blocks(decoded(data, path))
    cells = tuple(
        Cell(
            index=index,
            id=f"cell-{index}",
            kind=block.kind,
            source="\n".join(block.lines),
            execution_count=block.execution_count,
            tags=block.tags,
        )
        for index, block in enumerate(script.blocks)
    )
    form: Literal["percent", "light"] = "light" if script.form == "light" else "percent"
    return Notebook(path=path, cells=cells, language=script.language, nbformat=(0, 0), form=form)


def decoded(data: bytes, path: str) -> str:
    """The text of a script, its encoding found as Python does (PEP 263), its line ends as ``\\n``.

    Raises:
        NotebookError: it cannot be decoded.
    """
    try:
        text = data.decode(encoding_of(data))
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        reason = f"is not text in the encoding it should have: {error}"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            reason = "is UTF-16 text: save it as UTF-8"
        raise NotebookError(path, reason) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(data: bytes) -> str:
    """The encoding of a script: its byte order mark's or its coding cookie's, else UTF-8 (PEP 263).

    Raises:
        SyntaxError: it names an encoding that there isn't, or isn't UTF-8 without naming one.
    """
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def blocks(text: str) -> Script:
    """Take a script apart into cells. Never raises: what has no form is one cell."""
    lines = text.split("\n")
    after = _header_end(lines)
    header = "\n".join(lines[:after])
    language = found[1].lower() if (found := _LANGUAGE.search(header)) else "python"
    quoted = _quoted_lines(text)
    percent = [i for i in range(after, len(lines)) if _MARKER.match(lines[i]) and i not in quoted]
    light = [i for i in range(after, len(lines)) if _LIGHT.match(lines[i]) and i not in quoted]
    is_light = bool(_LIGHT_FORMAT.search(header)) or (not percent and bool(light or _JUPYTER.search(header)))
    if is_light:
        return Script("light", language, lines, _light_blocks(lines, after, quoted))
    if percent:
        return Script("percent", language, lines, _percent_blocks(lines, after, percent))
    end = _without_blank_end(lines, 0, len(lines))
    body = lines[:end]
    return Script("plain", language, lines, [Block(0, end, 0, "code", body, [0] * len(body), marked=False)])


def _header_end(lines: list[str]) -> int:
    """The line after a jupytext header (YAML between two ``# ---``), 0 without one."""
    start = 0
    while (
        start < len(lines)
        and start < 4
        and (not lines[start].strip("\ufeff \t") or lines[start].startswith("#!"))
    ):
        start += 1
    if start >= len(lines) or not _HEADER_LINE.match(lines[start]):
        return 0
    for index in range(start + 1, len(lines)):
        if _HEADER_LINE.match(lines[index]):
            return index + 1
        if not lines[index].startswith("#"):
            break
    return 0


def _quoted_lines(text: str) -> set[int]:
    """Lines that start inside a string."""
    if '"""' not in text and "'''" not in text:
        return set()
    quoted: set[int] = set()
    line, position = 0, 0
    for match in _LONG_STRING.finditer(text):
        if (inside := match[0].count("\n")) > 0:
            line += text.count("\n", position, match.start())
            position = match.start()
            quoted.update(range(line + 1, line + inside + 1))
    return quoted


def _without_blank_end(lines: list[str], start: int, end: int) -> int:
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end


def _percent_blocks(lines: list[str], after: int, markers: list[int]) -> list[Block]:
    found: list[Block] = []
    before = _without_blank_end(lines, after, markers[0])
    start = after
    while start < before and not lines[start].strip():
        start += 1
    if start < before:
        found.append(_block(lines, start, start, before, before, "", marked=False))
    for marker, following in zip(markers, [*markers[1:], len(lines)], strict=True):
        end = _without_blank_end(lines, marker + 1, following)
        match = _MARKER.match(lines[marker])
        options = (match["options"] or f"[{match['count'] or ''}]") if match else ""
        first = marker + 1
        if match and match["count"] is not None:
            # nbconvert puts blank lines below its markers; they are no part of the cell.
            while first < end and not lines[first].strip():
                first += 1
        found.append(_block(lines, marker, first, end, end, options))
    return found


def _light_blocks(lines: list[str], after: int, quoted: set[int]) -> list[Block]:
    found: list[Block] = []
    index, size = after, len(lines)
    while index < size:
        if not lines[index].strip():
            index += 1
            continue
        match = _LIGHT.match(lines[index])
        start, first = index, index + 1 if match else index
        index = first
        closed = False
        while index < size:
            if index not in quoted:
                if match and _LIGHT_END.match(lines[index]):
                    closed = True
                    break
                if _LIGHT.match(lines[index]) and index > start:
                    break
                if not match and not lines[index].strip() and _paragraph_ends(lines, index, quoted):
                    break
            index += 1
        end = _without_blank_end(lines, first, index)
        last = index + 1 if closed else end
        options = (match["options"] or "") if match else ""
        block = _block(lines, start, first, end, last, options, marked=match is not None)
        if (
            match is None
            and all(line.startswith("#") for line in lines[first:end])
            and not any(block.removed)
        ):
            _uncomment(block)
        found.append(block)
        index = last
    return found


def _paragraph_ends(lines: list[str], index: int, quoted: set[int]) -> bool:
    """Whether a blank line ends a paragraph: what follows isn't indented and closes nothing."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index >= len(lines) or (index not in quoted and lines[index][:1] not in " \t)]}")


def _block(
    lines: list[str], start: int, first: int, end: int, last: int, options: str, marked: bool = True
) -> Block:
    kind = _KIND.search(options)
    count = _COUNT.search(options)
    block = Block(
        start=start,
        end=max(last, first),
        first=first,
        kind="code" if kind is None else "raw" if kind[1] == "raw" else "markdown",
        lines=lines[first:end],
        removed=[0] * (end - first),
        execution_count=int(count[1]) if count and len(count[1]) < 10 else None,
        tags=_tags(options),
        marked=marked,
    )
    if block.kind != "code" or _RAW_OPTION.search(options):
        block.kind = "raw" if block.kind == "code" else block.kind
        _uncomment(block)
    elif marked and (found := _LANGUAGE_OPTION.search(options)):
        given = _MAGIC_ARGUMENTS.search(options)
        _restore_cell_magic(block, found[1], given[1] if given else "")
    else:
        _restore_magics(block)
    return block


def _tags(options: str) -> tuple[str, ...]:
    if found := _TAGS.search(options):
        try:
            tags = ast.literal_eval(found[1])
        except (SyntaxError, ValueError):
            return ()
        return tuple(tag for tag in tags if isinstance(tag, str))
    return ()


def _restore_magics(block: Block) -> None:
    first = next((index for index, line in enumerate(block.lines) if line.strip()), None)
    if first is None:
        return
    written = [line for line in block.lines if line.strip()]
    if re.match(r"#[ \t]?%%[A-Za-z!]", written[0]) and all(line.startswith("#") for line in written):
        # A cell magic whose body is not Python: jupytext comments out all of it.
        _take_off(block, _COMMENT)
        return
    for index, line in enumerate(block.lines):
        if "#" in line and (found := _MAGIC.match(line)):
            hashes = line[: found.end()].lstrip(" \t")
            indent = found.end() - len(hashes)
            block.lines[index] = line[:indent] + line[found.end() :]
            block.removed[index] = len(hashes)


def _restore_cell_magic(block: Block, name: str, arguments: str) -> None:
    """Turn a cell that its marker says to be in another language into the cell magic that it was."""
    _take_off(block, _COMMENT)
    arguments = re.sub(r"\\(.)", r"\1", arguments)
    block.lines.insert(0, f"%%{name} {arguments}".rstrip())
    block.removed.insert(0, 0)
    block.first -= 1
    block.magic = True


def _uncomment(block: Block) -> None:
    """Turn a text cell's comments, or the string that it is written as, into its text."""
    block.kind = "markdown" if block.kind == "code" else block.kind
    quoted = _QUOTED.match("\n".join(block.lines))
    if quoted is None:
        _take_off(block, _COMMENT)
        return
    text = quoted[2].split("\n")
    removed = [0] * len(text)
    if block.lines[0].strip("rR\"'"):
        removed[0] = quoted.start(2)
    else:
        block.first += 1
    block.lines, block.removed = text, removed


def _take_off(block: Block, comment: re.Pattern[str]) -> None:
    block.commented = True
    for index, line in enumerate(block.lines):
        if found := comment.match(line):
            block.lines[index] = line[found.end() :]
            block.removed[index] = found.end()
