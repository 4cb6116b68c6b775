"""Who can read a table, asked of a real PostgreSQL server."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli
from nbdebt.model.errors import NbdebtError

sa = pytest.importorskip("sqlalchemy")
from nbdebt.data.exposure.grants import granted  # noqa: E402

ROLES = ("ada", "bob", "eve", "kim", "noone")


@pytest.fixture
def shop(postgres_url: str) -> str:
    """A database in which ada owns tables, and what others may do differs from one to the next."""
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def run(*statements: str) -> None:
            for statement in statements:
                connection.execute(sa.text(statement))

        known = {row[0] for row in connection.execute(sa.text("SELECT rolname FROM pg_roles"))}
        for role in ROLES:
            if role not in known:
                run(f"CREATE ROLE {role} LOGIN")
        if "analysts" not in known:
            run("CREATE ROLE analysts", "GRANT analysts TO bob, eve")
        for table in ("own", "team", "everybody", "part", "rows", '"Odd Name"'):
            run(f"CREATE TABLE {table} (a int, b int)", f"ALTER TABLE {table} OWNER TO ada")
        run(
            "GRANT SELECT ON team TO analysts",
            "GRANT UPDATE ON team TO bob",
            "GRANT SELECT ON everybody TO PUBLIC",
            "GRANT SELECT (a) ON part TO kim",
            "GRANT SELECT ON rows TO kim",
            "ALTER TABLE rows ENABLE ROW LEVEL SECURITY",
            "CREATE SCHEMA closed",
            "CREATE TABLE closed.t (a int)",
            "GRANT SELECT ON closed.t TO PUBLIC",
        )
    engine.dispose()
    return postgres_url


ANSWERS = [
    ("own", "owner", "owner", "readable by its owner only (owner: `ada`)"),
    ("team", "some", "some", "readable by `bob` and `eve`, and can be changed by `bob` (owner: `ada`)"),
    (
        *("everybody", "everyone", "owner"),
        "readable by everybody who can log in to the database (4 besides its owner) (owner: `ada`)",
    ),
    ("part", "some", "owner", "readable by its owner only, some of its columns by `kim` (owner: `ada`)"),
    ("rows", "some", "owner", "readable by `kim`, row by row as its policies say (owner: `ada`)"),
    ("Odd Name", "owner", "owner", "readable by its owner only (owner: `ada`)"),
    (
        "public.team",
        "some",
        "some",
        "readable by `bob` and `eve`, and can be changed by `bob` (owner: `ada`)",
    ),
    ("closed.t", "owner", "owner", "readable by its owner only (owner: `owner`)"),
]


def test_grants_in_words(shop: str) -> None:
    for table, readers, writers, words in ANSWERS:
        found = granted(shop, table)
        assert (table, found.readers, found.writers, found.words) == (table, readers, writers, words)
        assert found.places == ("database",) and found.notable == (readers != "owner")


def test_the_command(shop: str) -> None:
    done = CliRunner().invoke(cli, ["exposure", f"{shop}#team", "--grants", "--format", "json"])
    assert done.exit_code == 0, done.output
    (target,) = json.loads(done.stdout)["targets"]
    assert target["exposure"]["readers"] == "some"
    without = CliRunner().invoke(cli, ["exposure", f"{shop}#team"])
    assert "its grants decide" in without.output


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://ada:geheim@h/db", "PostgreSQL only"),
        ("nonsense", "no address"),
        ("postgresql://ada:geheim@127.0.0.1:1/db", "127.0.0.1"),
    ],
)
def test_what_can_t_be_asked_is_said_without_a_password(address: str, said: str) -> None:
    if address.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(NbdebtError) as told:
        granted(address, "t")
    assert said in str(told.value) and "geheim" not in str(told.value)


def test_no_such_table(shop: str) -> None:
    with pytest.raises(NbdebtError, match="there is no table 'absent'"):
        granted(shop, "absent")
    with pytest.raises(NbdebtError):
        granted(shop, "team; DROP TABLE team")
    assert granted(shop, "team").readers == "some"


def test_without_a_table(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["exposure", "postgresql://h/db", "--grants"])
    assert done.exit_code == 2 and "Add #TABLE" in done.output
