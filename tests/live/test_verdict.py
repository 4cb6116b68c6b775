"""Sessions and what Restart & Run All would make of them: a table that anyone can extend.

A session is a document (cell id and source) and what happened: ids of cells that ran, ``id: source`` for a
cell that ran with another source before it was edited to what the document says.
"""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import nbdebt


class Case(NamedTuple):
    """A session and its verdict: states of the cells that aren't the same, names that differ."""

    name: str
    document: str
    ran: str
    reproduces: bool | None
    states: str = ""
    names: str = ""
    left_over: str = ""


CASES = [
    Case("straight", "a: x = 1 | b: y = x + 1", "a b", True),
    Case("counter twice", "a: x = 1 | b: x += 1", "a b b", False, "b:differs", "x"),
    Case("whole notebook twice", "a: x = 1 | b: x += 1", "a b a b", True),
    Case("below before above", "a: x = 1 | b: y = x | c: x = 2", "a c b", False, "b:differs", "y"),
    Case("another value, the same result", "a: x = 1 | b: y = x > 0 | c: x = 2", "a c b", True),
    Case("made again below", "a: x = 1 | b: y = x", "(a: x = 0) b a", False, "b:stale", "y"),
    Case("edited back", "a: x = 1 | b: y = x", "a b (a: x = 2) a", True),
    Case("edited, not run", "a: x = 2 | b: y = x", "(a: x = 1) b", False, "a:stale b:stale", "x y"),
    Case("a comment was edited", "a: x = 1  # one | b: y = x", "(a: x = 1) b", True),
    Case("deleted cell", "b: y = x", "(gone: x = 1) b", False, "b:fails", "x y"),
    Case("deleted cell nobody reads", "b: y = 1", "(gone: x = 1) b", True, left_over="x"),
    Case("made below", "b: y = x | a: x = 1", "a b", False, "b:fails", "y"),
    Case("never run cells are left out", "a: x = 1 | b: y = 2", "a", True, "b:never-run"),
    Case("alias", "a: x = [1] | b: y = x | c: y.append(2)", "a b c", True),
    Case("alias, twice", "a: x = [1] | b: y = x | c: y.append(2)", "a b c c", False, "c:differs", "x y"),
    Case(
        "what was read through an alias",
        "a: x = [1] | b: y = x | c: y.append(2) | d: n = len(x)",
        "a b d c",
        False,
        "d:stale",
        "n",
    ),
    Case("keys nobody reads", "a: c = {'lr': 1} | b: c['n'] = 2 | d: z = c['lr']", "a d b", True),
    Case(
        "a key that is read",
        "a: c = {'lr': 1} | b: c['lr'] = 2 | d: z = c['lr']",
        "a d b",
        False,
        "d:stale",
        "z",
    ),
    Case("a part made again, then the whole", "a: d = {'k': 1} | b: d['n'] = 2; s = len(d)", "a b b", True),
    Case(
        "a part made again before the whole is read, edited in between",
        "a: d = {'k': 1} | b: d['n'] = d['k']; print(d)",
        "a (b: d['n'] = d['k']) b",
        True,
    ),
    Case(
        "another part was made after the whole was read",
        "a: d = {'k': 1} | b: d['n'] = 2; s = len(d) | c: d['m'] = 3",
        "a b c b",
        False,
        "b:differs",
        "s",
    ),
    Case("global read by a function", "a: def f(): return k | k: k = 1 | b: y = f()", "a k b", True),
    Case(
        "global changed after the call",
        "a: def f(): return k | k: k = 1 | b: y = f()",
        "a (k: k = 0) b k",
        False,
        "b:stale",
        "y",
    ),
    Case(
        "through a decorator",
        "i: import functools | a: f = functools.lru_cache(lambda n: n + k) | k: k = 1 | b: y = f(1)",
        "i a (k: k = 0) b k",
        False,
        "b:stale",
        "y",
    ),
    Case("defined and not called", "a: def f(): return k | k: k = 1", "a (k: k = 0) k", True),
    Case("deleted name", "a: x = 1 | b: del x", "a b", True),
    Case("deleted out of order", "a: x = 1 | b: y = x | c: del x", "a b c", True),
    Case("guarded", "a: try: c\\nexcept NameError: c = 0 | b: y = c", "a b a b", True),
    Case("for target", "a: for i in range(3): t = i | b: y = t + i", "a a b", True),
    Case("unseeded", "a: import random | b: y = random.random()", "a b", False, "b:differs", "y"),
    Case("seeded", "a: import random; random.seed(1) | b: y = random.random()", "a b", True),
    Case(
        "seeded, drawn twice",
        "a: import random; random.seed(1) | b: y = random.random()",
        "a b b",
        False,
        "b:differs",
        "y",
    ),
    Case("seeded in the cell", "a: import random | b: random.seed(1); y = random.random()", "a b b b", True),
    Case("half-way", "a: x = 1; 1 / 0 | b: y = x", "a b", False, "a:fails b:fails"),
    Case(
        "iterator consumed", "a: it = iter([1, 2, 3]) | b: x = next(it)", "a b b", False, "b:differs", "it x"
    ),
    Case(
        "generator consumed",
        "a: g = (i for i in range(5)) | b: x = next(g)",
        "a b b",
        False,
        "b:differs",
        "g x",
    ),
    Case("only its length is asked", "a: x = [1, 2] | b: x[0] = 5 | c: n = len(x)", "a c b", True),
    Case(
        "the shape of what is drawn",
        "i: import numpy as np | a: x = np.random.rand(3) | b: n = x.shape[0] | c: m = n + 1",
        "i a b c",
        False,
        "a:differs",
        "x",
    ),
    Case(
        "the number of what was drawn and chosen",
        "i: import numpy as np | a: x = np.random.rand(9) | b: y = x[x > 0.5] | c: n = len(y)",
        "i a b c",
        False,
        "a:differs b:differs c:differs",
        "n x y",
    ),
    Case(
        "a function counts its calls",
        "a: def f(): f.n += 1\\nf.n = 0 | b: y = f() | c: f()",
        "a c b",
        False,
        "b:differs c:differs",
        "f",
    ),
    Case(
        "a row is inserted twice",
        "a: import sqlite3; c = sqlite3.connect(':memory:') | b: c.execute('create table t (x)')"
        " | d: c.execute('insert into t values (1)') | e: n = len(c.execute('select * from t').fetchall())",
        "a b d e d",
        False,
        "d:differs",
        "c",
    ),
    Case(
        "two runs prove that something unseen decides",
        "a: import tempfile | b: y = next(tempfile._get_candidate_names())",
        "a b b",
        False,
        "b:differs",
        "y",
    ),
    Case(
        "made by a cell above that never ran, and by one below",
        "u: large = 1 | c: y = large | d: large = 2",
        "d c",
        None,
        "c:unknown u:never-run",
    ),
    Case(
        "other names that no function speaks of",
        "a: def add(v, bag=[]):\\n    bag.append(v)\\n    return bag | b: x = add(1) | c: y = add(2)"
        " | d: n = len(y)",
        "a b c d b",
        False,
        "b:differs",
        "add x y",
    ),
    Case("made under a condition, then read", "a: n = 1 | b: if n: x = n\\nx", "a b b (a: n = 2) a", True),
    Case("raises, and would again", "a: x = 1 | b: 1 / 0 | c: y = x", "a b c", False, "b:fails c:fails"),
    Case("raised, then mended", "a: x = 1 | b: y = x", "a (b: y = x / 0) b", True),
    Case(
        "a cell that raised when it ran again",
        "a: d = {'k': 1} | b: d = {**d}; del d['k']",
        "a b b",
        False,
        "b:differs",
    ),
    Case(
        "another name for what is changed again",
        "a: x = [1] | c: x.append(2) | b: y = x",
        "a b c",
        True,
        "b:stale",
    ),
    Case(
        "changed again before its other name is made",
        "a: x = [1] | c: x[0] = 5 | b: y = x",
        "a c b c",
        True,
    ),
    Case(
        "what takes nothing of a difference",
        "a: x = 1 | b: y = x; z = 5 | c: w = z",
        "a b c (a: x = 2) a",
        True,
    ),
    Case(
        "an unseeded draw, and what stands beside it",
        "a: import random; t = random.random(); n = 3 | b: m = n + 1",
        "a b",
        False,
        "a:differs",
        "t",
    ),
    Case(
        "statements before the one that fails",
        "b: k = 2; y = x | c: z = k",
        "(gone: x = 1) b c",
        False,
        "b:fails",
        "x y",
    ),
    Case(
        "the same is shown",
        "a: x = 1 | b: y = x; print('done') | c: x = 2",
        "a b c b",
        False,
        "b:differs",
        "y",
    ),
    Case("attribute", "c: class C: n = 0 | a: o = C() | b: o.n += 1", "c a b b", False, "b:differs", "o"),
    Case("printed from another value", "a: x = 1 | b: print(x) | c: x = 2", "a c b", False, "b:differs"),
    Case(
        "environment variable",
        "a: import os | b: os.environ['NBDEBT_T'] = '1' | c: v = os.environ['NBDEBT_T']",
        "a b c",
        True,
    ),
    Case(
        "environment variable set below",
        "a: import os | c: v = os.environ['NBDEBT_U'] | b: os.environ['NBDEBT_U'] = '1'",
        "a b c",
        False,
        "c:differs",
        "v",
    ),
    Case("star import", "a: from math import * | b: y = floor(pi)", "a b", True),
    Case(
        "functions in a list, all called",
        "a: fs = [lambda v: v * k] | k: k = 10 | b: y = [f(3) for f in fs] | k2: k = 5",
        "a k k2 b",
        False,
        "b:differs",
        "y",
    ),
    Case(
        "a function that an object calls back",
        "t: class Bus:\n def __init__(self): self.all = {}\n"
        " def emit(self, v): return [f(v) for f in self.all.values()]"
        " | a: bus = Bus() | o: bus.all['on'] = lambda v: v * k | k: k = 10 | b: y = bus.emit(3) | k2: k = 5",
        "t a o k k2 b",
        False,
        "b:differs",
        "y",
    ),
    Case(
        "lambda in a list",
        "a: fs = [lambda: k] | k: k = 1 | b: y = fs[0]()",
        "a (k: k = 0) b k",
        False,
        "b:stale",
        "y",
    ),
    Case(
        "class made again",
        "c: class C: n = 1 | a: o = C() | b: y = o.n",
        "(c: class C: n = 0) a b c",
        False,
        "a:stale b:stale",
        "o y",
    ),
    Case("only its type is asked", "a: x = [1, 2] | b: print(type(x)) | c: x[0] = 5", "a c b", True),
    Case(
        "a member of an enum whose class was made again",
        "e: from enum import Enum | a: class K(Enum): A = 1; B = 2 | "
        "k: class K(Enum): A = 3; B = 2 | b: x = K.B",
        "e a b k",
        False,
        "b:stale",
        "x",
    ),
    Case(
        "an attribute that is set by its name",
        "c: class P: pass | a: p = P(); p.n = 1 | b: p.__dict__['n'] = 4",
        "c a (b: p.__dict__['n'] = 5) b",
        True,
    ),
    Case(
        "changed through its class",
        "c: class P:\\n def get(self): return 1 | a: ps = [P()]; ps[0].n = 1 | "
        "m: P.get = lambda self: 2 | b: x = ps[0].n | d: ps[0].n = 2",
        "c a m b d m b d",
        False,
        "b:differs",
        "x",
    ),
    Case(
        "an iterator that is used up goes through nothing",
        "a: rows = [1] | b: it = (r for r in rows) | c: x = list(it) | d: y = list(it) | e: rows.append(3)",
        "a b c e d",
        True,
    ),
    Case(
        "options of what is not shown",
        "p: import pandas as pd | a: s = pd.Series([1.25]) | b: print(s.sum(), len(s)) | "
        "c: pd.set_option('display.precision', 2)",
        "p a b c b",
        True,
    ),
    Case(
        "options of what is shown",
        "p: import pandas as pd | a: s = pd.Series([1.25]) | b: print(s) | "
        "c: pd.set_option('display.precision', 3)",
        "p a b c b",
        False,
        "b:differs",
    ),
    Case(
        "numbers that are made and shown",
        "i: import decimal | a: decimal.getcontext().prec = 9; x = decimal.Decimal('1.25') | "
        "b: print(x) | c: decimal.getcontext().prec = 4",
        "i a b c b",
        True,
    ),
    Case(
        "numbers that are computed",
        "i: import decimal | a: decimal.getcontext().prec = 9; x = decimal.Decimal('1.25') | "
        "b: y = x / 3 | c: decimal.getcontext().prec = 4",
        "i a b c b",
        False,
        "b:differs",
        "y",
    ),
    Case(
        "a logger that is looked up",
        "i: import logging | a: log = logging.getLogger('n'); log.setLevel(30) | b: log.setLevel(20)",
        "i a b a b",
        True,
    ),
    Case(
        "only what it shows was edited, and it changes nothing twice",
        "a: x = {'k': 0} | b: x['k'] = 1\\nprint(x)",
        "a (b: x['k'] = 1) b",
        True,
    ),
    Case(
        "only what it shows was edited, in between",
        "a: x = {'k': 0} | b: print(x)\\nx['k'] = 1",
        "a (b: x['k'] = 1) b",
        False,
        "b:differs",
    ),
    Case(
        "an element of two lists",
        "a: import json\\nrows = [json.loads(t) for t in ['[0]']] | "
        "b: even = [r for r in rows if r[0] == 0]\\nprint(even)",
        "a (b: even = [r for r in rows if r[0] == 0]) b",
        True,
    ),
    Case(
        "a loop whose list was renamed",
        "a: d = [1]\\nfor k in d: pass",
        "(a: e = [1]\\nfor k in e: pass) a",
        True,
        left_over="e",
    ),
    Case(
        "a file that is closed is known by its name",
        "a: f = open('f.txt', 'w'); f.close() | b: f = open('g.txt', 'w'); f.close()",
        "a b a",
        False,
        names="f",
    ),
    Case(
        "a directory that is made if there is none, twice",
        "a: import os; os.makedirs('d', exist_ok=True) | b: n = os.listdir() | c: os.rmdir('d')",
        "a a b c",
        True,
    ),
    Case(
        "names that no code spells",
        "a: globals()['n' + '1'] = 10 | b: y = n1 | c: n1 = 10",
        "a b (c: n1 = 9) c a b c",
        True,
    ),
]


