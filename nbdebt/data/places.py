"""Where an output lands: in the project, beside it, or where others read and write too."""

import functools
import os
import re
import stat
from pathlib import Path
from typing import Literal

from nbdebt.data.exposure.mounts import machine_mounts, mount_of
from nbdebt.data.targets import is_absolute, is_unknown
from nbdebt.model.patterns import later

Place = Literal["project", "outside", "home", "shared", "temporary", "cache", "nowhere", "unknown"]

_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/usr/tmp")
# Where systems and platforms mount what several people or machines use.
_SHARED = (
    *("/mnt", "/media", "/net", "/nfs", "/dbfs", "/shared", "/share", "/srv", "/export"),
    *("/gpfs", "/lustre", "/scratch", "/Volumes", "/lakehouse", "/afs"),
)
_NOWHERE = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "nul", "NUL", "-"))
_CACHES = later(
    r"^(?:~|/home/[^/]+|/Users/[^/]+|/root)/(?:\.cache|\.config|\.local|\.ipython|\.jupyter|Library)(?:/|$)"
)
_DRIVE = later(r"^[A-Za-z]:[\\/](?P<rest>.*)$")


def place_of(text: str, target: str, root: Path) -> Place:
    """Where a path leads.

    Args:
        text: as the code writes it, computed parts in braces.
        target: the same, absolute and normalised.
        root: the project's root.
    """
    if text in _NOWHERE or target in _NOWHERE:
        return "nowhere"
    if is_unknown(text):
        return "unknown"
    if target == str(root) or target.startswith(str(root).rstrip("/") + "/"):
        return "project"
    if not is_absolute(text):
        return "outside"
    if _CACHES.match(text):
        return "cache"
    if text.startswith("\\\\"):
        return "shared"
    for place, tops in (("temporary", _TEMPORARY), ("shared", _SHARED)):
        if any(text == top or text.startswith(top + "/") for top in tops):
            return place  # type: ignore[return-value]
    if text.startswith("~") or _is_home(text):
        return "home"
    return "shared" if shared_by(target) else "outside"


def _is_home(text: str) -> bool:
    drive = _DRIVE.match(text)
    plain = "/" + drive["rest"].replace("\\", "/") if drive else text
    return re.match(r"^/(?:home|Users|root)(?:/|$)", plain) is not None


def project_root(root: str, directory: Path) -> Path:
    """The project's root; where none is known, the directory above the notebook's: ``notebooks/`` beside
    ``data/`` is how projects are laid out."""
    if root:
        return Path(os.path.realpath(root))
    directory = Path(os.path.realpath(directory))
    above = directory.parent
    if str(above) in ("/", "/home", "/Users", "/tmp", os.path.expanduser("~")):
        return directory
    return above


def shared_by(target: str) -> str:
    """Why others can reach a place: the kind of network file system, or ``directory that everybody may write
    to``; empty where nothing says so."""
    for directory in Path(target).parents:
        if directory.is_dir():
            return _shared_directory(str(directory))
    return ""


@functools.lru_cache(maxsize=1024)
def _shared_directory(directory: str) -> str:
    mount = mount_of(directory, _mounts())
    if mount is not None and mount.shared:
        return f"a shared mount ({mount.shared})"
    try:
        return (
            "a directory that everybody may write to" if Path(directory).stat().st_mode & stat.S_IWOTH else ""
        )
    except OSError:
        return ""


_mounts = functools.cache(machine_mounts)
