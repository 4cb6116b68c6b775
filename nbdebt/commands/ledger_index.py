"""What the commands about the ledger share: which ledger is meant, its index, and how answers are written."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from nbdebt.commands.output import tell, wants_color, write
from nbdebt.config import LedgerSettings, load_settings
from nbdebt.model.errors import ConfigurationError, NbdebtError
from nbdebt.report.plain import Paint, clean
from nbdebt.report.rows import as_csv, as_json
from nbdebt.report.words import plural

TABLES = ("text", "json", "csv")
F = Callable[..., None]


class Ask(msgspec.Struct, frozen=True):
    """What all questions have in common.

    Args:
        settings: the ledger that is asked.
        form: how to answer.
        sync: take in what is new first.
        since: ISO time; what was before doesn't count.
    """

    settings: LedgerSettings
    form: str
    sync: bool
    since: str


def common(form: Sequence[str] = TABLES, since: bool = True) -> Callable[[F], F]:
    """The options that questions have in common."""

    def add(command: F) -> F:
        options = [
            click.option(
                "--format",
                "form",
                type=click.Choice(form),
                default="text",
                show_default=True,
                help="How to answer.",
            ),
            click.option("--no-sync", is_flag=True, help="Answer from what the index knows already."),
            click.option("--dir", "directory", metavar="DIR", help="The ledger's directory."),
            click.option("--database", metavar="URL", help="The index's database, as SQLAlchemy writes it."),
        ]
        if since:
            options.append(
                click.option(
                    "--since", metavar="DAYS", type=click.IntRange(1), help="Only the last so many days."
                )
            )
        for option in options:
            command = option(command)
        return command

    return add


def settings_of(directory: str | None, database: str | None) -> LedgerSettings:
    """The ledger that is meant: of the options, else of the settings here.

    Raises:
        ConfigurationError: none is.
    """
    found = load_settings(Path.cwd()).ledger
    if directory:
        found = msgspec.structs.replace(found, dir=os.path.abspath(os.path.expanduser(directory)))
    if database:
        found = msgspec.structs.replace(found, database=database)
    if not found.dir:
        raise ConfigurationError(
            "no ledger is kept here: set `dir` under [tool.nbdebt.ledger] in pyproject.toml, or give --dir"
        )
    return found


def opened(settings: LedgerSettings, sync: bool = True, loud: bool = False) -> Any:
    """The index, its tables up to date; with what is new in the ledger, if that is wanted."""
    # SQLAlchemy takes long to load: not for `nbdebt --help`.
    try:
        from nbdebt.ledger.store import Store, url_of
    except ImportError as error:
        raise NbdebtError(f"`nbdebt ledger` needs {error.name}: pip install 'nbdebt[ledger]'") from None

    store = Store(url_of(settings))
    if sync:
        if not Path(settings.dir).is_dir():
            tell(f"nothing has been written to {settings.dir} yet: there is no such directory")
        store.migrate()
        done = store.sync(Path(settings.dir))
        for problem in done.problems:
            tell(problem)
        if loud:
            said = f"{plural(done.files, 'file')}, {plural(done.accesses, 'new access', 'new accesses')}"
            write(f"{clean(store.shown)}: took in {said}\n")
    return store


def asked(
    form: str, no_sync: bool, directory: str | None, database: str | None, since: int | None = None
) -> Ask:
    """The common options, understood."""
    first = days_ago(since) if since else ""
    return Ask(settings_of(directory, database), form, not no_sync, first)


def days_ago(days: int) -> str:
    """The time so many days ago, as the ledger writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def query(ask: Ask, question: Callable[[Any], Any]) -> Any:
    """Ask the index a question."""
    store = opened(ask.settings, ask.sync)
    try:
        with store.connected(writing=False) as connection:
            return question(connection)
    finally:
        store.close()


def show(
    ask: Ask, name: str, kind: Any, rows: Sequence[Any], shown: Callable[[Paint], list[str]], **beside: Any
) -> None:
    """Write rows in the form that is asked for."""
    if ask.form == "json":
        write(as_json(name, rows, **beside))
    elif ask.form == "csv":
        write(as_csv(rows, kind))
    else:
        write("".join(line + "\n" for line in shown(Paint(wants_color(sys.stdout)))))
