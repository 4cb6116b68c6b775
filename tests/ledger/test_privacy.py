"""What must not reach the disk: credentials, queries of addresses, literals of SQL, and names of people."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbdebt.ledger.entries import Accessed, Began
from nbdebt.ledger.names import dataset_of
from nbdebt.ledger.people import actor_of, host_of
from nbdebt.ledger.privacy import clean_address, clean_connection, clean_sql
from nbdebt.ledger.writer import Writer
from nbdebt.model.history import File, Resource, Table, Url

ADDRESSES = [
    ("https://u:pw@h/x.csv?sig=s#f", "https://h/x.csv"),
    ("https://h:8080/x;jsessionid=1/y", "https://h:8080/x"),
    ("https://token@h/x", "https://h/x"),
    ("https://h/@scope/pkg/x.csv", "https://h/@scope/pkg/x.csv"),
    ("postgresql://u:p@ss@h:5432/db", "postgresql://h:5432/db"),
    ("postgresql://u:p/ss@h/db", "postgresql://h/db"),
    ("postgresql://u:12/34@h/db", "postgresql://h/db"),
    ("postgresql://u:p?ss@h/db", "postgresql://h/db"),
    ("postgresql://u:p#ss@h/db", "postgresql://h/db"),
    ("postgresql://u:half", "postgresql://"),
    ("s3://key:secret@bucket/k", "s3://bucket/k"),
    ("s3://bucket/k?versionId=1", "s3://bucket/k"),
    ("abfss://box@acc.dfs.core.windows.net/p", "abfss://box@acc.dfs.core.windows.net/p"),
    ("simplecache::https://u:p@h/x?t=1", "simplecache::https://h/x"),
    ("zip://a.csv::https://u:p@h/x.zip?t=1", "zip://a.csv::https://h/x.zip"),
    ("/vsicurl/https://u:p@h/x.tif?sig=1", "/vsicurl/https://h/x.tif"),
    ("https%3A%2F%2Fu%3Ap%40h%2Fx", "https://h/x"),
    ("http://[::1]:80/x", "http://[::1]:80/x"),
    ("a/plain?path;x", "a/plain?path;x"),
]


@pytest.mark.parametrize(("given", "cleaned"), ADDRESSES)
def test_addresses_are_cut(given: str, cleaned: str) -> None:
    assert clean_address(given) == cleaned


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("postgresql://u:p@h/db?password=x", "postgresql://h/db"),
        ("host=h port=5432 dbname=d user=u password=p", "host=h port=5432 dbname=d"),
        (
            "Driver={SQL Server};Server=h,1433;Database=d;Uid=u;Pwd=p;",
            "driver=SQL Server server=h,1433 database=d",
        ),
        ("warehouse", "warehouse"),
        ("some words with a secret", ""),
        ("", ""),
    ],
)
def test_connections_are_cut(given: str, cleaned: str) -> None:
    assert clean_connection(given) == cleaned


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("select a from t where b = 'it''s' and c=12", "select a from t where b = ? and c=?"),
        ("select 1 -- secret\nfrom t /* more */", "select ? from t"),
        (r"select E'a\'b', $x$se$cret$x$ from t2", "select ?, ? from t2"),
        ("select 'never closed", "select ?"),
        ("select * from t /* never closed", "select * from t"),
    ],
)
def test_statements_lose_their_literals(given: str, cleaned: str) -> None:
    assert clean_sql(given) == cleaned


SECRET = "x5ecr3tx"
_noise = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
_word = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_scheme = st.sampled_from(
    ["https", "http", "ftp", "s3", "gs", "postgresql", "mysql+pymysql", "mssql", "hdfs"]
)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address that bears a secret as a password, a user, a query, a parameter or a fragment."""
    scheme, host, path = draw(_scheme), draw(_word), "/" + "/".join(draw(st.lists(_word, max_size=3)))
    before, after = draw(_noise), draw(_noise)
    secret = f"{before}{SECRET}{after}".replace(" ", "")
    match draw(st.integers(0, 4)):
        case 0:
            return f"{scheme}://{draw(_word)}:{secret}@{host}{path}"
        case 1:
            name = "".join(c for c in secret if c not in "/?#\\:;@" and not c.isspace())
            return f"{scheme}://{name}@{host}{path}"
        case 2:
            return f"{scheme}://{host}{path}?{draw(_word)}={secret}"
        case 3:
            return f"{scheme}://{host}{path};{draw(_word)}={secret}"
        case _:
            return f"{scheme}://{host}{path}#{secret}"


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    """Anything that an address can be part of."""
    address = draw(addresses())
    match draw(st.integers(0, 5)):
        case 0:
            return Url(address)
        case 1:
            return Table(draw(_word), address)
        case 2:
            return File(f"/vsicurl/{address}")
        case 3:
            return Url(f"filecache::{address}")
        case 4:
            return Table(f"select * from {draw(_word)} where a = '{SECRET}'", address)
        case _:
            return Table(draw(_word), f"host={draw(_word)} dbname=d user={SECRET} password={SECRET}")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(resources())
@example(Url(f"https://u:{SECRET}\\@h/x"))
@example(Table("t", f"postgresql://u:1?{SECRET}@h/db"))
def test_no_secret_reaches_the_disk(resource: Resource) -> None:
    name = dataset_of(resource, Path("/work"))
    if name is None:
        return
    with tempfile.TemporaryDirectory() as place:
        writer = Writer(Path(place), Began("s", "/n.ipynb", "2026-11-23T10:00:00.000Z"))
        writer.write([Accessed(1, "read", name.ns, name.name, "2026-11-23T10:00:01.000Z")])
        assert not writer.failure
        assert SECRET.encode() not in writer.file.read_bytes()


def test_people_are_named_as_they_wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert actor_of("name") == "ada" and host_of("name")
    assert actor_of("none") == host_of("none") == host_of("pseudonym") == ""
    first = actor_of("pseudonym", tmp_path)
    assert first == actor_of("pseudonym", tmp_path) and first.startswith("p-") and "ada" not in first
    assert first != actor_of("pseudonym", tmp_path / "another")
    file = tmp_path / "nbdebt" / "pseudonym"
    assert file.stat().st_mode & 0o777 == 0o600 and [p.name for p in file.parent.iterdir()] == ["pseudonym"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert actor_of("pseudonym", blocked) == ""
