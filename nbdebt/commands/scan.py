"""``nbdebt scan``: many notebooks, wherever they lie, into tables."""

import sys
import time
from pathlib import Path

import click

from nbdebt.commands.check import listed, selectors
from nbdebt.commands.output import Progress, columns, tell, wants_color, write
from nbdebt.config import load_settings, with_options
from nbdebt.report.plain import Paint, clean, shortened
from nbdebt.report.rows import spell
from nbdebt.report.words import plural
from nbdebt.scan.scanning import Plan, Summary, run, terms_of
from nbdebt.scan.tables import FORMATS
from nbdebt.scan.worker import Limits

_OFTEN = 0.2
_STATUS = {
    "skipped": "not Python",
    "malformed": "no valid notebooks",
    "failed": "nbdebt failed on",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "killed": "ended the process that checked them",
    "unreachable": "could not be read",
    "too-large": "too large",
}


@click.command("scan")
@click.argument("sources", nargs=-1)
@click.option(
    "-o",
    "--output",
    default="nbdebt-scan",
    show_default=True,
    metavar="DIR",
    help="Where results and journal go. Scanning into it again judges only what is new.",
)
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="How to write the tables; may be given several times.  [default: sqlite]",
)
@click.option("--ref", metavar="COMMIT", help="Of repositories: notebooks at a branch, a tag, a commit.")
@click.option("--history", is_flag=True, help="Of repositories: all contents that notebooks ever had.")
@click.option("--scripts", is_flag=True, help="Scripts in percent form, too.")
@click.option("--select", multiple=True, callback=selectors, metavar="RULES", help="Rules to ask.")
@click.option("--ignore", multiple=True, callback=selectors, metavar="RULES", help="Rules not to ask.")
@click.option("--exclude", multiple=True, callback=listed, metavar="PATTERNS", help="Paths to leave out.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="Use these settings."
)
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option(
    "-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes; 0: one for each core."
)
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds for one notebook."
)
@click.option(
    "--memory",
    type=click.IntRange(0),
    default=2048,
    show_default=True,
    help="Megabytes for one; 0: no limit.",
)
@click.option("--retry", is_flag=True, help="Try again what took too long or too much the last time.")
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who does the work.",
)
@click.option("--scheduler", metavar="ADDRESS", help="With --engine dask: of its scheduler, tcp://…")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[str, ...],
    output: str,
    formats: tuple[str, ...],
    ref: str | None,
    history: bool,
    scripts: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    config: str | None,
    isolated: bool,
    jobs: int,
    timeout: float,
    memory: int,
    retry: bool,
    engine: str,
    scheduler: str | None,
    quiet: bool,
) -> None:
    """Judge many notebooks, wherever they lie, into tables: one row a notebook, one row a finding.

    SOURCES are directories, files, glob patterns, git repositories (bare, too), zip and tar archives, and
    addresses that fsspec knows (https, s3, gs, az…); by default this directory. Nothing is executed.

    A scan that was ended goes on where it was when the same command is given again. Equal contents are judged
    once. A notebook that takes too long, too much, or that ends its process is a row that says so.

    Exit status: 0 done; 2 something could not be listed.
    """
    if ref is not None and history:
        raise click.UsageError("--ref and --history contradict each other: one commit, or all of them.")
    if scheduler is not None and engine != "dask":
        raise click.UsageError("--scheduler goes with --engine dask only.")
    suffix = Path(output).suffix.lower().lstrip(".")
    if suffix in FORMATS and not Path(output).is_dir():
        raise click.UsageError(
            f"-o {output}: the results are several files, in a directory: say -o DIR --format {suffix}."
        )
    plan = Plan(
        sources=sources or (".",),
        directory=output,
        formats=tuple(dict.fromkeys(formats)) or ("sqlite",),
        reference=ref,
        history=history,
        scripts=scripts,
        engine="dask" if engine == "dask" else "local",
        scheduler=scheduler,
        jobs=jobs,
        limits=Limits(timeout, memory),
        retry=retry,
    )
    # What is scanned is judged alike: by the settings of who scans, not by those that lie beside notebooks.
    settings = load_settings(Path.cwd(), Path(config) if config else None, isolated)
    terms = terms_of(with_options(settings, exclude=(*exclude, f"{Path(output).name}/")), select, ignore)
    bar = _Bar(not quiet)
    try:
        summary = run(plan, terms, bar.judged, bar.found)
    except KeyboardInterrupt:
        bar.clear()
        tell("interrupted: the same command goes on where it was")
        raise
    finally:
        bar.clear()
    for problem in summary.problems:
        tell(f"{problem.path}: {problem.reason}")
    if not quiet:
        write(_told(summary, Paint(wants_color(sys.stdout)), columns()))
    ctx.exit(2 if summary.problems else 0)


