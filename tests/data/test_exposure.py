"""Who can read an output: each question by itself, then in words, on real files, groups and lists."""

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.analyse import analyse
from nbdebt.config import load_settings
from nbdebt.data.exposure.acl import Acl, acl_of, parse_acl
from nbdebt.data.exposure.bits import rights_of, umask
from nbdebt.data.exposure.circle import Circle, both, others
from nbdebt.data.exposure.members import Accounts, _is_local
from nbdebt.data.exposure.mounts import Mount, mount_of, parse_mounts, shared_name
from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.data.exposure.remote import database_file, of_connection, of_url
from nbdebt.data.exposure.served import served_directory
from nbdebt.data.exposure.tracked import Tracked, remote_of
from nbdebt.data.versions import Resolver
from nbdebt.model.finding import Finding
from nbdebt.model.history import File, Table, Url
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.rules import catalogue
from nbdebt.rules.surroundings import Surroundings

ADA, BOB, EVE, KIM = 2001, 2002, 2003, 2004
ADAS, TEAM, PAIR, ALONE = 3001, 3002, 3003, 3004
PASSWD = f"""root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
ada:x:{ADA}:{ADAS}:Ada:/home/ada:/bin/bash
bob:x:{BOB}:{TEAM}:Bob:/home/bob:/bin/zsh
eve:x:{EVE}:{TEAM}:Eve:/home/eve:/bin/bash
kim:x:{KIM}:{TEAM}::/home/kim:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
a line that is none
"""
GROUP = f"""root:x:0:
ada:x:{ADAS}:
ds-team:x:{TEAM}:ada
pair:x:{PAIR}:ada,bob
alone:x:{ALONE}:ada
"""
TOWN = Accounts(PASSWD, GROUP)
SINGLE = Accounts(PASSWD.split("\n")[0] + f"\nada:x:{ADA}:{ADAS}:Ada:/home/ada:/bin/bash\n", GROUP)
HERE = (Mount("/", "ext4", "/dev/sda1"),)
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files to others"
)


# Who is who


def test_members_are_those_listed_and_those_whose_own_group_it_is() -> None:
    assert TOWN.group(TEAM).members == {"ada", "bob", "eve", "kim"}
    assert TOWN.group(ADAS).members == {"ada"}
    assert TOWN.people() == {"ada", "bob", "eve"}, "nobody logs in to a closed account"
    assert TOWN.name(4711) == "account 4711"
    unknown = TOWN.group(4711)
    assert (unknown.name, unknown.members, unknown.complete) == ("group 4711", frozenset(), False)


@pytest.mark.parametrize(
    ("nsswitch", "local"),
    [
        ("", True),
        ("passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n", True),
        ("passwd: files sss\ngroup: files sss\n", False),
        ("passwd:\tcompat winbind # domain\n", False),
        ("# passwd: files ldap\nhosts: files dns\n", True),
    ],
)
def test_directory_services(nsswitch: str, local: bool) -> None:
    assert _is_local(nsswitch) == local


# Lists


def acl_bytes(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


BOBS = acl_bytes(
    (1, 6, 0xFFFFFFFF),
    (2, 7, BOB),
    (4, 6, 0xFFFFFFFF),
    (8, 4, PAIR),
    (0x10, 5, 0xFFFFFFFF),
    (0x20, 0, 0xFFFFFFFF),
)


def test_a_list_as_the_kernel_keeps_it() -> None:
    assert parse_acl(BOBS) == Acl(6, 4, 0, ((BOB, 5),), ((PAIR, 4),)), "the mask is taken off"
    for bad in (b"", b"\2\0\0", b"\1\0\0\0", BOBS + b"x", acl_bytes((3, 7, 0))):
        assert parse_acl(bad) is None


@given(st.binary(max_size=60))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    parse_acl(data)
    parse_acl(b"\2\0\0\0" + data)


# Circles

ALL, TEAMS, PAIRS = Circle(True), Circle(gids=frozenset((TEAM,))), Circle(gids=frozenset((PAIR,)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ALL, TEAMS, TEAMS),
        (TEAMS, ALL, TEAMS),
        (TEAMS, TEAMS, TEAMS),
        (TEAMS, PAIRS, PAIRS),
        (Circle(uids=frozenset((BOB, KIM))), PAIRS, Circle(uids=frozenset((BOB,)))),
        (Circle(uids=frozenset((BOB,))), Circle(uids=frozenset((EVE,))), Circle()),
        (TEAMS, Circle(), Circle()),
    ],
)
def test_who_is_in_both(one: Circle, other: Circle, expected: Circle) -> None:
    assert both(one, other, TOWN) == expected
    assert both(other, one, TOWN) == expected


