"""An Airflow DAG: a task for each step.

Source: Airflow's documentation, "TaskFlow" and "Public Interface" (``airflow.sdk`` of Airflow 3).
"""

import re

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.pipelines.starting import head, start
from nbdebt.export.texts import literal


def write(found: Pipeline) -> dict[str, str]:
    """The file."""
    name = re.sub(r"[^\w.-]+", "_", found.title.rpartition(".")[0] or found.title)
    lines = [
        head(found, "put it where Airflow finds its DAGs, or link it there"),
        "",
        "import pathlib",
        "import subprocess",
        "import sys",
        "from datetime import datetime",
        "",
        "try:",
        "    from airflow.sdk import dag, task",
        "except ImportError:  # Airflow 2",
        "    from airflow.decorators import dag, task",
        "",
        start(found),
        "",
        "",
        f"@dag(dag_id={literal(name)}, schedule=None, start_date=datetime(2020, 1, 1), catchup=False)",
        "def pipeline():",
        f'    """What {found.title} did."""',
    ]
    for step in found.steps:
        about = f"  # {step.about}" if step.about else ""
        lines.append(
            f"    {step.name} = task(start, task_id={literal(step.name)})({literal(step.file)}){about}"
        )
    lines += [f"    {before} >> {step.name}" for step in found.steps for before in step.after]
    lines += ["", "", "pipeline()", ""]
    return {"dag.py": "\n".join(lines)}
