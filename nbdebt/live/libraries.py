"""What belongs to the interpreter and to installed packages, rather than to the user."""

import contextlib
import os
import site
import sys
import sysconfig

# Also where nothing but PYTHONPATH names them.
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_INNER = ("lib", "lib64", "Lib", "DLLs", "bin", "Scripts", "include", "share", "etc", "conda-meta", "libexec")


def slashed(path: str) -> str:
    """A directory with a slash at its end."""
    return path.rstrip("/\\") + os.sep


def _library_directories() -> tuple[str, ...]:
    """Where the interpreter and installed packages live. A project may lie below the prefix (a container with
    its environment in ``/app``), so the prefix as a whole doesn't count."""
    found = {sysconfig.get_path(name) or "" for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found.update(os.path.join(prefix, inner) for prefix in (sys.prefix, sys.base_prefix) for inner in _INNER)
    with contextlib.suppress(AttributeError, OSError):  # embedded interpreters have neither
        found.update((*site.getsitepackages(), site.getusersitepackages()))
    for place in tuple(found):
        found |= _added(place)
    found |= {os.path.realpath(path) for path in found if path}
    return tuple(sorted(slashed(path) for path in found if len(path) > 3))


def _added(directory: str) -> set[str]:
    """Directories of installed packages that ``.pth`` files add to this one; a project that is installed to
    be edited is none."""
    found: set[str] = set()
    with contextlib.suppress(OSError, ValueError):
        for name in os.listdir(directory) if directory else ():
            if not name.endswith(".pth"):
                continue
            with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as file:
                lines = file.read(_LONGEST_PTH).splitlines()
            for line in lines:
                path = os.path.abspath(os.path.join(directory, line.strip()))
                if line.strip() and not line.startswith(("#", "import ", "import\t")) and os.path.isdir(path):
                    installed = any(entry.endswith(".dist-info") for entry in os.listdir(path))
                    found |= {path} if installed else set()
    return found


_LONGEST_PTH = 1 << 16
LIBRARIES = _library_directories()
"""Directories, each with a slash at its end, of the interpreter and of installed packages."""


def is_library(filename: str) -> bool:
    """Whether a code object comes from the interpreter or an installed package."""
    return filename.startswith(("<frozen", *LIBRARIES)) or any(name in filename for name in _INSTALLED)
