"""What a repository has checked out, read from its files: asking git takes longer than a cell may wait."""

import re
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def head_of(directory: Path) -> str:
    """The commit that is checked out where a directory lies (gitrepository-layout(5)); empty for none."""
    try:
        for place in (directory, *directory.parents):
            found = place / ".git"
            if found.is_dir():
                return _head(found)
            if found.is_file():
                said = found.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
                return _head(place / said) if said else ""
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _head(git: Path) -> str:
    said = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not said.startswith("ref:"):
        return said if _COMMIT.fullmatch(said) else ""
    name = said[4:].strip()
    shared = git / "commondir"
    common = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
    for place in (git, common):
        if (place / name).is_file():
            found = (place / name).read_text(encoding="utf-8").strip()
            return found if _COMMIT.fullmatch(found) else ""
    packed = common / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8").splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name and _COMMIT.fullmatch(commit):
                return commit
    return ""
