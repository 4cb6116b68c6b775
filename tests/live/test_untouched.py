"""Notebooks run in real kernels with and without the extension: all that comes back is the same."""

import ast
import difflib
import json
import os
import pprint
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

for needed in ("ipykernel", "jupyter_client", "nbclient", "numpy", "pandas", "matplotlib", "sklearn"):
    pytest.importorskip(needed)

import nbformat  # noqa: E402

from benchmarks.oracle.document import parse_percent  # noqa: E402
from benchmarks.oracle.generate import Split  # noqa: E402
from nbdebt.read.clean import MIME  # noqa: E402
from tests.live.kernels import ROOT, Answer, Kernel, plain  # noqa: E402
from tests.live.oracle.notebooks import DATA, notebooks  # noqa: E402

EXAMPLES = ROOT / "example_notebooks"
SPLITS: tuple[Split, ...] = ("tune", "held-out")
_OF_A_FAMILY = 2
VOLATILE = re.compile(
    r"%timeit|%time\b|%%time|import time\b|datetime|uuid|urandom|default_rng\(\)|secrets|SystemRandom|"
    r"getmtime|%history|%macro|%rerun|\bid\("
)
"""What says another thing in each kernel: clocks, entropy. Where a notebook uses it, two kernels without the
extension show which cells do, and these are left out."""


TIMED = re.compile(r"^(CPU times: |Wall time: ).*$|^.+ per loop .*$", re.M)
"""What IPython's timing magics print: now and then two kernels are equally quick, and a third isn't."""


class Notebook(NamedTuple):
    """A notebook to be run: its name, the sources of its code cells, the files that it needs."""

    name: str
    cells: tuple[str, ...]
    files: Path


OWN = Path(__file__).with_name("untouched.txt")
"""Notebooks that try what an extension could disturb: ``#### name`` starts one and ``# %%`` a cell."""
_NAME = re.compile(r"^#### (\w+)$", re.M)


