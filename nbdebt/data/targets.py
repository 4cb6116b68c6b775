"""What a notebook calls a resource, as one text that is the same in every notebook that touches it."""

import functools
import os
from pathlib import Path

from nbdebt.model.history import File, Resource, Table, Url
from nbdebt.model.patterns import later

_WINDOWS = later(r"^(?:[A-Za-z]:[\\/]|\\\\)")
_HOLE = later(r"\{[^{}]*\}")
_WHOLLY_UNKNOWN = ("", "<unknown>")


def resolve_target(resource: Resource, directory: Path) -> str:
    """The key under which all notebooks speak of a resource.

    Args:
        resource: as the code names it.
        directory: absolute directory against which relative paths are taken.

    Returns:
        For a file its absolute normalised path, ``~`` expanded and links in its directory followed; a URL as
        it is; for a table its text, with the connection.
    """
    if isinstance(resource, File):
        return str(local_path(resource.path, directory))
    if isinstance(resource, Url):
        return resource.url
    return str(resource)


def local_path(text: str, directory: Path) -> Path:
    """A path as the code writes it, absolute and normalised; never touches the file itself.

    Paths with backslashes only are Windows paths; elsewhere they are read as if written with slashes, for a
    notebook that names ``data\\x.csv`` means the file in ``data``.
    """
    text = text.replace("\0", "")
    if os.sep == "/" and _WINDOWS.match(text):
        # A drive of another system: absolute there, so it must not land in the notebook's directory here.
        return Path("/" + text.replace("\\", "/").lstrip("/"))
    if os.sep == "/" and "\\" in text and "/" not in text:
        text = text.replace("\\", "/")
    if text.startswith("~"):
        text = os.path.expanduser(text)
    # Not Path.resolve: the last part may be a link that means something (git-annex, DVC).
    parent, name = os.path.split(os.path.normpath(os.path.join(directory, text)))
    return Path(_real(parent), os.path.normcase(name))


@functools.lru_cache(maxsize=4096)
def _real(directory: str) -> str:
    try:
        return os.path.realpath(directory)
    except ValueError:  # characters that no file name can hold
        return directory


def is_absolute(text: str) -> bool:
    """Whether a path begins at a root or a home directory, of this system or of Windows."""
    return text.startswith(("/", "~")) or _WINDOWS.match(text) is not None


def is_unknown(text: str) -> bool:
    """Whether nothing useful is known of a path: it is computed from its first character on."""
    return text in _WHOLLY_UNKNOWN or text.startswith("{")


def has_hole(text: str) -> bool:
    """Whether a part of the path is computed (``out/{i}.csv``) or a pattern."""
    return text in _WHOLLY_UNKNOWN or _HOLE.search(text) is not None or "*" in text or "?" in text


def as_pattern(text: str) -> str:
    """A path with computed parts as a pattern: ``out/{i}.csv`` is ``out/*.csv``."""
    return _HOLE.sub("*", text)


def label(resource: Resource) -> str:
    """How a resource is shown in messages."""
    if isinstance(resource, Table):
        return resource.table
    return str(resource)
