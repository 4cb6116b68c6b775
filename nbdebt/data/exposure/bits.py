"""Who may read and who may replace a file, by mode bits and access control lists, its own and of all the
directories above it."""

import os
import stat
from pathlib import Path

import msgspec

from nbdebt.data.exposure.acl import ACCESS, DEFAULT, Acl, acl_of
from nbdebt.data.exposure.circle import Circle, both
from nbdebt.data.exposure.members import Accounts

_READ, _WRITE, _ENTER = 4, 2, 1


class Rights(msgspec.Struct, frozen=True):
    """Who can do what with a file.

    Args:
        owner: the account whose file it is.
        gid: its group.
        readers: who can read it, the owner among them.
        writers: who can overwrite it, or remove it and put another in its place.
        exists: it is there; else this is how it would be made here.
        open_directory: its directory is one that everybody may write to.
    """

    owner: int
    gid: int
    readers: Circle
    writers: Circle
    exists: bool
    open_directory: bool = False


class Stats:
    """What directories look like, each looked at once."""

    def __init__(self) -> None:
        self._seen: dict[str, os.stat_result | None] = {}

    def __call__(self, path: str) -> os.stat_result | None:
        """The state of a file or directory; None where it can't be looked at."""
        if path not in self._seen:
            try:
                self._seen[path] = os.stat(path)
            except (OSError, ValueError):
                self._seen[path] = None
        return self._seen[path]


def rights_of(target: str, accounts: Accounts, stats: Stats | None = None) -> Rights | None:
    """Who can do what with a file, there or yet to be written.

    Args:
        target: its absolute path.
        accounts: who is who.
        stats: what was looked at before.

    Returns:
        None where nothing can be known: no such directory, or a system without owners of files.
    """
    if not hasattr(os, "geteuid"):
        return None
    stats = stats or Stats()
    seen = stats(target)
    above = [str(parent) for parent in Path(target).parents]
    nearest = next((directory for directory in above if stats(directory) is not None), None)
    if nearest is None or (nearest != above[0] and nearest.count("/") < 2):
        # On this machine there is nothing like it: what `/mnt` allows says nothing of `/mnt/team`.
        return None
    holder = stats(nearest)
    assert holder is not None
    if seen is not None:
        owner, gid, exists = seen.st_uid, seen.st_gid, True
        acl = acl_of(target) or _of_bits(seen.st_mode)
    else:
        owner, exists = _writer(nearest, holder), False
        inherits = holder.st_mode & stat.S_ISGID or owner != os.geteuid()
        gid = holder.st_gid if inherits else os.getegid()
        acl = acl_of(nearest, DEFAULT) or _of_bits(0o666 & ~umask())
    readers = _circle(acl, _READ, owner, gid)
    writers = _circle(acl, _WRITE, owner, gid)
    if not holder.st_mode & stat.S_ISVTX:
        inside = acl_of(nearest) or _of_bits(holder.st_mode)
        writers |= _circle(inside, _WRITE, holder.st_uid, holder.st_gid)
    for directory in above:
        found = stats(directory)
        if found is None:
            continue
        acl = acl_of(directory, ACCESS) or _of_bits(found.st_mode)
        enter = _circle(acl, _ENTER, found.st_uid, found.st_gid)
        if enter.everyone:
            continue
        readers, writers = both(readers, enter, accounts), both(writers, enter, accounts)
    return Rights(owner, gid, readers, writers, exists, bool(holder.st_mode & stat.S_IWOTH))


def _writer(directory: str, holder: os.stat_result) -> int:
    """Who is going to write here: this account, where it may. Whoever only looks at the project of somebody
    else, and an administrator, is not its author."""
    me = os.geteuid()
    return me if me and os.access(directory, os.W_OK) else holder.st_uid


def _of_bits(mode: int) -> Acl:
    return Acl(mode >> 6 & 7, mode >> 3 & 7, mode & 7)


def _circle(acl: Acl, right: int, owner: int, gid: int) -> Circle:
    """Who has a right by a list."""
    uids = {uid for uid, rights in acl.users if rights & right}
    gids = {number for number, rights in acl.groups if rights & right}
    if acl.owner & right:
        uids.add(owner)
    if acl.group & right:
        gids.add(gid)
    return Circle(bool(acl.other & right), frozenset(uids), frozenset(gids))


def umask() -> int:
    """This process's umask. Read without setting it, which other threads would notice; 022 where the system
    doesn't say (proc_pid_status(5))."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except (OSError, ValueError, IndexError):
        pass
    return 0o022
