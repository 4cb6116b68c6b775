"""``nbdebt ledger``: who wrote and who read what, across notebooks and people."""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nbdebt.commands.emit import emit
from nbdebt.commands.ledger_index import Ask, asked, common, days_ago, opened, query, settings_of, show
from nbdebt.commands.output import columns, tell, write
from nbdebt.ledger.answers import Duration, SessionRow, Stale, Step, Use
from nbdebt.ledger.files import ledger_files
from nbdebt.ledger.names import DatasetName, dataset_named
from nbdebt.model.errors import NbdebtError
from nbdebt.report.plain import Paint, clean
from nbdebt.report.rows import Column, moment, spell, table
from nbdebt.report.words import plural

_A_DAY = 86_400


@click.group("ledger")
def command() -> None:
    """Ask the ledger: who wrote and who read which data, in which notebooks.

    Kernels write it where `dir` is set under [tool.nbdebt.ledger]. Questions take in what is new first.
    """


def room() -> int | None:
    """Columns of the terminal; None where what is written isn't cut."""
    return columns() if sys.stdout.isatty() else None


def job_label(job: str) -> str:
    """How a notebook is shown: relative to here where it is below."""
    if job.endswith("/"):
        return f"(a session in {_near(job) or './'})"
    return _near(job)


def _near(path: str) -> str:
    here = os.path.join(os.path.realpath(os.getcwd()), "")
    return path.removeprefix(here)


def target(text: str) -> DatasetName:
    """The data set that is meant.

    Raises:
        NbdebtError: nothing is.
    """
    found = dataset_named(text, Path.cwd())
    if found is None:
        raise NbdebtError(f"{text}: names no data set")
    return found


def people(rows: Sequence[Use]) -> str:
    """``3 notebooks of 2 people``."""
    text = plural(len({row.job for row in rows}), "notebook")
    actors = {row.actor for row in rows if row.actor}
    return f"{text} of {plural(len(actors), 'person', 'people')}" if actors else text


def _digest(text: str) -> str:
    kind, _, value = text.partition(":")
    return f"{value[:12]}" if kind == "sha256" else text[:20]


USES = (
    Column("data set", lambda use: _near(use.dataset), elastic=True),
    Column("notebook", lambda use: job_label(use.job), elastic=True),
    Column("who", lambda use: use.actor),
    Column("last", lambda use: moment(use.last)),
    Column("times", lambda use: str(use.times), right=True),
    Column("content", lambda use: _digest(use.digest)),
    Column("by", lambda use: use.via, elastic=True),
)


def _uses(path: str, op: str, ask: Ask) -> None:
    from nbdebt.ledger import queries

    wanted = target(path)

    def question(connection: Any) -> Any:
        rows = queries.uses(connection, wanted, op, ask.since)
        like = [] if rows else queries.similar(connection, wanted)
        return rows, queries.declared(connection, wanted), like

    rows, declared, like = query(ask, question)
    verb = {"read": "read", "write": "written"}[op]

    def shown(paint: Paint) -> list[str]:
        when = f" since {moment(ask.since)[:10]}" if ask.since else ""
        if not rows:
            lines = [f"{clean(wanted.label)}: nobody is known to have {verb} it{when}"]
            return lines + [f"  did you mean {clean(label)}?" for label in like if label != wanted.label]
        one = len({row.dataset for row in rows}) == 1
        title = rows[0].dataset if one else wanted.label
        lines = [paint.bold(clean(title)), f"{verb} by {people(rows)}{when}", ""]
        lines += table(rows, USES[1:] if one else USES, paint, room())
        for owner, consumers, note, expires in declared[:1]:
            known = [f"owner {owner}" if owner else "", f"consumers {consumers}" if consumers else "", note]
            known.append(f"until {expires}" if expires else "")
            lines += ["", paint.dim(clean("declared: " + "; ".join(filter(None, known))))]
        return lines

    name = "readers" if op == "read" else "writers"
    show(ask, name, Use, rows, shown, dataset=wanted.label)


@command.command("sync", short_help="Take in what kernels have written.")
@click.option("--dir", "directory", metavar="DIR", help="The ledger's directory.")
@click.option("--database", metavar="URL", help="The index's database, as SQLAlchemy writes it.")
def sync(directory: str | None, database: str | None) -> None:
    """Take in what kernels have written since the last time.

    The index is an SQLite file of your own, or the database of `database` under [tool.nbdebt.ledger]. Several
    may sync at once.
    """
    opened(settings_of(directory, database), loud=True).close()


