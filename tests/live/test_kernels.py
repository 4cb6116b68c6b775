"""Real kernels as front ends drive them: restarted, interrupted, killed, several cells and kernels at
once."""

import ast
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for needed in ("ipykernel", "jupyter_client", "numpy"):
    pytest.importorskip(needed)

from tests.live.kernels import TIMEOUT, Kernel  # noqa: E402

SESSION = "get_ipython()._nbdebt_session"
RUNS = f"[(r.run.cell_id, r.run.outcome, r.made, r.count) for r in {SESSION}.runs]"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    found = Kernel(tmp_path_factory.mktemp("kernel"))
    yield found
    found.close()


@pytest.fixture
def kernel(shared: Kernel) -> Iterator[Kernel]:
    """A kernel with a fresh namespace, in which recording begins anew."""
    shared.run("%reset -f", silent=True, store_history=False)
    shared.load()
    yield shared
    shared.run("%unload_ext nbdebt", silent=True, store_history=False)


def runs(kernel: Kernel) -> list[tuple[str, str, tuple[str, ...], int | None]]:
    """Cell, outcome, names made and count of each recorded run; nothing of nbdebt's own has failed."""
    assert kernel.ask(f"{SESSION}.failures") == "[]"
    found: list[tuple[str, str, tuple[str, ...], int | None]] = ast.literal_eval(kernel.ask(RUNS))
    return found


def short(kernel: Kernel) -> list[tuple[str, str, tuple[str, ...]]]:
    return [run[:3] for run in runs(kernel)]


# Which cell, which number


def test_cells_have_the_ids_of_the_front_end(kernel: Kernel) -> None:
    kernel.run("x = 1", "one")
    kernel.run("y = x", "two")
    kernel.run("x = 1", "one")
    assert short(kernel) == [("one", "ok", ("x",)), ("two", "ok", ("y",)), ("one", "ok", ("x",))]


def test_without_ids_each_source_is_a_cell_of_its_own(kernel: Kernel) -> None:
    for source in ("x = 1", "y = x", "x = 1"):
        assert kernel.run(source).reply["status"] == "ok"
    found = runs(kernel)
    assert [run[2] for run in found] == [("x",), ("y",), ("x",)]
    assert all(run[0] for run in found)


def test_counts_are_those_of_the_front_end(kernel: Kernel) -> None:
    kept = kernel.run("x = 1", "one").reply["execution_count"]
    kernel.run("y = 1", "two", store_history=False)
    assert [run[3] for run in runs(kernel)] == [kept, None]


def test_silent_runs_are_no_runs(kernel: Kernel) -> None:
    """IPython tells nobody of them: what they make has no known origin."""
    kernel.run("x = 1", "one", silent=True, store_history=False)
    kernel.run("y = x", "two")
    assert short(kernel) == [("two", "ok", ("y",))]
    assert kernel.ask(f"{SESSION}.verdict().reproduces") == "None"


def test_a_library_that_a_silent_run_imported_is_as_it_came(kernel: Kernel) -> None:
    """Inspectors of variables import pandas behind the notebook's back: no cell set its options."""
    pytest.importorskip("pandas")
    kernel.run("import pandas", silent=True, store_history=False)
    kernel.run("import pandas as pd\nf = pd.DataFrame({'a': [1, 2]})", "one")
    kernel.run("total = int(f['a'].sum())\nprint(total)\nf", "two")
    assert kernel.ask(f"{SESSION}.verdict().reproduces") in ("True", "None")
    assert kernel.ask(f"[c.state for c in {SESSION}.verdict().cells.values()]") == "['same', 'same']"
    asked = kernel.ask(f"str(__import__('nbdebt.live.lineage', fromlist=['why']).why({SESSION}, 'total'))")
    assert "total" in asked
    assert "print" not in asked.partition("read")[2]


