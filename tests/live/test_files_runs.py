# ruff: noqa: E501 -- a row of a table is one line
"""Which run touched a file, what it held before and after, and that the session is none the worse for it."""

import asyncio
import builtins
import concurrent.futures
import contextvars
import copy
import gc
import http.server
import os
import sys
import threading
import types
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from nbdebt.flow.reader import parse
from nbdebt.live.files import FileWatch, cell_may_touch, may_touch
from nbdebt.live.files.contents import AT_ONCE
from nbdebt.live.monitoring import AVAILABLE, monitor
from nbdebt.live.seen import Seen
from nbdebt.model.history import File, Package, Table, Url


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileWatch]:
    monkeypatch.chdir(tmp_path)
    watch = FileWatch()
    watch.start()
    yield watch
    assert watch.failures == []
    watch.stop()


def cell(watch: FileWatch, code: str, run: int = 1, names: dict[str, object] | None = None) -> list[Seen]:
    """One run, as IPython executes it."""
    watch.begin(run)
    try:
        builtins.exec(compile(code, f"<ipython-input-{run}-0>", "exec"), names if names is not None else {})
    finally:
        seen = watch.end(run)
    return seen


def of(seen: list[Seen], *modes: str) -> list[str]:
    return sorted(str(s.resource) for s in seen if s.mode in (modes or ("read", "write", "mutate", "delete")))


# Whose doing it was


def read(name: str) -> str:
    with open(name) as file:
        return file.read()


def plain_thread(name: str) -> None:
    thread = threading.Thread(target=read, args=(name,))
    thread.start()
    thread.join()


def thread_in_thread(name: str) -> None:
    thread = threading.Thread(target=plain_thread, args=(name,))
    thread.start()
    thread.join()


