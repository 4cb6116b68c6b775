"""The pages of rules, which are Markdown, for a terminal and as HTML."""

import re
from collections.abc import Iterator
from html import escape

from nbdebt.report.plain import Paint, clean, wrapped

_ITEM = re.compile(r"(?:[-*]|\d+\.) +|\|")
_FIXED = "becomes, with --fix:"


def rendered(markdown: str, paint: Paint, room: int) -> Iterator[str]:
    """Markdown for a terminal: headings bold, code indented, paragraphs filled."""
    paragraph: list[str] = []
    is_code = False

    def flush() -> Iterator[str]:
        if paragraph:
            bullet = re.match(r"(?:[-*]|\d+\.) +", paragraph[0])
            indent = " " * len(bullet[0]) if bullet else ""
            yield from map(paint.message, wrapped(" ".join(paragraph), room, "", indent))
            paragraph.clear()

    for line in markdown.strip().splitlines():
        if line.startswith("```"):
            yield from flush()
            is_code = not is_code
            if is_code and line.strip("`").strip() == "python fixed":
                yield "    " + paint.dim(_FIXED)
                yield ""
        elif is_code:
            code, arrow, marks = line.partition("  # <- ")
            yield ("    " + code + (paint.yellow(f"  ← {marks}") if arrow else "")).rstrip()
        elif line.startswith("#"):
            yield from flush()
            yield paint.bold(line.lstrip("# "))
        elif not line.strip():
            yield from flush()
            yield ""
        else:
            if _ITEM.match(line):
                yield from flush()
            paragraph.append(line.rstrip() if line.startswith("|") else line.strip())
    yield from flush()


def as_html(markdown: str) -> str:
    """Markdown as HTML: headings, code, paragraphs and items; all else is text, escaped."""
    parts: list[str] = []
    paragraph: list[str] = []
    code: list[str] | None = None

    def flush() -> None:
        if paragraph:
            parts.append(f"<p>{_inline(' '.join(paragraph))}</p>")
            paragraph.clear()

    for line in markdown.strip().splitlines():
        if line.startswith("```"):
            flush()
            if code is not None:
                parts.append(f"<pre>{escape(clean_lines(code))}</pre>")
            elif line.strip("`").strip() == "python fixed":
                parts.append(f'<p class="n-soft">{_FIXED}</p>')
            code = [] if code is None else None
        elif code is not None:
            code.append(line.replace("  # <- ", "  ← "))
        elif line.startswith("#"):
            flush()
            parts.append(f"<h4>{_inline(line.lstrip('# '))}</h4>")
        elif not line.strip():
            flush()
        else:
            if _ITEM.match(line):
                flush()
            paragraph.append(line.strip())
    flush()
    return "".join(parts)


def clean_lines(lines: list[str]) -> str:
    """Lines, each without what could steer a terminal."""
    return "\n".join(map(clean, lines))


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(clean(text)))