def test_an_answer_from_the_keyboard(kernel: Kernel) -> None:
    request = kernel.send("name = input('who? ')", "one", allow_stdin=True)
    asked = kernel.client.get_stdin_msg(timeout=TIMEOUT)
    assert asked["content"]["prompt"] == "who? "
    kernel.client.input("Ada")
    (answer,) = kernel.answers(request)
    assert answer.reply["status"] == "ok"
    assert kernel.ask("name") == "'Ada'"
    assert short(kernel) == [("one", "ok", ("name",))]


# Interrupts, restarts, deaths


@pytest.mark.parametrize(
    "busy",
    [
        pytest.param("while True:\n    pass", id="Python"),
        pytest.param("import time\ntime.sleep(600)", id="waiting"),
        pytest.param("import re\nre.match('(a+)+$', 'a' * 60 + 'b')", id="C"),
        pytest.param("import subprocess\nsubprocess.run(['sleep', '600'])", id="child"),
    ],
)
def test_an_interrupted_cell(kernel: Kernel, busy: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    request = kernel.send(f"x = 1\nopen({str(begun)!r}, 'w').close()\n{busy}\ny = 2", "one")
    begun.read_text()  # waits until the cell has opened it
    kernel.manager.interrupt_kernel()
    (answer,) = kernel.answers(request)
    assert answer.reply["ename"] == "KeyboardInterrupt"
    kernel.run("z = x", "two")
    first, second = short(kernel)
    assert first[:2] == ("one", "interrupted") and "x" in first[2] and "y" not in first[2]
    assert second == ("two", "ok", ("z",))


def test_a_cell_that_ends_the_kernel_s_run_is_recorded(kernel: Kernel) -> None:
    kernel.run("x = 1\nraise SystemExit(3)", "one")
    kernel.run("y = x", "two")
    assert short(kernel) == [("one", "error", ("x",)), ("two", "ok", ("y",))]


def test_restarts_and_deaths(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        kernel.load()
        kernel.run("x = 1", "one")
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=TIMEOUT)
        assert kernel.ask(f"hasattr(get_ipython(), '{SESSION.rpartition('.')[2]}')") == "False"
        kernel.load()
        kernel.run("y = 1", "one")
        assert short(kernel) == [("one", "ok", ("y",))]
        os.kill(int(kernel.ask("__import__('os').getpid()")), signal.SIGKILL)
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=TIMEOUT)
        kernel.load()
        kernel.run("z = 1", "one")
        assert short(kernel) == [("one", "ok", ("z",))]
        assert [p.name for p in tmp_path.iterdir() if "nbdebt" in p.name] == [], "nothing is left behind"
    finally:
        kernel.close()


# At once


def test_kernels_beside_each_other(kernel: Kernel, tmp_path: Path) -> None:
    other = Kernel(tmp_path)
    try:
        other.load()
        one, two = kernel.send("x = 1", "one"), other.send("x = 2; y = 3", "one")
        kernel.answers(one)
        other.answers(two)
        assert short(kernel) == [("one", "ok", ("x",))]
        assert short(other) == [("one", "ok", ("x", "y"))]
    finally:
        other.close()


def test_cells_at_once_in_subshells(kernel: Kernel) -> None:
    subshell = kernel.control("create_subshell_request")["subshell_id"]
    kernel.run("import threading\nfirst, second = threading.Event(), threading.Event()\nl = []", "zero")
    outer = kernel.send(
        "a = 1\nfirst.set()\nsecond.wait(60)\nl.append(a)\nopen('a.txt', 'w').close()", "outer"
    )
    inner = kernel.send(
        "first.wait(60)\nb = 2\nopen('b.txt', 'w').close()\nsecond.set()", "inner", subshell=subshell
    )
    for answer in kernel.answers(outer, inner):
        assert answer.reply["status"] == "ok", answer.reply
    kernel.run("c = a + b", "last")
    found = {run[0]: run[2] for run in runs(kernel)}
    assert found["outer"] == ("a",) and found["inner"] == ("b",) and found["last"] == ("c",)
    wrote = ast.literal_eval(
        kernel.ask(
            f"[(r.run.cell_id, str(a.resource)) for r in {SESSION}.runs"
            " for a in r.accesses if a.mode == 'write']"
        )
    )
    assert sorted(wrote) == [("inner", "b.txt"), ("outer", "a.txt")]
    kernel.control("delete_subshell_request", {"subshell_id": subshell})


