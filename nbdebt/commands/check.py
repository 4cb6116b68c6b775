"""``nbdebt check``: the options, and what is done in which order. Conventions are those of ruff."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from nbdebt.commands.output import Progress, columns, tell, wants_color, write
from nbdebt.config import Settings, codes, effective_codes, forget_settings, load_settings, with_options
from nbdebt.engine import CheckOptions, check_data, check_paths
from nbdebt.model.errors import ConfigurationError
from nbdebt.model.finding import Report
from nbdebt.report import FORMATS, render
from nbdebt.report.view import FileLines, View
from nbdebt.rules import catalogue

_FOR_PEOPLE = ("text", "concise")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The options as they were given."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend_select: tuple[str, ...]
    exclude: tuple[str, ...]
    force_exclude: bool
    fix: bool
    unsafe_fixes: bool
    diff: bool
    output_format: str
    output_file: str | None
    show_accesses: bool
    statistics: bool
    exit_zero: bool
    baseline: str | None
    write_baseline: bool
    config: str | None
    isolated: bool
    stdin_filename: str | None
    jobs: int
    no_cache: bool
    watch: bool
    show_files: bool
    color: str
    quiet: bool
    verbose: bool

    @property
    def options(self) -> CheckOptions:
        """What the engine is told."""
        return CheckOptions(
            select=self.select,
            ignore=self.ignore,
            extend_select=self.extend_select,
            exclude=self.exclude,
            config=self.config,
            isolated=self.isolated,
            jobs=self.jobs,
            cache=not self.no_cache,
            stdin_name=self.stdin_filename or "-",
            force_exclude=self.force_exclude,
        )

    def settings(self, directory: Path) -> Settings:
        """The settings of a directory under these options."""
        found = load_settings(directory, Path(self.config) if self.config else None, self.isolated)
        return with_options(found, self.select, self.ignore, self.extend_select, self.exclude)


def listed(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Values separated by commas, as ruff takes them."""
    return tuple(item.strip() for text in value for item in text.split(",") if item.strip())


