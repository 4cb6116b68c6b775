"""Exports as a front end offers them: what is wanted, in one object; what came of it, in another.

The texts are handed over and written by nobody here. The objects are ``export_options`` and ``exported`` of
``report/wire.schema.json``.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from nbdebt.export.making import NO_FLAGS, made
from nbdebt.export.model import Cli, Config, Form, Log, Script, Verification
from nbdebt.export.pipelines import TOOLS, pipeline_files
from nbdebt.export.pipelines.writing import verify_pipeline
from nbdebt.export.proof import proven
from nbdebt.export.refused import ExportRefused
from nbdebt.model.errors import NbdebtError

TIMEOUT = 600.0
"""Seconds that one run of it may take."""
_NO_STEPS = "a pipeline is a program for each section, and these have no flags"


class Wanted(msgspec.Struct, frozen=True):
    """How an export is put together.

    Args:
        to: ``script``, ``notebook``, ``module``, or the tool of a pipeline.
        targets: what it is for; none are all.
        functions: a function for each section.
        settings: paths, seeds, parameters at the top, under names.
        cli: flags that set them.
        config: a file that may set them.
        name: of the file, or of a pipeline's directory; empty takes one after the notebook's.
    """

    to: str = "script"
    targets: tuple[str, ...] = ()
    functions: bool = False
    settings: bool = True
    cli: Cli = "none"
    config: Config = "none"
    name: str = ""


def wanted_of(given: Any) -> Wanted:
    """What a message asks for.

    Raises:
        NbdebtError: it can't be understood, or doesn't go together.
    """
    try:
        wanted = msgspec.convert(given, Wanted)
    except msgspec.ValidationError as error:
        raise NbdebtError(f"these are no options of an export: {error}") from None
    flags = wanted.cli != "none" or wanted.config != "none"
    if wanted.to not in ("script", "notebook", "module", *TOOLS):
        raise NbdebtError(f"nothing is exported to {wanted.to}")
    if wanted.to == "notebook" and (flags or wanted.functions):
        raise NbdebtError(NO_FLAGS)
    if wanted.to in TOOLS and flags:
        raise NbdebtError(_NO_STEPS)
    if wanted.name and (PurePath(wanted.name).name != wanted.name or "\\" in wanted.name):
        raise NbdebtError(f"{wanted.name}: give a name, without directories")
    return wanted


def form_of(wanted: Wanted) -> Form:
    """How that is put together."""
    functions = wanted.functions or wanted.to not in ("script", "notebook")
    return Form(wanted.settings, wanted.cli, wanted.config, functions, notebook=wanted.to == "notebook")


def offered(log: Log, wanted: Wanted, seed: int | None) -> dict[str, Any]:
    """The export, not run.

    Raises:
        ExportRefused: it can't be exported soundly.
    """
    return _exported("made", log, wanted, made(log, wanted.targets, None, seed, form_of(wanted)))


def verified(log: Log, wanted: Wanted, seed: int | None) -> dict[str, Any]:
    """The export, run and compared. This runs code.

    Raises:
        ExportRefused: it can't be exported soundly.
        Stopped: somebody has stopped it.
    """
    script, found = proven(log, wanted.targets or None, seed=seed, timeout=TIMEOUT, form=form_of(wanted))
    if wanted.to in TOOLS and found.equal:
        found = verify_pipeline(script, TIMEOUT)
    return _exported("done", log, wanted, script, found)


def refusal(error: ExportRefused, cells: Mapping[str, str]) -> dict[str, Any]:
    """Why it can't be exported, and where.

    Args:
        error: the refusal.
        cells: ids of cells, by how people know them.
    """
    where = {"label": error.cell, "cell": cells.get(error.cell, ""), "line": error.line}
    return {**_empty("refused", ""), "refused": {"reason": error.reason, **where}}


def running(name: str) -> dict[str, Any]:
    """That it goes on."""
    return _empty("running", name)


def _exported(
    state: str, log: Log, wanted: Wanted, script: Script, found: Verification | None = None
) -> dict[str, Any]:
    name = wanted.name or _name(log, wanted)
    if name == log.title:
        raise NbdebtError(f"{name} is the notebook itself: give the export a name of its own")
    said = list(script.manifest.notes)
    files = {name: script.text}
    if wanted.to in TOOLS:
        pipeline, files = pipeline_files(script, wanted.to, name, "..")
        said += pipeline.notes
    return {
        **_empty(state, name),
        "files": files,
        "said": said,
        "dropped": list(script.manifest.dropped),
        "result": None if found is None else _result(found),
    }


def _result(found: Verification) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "summary": found.summary(),
        "differences": list(found.differences),
        "notes": list(found.notes),
        "seconds": round(found.seconds, 2),
    }


def _empty(state: str, name: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"files": {}, "said": [], "dropped": [], "result": None, "refused": None}
    return {"state": state, "job": 0, "name": name, **nothing}


def _name(log: Log, wanted: Wanted) -> str:
    stem = PurePath(log.title).stem or "notebook"
    if wanted.to in TOOLS:
        return f"{stem}_pipeline"
    return f"{stem}_exported.ipynb" if wanted.to == "notebook" else f"{stem}.py"
