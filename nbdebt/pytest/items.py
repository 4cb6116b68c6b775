"""Notebooks as tests. Source: pytest's documentation, "Working with non-python tests"."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from nbdebt.config import codes, effective_codes, forget_settings, load_settings
from nbdebt.discover import discover
from nbdebt.engine import CheckOptions, check_data, check_paths
from nbdebt.execute.running import run
from nbdebt.model.errors import ConfigurationError, NbdebtError
from nbdebt.model.finding import Report
from nbdebt.report import render
from nbdebt.report.view import View
from nbdebt.report.words import plural
from nbdebt.rules import catalogue

_reports = pytest.StashKey[dict[str, Report]]()
_WIDTH = 80


class Owed(Exception):
    """What a notebook owes; shown without a traceback, for there is none of the user's."""


class Notebook(pytest.File):
    """The tests of one notebook."""

    def collect(self) -> Iterator[pytest.Item]:
        """One for each thing that is asked of it."""
        if self.config.getoption("--nbdebt"):
            yield Check.from_parent(self, name="nbdebt")
        if self.config.getoption("--nbdebt-run"):
            yield Run.from_parent(self, name="nbdebt-run")


class _Item(pytest.Item):
    # Other plugins look for fixtures in whatever they find (pytest-lsp 1.0 fails at what has none).
    funcargs: ClassVar[dict[str, Any]] = {}

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.add_marker("nbdebt")

    @property
    def shown(self) -> str:
        """The notebook, as a user would name it here."""
        return shown(self.path)

    def judge(self, report: Report) -> None:
        """Fail where something is owed."""
        for what in report.not_run:
            if what.what == "notebook":
                pytest.skip(what.reason)
        if report.exit_status:
            found = [f.code for f in report.findings if f.severity != "note"]
            text = render(report, "text", View(quiet=True, width=_WIDTH)).strip("\n")
            # pytest's summary shows the first line.
            first = f"{plural(len(found), 'finding')}: {', '.join(dict.fromkeys(found))}\n\n" if found else ""
            raise Owed(first + text)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What is owed, and what to do."""
        if isinstance(excinfo.value, Owed | NbdebtError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is."""
        return self.path, None, f"{self.shown}::{self.name}"


class Check(_Item):
    """What ``nbdebt check`` finds."""

    def runtest(self) -> None:
        """Fail where it finds something."""
        self.judge(_reports_of(self.session)[self.shown])


class Run(_Item):
    """What a run from top to bottom comes to: ``nbdebt run``, written nowhere."""

    def runtest(self) -> None:
        """Fail where a cell does, or where something is found."""
        beside = tempfile.mkdtemp(prefix="nbdebt-")
        try:
            out = os.path.join(beside, self.path.name)
            done = run(str(self.path), out, timeout=self.config.getoption("--nbdebt-timeout"))
            if done.stopped:
                raise Owed(f"{self.shown}: {done.stopped}")
            data = Path(out).read_bytes()
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        # It is judged where the notebook is, not where what came out lay.
        self.judge(check_data(data, self.shown, options(self.config)))


def shown(path: Path) -> str:
    """A file's path, from where pytest was started."""
    here = os.path.relpath(path)
    return str(path) if here.startswith("..") else here


def options(config: pytest.Config) -> CheckOptions:
    """What the engine is told."""
    given = [s.strip() for text in config.getoption("--nbdebt-select") for s in text.split(",") if s.strip()]
    return CheckOptions(select=tuple(given))


def _reports_of(session: pytest.Session) -> dict[str, Report]:
    """The report on each notebook. All are checked at once: what one writes another may read."""
    found = session.stash.get(_reports, None)
    if found is None:
        paths = list(dict.fromkeys(item.shown for item in session.items if isinstance(item, Check)))
        found = session.stash[_reports] = split(check_paths(paths, options(session.config)), paths)
    return found


def split(report: Report, paths: Iterable[str]) -> dict[str, Report]:
    """A report on many notebooks as one on each."""
    return {
        path: replace(
            report,
            findings=tuple(f for f in report.findings if f.path == path),
            problems=tuple(p for p in report.problems if p.path == path),
            not_run=tuple(n for n in report.not_run if n.path == path),
            notebooks=tuple(n for n in report.notebooks if n.path == path),
        )
        for path in paths
    }


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse what is configured wrongly, before anything is collected.

    Raises:
        pytest.UsageError: the options or the configuration file say what can't be.
    """
    forget_settings()
    try:
        effective_codes(load_settings(Path.cwd()), catalogue())
        codes(options(session.config).select, catalogue())
    except ConfigurationError as error:
        raise pytest.UsageError(f"nbdebt: {error}") from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect notebooks that are not excluded."""
    if file_path.suffix != ".ipynb":
        return None
    files, _ = discover([shown(file_path)], load_settings(Path.cwd()).exclude, force_exclude=True)
    return Notebook.from_parent(parent, path=file_path) if files else None
