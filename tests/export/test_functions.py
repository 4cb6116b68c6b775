"""A function for each section: what flows between them, what is refused; the script gives the same."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import msgspec

import nbdebt
from nbdebt.export.model import Held
from nbdebt.live.held import held as seen
from tests.export.logs import is_clean, log, needs_ruff, outcomes

pytestmark = needs_ruff

# Runs and, with `# `, markdown; heads of functions in the script; calls in `main`.
CASES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "names flow from section to section": (
        [
            "# ## Load",
            "rows = [3, 1, 2]",
            "# ## 2. Sort *them*\n\nSmallest first.",
            "rows.sort()\nfirst = rows[0]",
            "# # Show",
            "print(rows, first)",
        ],
        ["def load():", "def sort_them(rows):", "def show(rows, first) -> None:", '    """Sort them.'],
        ["rows = load()", "first = sort_them(rows)", "show(rows, first)"],
    ),
    "what is made anew isn't taken": (
        ["# # A", "x = 1\nprint(x)", "# # B", "x = 2\ny = x + 1", "# # C", "print(x, y)"],
        ["def a() -> None:", "def b():", "def c(x, y) -> None:"],
        ["a()", "x, y = b()", "c(x, y)"],
    ),
    "what is perhaps made anew is": (
        ["# # A", "x = [1]", "# # B", "if len(x) > 1:\n    x = [2]", "# # C", "x += [3]\nprint(x)"],
        ["def a():", "def b(x):", "def c(x) -> None:"],
        ["x = a()", "x = b(x)", "c(x)"],
    ),
    "functions, classes and what they need are the module's": (
        [
            "# # Tools",
            "import json\nfactor = 3\ndef scaled(x, by=2):\n    return x * by * factor",
            "class Box:\n    def full(self): return scaled(4)",
            "# # Use",
            "box = Box()\nprint(json.dumps(box.full()))",
        ],
        ["def use() -> None:", "class Box:", "factor = FACTOR"],
        ["use()"],
    ),
    "before the first heading": (
        ["start = 5", "# # 1.", "print(start)", "# # class", "print('end')"],
        ["def prepare():", "def section_2(start) -> None:", "def class_() -> None:"],
        ["start = prepare()", "section_2(start)", "class_()"],
    ),
    "texts of several lines stay": (
        ["# # A", "text = '''one\n  two\n'''\nprint(text)", "# # A", "print(text.split())"],
        ["def a():", "def a_2(text) -> None:"],
        ["text = a()", "a_2(text)"],
    ),
    "loops, comprehensions, with, try": (
        [
            "# # A",
            "total = 0\nfor i in range(4):\n    total += i",
            "try:\n    bad = 1 / 0\nexcept ZeroDivisionError:\n    bad = -1",
            "# # B",
            "squares = [i * i for i in range(total)]\nbest = max(squares, key=lambda n: -abs(n - 5))",
            "# # C",
            "print(total, bad, squares, best, i)",
        ],
        ["def b(total):"],
        ["total, i, bad = a()", "squares, best = b(total)", "c(total, bad, squares, best, i)"],
    ),
}
REFUSED: dict[str, tuple[list[str], str]] = {
    "no headings": (["x = 1"], "no heading"),
    "a function that uses what is set": (
        ["# # A", "x = [1]\ndef f(): return x", "# # B", "print(f())"],
        "`f` uses `x`",
    ),
    "global": (
        ["# # A", "n = 0\ndef f():\n    global n\n    n += 1", "# # B", "f()\nprint(n)"],
        "global `n`",
    ),
    "names by their text": (["# # A", "x = 1", "# # B", "print(globals()['x'])"], "`globals`"),
    "a closure over what changes": (
        ["# # A", "k = 1\nf = lambda: k", "# # B", "k = 2\nprint(f())"],
        "looks up `k`",
    ),
    "a star import": (["# # A", "from math import *", "# # B", "print(pi)"], "from math import *"),
    "await": (["# # A", "import asyncio\nawait asyncio.sleep(0)"], "waits"),
    "a builtin that is set": (["# # A", "max = 3", "# # B", "print(max)"], "`max`"),
    "a function that is defined again": (
        ["# # A", "def f(): return 1\nx = f()\ndef f(): return 2", "# # B", "print(f(), x)"],
        "more than once",
    ),
}


