"""Settings at the top: which values go there, which don't, and that the script gives the same with them; with
flags and files changed, it gives what the notebook would have given with other values."""

import contextlib
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import nbdebt
from tests.export.logs import is_clean, log, needs_ruff, outcomes, started
from tests.export.probe import names

pytestmark = needs_ruff

# Cells; then the settings that stand at the top, as `NAME: type = literal`.
CASES: dict[str, tuple[list[str], list[str]]] = {
    "a constant moves, and its comment with it": (
        ["EPOCHS = 3  # passes over the data\nrate = 0.5", "total = EPOCHS * rate"],
        ["EPOCHS: int = 3  # passes over the data", "RATE: float = 0.5"],
    ),
    "a name that is bound again is none": (["size = 3", "size = size + 1", "LIMIT = 4\nLIMIT += 1"], []),
    "seeds, one for all that are equal": (
        ["import random\nrandom.seed(7)", "a = random.Random(7).random()\nb = random.Random(8).random()"],
        ["SEED: int = 7", "SEED_2: int = 8"],
    ),
    "files that are read and written": (
        [
            "import csv, json",
            "with open('rows.csv') as file:\n    rows = list(csv.DictReader(file))",
            "with open('out/sum.json', 'w') as file:\n    json.dump(len(rows), file)",
            "again = json.load(open('out/sum.json'))",
        ],
        ['ROWS_CSV: str = "rows.csv"', 'SUM_JSON: str = "out/sum.json"'],
    ),
    "files of one name": (
        ["a = open('rows.csv').read()", "b = open('out/rows.csv', 'w').write(a)"],
        ['ROWS_CSV: str = "rows.csv"', 'OUT_ROWS_CSV: str = "out/rows.csv"'],
    ),
    "a name for a path": (
        ["data_file = 'rows.csv'\nTITLE = 'rows'", "text = open(data_file).read() + TITLE"],
        ['DATA_FILE: str = "rows.csv"', 'TITLE: str = "rows"'],
    ),
    "parameters by their keywords": (
        [
            "def fit(*, test_size, epochs, shuffle, n_jobs):\n    return test_size * epochs",
            "model = fit(test_size=0.25, epochs=-4, shuffle=True, n_jobs=2)",
        ],
        ["TEST_SIZE: float = 0.25", "EPOCHS: int = -4", "SHUFFLE: bool = True"],
    ),
    "thresholds of comparisons": (
        [
            "rows = [{'age': 12, 'weight': 40}, {'age': 50, 'weight': 80}]",
            "old = [row for row in rows if row['age'] >= 18]",
            "score = 0.75\ngood = score > 0.7\nbad = score < 0.7",
        ],
        ["AGE_THRESHOLD: float = 18", "SCORE_THRESHOLD: float = 0.7"],
    ),
    "nothing in functions, classes, texts, patterns, annotations": (
        [
            "def scaled(x, by=2):\n    limit = 30\n    return x * by if x < limit else limit",
            "class Model:\n    rate = 0.5\n    def fit(self): return dict(epochs=3)",
            "text = f'{0.25:.1f} {[x for x in (1, 2) if x > 5]}'",
            "match 5:\n    case 5: found = 'five'",
            "value: 'int' = [5]\nkey = lambda epochs=4: epochs\nten = scaled(10)",
            "same = ten == 20",
        ],
        [],
    ),
    "a name that is taken": (
        [
            "RATE = [3]",
            "rate = 0.5\nseed = 4",
            "import random\nx = random.Random(seed).random() * rate * RATE[0]",
        ],
        ["SEED: int = 4", "RATE_: float = 0.5"],
    ),
    "names that may come from elsewhere": (["from math import *\nrate = 0.5", "x = cos(rate)"], []),
    "code that is looked at by name": (["rate = 0.5", "x = globals()['rate']"], []),
    "a constant that a loop sets is none": (["for step in range(3):\n    WIDTH = 5", "x = WIDTH"], []),
    "two texts that are one": (["label = 'a' 'b'\nNAME = ('x'\n        'y')"], ['LABEL: str = "ab"']),
    "negative and odd spellings": (
        ["OFFSET = -1_000\ntol = 1e-3\nUMLAUT = 'ä'", "x = (OFFSET, tol, UMLAUT)"],
        ["OFFSET: int = -1_000", "TOL: float = 1e-3", 'UMLAUT: str = "ä"'],
    ),
    "several at once, and with annotations": (
        [
            "rate, STEPS = 0.1, 20  # as in the paper\n(first, *rest), LIMIT = [1, 2, 3], 9\nepochs: int = 5",
            "x = rate * STEPS + epochs + LIMIT + first",
        ],
        ["RATE: float = 0.1", "STEPS_: int = 20", "LIMIT_: int = 9", "EPOCHS: int = 5"],
    ),
    "a constant on one line with others": (
        ["A1 = 2; B1 = 3", "x = A1 + B1"],
        ["A1_: int = 2", "B1_: int = 3"],
    ),
}


def plainly(sources: list[str], place: Path) -> tuple[dict[str, Any], str]:
    """What cells give that simply run one after the other."""
    values: dict[str, Any] = {"__name__": "__main__"}
    out = io.StringIO()
    with contextlib.chdir(place), contextlib.redirect_stdout(out):
        for source in sources:
            exec(compile(source, "cell", "exec"), values)
    return json.loads(json.dumps(names(values))), out.getvalue()