def test_nobody_else() -> None:
    assert others(Circle(True, frozenset((0, ADA)), frozenset((0, ADAS, ALONE))), ADA, TOWN) == Circle(True)
    assert others(Circle(True), ADA, SINGLE) == Circle(), "with one person, everybody is the owner"
    assert others(Circle(gids=frozenset((4711,))), ADA, TOWN) == Circle(gids=frozenset((4711,)))


# Mounts

MOUNTS = parse_mounts(
    r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:50 / /proj rw,relatime shared:9 - nfs4 filer:/export/proj rw,vers=4.2
31 30 8:2 / /proj/scratch rw - xfs /dev/sdb1 rw
32 21 0:51 / /mnt/my\040share rw - cifs //nas/share rw
33 21 0:52 / /mnt/c rw - 9p drvfs rw
34 21 0:53 / /home/ada/bucket rw - fuse.s3fs s3fs rw
35 21 0:54 / /media/stick rw - fuseblk /dev/sdc1 rw
36 21 0:55 / /lustre rw - lustre mds@tcp:/lustre rw
37 21 0:56 / /dbfs rw - fuse.dbfs dbfs rw
38 21 8:3 / /over rw - ext4 /dev/sdd1 rw
39 38 0:57 / /over rw - nfs filer:/over rw
a line that is none
"""
)


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/proj/x.csv", "NFS"),
        ("/project/x.csv", ""),
        ("/proj/scratch/x.csv", ""),
        ("/mnt/my share/x.csv", "SMB"),
        ("/mnt/c/Users/ada/x.csv", ""),
        ("/home/ada/bucket/x.csv", "S3"),
        ("/media/stick/x.csv", ""),
        ("/lustre/x.csv", "Lustre"),
        ("/dbfs/FileStore/x.csv", "Databricks"),
        ("/over/x.csv", "NFS"),
        ("/content/drive/MyDrive/x.csv", "Google Drive"),
    ],
)
def test_mounts(path: str, shared: str) -> None:
    found = mount_of(path, MOUNTS)
    assert found is not None and found.shared == shared


def test_unknown_fuse_file_systems_are_taken_for_shared() -> None:
    assert shared_name("fuse.ourfs") == "ourfs (FUSE)"
    assert shared_name("fuse.mergerfs") == shared_name("overlay") == shared_name("tmpfs") == ""
    assert mount_of("/x", ()) is None


# Web directories, buckets, databases


@pytest.mark.parametrize(
    ("path", "home", "directory"),
    [
        ("/var/www/html/x.csv", "", "/var/www"),
        ("/home/ada/public_html/a/x.csv", "", "/home/ada/public_html"),
        ("/inst/people/ada/public_html/x.csv", "", "/inst/people/ada/public_html"),
        ("/home/ada/Sites/x.csv", "", "/home/ada/Sites"),
        ("/inst/ada/WWW/x.csv", "/inst/ada", "/inst/ada/WWW"),
        ("/home/ada/project/Sites/x.csv", "/home/ada", ""),
        ("/home/ada/public_html.csv", "", ""),
        ("/var/wwwx/x.csv", "", ""),
    ],
)
def test_served(path: str, home: str, directory: str) -> None:
    assert served_directory(path, home) == directory


@pytest.mark.parametrize(
    ("url", "readers", "words"),
    [
        ("s3://team/x.csv", "unknown", "readable by whom the bucket `team` lets in: its policy decides"),
        ("abfss://raw@acme.dfs.core.windows.net/x", "unknown", "the container `raw`"),
        ("https://b.s3.amazonaws.com/x?X-Amz-Signature=SECRET", "everyone", "whoever has this address"),
        ("https://a.blob.core.windows.net/c/x?sv=1&sig=SECRET", "everyone", "whoever has this address"),
        ("https://ada:SECRET@example.org/x", "unknown", "`example.org`"),
        ("hf://datasets/ada/x", "unknown", "everybody, unless it is a private repository"),
        ("strange:thing", "unknown", "can't be known"),
        ("http://[", "unknown", "can't be known"),
    ],
)
def test_addresses(url: str, readers: str, words: str) -> None:
    found = of_url(url)
    assert found.readers == readers and words in found.words
    assert "SECRET" not in found.words


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ("postgresql://ada:SECRET@db.example.org:5432/churn", "the database `churn` on `db.example.org`"),
        ("mysql://localhost/churn", "the database server of this machine"),
        ("engine", "the connection is computed"),
        ("sqlite:///:memory:", None),
        (":memory:", None),
    ],
)
def test_databases(connection: str, words: str | None) -> None:
    found = of_connection(connection)
    assert (found is None) == (words is None)
    if found is not None and words is not None:
        assert words in found.words and "SECRET" not in found.words and found.readers == "unknown"


def test_a_database_that_is_a_file_is_a_file(tmp_path: Path) -> None:
    assert database_file("sqlite:///data/x.db") == "data/x.db"
    assert database_file("sqlite:////abs/x.db?mode=ro") == "/abs/x.db"
    assert database_file("x.duckdb") == "x.duckdb"
    assert database_file("postgresql://h/x.db") == database_file("engine") == ""
    seen = Onlooker(SINGLE, HERE).of(Table("t", "sqlite:///x.db"), tmp_path)
    assert seen is not None and seen.words.startswith("readable by")


@given(
    st.text(max_size=40), st.sampled_from(["", "s3://", "https://", "postgresql://", "sqlite:///", "x://"])
)
def test_no_address_is_too_strange(text: str, start: str) -> None:
    assert "\0" not in of_url(start + text).words or "\0" in text
    of_connection(start + text)
    database_file(start + text)


# Files


def made(path: Path, mode: int, uid: int = ADA, gid: int = ADAS) -> Path:
    """A file, or a directory where the name has no suffix."""
    if path.suffix:
        path.write_text("a\n")
    else:
        path.mkdir(exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)
    return path


@pytest.fixture
def top() -> Iterator[Path]:
    """A directory that everybody can enter: those that pytest makes, nobody else can."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(os.path.realpath(name))
        if not all(above.stat().st_mode & 0o001 for above in directory.parents):
            pytest.skip("no directory here that others can enter")
        directory.chmod(0o755)
        yield directory


WORDS = [
    # mode and group of the directory, of the file: who reads it, who overwrites it, in words, worth telling
    (
        0o755,
        ADAS,
        0o644,
        ADAS,
        "everyone",
        "owner",
        "readable by everybody on this machine (3 accounts)",
        False,
    ),
    (0o700, ADAS, 0o644, ADAS, "owner", "owner", "readable by its owner only", False),
    (0o755, ADAS, 0o600, ADAS, "owner", "owner", "readable by its owner only", False),
    (0o755, ADAS, 0o640, ADAS, "owner", "owner", "readable by its owner only", False),
    (0o755, ADAS, 0o640, ALONE, "owner", "owner", "readable by its owner only", False),
    (0o750, TEAM, 0o644, ADAS, "some", "owner", "readable by the 4 members of `ds-team`", True),
    (0o750, TEAM, 0o640, PAIR, "some", "owner", "readable by the 2 members of `pair`", True),
    (0o710, TEAM, 0o640, TEAM, "some", "owner", "readable by the 4 members of `ds-team`", True),
    (0o740, TEAM, 0o644, TEAM, "owner", "owner", "readable by its owner only", False),
    (
        *(0o2770, TEAM, 0o660, TEAM, "some", "some"),
        *("readable by the 4 members of `ds-team`, who can overwrite it, too", True),
    ),
    (
        *(0o755, ADAS, 0o664, TEAM, "everyone", "some"),
        *(
            "readable by everybody on this machine (3 accounts), and can be overwritten by the 4 members of "
            "`ds-team`",
            True,
        ),
    ),
    (0o755, ADAS, 0o640, 4711, "some", "owner", "readable by the members of `group 4711`", True),
]


@as_root
@pytest.mark.parametrize(("above", "of", "mode", "gid", "readers", "writers", "words", "notable"), WORDS)
def test_files_in_words(
    top: Path, above: int, of: int, mode: int, gid: int, readers: str, writers: str, words: str, notable: bool
) -> None:
    directory = made(top / "out", above, gid=of)
    file = made(directory / "x.csv", mode, gid=gid)
    seen = Onlooker(TOWN, HERE).of_file(str(file))
    assert (seen.readers, seen.writers, seen.words, seen.notable) == (readers, writers, words, notable)


@as_root
def test_all_directories_above_count(top: Path) -> None:
    closed = made(top / "closed", 0o700)
    deep = made(made(closed / "a", 0o755) / "b", 0o777)
    file = made(deep / "x.csv", 0o666)
    seen = Onlooker(TOWN, HERE).of_file(str(file))
    assert (seen.readers, seen.writers, seen.notable) == ("owner", "owner", False)
    closed.chmod(0o755)
    again = Onlooker(TOWN, HERE).of_file(str(file))
    assert (again.readers, again.writers, again.notable) == ("everyone", "everyone", True)


@as_root
def test_lists_count_on_files_and_directories(top: Path) -> None:
    file = made(made(top / "out", 0o711) / "x.csv", 0o600)
    try:
        os.setxattr(file, "system.posix_acl_access", BOBS)
    except OSError as error:
        pytest.skip(f"no access control lists here: {error.strerror}")
    assert acl_of(str(file)) is not None
    seen = Onlooker(TOWN, HERE).of_file(str(file))
    assert (seen.readers, seen.words) == ("some", "readable by the 2 members of `pair` and `bob`")
    (top / "out").chmod(0o700)
    assert Onlooker(TOWN, HERE).of_file(str(file)).readers == "owner"


@as_root
def test_a_file_that_is_not_there_yet_is_as_it_would_be_made(top: Path) -> None:
    shared = made(top / "shared", 0o2750, gid=TEAM)
    seen = rights_of(str(shared / "x.csv"), TOWN)
    assert seen is not None and not seen.exists and seen.gid == TEAM, (
        "as the directory's set-group-id bit says"
    )
    assert Onlooker(TOWN, HERE).of_file(str(shared / "new" / "x.csv")).readers == "some"


@as_root
def test_who_looks_is_not_who_writes(top: Path) -> None:
    project = made(top / "project", 0o755)
    seen = rights_of(str(project / "x.csv"), TOWN)
    assert seen is not None and seen.owner == ADA, "not root, who is asking here"
    assert Onlooker(TOWN, HERE).of_file(str(project / "x.csv")).writers == "owner"


def test_with_one_person_on_the_machine_nobody_else_reads(top: Path) -> None:
    (top / "x.csv").write_text("a")
    account = f"me:x:{top.stat().st_uid}:{top.stat().st_gid}::/home/me:/bin/sh\n"
    seen = Onlooker(Accounts(account, ""), HERE).of_file(str(top / "x.csv"))
    assert (seen.readers, seen.notable) == ("owner", False)


@as_root
def test_on_a_shared_mount(top: Path) -> None:
    mounts = (*HERE, Mount(str(top), "nfs4", "filer:/x", "NFS"))
    team = made(made(top / "team", 0o2770, gid=TEAM) / "x.csv", 0o640, gid=TEAM)
    assert Onlooker(TOWN, mounts).of_file(str(team)).words == (
        "readable by the 4 members of `ds-team`, who can overwrite it, too, on a shared mount (NFS)"
    )
    open_ = made(made(top / "open", 0o755) / "x.csv", 0o644)
    seen = Onlooker(TOWN, mounts).of_file(str(open_))
    assert (
        seen.words == "readable by everybody who has an account where it is mounted, on a shared mount (NFS)"
    )
    assert seen.notable and seen.places == ("mount",)
    own = made(made(top / "own", 0o700) / "x.csv", 0o644)
    assert not Onlooker(TOWN, mounts).of_file(str(own)).notable
    smb = (*HERE, Mount(str(top), "cifs", "//nas/x", "SMB"))
    assert Onlooker(TOWN, smb).of_file(str(own)).readers == "unknown", "its bits are made up"


def test_where_nothing_is_nothing_is_known(tmp_path: Path) -> None:
    seen = Onlooker(TOWN, HERE).of_file("/nowhere/at/all/x.csv")
    assert (seen.readers, seen.notable) == ("unknown", False) and "unknown" in seen.words
    for resource in (File("{name}.csv"), File("<unknown>"), Table("t", ":memory:")):
        assert Onlooker(TOWN, HERE).of(resource, tmp_path) is None
    assert Onlooker(TOWN, HERE).of(Url("s3://b/x"), tmp_path) == of_url("s3://b/x")


def test_the_umask_is_read_and_not_set() -> None:
    before = os.umask(0o027)
    try:
        expected = 0o027 if Path("/proc/self/status").exists() else 0o022
        assert umask() == expected
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="Linux has it")
def test_temporary_directories() -> None:
    seen = Onlooker(TOWN, HERE).of_file("/dev/shm/nbdebt-test.csv")
    assert "temporary" in seen.places or not os.stat("/dev/shm").st_mode & 2


