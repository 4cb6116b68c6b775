"""What data sets are called, and on which file systems they lie."""

from pathlib import Path

import pytest

from nbdebt.data.exposure.mounts import mount_of, parse_mounts, server_name
from nbdebt.ledger.names import DatasetName, dataset_named, dataset_of
from nbdebt.model.history import File, Name, Resource, Table, Url

HERE = Path("/project")
NAMED: list[tuple[Resource, tuple[str, str] | None]] = [
    (File("a.csv"), ("file", "/project/a.csv")),
    (File("../b/./a.csv"), ("file", "/b/a.csv")),
    (File("/data/a.csv"), ("file", "/data/a.csv")),
    (File("out/{i}.csv"), None),
    (File("<unknown>"), None),
    (Url("s3://bucket/a/b.csv"), ("s3://bucket", "a/b.csv")),
    (Url("s3a://bucket/a/b.csv"), ("s3://bucket", "a/b.csv")),
    (Url("gcs://bucket/a"), ("gs://bucket", "a")),
    (Url("https://h/a/b.csv?x=1"), ("https://h", "/a/b.csv")),
    (Url("file:///data/a%20b.csv"), ("file", "/data/a b.csv")),
    (Url("hdfs://node:8020/a"), ("hdfs://node:8020", "/a")),
    (Url("no address"), None),
    (Table("t", "postgresql+psycopg2://u:p@h/db"), ("postgres://h:5432", "db.public.t")),
    (Table("s.t", "postgresql://h:6000/db"), ("postgres://h:6000", "db.s.t")),
    (Table("t", "mysql://h/db"), ("mysql://h:3306", "db.t")),
    (Table("t", "host=h dbname=d"), ("postgres://h:5432", "d.public.t")),
    (Table("t", "sqlite:///a.db"), ("file", "/project/a.db#t")),
    (Table("t", "sqlite:////data/a.db"), ("file", "/data/a.db#t")),
    (Table("t", "sqlite://"), None),
    (Table("t", "sqlite:///:memory:"), None),
    (Table("t", "a.db"), ("file", "/project/a.db#t")),
    (Table("t", "/data/a.duckdb"), ("file", "/data/a.duckdb#t")),
    (Table("t", ""), ("sql", "t")),
    (Table("select a from t where b = 'x'", ""), ("sql", "select a from t where b = ?")),
    (Name("x"), None),
]


@pytest.mark.parametrize(("resource", "name"), NAMED, ids=lambda v: str(v))
def test_data_sets_have_one_name(resource: Resource, name: tuple[str, str] | None) -> None:
    assert dataset_of(resource, HERE) == name


@pytest.mark.parametrize(
    "name", [DatasetName(*name) for _, name in NAMED if name and name[0] != "sql"], ids=str
)
def test_what_a_list_shows_can_be_asked_for(name: DatasetName) -> None:
    assert dataset_named(name.label, HERE) == name


MOUNTS = tuple(
    parse_mounts(
        """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:2 - nfs4 files.example.org:/export/home rw,vers=4.2
31 22 0:41 / /mnt/my\\040share rw shared:3 - cifs //files/team rw
32 22 0:42 / /mnt/ssh rw - fuse.sshfs ada@box:/srv/data rw
33 30 0:43 / /home/ada/local rw - tmpfs tmpfs rw
34 22 0:44 / /scratch rw - lustre mds@tcp:/fs rw
35 22 0:45 / /overlay rw - fuse.fuse-overlayfs overlay rw
36 22 0:46 / /dbfs rw - fuse.dbfs dbfs rw
garbage
"""
    )
)


@pytest.mark.parametrize(
    ("path", "kind", "network", "server"),
    [
        ("/etc/x", "ext4", False, None),
        ("/home/ada/x.csv", "nfs4", True, ("files.example.org", "/export/home/ada/x.csv")),
        ("/home/ada/local/x.csv", "tmpfs", False, None),
        ("/mnt/my share/a/x.csv", "cifs", True, ("files", "/team/a/x.csv")),
        ("/mnt/ssh/x.csv", "fuse.sshfs", True, ("box", "/srv/data/x.csv")),
        ("/scratch/x.csv", "lustre", True, ("tcp", "/fs/x.csv")),
        ("/overlay/x", "fuse.fuse-overlayfs", False, None),
        ("/dbfs/x", "fuse.dbfs", True, None),
        ("/homeless/x", "ext4", False, None),
    ],
)
def test_mounts(path: str, kind: str, network: bool, server: tuple[str, str] | None) -> None:
    mount = mount_of(path, MOUNTS)
    assert mount is not None and (mount.kind, mount.network) == (kind, network)
    assert server_name(path, MOUNTS) == server


def test_one_file_system_seen_through_two_mounts_has_one_name() -> None:
    here = parse_mounts("30 22 0:40 / /home rw - nfs4 files:/export/home rw")
    there = parse_mounts("30 22 0:40 / /u rw - nfs files:/export/home rw")
    assert server_name("/home/ada/x", tuple(here)) == server_name("/u/ada/x", tuple(there))
