"""What lies in the repository for other programs: the scripts of the action and of the template are run, the
hooks' commands too, and the problem matcher reads what the command prints."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbdebt.cli import cli
from tests.repositories import begun, book, committed, git

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
OWES = ("import random", "x = random.random()")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A branch that adds a notebook, and the remote with its base: a shallow clone, as CI makes it."""
    remote, here = tmp_path / "remote", tmp_path / "here"
    book(begun(remote) / "old.ipynb", *OWES)
    committed(remote, "one")
    git(remote, "checkout", "-q", "-b", "topic")
    book(remote / "new one.ipynb", *OWES)
    committed(remote, "two")
    git(tmp_path, "clone", "--depth", "1", "-b", "topic", f"file://{remote}", str(here))
    # What CI does beside: programs where they are found, files to write into.
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nbdebt").write_text(f'#!/bin/sh\nexec {sys.executable} -m nbdebt "$@"\n', encoding="utf-8")
    (programs / "python").write_text('#!/bin/sh\necho "$@" >> "$INSTALLED"\n', encoding="utf-8")
    for program in programs.iterdir():
        program.chmod(0o755)
    return here


def environ(checkout: Path, **more: str) -> dict[str, str]:
    beside = checkout.parent
    return {
        **os.environ,
        "PATH": f"{beside / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(beside),
        "GITHUB_OUTPUT": str(beside / "output"),
        "GITHUB_STEP_SUMMARY": str(beside / "summary.md"),
        "INSTALLED": str(beside / "installed"),
        **more,
    }


class Action:
    """Does with ``action.yml`` what a runner does: evaluates, runs, hands outputs on."""

    def __init__(self, checkout: Path, base_ref: str = "", **inputs: str) -> None:
        self.text = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        assert set(inputs) <= {name.replace("-", "_") for name in self.text["inputs"]}
        self.checkout = checkout
        self.known = {f"inputs.{name}": given["default"] for name, given in self.text["inputs"].items()}
        self.known |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        self.known |= {"github.base_ref": base_ref, "github.action_path": str(ROOT)}
        self.ran: dict[str, subprocess.CompletedProcess[str]] = {}
        self.used: list[str] = []

    def value(self, text: str) -> Any:
        """An expression: names, texts, ``==``, ``!=``, ``&&``, ``||``."""
        code = re.sub(r"(?<!['\w])[a-z]+(?:\.[\w-]+)+", lambda m: repr(self.known.get(m[0], "")), text)
        return eval(code.replace("&&", " and ").replace("||", " or "), {})

    def filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: str(self.value(found[1])), text)

    def run(self) -> int:
        for step in self.text["runs"]["steps"]:
            if "if" in step and not self.value(EXPRESSION.sub(r"\1", step["if"])):
                continue
            if "uses" in step:
                self.used.append(step["uses"])
                continue
            own = environ(self.checkout, **{k: self.filled(v) for k, v in step.get("env", {}).items()})
            output = Path(own["GITHUB_OUTPUT"])
            output.write_text("", encoding="utf-8")
            # As runners start a shell that is called bash.
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                shell, cwd=self.checkout, env=own, capture_output=True, text=True, check=False
            )
            self.ran[step["id"]] = done
            if done.returncode:
                return done.returncode
            for line in output.read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition("=")
                self.known[f"steps.{step['id']}.outputs.{name}"] = value
        return 0


def test_the_action_takes_nothing_into_its_scripts_as_text() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    assert all("${{" not in step.get("run", "") for step in steps)
    assert all(step["shell"] == "bash" for step in steps if "run" in step)


def test_the_action_on_a_pull_request(checkout: Path) -> None:
    action = Action(checkout, base_ref="main", upload_sarif="true")
    assert action.run() == 1
    said = action.ran["check"].stdout
    assert said.count("::warning file=") == 2 and "file=new one.ipynb,line=" in said
    sarif = json.loads((checkout / "nbdebt.sarif").read_text(encoding="utf-8"))
    assert len(sarif["runs"][0]["results"]) == 2
    summary = (checkout.parent / "summary.md").read_text(encoding="utf-8")
    assert "new one.ipynb" in summary and "old.ipynb" not in summary
    assert action.used == ["github/codeql-action/upload-sarif@v3"]
    assert action.known["steps.summary.outputs.added"] == "1"
    installed = (checkout.parent / "installed").read_text(encoding="utf-8").split()
    assert installed[:3] == ["-m", "pip", "install"] and installed[-1] == str(ROOT)