# git


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("git@github.com:acme/churn.git", "github.com/acme/churn"),
        ("https://ada:SECRET@git.example.org:8443/acme/churn.git/", "git.example.org/acme/churn.git"),
        ("https://github.com/acme/churn", "github.com/acme/churn"),
        ("ssh://git@host/~ada/x.git", "host/~ada/x"),
        ("../elsewhere", ""),
    ],
)
def test_where_a_repository_is_pushed(repository: Any, url: str, goes: str) -> None:
    repository.git("remote", "add", "fork", "https://example.org/fork")
    repository.git("remote", "add", "origin", url)
    assert remote_of(str(repository.root)).removesuffix(".git") == goes.removesuffix(".git")
    assert "SECRET" not in remote_of(str(repository.root))


def test_what_git_tracks_goes_where_it_is_pushed(repository: Any) -> None:
    repository.write("kept.csv")
    repository.commit("kept.csv")
    loose = repository.write("loose.csv")
    asked = Tracked()
    asked.foresee([str(repository.root / "kept.csv"), str(loose)])
    assert asked.tracked(str(repository.root / "kept.csv")) == ""
    assert asked.tracked(str(loose)) is None
    assert asked.tracked(str(repository.root / "absent.csv")) is None
    repository.git("remote", "add", "origin", "git@github.com:acme/churn.git")
    seen = Onlooker(TOWN, HERE, git=True).of_file(str(repository.root / "kept.csv"))
    assert seen.words.endswith(", tracked by git, and pushed to github.com/acme/churn")
    linked = repository.root.parent / "linked"
    repository.git("worktree", "add", "-q", str(linked))
    assert remote_of(str(linked)) == "github.com/acme/churn"
    assert Tracked().tracked(str(linked / "kept.csv")) == "github.com/acme/churn"
    assert Tracked().tracked("/nowhere/x.csv") is None


