"""A Metaflow flow: its steps one after the other.

Source: Metaflow's documentation, "Creating Flows": a flow begins with ``start`` and ends with ``end``.
"""

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.pipelines.starting import head, start
from nbdebt.export.texts import literal


def write(found: Pipeline) -> dict[str, str]:
    """The file."""
    lines = [
        head(found, "python flow.py run"),
        "",
        "import pathlib",
        "import subprocess",
        "import sys",
        "",
        "from metaflow import FlowSpec, step",
        "",
        start(found).replace("def start(", "def start_step("),
        "",
        "",
        "class Notebook(FlowSpec):",
        f'    """What {found.title} did."""',
    ]
    names = ["start", *(f"do_{one.name}" for one in found.steps), "end"]
    bodies = ["", *(f"        start_step({literal(one.file)})" for one in found.steps), ""]
    abouts = ["Begin", *(one.about or one.name for one in found.steps), "All is done"]
    for number, (name, body, about) in enumerate(zip(names, bodies, abouts, strict=True)):
        lines += ["", "    @step", f"    def {name}(self):", f'        """{about}."""']
        lines += [body] if body else []
        lines += [f"        self.next(self.{names[number + 1]})"] if name != "end" else []
    lines += ["", "", 'if __name__ == "__main__":', "    Notebook()", ""]
    return {"flow.py": "\n".join(lines)}