class _Bar:
    """How far a scan is, how fast, and how long it will take: on a terminal only."""

    def __init__(self, on: bool) -> None:
        self.progress = Progress(on)
        self.began: tuple[float, int] | None = None
        self.last = 0.0

    def found(self, count: int, left: int) -> None:
        """While notebooks are listed."""
        if self._is_time():
            self.progress.say(f"{count} notebooks found")

    def judged(self, done: int, total: int) -> None:
        """While they are judged."""
        now = time.monotonic()
        if self.began is None:
            self.began = (now, done - 1)
        if done < total and not self._is_time():
            return
        took, since = now - self.began[0], done - self.began[1]
        rate = since / took if took > 0.5 else 0.0
        aside = f" · {rate:.0f}/s · {spell((total - done) / rate)} left" if rate else ""
        self.progress(done, total, aside)

    def clear(self) -> None:
        """Leave no trace."""
        self.progress.clear()

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self.last < _OFTEN:
            return False
        self.last = now
        return True


def _told(summary: Summary, paint: Paint, room: int) -> str:
    lines = []
    if summary.forgotten:
        lines.append("Settings or nbdebt changed since the last scan: all was judged anew.")
    if summary.resumed:
        lines.append("An earlier scan had been ended: this one went on where it was.")
    checked = summary.status.get("checked", 0)
    copies = summary.notebooks - summary.contents - _without_content(summary)
    same = f", {plural(copies, 'copy', 'copies')} among them" if copies > 0 else ""
    lines.append(paint.bold(f"{plural(summary.notebooks, 'notebook')}{same}; {checked} checked"))
    for status, count in sorted(summary.status.items(), key=lambda item: -item[1]):
        if status != "checked":
            lines.append(f"  {count:>7}  {_STATUS[status]}")
    if checked:
        said = summary.reproduces
        lines += [
            "",
            "Restart & Run All, of each content once",
            f"  {said['yes']:>7}  {paint.green('would give the same')}",
            f"  {said['no']:>7}  {paint.red('would give other results')}",
            f"  {said['unknown']:>7}  can't be known from the file",
            "",
            "Errors and warnings",
            *(f"  {count:>7}  {family}" for family, count in summary.families.items()),
        ]
    if summary.worst:
        lines += ["", "Most of them"]
        lines += [f"  {count:>7}  {shortened(where, room - 11)}" for where, count in summary.worst[:5]]
    if summary.not_checked:
        lines += ["", "Not checked"]
        for where, _, reason in summary.not_checked[:5]:
            lines.append(shortened(f"  {clean(where)}: {reason}", room))
        more = sum(n for s, n in summary.status.items() if s not in ("checked", "skipped")) - 5
        if more > 0:
            lines.append(f"  … and {more} more: select * from notebooks where problem is not null")
    known = summary.notebooks - summary.read
    unchanged = f" ({known} had not changed)" if known else ""
    judged = f"{plural(summary.judged, 'content')} judged"
    lines += [
        "",
        f"{plural(summary.read, 'notebook')} read{unchanged}, {judged} in {spell(summary.seconds)}.",
    ]
    lines.append("Written: " + ", ".join(map(clean, summary.files)))
    return "".join(line + "\n" for line in lines)


def _without_content(summary: Summary) -> int:
    return sum(summary.status.get(status, 0) for status in ("unreachable", "too-large"))
