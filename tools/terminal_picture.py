"""A picture of what a command prints: its colours and letters as SVG, to be looked at without a terminal."""

import re
from html import escape

_CODE = re.compile(r"\x1b\[([0-9;]*)m")
# A dark terminal; each colour stands at 4.5 to 1 against the ground at least.
_GROUND = "#1e2127"
_INK = "#dcdfe4"
_COLOURS = {31: "#ff7b86", 32: "#98d67a", 33: "#e8c06a", 34: "#70b7ff", 35: "#d894f0", 36: "#5cc8d4"}
_ADVANCE = 8.4
_LEADING = 19
_MARGIN = 18
_BAR = 34


def picture(printed: str, title: str) -> str:
    """An SVG of a terminal.

    Args:
        printed: the text, with the terminal's codes for colour, bold and dim; others are left out.
        title: what stands in the window's bar, the command, and what a screen reader says.
    """
    lines = printed.rstrip("\n").split("\n")
    breadth = max((len(_CODE.sub("", line)) for line in lines), default=0)
    width = round(breadth * _ADVANCE) + 2 * _MARGIN
    height = len(lines) * _LEADING + 2 * _MARGIN + _BAR
    body = "\n".join(_line(line, number) for number, line in enumerate(lines) if line.strip())
    dots = "".join(
        f'<circle cx="{_MARGIN + 4 + 18 * n}" cy="17" r="5.5" fill="{colour}"/>'
        for n, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{escape(title)}">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>text{font:14px/1 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "white-space:pre}.b{font-weight:700}.d{opacity:.72}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{_GROUND}"/>\n'
        f'{dots}<text x="{width / 2:.0f}" y="22" fill="{_INK}" text-anchor="middle">{escape(title)}</text>\n'
        f"{body}\n</svg>\n"
    )


def _line(line: str, number: int) -> str:
    """One line: each stretch of one style at its own place, so that columns hold with any font."""
    found: list[str] = []
    column = 0
    colour, bold, dim = 0, False, False
    for position, part in enumerate(_CODE.split(line)):
        if position % 2:
            for code in (int(c or 0) for c in part.split(";")):
                match code:
                    case 0:
                        colour, bold, dim = 0, False, False
                    case 1:
                        bold = True
                    case 2:
                        dim = True
                    case 22:
                        bold = dim = False
                    case 39:
                        colour = 0
                    case _ if code in _COLOURS:
                        colour = code
                    case _:
                        pass
            continue
        for stretch in re.finditer(r"\S(?:.*\S)?", part):
            x = _MARGIN + (column + stretch.start()) * _ADVANCE
            y = _BAR + _MARGIN + number * _LEADING + 8
            styles = " ".join(name for name, on in (("b", bold), ("d", dim)) if on)
            class_ = f' class="{styles}"' if styles else ""
            length = len(stretch[0]) * _ADVANCE
            ink = _COLOURS.get(colour, _INK)
            found.append(
                f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}" fill="{ink}"{class_}>'
                f"{escape(stretch[0])}</text>"
            )
        column += len(part)
    return "".join(found)
