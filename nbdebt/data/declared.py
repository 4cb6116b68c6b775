"""Which outputs their authors own up to: ``[tool.nbdebt.outputs]``."""

import fnmatch
import functools
import os
import re
from collections.abc import Iterable
from pathlib import Path

from nbdebt.config import Output, Settings
from nbdebt.model.history import File, Resource, Table


def declaration_base(settings: Settings, directory: Path) -> Path:
    """The directory that patterns of declarations are relative to.

    Args:
        settings: of the notebook's directory.
        directory: the notebook's directory, where it belongs to no project.
    """
    if settings.source:
        return Path(os.path.realpath(settings.source)).parent
    return Path(os.path.realpath(settings.root or directory))


def declaration_of(resource: Resource, target: str, outputs: Iterable[Output]) -> Output | None:
    """The first declaration that holds for an output.

    Args:
        resource: what is written.
        target: its resolved target; computed parts stand in braces.
        outputs: the declarations.
    """
    for output in outputs:
        if isinstance(resource, File):
            base = os.path.realpath(output.base) if output.base else ""
            try:
                inside = Path(os.path.relpath(target, base)).as_posix() if base else target
            except ValueError:  # another drive
                inside = target
            pattern = os.path.normpath(output.pattern) + ("/" if output.pattern.endswith("/") else "")
            found = _matches(pattern, inside) or _matches(output.pattern, target)
        else:
            name = resource.table if isinstance(resource, Table) else target
            found = _matches(output.pattern, target) or _matches(output.pattern, name)
        if found:
            return output
    return None


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).match(text) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """``*`` within a directory, ``**`` across; a directory stands for all that is in it."""
    parts: list[str] = []
    for token in re.findall(r"\*\*/?|\*|\?|[^*?]+", pattern.rstrip("/")):
        match token:
            case "**/":
                parts.append(r"(?:.*/)?")
            case "**":
                parts.append(r".*")
            case "*":
                parts.append(r"[^/]*")
            case "?":
                parts.append(r"[^/]")
            case _:
                parts.append(re.escape(token))
    return re.compile("".join(parts) + r"(?:/.*)?\Z", re.DOTALL)


def is_declared_consumer(output: Output, reader: str) -> bool:
    """Whether a notebook is among an output's declared consumers, which are named as paths, patterns or
    names.

    Args:
        output: the declaration.
        reader: the notebook's path.
    """
    path = os.path.realpath(reader)
    names = {Path(path).name, Path(path).stem, path}
    if output.base:
        names.add(Path(os.path.relpath(path, os.path.realpath(output.base))).as_posix())
    return any(fnmatch.fnmatchcase(name, consumer) for consumer in output.consumers for name in names)