def new_pool(name: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(read, name).result()


def to_thread(name: str) -> None:
    asyncio.run(asyncio.to_thread(read, name))


def task(name: str) -> None:
    async def inner() -> None:
        async def later() -> str:
            return read(name)

        await asyncio.create_task(later())

    asyncio.run(inner())


def executor(name: str) -> None:
    async def inner() -> None:
        await asyncio.get_running_loop().run_in_executor(None, read, name)

    asyncio.run(inner())


def copied_context(name: str) -> None:
    contextvars.copy_context().run(read, name)


WAYS: list[Callable[[str], None]] = [
    lambda name: read(name) and None,
    plain_thread,
    thread_in_thread,
    new_pool,
    to_thread,
    task,
    executor,
    copied_context,
]


@pytest.mark.parametrize("way", WAYS)
def test_the_only_run_is_meant(way: Callable[[str], None], watch: FileWatch) -> None:
    Path("a.csv").write_text("x")
    watch.begin(1)
    way("a.csv")
    (seen,) = watch.end(1)
    assert (seen.resource, seen.mode, seen.sure) == (File("a.csv"), "read", True)


@pytest.mark.parametrize("way", WAYS)
def test_two_runs_at_once(way: Callable[[str], None], watch: FileWatch) -> None:
    """Two subshells: each has a context of its own, and threads that they start belong to them."""
    for name in ("1.csv", "2.csv"):
        Path(name).write_text("x")
    both = threading.Barrier(2)
    found: dict[int, list[Seen]] = {}

    def run(number: int) -> None:
        watch.begin(number)
        both.wait()
        way(f"{number}.csv")
        both.wait()
        found[number] = watch.end(number)

    shells = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
    for shell in shells:
        shell.start()
    for shell in shells:
        shell.join()
    if not AVAILABLE and way in (plain_thread, thread_in_thread, new_pool, executor):
        # Python 3.11 doesn't tell who starts a thread.
        assert not any(s.sure for seen in found.values() for s in seen)
        return
    for number in (1, 2):
        assert [s for s in found[number] if s.sure] == [
            s for s in found[number] if str(s.resource) == f"{number}.csv"
        ]
        assert f"{number}.csv" in of(found[number])


def test_a_shared_pool_is_ambiguous_while_two_runs_are_on(watch: FileWatch) -> None:
    Path("a.csv").write_text("x")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        contexts = [contextvars.copy_context() for _ in range(2)]
        for number, context in enumerate(contexts):
            context.run(watch.begin, number)
        pool.submit(read, "a.csv").result()
        seen = [context.run(watch.end, number) for number, context in enumerate(contexts)]
    assert [[s.sure for s in each] for each in seen] == [[False], [False]]


def test_a_pool_of_an_earlier_run_works_for_the_present_one(watch: FileWatch) -> None:
    Path("a.csv").write_text("x")
    names: dict[str, object] = {"read": read}
    cell(
        watch,
        "from concurrent.futures import ThreadPoolExecutor as P\np = P(1)\np.submit(int).result()",
        1,
        names,
    )
    (seen,) = cell(watch, "p.submit(read, 'a.csv').result()\np.shutdown()", 2, names)
    assert (str(seen.resource), seen.sure) == ("a.csv", True)


def test_a_thread_of_an_earlier_run_may_still_be_at_work(watch: FileWatch) -> None:
    Path("a.csv").write_text("x")
    go = threading.Event()
    names: dict[str, object] = {"go": go, "read": read}
    cell(
        watch,
        "import threading\nt = threading.Thread(target=lambda: go.wait() and read('a.csv'))\nt.start()",
        1,
        names,
    )
    (seen,) = cell(watch, "go.set()\nt.join()", 2, names)
    assert (str(seen.resource), seen.sure) == ("a.csv", not AVAILABLE)


def test_a_task_that_outlives_its_run(watch: FileWatch) -> None:
    Path("a.csv").write_text("x")

    async def session() -> None:
        go = asyncio.Event()

        async def later() -> None:
            await go.wait()
            read("a.csv")

        watch.begin(1)
        task = asyncio.create_task(later())
        assert watch.end(1) == []
        watch.begin(2)
        go.set()
        await task
        assert watch.end(2) == []

    asyncio.run(session())
    ((run, (seen,)),) = watch.late().items()
    assert (run, str(seen.resource)) == (1, "a.csv")


def test_nothing_is_written_down_between_runs(watch: FileWatch) -> None:
    Path("a.csv").write_text("x")
    assert cell(watch, "1") == []
    read("a.csv")
    assert cell(watch, "1", 2) == []


# What it held


def test_digests_before_and_after(watch: FileWatch) -> None:
    names: dict[str, object] = {}
    (made,) = cell(watch, "open('a', 'w').write('1')", 1, names)
    (first,) = cell(watch, "open('a').read()", 2, names)
    (changed,) = cell(watch, "open('a', 'w').write('2')", 3, names)
    (second,) = cell(watch, "open('a').read()", 4, names)
    (back,) = cell(watch, "open('a', 'w').write('1')", 5, names)
    (gone,) = cell(watch, "import os; os.remove('a')", 6, names)
    assert made.before == "" and made.after == first.before == first.after == changed.before
    assert changed.after == second.before == back.before != changed.before
    assert back.after == made.after == gone.before and gone.after == ""
    assert made.after == watch.digest("a") or watch.digest("a") == ""
    assert "overwritten" in changed.detail and "overwritten" not in made.detail


def test_read_then_written_tells_both(watch: FileWatch) -> None:
    Path("a").write_text("1")
    first, then = cell(watch, "t = open('a').read()\nopen('a', 'w').write(t + '2')")
    assert (first.mode, then.mode) == ("read", "write")
    assert first.before == then.before != then.after


def test_detail_of_a_write(watch: FileWatch) -> None:
    (seen,) = cell(watch, "import os\nopen('a', 'w').close()\nos.chmod('a', 0o666)")
    assert "mode=0666" in seen.detail
    assert any(item.startswith("owner=") for item in seen.detail)
    (seen,) = cell(watch, "with open('a', 'a') as f: f.write('x')")
    assert "append" in seen.detail


def test_the_data_of_a_package_is_labelled(watch: FileWatch) -> None:
    pytest.importorskip("sklearn")
    seen = cell(watch, "from sklearn.datasets import load_iris\nload_iris()")
    assert [s.detail for s in seen if str(s.resource).endswith("iris.csv")] == [("package",)]


def test_another_directory(watch: FileWatch, tmp_path: Path) -> None:
    """A relative path is kept as long as it still leads there."""
    Path("d").mkdir()
    Path("d/a").write_text("x")
    assert of(cell(watch, "import os\nos.chdir('d')\nopen('a').read()")) == ["a"]
    seen = cell(watch, "open('a').read()\nos.chdir('..')", 2, {"os": os})
    assert of(seen) == [str(tmp_path / "d" / "a")] and seen[0].detail == ("relative",)
    (seen_there,) = cell(watch, f"open({str(tmp_path / 'd' / 'a')!r}).read()\nos.chdir('d')", 3, {"os": os})
    assert seen_there.detail == ()


def test_a_handle_kept_from_one_run_to_the_next(watch: FileWatch) -> None:
    names: dict[str, object] = {}
    cell(watch, "f = open('o', 'w')", 1, names)
    (seen,) = cell(watch, "f.write('x')\nf.flush()", 2, names)
    assert (str(seen.resource), seen.mode, seen.before == seen.after) == ("o", "mutate", False)
    assert cell(watch, "1", 3, names) == []
    names["f"].close()  # type: ignore[attr-defined]


def test_a_database_kept_open(watch: FileWatch) -> None:
    names: dict[str, object] = {}
    cell(watch, "import sqlite3\nc = sqlite3.connect('d.db')\nc.execute('create table t (x)')", 1, names)
    (seen,) = cell(watch, "c.execute('insert into t values (1)')\nc.commit()", 2, names)
    assert (str(seen.resource), seen.mode) == ("d.db", "mutate")
    assert cell(watch, "c.execute('select * from t').fetchall()", 3, names) == []
    names["c"].close()  # type: ignore[attr-defined]


def test_a_large_file_is_read_in_the_background(watch: FileWatch) -> None:
    with open("big", "wb") as file:
        file.truncate(AT_ONCE + 1)
    (seen,) = cell(watch, "open('big', 'rb').read(1)")
    assert seen.after.startswith("stat:")
    watch.settle()
    assert watch.resolve(seen.after).startswith("sha256:")
    assert cell(watch, "open('big', 'rb').read(1)", 2)[0].before == seen.after, "one content, one digest"


def test_a_listing_changes_with_the_names(watch: FileWatch) -> None:
    names: dict[str, object] = {}
    (first,) = cell(watch, "import os\nos.listdir('.')", 1, names)
    (second,) = cell(watch, "os.listdir('.')", 2, names)
    Path("new").touch()
    (third,) = cell(watch, "os.listdir('.')", 3, names)
    assert first.before == second.before != third.before


# Not only files


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


CLIENTS = [
    ("urllib", "import urllib.request\nurllib.request.urlopen(url).read()"),
    ("urllib", "import urllib.request\nurllib.request.urlretrieve(url, 'b.csv')"),
    (
        "http",
        "import http.client\nc = http.client.HTTPConnection(host)\nc.request('GET', '/a.csv?token=1')\nc.getresponse().read()",
    ),
    ("requests", "import requests\nrequests.get(url)"),
    ("urllib3", "import urllib3\nurllib3.request('GET', url)"),
    ("httpx", "import httpx\nhttpx.get(url)"),
    ("httpx", "import httpx\nwith httpx.Client() as c: c.get(url)"),
    ("pandas", "import pandas as pd\npd.read_csv(url)"),
]


@pytest.mark.parametrize("library, code", CLIENTS, ids=range(len(CLIENTS)))
def test_urls_without_query(library: str, code: str, served: str, watch: FileWatch) -> None:
    pytest.importorskip(library)
    seen = cell(watch, code, 1, {"url": f"http://{served}/a.csv?token=secret", "host": served})
    # The server's own thread reads the file, too.
    assert [s.resource for s in seen if isinstance(s.resource, Url)] == [Url(f"http://{served}/a.csv")]
    assert "secret" not in str(seen)


def test_credentials_are_not_kept(watch: FileWatch) -> None:
    pytest.importorskip("pandas")
    code = (
        "import pandas as pd\ntry: pd.read_csv('http://me:secret@127.0.0.1:1/a.csv')\nexcept Exception: pass"
    )
    assert "secret" not in str(cell(watch, code))


def test_sql(watch: FileWatch) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite:///d.db")
    names = {"engine": engine, "text": sqlalchemy.text}
    seen = cell(watch, "with engine.begin() as c: c.execute(text('create table t (x)'))", 1, names)
    assert Table("t", "sqlite:///d.db") in [s.resource for s in seen if s.mode == "write"]
    seen = cell(watch, "with engine.connect() as c: c.execute(text('select * from t')).all()", 2, names)
    assert of(seen, "read") == ["d.db", "sqlite:///d.db#t"]
    engine.dispose()


def test_commands(watch: FileWatch) -> None:
    code = "import subprocess\ntry: subprocess.run(['pip', 'install', 'a==1'], env={'PATH': ''})\nexcept OSError: pass"
    assert [s.resource for s in cell(watch, code)] == [Package("a", "a==1")]


# The session is none the worse


class Hostile:
    """Records every call of a method of its own."""

    calls: ClassVar[list[str]] = []

    def __getattribute__(self, name: str) -> object:
        Hostile.calls.append(name)
        raise RuntimeError(name)

    def __fspath__(self) -> str:
        return "a.csv"

    def __repr__(self) -> str:
        Hostile.calls.append("repr")
        return ""


def test_objects_of_the_user_are_not_asked(watch: FileWatch) -> None:
    pytest.importorskip("pandas")
    Path("a.csv").write_text("x\n1\n")
    code = "import pandas as pd\ntry: pd.read_parquet(h)\nexcept Exception: pass"
    Hostile.calls.clear()
    monitor_free = _calls_without(code)
    Hostile.calls.clear()
    cell(watch, code, 1, {"h": Hostile()})
    assert Hostile.calls == monitor_free


def _calls_without(code: str) -> list[str]:
    builtins.exec(code, {"h": Hostile()})
    return list(Hostile.calls)


def test_no_object_is_kept(watch: FileWatch) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"x": [1]})
    names = {"df": frame}
    alive = weakref.ref(frame)
    cell(watch, "df.to_parquet('o.parquet')\ndf.to_csv('o.csv')", 1, names)
    del frame, names
    gc.collect()
    assert alive() is None


