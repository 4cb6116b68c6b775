"""``%nbdebt export``: the script written, and what its verification says, in a few lines."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nbdebt.export.making import made
from nbdebt.export.model import Form, Script
from nbdebt.export.proof import proven
from nbdebt.live.shown import Shown
from nbdebt.model.errors import NbdebtError
from nbdebt.read.edit import write_atomic
from nbdebt.report.plain import clean

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
    own = session.settings.seed if given.seed is None else given.seed
    seed = None if given.no_seed else own
    form = Form(given.settings, given.cli, given.config, given.functions, given.faithful)
    log = session.log()
    if not log.entries:
        raise NbdebtError("nothing ran yet that could be exported")
    lines: list[str] = []
    if not given.verify:
        script = made(log, given.targets, None, seed, form)
        lines.append("not verified: `%nbdebt export` without `--no-verify` runs it and compares")
    else:
        script, found = proven(log, given.targets, seed=seed, timeout=given.timeout, form=form)
        lines += [found.summary(), *found.notes]
    written(given.file, script.text)
    if given.requirements:
        written(given.requirements, requirements_text(script))
    return Shown(f"{clean(given.file)} written", (*lines, *told(script)))


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
