"""What a run's record says: a table of runs as people make them, and the ones that go wrong."""

import asyncio
import gc
import io
import os
import shutil
import subprocess
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import nbdebt
from nbdebt.live.record import RunRecord
from nbdebt.live.session import Session, current


class Case(NamedTuple):
    """Cells that ran, and what the record of the last one says; ``|`` stands between cells."""

    name: str
    ran: str
    made: str = ""
    read: str = ""
    changed: str = ""
    ended: str = "ok"


CASES = [
    Case("ok", "x = 1", "x"),
    Case("reads and makes", "x = 1 | y = x", "y", "x"),
    Case("nothing", "# only a comment"),
    Case("half-way", "a = 1; z = 9 | b = a\n1 / 0\nc = z", "b", "a", ended="error ZeroDivisionError 2"),
    Case(
        "in a function",
        "def f():\n    1 / 0 | b = 1\nf()\nc = 1",
        "b",
        "f",
        ended="error ZeroDivisionError 2",
    ),
    Case("an expression that fails makes nothing", "x = 1 / 0", ended="error ZeroDivisionError 1"),
    Case("a syntax error runs nothing", "x = 1 | y = = x", ended="error SyntaxError -1"),
    Case("indentation", "  x = 1\n y = 2", ended="error IndentationError -1"),
    Case(
        "interrupted", "x = 1\nraise KeyboardInterrupt\ny = 2", "x", ended="interrupted KeyboardInterrupt 2"
    ),
    Case("caught", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    x = 1", "x"),
    Case("in place", "l = [] | m = l | m.append(1)", read="l m", changed="l m"),
    Case("deleted", "x = 1 | del x", read="x"),
    Case("automagic", "ls -la"),
    Case("automagic is no subtraction", "la = 1 | ls = 5 | ls -la", read="la ls"),
    Case("a line magic", "%time x = 1", "x"),
    Case("timed cell", "x = 1 | %%time\ny = x", "y", "x"),
    Case(
        "timed cell that fails",
        "x = 1; z = 1 | %%time\ny = x\n1 / 0\nw = z",
        "y",
        "x",
        ended="error ZeroDivisionError 3",
    ),
    Case("a timed loop makes nothing", "x = 1 | %%timeit -n1 -r1\ny = x", read="x"),
    Case("captured", "x = 1 | %%capture cap\ny = x", "cap y", "x"),
    Case("captured and failed", "x = 1; z = 1 | %%capture cap\ny = x\n1 / 0\nw = z", "cap y", "x"),
    Case("a run within a run", "x = 1 | ip = get_ipython()\nip.run_cell('y = x')\nz = y", "ip y z", "x y"),
    Case(
        "changed by a run within a run",
        "l = [] | get_ipython().run_cell('l.append(1)');",
        read="l",
        changed="l",
    ),
    Case(
        "runs two deep", "x = 1 | get_ipython().run_cell('''get_ipython().run_cell(\"y = x\")''');", "y", "x"
    ),
    Case("an empty run within", "x = 1 | get_ipython().run_cell('')\ny = x", "y", "x"),
    Case("a failed run within", "x = 1 | get_ipython().run_cell('a = x; 1 / 0')\nb = 1", "a b", "x"),
    Case("a script", "open('s.py', 'w').write('a = 1') | %run s.py", "a"),
    Case("a script in the namespace", "open('s.py', 'w').write('a = x') | x = 1 | %run -i s.py", "a", "x"),
    Case("top-level await", "import asyncio | await asyncio.sleep(0)\nx = 1", "x", "asyncio"),
    Case(
        "await that fails",
        "import asyncio | x = 1\nawait asyncio.sleep(0)\n1 / 0\ny = 2",
        "x",
        "asyncio",
        ended="error ZeroDivisionError 3",
    ),
    Case("async for", "async def g():\n    yield 1 | r = [i async for i in g()]", "r", "g"),
    Case("all names gone", "x = 1 | %reset -f", read="x"),
    Case("made by exec", "exec('x = 1')", "x"),
    Case("made by globals()", "globals()['x'] = 1", "x"),
    Case("a result", "41 + 1", ""),
    Case("called through a list", "k = 1 | fs = [lambda: k] | y = eval('fs[0]()')", "y", "fs k"),
]


def cells(text: str) -> list[str]:
    return text.split(" | ")


def names(found: tuple[str, ...]) -> str:
    return " ".join(sorted(name for name in found if name != "_"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_is_recorded(case: Case, shell: Any) -> None:
    if sys.version_info < (3, 12) and case.name == "called through a list":
        pytest.skip("calls are seen from Python 3.12 on")
    session = nbdebt.load(shell)
    for source in cells(case.ran):
        shell.run_cell(source, store_history=True)
    assert session.failures == []
    assert len(session.runs) == len(cells(case.ran))
    last = session.runs[-1]
    name, line = last.error
    assert " ".join((last.run.outcome, *((name, str(line)) if name else ()))) == case.ended
    assert names(last.made) == case.made
    assert names(last.read) == case.read
    assert names(last.changed) == case.changed
    assert last.run.source == cells(case.ran)[-1]
    assert last.count == len(cells(case.ran))
    assert last.run.basis == "observed" and last.run.duration >= 0


def test_source_as_typed_and_as_it_ran(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("ls -la")
    shell.run_cell(">>> x = 1")
    assert [r.run.source for r in session.runs] == ["ls -la", ">>> x = 1"]
    assert session.runs[0].transformed == "get_ipython().run_line_magic('ls', '-la')\n"
    assert session.runs[1].made == ("x",)


def test_transformations_of_the_users_own(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.input_transformers_post.append(lambda lines: [line.replace("plus", "+") for line in lines])
    shell.run_cell("x = 1")
    shell.run_cell("y = x plus 1")
    assert (session.runs[-1].made, session.runs[-1].read) == (("y",), ("x",))


def test_runs_without_history_have_no_count(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("x = 1", store_history=True)
    shell.run_cell("y = x", store_history=False)
    assert [(r.count, r.made) for r in session.runs] == [(1, ("x",)), (None, ("y",))]


def test_silent_runs_are_none_and_what_they_make_has_no_known_origin(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("x = 1", silent=True)
    shell.run_cell("y = x")
    assert [r.made for r in session.runs] == [("y",)]
    assert [(r.base, r.maker) for r in session.runs[0].reads] == [("x", -1)]


def test_empty_cells_are_no_runs(shell: Any) -> None:
    session = nbdebt.load(shell)
    for source in ("", "  \n", "x = 1"):
        shell.run_cell(source)
    assert [r.run.source for r in session.runs] == ["x = 1"]


def test_how_long_it_ran(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("import time; time.sleep(0.05)")
    assert session.runs[-1].run.duration >= 0.05


def test_input(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = nbdebt.load(shell)
    monkeypatch.setattr("sys.stdin", io.StringIO("seven\n"))
    shell.run_cell("x = input('number? ')")
    assert (session.runs[-1].made, session.runs[-1].run.outcome) == (("x",), "ok")
    assert shell.user_ns["x"] == "seven" and session.failures == []


def test_an_exit_is_left_to_the_shell(shell: Any) -> None:
    session = nbdebt.load(shell)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = shell.run_cell("x = 1\nraise SystemExit(3)")
    assert type(result.error_in_exec) is SystemExit
    assert session.runs[-1].made == ("x",) and session.runs[-1].error == ("SystemExit", 2)


# In the middle of a session


def test_what_was_there_before_has_no_known_origin(shell: Any) -> None:
    shell.run_cell("x = 1", cell_id="a")
    session = nbdebt.load(shell)
    session.set_document([("a", "x = 1"), ("b", "y = x")])
    shell.run_cell("y = x", cell_id="b")
    assert [(r.base, r.maker) for r in session.runs[0].reads] == [("x", -1)]
    verdict = session.verdict()
    assert verdict.reproduces is None
    assert [f.code for f in session.report().findings if f.family == "order"] == []


def test_what_was_there_before_and_was_made_again(shell: Any) -> None:
    shell.run_cell("x = 1", cell_id="a")
    session = nbdebt.load(shell)
    session.set_document([("a", "x = 1"), ("b", "y = x")])
    shell.run_cell("x = 1", cell_id="a")
    shell.run_cell("y = x", cell_id="b")
    assert session.verdict().reproduces is True


def test_names_that_a_thread_makes_between_cells(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("x = 1")
    worker = threading.Thread(target=shell.user_ns.__setitem__, args=("late", [1]))
    worker.start()
    worker.join()
    shell.run_cell("y = 2")
    shell.run_cell("z = late")
    assert session.runs[1].made == ("y",)
    assert [(r.base, r.maker) for r in session.runs[2].reads] == [("late", -1)]


def test_paused(shell: Any) -> None:
    session = nbdebt.load(shell)
    session.paused = True
    shell.run_cell("x = 1")
    session.paused = False
    shell.run_cell("y = 2")
    shell.run_cell("z = x")
    assert [r.made for r in session.runs] == [("y",), ("z",)]
    assert [(r.base, r.maker) for r in session.runs[1].reads] == [("x", -1)]


# Extension


def test_load_twice_is_one_session(shell: Any) -> None:
    shell.run_cell("%load_ext nbdebt")
    session = current(shell)
    assert session is not None and nbdebt.load(shell) is session
    shell.run_cell("x = 1")
    assert [r.made for r in session.runs] == [(), ("x",)]


def test_the_cell_that_loads_is_a_run(shell: Any) -> None:
    """From the load on: what it imports and seeds is known."""
    source = "%load_ext nbdebt\nimport random\nrandom.seed(1)\nk = 3"
    document = [("a", source), ("b", "x = random.random() * k\nx")]
    for cell_id, text in document:
        shell.run_cell(text, cell_id=cell_id, store_history=True)
    session = current(shell)
    assert session is not None
    session.set_document(document)
    assert [r.run.cell_id for r in session.runs] == ["a", "b"]
    assert session.verdict().reproduces is True
    assert session.report().findings == () and session.failures == []


def test_reload_begins_anew(shell: Any) -> None:
    shell.run_cell("%load_ext nbdebt\nx = 1")
    first = current(shell)
    shell.run_cell("%reload_ext nbdebt")
    second = current(shell)
    assert first is not None and second is not None and first is not second and first.closed
    shell.run_cell("y = x")
    assert [(r.made, [read.maker for read in r.reads]) for r in second.runs] == [((), []), (("y",), [-1])]
    assert second.failures == []


def test_disabled_by_the_environment(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBDEBT_DISABLE", "1")
    shell.run_cell("%load_ext nbdebt")
    assert current(shell) is None


def traces(shell: Any) -> dict[str, Any]:
    """All that an extension could leave behind, but for loaded modules and the audit hook, whose gate is
    closed."""
    import numpy.random.bit_generator as generators

    magics = shell.magics_manager.magics
    tools = {}
    if sys.version_info >= (3, 12):
        tools = {
            "tools": [sys.monitoring.get_tool(n) for n in range(6)],
            "instrumented": [
                (tool, function.__qualname__, sys.monitoring.get_local_events(tool, function.__code__))
                for tool in range(6)
                if sys.monitoring.get_tool(tool) is not None
                for function in (*functions(shell.user_ns), *functions(vars(shutil)))
            ],
        }
    return {
        "events": {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()},
        "transformers": [
            list(shell.input_transformers_cleanup),
            list(shell.input_transformers_post),
            list(shell.ast_transformers),
            list(shell.input_transformer_manager.line_transforms),
            list(shell.input_transformer_manager.token_transformers),
        ],
        "magics": {kind: sorted(found) for kind, found in magics.items()},
        "completers": sorted(shell.strdispatchers["complete_command"].strs)
        if "complete_command" in shell.strdispatchers
        else [],
        "names": sorted(name for name in shell.user_ns if not name.startswith("_")),
        "hidden": sorted(name for name in shell.user_ns_hidden if not name.startswith("_")),
        "attributes": sorted(name for name in vars(shell) if name != "extension_manager"),
        "builtins": sorted(__builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)),
        "meta_path": list(sys.meta_path),
        "path": list(sys.path),
        "path_hooks": len(sys.path_hooks),
        "excepthook": sys.excepthook,
        "displayhook": sys.displayhook,
        "trace": (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()),
        "gc": list(gc.callbacks),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "cwd": os.getcwd(),
        "environ": dict(os.environ),
        "filters": list(warnings.filters),
        "threads": [thread.name for thread in threading.enumerate()],
        "numpy": generators.randbits,
        "wrapped": [(f.__qualname__, f.__code__) for f in functions(vars(shutil))],
        **tools,
    }


def functions(found: dict[str, Any]) -> Iterator[types.FunctionType]:
    yield from (value for value in found.values() if type(value) is types.FunctionType)


def test_unload_leaves_no_trace(shell: Any) -> None:
    pytest.importorskip("numpy")
    shell.run_cell("import random, numpy, shutil\ndef f(): return numpy.random.random()")
    # Commands of completion and the like appear when they are first used.
    shell.run_cell("%load_ext nbdebt")
    shell.run_cell("%unload_ext nbdebt")
    before = traces(shell)
    shell.run_cell("%load_ext nbdebt")
    assert traces(shell) != before
    for source in ("f(); random.random()", "open('x.txt', 'w').write('1')", "%nbdebt", "1 / 0"):
        shell.run_cell(source)
    shell.run_cell("%unload_ext nbdebt")
    after = traces(shell)
    assert {key: after[key] for key in before} == before
    assert current(shell) is None


def test_no_trace_in_the_tools_of_others(shell: Any) -> None:
    """A debugger that takes the same number afterwards hears nothing that it didn't ask for."""
    if sys.version_info < (3, 12):
        pytest.skip("sys.monitoring is new in Python 3.12")
    session = nbdebt.load(shell)
    shell.run_cell("def f(): return 1")
    shell.run_cell("f()")
    session.close()
    heard: list[Any] = []
    events = sys.monitoring.events
    for tool in range(6):
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, "test")
            for event in (events.PY_START, events.PY_RETURN, events.CALL):
                sys.monitoring.register_callback(tool, event, lambda code, *_: heard.append(code))
    shell.run_cell("f()")
    for tool in range(6):
        if sys.monitoring.get_tool(tool) == "test":
            for event in (events.PY_START, events.PY_RETURN, events.CALL):
                sys.monitoring.register_callback(tool, event, None)
            sys.monitoring.free_tool_id(tool)
    assert heard == []


# Several at once


def together(shell: Any, *sources: str) -> None:
    """Run cells as tasks of one loop, the way kernels do: each tells of its own end."""

    async def one(number: int, source: str) -> None:
        done = None
        try:
            done = await shell.run_cell_async(
                source, transformed_cell=shell.transform_cell(source), cell_id=f"c{number}"
            )
        finally:
            shell.events.trigger("post_run_cell", done)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(n, source) for n, source in enumerate(sources)))

    asyncio.run(all_of_them())


def by_cell(session: Session) -> dict[str, RunRecord]:
    return {record.run.cell_id: record for record in session.runs}


def test_two_cells_at_once(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("import asyncio\nx, l = 1, []")
    together(
        shell,
        "await asyncio.sleep(0.02)\na = x\nawait asyncio.sleep(0.02)\nb = a",
        "c = 1\nawait asyncio.sleep(0.01)\nl.append(c)\nopen('two.txt', 'w').close()",
    )
    assert session.failures == []
    found = by_cell(session)
    assert names(found["c0"].made) == "a b" and names(found["c0"].read) == "asyncio x"
    assert names(found["c1"].made) == "c" and names(found["c1"].changed) == "l"
    assert [str(a.resource) for a in found["c1"].accesses] == ["two.txt"]
    assert found["c0"].accesses == ()


def test_one_of_two_fails(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("import asyncio")
    together(shell, "await asyncio.sleep(0.02)\na = 1", "b = 1\n1 / 0")
    found = by_cell(session)
    assert (found["c0"].run.outcome, names(found["c0"].made)) == ("ok", "a")
    assert (found["c1"].run.outcome, names(found["c1"].made)) == ("error", "b")


def test_a_run_whose_end_nobody_tells(shell: Any) -> None:
    """Who calls ``run_cell_async`` and forgets the event costs one run its end, and no other."""
    session = nbdebt.load(shell)

    async def forgetful() -> None:
        for source in ("x = 1", "y = x", "z = y"):
            await shell.run_cell_async(source, transformed_cell=source)

    asyncio.run(forgetful())
    shell.run_cell("w = z")
    assert [names(r.made) for r in session.runs[:2]] == ["x", "y"]
    assert names(session.runs[-1].made) == "w" and session.runs[-1].read == ("z",)
    assert session.failures == []


def test_a_thread_that_runs_cells(shell: Any) -> None:
    session = nbdebt.load(shell)
    shell.run_cell("x = 1", cell_id="main")
    worker = threading.Thread(target=lambda: shell.run_cell("y = x", cell_id="side"))
    worker.start()
    worker.join()
    assert names(by_cell(session)["side"].made) == "y"


# Failures of our own


SENSORS: list[tuple[str, Callable[[Session], tuple[Any, str]]]] = [
    ("streams, before", lambda s: (s.recorder.streams, "begin")),
    ("streams, after", lambda s: (s.recorder.streams, "end")),
    ("streams, states", lambda s: (s.recorder.streams, "raw")),
    ("files, before", lambda s: (s.recorder.files, "begin")),
    ("files, after", lambda s: (s.recorder.files, "end")),
    ("settings", lambda s: (s.recorder.settings, "snapshot")),
    ("calls, before", lambda s: (s.recorder.calls, "begin")),
    ("calls, after", lambda s: (s.recorder.calls, "end")),
    ("names, before", lambda s: (s.recorder.namespace, "begin")),
    ("names, after", lambda s: (s.recorder.namespace, "end")),
    ("fingerprints", lambda s: (s.recorder.fingerprinter, "take")),
    ("code", lambda s: (s.recorder, "reader")),
    ("the report", lambda s: (s, "report")),
]


class Failing:
    """Fails when it is called, and when it is asked to read (what is compiled can't be patched)."""

    def __call__(self, *_: object, **__: object) -> Any:
        raise RuntimeError("a sensor that fails")

    read = __call__


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor[0])
def test_failures_of_our_own_are_said_once_and_harm_nobody(
    sensor: tuple[str, Callable[[Session], tuple[Any, str]]],
    shell: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = nbdebt.load(shell)
    with monkeypatch.context() as patch:
        owner, method = sensor[1](session)
        patch.setattr(owner, method, Failing())
        for source in ("x = [1]", "x.append(2)", "x.append(2)", "print(x)"):
            assert shell.run_cell(source).success
    shown = capsys.readouterr()
    assert shown.out == "[1, 2, 2]\n" and shown.err == ""
    told = [f for f in session.failures if "a sensor that fails" in f]
    assert 1 <= len(told) <= 2, session.failures
    assert len(set(told)) == len(told)
    shell.run_cell("y = x")
    assert session.runs[-1].made == ("y",)
    assert session.failures == told


def test_an_interrupt_while_we_work_is_handed_on(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = nbdebt.load(shell)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(session.recorder.namespace, "begin", interrupted)
        for source in ("x = 1", "await f()", "x = = 1"):
            result = shell.run_cell(source)
            kinds = (KeyboardInterrupt, SyntaxError)
            assert isinstance(result.error_before_exec, kinds) and shell.ast_transformers == []
    assert "x" not in shell.user_ns
    with monkeypatch.context() as patch:
        patch.setattr(session.recorder.namespace, "end", interrupted)
        assert shell.run_cell("x = 1").success
    shell.run_cell("y = x")
    assert session.runs[-1].made == ("y",)


LATE = """
import asyncio
go = asyncio.Event()
async def later():
    await go.wait()
    with open("late.txt", "w") as file:
        file.write("1")
task = asyncio.get_running_loop().create_task(later())
await asyncio.sleep(0)
"""


def test_what_a_task_does_after_its_run_belongs_to_that_run(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = nbdebt.load(shell)
    shell.run_cell(LATE, cell_id="a")
    shell.run_cell("go.set()\nawait task", cell_id="b")
    starter, waiter = session.runs
    assert [str(access.resource) for access in starter.accesses] == ["late.txt"]
    assert not waiter.accesses
    assert f"<File>{tmp_path / 'late.txt'}" in starter.effects


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 doesn't tell who starts a thread")
def test_what_a_thread_of_an_earlier_run_may_have_done_is_ambiguous(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = nbdebt.load(shell)
    shell.run_cell(
        "import threading\nready, done = threading.Event(), threading.Event()\n"
        "def later():\n    ready.wait()\n    open('late.txt', 'w').close()\n    done.set()\n"
        "threading.Thread(target=later).start()"
    )
    shell.run_cell("ready.set()\ndone.wait()")
    (access,) = session.runs[1].accesses
    assert str(access.resource) == "late.txt" and not access.certain


def test_the_audit_hook_stays_out_while_cells_only_compute() -> None:
    script = """if 1:
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        put = []
        sys.addaudithook(lambda event, args: put.append(event) if event == "sys.addaudithook" else None)
        shell = InteractiveShell.instance()
        import nbdebt
        nbdebt.load(shell)
        shell.run_cell("import copy, numpy as np, pandas as pd")
        shell.run_cell("x = copy.deepcopy([[1], [2]]); df = pd.DataFrame({'a': x})")
        shell.run_cell("df.groupby(df['a'].str[0]).size()")
        assert not put, put
        shell.run_cell("open('/dev/null').close()")
        assert put == ["sys.addaudithook"], put
        """
    subprocess.run([sys.executable, "-c", script], check=True)
