"""On which file system a path lies, and whether other machines see it too."""

import os
import re
from pathlib import Path

import msgspec

# File systems that several machines use, and what people call them.
_SHARED = {
    "nfs": "NFS",
    "nfs3": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb2": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "ncpfs": "NCP",
    "lustre": "Lustre",
    "gpfs": "GPFS",
    "beegfs": "BeeGFS",
    "beegfs_nodev": "BeeGFS",
    "ceph": "CephFS",
    "fuse.ceph": "CephFS",
    "fuse.ceph-fuse": "CephFS",
    "afs": "AFS",
    "glusterfs": "GlusterFS",
    "fuse.glusterfs": "GlusterFS",
    "gfs2": "GFS2",
    "ocfs2": "OCFS2",
    "orangefs": "OrangeFS",
    "pvfs2": "OrangeFS",
    "panfs": "PanFS",
    "wekafs": "Weka",
    "fuse.sshfs": "SSHFS",
    "fuse.davfs": "WebDAV",
    "davfs": "WebDAV",
    "fuse.juicefs": "JuiceFS",
    "fuse.moosefs": "MooseFS",
    "fuse.mfs": "MooseFS",
    "fuse.seaweedfs": "SeaweedFS",
    "fuse.alluxio-fuse": "Alluxio",
    "fuse.hdfs": "HDFS",
    "fuse.fuse_dfs": "HDFS",
    "fuse.dbfs": "Databricks",
    "fuse.s3fs": "S3",
    "fuse.goofys": "S3",
    "fuse.mount-s3": "S3",
    "mountpoint-s3": "S3",
    "fuse.mountpoint-s3": "S3",
    "fuse.geesefs": "S3",
    "fuse.gcsfuse": "Google Cloud Storage",
    "gcsfuse": "Google Cloud Storage",
    "fuse.blobfuse": "Azure Blob Storage",
    "fuse.blobfuse2": "Azure Blob Storage",
    "blobfuse2": "Azure Blob Storage",
    "fuse.rclone": "rclone",
    "fuse.drive": "Google Drive",
    "fuse.google-drive-ocamlfuse": "Google Drive",
    "fuse.onedriver": "OneDrive",
}
# Mode bits on these are made up by who mounted them: what holds is what the server says.
_OF_THE_SERVER = (
    *("SMB", "WebDAV", "S3", "Google Cloud Storage", "Azure Blob Storage", "rclone", "Databricks", "Fabric"),
    *("Google Drive", "OneDrive"),
)
# FUSE file systems over disks of this machine, and directories that a host lends to its guest.
_LOCAL_FUSE = (
    *(
        "fuseblk",
        "fuse.ntfs-3g",
        "fuse.exfat",
        "fuse.mergerfs",
        "fuse.bindfs",
        "fuse.encfs",
        "fuse.gocryptfs",
    ),
    *("fuse.cryfs", "fuse.snapfuse", "fuse.squashfuse", "fuse.lxcfs", "fuse.portal", "fuse.fuse-overlayfs"),
    *("fuse.unionfs", "fuse.ext4", "fuse.zfs", "fuse.osxfs", "fuse.grpcfuse", "fuse.gvfsd-fuse"),
    "fuse.archivemount",
)
_LENT = ("9p", "virtiofs", "vboxsf", "fuse.grpcfuse", "fuse.osxfs")
# Where platforms put what all of a workspace share, whatever is mounted there.
_PLATFORMS = (
    ("/dbfs", "Databricks"),
    ("/Workspace/Shared", "Databricks"),
    ("/lakehouse/default", "Fabric"),
    ("/content/drive", "Google Drive"),
)


class Mount(msgspec.Struct, frozen=True):
    """Where a file system is mounted.

    Args:
        point: the directory.
        kind: its type, as the kernel names it.
        source: what is mounted there: a device, ``server:/export``.
        shared: what people call it, where other machines see it too; else empty.
        root: the directory of the file system that is mounted there.
    """

    point: str
    kind: str = ""
    source: str = ""
    shared: str = ""
    root: str = "/"

    @property
    def server_decides(self) -> bool:
        """Whether mode bits say nothing of who can read."""
        return self.shared in _OF_THE_SERVER

    @property
    def network(self) -> bool:
        """Whether locks and shared memory can't be relied on: a share, or what a host lends to its guest."""
        return bool(self.shared) or self.kind in _LENT


def shared_name(kind: str) -> str:
    """What a type of file systems that machines share is called; empty for one of this machine."""
    known = _SHARED.get(kind)
    if known is not None:
        return known
    if kind.startswith("fuse.") and kind not in _LOCAL_FUSE:
        return kind.removeprefix("fuse.") + " (FUSE)"
    return ""


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts of proc_pid_mountinfo(5), in order: of two at one place, the later is seen."""
    found = []
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not dash or len(fields) < 5 or len(rest) < 2:
            continue
        kind = rest[0]
        point, root, source = (_unescaped(field) for field in (fields[4], fields[3], rest[1]))
        found.append(Mount(point, kind, source, shared_name(kind), root))
    return tuple(found)


def mount_of(path: str, mounts: tuple[Mount, ...] | None = None) -> Mount | None:
    """The mount that a path lies on.

    Args:
        path: absolute.
        mounts: all there are; None takes those of this machine.

    Returns:
        None where nothing says: a system without ``/proc``.
    """
    best: Mount | None = None
    for mount in machine_mounts() if mounts is None else mounts:
        point = mount.point.rstrip("/")
        if (path == point or path.startswith(point + "/")) and (
            best is None or len(mount.point) >= len(best.point)
        ):
            best = mount
    if best is None or best.point == "/":
        for top, name in _PLATFORMS:
            if path == top or path.startswith(top + "/"):
                return Mount(top, "", "", name)
    return best


def server_name(path: str, mounts: tuple[Mount, ...] | None = None) -> tuple[str, str] | None:
    """(server, path on the server) of a file on a share: the same on all machines that mount it; None for
    what is local, and where the mount doesn't tell.

    Args:
        path: absolute.
        mounts: as of `mount_of`.
    """
    mount = mount_of(path, mounts)
    if mount is None or not mount.network:
        return None
    found = re.fullmatch(r"//(?P<host>[^/]+)(?P<path>/.*)?", mount.source) or re.fullmatch(
        r"(?:[^@/]*@)?(?P<host>\[[^\]]+\]|[^:/]+):(?P<path>/.*)?", mount.source
    )
    if found is None:
        return None
    root = mount.root if mount.shared == "SMB" else ""
    inside = os.path.relpath(path, mount.point)
    return found["host"], os.path.normpath(f"{found['path'] or '/'}/{root}/{inside}")


def machine_mounts() -> tuple[Mount, ...]:
    """The mounts of this machine; none where unknown."""
    try:
        text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ()
    return parse_mounts(text)


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)