def given() -> list[Notebook]:
    """Those above, those that were written for live sessions, some of those for saved ones, the examples."""
    _, *parts = _NAME.split(OWN.read_text(encoding="utf-8"))
    found = [
        Notebook(f"own-{name}", tuple(cell.source for cell in parse_percent(name, text).cells), DATA)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    made = {n.document.name: n for split in SPLITS for n in notebooks(split)}.values()
    families: dict[str, int] = {}
    for notebook in made:
        families[notebook.family] = families.get(notebook.family, 0) + 1
        if families[notebook.family] <= _OF_A_FAMILY:
            sources = tuple(cell.source for cell in notebook.document.cells)
            found.append(Notebook(f"{notebook.family}-{notebook.document.name}", sources, DATA))
    for path in sorted(EXAMPLES.rglob("*.ipynb")):
        read = nbformat.read(path, as_version=4)
        sources = tuple(cell.source for cell in read.cells if cell.cell_type == "code")
        if not any("pip install" in source for source in sources):
            found.append(Notebook(f"example-{path.stem}", sources, path.parent))
    return found


# What a kernel is in after a notebook has run. Evaluated without a cell.
PROBE = """(lambda i: i("json").dumps({
    "Out": {n: str(type(v)) for n, v in Out.items()},
    "In": In[-60:],
    "_": [str(type(get_ipython().user_ns.get(n))) for n in ("_", "__", "___")],
    "count": get_ipython().execution_count,
    "history": [str(h)[-200:] for h in get_ipython().history_manager.input_hist_parsed[-60:]],
    "reprs": [str(r)[:200] for r in get_ipython().history_manager.output_hist_reprs.items()],
    "random": (hash(i("random").getstate()[1]), i("random").getstate()[2]),
    "numpy": hash(i("numpy").random.get_state()[1].tobytes()),
    "numpy at": i("numpy").random.get_state()[2:],
    "filters": i("warnings").filters,
    "shows warnings": str(i("warnings").showwarning),
    "flags": str(i("sys").flags),
    "debug": __debug__,
    "cwd": i("os").getcwd(),
    "environ": sorted(i("os").environ.items()),
    "path": i("sys").path,
    "finders": [str(f)[:60] for f in [*i("sys").meta_path, *i("sys").path_hooks] if "nbdebt" not in str(f)],
    "streams": (str(type(i("sys").stdout)), str(type(i("sys").stderr)), str(type(i("sys").stdin))),
    "hooks": (str(i("sys").excepthook), str(type(i("sys").displayhook)), str(i("threading").excepthook)),
    "traced": (i("sys").gettrace(), i("sys").getprofile()),
    "handlers": [str(h) for h in i("logging").getLogger().handlers],
    "level": i("logging").getLogger().level,
    "signals": [str(i("signal").getsignal(n)) for n in (2, 15)],
    "limits": (i("sys").getrecursionlimit(), i("sys").getswitchinterval()),
    "gc": (i("gc").isenabled(), i("gc").get_threshold(), i("gc").callbacks),
    "names": sorted(get_ipython().user_ns),
    "builtins": sorted(dir(i("builtins"))),
    "modules": sorted(n for n in i("sys").modules if not n.startswith(("nbdebt", "msgspec", "xxhash"))),
    "threads": sorted(t.name for t in i("threading").enumerate()),
    "options": repr(i("numpy").get_printoptions()),
    "figures": i("matplotlib.pyplot").pyplot.get_fignums(),
    "files": sorted(i("os").listdir(".")),
    "decimal": repr(i("decimal").getcontext()),
    "locale": i("locale").setlocale(6),
}, default=str))(__import__)"""
STARTED = """
import gc, importlib, logging, os, random, sys, warnings
import matplotlib.pyplot, numpy, pandas, sklearn
get_ipython().run_line_magic("unload_ext", "nothing")
gc.collect(); gc.freeze()
"""
FRESH = """
def fresh():
    import gc, logging, matplotlib.pyplot, numpy, os, pandas, random, warnings
    os.chdir({work!r})
    ip = get_ipython()
    ip.reset()
    ip.run_line_magic("xmode", "Context")
    ip.run_line_magic("precision", "%r")
    random.seed(0)
    numpy.random.seed(0)
    warnings.resetwarnings()
    matplotlib.pyplot.close("all")
    pandas.reset_option("all")
    logging.getLogger().handlers.clear()
    ip.execution_count = 1
fresh()
"""
# pyzmq brings a module of its own when a kernel first sends something large.
STANDARD = frozenset((*sys.stdlib_module_names, "zmq"))


class Player:
    """A kernel in which notebooks run one after the other, each in a directory and a namespace of its own."""

    def __init__(self, directory: Path, loaded: bool) -> None:
        self.directory = directory
        (directory / "matplotlibrc").write_text("svg.hashsalt: fixed\n", encoding="utf-8")
        home = {"HOME": str(directory), "MPLCONFIGDIR": str(directory), "SOURCE_DATE_EPOCH": "0"}
        self.kernel = Kernel(directory, home)
        self.kernel.run(STARTED, silent=True, store_history=False)
        if loaded:
            self.kernel.load()

    def run(self, notebook: Notebook) -> list[Any]:
        """What each cell answered, and what state the kernel is in afterwards."""
        work = self.directory / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(notebook.files, work, ignore=shutil.ignore_patterns("*.ipynb"))
        fresh = self.kernel.run(FRESH.format(work=str(work)), silent=True, store_history=False)
        assert fresh.reply["status"] == "ok", fresh.reply
        said: list[Any] = []
        for number, source in enumerate(notebook.cells):
            said.append((source, heard(self.kernel.run(source, f"cell-{number}"), self.directory)))
        probed = json.loads(ast.literal_eval(self.kernel.ask(PROBE)))
        said.append(("the state afterwards", normal(probed, self.directory)))
        return said


def heard(answer: Answer, directory: Path) -> Any:
    """Replies and messages, without what is nbdebt's own. What is written to one stream between two displays
    may come in several pieces."""
    found: list[Any] = []
    texts: dict[str, str] = {}
    for kind, content in [*answer.messages, ("end", {})]:
        if MIME in content.get("data", ()):
            continue
        if kind == "stream":
            texts[content["name"]] = texts.get(content["name"], "") + TIMED.sub(r"\1", content["text"])
            continue
        if texts:
            found.append(sorted(texts.items()))
            texts = {}
        found.append((kind, {**content, "comm_id": ""} if "comm_id" in content else content))
    reply = {
        key: value for key, value in answer.reply.items() if key not in ("engine_info", "user_expressions")
    }
    return normal([reply, found], directory)


def normal(value: Any, directory: Path) -> Any:
    """Without addresses, process ids and the name of the directory."""
    found = json.loads(json.dumps(plain(value), default=str).replace(str(directory), "/work"))
    return found if sys.version_info >= (3, 12) else unwrapped(found)


def unwrapped(value: Any) -> Any:
    """Without the frames of watched functions, which are wrapped on Python 3.11."""
    if isinstance(value, dict):
        return {key: unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, str) and "nbdebt/live/files/wrap.py" in item)]
        return [unwrapped(item) for item in kept]
    return value


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Player]]:
    """Two kernels without the extension, and one with it."""
    found = {
        name: Player(tmp_path_factory.mktemp(name), name == "with") for name in ("without", "again", "with")
    }
    yield found
    for player in found.values():
        player.kernel.close()