def printed(sources: Sequence[str]) -> str:
    """What the cells print that run one after the other."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        values: dict[str, object] = {"__name__": "__main__"}
        for source in sources:
            if not source.startswith("# "):
                exec(compile(source, "cell", "exec"), values)
    return out.getvalue()


def test_sections_become_functions(tmp_path: Path) -> None:
    places = []
    for number, (name, (cells, heads, calls)) in enumerate(CASES.items()):
        script = nbdebt.export(log(*cells), functions=True)
        assert not script.manifest.notes and script.manifest.functions[-1] == "main", (
            name,
            script.manifest.notes,
        )
        for line in heads:
            assert line in script.text.splitlines(), (name, script.text)
        body = script.text.split("def main()")[1].split("if __name__")[0]
        assert [line.strip() for line in body.strip().splitlines()[2:]][-len(calls) :] == calls, (
            name,
            script.text,
        )
        places.append(tmp_path / str(number))
        places[-1].mkdir()
        (places[-1] / "clean.py").write_text(script.text, encoding="utf-8")
    is_clean(*(place / "clean.py" for place in places))
    for (name, (cells, _, _)), (_, said) in zip(
        CASES.items(), outcomes(places, tmp_path / "found"), strict=True
    ):
        assert said == printed(cells), name


def test_what_can_t_be_divided_is_not_and_says_why() -> None:
    for name, (cells, reason) in REFUSED.items():
        script = nbdebt.export(log(*cells), functions=True)
        assert any("Not divided" in note and reason in note for note in script.manifest.notes), (
            name,
            script.text,
        )
        assert "def main" not in script.text


def test_types_that_were_seen_and_flags(tmp_path: Path) -> None:
    kinds = {"rows": "builtins.list", "size": "builtins.int", "late": "builtins.float", "box": "__main__.Box"}
    cells = [
        "# # Load",
        "from fractions import Fraction\nlimit = 2\nclass Box: pass",
        "rows = [1, 5, 7]\nbox = Box()\nhalf = Fraction(1, 2)",
        "# # Count",
        "size = len([row for row in rows if row > limit])\nrest = rows[size:]",
        "# # Show",
        "late = size * half\nprint(size, rest, type(box).__name__, late)",
    ]

    def look(names: Sequence[str]) -> dict[str, Held]:
        held = {name: Held(b"", "identity", kinds[name]) for name in names if name in kinds}
        return held | ({"half": Held(b"", "identity", "fractions.Fraction")} if "half" in names else {})

    made = msgspec.structs.replace(log(*cells, directory=str(tmp_path)), look=look, observed=True)
    script = nbdebt.export(made, functions=True, cli="argparse")
    heads = [line for line in script.text.splitlines() if line.startswith("def ")]
    assert "def load(settings: Settings) -> tuple[list, Box, Fraction]:" in heads or any(
        "rows: list" in head for head in heads
    ), script.text
    path = tmp_path / "clean.py"
    path.write_text(script.text, encoding="utf-8")
    is_clean(path)
    ((_, said),) = outcomes([tmp_path], tmp_path / "found")
    assert said == printed(cells)


def select(held: dict[str, Held], names: Sequence[str]) -> dict[str, Held]:
    return {name: held[name] for name in names}


def test_values_within_functions_are_compared(tmp_path: Path) -> None:
    cells = ["# # A", "x = 2\nfor i in range(3):\n    last = i", "# # B", "y = x + 1"]
    values = {"x": 2, "y": 3, "i": 2, "last": 2}
    for wrong in (False, True):
        held = {name: seen(value + (wrong and name == "last")) for name, value in values.items()}
        made = log(*cells, directory=str(tmp_path))
        made = msgspec.structs.replace(
            made, look=lambda names, held=held: {n: held[n] for n in names}, observed=True
        )
        found = nbdebt.export(made, functions=True).verify(again=False)
        assert found.compared.values == 4 and found.equal != wrong, found
