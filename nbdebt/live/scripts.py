"""What ``%run`` runs: its code is read, too, as part of the cell."""

import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from nbdebt.flow.effects import Registry
from nbdebt.flow.reader import Parsed, Reader
from nbdebt.live.record import Outline, before_line, outline

_LARGE = 1 << 20


def outlines(parsed: Parsed, parse: Callable[[str], Parsed], registry: Registry) -> Iterator[Outline]:
    """What the scripts do that a cell runs: with ``-i`` they find the names of the notebook, without it they
    only leave theirs.

    Args:
        parsed: the cell.
        parse: parses a source.
        registry: what library calls do.
    """
    for magic in parsed.masked.magics:
        if magic.name == "run" and magic.kind in ("line", "assign-magic"):
            inside, path = _script(magic.arguments)
            text = _text(path)
            if text:
                found = outline(before_line(Reader(registry).read(parse(text)), 0))
                yield found if inside else outline(())._replace(binds=found.binds)


def _script(arguments: str) -> tuple[bool, str]:
    """Whether a script runs in the notebook's namespace, and its path; empty where there is none."""
    try:
        words = shlex.split(arguments)
    except ValueError:
        return False, ""
    inside = False
    for word in words:
        if not word.startswith("-"):
            path = os.path.expanduser(word)
            return inside, path if os.path.exists(path) else f"{path}.py"
        if word.startswith("-m"):
            break
        inside = inside or word == "-i"
    return inside, ""


def _text(path: str) -> str:
    try:
        if not path.endswith((".py", ".ipy")) or os.path.getsize(path) > _LARGE:
            return ""
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
