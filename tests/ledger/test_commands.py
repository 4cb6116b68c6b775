"""``nbdebt ledger`` and ``nbdebt io`` as people and programs use them."""

import csv
import io
import json
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("alembic")

from nbdebt.cli import cli
from nbdebt.config import forget_settings
from nbdebt.ledger.answers import Use
from nbdebt.ledger.names import DatasetName
from nbdebt.report.plain import Paint
from nbdebt.report.rows import Column, as_csv, moment, spell, table
from tests.ledger.conftest import session


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    forget_settings()


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def ledger(directory: Path, *words: str) -> str:
    done = run("ledger", *words, "--dir", str(directory))
    assert done.exit_code == 0, done.output
    return done.output


def test_without_a_ledger_it_is_said_what_to_do() -> None:
    done = run("ledger", "readers", "x.csv")
    assert done.exit_code == 2
    assert "set `dir` under [tool.nbdebt.ledger]" in done.output


def test_settings_name_the_ledger(team: Path, tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text(f'[ledger]\ndir = "{team.name}"\n')
    assert "read by 2 notebooks of 2 people" in run("ledger", "readers", "/d/features.csv").output


def test_a_ledger_that_nobody_has_written_to_is_told(tmp_path: Path) -> None:
    done = run("ledger", "runs", "--dir", str(tmp_path / "none"))
    assert done.exit_code == 0
    assert "there is no such directory" in done.output and "no session is known" in done.output


def test_questions_take_in_what_is_new_unless_told_not_to(team: Path) -> None:
    assert "took in 7 files, 14 new accesses" in ledger(team, "sync")
    assert "took in 0 files" in ledger(team, "sync")
    session(team, "/p/new.ipynb", "kim", "2026-11-23T14:00", [("read", "/d/features.csv", "features3")])
    assert "read by 2 notebooks" in ledger(team, "readers", "/d/features.csv", "--no-sync")
    assert "read by 3 notebooks of 3 people" in ledger(team, "readers", "/d/features.csv")


SHOWN = [
    (("readers", "/d/features.csv"), ["/p/dash.ipynb", "eve", "pandas.read_csv"]),
    (
        ("readers", "elsewhere/features.csv"),
        ["nobody is known to have read it", "did you mean /d/features.csv?"],
    ),
    (("readers", "/d/report.html"), ["/d/report.html: nobody is known to have read it"]),
    (("writers", "/d"), ["written by 3 notebooks of 3 people", "/d/log.txt", "/d/model"]),
    (("impact", "/d/raw.csv"), ["reaches 4 notebooks and 3 further data sets", "→ /d/report.html"]),
    (("stale-readers",), ["1 notebook worked with an older content", "/p/train.ipynb"]),
    (("stale-readers", "/d/model"), ["everybody has read the newest content that is known"]),
    (("runs",), ["/p/report.ipynb", "open", "hub"]),
    (("runs", "/p/none.ipynb"), ["no session is known of /p/none.ipynb"]),
    (("durations", "/p/features.ipynb"), ["4.5 times as long as before", "the whole session"]),
    (("durations", "--slower"), ["[1] cell-1"]),
]


@pytest.mark.parametrize(("words", "shown"), SHOWN, ids=lambda v: " ".join(v))
def test_answers_in_words(words: tuple[str, ...], shown: list[str], team: Path) -> None:
    said = ledger(team, *words)
    assert [text for text in shown if text not in said] == []
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "words",
    [
        ("readers", "/d/features.csv"),
        ("writers", "/d/features.csv"),
        ("impact", "/d/raw.csv"),
        ("stale-readers",),
        ("runs",),
        ("durations",),
    ],
    ids=lambda w: w[0],
)
def test_json_and_csv_say_the_same(words: tuple[str, ...], team: Path) -> None:
    said = json.loads(ledger(team, *words, "--format", "json"))
    assert said["version"] == 1
    objects = said[words[0].replace("-", "_") if words[0] != "impact" else "steps"]
    found = list(csv.DictReader(io.StringIO(ledger(team, *words, "--format", "csv"))))
    assert len(found) == len(objects) > 0
    for row, given in zip(found, objects, strict=True):
        assert list(row) == list(given)
        for key, value in given.items():
            if isinstance(value, str):
                assert row[key] == value


def test_pruning(team: Path) -> None:
    session(team, "/p/old.ipynb", "ada", "2016-11-23T14:00", [("read", "/d/old.csv", "1")])
    assert "would forget 1 session and remove 1 file" in ledger(
        team, "prune", "--older-than", "3000", "--dry-run"
    )
    assert len(list(team.iterdir())) == 8
    assert "forgot 1 session and removed 1 file" in ledger(team, "prune", "--older-than", "3000")
    assert len(list(team.iterdir())) == 7
    assert "nobody is known" in ledger(team, "readers", "/d/old.csv")


def test_what_is_in_a_ledger_steers_no_terminal(tmp_path: Path) -> None:
    odd = "/d/\x1b[31mred\n\u202e.csv"
    session(
        tmp_path / "ledger", "/p/\x1b]0;title\x07.ipynb", "a\x1bda", "2026-11-23T14:00", [("read", odd, "1")]
    )
    for words in (("readers", odd), ("runs",), ("durations",), ("impact", odd)):
        said = ledger(tmp_path / "ledger", *words)
        assert "\x1b" not in said and "\u202e" not in said and "\x07" not in said


