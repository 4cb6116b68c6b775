"""``dvc.yaml``: a stage for each step.

Source: DVC's manual, "dvc.yaml Files" (stages: ``cmd``, ``wdir``, ``deps``, ``outs``).
"""

import json

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.refused import ExportRefused


def write(found: Pipeline) -> dict[str, str]:
    """The file.

    Raises:
        ExportRefused: two steps write one file, which DVC doesn't allow.
    """
    lines = [f"# What {found.title} did. Run: dvc repro {found.directory}/dvc.yaml", "stages:"]
    owner: dict[str, str] = {}
    for step in found.steps:
        for path in step.writes:
            if path in owner:
                both = f"{owner[path]} and {step.name}"
                raise ExportRefused(f"{path} is written by two steps, {both}: DVC wants one for each file")
            owner[path] = step.name
        lines += [
            f"  {step.name}:",
            *([f"    desc: {json.dumps(step.about, ensure_ascii=False)}"] if step.about else []),
            f"    wdir: {json.dumps(found.back)}",
            f"    cmd: {json.dumps(f'python {found.script(step)}')}",
            "    deps:",
            *(f"      - {json.dumps(path)}" for path in found.needs(step)),
            "    outs:",
            *(f"      - {json.dumps(path)}" for path in found.makes(step)),
        ]
    return {"dvc.yaml": "\n".join(lines) + "\n"}