def split(cell: str) -> tuple[str, str]:
    """``a: x = 1`` as id and source."""
    name, _, source = cell.partition(": ")
    return name.strip(), source.strip().replace("\\n", "\n")


def happened(case: Case) -> list[tuple[str, str]]:
    """The runs of a case, as id and source."""
    document = dict(split(cell) for cell in case.document.split(" | "))
    runs: list[tuple[str, str]] = []
    text = case.ran
    while text:
        if text.startswith("("):
            inner, _, text = (
                text[1:].partition(")") if "()" not in text.partition(")")[0] + ")" else ("", "", "")
            )
            runs.append(split(inner))
        else:
            name, _, text = text.partition(" ")
            runs.append((name, document[name]))
        text = text.strip()
    return runs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case, shell: Any) -> None:
    session = nbdebt.load(shell)
    session.set_document([split(cell) for cell in case.document.split(" | ")])
    for cell_id, source in happened(case):
        shell.run_cell(source, cell_id=cell_id)
    assert session.failures == []
    verdict = session.verdict()
    states = {name: cell.state for name, cell in verdict.cells.items() if cell.state != "same"}
    assert states == dict(pair.split(":") for pair in case.states.split())
    assert sorted(verdict.names) == case.names.split()
    assert list(verdict.left_over) == case.left_over.split()
    assert verdict.reproduces is case.reproduces


