"""``nbdebt exposure``: what a person is told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["exposure", *arguments])
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def test_files_addresses_and_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("a")
    (tmp_path / "x.csv").chmod(0o600)
    status, shown = run(
        "x.csv", "s3://team/x.csv", "postgresql://ada:geheim@h/shop#orders", "sqlite:///:memory:#t"
    )
    assert status == 0
    assert shown.splitlines() == [
        "x.csv: readable by its owner only",
        "s3://team/x.csv: readable by whom the bucket `team` lets in: its policy decides",
        "postgresql://h/shop#orders: readable by whom the database `shop` on `h` lets in: its grants decide",
        "sqlite:///:memory:#t: nothing to read",
    ]


def test_json(tmp_path: Path) -> None:
    (tmp_path / "a{b}*.csv").write_text("a")
    (tmp_path / "a{b}*.csv").chmod(0o600)
    status, shown = run(str(tmp_path / "a{b}*.csv"), "--format", "json")
    assert status == 0
    found = json.loads(shown)
    assert found["version"] == 1 and found["targets"][0]["exposure"]["readers"] == "owner"


def test_secrets_are_not_repeated() -> None:
    status, shown = run("https://b.s3.amazonaws.com/x?X-Amz-Signature=geheim", "https://ada:geheim@h/x")
    assert status == 0 and "geheim" not in shown
    assert "whoever has this address" in shown.splitlines()[0]


def test_something_has_to_be_named() -> None:
    assert run()[0] == 2
