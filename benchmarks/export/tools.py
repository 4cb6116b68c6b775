"""The tools: how each makes a script of a notebook. Peers are pinned, in an environment of their own."""

import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.export.sessions import Session
from tests.export.notebooks import Play
from tests.live.kernels import ROOT

PEERS = (
    "nbconvert==7.17.2",
    "jupytext==1.19.6",
    "marimo==0.25.2",
    "soorgeon==0.0.20",
    "ipyflow==0.0.231",
)
_SHARED = ("ipython", "ipykernel", "numpy", "pandas", "scikit-learn", "matplotlib")
_SLICES = """
import json, sys
from pathlib import Path
from jupyter_client.manager import KernelManager
cells, names, target = json.loads(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])
manager = KernelManager()
manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready()
def run(code, **words):
    said = []
    def heard(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            said.append(message["content"]["text"])
    reply = client.execute_interactive(code, output_hook=heard, timeout=120, **words)
    return reply["content"]["status"] == "ok", "".join(said)
run("%load_ext ipyflow")
for cell in cells:
    run(cell)
run("from ipyflow import code as code_of")
for name in names:
    worked, text = run(f"print(code_of({name}))")
    if worked:
        (target / f"{name}.py").write_text(text)
manager.shutdown_kernel(now=True)
"""

Make = Callable[[Session, Play, Path], "dict[str, Path]"]
"""Makes scripts: for names, or one for all of them (under the name ``*``)."""


def environment() -> Path:
    """The interpreter of the peers' environment, installed on first use."""
    folder = ROOT / ".venv-bench" / "export"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        print("installing " + ", ".join(PEERS), file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pinned = [f"{package}=={version(package)}" for package in _SHARED]
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS, *pinned], check=True)
        (folder / "done").touch()
    return python


def _converted(session: Session, folder: Path, program: str, *words: str) -> dict[str, Path]:
    """Convert the saved notebook; the script is ``notebook.py`` in the folder."""
    shutil.copy(session.saved, folder / "notebook.ipynb")
    command = [str(environment().with_name(program)), *words]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    made = folder / "notebook.py"
    return {"*": made} if made.exists() else {}


def nbconvert(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``jupyter nbconvert --to python``."""
    return _converted(session, folder, "jupyter-nbconvert", "--to", "python", "notebook.ipynb")


def jupytext(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``jupytext --to py``."""
    return _converted(session, folder, "jupytext", "--to", "py", "notebook.ipynb")


def marimo(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``marimo convert``."""
    return _converted(session, folder, "marimo", "convert", "notebook.ipynb", "-o", "notebook.py")


def soorgeon(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``soorgeon refactor``: these notebooks have no headings, so as one task."""
    return _converted(
        session, folder, "soorgeon", "refactor", "notebook.ipynb", "--single-task", "--file-format", "py"
    )


def ipyflow(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``ipyflow.code(name)`` in the live session: a slice for each name."""
    cells = json.dumps([notebook.cells[cell] for cell in notebook.order])
    work = folder / "work"
    work.mkdir()
    command = [str(environment()), "-c", _SLICES, cells, json.dumps(sorted(session.values)), str(folder)]
    subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
    return {path.stem: path for path in folder.glob("*.py")}


def saved(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
    """``nbdebt export notebook.ipynb --verify``."""
    made = folder / "notebook.py"
    words = ["export", str(session.saved), "--verify", "-o", str(made)]
    done = subprocess.run([sys.executable, "-m", "nbdebt", *words], capture_output=True, text=True)
    session.told["saved"] = "nbdebt: equal" in done.stderr, done.stderr.strip()
    return {"*": made} if made.exists() else {}


def _ours(way: str) -> Make:
    def make(session: Session, notebook: Play, folder: Path) -> dict[str, Path]:
        made = session.saved.with_name(f"{way}.py")
        return {"*": made} if made.exists() else {}

    return make


TOOLS: dict[str, Make] = {
    "nbdebt, live": _ours("live"),
    "nbdebt, live, `--faithful`": _ours("faithful"),
    "nbdebt, saved notebook": saved,
    "nbconvert": nbconvert,
    "jupytext": jupytext,
    "marimo": marimo,
    "soorgeon": soorgeon,
    "ipyflow, live": ipyflow,
}
