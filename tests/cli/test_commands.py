"""The other commands, starting up, and what is not imported."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt import __version__
from nbdebt.cli import cli
from nbdebt.report.markdown import rendered
from nbdebt.report.plain import Paint
from nbdebt.rules import catalogue

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_rule_is_explained_by_code_and_name(code: str) -> None:
    rule = catalogue()[code]
    page = call("explain", code)
    assert page.startswith(f"{code} {rule.name} · {rule.family} · ")
    assert page == call("explain", rule.name)
    assert "```" not in page and "\n#" not in page


def test_explain_takes_families_and_other_forms() -> None:
    assert len(json.loads(call("explain", "order", "--format", "json"))) >= 2
    assert call("explain", "NBD101", "--format", "markdown").startswith("# undefined-on-run-all (NBD101)\n")


def test_markdown_is_rendered_plainly() -> None:
    page = (
        "Finds `x`\nin cells.\n\n## Why\n- one that\n  goes on\n- two\n\n```python\nx = 1  # <- NBD101\n```\n"
    )
    assert list(rendered(page, Paint(False), 80)) == [
        "Finds `x` in cells.",
        "",
        "Why",
        "- one that goes on",
        "- two",
        "",
        "    x = 1  ← NBD101",
    ]


def test_rules_in_every_form() -> None:
    rules = catalogue()
    listed = json.loads(call("rules", "--format", "json"))
    assert [rule["code"] for rule in listed] == list(rules)
    assert all(re.search(rf"\b{code}\b", call("rules")) for code in rules)
    assert call("rules", "--format", "markdown").count("\n") == len(rules) + 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    assert "_NBDEBT_COMPLETE" in call("completion", shell)


def test_every_command_has_help() -> None:
    text = call("--help")
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        assert f"  {name} " in text
        assert "Usage:" in call(name, "--help")


def loaded(*arguments: str) -> set[str]:
    """Modules that a run of the command imports."""
    code = (
        "import sys\nfrom nbdebt.__main__ import main\n"
        f"sys.argv[1:] = {list(arguments)!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.split())


def test_version_waits_for_nothing() -> None:
    modules = loaded("--version")
    assert not {m for m in modules if m.startswith("nbdebt.")} - {"nbdebt.__main__"}
    assert not modules & {"click", "msgspec", "json"}
    assert call("--version") == f"nbdebt {__version__}\n"


def test_check_imports_only_what_it_uses(tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    modules = loaded("check", str(tmp_path), "--no-cache", "--isolated")
    heavy = {
        "IPython",
        "ipykernel",
        "nbconvert",
        "pandas",
        "numpy",
        "rich",
        "sqlalchemy",
        "dask",
        "ipywidgets",
    }
    unused = {
        f"nbdebt.report.{name}" for name in ("html", "sarif", "json", "junit", "gitlab", "github", "frame")
    }
    assert not modules & (heavy | unused | {"nbdebt.fixing", "nbdebt.commands.baseline"})