def selectors(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Selectors of rules that stand for something."""
    given = listed(ctx, param, value)
    if not given:
        return ()
    try:
        codes(given, catalogue())
    except ConfigurationError as error:
        raise click.BadParameter(str(error), ctx, param) from None
    return given


@click.command("check")
@click.argument("paths", nargs=-1)
@click.option(
    "--select",
    multiple=True,
    callback=selectors,
    metavar="RULES",
    help="Rules to report, instead of the default: codes, prefixes of codes, names, families, ALL.",
)
@click.option("--ignore", multiple=True, callback=selectors, metavar="RULES", help="Rules not to report.")
@click.option(
    "--extend-select",
    multiple=True,
    callback=selectors,
    metavar="RULES",
    help="Rules to report in addition.",
)
@click.option(
    "--exclude",
    multiple=True,
    callback=listed,
    metavar="PATTERNS",
    help="Paths that are left out unless named.",
)
@click.option("--force-exclude", is_flag=True, help="Leave excluded paths out even when they are named.")
@click.option("--fix", is_flag=True, help="Repay what has a safe fix. Nothing else in the file changes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: what may change results, too.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="text", show_default=True, help="How to report."
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report there.")
@click.option("--show-accesses", is_flag=True, help="With json: every access to files, URLs and tables.")
@click.option("--statistics", is_flag=True, help="How often each rule found something.")
@click.option("-e", "--exit-zero", is_flag=True, help="Findings don't make the exit status 1.")
@click.option("--baseline", metavar="FILE", help="Report only what this file doesn't know.")
@click.option(
    "--write-baseline", is_flag=True, help="Write what is found into the baseline (nbdebt-baseline.json)."
)
@click.option("--config", metavar="FILE", help="Use this configuration file instead of the nearest one.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option("--stdin-filename", metavar="NAME", help="What to call the notebook that is read from `-`.")
@click.option("-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes; 0 chooses.")
@click.option("-n", "--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs.")
@click.option("-w", "--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours; NO_COLOR and FORCE_COLOR are obeyed.",
)
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no notes, no summary.")
@click.option("-v", "--verbose", is_flag=True, help="All notes, evidence, and what was not looked at.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Check notebooks: files, directories, or `-` for standard input; by default all below this directory.

    Reads .ipynb files and scripts in percent form. Executes nothing.
    """
    ask = Ask(**{**given, "paths": given["paths"] or (".",)})
    _refuse(ask)
    if ask.show_files:
        ctx.exit(_show_files(ask))
    if ask.watch:
        _watch(ask)
        ctx.exit(0)
    ctx.exit(_once(ask))


def _refuse(ask: Ask) -> None:
    """Combinations that make no sense."""
    for key, path in (("--config", ask.config), ("--baseline", None if ask.write_baseline else ask.baseline)):
        if path is not None and not Path(path).is_file():
            raise click.UsageError(f"{key}: there is no file {path!r}.")
    if ask.statistics and ask.output_format not in (*_FOR_PEOPLE, "json"):
        raise click.UsageError("--statistics goes with the output formats text and json only.")
    if ask.show_accesses and ask.output_format != "json":
        raise click.UsageError("--show-accesses goes with --output-format json only.")
    if "-" in ask.paths and (len(ask.paths) > 1 or ask.watch):
        raise click.UsageError("Standard input (-) is checked alone, and can't be watched.")
    if ask.quiet and ask.verbose:
        raise click.UsageError("--quiet and --verbose contradict each other.")
    if ask.diff and ask.write_baseline:
        raise click.UsageError("--diff writes nothing, not even a baseline.")


def _once(ask: Ask) -> int:
    """Check, fix if asked to, report; the exit status."""
    if ask.diff or (ask.fix and ask.paths == ("-",)):
        from nbdebt.commands.fixes import show_fixes

        return show_fixes(
            ask.paths, ask.options, ask.unsafe_fixes, ask.diff, wants_color(sys.stdout, ask.color)
        )
    given: dict[str, bytes] = {}
    fixed: tuple[tuple[str, str], ...] = ()
    if ask.paths == ("-",):
        name = ask.options.stdin_name
        given[name] = sys.stdin.buffer.read()
        report = check_data(given[name], name, ask.options)
    elif ask.fix:
        from nbdebt.commands.fixes import fix

        report, fixed = fix(ask.paths, ask.options, ask.unsafe_fixes)
    else:
        progress = Progress(not ask.quiet)
        try:
            report = check_paths(ask.paths, ask.options, progress)
        finally:
            progress.clear()
    if not report.notebooks and not report.problems:
        tell(f"no notebooks found under {', '.join(ask.paths)}")
    if ask.write_baseline:
        return _write_baseline(ask, report)
    report, asides = _without_known(ask, report)
    view = View(
        color=ask.output_format in _FOR_PEOPLE and not ask.output_file and wants_color(sys.stdout, ask.color),
        width=columns(),
        verbose=ask.verbose,
        quiet=ask.quiet,
        show_accesses=ask.show_accesses,
        fixed=fixed,
        asides=asides,
        lines=FileLines(given),
        versioned=_versioned(ask, report) if ask.show_accesses else None,
        exposed=_exposed(report) if ask.show_accesses else None,
        map=_map(ask) if ask.output_format == "html" else None,
    )
    write(
        _statistics(ask, report, view) if ask.statistics else render(report, ask.output_format, view),
        ask.output_file,
    )
    return 0 if ask.exit_zero and report.exit_status == 1 else report.exit_status


def _statistics(ask: Ask, report: Report, view: View) -> str:
    from nbdebt.report.statistics import statistics, statistics_json

    return statistics_json(report) if ask.output_format == "json" else statistics(report, view)


def _versioned(ask: Ask, report: Report) -> Any:
    """What says whether the source of an access is versioned."""
    from nbdebt.commands.accesses import version_of

    return version_of(report)


def _exposed(report: Report) -> Any:
    """What says who can read what an access writes."""
    from nbdebt.commands.accesses import exposed_to

    return exposed_to(report)


def _map(ask: Ask) -> Callable[[Report], Any]:
    """What draws who makes and who reads which data."""
    from nbdebt.datamap.build import build_map

    return lambda report: build_map(report, ask.settings, [p for p in ask.paths if p != "-"] or ["."])


def _write_baseline(ask: Ask, report: Report) -> int:
    from nbdebt.commands.baseline import DEFAULT, record

    file = ask.baseline or DEFAULT
    count = record(report, file)
    tell(f"{file} now knows {count} finding{'' if count == 1 else 's'}; check with --baseline {file}")
    for problem in report.problems:
        tell(f"{problem.path}: {problem.reason}")
    return 2 if report.problems else 0


def _without_known(ask: Ask, report: Report) -> tuple[Report, tuple[str, ...]]:
    """The report without what the baseline knows, and what to say of that."""
    if ask.baseline is None:
        return report, ()
    from nbdebt.commands.baseline import compare, load

    def is_asked(path: str, code: str) -> bool:
        return code in effective_codes(ask.settings(Path(path).absolute().parent), catalogue())

    compared = compare(report, load(ask.baseline), ask.baseline, is_asked)
    if compared.stale and not ask.quiet:
        shown = ", ".join(f"{path} {entry.code}" for path, entry in compared.stale[:3])
        more = f" and {len(compared.stale) - 3} more" if len(compared.stale) > 3 else ""
        tell(f"{ask.baseline}: no longer found: {shown}{more} (--write-baseline forgets them)")
    return compared.report, ((f"{compared.known} known from the baseline",) if compared.known else ())


def _show_files(ask: Ask) -> int:
    from nbdebt.discover import discover

    files, problems = discover(ask.paths, ask.settings(Path.cwd()).exclude, ask.force_exclude)
    write("".join(f"{file}\n" for file in files), ask.output_file)
    for problem in problems:
        tell(f"{problem.path}: {problem.reason}")
    return 2 if problems else 0


def _watch(ask: Ask) -> None:
    from nbdebt.commands.watch import watch
    from nbdebt.discover import discover

    def files() -> list[str]:
        settings = ask.settings(Path.cwd())
        beside = [settings.source] if settings.source else ["nbdebt.toml", "pyproject.toml"]
        beside.append(str(Path(settings.root or ".") / "nbdebt.lock"))
        return [*discover(ask.paths, settings.exclude, ask.force_exclude)[0], *beside]

    def check() -> None:
        forget_settings()
        if sys.stdout.isatty():
            # Clear the screen and what scrolled away, as people who watch one thing expect.
            write("\x1b[2J\x1b[3J\x1b[H")
        try:
            _once(ask)
        except ConfigurationError as error:
            # The next change may well be its correction.
            tell(str(error))
        tell("watching; Ctrl-C stops")

    watch(check, files)