# What the rules make of it


def asked(code: str, directory: Path, source: str, mounts: tuple[Mount, ...]) -> list[Finding]:
    """What a rule says of a notebook with one cell, in a town of three people."""
    notebook = Notebook(str(directory / "a.ipynb"), (Cell(0, "c0", "code", source),))
    settings = load_settings(directory, None, True)
    result = analyse(notebook, settings, frozenset()).result
    seen = Surroundings(
        result, directory, settings, {}, {}, {}, Resolver().versioned, lambda: Onlooker(TOWN, mounts)
    )
    seen.rule = catalogue()[code]
    return list(seen.rule.check(seen))


@as_root
@pytest.mark.parametrize(
    ("mode", "gid", "shared", "severity", "reached"),
    [
        (0o755, ADAS, False, "note", ""),
        (0o700, ADAS, True, "note", ""),
        (0o2750, TEAM, False, "note", ", readable by the 4 members of `ds-team`,"),
        (
            *(0o2750, TEAM, True, "warning"),
            ", readable by the 4 members of `ds-team`, on a shared mount (NFS),",
        ),
    ],
)
def test_an_output_in_the_project_that_others_come_across(
    top: Path, mode: int, gid: int, shared: bool, severity: str, reached: str
) -> None:
    project = made(top / "project", mode, gid=gid)
    made(project / "x.csv", 0o644, gid=gid)
    mounts = (*HERE, Mount(str(top), "nfs4", "filer:/x", "NFS")) if shared else HERE
    (found,) = asked("NBD301", project, "open('x.csv', 'w').write('a')", mounts)
    assert found.severity == severity
    assert found.message == f"`x.csv` is left in the project{reached or ','} and nothing says who needs it"