ERRORS = [
    ("open('none')", FileNotFoundError),
    ("open('.', 'w')", IsADirectoryError),
    ("open('a\\0b')", ValueError),
    ("open(3.5)", TypeError),
    ("import os; os.remove('none')", FileNotFoundError),
    ("import os; os.rename('none', 'b')", FileNotFoundError),
    ("import subprocess; subprocess.run(['/none'])", FileNotFoundError),
    ("import subprocess; subprocess.run([])", (IndexError, ValueError)),
    ("open(b'\\xff')", FileNotFoundError),
    ("open('x' * 5000)", OSError),
]


@pytest.mark.parametrize("code, error", ERRORS, ids=[code for code, _ in ERRORS])
def test_errors_stay_what_they_are(code: str, error: type[Exception], watch: FileWatch) -> None:
    with pytest.raises(error):
        cell(watch, code)


def test_stop_leaves_nothing_but_a_closed_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    path, functions = list(sys.meta_path), (pandas.read_parquet, pandas.DataFrame.to_parquet, pandas.read_csv)
    watch = FileWatch()
    watch.start()
    cell(watch, "open('a', 'w').close()")
    watch.stop()
    assert sys.meta_path == path
    assert (pandas.read_parquet, pandas.DataFrame.to_parquet, pandas.read_csv) == functions
    assert not monitor.active
    if sys.version_info >= (3, 12):
        assert "nbdebt" not in [sys.monitoring.get_tool(number) for number in range(6)]
    watch.begin(1)
    read("a")
    assert watch.end(1) == []