# The document


def saved(path: Path, **cells: str) -> Path:
    """A notebook file."""
    path.write_text(
        json.dumps(
            {
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": {},
                "cells": [
                    {
                        "cell_type": "code",
                        "id": cell_id,
                        "source": source,
                        "metadata": {},
                        "outputs": [],
                        "execution_count": None,
                    }
                    for cell_id, source in cells.items()
                ],
            }
        )
    )
    return path


def shown(kernel: Kernel) -> list[tuple[str, str]]:
    """What nbdebt takes for the document."""
    found = kernel.ask(f"[(c.cell_id, c.source) for c in {SESSION}.understanding.shown()]")
    return [tuple(cell) for cell in ast.literal_eval(found)]


def test_a_file_that_lags_behind_the_screen(tmp_path: Path) -> None:
    path = saved(tmp_path / "n.ipynb", a="x = 1", c="y = x")
    kernel = Kernel(tmp_path, {"JPY_SESSION_NAME": str(path)})
    try:
        kernel.load()
        kernel.run("x = 1", "a")
        kernel.run("x = x + 1", "b")  # a new cell
        kernel.run("y = x * 2", "c")  # edited
        assert shown(kernel) == [("a", "x = 1"), ("b", "x = x + 1"), ("c", "y = x * 2")]
        assert kernel.ask(f"{SESSION}.document_source") == "'the file n.ipynb'"
        assert kernel.ask(f"{SESSION}.verdict().reproduces") == "True"
    finally:
        kernel.close()


def test_a_notebook_in_vs_code(kernel: Kernel, tmp_path: Path) -> None:
    path = saved(tmp_path / "n.ipynb", a="x = 1", b="y = x")
    kernel.run(f"__vsc_ipynb_file__ = {str(path)!r}", silent=True, store_history=False)
    kernel.run("x = 1", "vscode-notebook-cell:/n.ipynb#W0")
    kernel.run("y = x", "vscode-notebook-cell:/n.ipynb#W1")
    assert [source for _, source in shown(kernel)][:2] == ["x = 1", "y = x"]
    assert kernel.ask(f"{SESSION}.document_source") == "'the file n.ipynb'"


# Loading


def test_what_was_there_before(kernel: Kernel) -> None:
    kernel.run("%unload_ext nbdebt", silent=True, store_history=False)
    kernel.run("x = [1]", "one")
    kernel.run("%load_ext nbdebt", "two")
    kernel.run("x.append(2); y = len(x)", "three")
    found = runs(kernel)
    assert [run[0] for run in found] == ["two", "three"]
    assert kernel.ask(f"{SESSION}.verdict().reproduces") == "None"


def test_reset_and_reload(kernel: Kernel) -> None:
    kernel.run("x = 1", "one")
    kernel.run("%reset -f", "two")
    kernel.run("y = 1", "three")
    kernel.run("%reload_ext nbdebt", "four")
    kernel.run("z = y", "five")
    assert ("five", "ok", ("z",)) in short(kernel)
    hooks = kernel.ask(
        "[f.__qualname__ for n in ('pre_run_cell', 'post_run_cell')"
        " for f in get_ipython().events.callbacks[n] if 'nbdebt' in f.__module__]"
    )
    assert len(ast.literal_eval(hooks)) == 2
    assert kernel.run("%nbdebt", "six").reply["status"] == "ok"


