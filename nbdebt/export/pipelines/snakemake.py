"""A ``Snakefile``: a rule for each step.

Source: Snakemake's documentation, "Writing Workflows".
"""

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.texts import literal


def write(found: Pipeline) -> dict[str, str]:
    """The file."""
    last = [step for step in found.steps if not any(step.name in other.after for other in found.steps)]
    lines = [
        f"# What {found.title} did. Run: snakemake -s {found.directory}/Snakefile --cores 1",
        "",
        "",
        "rule all:",
        "    input:",
        *(f"        {literal(found.result(step.name))}," for step in last),
    ]
    for step in found.steps:
        lines += ["", "", f"rule {step.name}:"]
        if step.about:
            lines.append(f"    # {step.about}")
        lines += [
            "    input:",
            *(f"        {literal(path)}," for path in found.needs(step)),
            "    output:",
            *(f"        {literal(path)}," for path in found.makes(step)),
            "    shell:",
            f"        {literal(f'python {found.script(step)}')}",
        ]
    return {"Snakefile": "\n".join(lines) + "\n"}