@command.command("readers", short_help="Who reads a data set.")
@click.argument("path")
@common()
def readers(path: str, **given: Any) -> None:
    """Who reads PATH: a file, a directory, an address or a table."""
    _uses(path, "read", asked(**given))


@command.command("writers", short_help="Who writes a data set.")
@click.argument("path")
@common()
def writers(path: str, **given: Any) -> None:
    """Who writes PATH: a file, a directory, an address or a table."""
    _uses(path, "write", asked(**given))


@command.command("impact", short_help="What is downstream of a data set.")
@click.argument("path")
@common()
def impact(path: str, **given: Any) -> None:
    """What is downstream of PATH: who reads it, what they write then, who reads that, and so on."""
    from nbdebt.ledger import queries

    ask = asked(**given)
    wanted = target(path)
    steps: list[Step] = query(ask, lambda connection: queries.impact(connection, wanted, ask.since))

    def shown(paint: Paint) -> list[str]:
        if not steps:
            return [f"{clean(wanted.label)}: nobody is known to have read it"]
        data = {label for step in steps for label in step.writes}
        lines = [paint.bold(clean(wanted.label))]
        reached = plural(len({step.job for step in steps}), "notebook")
        lines.append(f"reaches {reached} and {plural(len(data), 'further data set')}")
        lines.append("")
        return lines + _tree(steps, paint)

    show(ask, "steps", Step, steps, shown, dataset=wanted.label)


def _tree(steps: Sequence[Step], paint: Paint) -> list[str]:
    """Downstream as a tree; what was shown is not shown again below another."""
    by_data: dict[str, list[Step]] = {}
    for step in steps:
        by_data.setdefault(step.dataset, []).append(step)
    done: set[str] = set()
    lines: list[str] = []

    def walk(label: str, indent: str) -> None:
        done.add(label)
        for step in by_data.get(label, ()):
            who = f" ({', '.join(step.actors)})" if step.actors else ""
            said = f"{who} · last {moment(step.last)}"
            lines.append(f"{indent}├ {clean(job_label(step.job))}{paint.dim(clean(said))}")
            for out in step.writes:
                again = " (above)" if out in done and out in by_data else ""
                lines.append(f"{indent}│   → {paint.cyan(clean(_near(out)))}{paint.dim(again)}")
                if out not in done:
                    walk(out, indent + "│     ")

    for label in dict.fromkeys(step.dataset for step in steps if step.depth == 1):
        if label not in done:
            lines.append(paint.bold(clean(_near(label))))
            walk(label, "")
    return lines


STALE = (
    Column("data set", lambda row: _near(row.dataset), elastic=True),
    Column("notebook", lambda row: job_label(row.job), elastic=True),
    Column("who", lambda row: row.actor),
    Column("read", lambda row: moment(row.read)),
    Column("newer since", lambda row: moment(row.written)),
    Column("written by", lambda row: job_label(row.writer), elastic=True),
)


@command.command("stale-readers", short_help="Who works with an old content.")
@click.argument("path", required=False)
@common()
def stale_readers(path: str | None, **given: Any) -> None:
    """Who last read an older content of PATH, or of anything, than there is now."""
    from nbdebt.ledger import queries

    ask = asked(**given)
    wanted = target(path) if path else None
    rows: list[Stale] = query(ask, lambda connection: queries.stale_readers(connection, wanted, ask.since))

    def shown(paint: Paint) -> list[str]:
        if not rows:
            return ["everybody has read the newest content that is known"]
        one = plural(len({row.job for row in rows}), "notebook")
        return [
            f"{one} worked with an older content than there is now",
            "",
            *table(rows, STALE, paint, room()),
        ]

    show(ask, "stale_readers", Stale, rows, shown)


RUNS = (
    Column("started", lambda row: moment(row.started)),
    Column("ended", lambda row: moment(row.ended)[11:] if row.ended else "open"),
    Column("notebook", lambda row: job_label(row.job), elastic=True),
    Column("who", lambda row: row.actor),
    Column("host", lambda row: row.host),
    Column("cells", lambda row: str(row.cells), right=True),
    Column("failed", lambda row: str(row.errors) if row.errors else "", right=True),
    Column("reads", lambda row: str(row.reads), right=True),
    Column("writes", lambda row: str(row.writes), right=True),
    Column("commit", lambda row: row.commit[:8]),
)


