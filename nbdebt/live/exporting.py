"""``%nbdebt export``: the script written, and what its verification says, in a few lines."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.export.account import account
from nbdebt.export.making import NO_FLAGS, made
from nbdebt.export.model import Form, Script
from nbdebt.export.pipelines.writing import verify_pipeline, write_pipeline
from nbdebt.export.proof import proven
from nbdebt.export.running import size_of
from nbdebt.export.testfile import UNVERIFIED, tests_path, write_tests
from nbdebt.live.shown import Shown
from nbdebt.model.errors import NbdebtError
from nbdebt.read.edit import write_atomic
from nbdebt.report.plain import clean
from nbdebt.report.words import plural

if TYPE_CHECKING:
    from nbdebt.live.session import Session


def to_file(session: "Session", given: argparse.Namespace) -> Shown:
    """Export, verify, write.

    Args:
        session: the session.
        given: the arguments of the magic.

    Raises:
        NbdebtError: something can't be exported soundly, or the file can't be written.
    """
    notebook = given.to == "notebook" or (not given.to and given.file.endswith(".ipynb"))
    given.to = "" if notebook else given.to
    if notebook and (given.cli != "none" or given.config != "none" or given.functions):
        raise NbdebtError(NO_FLAGS)
    own = session.settings.seed if given.seed is None else given.seed
    seed = None if given.no_seed else own
    if given.to and (given.cli != "none" or given.config != "none" or given.faithful):
        raise NbdebtError(
            f"--to {given.to} makes a program for each section, and these have no flags or states"
        )
    functions = given.functions or bool(given.to)
    form = Form(given.settings, given.cli, given.config, functions, given.faithful, notebook)
    log = session.log()
    if session.document.path and os.path.realpath(given.file) == os.path.realpath(session.document.path):
        raise NbdebtError(f"{given.file} is the notebook itself: give the export a name of its own")
    if not log.entries:
        raise NbdebtError("nothing ran yet that could be exported")
    if given.report and not given.verify:
        raise NbdebtError("--report says what the verification found, and `--no-verify` leaves that out")
    lines: list[str] = []
    tests = None if given.tests is None else tests_path(given.tests, given.file)
    if tests is not None and (given.to or not given.verify):
        raise NbdebtError(UNVERIFIED if not given.verify else f"--tests goes with no --to {given.to}")
    memory = memory_of(given.memory)
    if not given.verify:
        script = made(log, given.targets, None, seed, form)
        lines.append("not verified: `%nbdebt export` without `--no-verify` runs it and compares")
    else:
        script, found = proven(
            log,
            given.targets,
            seed=seed,
            timeout=given.timeout,
            form=form,
            memory=memory,
            summaries=tests is not None,
        )
        lines += [found.summary(), *found.notes]
        if given.report:
            written(given.report, account(script, found, given.report))
    if given.to:
        lines += steps_written(script, given.to, Path(given.file), given.timeout if given.verify else None)
    else:
        written(given.file, script.text)
        if tests is not None:
            written(str(tests), write_tests(script, found, Path(given.file), tests))
            lines.append(f"{clean(str(tests))} pins what it gives")
    if given.requirements:
        written(given.requirements, requirements_text(script))
    return Shown(f"{clean(given.file)} written", (*lines, *told(script)))


def memory_of(text: str) -> int:
    """A limit of memory; 0 where none is said.

    Raises:
        NbdebtError: it is no size.
    """
    try:
        return size_of(text) if text else 0
    except ValueError as error:
        raise NbdebtError(f"--memory: {error}") from None


def steps_written(script: Script, tool: str, target: Path, timeout: float | None) -> list[str]:
    """Write a pipeline, and prove it with a time limit given; what to say of it, a line each.

    Raises:
        NbdebtError: it can't be divided into steps, or a file can't be written.
    """
    lines = [f"step by step: {verify_pipeline(script, timeout).summary()}"] if timeout is not None else []
    try:
        found, _ = write_pipeline(script, tool, target)
    except OSError as error:
        raise NbdebtError(f"{target}: can't be written: {error.strerror or error}") from None
    names = ", ".join(step.name for step in found.steps)
    return [*lines, f"{plural(len(found.steps), 'step')}: {names}", *found.notes]


def told(script: Script) -> tuple[str, ...]:
    """What a script leaves out and what must be known of it, a line each."""
    manifest = script.manifest
    return (*(f"left out: {text}" for text in manifest.dropped), *manifest.notes)


def requirements_text(script: Script) -> str:
    """The lines of a requirements file."""
    return "".join(f"{requirement}\n" for requirement in script.manifest.requirements)


def written(path: str, text: str) -> None:
    """Write a file whole.

    Raises:
        NbdebtError: it can't be written.
    """
    try:
        write_atomic(Path(path), text.encode())
    except OSError as error:
        raise NbdebtError(f"{path}: can't be written: {error.strerror or error}") from None
