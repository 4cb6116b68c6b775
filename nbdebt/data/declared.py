"""Which outputs their authors own up to: ``[tool.nbdebt.outputs]``."""

import fnmatch
import functools
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from nbdebt.config import Output, Settings
from nbdebt.model.history import File, Resource, Table
from nbdebt.model.notebook import Notebook

_HEAD = re.compile(r"\s*%%nbdebt[ \t]+declare[ \t]+(?P<words>[^\n]*)")


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


def declared_as(
    paths: Iterable[str], owner: str = "", consumers: str = "", note: str = "", base: str = ""
) -> tuple[Output, ...]:
    """The declarations of one ``%%nbdebt declare``.

    Args:
        paths: patterns, relative to ``base``.
        owner: who answers for it.
        consumers: who reads it, with commas.
        note: what it is for.
        base: the notebook's directory.
    """
    readers = tuple(name.strip() for name in consumers.split(",") if name.strip())
    return tuple(Output(path, owner, readers, note, "", base) for path in paths)


def declared_in(notebook: Notebook) -> tuple[Output, ...]:
    """What a notebook itself declares: the heads ``%%nbdebt declare PATH`` of its cells. One that can't be
    understood, which IPython refuses to run, says nothing."""
    found: list[Output] = []
    for cell in notebook.cells:
        if cell.kind == "code" and "%%nbdebt" in cell.source and (head := _HEAD.match(cell.source)):
            found += _declared(head["words"])
    return tuple(found)


def _declared(text: str) -> tuple[Output, ...]:
    try:
        words = iter(shlex.split(text))
    except ValueError:
        return ()
    paths: list[str] = []
    given: dict[str, str] = {}
    for word in words:
        option, equals, value = word.partition("=")
        if option in ("--owner", "--consumers", "--note"):
            given[option[2:]] = value if equals else next(words, "")
        elif word.startswith("-"):
            return ()
        else:
            paths.append(word)
    return declared_as(paths, **given)