@pytest.mark.parametrize(
    ("inputs", "base", "status", "steps"),
    [
        ({"fail_on": "added", "paths": "old.ipynb"}, "main", 0, {"install", "check", "summary", "verdict"}),
        ({"fail_on": "nothing", "summary": "false"}, "main", 0, {"install", "check", "verdict"}),
        ({"fail_on": "added", "summary": "false"}, "", 1, {"install", "check", "summary", "verdict"}),
        (
            {"args": "--select data --quiet", "sarif_file": ""},
            "",
            0,
            {"install", "check", "summary", "verdict"},
        ),
        ({"annotations": "false", "install": "false"}, "", 1, {"check", "summary", "verdict"}),
        ({"fail_on": "nothing", "paths": "gone.ipynb"}, "", 2, {"install", "check", "summary", "verdict"}),
        (
            {"fail_on": "$(touch hacked)", "args": "; touch hacked"},
            "",
            2,
            {"install", "check", "summary", "verdict"},
        ),
    ],
)
def test_the_action_does_as_it_is_told(
    checkout: Path, inputs: dict[str, str], base: str, status: int, steps: set[str]
) -> None:
    action = Action(checkout, base_ref=base, **inputs)
    assert (action.run(), set(action.ran)) == (status, steps)
    assert (checkout / "nbdebt.sarif").exists() == (inputs.get("sarif_file") is None)
    assert not (checkout / "hacked").exists()
    if not base and "summary" not in inputs:
        summary = (checkout.parent / "summary.md").read_text(encoding="utf-8")
        assert "## nbdebt" in summary
        assert ("NBD2" in summary) == ("--select" not in str(inputs) and "paths" not in inputs)


@pytest.mark.parametrize(
    ("inputs", "target", "status"),
    [
        ({}, "main", 1),
        ({"fail-on": "added", "paths": "old.ipynb"}, "main", 0),
        ({"fail-on": "nothing"}, "", 0),
    ],
)
def test_the_template_of_gitlab(checkout: Path, inputs: dict[str, str], target: str, status: int) -> None:
    spec, job = (ROOT / "templates" / "nbdebt.yml").read_text(encoding="utf-8").split("\n---\n")
    known = {
        name: (given or {}).get("default", "")
        for name, given in yaml.safe_load(spec)["spec"]["inputs"].items()
    }
    assert set(inputs) <= set(known)
    for name, value in (known | inputs).items():
        job = job.replace(f"$[[ inputs.{name} ]]", value)
    job = yaml.safe_load(job)["nbdebt"]
    variables = {name: str(value) for name, value in job["variables"].items()}
    if target:
        variables["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = target
    # With the whole history, as the template asks for it.
    git(checkout, "fetch", "--unshallow", "origin")
    script = "\n".join([*job["before_script"], *job["script"]])
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=checkout,
        env=environ(checkout, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    issues = json.loads((checkout / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert {"fingerprint", "location", "severity"} <= set(issues[0])
    if target:
        added = (checkout / "nbdebt.md").read_text(encoding="utf-8")
        assert ("new one.ipynb" in added) == (status == 1)


@pytest.mark.parametrize(("hook", "status", "changed"), [("nbdebt", 1, False), ("nbdebt-fix", 0, True)])
def test_the_hooks_of_pre_commit(checkout: Path, hook: str, status: int, changed: bool) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (found,) = (one for one in hooks if one["id"] == hook)
    before = (checkout / "old.ipynb").read_bytes()
    done = subprocess.run(
        [*found["entry"].split(), "old.ipynb", "new one.ipynb"],
        cwd=checkout,
        env=environ(checkout),
        capture_output=True,
        check=False,
    )
    assert done.returncode == status
    # pre-commit fails a hook that changes files.
    assert ((checkout / "old.ipynb").read_bytes() != before) is changed


def test_the_problem_matcher_reads_what_is_printed(tmp_path: Path) -> None:
    text = (ROOT / "editors" / "vscode" / "tasks.json").read_text(encoding="utf-8")
    (task,) = json.loads(text)["tasks"]
    page = (ROOT / "docs" / "how-to" / "editors.md").read_text(encoding="utf-8")
    assert text in page, "the page shows another one"
    assert task["args"][0] in cli.list_commands(None)  # type: ignore[arg-type]
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    book(tmp_path / "a b.ipynb", "open('left.txt', 'w').close()")
    done = subprocess.run(
        [sys.executable, "-m", "nbdebt", *task["args"], str(tmp_path), "example_notebooks/reviews.ipynb"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    pattern = task["problemMatcher"]["pattern"]
    found = [re.match(pattern["regexp"], line) for line in done.stdout.splitlines()]
    assert len(found) > 4 and all(found)
    groups = [{name: m[n] for name, n in pattern.items() if name != "regexp"} for m in found if m]
    assert {group["severity"] for group in groups} == {"error", "warning", "notice"}
    for group in groups:
        assert (ROOT / group["file"]).is_file()
        assert group["code"] is None or group["code"].startswith("NBD")
        assert (group["line"] is None) == (group["code"] is None)
