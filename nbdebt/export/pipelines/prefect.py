"""A Prefect flow: a task for each step.

Source: Prefect's documentation, "Write and run tasks" (``submit``, ``wait_for``).
"""

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.pipelines.starting import head, start
from nbdebt.export.texts import literal


def write(found: Pipeline) -> dict[str, str]:
    """The file."""
    lines = [
        head(found, "python flow.py"),
        "",
        "import pathlib",
        "import subprocess",
        "import sys",
        "",
        "from prefect import flow, task",
        "",
        start(found),
        "",
        "",
        f"@flow(name={literal(found.title)})",
        "def pipeline():",
        f'    """What {found.title} did."""',
    ]
    for step in found.steps:
        after = f", wait_for=[{', '.join(step.after)}]" if step.after else ""
        called = f"task(start, name={literal(step.about or step.name)})"
        lines.append(f"    {step.name} = {called}.submit({literal(step.file)}{after})")
    waited = ", ".join(step.name for step in found.steps)
    lines += [f"    for one in ({waited},):", "        one.result()", "", "", 'if __name__ == "__main__":']
    lines += ["    pipeline()", ""]
    return {"flow.py": "\n".join(lines)}