LOADED_LATE = [
    ("a: x = 1 | l: %load_ext nbdebt | b: y = x + 1", "a l b", True, ""),
    ("a: x = 1 | l: %load_ext nbdebt | b: y = x + 1", "a l b b", True, ""),
    ("a: x = 1 | l: %load_ext nbdebt | b: x += 1", "a l b b", False, "b:differs"),
    ("a: x = 1 | b: y = x | l: %load_ext nbdebt | c: z = y", "b a b l c", None, "a:unknown b:unknown"),
    ("l: %load_ext nbdebt | b: y = x + 1", "(gone: x = 1) l b", None, "b:unknown"),
    ("a: from math import * | l: %load_ext nbdebt | b: y = floor(pi)", "a l b", True, ""),
]


@pytest.mark.parametrize(("document", "ran", "reproduces", "states"), LOADED_LATE)
def test_loaded_in_the_middle(
    document: str, ran: str, reproduces: bool | None, states: str, shell: Any
) -> None:
    """What ran before is known by the shell's inputs; what they left has no other origin."""
    for cell_id, source in happened(Case("", document, ran, reproduces)):
        shell.run_cell(source, cell_id=cell_id, store_history=True)
    session = nbdebt.load(shell)
    session.set_document([split(cell) for cell in document.split(" | ")])
    verdict = session.verdict()
    assert {n: c.state for n, c in verdict.cells.items() if c.state != "same"} == dict(
        pair.split(":") for pair in states.split()
    )
    assert verdict.reproduces is reproduces
    assert session.failures == []


