"""A ``Makefile``: a rule for each step.

Source: GNU Make's manual; nothing in it is newer than make 3.81, which macOS has. A target is a step's
result; the files that it writes are made beside it.
"""

import re

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.refused import ExportRefused


def write(found: Pipeline) -> dict[str, str]:
    """The file.

    Raises:
        ExportRefused: a path that make can't be told of.
    """
    last = [step for step in found.steps if not any(step.name in other.after for other in found.steps)]
    goals = " ".join(_path(found.result(step.name)) for step in last)
    lines = [
        f"# What {found.title} did. Run: make -f {found.directory}/Makefile",
        "PYTHON ?= python3",
        "",
        f"all: {goals}",
        ".PHONY: all",
    ]
    for step in found.steps:
        needs = " ".join(map(_path, [p for p in found.needs(step) if p not in step.takes]))
        about = [f"# {step.about}"] if step.about else []
        lines += [
            "",
            *about,
            f"{_path(found.result(step.name))}: {needs}",
            f"\t$(PYTHON) {found.script(step)}",
        ]
    return {"Makefile": "\n".join(lines) + "\n"}


def _path(path: str) -> str:
    if re.search(r"[:;|*?%=\\\n]", path):
        raise ExportRefused(f"make can't be told of a file called {path}")
    return path.replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
