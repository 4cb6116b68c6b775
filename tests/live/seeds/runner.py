"""Runs a script in a fresh process: plainly, for the truth, or in a shell that nbdebt watches.

``python -m tests.live.seeds.runner`` is a server (see :mod:`benchmarks.oracle.server`). What
``SEEDS_PRELOAD`` names is loaded before the fork, where it is there, so that no script pays for it.
"""

import ast
import contextlib
import importlib
import io
import os
import random
import sys
import tempfile
import warnings
from typing import Any

import msgspec

from benchmarks.oracle.server import Server, serve

PRELOAD = "SEEDS_PRELOAD"
DRAWS = frozenset(("NBD201", "NBD202", "NBD203", "NBD204", "NBD205"))
"""The rules that say of a draw that nothing determines it."""


class Script(msgspec.Struct):
    """The cells of a notebook, run once from top to bottom.

    Args:
        cells: their sources.
        watched: whether nbdebt is asked instead of the values being compared.
    """

    cells: list[str]
    watched: bool


class Left(msgspec.Struct):
    """What a script left: a digest of each name, and what its cells showed."""

    names: dict[str, str]
    shown: list[str]


class Said(msgspec.Struct):
    """What nbdebt said of a script.

    Args:
        codes: its findings of undetermined draws.
        reproduces: its verdict.
        failures: what went wrong in it.
        raised: the error of a cell, if one raised.
    """

    codes: list[str]
    reproduces: bool | None
    failures: list[str]
    raised: str = ""


class Runner(Server):
    """A running server for one kind of script."""

    def __init__(self, hash_seed: int) -> None:
        super().__init__("tests.live.seeds.runner", hash_seed)

    def run(self, cells: list[str]) -> Left:
        """Run without nbdebt; ``RuntimeError`` if a cell raises."""
        return self.ask(Script(cells, False), Left)

    def watch(self, cells: list[str]) -> Said:
        """Run under nbdebt, cell by cell, and ask."""
        return self.ask(Script(cells, True), Said)


def _fresh() -> None:
    """Global streams as a new process has them: a fork shares its parent's."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()


def _left(script: Script) -> Left:
    names: dict[str, Any] = {"__name__": "__main__"}
    shown: list[str] = []
    for number, source in enumerate(script.cells):
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(tree, f"<cell {number}>", "exec"), names)
            if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
                value = eval(compile(ast.Expression(last.value), f"<cell {number}>", "eval"), names)
                shown.append("" if value is None else _digest(value))
            elif isinstance(last, ast.Expr):
                eval(compile(ast.Expression(last.value), f"<cell {number}>", "eval"), names)
        shown.append(out.getvalue())
    own = {name: value for name, value in names.items() if not name.startswith("_")}
    return Left({name: _digest(value) for name, value in own.items()}, shown)


def _digest(value: object) -> str:
    from benchmarks.oracle.digest import Digester  # it loads pandas

    class WithTensors(Digester):
        def _parts(self, value: Any) -> list[bytes]:
            torch: Any = sys.modules.get("torch")
            if torch is not None:
                if isinstance(value, torch.Tensor):
                    return [b"tensor", *self._all([value.tolist(), str(value.dtype)])]
                if isinstance(value, torch.Generator):
                    return [b"generator", *self._all([value.get_state().tolist()])]
                if isinstance(value, torch.nn.Module):
                    return [type(value).__name__.encode(), *self._all([dict(value.state_dict())])]
            return super()._parts(value)

    return WithTensors().digest(value)


def _said(script: Script, shell: Any) -> Said:
    import nbdebt

    session = nbdebt.load(shell)
    document = [(f"c{number}", source) for number, source in enumerate(script.cells)]
    session.set_document(document)
    raised = ""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for cell, source in document:
            ran = shell.run_cell(source, store_history=True, cell_id=cell)
            raised = raised or (f"{ran.error_in_exec!r}" if ran.error_in_exec else "")
    said = session.report(), session.verdict()
    codes = [finding.code for finding in said[0].findings if finding.code in DRAWS]
    failures = session.failures
    session.close()
    return Said(codes, said[1].reproduces, failures, raised)


def _serve() -> None:
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    warnings.simplefilter("ignore")
    for name in ("nbdebt.live.session", *os.environ.get(PRELOAD, "").split()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    HistoryManager.enabled = False
    shell = InteractiveShell.instance()
    shell.colors = "nocolor"
    # What the first session of a process loads, no script shall pay for either.
    _said(Script(["x = 1"], True), shell).failures.clear()
    shell.reset()

    def answer(line: bytes) -> Left | Said:
        script = msgspec.json.decode(line, type=Script)
        _fresh()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            return _said(script, shell) if script.watched else _left(script)

    serve(answer)


if __name__ == "__main__":
    _serve()
