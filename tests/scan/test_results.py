"""What a scan writes: the rows, equal in all formats, and what a check finds of each notebook alone."""

import csv
import json
import re
import sqlite3
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import nbdebt
from benchmarks.trees import grow
from nbdebt.cli import cli
from nbdebt.model.errors import NbdebtError
from nbdebt.outside import answered_alone
from nbdebt.scan.model import FAMILIES, FindingRow, NotebookRow
from nbdebt.scan.tables import columns

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))
ALONE = nbdebt.Settings()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("company")
    grow(directory, EXAMPLES, 60, seed=3)
    return directory


@pytest.fixture(scope="module")
def scanned(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> nbdebt.Scan:
    output = tmp_path_factory.mktemp("results")
    return nbdebt.scan(
        tree, output=output, formats=("sqlite", "csv", "ndjson"), settings=ALONE, jobs=1, scripts=True
    )


def test_there_is_one_row_for_each_notebook(tree: Path, scanned: nbdebt.Scan) -> None:
    rows = scanned.notebooks()
    assert [row.location for row in rows] == sorted(str(p) for p in tree.rglob("*.ipynb"))
    assert Counter(row.status for row in rows) == Counter(scanned.summary.status)
    by_content: dict[str | None, list[NotebookRow]] = {}
    for row in rows:
        by_content.setdefault(row.content, []).append(row)
    for same in by_content.values():
        first, *copies = same
        assert first.duplicate_of is None and {row.duplicate_of for row in copies} <= {first.location}
    assert len(by_content) == scanned.summary.contents < len(rows)


def test_findings_are_those_of_a_check_of_each_notebook_alone(tree: Path, scanned: nbdebt.Scan) -> None:
    found: dict[str, Counter[tuple[str, int | None, int | None]]] = {}
    for row in scanned.findings():
        found.setdefault(row.location, Counter())[row.code, row.cell, row.line] += 1
    # Rules about files around a notebook can't be asked of it alone.
    document_only = {c for c in answered_alone(frozenset(nbdebt.rules.catalogue())) if c < "NBD3"}
    for row in scanned.notebooks():
        if row.duplicate_of is None and row.status == "checked":
            report = nbdebt.check(row.location, nbdebt.Settings(select=tuple(document_only)))
            checked = Counter(
                (f.code, f.cell.index if f.cell else None, f.span.line if f.span else None)
                for f in report.findings
                if nbdebt.rules.catalogue()[f.code].default
            )
            alone = Counter({k: n for k, n in found.get(row.location, {}).items() if k[0] in document_only})
            assert alone == checked, row.location
            (result,) = report.notebooks
            assert result.verdict is not None and result.verdict.reproduces is row.reproduces


def test_counts_of_a_notebook_are_those_of_its_findings(scanned: nbdebt.Scan) -> None:
    severe = [row for row in scanned.findings() if row.severity != "note"]
    for family in FAMILIES:
        first = [row for row in scanned.notebooks() if row.duplicate_of is None]
        assert sum(getattr(row, family) for row in first) == sum(row.family == family for row in severe)
        assert scanned.summary.families[family] == sum(row.family == family for row in severe)


def test_all_formats_say_the_same(scanned: nbdebt.Scan) -> None:
    directory = scanned.directory
    database = sqlite3.connect(directory / "scan.sqlite")
    for table, kind, rows in (
        ("notebooks", NotebookRow, scanned.notebooks()),
        ("findings", FindingRow, scanned.findings()),
    ):
        wanted = [msgspec.structs.asdict(row) for row in rows]
        lines = (directory / f"{table}.ndjson").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == wanted
        stored = database.execute(f"select * from {table}").fetchall()
        assert stored == [tuple(row.values()) for row in wanted]
        with (directory / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            head, *body = csv.reader(file)
        assert head == list(columns(kind)) and len(body) == len(wanted)
    database.close()


def test_parquet_says_the_same(tree: Path, scanned: nbdebt.Scan) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    again = nbdebt.scan(
        tree, output=scanned.directory, formats=("parquet",), settings=ALONE, jobs=1, scripts=True
    )
    assert again.summary.judged == 0 and again.summary.notebooks == 60
    for table, rows in (("notebooks", scanned.notebooks()), ("findings", scanned.findings())):
        found = parquet.read_table(scanned.directory / f"{table}.parquet").to_pylist()
        assert found == [msgspec.structs.asdict(row) for row in rows]


def test_frames_have_whole_numbers_and_truths_that_may_miss(scanned: nbdebt.Scan) -> None:
    pytest.importorskip("pandas")
    notebooks, findings = scanned.to_frames()
    assert len(notebooks) == scanned.summary.notebooks and str(notebooks.reproduces.dtype) == "boolean"
    assert str(findings.line.dtype) == "Int64"
    assert notebooks.reproduces.isna().any()


def test_what_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    (tmp_path / "=cmd.ipynb").write_bytes(EXAMPLES[0].read_bytes())
    nbdebt.scan(tmp_path, output=tmp_path / "out", formats=("csv",), settings=ALONE, jobs=1)
    text = (tmp_path / "out" / "notebooks.csv").read_text(encoding="utf-8")
    assert "\n=" not in text and ",=" not in text


def test_the_command_says_what_came_of_it(tree: Path, tmp_path: Path) -> None:
    arguments = ["scan", str(tree / "team000"), "-o", str(tmp_path / "out"), "-j", "1", "--isolated"]
    first = CliRunner().invoke(cli, arguments)
    assert first.exit_code == 0, first.output
    for words in ("50 notebooks", "4 copies", "Restart & Run All", "Most of them", "scan.sqlite"):
        assert words in first.output
    second = CliRunner().invoke(cli, [*arguments, "--select", "order"])
    assert "changed since the last scan" in second.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nothing/there"], 2, "no such file or directory"),
        (["x*.ipynb"], 2, "matches nothing"),
        (["--ref", "main", "--history", "."], 2, "contradict each other"),
        (["--scheduler", "tcp://x:1", "."], 2, "--engine dask"),
        (["-o", "out.parquet", "."], 2, "say -o DIR --format parquet"),
        (["--ref", "main", "a.zip"], 2, "name a directory"),
        (["--ref", "main", "."], 2, "not a git repository"),
        (["nosuch://a/b"], 2, "nosuch://"),
        (["broken.zip"], 2, "can't be read as an archive"),
        (["--select", "NBD999", "."], 2, "unknown rule"),
    ],
)
def test_errors_say_what_to_do(
    arguments: list[str], status: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK nonsense")
    done = CliRunner().invoke(cli, ["scan", *arguments])
    assert done.exit_code == status and words in done.output


def test_two_scans_into_one_directory_are_refused(tmp_path: Path) -> None:
    from nbdebt.scan.journal import Journal

    journal = Journal(tmp_path / "journal.sqlite", "key")
    with pytest.raises(NbdebtError, match="another scan"):
        Journal(tmp_path / "journal.sqlite", "key")
    journal.close()


def test_what_is_no_journal_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_text("dear diary\n" * 100, encoding="utf-8")
    with pytest.raises(NbdebtError, match="no journal"):
        nbdebt.scan(tmp_path, output=tmp_path, settings=ALONE)


@pytest.mark.parametrize("table", [NotebookRow, FindingRow], ids=["notebooks", "findings"])
def test_the_reference_names_every_column(table: type[msgspec.Struct]) -> None:
    page = (ROOT / "docs" / "reference" / "scan.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \| (?:text|whole|truth|number)", page, re.MULTILINE)
    head = [field.name for field in msgspec.structs.fields(table)]
    assert "|".join(head) in "|".join(named)
