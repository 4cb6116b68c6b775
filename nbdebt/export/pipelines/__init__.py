"""A script in functions as a pipeline: each function a program of its own, which a tool starts."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from nbdebt.export.model import Script
from nbdebt.export.pipelines.dividing import pipeline_of
from nbdebt.export.pipelines.model import Pipeline

TOOLS = ("dvc", "make", "snakemake", "airflow", "luigi", "metaflow", "prefect")
"""One module each, with ``write(pipeline) -> {file name: text}``."""


def pipeline_files(script: Script, tool: str, directory: str, back: str) -> tuple[Pipeline, dict[str, str]]:
    """The files of a pipeline: its steps, what they share, and what a tool reads to start them.

    Args:
        script: made with ``functions=True``, without flags.
        tool: one of ``TOOLS``.
        directory: where the files will be, relative to the notebook's directory, in which the steps run.
        back: from there to the notebook's directory.

    Raises:
        ExportRefused: it can't be divided into steps so that these surely do the same.
    """
    found = pipeline_of(script, Path(directory).as_posix(), Path(back).as_posix())
    write: Callable[[Pipeline], dict[str, str]] = import_module(f"nbdebt.export.pipelines.{tool}").write
    return found, {**found.files, **write(found)}
