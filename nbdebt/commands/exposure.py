"""``nbdebt exposure``: who can read a file, an address or a table."""

import json
import os
from pathlib import Path

import click
import msgspec

from nbdebt.commands.output import tell, write
from nbdebt.data.exposure.answer import Exposure
from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.data.exposure.remote import database_file
from nbdebt.datamap.targets import safe_address
from nbdebt.model.errors import NbdebtError
from nbdebt.model.history import File, Resource, Table, Url
from nbdebt.report.plain import clean

_DATABASES = (
    "postgres",
    "mysql",
    "mariadb",
    "oracle",
    "mssql",
    "sqlite",
    "duckdb",
    "snowflake",
    "redshift",
    "bigquery",
)


@click.command("exposure")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--grants", is_flag=True, help="Connect to the database of a table, and ask who may read it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.pass_context
def command(
    ctx: click.Context, targets: tuple[str, ...], grants: bool, form: str, output_file: str | None
) -> None:
    """Say who can read each TARGET: a path, an address (s3://bucket/key), or a table (postgresql://host/db#table).

    Permissions of the file and of all directories above it, members of groups, mounts that machines share,
    web and temporary directories, git. Of what lies elsewhere the address only says so much; nothing is
    asked over the network, but for --grants, which needs the extra nbdebt[ledger].
    """
    onlooker = Onlooker(git=True)
    found: list[tuple[str, Exposure | None]] = []
    failed = False
    for target in targets:
        try:
            exposed = _exposed(target, onlooker, grants)
        except NbdebtError as error:
            tell(str(error))
            failed = True
            continue
        found.append((safe_address(target), exposed))
    if form == "json":
        shown = [{"target": target, "exposure": msgspec.to_builtins(exposed)} for target, exposed in found]
        write(json.dumps({"version": 1, "targets": shown}, indent=2, ensure_ascii=False) + "\n", output_file)
    else:
        lines = [
            f"{clean(target)}: {clean(exposed.words) if exposed else 'nothing to read'}"
            for target, exposed in found
        ]
        write("".join(line + "\n" for line in lines), output_file)
    ctx.exit(2 if failed else 0)


def _exposed(target: str, onlooker: Onlooker, grants: bool) -> Exposure | None:
    resource = _resource(target)
    if grants and isinstance(resource, Table) and not database_file(resource.connection):
        if not resource.table:
            raise NbdebtError(f"{safe_address(target)}: which table? Add #TABLE")
        try:
            from nbdebt.data.exposure.grants import granted
        except ImportError:
            raise NbdebtError("--grants needs SQLAlchemy: pip install 'nbdebt[ledger]'") from None
        return granted(resource.connection, resource.table)
    if isinstance(resource, File):
        # As the shell names it: braces and stars are names here.
        return onlooker.of_file(
            os.path.join(os.path.realpath(Path(resource.path).parent), Path(resource.path).name)
        )
    return onlooker.of(resource, Path.cwd())


def _resource(target: str) -> Resource:
    scheme, found, rest = target.partition("://")
    if found and scheme.lower().startswith(_DATABASES):
        address, _, table = target.rpartition("#") if "#" in rest else (target, "", "")
        return Table(table, address)
    if found and scheme.lower() != "file":
        return Url(target)
    return File(rest if found else os.path.expanduser(target))
