"""Edits of scripts in percent and light form, line by line: encoding, line ends and comments stay."""

import re
from collections.abc import Sequence

from nbdebt.model.errors import FixError
from nbdebt.model.finding import Insert, Replace
from nbdebt.read.percent import Block, Script, blocks, decoded, encoding_of
from nbdebt.read.plan import DocumentEdit, offsets, plan

_LINE_END = re.compile(r"(\r\n|\r|\n)")


def edit_script(data: bytes, path: str, edits: Sequence[DocumentEdit]) -> bytes:
    """Apply ``edits`` to the script ``data``; see `nbdebt.read.edit.apply_edits`.

    Raises:
        FixError: the edits overlap, or do not fit the document.
        NotebookError: it is no text.
    """
    script = blocks(decoded(data, path))
    encoding = encoding_of(data)
    pieces = _LINE_END.split(data.decode(encoding))
    lines, ends = pieces[::2], [*pieces[1::2], ""]
    newline = ends[0] or "\n"
    made = plan(edits, len(script.blocks))
    items: list[str] = []
    for index, block in enumerate(script.blocks):
        whole = _joined(lines, ends, block.start, block.end)
        for replace in reversed(made.replaces.get(index, ())):
            start, end, text = _splice(lines, ends, block, index, replace, newline)
            whole = whole[:start] + text + whole[end:]
        items.append(whole)
    starts = [block.start for block in script.blocks]
    following = [*starts, len(lines)][1:]
    tails = [_tail(lines, ends, block, after) for block, after in zip(script.blocks, following, strict=True)]
    head = _tail(lines, ends, None, starts[0]) if starts else "".join(map(str.__add__, lines, ends))
    order = made.order(0, len(items), at_end=True)
    written: list[tuple[str, str]] = []
    for item in order:
        if isinstance(item, Insert):
            written.append((_new_cell(item.source, script, newline), newline * 2))
        elif text := items[item]:
            if written and not script.blocks[item].marked and script.form != "light":
                text = f"# %%{newline}{text}"
            written.append((text, tails[item] if item < len(items) - 1 else newline * 2))
    if written:
        written[-1] = (written[-1][0], tails[-1] if items and items[-1] else newline)
    try:
        return (head + "".join(text + tail for text, tail in written)).encode(encoding)
    except UnicodeEncodeError as error:
        raise FixError(f"{path} can't hold the new text in its encoding, {encoding}: {error}") from None


def place_in_script(lines: Sequence[str], block: Block, line: int, column: int) -> tuple[int, int]:
    """Where in a script a place of a cell is.

    Args:
        lines: of the script, without their ends.
        block: the cell.
        line: of the cell, from 1.
        column: from 1.

    Returns:
        Line and column, both from 0; the nearest where the cell has no such line.
    """
    line = min(max(line, 1), max(len(block.lines), 1)) - 1
    at = block.first + line
    if not block.lines or at >= len(lines):
        return min(block.start, len(lines) - 1), 0
    if block.commented:
        return at, column - 1 + block.removed[line]
    return at, _true_column(lines[at], block, line, column - 1)


def _joined(lines: Sequence[str], ends: Sequence[str], start: int, end: int) -> str:
    """Lines ``start`` to ``end`` (exclusive) without the end of the last."""
    parts = [part for index in range(start, end) for part in (lines[index], ends[index])]
    return "".join(parts[:-1])


def _tail(lines: Sequence[str], ends: Sequence[str], block: Block | None, after: int) -> str:
    """What stands between a block and the line ``after``: the end of its last line, and blank lines."""
    if block is None:
        return "".join(lines[index] + ends[index] for index in range(after))
    last = ends[block.end - 1] if block.end > block.start else ""
    return last + "".join(lines[index] + ends[index] for index in range(block.end, after))


def _splice(
    lines: Sequence[str], ends: Sequence[str], block: Block, index: int, replace: Replace, newline: str
) -> tuple[int, int, str]:
    """Where in the block's text an edit goes, and the text as the file writes it."""
    span = replace.span
    offsets(span, block.lines, index)
    if block.magic and span.line == 1:
        raise FixError(f"the cell magic of cell {index} is its marker's language, and can't be edited")
    start_line, end_line = block.first + span.line - 1, block.first + span.end_line - 1
    prefix = ""
    if block.commented:
        start, end = (
            span.column - 1 + block.removed[span.line - 1],
            span.end_column - 1 + block.removed[span.end_line - 1],
        )
        prefix = lines[start_line][: block.removed[span.line - 1]]
    else:
        # Python in the place of a magic that stands in a comment, or before one, is no part of that comment.
        is_magic = (
            span.line == span.end_line and replace.text[:1] in ("%", "!") and span.column < span.end_column
        )
        start = _true_column(lines[start_line], block, span.line - 1, span.column - 1, behind=is_magic)
        end = _true_column(lines[end_line], block, span.end_line - 1, span.end_column - 1)
    text = replace.text.replace("\r\n", "\n").replace("\n", newline + prefix)
    return (
        _line_offset(lines, ends, block, start_line) + start,
        _line_offset(lines, ends, block, end_line) + end,
        text,
    )


def _line_offset(lines: Sequence[str], ends: Sequence[str], block: Block, line: int) -> int:
    return sum(len(lines[index]) + len(ends[index]) for index in range(block.start, line))


def _true_column(raw: str, block: Block, line: int, column: int, behind: bool = False) -> int:
    """The file's column in a line that may be a magic in a comment; ``behind`` its ``# `` at its start."""
    indent = len(raw) - len(raw.lstrip())
    return column + block.removed[line] if column > indent or (behind and column == indent) else column


def _new_cell(source: str, script: Script, newline: str) -> str:
    lines = source.rstrip("\n").split("\n")
    lines = [f"# {line}" if line[:1] in ("%", "!", "?") else line for line in lines]
    if script.form != "light":
        lines.insert(0, "# %%")
    elif any(not line.strip() for line in lines) or all(line.startswith("#") for line in lines):
        lines = ["# +", *lines, "# -"]
    return newline.join(lines)