@pytest.mark.parametrize("notebook", given(), ids=lambda notebook: notebook.name)
def test_a_notebook_runs_as_without(notebook: Notebook, players: dict[str, Player]) -> None:
    if notebook.name == "own-widgets":
        pytest.importorskip("ipywidgets")
    without, with_it = players["without"].run(notebook), players["with"].run(notebook)
    *cells, state = zip(without, with_it, strict=True)
    if any(VOLATILE.search(source) for source in notebook.cells):
        again = players["again"].run(notebook)
        same = [pair for pair, other in zip(cells, again, strict=False) if pair[0] == other]
        assert len(same) >= 0.5 * len(cells), "too little was the same in two kernels without the extension"
        cells = same
        state = tuple(
            {k: v for k, v in side[1].items() if without[-1][1][k] == again[-1][1][k]} for side in state
        )
    else:
        state = (state[0][1], state[1][1])
    for one, other in cells:
        assert other == one, difference(one, other)
    one, other = state
    brought = set(other.pop("modules", ())) - set(one.pop("modules", ()))
    assert {name for name in brought if name.partition(".")[0] not in STANDARD} == set()
    assert other == one, difference(one, other)


def difference(one: Any, other: Any) -> str:
    """Two answers, and where they differ."""
    shown = (pprint.pformat(value, width=110).split("\n") for value in (one, other))
    return "\n" + "\n".join(difflib.unified_diff(*shown, "without", "with", n=1, lineterm=""))


def test_the_recorder_was_there(players: dict[str, Player]) -> None:
    """The comparison is one with a kernel in which everything was recorded, without a failure."""
    notebook, kernel = max(given(), key=lambda notebook: len(notebook.cells)), players["with"].kernel
    before = int(kernel.ask("len(get_ipython()._nbdebt_session.runs)"))
    players["with"].run(notebook)
    assert kernel.ask("get_ipython()._nbdebt_session.failures") == "[]"
    assert int(kernel.ask("len(get_ipython()._nbdebt_session.runs)")) >= before + len(notebook.cells) > 3
    assert players["without"].kernel.ask("hasattr(get_ipython(), '_nbdebt_session')") == "False"


@pytest.mark.parametrize(
    ("source", "tags", "fails"),
    [("raise SystemExit(3)", [], True), ("1 / 0", [], True), ("1 / 0", ["raises-exception"], False)],
)
def test_exit_status_of_jupyter_execute(source: str, tags: list[str], fails: bool, tmp_path: Path) -> None:
    running = []
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    for number, first in enumerate(("pass", "%load_ext nbdebt")):
        made = nbformat.v4.new_code_cell(source, metadata={"tags": tags})
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(first), made])
        nbformat.write(notebook, tmp_path / f"{number}.ipynb")
        words = [sys.executable, "-c", "from nbclient.cli import main; main()", f"{number}.ipynb"]
        environ = {**os.environ, "PYTHONPATH": paths, "IPYTHONDIR": str(tmp_path / f"ipython{number}")}
        running.append(
            subprocess.Popen(
                words, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
    without, with_it = (process.wait(120) for process in running)
    assert with_it == without
    assert (without != 0) == fails