def furnished(place: Path) -> Path:
    """A directory with data."""
    (place / "out").mkdir(parents=True)
    (place / "rows.csv").write_text("a,b\n1,2\n30,4\n", encoding="utf-8")
    return place


def test_settings_at_the_top_change_nothing(tmp_path: Path) -> None:
    wanted, places = [], []
    for number, (sources, expected) in enumerate(CASES.values()):
        script = nbdebt.export(log(*sources))
        lines = [line.strip() for line in script.text.splitlines()]
        for line in expected:
            assert any(at == line or at.startswith(f"{line}  #") for at in lines), script.text
        assert len(script.manifest.settings) == len(expected), script.text
        wanted.append(plainly(sources, furnished(tmp_path / f"cells{number}")))
        places.append(furnished(tmp_path / f"script{number}"))
        (places[-1] / "clean.py").write_text(script.text, encoding="utf-8")
    is_clean(*(place / "clean.py" for place in places))
    found = outcomes(places, tmp_path / "found.json")
    for name, place, (values, printed), (held, _) in zip(CASES, places, found, wanted, strict=True):
        assert {key: values.get(key) for key in held} == held, (
            name,
            printed,
            (place / "clean.py").read_text(),
        )


def test_without() -> None:
    script = nbdebt.export(log("EPOCHS = 3", "x = EPOCHS"), settings=False)
    assert "EPOCHS = 3" in script.text and script.manifest.settings == ()


NOTEBOOK = [
    "import csv, random\nSEED = 3\nLIMIT = 20  # what counts as many",
    "random.seed(SEED)\nverbose = False\nfactor = 2\n\ndef scaled(x):\n    return x * factor",
    "with open('rows.csv') as file:\n    rows = [int(row['a']) for row in csv.DictReader(file)]",
    "if verbose:\n    print('rows:', rows)\nmany = [scaled(x) for x in rows if x > LIMIT]",
    "print(many, random.random())",
    "rate: float = 0.5\nmax = len(many) * rate\nprint(max)",
]
FLAGS = ["--seed", "4", "--limit", "0", "--verbose", "--factor", "3", "--rows-csv", "other.csv"]
CHANGED = {"seed": 4, "limit": 0, "verbose": True, "factor": 3, "rows_csv": "other.csv"}


def with_other_values() -> list[str]:
    """The cells, as somebody would edit them."""
    edits = {"SEED = 3": "SEED = 4", "LIMIT = 20": "LIMIT = 0", "verbose = False": "verbose = True"}
    edits |= {"factor = 2": "factor = 3", "rows.csv": "other.csv"}
    text = "\0".join(NOTEBOOK)
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    return text.split("\0")


@pytest.mark.parametrize(
    ("cli", "config"),
    [
        ("argparse", "none"),
        ("argparse", "toml"),
        ("click", "json"),
        ("fire", "toml"),
        ("click", "none"),
        ("fire", "none"),
        ("none", "json"),
    ],
)
def test_flags_and_files(cli: Any, config: Any, tmp_path: Path) -> None:
    if cli != "none":
        pytest.importorskip(cli)
    place = furnished(tmp_path / "place")
    with (place / "other.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a"], [5], [6]])
    script = nbdebt.export(log(*NOTEBOOK, directory=str(place)), cli=cli, config=config)
    path = place / "clean.py"
    path.write_text(script.text, encoding="utf-8")
    is_clean(path)
    default, changed = plainly(NOTEBOOK, place)[1], plainly(with_other_values(), place)[1]
    assert default != changed
    done = started(path)
    assert (done.returncode, done.stdout) == (0, default), done.stderr + script.text
    assert started(path, *FLAGS).stdout == changed
    helped = started(path, "--help")
    assert "what counts as many" in helped.stdout + helped.stderr, helped
    wrong = started(path, "--factor", "many")
    assert wrong.returncode and "Traceback" not in wrong.stderr, wrong.stderr
    if config != "none":
        for number, values in enumerate([CHANGED, {"limits": 3}, {"factor": "3"}]):
            lines = [f"{key} = {json.dumps(value)}\n" for key, value in values.items()]
            said = json.dumps(values) if config == "json" else "".join(lines)
            (place / f"{number}.{config}").write_text(said)
        assert started(path, "--config", f"0.{config}").stdout == changed
        assert started(path, "--config", f"0.{config}", "--factor", "2").stdout != changed
        unknown, mistyped = started(path, "--config", f"1.{config}"), started(path, "--config", f"2.{config}")
        assert unknown.returncode and "`limits`" in unknown.stderr and "limit" in unknown.stderr
        assert mistyped.returncode and "`factor` must be int" in mistyped.stderr
        assert started(path, "--config", "none.there").returncode


def test_scripts_with_flags_are_verified(tmp_path: Path) -> None:
    furnished(tmp_path / "place")
    made = log(*NOTEBOOK, directory=str(tmp_path / "place"))
    found = nbdebt.export(made, cli="argparse").verify(again=False)
    assert found.equal, found.differences
