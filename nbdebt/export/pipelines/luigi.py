"""A Luigi module: a task for each step.

Source: Luigi's documentation, "Tasks" and "Targets".
"""

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.pipelines.starting import class_name, head, start
from nbdebt.export.texts import literal


def write(found: Pipeline) -> dict[str, str]:
    """The file."""
    lines = [
        head(found, "python tasks.py"),
        "",
        "import pathlib",
        "import subprocess",
        "import sys",
        "",
        "import luigi",
        "",
        start(found),
        "",
        "",
        "class Step(luigi.Task):",
        '    """A step, and the result that it leaves."""',
        "",
        '    step = file = ""',
        "    after = ()",
        "",
        "    def requires(self):",
        "        return [task() for task in self.after]",
        "",
        "    def output(self):",
        '        return luigi.LocalTarget(str(HERE / "results" / f"{self.step}.pickle"))',
        "",
        "    def run(self):",
        "        start(self.file)",
    ]
    for step in found.steps:
        after = ", ".join(class_name(name) for name in step.after) + ("," if len(step.after) == 1 else "")
        lines += [
            "",
            "",
            f"class {class_name(step.name)}(Step):",
            f'    """{step.about or step.name}."""',
            "",
            f"    step = {literal(step.name)}",
            f"    file = {literal(step.file)}",
            f"    after = ({after})",
        ]
    everything = ", ".join(f"{class_name(step.name)}()" for step in found.steps)
    lines += ["", "", 'if __name__ == "__main__":']
    lines += [f"    done = luigi.build([{everything}], local_scheduler=True)", "    sys.exit(not done)", ""]
    return {"tasks.py": "\n".join(lines)}
