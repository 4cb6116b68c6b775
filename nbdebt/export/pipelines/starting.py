"""What the tools that are Python have in common: a function that runs a step as a program."""

from nbdebt.export.pipelines.model import Pipeline
from nbdebt.export.texts import literal


def head(found: Pipeline, run: str) -> str:
    """The docstring of such a file."""
    return f'"""What {found.title} did, step by step. Run: {run}"""'


def start(found: Pipeline) -> str:
    """Where the steps are, and what starts one."""
    return f'''\
HERE = pathlib.Path(__file__).resolve().parent
WHERE = (HERE / {literal(found.back)}).resolve()


def start(step):
    """Run a step in a process of its own, where the notebook ran."""
    subprocess.run([sys.executable, str(HERE / f"{{step}}.py")], cwd=WHERE, check=True)'''


def class_name(text: str) -> str:
    """``LoadDataTask`` for ``load_data``."""
    return "".join(word[:1].upper() + word[1:] for word in text.split("_")) + "Task"