TRACES = """
def traces():
    import sys, types
    ip = get_ipython()
    kinds = (types.FunctionType, types.BuiltinFunctionType, type)
    hide = ("nbdebt", "msgspec", "xxhash", "__main__")
    return {
        "hooks": {name: [str(f) for f in found] for name, found in ip.events.callbacks.items()},
        "transformers": [str(t) for t in [*ip.ast_transformers, *ip.input_transformers_post,
            *ip.input_transformer_manager.cleanup_transforms, *ip.input_transformer_manager.line_transforms,
            *ip.input_transformer_manager.token_transformers]],
        "magics": [sorted(found) for found in ip.magics_manager.magics.values()],
        "tools": [sys.monitoring.get_tool(n) for n in range(6)] if sys.version_info >= (3, 12) else [],
        "finders": [str(f) for f in [*sys.meta_path, *sys.path_hooks]],
        "attributes": sorted(vars(ip)),
        "names": sorted(n for n in {*ip.user_ns, *ip.user_ns_hidden} if not n.strip("_i").isdigit()),
        "formatters": {str(k): str(v.type_printers) for k, v in ip.display_formatter.formatters.items()},
        "threads": [t.name for t in __import__("threading").enumerate() if "nbdebt" in t.name],
        "comms": sorted(getattr(getattr(ip.kernel, "comm_manager", None), "targets", ())),
        "streams": [str(type(f)) for f in (sys.stdout, sys.stderr, sys.displayhook, sys.excepthook)],
        "modules": {(m, n): id(v) for m, mod in list(sys.modules.items())
            if isinstance(mod, types.ModuleType) and m.partition(".")[0] not in hide
            for n, v in list(vars(mod).items()) if isinstance(v, kinds)},
    }
"""


def test_unloading_leaves_no_trace(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        kernel.run("import random, os, numpy, warnings, IPython.core.magics.extension", "a")
        kernel.run(TRACES + "\nbefore = after = differ = None\nbefore = traces()", "b")
        kernel.run("%load_ext nbdebt", "c")
        for source in (
            "random.random(), numpy.random.rand(); rng = numpy.random.default_rng()",
            "open('f.txt', 'w').write('x'); os.rename('f.txt', 'g.txt'); found = !ls",
            "%%nbdebt seeded 3\nrandom.random()",
            "%nbdebt strict NBD101",
            "%nbdebt",
            "def f(): return 1 / 0\nf()",
            "%nbdebt normal",
        ):
            kernel.run(source, "d")
        assert runs(kernel)
        kernel.run("%unload_ext nbdebt", "e")
        kernel.run("del rng, found, f; after = traces()", "f")
        differ = kernel.run(
            "[(k, {n for n in {*before[k], *after[k]} if before[k].get(n) != after[k].get(n)}"
            " if isinstance(before[k], dict) else (before[k], after[k]))"
            " for k in before if k != 'modules' and before[k] != after[k]]",
            "g",
        )
        assert differ.results() == ["[]"]
        changed = kernel.run(
            "sorted(k for k, v in before['modules'].items() if after['modules'].get(k) != v)", "h"
        )
        assert changed.results() == ["[]"]
        gone = kernel.run(
            "import gc; gc.collect()\n[o for o in gc.get_objects() if type(o).__name__ == 'Session'"
            " and type(o).__module__.startswith('nbdebt')]",
            "i",
        )
        assert gone.results() == ["[]"], "the session is gone with all that it knew"
    finally:
        kernel.close()


def test_a_kernel_of_this_python(kernel: Kernel) -> None:
    """The tests above speak of the interpreter that runs them."""
    assert kernel.ask("__import__('sys').version_info[:2]") == repr(sys.version_info[:2])


def test_what_is_new_is_told_under_its_cell(kernel: Kernel) -> None:
    assert kernel.run("import random", "one").told() == []
    assert kernel.run("x = random.random()", "two").told() == ["NBD201"]
    assert kernel.run("x = random.random()", "two").told() == []
    assert kernel.run("random.seed(1)\ny = random.random()", "two").told() == []