def test_stopped_and_started_again(watch: FileWatch) -> None:
    watch.stop()
    watch.start()
    assert of(cell(watch, "open('a', 'w').close()")) == ["a"]


def test_identity_and_copies_go_undisturbed(watch: FileWatch) -> None:
    watch.begin(1)
    nested = [{"a": [1, (2, 3)]}] * 3
    assert copy.deepcopy(nested) == nested
    assert watch.end(1) == []


# What can touch anything at all

TOUCHING = [
    "open('a')",
    "path.iterdir()",
    "import os\nos.listdir()",
    "import pandas as pd\npd.ExcelFile('a')",
    "import matplotlib.pyplot as plt\nplt.savefig('a')",
    "import scipy.io as io\nio.mmread('a')",
    "from . import a",
    "import pandas as pd\npd.read_csv('a')",
    "df.to_csv('a')",
    "np.save('a', x)",
    "exec(s)",
    "helper()",
    "C().go()",
    "f(x)",
    "partial()",
    "import mine",
    "method('a')",
    "path.name",
    "[r(x) for x in 'ab']",
    "unknown.read_text()",
    "handlers[0]('a')",
    "table['a']['b']('a')",
]
COMPUTING = [
    "1 + 1",
    "import copy\ny = copy.deepcopy(x)",
    "x.append(3)\nx.sort()",
    "import math\nmath.sqrt(2)",
    "for i in range(10): print(i)",
    "[len(str(v)) for v in x]",
    "def g(a): return a + 1\ng(2)",
    "good(3)",
    "P(3).norm()",
    "p.norm()",
    "import numpy as np\nnp.arange(3).sum()",
    "import random\nrandom.random()",
    "from collections import Counter\nCounter(x)",
    "nested[0][0] + 1",
    "import matplotlib.pyplot as plt\nplt.plot([1])",
    "Shade.DARK",
    "Shape()",
]


