"""Who can read a table of a database: its grants, asked of the database, when somebody wants to know.

PostgreSQL answers for every login, with the roles that it is a member of: ``has_table_privilege`` and its
like (https://www.postgresql.org/docs/current/functions-info.html). Grants of other servers aren't read.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from nbdebt.data.exposure.answer import Exposure, Reach
from nbdebt.model.errors import NbdebtError

_NAMED = 3
_SECONDS = 10
_RELATION = sa.text(
    "SELECT c.oid AS oid, n.oid AS schema, pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity AS by_row "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(:name)"
)
# What a login may do, by its own grants and those of its roles. Superusers may do everything: left out.
_LOGINS = sa.text(
    "SELECT r.rolname AS name, "
    "has_table_privilege(r.oid, CAST(:oid AS oid), 'SELECT') AS reads, "
    "has_any_column_privilege(r.oid, CAST(:oid AS oid), 'SELECT') AS reads_some, "
    "has_table_privilege(r.oid, CAST(:oid AS oid), 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes "
    "FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper "
    "AND has_schema_privilege(r.oid, CAST(:schema AS oid), 'USAGE') "
    "AND has_database_privilege(r.oid, current_database(), 'CONNECT') ORDER BY r.rolname"
)
_PUBLIC = sa.text(
    "SELECT has_table_privilege('public', CAST(:oid AS oid), 'SELECT') "
    "AND has_schema_privilege('public', CAST(:schema AS oid), 'USAGE') "
    "AND has_database_privilege('public', current_database(), 'CONNECT')"
)


def granted(address: str, table: str) -> Exposure:
    """Who can read and change a table, as the database says.

    Args:
        address: of the database, as SQLAlchemy takes it (``postgresql://user@host/db``). It is connected to.
        table: its name, with its schema where that isn't on the search path.

    Raises:
        NbdebtError: it can't be asked: no such database or table, no driver, or a system whose grants
            aren't read. Says why, without a password.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise NbdebtError("this is no address of a database (as in postgresql://user@host/db)") from None
    if url.get_backend_name() != "postgresql":
        raise NbdebtError(f"grants are read of PostgreSQL only, not of {url.get_backend_name()}")
    shown = url.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(_with_driver(url), connect_args={"connect_timeout": _SECONDS})
        with engine.connect() as connection:
            return _ask(connection, table, shown)
    except (ImportError, NoSuchModuleError) as error:
        raise NbdebtError(f"{shown}: no driver for it is installed ({error})") from None
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        first = str(cause).strip().split("\n")[0]
        secret = url.password
        raise NbdebtError(f"{shown}: {first.replace(str(secret), '***') if secret else first}") from None


def _with_driver(url: URL) -> URL:
    """The address, for the driver that nbdebt's extra installs, where it names none."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _ask(connection: sa.Connection, table: str, shown: str) -> Exposure:
    quoted = ".".join(connection.dialect.identifier_preparer.quote(part) for part in table.split("."))
    found = connection.execute(_RELATION, {"name": quoted}).mappings().first()
    if found is None:
        raise NbdebtError(f"{shown}: there is no table {table!r}")
    about: dict[str, Any] = {"oid": found["oid"], "schema": found["schema"]}
    logins = list(connection.execute(_LOGINS, about).mappings())
    public = bool(connection.execute(_PUBLIC, about).scalar())
    others = [login for login in logins if login["name"] != found["owner"]]
    readers = [str(login["name"]) for login in others if login["reads"]]
    some = [str(login["name"]) for login in others if login["reads_some"] and not login["reads"]]
    writers = [str(login["name"]) for login in others if login["writes"]]
    reach: Reach = "everyone" if public else "some" if readers or some else "owner"
    words = f"readable by {_who(readers, public)}"
    if some:
        words += f", some of its columns by {_who(some, False)}"
    if writers:
        words += (
            ", who can change it, too"
            if writers == readers
            else f", and can be changed by {_who(writers, False)}"
        )
    if found["by_row"]:
        words += ", row by row as its policies say"
    writing: Reach = "some" if writers else "owner"
    return Exposure(reach, f"{words} (owner: `{found['owner']}`)", writing, ("database",), reach != "owner")


def _who(names: list[str], public: bool) -> str:
    if public:
        return f"everybody who can log in to the database ({len(names)} besides its owner)"
    if not names:
        return "its owner only"
    if len(names) > _NAMED:
        return f"{len(names)} logins"
    listed = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
