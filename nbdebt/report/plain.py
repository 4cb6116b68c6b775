"""Text for terminals: neutralised, measured and coloured. What a notebook contains is data, never control."""

import functools
import re
from collections.abc import Iterator
from unicodedata import category, combining, east_asian_width

# Joiners are parts of words in several scripts and of emoji, and move nothing.
_JOINERS = "\u200c\u200d"


def clean(text: str) -> str:
    """Text with all that could steer a terminal made visible: controls, escapes, marks of direction.

    A tab becomes four blanks; what can't be encoded is shown as its escape.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if character == "\t":
        return "    "
    if category(character) == "Zs":
        return "\u3000" if character == "\u3000" else " "
    return character.encode("unicode_escape", "surrogatepass").decode()


def width(text: str) -> int:
    """How many columns of a terminal a cleaned text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@functools.cache
def _columns(c: str) -> int:
    if combining(c) or c in _JOINERS or category(c) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(c) in "WF" else 1


def marked(source: str, start: int, end: int | None, room: int) -> tuple[str, str]:
    """A source line as it is shown, and the line with the marker below it.

    Args:
        source: the line.
        start: column of the first marked character, from 1.
        end: column after the last one; None marks to the end of the line.
        room: columns there are; a longer line is cut around the marker.
    """
    source = source.rstrip()
    first = min(max(start, 1) - 1, len(source))
    last = len(source) if end is None else min(max(end - 1, first), len(source))
    before, within, after = clean(source[:first]), clean(source[first:last]), clean(source[last:])
    dedented = before.lstrip(" ")
    lead = min(len(before) - len(dedented), 4)
    before = " " * lead + dedented
    room = max(room, 20)
    if width(before + within + after) > room:
        # The marked part matters most; then what stands before it.
        before = _tail(before, max(room // 3, room - width(within) - 1))
        within = _head(within, room - width(before))
        after = _head(after, room - width(before) - width(within))
    return before + within + after, " " * width(before) + "^" * max(width(within), 1)


def _head(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) > room - 1:
        text = text[:-1]
    return text + "…" if room > 0 else ""


def _tail(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) > room - 1:
        text = text[1:]
    return "…" + text


def shortened(text: str, room: int) -> str:
    """Cleaned text cut to so many columns."""
    return _head(clean(text), room)


def wrapped(text: str, room: int, first: str = "", rest: str = "") -> Iterator[str]:
    """Cleaned text in lines of at most so many columns, where its words allow."""
    room = max(room, 30)
    line, used, is_empty = first, width(first), True
    for word in clean(text).split(" "):
        wide = width(word)
        if not is_empty and used + 1 + wide > room:
            yield line
            line, used, is_empty = rest, width(rest), True
        line += word if is_empty else " " + word
        used += wide if is_empty else 1 + wide
        is_empty = False
    yield line


class Paint:
    """Colours, or none. Each method gives the text as it is where there are to be none."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def _do(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.on and text else text

    def bold(self, text: str) -> str:
        """For what a section is about."""
        return self._do("1", text)

    def dim(self, text: str) -> str:
        """For what is read second."""
        return self._do("2", text)

    def red(self, text: str) -> str:
        """For what breaks."""
        return self._do("1;31", text)

    def yellow(self, text: str) -> str:
        """For what misleads."""
        return self._do("1;33", text)

    def green(self, text: str) -> str:
        """For what is well."""
        return self._do("32", text)

    def cyan(self, text: str) -> str:
        """For code and notes."""
        return self._do("36", text)

    def severity(self, severity: str, text: str) -> str:
        """In the colour of a finding's severity."""
        return {"error": self.red, "warning": self.yellow}.get(severity, self.cyan)(text)

    def message(self, text: str) -> str:
        """Cleaned text with what stands in backticks in the colour of code."""
        return re.sub(r"`[^`]+`", lambda found: self.cyan(found[0]), text) if self.on else text