def namespace() -> dict[str, object]:
    names: dict[str, object] = {"__name__": "__main__"}
    builtins.exec(
        "import functools, pathlib\n"
        "x = [1, 2]\ns = '1'\n"
        "def helper(): return inner()\n"
        "def inner(): return open('a')\n"
        "class C:\n    def go(self): return open('a')\n"
        "f = functools.partial(open, 'a')\n"
        "partial = functools.partial(open, 'a')\n"
        "r = open\npath = pathlib.Path('a')\nmethod = path.joinpath\n"
        "def good(n): return n + good(n - 1) if n else 0\n"
        "class P:\n    def __init__(self, v): self.v = v\n    def norm(self): return abs(self.v)\n"
        "p = P(1)\n"
        "import abc, enum\nclass Shade(enum.Enum):\n    DARK = 1\nclass Shape(abc.ABC): pass\n"
        "handlers = [open]\ntable = {'a': {'b': open}}\nnested = [[1, [2]]] * 3\n",
        names,
    )
    return names


@pytest.mark.parametrize("code", ["%run a.py", "!ls", "x = !ls", "%%bash\nls", "%time open('a')", "%sql x"])
def test_magics_may_touch(code: str) -> None:
    assert cell_may_touch(parse(0, code), namespace())


@pytest.mark.parametrize(
    "code", ["%load_ext nbdebt", "%matplotlib inline", "%timeit good(3)", "%%time\ngood(3)", "good?"]
)
def test_magics_that_touch_nothing(code: str) -> None:
    assert not cell_may_touch(parse(0, code), namespace())