@command.command("runs", short_help="The sessions.")
@click.argument("notebook", required=False)
@click.option("-n", "--limit", default=30, show_default=True, type=click.IntRange(1), help="At most so many.")
@common()
def runs(notebook: str | None, limit: int, **given: Any) -> None:
    """The sessions that are known, of NOTEBOOK or of all, the latest first."""
    from nbdebt.ledger import queries

    ask = asked(**given)
    job = _job(notebook)
    rows: list[SessionRow] = query(ask, lambda c: queries.sessions(c, job, ask.since, limit))
    empty = "no session is known" + (f" of {clean(notebook)}" if notebook else "")
    show(ask, "runs", SessionRow, rows, lambda p: table(rows, RUNS, p, room()) if rows else [empty])


def _job(notebook: str | None) -> str:
    if not notebook:
        return ""
    path = os.path.realpath(os.path.expanduser(notebook))
    return os.path.join(path, "") if os.path.isdir(path) else path


DURATIONS = (
    Column("cell", lambda row: _cell(row), elastic=True),
    Column("runs", lambda row: str(row.times), right=True),
    Column("before", lambda row: spell(row.median) if row.times > 1 else "", right=True),
    Column("last", lambda row: spell(row.last), right=True),
    Column("longest", lambda row: spell(row.longest), right=True),
    Column("when", lambda row: moment(row.at)),
    Column("", lambda row: row.regression),
)


def _cell(row: Duration) -> str:
    if not row.cell:
        return "the whole session"
    return f"[{row.count}] {row.cell}" if row.count is not None else row.cell


@command.command("durations", short_help="How long cells take; what got slower.")
@click.argument("notebook", required=False)
@click.option("--slower", is_flag=True, help="Only what got slower.")
@common()
def durations(notebook: str | None, slower: bool, **given: Any) -> None:
    """How long notebooks and their cells take, and which got slower.

    A cell got slower if its last run took half as long again, and a second more, than the median of the runs
    before it, of which there are at least three.
    """
    from nbdebt.ledger import queries

    ask = asked(**given)
    job = _job(notebook)
    rows: list[Duration] = query(ask, lambda c: queries.durations(c, job, ask.since))
    if slower:
        rows = [row for row in rows if row.regression]

    def shown(paint: Paint) -> list[str]:
        if not rows:
            return ["nothing got slower" if slower else "no runs of cells are known"]
        lines: list[str] = []
        for name in dict.fromkeys(row.job for row in rows):
            mine = [row for row in rows if row.job == name]
            # Of a long notebook, what takes time.
            many = [row for row in mine if not row.cell or row.regression or row.longest >= 0.1] or mine[:1]
            lines += ["", paint.bold(clean(job_label(name))), *table(many, DURATIONS, paint, room())]
            if len(many) < len(mine):
                lines.append(
                    paint.dim(f"  and {plural(len(mine) - len(many), 'cell')} that took less than 0.1 s")
                )
        return lines[1:]

    show(ask, "durations", Duration, rows, shown)


@command.command("prune", short_help="Forget old sessions.")
@click.option("--older-than", required=True, metavar="DAYS", type=click.IntRange(1), help="How old, in days.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--dir", "directory", metavar="DIR", help="The ledger's directory.")
@click.option("--database", metavar="URL", help="The index's database, as SQLAlchemy writes it.")
def prune(older_than: int, dry_run: bool, directory: str | None, database: str | None) -> None:
    """Forget sessions that are older than so many days: files that are yours to remove, and the index."""
    from nbdebt.ledger import queries

    settings = settings_of(directory, database)
    before = days_ago(older_than)
    stamp = before[:19].replace("-", "").replace(":", "")
    old = (
        [f for f in ledger_files(Path(settings.dir)) if f.name[:15] < stamp]
        if Path(settings.dir).is_dir()
        else []
    )
    if dry_run:
        store = opened(settings)
        with store.connected(writing=False) as connection:
            count = len(queries.sessions(connection, limit=1_000_000)) - len(
                queries.sessions(connection, since=before, limit=1_000_000)
            )
        store.close()
        write(f"would forget {plural(count, 'session')} and remove {plural(len(old), 'file')}\n")
        return
    gone: list[str] = []
    kept = 0
    for left in Path(settings.dir).glob(".*.ndjson.tmp"):
        # What kernels that were killed left lying; one that lives needs its own for a moment only.
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _A_DAY:
                left.unlink()
    for file in old:
        try:
            file.path.unlink(missing_ok=True)
            gone.append(file.name)
        except OSError:
            kept += 1
    store = opened(settings)
    with store.connected() as connection:
        count = queries.prune(connection, before, gone)
    store.close()
    write(f"forgot {plural(count, 'session')} and removed {plural(len(gone), 'file')}\n")
    if kept:
        tell(
            f"{plural(kept, 'file')} of others can't be removed by you; the index doesn't know them any more"
        )


command.add_command(emit)