_OPEN = 'import sqlite3\nc = sqlite3.connect("o.db")'
_ADD = 'c.execute("insert into t values (1)")\nc.commit()'
_COUNT = 'n = c.execute("select count(*) from t").fetchone()[0]'
OUTSIDE = [
    (
        "an append makes more each time",
        ['open("o.txt", "a").write("x")', 'n = len(open("o.txt").read())'],
        False,
    ),
    (
        "removed first, if it is there",
        [
            'import os\nif os.path.exists("o.txt"):\n    os.remove("o.txt")',
            'with open("o.txt", "a") as f:\n    f.write("x")',
            'n = len(open("o.txt").read())',
        ],
        True,
    ),
    (
        "removed first, in any case",
        [
            'from pathlib import Path\nPath("o.txt").unlink(missing_ok=True)',
            'with open("o.txt", "a") as f:\n    f.write("x")',
            'n = len(open("o.txt").read())',
        ],
        True,
    ),
    (
        "removed first, and it may not be there",
        [
            'import os\ntry:\n    os.remove("o.txt")\nexcept FileNotFoundError:\n    pass',
            'with open("o.txt", "a") as f:\n    f.write("x")',
        ],
        True,
    ),
    (
        "whether it is there decides on more",
        [
            'import os\nif os.path.exists("o.txt"):\n    n = 1\n    os.remove("o.txt")\nelse:\n    n = 2',
            'open("o.txt", "w").close()',
        ],
        False,
    ),
    (
        "made if it isn't there",
        ['import os\nif not os.path.exists("o"):\n    os.makedirs("o")', "x = 1"],
        True,
    ),
    ("appended to, and not read", ['open("o.txt", "a").write("x")', "x = 1"], True),
    (
        "a directory that is listed",
        ['import os\nos.makedirs("d", exist_ok=True)', "n = sorted(os.listdir())", 'os.rmdir("d")'],
        True,
    ),
    (
        "read to its end twice, and closed",
        ['open("o.txt", "w").write("x")', 'f = open("o.txt")', "a = f.read()", "b = f.read()", "f.close()"],
        True,
    ),
    (
        "rows are added",
        [_OPEN, 'c.execute("create table if not exists t (a)")', _ADD, _COUNT],
        False,
    ),
    (
        "rows are added to another table",
        [_OPEN, 'c.execute("create table if not exists u (a)")', _ADD.replace("into t", "into u"), "x = 1"],
        True,
    ),
    (
        "a table that is made anew",
        [_OPEN, 'c.executescript("drop table if exists t; create table t (a)")', _ADD, _COUNT],
        True,
    ),
    (
        "a table that is emptied",
        [
            _OPEN,
            'c.execute("create table if not exists t (a)")',
            'c.execute("delete from t")\nc.commit()',
            _ADD,
            _COUNT,
        ],
        True,
    ),
    (
        "a table that is made anew beside one that grows",
        [
            _OPEN,
            'c.executescript("drop table if exists t; create table t (a); create table if not exists u (a)")',
            _ADD,
            _ADD.replace("into t", "into u"),
            _COUNT,
        ],
        True,
    ),
    ("a directory that must not be there", ['import os\nos.mkdir("o")', "x = 1"], False),
    (
        "a directory that may be there",
        ['from pathlib import Path\nPath("o").mkdir(exist_ok=True)', "x = 1"],
        True,
    ),
    (
        "a directory that is removed and made",
        ['import os, shutil\nshutil.rmtree("o", ignore_errors=True)\nos.mkdir("o")', "x = 1"],
        True,
    ),
    ("a file that must not be there", ['f = open("o.txt", "x")\nf.close()', "x = 1"], False),
    ("an input is removed", ["n = 1", 'import os\nos.remove("in.txt")'], False),
    ("a file is made and removed", ['open("o.txt", "w").close()', 'import os\nos.remove("o.txt")'], True),
    ("a shell line appends", ["!echo x >> o.txt", 'n = len(open("o.txt").read())'], False),
    (
        "an archive grows",
        [
            'import zipfile\nwith zipfile.ZipFile("o.zip", "a") as z:\n    z.writestr("a", "1")',
            'n = len(zipfile.ZipFile("o.zip").namelist())',
        ],
        False,
    ),
    (
        "appended to, and read in one go",
        ['with open("o.txt", "a+") as f:\n    f.write("x")\n    f.seek(0)\n    n = len(f.read())', "x = 1"],
        False,
    ),
    (
        "moved out of the way if it is there",
        [
            'import os\nif os.path.exists("o.txt"):\n    os.replace("o.txt", "p.txt")\n'
            'open("o.txt", "w").close()',
            'n = sorted(f for f in os.listdir() if f.endswith(".txt"))',
        ],
        False,
    ),
    (
        "kept by a function that looks for it first",
        [
            "import os\n"
            "def get():\n"
            '    if os.path.exists("o.txt"):\n'
            '        with open("o.txt") as f:\n'
            "            return f.read()\n"
            '    with open("o.txt", "w") as f:\n'
            '        f.write("x")\n'
            '    return "x"',
            "n = get()",
        ],
        True,
    ),
    (
        "rows that are added if they are not there",
        [
            _OPEN,
            'c.execute("create table if not exists t (k text primary key)")',
            "c.execute(\"insert or ignore into t values ('a')\")\nc.commit()",
            _COUNT,
        ],
        True,
    ),
    (
        "rows that are added if they are not there, and later removed",
        [
            _OPEN,
            'c.execute("create table if not exists t (k integer primary key, v text unique)")',
            "c.execute(\"insert or ignore into t (v) values ('a'), ('b')\")\nc.commit()",
            'n = c.execute("select k from t").fetchall()',
            "c.execute(\"delete from t where v = 'a'\")\nc.commit()",
        ],
        False,
    ),
    (
        "a connection that a function makes and closes",
        [
            "import sqlite3\nfrom contextlib import closing\n"
            "def connect():\n    return closing(sqlite3.connect('d.db'))",
            "with connect() as c, c:\n    c.execute('create table if not exists t (a)')\n"
            "    c.execute('insert into t values (1)')",
            "with connect() as c:\n    n = c.execute('select count(*) from t').fetchone()",
        ],
        False,
    ),
    (
        "appended to, and the end is read",
        [
            'def note(t):\n    with open("o.txt", "a") as f:\n        f.write(t)\n'
            'def lines():\n    with open("o.txt") as f:\n        return f.read().split()',
            'note("x\\n")\nprint(lines()[-1])',
        ],
        True,
    ),
    (
        "appended to, and read",
        [
            'def note(t):\n    with open("o.txt", "a") as f:\n        f.write(t)\n'
            'def lines():\n    with open("o.txt") as f:\n        return f.read().split()',
            'note("x\\n")\nprint(len(lines()))',
        ],
        False,
    ),
    ("written, and read back", ['open("o.txt", "w").write("x")', 'n = len(open("o.txt").read())'], True),
]


