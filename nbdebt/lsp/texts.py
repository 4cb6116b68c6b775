"""Texts as editors have them: lines, and what changes one text into another."""

import difflib
import re
from collections.abc import Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument, Workspace

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")

Change = tuple[types.Range, str]


class Text(TextDocument):
    """A document whose lines end where editors end them.

    pygls takes ``str.splitlines``, which ends lines at form feeds and U+2028, too: after one of these, edits
    would go elsewhere than where they were made. Source: LSP 3.17, "Text Documents" (LF, CR LF, CR).
    """

    @property
    def lines(self) -> Sequence[str]:
        """The lines, with their ends."""
        return tuple(_LINE.findall(self.source))


class Texts(Workspace):
    """All that is open."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> TextDocument:
        return Text(
            doc_uri,
            # What is not open is not read: its address may be no file.
            source=source or "",
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends; one more than there are ends."""
    return _LINE_END.split(text)


def position(lines: Sequence[str], line: int, column: int, codec: PositionCodec) -> types.Position:
    """A place in a text as the editor counts it.

    Args:
        lines: of the text, without ends.
        line: from 0; beyond the last the end of the text.
        column: from 0, in characters; beyond the end the line's end.
        codec: what the editor counts in: UTF-16 units, unless it has agreed on others.
    """
    if line >= len(lines):
        line, column = len(lines) - 1, len(lines[-1])
    return types.Position(line, codec.client_num_units(lines[max(line, 0)][: max(column, 0)]))


def whole_line(lines: Sequence[str], line: int, codec: PositionCodec) -> types.Range:
    """A line without its indentation."""
    text = lines[line] if line < len(lines) else ""
    start = len(text) - len(text.lstrip())
    return types.Range(
        position(lines, line, start, codec), position(lines, line, len(text.rstrip()) or start, codec)
    )


def changes(before: str, after: str, codec: PositionCodec) -> list[Change]:
    """What makes ``after`` of ``before``, line by line; the ends of lines stay those of ``before``."""
    old, new = lines_of(before), lines_of(after)
    newline = found[0] if (found := _LINE_END.search(before)) else "\n"
    made: list[Change] = []
    for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if last - first == 1 == end - start:
            made.append(_within_line(old, first, new[start], codec))
            continue
        text = newline.join(new[start:end])
        if last < len(old):
            # Whole lines, up to the beginning of the next.
            to = position(old, last, 0, codec)
            made.append((types.Range(position(old, first, 0, codec), to), text + newline * (end > start)))
        elif first:
            # At the end there is no next line: the end of the one before goes with it.
            at = position(old, first - 1, len(old[first - 1]), codec)
            made.append((types.Range(at, position(old, len(old), 0, codec)), newline * (end > start) + text))
        else:
            made.append((types.Range(types.Position(0, 0), position(old, len(old), 0, codec)), text))
    return made


def _within_line(old: Sequence[str], line: int, now: str, codec: PositionCodec) -> Change:
    """What changes one line, and no more: so the cursor stays where it is."""
    was = old[line]
    start = 0
    while start < min(len(was), len(now)) and was[start] == now[start]:
        start += 1
    behind = 0
    while behind < min(len(was), len(now)) - start and was[-1 - behind] == now[-1 - behind]:
        behind += 1
    end = len(was) - behind
    place = types.Range(position(old, line, start, codec), position(old, line, end, codec))
    return place, now[start : len(now) - behind]
