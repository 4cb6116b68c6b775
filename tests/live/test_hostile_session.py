"""Objects, tools and namespaces as bad as they come: the session is unharmed and recording goes on."""

import builtins
import gc
import sys
import threading
import time
import types
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

import nbdebt
from nbdebt.live.monitoring import monitor
from nbdebt.live.session import Session

HOSTILE = {
    "raises at everything": """
class Bad:
    def _no(self, *a, **k):
        calls.append(1)
        raise RuntimeError('no')
    __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __sizeof__ = _no
    __getattr__ = __dir__ = __reduce__ = __reduce_ex__ = __getstate__ = __contains__ = __index__ = _no
    __array__ = __dataframe__ = __arrow_c_stream__ = __call__ = __format__ = __copy__ = __deepcopy__ = _no
    @property
    def shape(self): self._no()
    @property
    def dtype(self): self._no()
o = Bad()""",
    "lies about its class": """
class Liar:
    @property
    def __class__(self):
        calls.append(1)
        raise RuntimeError('no')
o = Liar()""",
    "raises at every attribute": """
class Closed:
    def __getattribute__(self, name):
        calls.append(name)
        raise RuntimeError(name)
o = Closed()""",
    "a metaclass": """
class Meta(type):
    def __getattribute__(cls, name):
        calls.append(name)
        return super().__getattribute__(name)
    def __instancecheck__(cls, other):
        calls.append(1)
        raise RuntimeError('no')
    __subclasscheck__ = __instancecheck__
    def __eq__(cls, other):
        calls.append(1)
        raise RuntimeError('no')
    def __hash__(cls):
        calls.append(1)
        raise RuntimeError('no')
    def __repr__(cls):
        calls.append(1)
        raise RuntimeError('no')
class Made(metaclass=Meta): pass
o = Made()
calls.clear()""",
    "__slots__ and descriptors": """
class Descriptor:
    def __get__(self, *a):
        calls.append(1)
        raise RuntimeError('no')
    def __set_name__(self, *a): pass
class Slotted:
    __slots__ = ('a', 'b')
    c = Descriptor()
    __dict__ = Descriptor()
o = Slotted()""",
    "a dict that raises": """
class Angry(dict):
    def _no(self, *a):
        calls.append(1)
        raise RuntimeError('no')
    __getitem__ = __iter__ = keys = items = values = get = __len__ = __contains__ = _no
o = Angry(a=1)""",
    "a list without end": """
class Endless(list):
    def __iter__(self):
        while True:
            calls.append(1)
            yield 1
    def __len__(self):
        calls.append(1)
        return 10 ** 9
o = Endless([1])""",
    "a proxy that asks another machine": """
class Proxy:
    def __getattr__(self, name):
        calls.append(name)
        return Proxy()
    def __call__(self, *a, **k):
        calls.append('call')
        return Proxy()
    def __getitem__(self, key):
        calls.append(key)
        return Proxy()
o = Proxy()""",
    "refers to itself": "o = [1]; o.append(o); d = {'o': o}; d['d'] = d; o.append(d)",
    "deep": "o = []\nfor _ in range(100000): o = [o]",
    "a million keys": "o = dict.fromkeys(range(10 ** 6))",
    "keys that raise": """
class Key:
    n = 0
    def __hash__(self): return 1
    def __eq__(self, other):
        if armed:
            calls.append(1)
            raise RuntimeError('no')
        return self is other
armed = False
o = {Key(): 1, Key(): 2}
armed = True""",
    "locks, sockets, threads, files": """
import socket, threading, tempfile
o = [threading.Lock(), threading.RLock(), threading.Condition(), socket.socket(), tempfile.TemporaryFile()]
o[0].acquire()""",
    "generators": """
def g():
    calls.append(1)
    yield
o = [g(), (calls.append(1) for _ in 'a'), map(calls.append, 'abc')]""",
    "coroutines": "async def f(): calls.append(1)\no = f()\nk = [o]\no.close()",
    "a module that raises": """
import sys, types
class Module(types.ModuleType):
    def __getattr__(self, name):
        calls.append(name)
        raise RuntimeError(name)
o = sys.modules['hostile_module'] = Module('hostile_module')""",
    "a module that is none": """
import sys
class NoModule:
    def __getattr__(self, name):
        calls.append(name)
        raise RuntimeError(name)
o = sys.modules['hostile_module'] = NoModule()""",
    "exceptions with themselves as cause": """
try:
    1 / 0
except ZeroDivisionError as error:
    o = error
    o.__cause__ = o
    o.__context__ = o""",
    "names that are none": """
globals()[1] = 2
globals()[('a', 'b')] = 3
globals()['not a name'] = 4
globals()[''] = o = 5""",
    "surrogates": "o = {'\\ud800': '\\udfff'}\nglobals()['x\\ud800'] = o",
    "a class that changes": "class A: pass\no = A()\nclass B:\n    x = 1\no.__class__ = B",
    "a weak dictionary": """
import weakref
class A: pass
a = A()
o = weakref.WeakKeyDictionary({a: 1})
p = weakref.proxy(a)
del a""",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')\no = [1]",
    "numpy objects": """
import numpy as np
class Bad:
    def __repr__(self): calls.append(1); raise RuntimeError('no')
    __eq__ = __hash__ = __bool__ = __array__ = __repr__
o = np.empty(3, object)
o[0] = Bad()
class Sub(np.ndarray):
    def __array_finalize__(self, other): calls.append(1)
    def __array_ufunc__(self, *a, **k): calls.append(1)
    def __array_function__(self, *a, **k): calls.append(1)
s = np.zeros(3).view(Sub)
calls.clear()""",
    "a frame with hostile parts": """
import pandas as pd
class Bad:
    def __repr__(self): calls.append(1); raise RuntimeError('no')
    __eq__ = __bool__ = __array__ = __repr__
    __hash__ = object.__hash__
o = pd.DataFrame({'a': [1, 2]})
o['b'] = pd.Series([Bad(), Bad()], dtype=object)
o.attrs['bad'] = Bad()
class Sub(pd.DataFrame):
    @property
    def _constructor(self): calls.append(1); raise RuntimeError('no')
s = Sub({'a': [1]})
calls.clear()""",
    "a mapped file beyond the budget": """
import numpy as np
o = np.memmap('big.bin', np.uint8, 'w+', shape=(1 << 33,))
o[0] = 1""",
}


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    sys.modules.pop("hostile_module", None)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects(name: str, shell: Any, restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    if "import numpy" in HOSTILE[name] or "import pandas" in HOSTILE[name]:
        pytest.importorskip("pandas")
    session = nbdebt.load(shell)
    assert shell.run_cell("calls = []\nbefore = 1", cell_id="zero").success
    result = shell.run_cell(HOSTILE[name], cell_id="one")
    assert result.success, result.error_in_exec
    assert shell.user_ns["calls"] == [], "nothing of the object's was called"
    again = shell.run_cell("kept = [o]\ndel o", cell_id="two")
    assert again.success, again.error_in_exec
    assert shell.user_ns["calls"] == []
    works(session, shell)
    assert len(session.failures) <= 1, session.failures
    assert "Traceback" not in capsys.readouterr().err


def works(session: Session, shell: Any) -> None:
    """Recording goes on: a cell, its record, a report."""
    assert shell.run_cell("after = before + 1", cell_id="later").success
    last = session.runs[-1]
    assert (last.run.cell_id, last.run.outcome, last.made, last.read) == (
        "later",
        "ok",
        ("after",),
        ("before",),
    )
    assert not session.report().problems
    session.verdict()
    shell.user_ns.get("calls", []).clear()


TOOLS = {
    "open": "import builtins\ndef no(*a, **k): raise RuntimeError('no')\nbuiltins.open = no",
    "settrace": "import sys\nsys.settrace(lambda *a: None)",
    "setprofile": "import sys\nsys.setprofile(lambda *a: None)",
    "threading": "import threading\nthreading.settrace(print)\nthreading.setprofile(print)",
    "modules": "import sys\nsys.modules['a'] = None\nsys.modules['b'] = 3\nsys.modules[('c',)] = 4",
    "streams": "import sys, io\nsys.stdout, sys.stderr = io.StringIO(), io.StringIO()",
    "clock": "import time\ntime.perf_counter = time.time = lambda: 0.0",
    "gc": "import gc\ngc.disable()\ngc.set_debug(0)",
    "meta_path": "import sys\nsys.meta_path.insert(0, object())\nsys.meta_path.pop(0)",
    "audit": "import sys\nsys.addaudithook(lambda *a: None)",
}


@pytest.mark.parametrize("name", TOOLS)
def test_hostile_tools(name: str, shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()
    session = nbdebt.load(shell)
    with monkeypatch.context() as patch:
        for owner, attribute in (
            *((builtins, "open"), (sys, "stdout"), (sys, "stderr"), (time, "time"), (time, "perf_counter")),
        ):
            patch.setattr(owner, attribute, getattr(owner, attribute))
        try:
            ran = [shell.run_cell("before = 1", cell_id="zero"), shell.run_cell(TOOLS[name], cell_id="one")]
            kept = sys.gettrace(), sys.getprofile()
            works(session, shell)
        finally:
            sys.settrace(traced[0])
            sys.setprofile(traced[1])
            threading.settrace(traced[2])  # type: ignore[arg-type]
            threading.setprofile(traced[3])
            gc.enable()
            for odd in ("a", "b", ("c",)):
                sys.modules.pop(odd, None)  # type: ignore[call-overload]
    assert all(result.success for result in ran)
    assert (kept[0] is not traced[0]) == (name == "settrace"), "it is the user's"
    assert (kept[1] is not traced[1]) == (name == "setprofile")
    assert len(session.failures) <= 1, session.failures


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_another_tool_monitors(shell: Any) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    called: list[types.CodeType] = []
    free = [tool for tool in range(6) if monitoring.get_tool(tool) is None]
    for tool in free:
        monitoring.use_tool_id(tool, f"mine{tool}")
    mine = free[0]
    monitoring.register_callback(mine, monitoring.events.PY_START, lambda code, at: called.append(code))
    monitoring.set_events(mine, monitoring.events.PY_START)
    try:
        # No number is left for nbdebt.
        session = nbdebt.load(shell)
        assert shell.run_cell("def f(): return before\nbefore = 1", cell_id="one").success
        assert shell.run_cell("x = f()", cell_id="two").success
        assert any(code.co_name == "f" for code in called)
        assert monitoring.get_events(mine) == monitoring.events.PY_START
        works(session, shell)
        assert len(session.failures) <= 1, session.failures
        session.close()
    finally:
        for tool in free:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    # Others find one now, and give it back.
    session = nbdebt.load(shell)
    assert monitor.active
    session.close()
    assert not monitor.active


# Memory

KINDS = {
    "instance": "class A: pass\no = A()",
    "container": "class L(list): pass\no = L([1, 2])",
    "array": "import numpy as np\no = np.zeros(1000)",
    "view": "import numpy as np\nbase = np.zeros(1000)\no = base[10:]",
    "frame": "import pandas as pd\no = pd.DataFrame({'a': range(1000), 'b': ['x'] * 1000})",
    "series": "import pandas as pd\no = pd.Series(range(1000))",
    "function": "def o(x): return x",
    "closure": "def outer():\n    held = [1]\n    def inner(): return held\n    return inner\no = outer()",
    "class": "class o:\n    x = [1]",
    "generator": "o = (x for x in [1, 2])\nnext(o)",
    "exception": """
class Mine(Exception): pass
def f(): raise Mine
try:
    f()
except Mine as error:
    o = error""",
    "partial": "import functools\no = functools.partial(print, 1)",
    "method": "class A:\n    def m(self): pass\na = A()\no = functools = None\no = A()",
    "module": "import types\no = types.ModuleType('mine')",
    "estimator": "from sklearn.linear_model import Ridge\no = Ridge().fit([[0], [1]], [0, 1])",
    "figure": "from matplotlib.figure import Figure\no = Figure()",
    "cycle": "class A: pass\no = A()\no.me = o",
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("how", ["deleted", "rebound", "lost in a call", "raised with"])
def test_no_object_outlives_its_last_user(name: str, how: str, shell: Any) -> None:
    for library in ("numpy", "pandas", "sklearn", "matplotlib"):
        if library in KINDS[name]:
            pytest.importorskip(library)
    session = nbdebt.load(shell)
    alive: list[weakref.ref[Any]] = []
    shell.user_ns["remember"] = lambda value: alive.append(weakref.ref(value))
    end = {
        "deleted": "del o",
        "rebound": "o = 1",
        "lost in a call": "def f(value):\n    return 1\nf(o)\ndel o",
        "raised with": "try:\n    raise ValueError(o)\nexcept ValueError:\n    pass\ndel o",
    }[how]
    for source in (
        KINDS[name],
        "remember(o)",
        "kept = {'o': [o]}",
        "len(kept['o'])",
        "del kept",
        end,
        "x = 1",
    ):
        assert shell.run_cell(source, cell_id=source).success, source
    session.report()
    for name_ in ("a", "base", "outer", "A", "L"):
        shell.user_ns.pop(name_, None)
    gc.collect()
    assert alive[0]() is None, [type(r) for r in gc.get_referrers(alive[0]())]
    assert session.failures == []


def test_what_is_shown_is_held_by_ipython_alone(shell: Any) -> None:
    nbdebt.load(shell)
    shell.run_cell("class A: pass\no = A()", store_history=True)
    shell.run_cell("o", store_history=True)
    held = weakref.ref(shell.user_ns["o"])
    shell.run_cell("del o", store_history=True)
    assert held() is not None
    shell.run_cell("%reset -f out", store_history=True)
    for names in (shell.user_ns, shell.user_ns_hidden):
        for name in ("_", "_2"):
            names.pop(name, None)
    shell.run_cell("x = 1", store_history=True)
    gc.collect()
    assert held() is None


def test_a_traceback_that_ipython_keeps_holds_no_more_than_without(shell: Any) -> None:
    nbdebt.load(shell)
    shell.run_cell("class A: pass\ndef f():\n    o = A()\n    remember(o)\n    1 / 0")
    alive: list[weakref.ref[Any]] = []
    shell.user_ns["remember"] = lambda value: alive.append(weakref.ref(value))
    shell.run_cell("f()")
    sys.last_value = sys.last_traceback = sys.last_type = None  # type: ignore[assignment]
    if hasattr(sys, "last_exc"):
        del sys.last_exc
    shell.InteractiveTB.tb = shell.InteractiveTB.evalue = None
    shell.run_cell("x = 1")
    gc.collect()
    assert alive[0]() is None


def test_a_thousand_cells_take_little_memory(shell: Any) -> None:
    session = nbdebt.load(shell)
    for number in range(1000):
        shell.run_cell(f"x{number % 100} = [{number}]", cell_id=f"c{number % 100}")
    assert len(session.runs) == 1000
    held = size_of(session, shell)
    assert 1e5 < held < 30e6, f"{held / 1e6:.1f} MB"


def size_of(session: Session, shell: Any) -> int:
    """What a session holds: all that can be reached from it, but for modules, classes, code and the shell."""
    seen = {id(shell), id(shell.user_ns), id(shell.user_ns_hidden)}
    left: list[Any] = [session]
    size = 0
    while left:
        value = left.pop()
        if id(value) in seen or isinstance(
            value, type | types.ModuleType | types.CodeType | types.FunctionType
        ):
            continue
        seen.add(id(value))
        size += sys.getsizeof(value)
        left += gc.get_referents(value)
    return size