@pytest.mark.parametrize(("sources", "reproduces"), [c[1:] for c in OUTSIDE], ids=[c[0] for c in OUTSIDE])
def test_what_a_restart_finds_outside(sources: list[str], reproduces: bool, shell: Any) -> None:
    """Cells that ran once, from top to bottom: what they left outside is there when they run again."""
    Path("in.txt").write_text("x", encoding="utf-8")
    session = nbdebt.load(shell)
    cells = [(f"c{number}", source) for number, source in enumerate(sources)]
    session.set_document(cells)
    for cell_id, source in cells:
        shell.run_cell(source, cell_id=cell_id)
    assert session.verdict().reproduces is reproduces
    assert session.failures == []


def test_a_document_that_grows_is_taken_up_where_it_ends(shell: Any) -> None:
    """Each new cell costs what it is, and what is wrong with one is said all the same."""
    session = nbdebt.load(shell)
    cells: list[tuple[str, str]] = []
    replays = []
    for number in range(6):
        cells.append((f"c{number}", f"x{number} = {f'x{number - 1} + 1' if number else 0}"))
        session.set_document([*cells, ("new", "")])
        shell.run_cell(cells[-1][1], cell_id=cells[-1][0])
        replays.append(session.watcher._replayer)
    assert replays[-1] is replays[2] is not None
    told: list[str] = []
    session.subscribe(lambda report: told.extend(f.code for f in report.new))
    cells[0] = ("c0", "x0 = 5")
    cells.append(("c6", "x6 = x5 + x0"))
    for cell_id in ("c0", "c6"):
        session.set_document(cells)
        shell.run_cell(dict(cells)[cell_id], cell_id=cell_id)
    assert "NBD103" in told
    assert {c: v.state for c, v in session.verdict().cells.items() if v.state != "same"}.keys() >= {
        "c1",
        "c6",
    }
    assert session.failures == []
