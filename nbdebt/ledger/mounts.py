"""Which file system a path lies on: where SQLite can't be trusted, and what a share is called elsewhere."""

import functools
import os
import re
from pathlib import Path
from typing import NamedTuple

from nbdebt.model.patterns import later

_ESCAPE = later(r"\\([0-7]{3})")
_NETWORK = later(
    r"nfs\d?|cifs|smb\w*|lustre|gpfs|beegfs\w*|ceph|afs|9p|glusterfs|orangefs|pvfs2|ncpfs|coda|davfs\d?"
    r"|fuse\.(?!fuse-overlayfs|lxcfs|portal|gvfsd-fuse|snapfuse|squashfuse).*|fuseblk_net|wekafs|panfs"
)


class Mount(NamedTuple):
    """One line of ``/proc/self/mountinfo``.

    Args:
        point: where it is mounted.
        root: the directory of the file system that is mounted there.
        kind: ``ext4``, ``nfs4``, ``fuse.sshfs``.
        source: what is mounted: ``/dev/sda1``, ``server:/export``.
    """

    point: str
    root: str
    kind: str
    source: str

    @property
    def network(self) -> bool:
        """Whether other machines write there too, and locks and shared memory can't be relied on."""
        return _NETWORK.fullmatch(self.kind) is not None


def parse_mounts(text: str) -> list[Mount]:
    """The mounts that a text in the format of proc_pid_mountinfo(5) lists; later ones hide earlier ones."""
    found: list[Mount] = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, behind = before.split(" "), after.split(" ")
        if len(fields) > 4 and len(behind) > 1:
            found.append(Mount(_plain(fields[4]), _plain(fields[3]), behind[0], _plain(behind[1])))
    return found


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


@functools.cache
def _mounts() -> tuple[Mount, ...]:
    try:
        text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ()
    return tuple(parse_mounts(text))


def mount_of(path: str, mounts: tuple[Mount, ...] | None = None) -> Mount | None:
    """The mount that a path lies on; None where the system doesn't say.

    Args:
        path: absolute; it needn't exist.
        mounts: all mounts; those of this process if not given.
    """
    best: Mount | None = None
    for mount in _mounts() if mounts is None else mounts:
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def server_name(path: str, mounts: tuple[Mount, ...] | None = None) -> tuple[str, str] | None:
    """(server, path on the server) of a file on a share: the same on all machines that mount it; None for
    what is local."""
    mount = mount_of(path, mounts)
    if mount is None or not mount.network:
        return None
    found = re.fullmatch(r"//(?P<host>[^/]+)(?P<path>/.*)?", mount.source) or re.fullmatch(
        r"(?:[^@/]*@)?(?P<host>\[[^\]]+\]|[^:/]+):(?P<path>/.*)?", mount.source
    )
    if found is None:
        return None
    root = mount.root if mount.kind in ("cifs", "smb3", "smbfs") else ""
    inside = os.path.relpath(path, mount.point)
    return found["host"], os.path.normpath(f"{found['path'] or '/'}/{root}/{inside}")
