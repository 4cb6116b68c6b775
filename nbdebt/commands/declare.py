"""``nbdebt declare``: says who answers for an output, and who reads it."""

import datetime
import os
from collections.abc import Sequence
from pathlib import Path

import click

from nbdebt.commands.output import tell, write
from nbdebt.config import Output, forget_settings, load_settings
from nbdebt.data.declared import declaration_base
from nbdebt.data.declaring import Said, configuration_file, declare, pattern_of, withdraw
from nbdebt.report.plain import clean
from nbdebt.report.words import plural


@click.command("declare")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--owner", metavar="WHO", help="Who answers for it.")
@click.option(
    "--consumers",
    multiple=True,
    metavar="A,B",
    help="Who reads it: notebooks (path, name or pattern) or anything else. Added to those that are known.",
)
@click.option("--note", metavar="TEXT", help="What it is for.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day after which it is to be looked at again.",
)
@click.option("--remove", is_flag=True, help="Take the declarations out.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    owner: str | None,
    consumers: tuple[str, ...],
    note: str | None,
    expires: datetime.datetime | None,
    remove: bool,
    quiet: bool,
) -> None:
    """Declare outputs in pyproject.toml or nbdebt.toml; without PATH, list what is declared.

    PATH is a file, a directory, a pattern (in quotes: * within a directory, ** across), an address or a
    table. Comments and form of the file stay as they are. An empty value (--note "") takes out what was said.
    """
    here = Path.cwd()
    settings = load_settings(here)
    if not paths:
        if owner is not None or consumers or note is not None or expires or remove:
            raise click.UsageError("Say what to declare: a path, a pattern, an address or a table.")
        expired = _list(settings.outputs)
        ctx.exit(int(expired))
    place = _place(paths, here)
    settings = load_settings(place)
    file = configuration_file(settings, place)
    base = declaration_base(settings, place)
    patterns = [pattern_of(path, base, here) for path in paths]
    shown = os.path.relpath(file)
    if remove:
        gone = withdraw(file, patterns)
        for pattern in patterns:
            if pattern not in gone:
                tell(f"`{pattern}` is not declared in {shown}")
            elif not quiet:
                write(f"{clean(pattern)} taken out of {shown}\n")
        forget_settings()
        ctx.exit(0 if len(gone) == len(set(patterns)) else 2)
    readers = tuple(name.strip() for text in consumers for name in text.split(",") if name.strip())
    named = readers if readers else () if consumers else None
    day = expires.date() if expires is not None else None
    said = [Said(pattern, owner, named, note, day) for pattern in dict.fromkeys(patterns)]
    done = declare(file, said)
    forget_settings()
    if not quiet:
        words = {"declared": "declared in", "changed": "changed in", "known": "was declared so already in"}
        for one, word in zip(said, done, strict=True):
            write(f"{clean(one.pattern)} {words[word]} {shown}\n")
        if day is not None and day < datetime.date.today():
            tell(f"{day} is past: what was declared has expired already")


def _place(paths: Sequence[str], here: Path) -> Path:
    """The directory whose configuration is meant: that of the first path, where it is below this one."""
    for path in paths:
        if "://" not in path:
            above = [p for p in Path(os.path.abspath(path)).parents if "*" not in str(p) and p.is_dir()]
            if above and here in (above[0], *above[0].parents):
                return above[0]
    return here


def _list(outputs: tuple[Output, ...]) -> bool:
    """List the declarations; whether one of them has expired."""
    if not outputs:
        write("nothing is declared\n")
        return False
    today = datetime.date.today().isoformat()
    expired = [output for output in outputs if output.expires and output.expires < today]
    for output in outputs:
        facts = [f"owner {output.owner}" if output.owner else "no owner"]
        if output.consumers:
            facts.append(f"read by {', '.join(output.consumers)}")
        if output.expires:
            facts.append(f"{'EXPIRED on' if output in expired else 'until'} {output.expires}")
        if output.note:
            facts.append(output.note)
        write(clean(f"{output.pattern}  {' · '.join(facts)}") + "\n")
    if expired:
        tell(f"{plural(len(expired), 'declaration')} expired: look at them again")
    return bool(expired)
