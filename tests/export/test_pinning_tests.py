"""`--tests`: a pytest file that passes as long as the script gives what it gave, and says what changed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli
from nbdebt.export.secrets import secret_name, secret_text
from nbdebt.export.tidy import ruff
from tests.live.kernels import ROOT

CELLS = [
    "import json\nimport math\nfrom pathlib import Path",
    "rows = [(name, n / 4) for n, name in enumerate(['a', 'b', 'c'] * 40)]\nnumbers = [v for _, v in rows]",
    "score = sum(numbers) / len(numbers)\nkinds = {name for name, _ in rows}\nodd = [math.nan, -math.inf]",
    "best = {'name': rows[-1][0], 'at': (1, 2.5), 'none': None}\nlong_text = 'x' * 5000",
    "api_key = 'nothing'\nsettings = {'password': 'hunter2'}\nlink = 'https://me:hunter2@example.org'",
    "print('score', round(score, 3))\nprint('password: hunter2')",
    "Path('out.csv').write_text('name,v\\n' + ''.join(f'{n},{v}\\n' for n, v in rows))",
    "Path('r.json').write_text(json.dumps({'score': score, 'kinds': sorted(kinds)}))",
    "Path('s.json').write_text(json.dumps({'token': 'hunter2'}))\nimport time\nnow = time.time()",
]
# What is changed in the script, and what the tests say then.
CHANGES: list[tuple[dict[str, str], list[str]]] = [
    ({}, []),
    (
        {
            "* 40": "* 39",
            "(1, 2.5)": "(1, 2)",
            '"score", round': '"Score", round',
            '"r.json"': '"other.json"',
        },
        [
            "`rows`: it has 117 items, had 120",
            "out.csv: it has 117 rows, had 120",
            "`best` is {'name': 'c', 'at': (1, 2), 'none': None} and was",
            "'score 14.875' is not printed any more",
            "r.json was not written",
        ],
    ),
    (
        {"n / 4": "n / 4 + (n == 119)"},
        ["`numbers`: its max is 30.75, was 29.75", "`score` is 14.88", "it has 14.88"],
    ),
    ({"for _, v in rows]": "for _, v in rows][::-1]"}, ["`numbers`: the same numbers, in another order"]),
    ({"n / 4": "n / 0"}, ["clean.py: it fails: ZeroDivisionError"]),
]


def exported(place: Path, *more: str, cells: list[str] = CELLS, name: str = "nb.ipynb") -> Any:
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": s, "execution_count": n, "outputs": []}
        for n, s in enumerate(cells, 1)
    ]
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (place / name).write_text(json.dumps(document))
    return CliRunner().invoke(cli, ["export", str(place / name), *more])


def run_pytest(path: Path) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-rfE", "."]
    return subprocess.run(command, cwd=path, env=environ, capture_output=True, text=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pinned")
    done = exported(found, "-o", str(found / "clean.py"), "--verify", "--tests", "--no-settings")
    assert done.exit_code in (0, 1), done.output
    return found


def test_it_holds_no_secrets_and_nothing_large(place: Path) -> None:
    text = (place / "test_clean.py").read_text()
    assert "hunter2" not in text and "xxxxx" not in text and len(text) < 6000
    for name in ("api_key", "settings", "link"):
        assert f"{name}: it looks like a secret" in text
    assert "now: two runs of the script disagree" in text
    assert "1 printed lines that look like secrets" in text


def test_it_is_clean(place: Path) -> None:
    program = ruff()
    if program is None:
        pytest.skip("ruff is not there")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [program, *command, "--isolated", "test_clean.py"], cwd=place, capture_output=True
        )
        assert done.returncode == 0, done.stdout


def test_it_passes_where_nothing_changed_and_says_what_did(place: Path) -> None:
    """All changes in one run of pytest: a script and its tests for each."""
    script, tests = (place / "clean.py").read_text(), (place / "test_clean.py").read_text()
    changed = place.with_name(f"{place.name}-changed")
    for number, (changes, _) in enumerate(CHANGES):
        folder = changed / str(number)
        folder.mkdir(parents=True)
        other = script
        for old, new in changes.items():
            assert old in other
            other = other.replace(old, new)
        (folder / "clean.py").write_text(other)
        (folder / f"test_clean_{number}.py").write_text(tests)
    said = run_pytest(changed).stdout
    assert "hunter2" not in said
    for number, (_, words) in enumerate(CHANGES):
        own = [line for line in said.splitlines() if re.match(rf"(?:FAILED|ERROR) {number}/", line)]
        assert bool(own) == bool(words), said
        for word in words:
            assert any(word in line for line in said.splitlines()), (word, said)


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--tests", "-o", "clean.py"), "give --verify"),
        (("--verify", "--tests"), "-o FILE"),
        (("--verify", "--tests", "--to", "make"), "--to make"),
        (("--verify", "--tests", "clean.py", "-o", "clean.py"), "a Python file of their own"),
        (("--verify", "--memory", "much"), "is no size"),
    ],
)
def test_what_can_not_be_tested_is_refused(
    flags: tuple[str, ...], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = exported(tmp_path, *flags, cells=["x = 1"])
    assert done.exit_code == 2 and word in done.output
    assert not list(tmp_path.glob("test_*"))


def test_a_script_that_fails_gets_no_tests(tmp_path: Path) -> None:
    done = exported(tmp_path, "-o", str(tmp_path / "clean.py"), "--verify", "--tests", cells=["x = 1 / 0"])
    assert done.exit_code == 2 and "nothing to pin" in done.output and "ZeroDivisionError" in done.output


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system limits no address space")
def test_memory_is_limited(tmp_path: Path) -> None:
    done = exported(tmp_path, "--verify", "--memory", "1G", cells=["x = bytearray(2**31)"])
    assert done.exit_code == 1
    assert "it needs more memory than the 1 GB that it may have" in done.output


@pytest.mark.parametrize("name", ["password", "DB_PASSWD", "api_key", "API_KEY", "auth", "github_token"])
def test_names_of_secrets(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", ["author", "passes", "frame", "key", "passenger_count", "compass"])
def test_names_of_no_secrets(name: str) -> None:
    assert not secret_name(name)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("AKIAIOSFODNN7EXAMPLE", True),
        ("postgresql://me:pw@host/db", True),
        ("password=hunter2", True),
        ("-----BEGIN RSA PRIVATE KEY-----", True),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", True),
        ("https://example.org/a/b?c=d", False),
        ("RandomForestClassifier(n_estimators=5)", False),
        ("2024-01-01T00:00:00", False),
        ("the accuracy is 0.93", False),
    ],
)
def test_texts_of_secrets(text: str, secret: bool) -> None:
    assert secret_text(text) is secret