def test_tables() -> None:
    rows = [("a", "1"), ("long name", "22")]
    columns = (
        Column("name", lambda row: str(row[0]), elastic=True),
        Column("empty", lambda row: ""),
        Column("n", lambda row: str(row[1]), right=True),
    )
    assert table(rows, columns, Paint(False), None) == [
        "  name        n",
        "  a           1",
        "  long name  22",
    ]
    wide = [("x" * 50, "1")]
    assert table(wide, columns, Paint(False), 30)[1] == "  " + "x" * 22 + "…  1"
    assert (spell(0.44), spell(12.3), spell(150)) == ("0.4 s", "12 s", "2 min")
    assert moment("soon") == "soon"


def test_csv_runs_no_formula() -> None:
    use = Use("=cmd()", "@job", "+1", "", 1, "", "-x", "")
    assert as_csv([use], Use).splitlines()[1] == "'=cmd(),'@job,'+1,,1,,'-x,"


# io


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook that reads and writes files, an address and a table."""
    cells = [
        "import pandas as pd\nt = pd.read_csv('data/raw.csv')\nu = pd.read_csv('https://u:pw@h/x.csv?key=1')",
        "t.to_parquet('out/clean data.parquet')\nfor i in range(3):\n    t.to_csv(f'out/{i}.csv')",
        "t.to_sql('clean', 'postgresql://u:pw@db/w')\nopen('/tmp/elsewhere.txt', 'w').close()",
    ]
    file = tmp_path / "1 clean.ipynb"
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(document, file)
    return file


def test_io_lists_what_the_code_says(notebook: Path) -> None:
    said = json.loads(run("io", "--format", "json").output)["accesses"]
    assert [(a["op"], a["ns"], Path(a["name"]).name, a["cell"], a["basis"]) for a in said] == [
        ("reads", "file", "raw.csv", 1, "parsed"),
        ("reads", "https://h", "x.csv", 1, "parsed"),
        ("writes", "file", "clean data.parquet", 2, "parsed"),
        ("writes", "", "", 2, "parsed"),
        ("writes", "postgres://db:5432", "w.public.clean", 3, "parsed"),
        ("writes", "file", "elsewhere.txt", 3, "parsed"),
    ]
    shown = run("io", str(notebook)).output
    assert "out/{i}.csv" in shown and "computed name" in shown and "pw" not in shown
    assert "pw" not in json.dumps(said)


def test_io_adds_what_was_seen(notebook: Path, tmp_path: Path) -> None:
    (tmp_path / "nbdebt.toml").write_text('[ledger]\ndir = "ledger"\n')
    files = [("read", str(tmp_path / "data/raw.csv"), "1"), ("write", str(tmp_path / "out/2.csv"), "2")]
    session(tmp_path / "ledger", str(notebook), "ada", "2026-11-23T14:00", files)
    said = json.loads(run("io", "--format", "json").output)["accesses"]
    seen = [(a["op"], Path(a["name"]).name) for a in said if a["basis"] == "observed"]
    assert seen == [("reads", "raw.csv"), ("writes", "2.csv")]
    forget_settings()
    said = json.loads(run("io", "--format", "json", "--no-ledger").output)["accesses"]
    assert not [a for a in said if a["basis"] == "observed"]


def test_tables_of_a_database_file(tmp_path: Path) -> None:
    """They are named beside their file, and it is the file that a stage makes."""
    yaml = pytest.importorskip("yaml")
    (tmp_path / "t.py").write_text(
        "# %%\nimport sqlite3\nimport pandas as pd\ncon = sqlite3.connect('app.db')\n"
        "# %%\npd.DataFrame({'a': [1]}).to_sql('t', con)\n"
        "# %%\npd.read_sql('select * from t', 'sqlite:///old.db')\n"
    )
    said = json.loads(run("io", "t.py", "--format", "json").output)["accesses"]
    assert [(a["op"], a["target"], a["kind"]) for a in said] == [
        ("writes", "app.db#t", "table"),
        ("reads", "old.db#t", "table"),
    ]
    (stage,) = yaml.safe_load(run("io", "t.py", "--format", "dvc").output)["stages"].values()
    assert (stage["deps"], stage["outs"]) == (["t.py", "old.db"], ["app.db"])


def test_io_proposes_stages(notebook: Path) -> None:
    yaml = pytest.importorskip("yaml")
    text = run("io", "--format", "dvc").output
    assert yaml.safe_load(text) == {
        "stages": {
            "nb_1_clean": {
                "cmd": "jupyter execute '1 clean.ipynb'",
                "deps": ["1 clean.ipynb", "data/raw.csv"],
                "outs": ["out/clean data.parquet"],
            }
        }
    }
    for aside in ("# writes out/{i}.csv", "# writes /tmp/elsewhere.txt, outside of this directory"):
        assert aside in text
    assert "pw" not in text


def test_io_writes_events(notebook: Path) -> None:
    (line,) = run("io", "--format", "openlineage").output.splitlines()
    event = json.loads(line)
    assert [d["namespace"] for d in event["inputs"]] == ["file", "https://h"]
    assert DatasetName("postgres://db:5432", "w.public.clean") in [
        (d["namespace"], d["name"]) for d in event["outputs"]
    ]
    assert "pw" not in line


def test_io_of_nothing_and_of_what_cannot_be_read(tmp_path: Path) -> None:
    assert run("io").output == "nothing is read or written, as far as the code says\n"
    (tmp_path / "broken.ipynb").write_text("{")
    done = run("io")
    assert done.exit_code == 2 and "broken.ipynb" in done.output
    assert run("io", "--format", "dvc", "--no-ledger").output.startswith(("stages: {}", "nbdebt:"))