@pytest.mark.parametrize("code", TOUCHING)
def test_may_touch(code: str) -> None:
    assert may_touch(compile(code, "<cell>", "exec"), namespace())
    assert cell_may_touch(parse(0, code), namespace())


@pytest.mark.parametrize(
    "code",
    [
        "processed = [v + 1 for v in x]\nlen(processed)",
        "def preprocess(v): return v + 1\npreprocess(2)",
        "reader_count = 1\nreader_count + 1",
        "import time\nt = time.process_time() + time.thread_time()",
        "loaded = good(3)\nprint(loaded)",
    ],
)
def test_what_names_are_called_says_nothing_where_they_are_made(code: str) -> None:
    assert not cell_may_touch(parse(0, code), namespace())


@pytest.mark.parametrize(
    "code", ["open = open\nopen('a')", "load = r\nload('a')", "def load(): return open('a')"]
)
def test_what_is_made_of_what_touches(code: str) -> None:
    assert cell_may_touch(parse(0, code), namespace())


@pytest.mark.parametrize("code", COMPUTING)
def test_may_not_touch(code: str) -> None:
    assert not may_touch(compile(code, "<cell>", "exec"), namespace())
    assert not cell_may_touch(parse(0, code), namespace())


def test_modules_are_not_reached_through_user_code() -> None:
    """Entry points are found by dictionaries: a lazy module is not made to load."""
    from nbdebt.live.files.entries import _resolve

    lazy = types.ModuleType("nbdebt_lazy")
    loaded: list[str] = []
    lazy.__getattr__ = loaded.append  # type: ignore[method-assign]
    sys.modules["nbdebt_lazy"] = lazy
    try:
        assert _resolve("nbdebt_lazy", "read_thing")[2] is None
    finally:
        del sys.modules["nbdebt_lazy"]
    assert loaded == []


def test_urlopen_is_what_it_was() -> None:
    assert urllib.request.urlopen.__module__ == "urllib.request"


VIA = [
    ("", "open('a.csv')", "open"),
    ("", "from pathlib import Path\nPath('a.csv').read_text()", "pathlib.Path.read_text"),
    ("pandas", "import pandas as pd\npd.read_csv('a.csv')", "pandas.read_csv"),
    ("pandas", "import pandas as pd\npd.DataFrame().to_csv('o.csv')", "pandas.DataFrame.to_csv"),
    ("pyarrow", "import pandas as pd\npd.DataFrame().to_parquet('o.parquet')", "pandas.DataFrame.to_parquet"),
    ("polars", "import polars as pl\npl.read_csv('a.csv')", "polars.read_csv"),
    ("numpy", "import numpy as np\nnp.save('o.npy', 1)", "numpy.save"),
    ("joblib", "import joblib\njoblib.dump(1, 'o.joblib')", "joblib.dump"),
    (
        "matplotlib",
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.savefig('o.png')",
        "matplotlib.pyplot.savefig",
    ),
    ("", "import shutil\nshutil.copyfile('a.csv', 'b.csv')", "shutil.copyfile"),
    ("", "import os\nos.system('cat a.csv > b.csv')", "subprocess"),
]


@pytest.mark.parametrize("library, code, via", VIA, ids=[via for _, _, via in VIA])
def test_the_function_that_people_know(library: str, code: str, via: str, watch: FileWatch) -> None:
    if library:
        pytest.importorskip("pandas" if library == "pyarrow" else library)
        pytest.importorskip(library)
    Path("a.csv").write_text("x,y\n1,2\n")
    seen = cell(watch, code)
    assert {s.via.replace("pathlib._local", "pathlib") for s in seen} == {via}, seen
