"""A pipeline on disk, and its proof: the steps run one after the other, each a process of its own."""

import os
from pathlib import Path

import msgspec

from nbdebt.export.model import Script, Verification
from nbdebt.export.pipelines import pipeline_files
from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.refused import ExportRefused
from nbdebt.read.edit import write_atomic

_TRIAL = "nbdebt_steps"
_DRIVER = """\
import pathlib
import subprocess
import sys

FILES = {files!r}
STEPS = {steps!r}

pathlib.Path({directory!r}).mkdir()
for name, text in FILES.items():
    pathlib.Path({directory!r}, name).write_text(text, encoding="utf-8")
for step in STEPS:
    subprocess.run([sys.executable, f"{directory}/{{step}}.py"], check=True)
"""


def write_pipeline(script: Script, tool: str, target: Path) -> tuple[Pipeline, list[str]]:
    """Write the steps of a script, and what a tool reads to start them.

    Args:
        script: made with ``functions=True``, without flags.
        tool: which tool (``pipelines.TOOLS``).
        target: a directory; made where it isn't there.

    Returns:
        The pipeline, and the files that were written.

    Raises:
        ExportRefused: it can't be divided into steps, or the directory is the notebook's own.
        OSError: a file can't be written.
    """
    home = os.path.realpath(script.log.directory)
    directory = os.path.relpath(os.path.realpath(target), home)
    if directory == ".":
        raise ExportRefused("the steps want a directory of their own: -o DIRECTORY")
    found, files = pipeline_files(script, tool, directory, os.path.relpath(home, os.path.realpath(target)))
    target.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_atomic(target / name, text.encode())
    return found, [str(target / name) for name in files]


def verify_pipeline(script: Script, timeout: float = 600.0) -> Verification:
    """Run the steps in a copy of the directory, and compare what they print and write. This runs code.

    Args:
        script: as for :func:`write_pipeline`.
        timeout: seconds that all steps may take.
    """
    found, _ = pipeline_files(script, "make", _TRIAL, "..")
    driver = _DRIVER.format(files=found.files, steps=[step.file for step in found.steps], directory=_TRIAL)
    manifest = msgspec.structs.replace(script.manifest, names=(), functions=())
    return Script(driver, manifest, script.log, script.printed).verify(timeout)
